"""The flow on a topic, killed around each statement of a batch and around its COMMIT."""

from random import Random

import pytest

from models.settings import Settings
from tests.faults.points import COMMIT
from tests.faults.traffic import Traffic
from tests.faults.victim import BACK_S, Victim
from tests.kafka import processes
from tests.kafka.conftest import LONG, SEED
from tests.kafka.driving import counted, until
from tests.kafka.processes import Process

_OTHERS = 4
_PATIENCE_S = 90.0


class _TopicVictim(Victim):
    """It is fed through the relay."""

    def settle(self, within_s: float = _PATIENCE_S) -> None:
        """Wait until all of the topic is judged."""

        def idle() -> bool:
            assert not self.dead, f"the flow ended: {self._last_words()}"
            return processes.settled(self.traffic.url, self.traffic.sent)

        until(idle, "folding what waits", within_s)

    def points(self) -> list[str]:
        """What its batches passed so far."""
        self._order("LIST")
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip().split(",")

    def _disturb(self) -> None:
        super()._disturb()
        until(
            lambda: self.dead or counted(self.traffic.url) >= self.traffic.sent,
            "folding",
            _PATIENCE_S,
        )


@pytest.mark.timeout(900)
def test_the_flow_killed_at_its_points(
    kafka: Settings,
    traffic: Traffic,
    running: list[Process],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JOBFINDERS_KAFKA_BOOTSTRAP", str(kafka.kafka_bootstrap))
    monkeypatch.setenv("JOBFINDERS_KAFKA_PREFIX", kafka.kafka_prefix)
    running.append(processes.relay(kafka))
    victim = _TopicVictim(traffic)
    random = Random(SEED)
    try:
        for _ in range(3):
            victim._disturb()
        victim.settle()
        points = sorted(set(victim.points()) - set(COMMIT))
        assert "after batch.copy_log" in points
        chosen = points if LONG else ["after batch.copy_log", *random.sample(points, _OTHERS)]
        torn = 0
        for point in (*COMMIT, *chosen):
            torn += victim.kill_at(point, passes=random.randint(1, 2))
            assert victim.come_back() < BACK_S
            processes.check(kafka, traffic.sent, traffic.file)
        assert torn * 2 > len(chosen)
    finally:
        victim.kill()
