"""What learning depends on where the log has several partitions: on the order of `outcomes`, and
on nothing else. The flow takes the partitions as they come in, so that another arrival is another
order; but what it has come to can be learned again from that order to the last bit."""

from collections import defaultdict

import numpy as np
import pytest

from flows import pupil
from flows.lesson import learn
from models.learner import Learner
from models.outcomes import Judge
from models.settings import Settings
from storage.postgres import learned as states
from storage.postgres import learning
from storage.postgres.connect import connect
from storage.postgres.learned import Learned
from tests.learning.studying import forget, learned, live_through, study, world

_PARTITIONS = 3


def kept(url: str) -> Learner:
    """What the flow has come to."""
    with connect(url) as connection:
        return states.read(connection).learner


def order(url: str) -> list[tuple[str, str]]:
    """Which application was decided after which, and why."""
    with connect(url) as connection:
        return connection.execute(
            "SELECT application_id, reason FROM outcomes ORDER BY position"
        ).fetchall()


def learned_in_order(url: str) -> Learner:
    """From nothing but `outcomes`, each with its application's log up to its place."""
    again = Learned(Judge(), Learner())
    taught: defaultdict[str, frozenset[bool]] = defaultdict(frozenset)
    with connect(url) as connection:
        positions = connection.execute("SELECT position FROM outcomes").fetchall()
        found = learning.outcomes_at(connection, [position for (position,) in positions])
        decided = [found[position] for position in sorted(found)]
        for outcome, story in zip(decided, learning.stories(connection, decided), strict=True):
            before = taught[outcome.application_id]
            taught[outcome.application_id] = learn(again, outcome, story, before)
    assert sorted(found) == list(range(1, len(found) + 1)), "positions are dense"
    return again.learner


def same(one: Learner, other: Learner) -> bool:
    """To the last bit."""
    return (one.labels, one.hired) == (other.labels, other.hired) and all(
        np.array_equal(*pair)
        for pair in (
            (one.optimizer.z, other.optimizer.z),
            (one.optimizer.n, other.optimizer.n),
            (one.losses, other.losses),
            (one.stages, other.stages),
            (one.volumes, other.volumes),
            (one.centres, other.centres),
        )
    )


@pytest.mark.parametrize("partitions", [_PARTITIONS])
def test_what_was_learned_follows_from_the_order_of_outcomes(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    live_through(database, settings, world(80), size=900)
    study(database)
    at_one_go, first, all_of_it = order(database), kept(database), learned(database)
    assert first.labels > 40
    assert same(learned_in_order(database), first)
    forget(database)
    study(database)
    assert learned(database) == all_of_it, "a log at rest teaches the same each time"
    forget(database)
    monkeypatch.setattr(pupil, "_PAGE_LINES", 40)
    study(database)
    bit_by_bit, second = order(database), kept(database)
    assert bit_by_bit != at_one_go
    assert not same(first, second)
    assert same(learned_in_order(database), second)
