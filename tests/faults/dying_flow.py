"""The real flow as a process of its own that kills itself where it is told.

`python -m tests.faults.dying_flow URL BATCH VARIANT [PARTITION…]`, then orders.
"""

import sys
from datetime import timedelta

from flows import engine
from flows.analytics import dataflow, now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.outbox import partition_count
from tests.faults.broken import write
from tests.faults.executioner import Executioner


def main(url: str, batch: str, variant: str, *owned: str) -> None:
    """Run until killed; owns all partitions unless some are named."""
    executioner = Executioner()
    settings = Settings(postgres_url=url, batch_events=int(batch))
    with connect(url, autocommit=True) as connection:
        count = partition_count(connection)
    partitions = {
        index: Partition(settings, url, index, now_us, write=write(variant, executioner))
        for index in (map(int, owned) if owned else range(count))
    }
    engine.run(dataflow(partitions, timedelta(milliseconds=settings.poll_ms)))


if __name__ == "__main__":
    main(*sys.argv[1:])
