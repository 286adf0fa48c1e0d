"""Where the analytics flow reads: partitions of the outbox as a Bytewax source."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from flows.partition import Partition, Piece


class OutboxPartition(StatefulSourcePartition[Piece, None]):
    """Polls one partition; idle, it waits `poll` between looks."""

    def __init__(self, partition: Partition, poll: timedelta) -> None:
        self._partition = partition
        self._poll = poll
        self._awake: datetime | None = None

    def next_batch(self) -> list[Piece]:
        piece = self._partition.read()
        self._awake = datetime.now(UTC) + self._poll if piece is None else None
        return [] if piece is None else [piece]

    def next_awake(self) -> datetime | None:
        return self._awake

    def snapshot(self) -> None:
        """Positions live in Postgres, in the transaction of the rows."""

    def close(self) -> None:
        self._partition.close()


class OutboxSource(FixedPartitionedSource[Piece, None]):
    """All partitions that this process owns."""

    def __init__(self, partitions: Mapping[int, Partition], poll: timedelta) -> None:
        self._partitions = partitions
        self._poll = poll

    def list_parts(self) -> list[str]:
        return [str(index) for index in self._partitions]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> OutboxPartition:
        return OutboxPartition(self._partitions[int(for_part)], self._poll)
