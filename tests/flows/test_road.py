"""One event, one road: through the outbox and the flow to an exact row and the log."""

import json
from datetime import UTC, datetime
from pathlib import Path

from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import drain, put

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


def test_the_golden_application_comes_out_exact(database: str, settings: Settings) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    put(database, lines)
    drain(database, settings)
    expected = json.loads((GOLDEN / "expected.json").read_text())
    with connect(database) as connection:
        cursor = connection.execute("SELECT * FROM application_analytics")
        names = [column.name for column in cursor.description or ()]
        row = dict(zip(names, cursor.fetchone() or (), strict=True))
        log = connection.execute('SELECT "offset", id, type, payload FROM event_log').fetchall()
        waiting = connection.execute("SELECT count(*) FROM outbox").fetchone()
        entity = connection.execute("SELECT id, status, job_title FROM applications").fetchall()
    assert {name: _json(row[name]) for name in expected} == expected
    assert waiting == (0,)
    assert [offset for offset, *_ in log] == list(range(len(lines) + 1))
    assert [payload for _, _, _, payload in log[:-1]] == [line.decode() for line in lines]
    assert log[-1][1] == f"{expected['application_id']}:1"
    assert entity == [("app_01J9Z3K8Q0", "withdrawn", "Senior Data Engineer")]


def test_a_message_taken_twice_changes_nothing(database: str, settings: Settings) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    put(database, lines)
    drain(database, settings)
    put(database, lines)
    drain(database, settings)
    with connect(database) as connection:
        counts = connection.execute(
            "SELECT accepted, duplicates, dead_lettered FROM flow_positions"
        ).fetchall()
        revisions = connection.execute("SELECT revision FROM application_analytics").fetchall()
    assert counts == [(len(lines), len(lines), 0)]
    assert revisions == [(1,)]


def _json(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return value
