"""`evaluate` measures what the product serves: the same events through the real flows on a real
Postgres give the same predictions, decisions and weights."""

import numpy as np

from flows.evaluate.replay import Replay
from flows.evaluate.simulated import World, plan_of
from models.served import prediction
from models.settings import Settings
from storage.postgres import learned, versions
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.learning.studying import minutes, study

STEP = 100
Served = dict[tuple[str, int], tuple[int, str]]
"""By application and log clock: the version and p as it is written."""


def test_evaluation_and_flows_serve_and_learn_the_same(database: str, settings: Settings) -> None:
    messages = list(World(plan_of(110, 5)).messages())
    replay = Replay()
    expected: Served = {}
    for start in range(0, len(messages), STEP):
        answered = replay.step(messages[start : start + STEP])
        if answered is not None:
            for asked, p in zip(answered.asked, answered.answers.p, strict=True):
                place = asked.application_id, asked.now
                expected[place] = answered.version.number, f"{p:.12g}"
    one_by_one = settings.model_copy(update={"batch_events": 1})
    for start in range(0, len(messages), STEP):
        put(database, [message.line for message in messages[start : start + STEP]])
        drain(database, one_by_one)
        study(database, minutes())
    assert len(expected) > 300
    assert _served(database) == expected
    with connect(database) as connection:
        kept = learned.read(connection)
        newest = versions.in_use(connection)
        assert newest is not None
        version = versions.version(connection, newest)
        outcomes = connection.execute(
            "SELECT DISTINCT reason FROM outcomes WHERE NOT void"
        ).fetchall()
    assert {reason for (reason,) in outcomes} == {"hired", "rejected", "withdrawn", "silence"}
    assert kept.judge == replay.learned.judge
    assert kept.clock == replay.learned.clock
    assert np.array_equal(kept.learner.optimizer.z, replay.learned.learner.optimizer.z)
    assert np.array_equal(kept.learner.optimizer.n, replay.learned.learner.optimizer.n)
    assert version is not None
    assert replay.version is not None
    assert not version.cold
    assert version.number == replay.version.number
    assert np.array_equal(version.weights, replay.version.weights)
    assert 0.0 < version.share < 1.0
    assert version.pack() == replay.version.pack()
    mine, its = kept.learner.stays, replay.learned.learner.stays
    assert (mine.total, mine.fitted) == (its.total, its.fitted)
    assert mine.counts.keys() == its.counts.keys()
    assert all(np.array_equal(mine.counts[one], its.counts[one]) for one in mine.counts)


def _served(url: str) -> Served:
    """All that the analytics flow has served, by the log."""
    with connect(url) as connection:
        rows = connection.execute(
            "SELECT application_id, payload FROM event_log"
            " WHERE type = 'application.analytics_updated' ORDER BY \"offset\""
        ).fetchall()
    found: Served = {}
    for application_id, payload in rows:
        told = prediction(payload)
        if told is not None:
            found[application_id, told.computed_at] = told.version, f"{told.p:.12g}"
    return found
