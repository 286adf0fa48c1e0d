"""Drives the real steps of the analytics flow in the test's own process, to its end."""

from collections.abc import Callable, Iterable

from flows.analytics import decode_piece, now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.outbox import copy_lines, partition_count


def put(url: str, lines: Iterable[bytes], partition: int | None = None) -> None:
    """Messages into the outbox; all into one partition where it is given (a misrouting)."""
    with connect(url) as connection:
        count = partition_count(connection)
        copy_lines(connection, lines, partitions=count, run=None)
        if partition is not None:
            connection.execute("UPDATE outbox SET partition = $1", (partition,))


def step(partition: Partition) -> bool:
    """One turn of read, decode, fold, write; False when there was nothing to read."""
    piece = partition.read()
    if piece is None:
        return False
    folded = partition.fold(decode_piece(piece))
    if folded is not None:
        partition.write(folded)
    return True


def drain(url: str, settings: Settings, now: Callable[[], int] = now_us) -> None:
    """Run all partitions until the outbox is empty."""
    with connect(url, autocommit=True) as connection:
        count = partition_count(connection)
    partitions = [Partition(settings, url, index, now) for index in range(count)]
    try:
        while sum(step(partition) for partition in partitions):
            pass
    finally:
        for partition in partitions:
            partition.close()
