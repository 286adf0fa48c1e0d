"""A running analytics flow, in a thread of the test's process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.outbox import partition_count
from tests.flows.driving import step


@contextmanager
def flow(url: str, settings: Settings) -> Iterator[None]:
    """The flow's real steps, turned until the block ends."""
    stop = threading.Event()
    with connect(url, autocommit=True) as connection:
        count = partition_count(connection)
    partitions = [Partition(settings, url, index, now_us) for index in range(count)]

    def turn() -> None:
        while not stop.is_set():
            if not sum(step(partition) for partition in partitions):
                stop.wait(0.005)
        for partition in partitions:
            partition.close()

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
