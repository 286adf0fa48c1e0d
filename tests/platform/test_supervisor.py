"""When the supervisor starts a part again, and what it says of its end."""

import os
import sys
from pathlib import Path

from flows.supervisor import Backoff, Part, stop_all
from tests.platform.driving import wait_until


def test_a_part_that_keeps_ending_is_started_ever_later() -> None:
    backoff = Backoff()
    delays = []
    for moment in range(10):
        backoff.started(moment)
        delays.append(backoff.ended(moment + 1))
        assert backoff.due == moment + 1 + delays[-1]
    assert delays[:4] == [0.1, 0.2, 0.4, 0.8]
    assert delays[-1] == max(delays) == 8.0


def test_a_part_that_ran_well_is_started_at_once() -> None:
    backoff = Backoff()
    for moment in range(10):
        backoff.started(moment)
        backoff.ended(moment)
    backoff.started(100)
    assert backoff.ended(120) == 0.1


def test_the_end_of_a_part_is_told_with_its_last_words(tmp_path: Path) -> None:
    part = Part("flow", ("no-such-command",), tmp_path / "logs")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    part.start(environment)
    told: list[str] = []

    def tended() -> bool:
        report = part.tend(environment)
        if report is not None:
            told.append(report)
        return len(told) == 2

    wait_until(tended, 30, "it ended and was started again")
    stop_all([part])
    assert part.pid is None
    assert told[0].startswith("flow ended with code 2: again in 0.1 s (")
    assert told[1].startswith("flow started again as process ")
