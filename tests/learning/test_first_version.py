"""Whoever was folded before the first version that may be believed is told a chance all the
same: all open applications are asked for, a bounded number at a time."""

import json
import math

import pytest

from flows import lesson, predictor, rebuild
from flows.analytics import now_us
from flows.partition import Partition
from flows.verify import verify
from models.instant import to_rfc3339
from models.settings import Settings
from storage.postgres import learned
from storage.postgres.connect import connect
from tests.flows.driving import drain, put, step
from tests.learning.studying import END, live_and_study, live_through, study, world

_OPEN = """
    SELECT count(*), count(success_probability),
        count(*) FILTER (WHERE success_probability -> 'coldStart' = 'false')
    FROM application_analytics
    WHERE applied_at IS NOT NULL AND status NOT IN ('hired', 'rejected', 'withdrawn')
"""


def told(url: str) -> tuple[int, int, int]:
    """Open applications; those with a chance; those whose chance is past the cold start."""
    with connect(url) as connection:
        row = connection.execute(_OPEN).fetchone()
    assert row is not None
    return row


def asked(url: str) -> set[str]:
    """Applications that are still to be predicted anew."""
    with connect(url) as connection:
        return {name for (name,) in connection.execute("SELECT application_id FROM rescores")}


NEWCOMER = json.dumps(
    {
        "specversion": "1.0",
        "id": "newcomer-0",
        "source": "/test",
        "type": "application.created",
        "subject": "newcomer",
        "time": to_rfc3339(END),
        "userid": "u",
        "data": {"jobId": "j", "jobTitle": "Baker", "company": "Crumb & Sons"},
    }
).encode()
"""An application that has come of no age of silence when the log ends."""


def test_what_came_before_the_first_version_is_told_its_chance(
    database: str, settings: Settings
) -> None:
    live_through(database, settings, [*world(300), NEWCOMER], size=9_000)
    open_, with_chance, _ = told(database)
    assert open_ > 20
    assert with_chance == 0
    study(database)
    assert "newcomer" in asked(database)
    drain(database, settings)
    assert told(database) == (open_, open_, open_)
    assert not asked(database)
    report = verify(database)
    assert report.clean, report
    assert report.probabilities == open_


def test_all_are_asked_for_however_few_at_a_time(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "ASKED_MAX", 7)
    live_through(database, settings, world(200), size=9_000)
    study(database)
    with connect(database, autocommit=True) as connection:
        connection.execute("TRUNCATE rescores")
        behind = learned.read(connection).asking
        rest = connection.execute(
            "SELECT application_id FROM application_analytics WHERE application_id > $1"
            " AND applied_at IS NOT NULL AND status NOT IN ('hired', 'rejected', 'withdrawn')",
            (behind,),
        ).fetchall()
    assert len(rest) > 7
    turns = 0
    while len(asked(database)) < len(rest):
        before = len(asked(database))
        assert study(database) == 0
        assert before < len(asked(database)) <= before + 7
        turns += 1
    assert turns > 1
    study(database)
    assert asked(database) == {name for (name,) in rest}


def test_what_was_folded_with_an_older_version_is_told_anew(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictor, "_LOOK_S", 1e9)
    lines = world(300)
    early, late = lines[:-400], lines[-400:]
    partition = Partition(settings, database, 0, now_us)
    partition._rescore_at = math.inf
    try:
        for some in (early, late):
            put(database, some, partition=0)
            while waiting(database):
                step(partition)
            study(database)
            # Folded before the partition looked for a version again.
            open_, with_chance, _ = told(database)
            assert with_chance == 0 < open_
        partition._rescore_at = 0.0
        while asked(database):
            step(partition)
    finally:
        partition.close()
    assert told(database) == (open_, open_, open_)


def test_a_mended_row_is_told_its_chance_again(database: str, settings: Settings) -> None:
    live_and_study(database, settings, world(250), size=1_500)
    drain(database, settings)
    open_, with_chance, _ = told(database)
    assert with_chance == open_ > 20
    with connect(database, autocommit=True) as connection:
        wrong = connection.execute(
            "UPDATE application_analytics SET views = views + 1"
            " WHERE success_probability IS NOT NULL RETURNING application_id"
        ).fetchall()
        assert rebuild.run(connection).mended == len(wrong)
    assert told(database)[1] == 0
    drain(database, settings)
    assert told(database)[1] == open_
    report = verify(database)
    assert report.clean, report


def waiting(url: str) -> int:
    """Messages that wait in the outbox."""
    with connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM outbox").fetchone()
    assert row is not None
    return int(row[0])
