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
    bounds = source.bounds()
    if partition is not None and partition not in bounds:
        raise ConfigurationError(f"there is no partition {partition}: there are {len(bounds)}")
    if where.isdecimal() and partition is None and len(bounds) > 1:
        raise ConfigurationError("an offset is of one partition: name it with --partition")
    if where not in (EARLIEST, LATEST) and not where.isdecimal():
        raise ConfigurationError(f"not earliest, latest or an offset: {where}")
    chosen: dict[int, int] = {}
    for index in bounds if partition is None else [partition]:
        first, end = bounds[index]
        position = {EARLIEST: first, LATEST: end}.get(where)
        chosen[index] = int(where) if position is None else position
        if not first <= chosen[index] <= end:
            raise ConfigurationError(f"partition {index} holds {first} to {end}, not {where}")
    gone = dict.fromkeys(_heads(url) - bounds.keys(), 0) if partition is None else {}
    for index, position in (chosen | gone).items():
        _, end = bounds.get(index, (0, 0))
        with closing(connect(url, autocommit=True)) as connection:
            place, start = take_over(connection, index)
            lost = place.source == source.name and start.position > end
            batch.reset(connection, place, source.name, position, lost)
    return chosen


def _heads(url: str) -> set[int]:
    """Partitions of the log. Of those that this source has not, a position left in the source
    before would tell that it is still read."""
    with closing(connect(url, autocommit=True)) as connection:
        return set(LogReader(connection).heads())
