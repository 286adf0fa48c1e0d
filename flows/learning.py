"""The learning flow: the log in, outcomes and an ever better model out.

event_log ── read ── learn ──► one Postgres transaction:
                               outcomes, the learner's weights, scores, a version, positions
"""

from datetime import UTC, datetime, timedelta

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from flows import engine
from flows.pupil import Pupil
from models.settings import Settings
from storage.postgres.consumers import Line

_WAIT = timedelta(milliseconds=200)


def dataflow(pupil: Pupil) -> Dataflow:
    """The picture above; one process learns from all partitions of the log."""
    flow = Dataflow("learning")
    pages = op.input("read", flow, LogSource(pupil))
    op.output("learn", pages, LearningSink(pupil))
    return flow


class _LogPartition(StatefulSourcePartition[list[Line], None]):
    """Pages behind the committed positions."""

    def __init__(self, pupil: Pupil) -> None:
        self._pupil = pupil
        self._awake: datetime | None = None

    def next_batch(self) -> list[list[Line]]:
        began = datetime.now(UTC)
        page = self._pupil.read()
        # The engine sleeps for what lies behind the begin of the turn, not its end.
        self._awake = None if page else began + _WAIT
        return [page] if page else []

    def next_awake(self) -> datetime | None:
        return self._awake

    def snapshot(self) -> None:
        """Positions live in Postgres, in the transaction of what was learned."""


class LogSource(FixedPartitionedSource[list[Line], None]):
    """The whole log as one partition: the order of learning is the order of its lines."""

    def __init__(self, pupil: Pupil) -> None:
        self._pupil = pupil

    def list_parts(self) -> list[str]:
        return ["log"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> "_LogPartition":
        return _LogPartition(self._pupil)


class LearningWriter(StatelessSinkPartition[list[Line]]):
    """Commits what each page teaches."""

    def __init__(self, pupil: Pupil) -> None:
        self._pupil = pupil

    def write_batch(self, items: list[list[Line]]) -> None:
        for page in items:
            self._pupil.learn(page)


class LearningSink(DynamicSink[list[Line]]):
    """One writer; the flow runs with one worker."""

    def __init__(self, pupil: Pupil) -> None:
        self._pupil = pupil

    def build(self, step_id: str, worker_index: int, worker_count: int) -> LearningWriter:
        return LearningWriter(self._pupil)


def run(_settings: Settings, url: str) -> None:
    """Learn from the log until killed. Raises AlreadyRunning, or Fenced when replaced."""
    engine.run(dataflow(Pupil(url)))
