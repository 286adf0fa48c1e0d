"""Where the analytics flow writes: one Postgres transaction per batch."""

from collections.abc import Mapping

from bytewax.outputs import DynamicSink, StatelessSinkPartition

from flows.partition import Folded, Partition


class TransactionWriter(StatelessSinkPartition[Folded]):
    """Hands each batch back to the partition that read it."""

    def __init__(self, partitions: Mapping[int, Partition]) -> None:
        self._partitions = partitions

    def write_batch(self, items: list[Folded]) -> None:
        for folded in items:
            partition = self._partitions.get(folded.partition)
            if partition is not None:
                partition.write(folded)


class TransactionSink(DynamicSink[Folded]):
    """One writer per worker; the flow runs with one worker a process."""

    def __init__(self, partitions: Mapping[int, Partition]) -> None:
        self._partitions = partitions

    def build(self, step_id: str, worker_index: int, worker_count: int) -> TransactionWriter:
        return TransactionWriter(self._partitions)
