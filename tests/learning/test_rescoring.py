"""An open application's chance is predicted anew as silence grows, and told where it moved."""

import json
from collections.abc import Iterator
from typing import Any

from models.rescoring import Wanted
from models.settings import Settings
from storage.postgres import rescores
from storage.postgres.connect import connect
from tests.flows.driving import drain
from tests.learning.studying import live_and_study, world

_TOLD = """
    SELECT application_id, payload FROM event_log
    WHERE type = 'application.analytics_updated' AND payload LIKE '%["successProbability"]%'
    ORDER BY partition, "offset"
"""


def test_growing_silence_moves_the_probability(database: str, settings: Settings) -> None:
    live_and_study(database, settings, world(300), size=900)
    drain(database, settings)
    with connect(database) as connection:
        told = connection.execute(_TOLD).fetchall()
        rows = {
            name: (revision, said)
            for name, revision, said in connection.execute(
                "SELECT application_id, revision, success_probability FROM application_analytics"
            )
        }
        assert connection.execute("SELECT count(*) FROM rescores").fetchone() == (0,)
    assert len(told) > 10
    for name, payload in told:
        event = json.loads(payload)
        data = event["data"]
        assert data["eventTypes"] == []
        assert event["id"] == f"{name}:{data['analytics']['revision']}"
        revision, said = rows[name]
        if data["analytics"]["revision"] == revision:
            assert said == data["successProbability"]


def test_what_has_not_moved_is_not_told(database: str, settings: Settings) -> None:
    live_and_study(database, settings, world(200), size=1_200)
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        before = connection.execute("SELECT count(*) FROM event_log").fetchone()
        connection.execute(
            "INSERT INTO rescores SELECT application_id, 0 FROM application_analytics"
            " WHERE success_probability IS NOT NULL"
        )
    drain(database, settings)
    with connect(database) as connection:
        first = connection.execute("SELECT count(*) FROM event_log").fetchone()
        assert connection.execute("SELECT count(*) FROM rescores").fetchone() == (0,)
    assert before is not None
    assert first is not None
    assert first[0] >= before[0]
    with connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO rescores SELECT application_id, 0 FROM application_analytics"
            " WHERE success_probability IS NOT NULL"
        )
    drain(database, settings)
    with connect(database) as connection:
        # The same model at the same log clock says the same: nothing to tell.
        assert connection.execute("SELECT count(*) FROM event_log").fetchone() == first
        assert connection.execute("SELECT count(*) FROM rescores").fetchone() == (0,)


def test_who_is_asked_for_again_meanwhile_is_not_answered_yet(database: str) -> None:
    """The learning flow publishes and asks while the analytics flow answers with what it had."""
    with connect(database, autocommit=True) as flow, connect(database) as learning:
        rescores.ask(flow, {"a": 0, "b": 0})
        first = rescores.asked(flow, 0, 10)
        rescores.ask(learning, {"a": 0})
        rescores.done(flow, {name: one.number for name, one in first.items()})
        assert rescores.asked(flow, 0, 10) == {"a": first["a"]}
        learning.commit()
        second = rescores.asked(flow, 0, 10)
        assert second["a"] != first["a"] == Wanted(first["a"].number, None)
        rescores.done(flow, {"a": first["a"].number})
        assert rescores.asked(flow, 0, 10) == second
        rescores.done(flow, {"a": second["a"].number})
        assert not rescores.asked(flow, 0, 10)


def test_who_is_answered_is_looked_for_once(database: str) -> None:
    """Also where the planner knows of one row: looked for at each row, it took minutes."""
    with connect(database, autocommit=True) as connection:
        names = [str(number) for number in range(50)]
        rescores.ask(connection, {names[0]: 0})
        connection.execute("VACUUM ANALYZE rescores")
        rescores.ask(connection, dict.fromkeys(names, 0))
        numbers = [one.number for one in rescores.asked(connection, 0, 50).values()]
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {rescores.SQL.done}"
        row = connection.execute(explain, (sorted(names), numbers)).fetchone()
        assert row is not None
        loops = [node["Actual Loops"] for node in _nodes(row[0][0]["Plan"], "LockRows")]
        assert loops == [1]
        assert not rescores.asked(connection, 0, 50)


def _nodes(plan: dict[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    if plan["Node Type"] == kind:
        yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner, kind)
