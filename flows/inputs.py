"""How the partitions of this process enter the dataflow: as one input that reads each in turn."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bytewax.inputs import DynamicSource, StatelessSourcePartition

from flows.partition import Partition, Piece


class PartitionsReader(StatelessSourcePartition[Piece]):
    """Reads the partitions in turn, a piece at a time, so that what is decoded is folded while
    the processor has it near; when all are idle it waits `poll` between looks."""

    def __init__(
        self, partitions: Mapping[int, Partition], poll: timedelta, tend: Callable[[], None]
    ) -> None:
        self._partitions = partitions
        self._poll = poll
        self._tend = tend
        self._last = -1
        self._awake: datetime | None = None

    def next_batch(self) -> list[Piece]:
        began = datetime.now(UTC)
        self._tend()
        self._awake = None
        for index in sorted(self._partitions, key=lambda index: (index <= self._last, index)):
            piece = self._partitions[index].read()
            if piece is not None:
                self._last = index
                return [piece]
        # The engine sleeps for what lies behind the begin of the turn, not its end.
        self._awake = began + self._poll
        return []

    def next_awake(self) -> datetime | None:
        return self._awake


class PartitionsInput(DynamicSource[Piece]):
    """One reader; the flow runs with one worker a process. `tend` is called before each look
    and may change which partitions there are."""

    def __init__(
        self,
        partitions: Mapping[int, Partition],
        poll: timedelta,
        tend: Callable[[], None] = lambda: None,
    ) -> None:
        self._partitions = partitions
        self._poll = poll
        self._tend = tend

    def build(self, step_id: str, worker_index: int, worker_count: int) -> PartitionsReader:
        return PartitionsReader(self._partitions, self._poll, self._tend)
