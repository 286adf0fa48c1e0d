"""Two flows at once: the second refused within 5 s, a replaced one's write fenced."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from models.errors import AlreadyRunning, Fenced
from tests.faults import oracle, owners
from tests.faults.traffic import Traffic
from tests.faults.victim import ROOT, Victim

Make = Callable[..., Traffic]
_REFUSED_S = 5.0


def test_a_second_flow_is_refused(make_traffic: Make) -> None:
    traffic = make_traffic()
    first = owners.partition(traffic)
    began = time.monotonic()
    with pytest.raises(AlreadyRunning):
        owners.partition(traffic)
    assert time.monotonic() - began < _REFUSED_S
    traffic.feed(50)
    owners.drain(first)
    first.close()
    oracle.check(traffic)


def test_a_second_flow_is_refused_by_the_command(make_traffic: Make) -> None:
    traffic = make_traffic()
    traffic.feed(50)
    victim = Victim(traffic)
    victim.settle()
    try:
        second = subprocess.run(
            [sys.executable, "-m", "flows.cli", "flow", "analytics"],
            cwd=ROOT,
            env=os.environ | {"JOBFINDERS_POSTGRES_URL": traffic.url},
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert second.returncode == 1
        assert "already running" in second.stderr
        traffic.feed(50)
        victim.settle()
    finally:
        victim.kill()
    oracle.check(traffic)


def test_a_replaced_owner_is_fenced(make_traffic: Make) -> None:
    traffic = make_traffic()
    traffic.feed(60)
    with pytest.raises(Fenced):
        owners.replace_while_writing(traffic, "whole")
    oracle.check(traffic)


def test_a_replaced_owner_is_fenced_though_it_would_change_no_row(make_traffic: Make) -> None:
    traffic = make_traffic(bad=0.0)
    lines = traffic.take(15)
    owners.fold(traffic, lines)
    traffic.put(lines)  # duplicates only: nothing but the counts would change
    with pytest.raises(Fenced):
        owners.replace_while_writing(traffic, "whole")
    oracle.check(traffic)


@pytest.mark.parametrize("point", ["before batch.copy_log", "before batch.advance"])
def test_a_process_that_slept_through_its_replacement_changes_nothing(
    make_traffic: Make, point: str
) -> None:
    traffic = make_traffic()
    victim = Victim(traffic)
    try:
        victim.pause_at(point)
        owners.end_session(traffic.url)
        successor = owners.partition(traffic)
        owners.drain(successor)
        oracle.check(traffic)
        os.kill(victim.pid, signal.SIGCONT)
        oracle.until(lambda: victim.dead, 5, "the end of the replaced process")
        traffic.feed(30)
        owners.drain(successor)
        successor.close()
    finally:
        victim.kill()
    oracle.check(traffic)
