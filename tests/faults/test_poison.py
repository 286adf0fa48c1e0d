"""An event on which the logic raises: few attempts, a dead letter, nobody else held up."""

from collections import Counter
from collections.abc import Callable

import pytest

from flows.analytics import now_us
from flows.partition import Partition
from models.analytics import Row, fold
from models.decoder import Event, decode
from models.facts import Kind, State
from models.settings import Settings
from storage.postgres import dead_letters
from storage.postgres.connect import connect
from tests.faults import oracle, owners
from tests.faults.traffic import Traffic

Make = Callable[..., Traffic]
_ATTEMPTS = 3


@pytest.mark.parametrize("batch_events", [1, 10, 1_000])
def test_it_becomes_a_dead_letter_and_can_be_redriven(
    make_traffic: Make, batch_events: int
) -> None:
    traffic = make_traffic(bad=0.0)
    lines = traffic.take(400)
    poison = sorted(line for line in lines if _poisonous(line))
    fold_poisoned = _Poisoned()
    settings = Settings(postgres_url=traffic.url, batch_events=batch_events)
    partition = Partition(settings, traffic.url, 0, now_us, fold=fold_poisoned)
    traffic.put(lines)
    owners.drain(partition)
    partition.close()
    with connect(traffic.url) as connection:
        letters = connection.execute("SELECT stage, reason, detail, payload FROM dead_letters")
        found = letters.fetchall()
    assert len(poison) > 3
    assert sorted(payload for *_, payload in found) == poison
    assert {(stage, reason) for stage, reason, *_ in found} == {("fold", "fold")}
    assert all("no interviews today" in detail for _, _, detail, _ in found)
    assert max(fold_poisoned.attempts.values()) <= _ATTEMPTS
    oracle.check(traffic)

    repaired = owners.partition(traffic)
    with connect(traffic.url, autocommit=True) as connection:
        traffic.sent += dead_letters.redrive_all(connection)
    owners.drain(repaired)
    repaired.close()
    oracle.check(traffic)
    assert oracle.rows(traffic.url, "dead_letters") == 0


def _poisonous(line: bytes) -> bool:
    event = decode(line, now_us())
    return isinstance(event, Event) and event.fact.kind == Kind.INTERVIEW_SCHEDULED


class _Poisoned:
    """The fold, except that it raises on interviews."""

    def __init__(self) -> None:
        self.attempts: Counter[str] = Counter()

    def __call__(self, state: State) -> Row:
        poison = [fact.id for fact in state.facts if fact.kind == Kind.INTERVIEW_SCHEDULED]
        self.attempts.update(poison)
        if poison:
            raise ValueError("no interviews today")
        return fold(state)
