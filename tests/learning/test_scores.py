"""What was served is held against its outcome, once each, and taken back where it was wrong."""

import asyncio
import math
from collections import defaultdict

import asyncpg
import pytest

from models.scores import Key, Sums, calibration, measures
from models.settings import Settings
from storage.postgres import scores
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.learning.studying import live_and_study, study, told, world

_SERVED = """
    SELECT outcomes.reason, outcomes.label,
        (log.payload::jsonb #>> '{data,successProbability,p}')::double precision
    FROM outcomes JOIN event_log AS log USING (application_id, partition)
    WHERE log.type = 'application.analytics_updated' AND log."offset" <= outcomes."offset"
      AND log.payload::jsonb #> '{data,successProbability}' IS NOT NULL
      AND NOT outcomes.void AND outcomes.label IS NOT NULL
      AND NOT EXISTS (SELECT FROM outcomes AS later WHERE later.replaces = outcomes.position)
"""


def sums(url: str) -> dict[bool, tuple[int, int, float, float]]:
    """Predictions, hired, log loss and Brier sum of what was served, by provisional."""
    with connect(url) as connection:
        rows = connection.execute(
            "SELECT provisional, sum(predictions)::int, sum(hired)::int, sum(log_loss), sum(brier)"
            " FROM prediction_scores WHERE predictor = 'served' GROUP BY provisional"
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def recomputed(url: str) -> dict[bool, tuple[int, int, float, float]]:
    """The same from the log and the outcomes that stand."""
    found: defaultdict[bool, list[float]] = defaultdict(lambda: [0, 0, 0.0, 0.0])
    with connect(url) as connection:
        for reason, label, p in connection.execute(_SERVED):
            mine = found[reason == "silence"]
            mine[0] += 1
            mine[1] += label
            mine[2] -= math.log(max(p if label else 1 - p, 1e-6))
            mine[3] += (p - label) ** 2
    return {
        key: (int(n), int(hired), loss, brier) for key, (n, hired, loss, brier) in found.items()
    }


def test_the_sums_are_those_of_what_was_served(database: str, settings: Settings) -> None:
    live_and_study(database, settings, world(300), size=400)
    first = sums(database)
    assert set(first) == {False, True}
    assert first[False][0] > 50
    _agree(database)
    # One that was hired was not, and one given up is hired after all.
    with connect(database) as connection:
        hired, silent = (
            connection.execute(
                "SELECT application_id FROM outcomes WHERE reason = $1 AND NOT void"
                " ORDER BY position DESC LIMIT 1",
                (reason,),
            ).fetchone()
            for reason in ("hired", "silence")
        )
    assert hired is not None
    assert silent is not None
    put(database, [told(database, hired[0], "rejected"), told(database, silent[0], "hired")])
    drain(database, settings)
    study(database)
    assert sums(database) != first
    _agree(database)


def _agree(url: str) -> None:
    expected = recomputed(url)
    for provisional, found in sums(url).items():
        assert found == pytest.approx(expected[provisional], rel=1e-9)


def test_what_was_taken_back_leaves_no_day(database: str) -> None:
    """Sums that were added and taken away again leave the last bits of their fractions."""
    said = {Key(20_000, "served", False, 30): Sums(1, 1, 0.15, 1.9, 0.7)}
    with connect(database, autocommit=True) as connection:
        scores.add(connection, said)
        scores.add(connection, {key: Sums(-1, -1, -0.15, -1.9 + 1e-16, -0.7) for key in said})
    overall, by_day = asyncio.run(_read_scores(database))
    assert overall == by_day == {}


async def _read_scores(url: str) -> tuple[object, object]:
    connection = await asyncpg.connect(url)
    try:
        return await scores.overall(connection), await scores.by_span(connection, "day")
    finally:
        await connection.close()


def test_measures_follow_from_the_sums() -> None:
    bins = {20: Sums(10, 1, 1.0, 3.0, 0.9), 160: Sums(5, 4, 4.0, 2.5, 0.8)}
    found = measures(bins)
    assert found is not None
    assert (found.predictions, found.hired) == (15, 5)
    assert found.log_loss == pytest.approx(5.5 / 15)
    assert found.brier == pytest.approx(1.7 / 15)
    assert found.auc == pytest.approx((1 * 9 / 2 + 4 * 9 + 4 / 2) / (5 * 10))
    assert found.calibration_error == pytest.approx(0.0, abs=1e-12)
    assert [(one.low, one.high, one.predictions) for one in calibration(bins)] == [
        (0.1, 0.2, 10),
        (0.8, 0.9, 5),
    ]
    assert measures({}) is None
