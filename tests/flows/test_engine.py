"""What a dataflow's end looks like from outside: the step's own error, on one clear line."""

import os
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.testing import TestingSink, TestingSource, run_main

from flows import engine
from flows.inputs import PartitionsInput
from models.errors import Fenced
from storage.postgres.connect import connect
from storage.postgres.outbox import copy_lines
from tests.platform.driving import ROOT, command, event, wait_until

PATIENCE_S = 60.0
_TURNS_S = (1.9, 1.0)
_OWNED = "SELECT count(*) FROM flow_positions WHERE flow = 'analytics' AND epoch > 0"


def dataflow(step: Callable[[int], int], out: list[int]) -> Dataflow:
    flow = Dataflow("numbers")
    numbers = op.input("read", flow, TestingSource([1, 2, 3]))
    op.output("write", op.map("step", numbers, step), TestingSink(out))
    return flow


def raising(error: Exception) -> Callable[[int], int]:
    def step(_: int) -> int:
        raise error

    return step


def test_it_ends_with_its_source() -> None:
    out: list[int] = []
    engine.run(dataflow(lambda number: number * 2, out))
    assert out == [2, 4, 6]


def test_an_error_of_ours_comes_out_as_it_was_raised() -> None:
    with pytest.raises(Fenced, match=r"^somebody else$"):
        engine.run(dataflow(raising(Fenced("somebody else")), []))


def test_any_other_error_keeps_its_story() -> None:
    with pytest.raises(BytewaxRuntimeError) as raised:
        engine.run(dataflow(raising(ValueError("what was wrong")), []))
    assert "what was wrong" in str(raised.getrepr())


def test_a_long_turn_that_finds_nothing_is_not_followed_by_a_long_sleep() -> None:
    """The engine does so once an epoch has ended within a turn."""
    turns: list[tuple[float, float]] = []

    def tend() -> None:
        began = time.monotonic()
        if len(turns) < len(_TURNS_S):
            time.sleep(_TURNS_S[len(turns)])  # the turn itself
        turns.append((began, time.monotonic()))
        if len(turns) > len(_TURNS_S):
            raise Fenced("enough")

    flow = Dataflow("idle")
    source = PartitionsInput({}, timedelta(milliseconds=20), tend)
    op.output("write", op.input("read", flow, source), TestingSink([]))
    with pytest.raises(BytewaxRuntimeError):
        run_main(flow, epoch_interval=timedelta(seconds=2))
    slept = [began - ended for (_, ended), (began, _) in pairwise(turns)]
    assert max(slept) < _TURNS_S[-1] / 2, slept


def test_a_flow_that_was_replaced_ends_with_one_clear_line(database: str) -> None:
    process = subprocess.Popen(
        command("flow", "analytics"),
        cwd=ROOT,
        env={**os.environ, "JOBFINDERS_POSTGRES_URL": database},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with connect(database, autocommit=True) as connection:
            wait_until(lambda: connection.execute(_OWNED).fetchone() == (1,), PATIENCE_S, "owned")
            connection.execute("UPDATE flow_positions SET epoch = epoch + 1")
            with connection.transaction():
                copy_lines(connection, [event(1)], partitions=1, run=None)
        _, errors = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 1
    *_, last = errors.splitlines()
    assert last == "jobfinders: partition 0 of analytics has another writer now"
    assert "Traceback" not in errors
