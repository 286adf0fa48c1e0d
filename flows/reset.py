"""Where the analytics flow reads on, chosen by hand: after a topic lost messages or was made
anew, and when the product moves between outbox and Kafka."""

from contextlib import closing

from flows.partition import take_over
from flows.sources import Source
from models.errors import ConfigurationError
from storage.postgres import batch
from storage.postgres.connect import connect
from storage.postgres.consumers import LogReader

EARLIEST, LATEST = "earliest", "latest"


def reset(url: str, source: Source, where: str, partition: int | None) -> dict[int, int]:
    """Let the flow go on at `where` (earliest, latest or an offset) in this partition or all.

    Returns the new positions. Raises AlreadyRunning while a flow runs, ConfigurationError for an
    offset that the source does not have.
    """
    count = source.partitions()
    if partition is not None and not partition < count:
        raise ConfigurationError(f"there is no partition {partition}: there are {count}")
    if where.isdecimal() and partition is None and count > 1:
        raise ConfigurationError("an offset is of one partition: name it with --partition")
    if where not in (EARLIEST, LATEST) and not where.isdecimal():
        raise ConfigurationError(f"not earliest, latest or an offset: {where}")
    chosen: dict[int, int] = {}
    for index in range(count) if partition is None else [partition]:
        first, end = source.bounds(index)
        position = {EARLIEST: first, LATEST: end}.get(where)
        chosen[index] = int(where) if position is None else position
        if not first <= chosen[index] <= end:
            raise ConfigurationError(f"partition {index} holds {first} to {end}, not {where}")
    gone = dict.fromkeys(_gone(url, count), 0) if partition is None else {}
    for index, position in (chosen | gone).items():
        with closing(connect(url, autocommit=True)) as connection:
            place, _ = take_over(connection, index)
            batch.reset(connection, place, source.name, position)
    return chosen


def _gone(url: str, count: int) -> list[int]:
    """Partitions of the source before that this one has not: a position left in the old one
    would tell that it is still read."""
    with closing(connect(url, autocommit=True)) as connection:
        return [index for index in LogReader(connection).heads() if index >= count]
