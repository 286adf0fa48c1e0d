"""The real flow as a process of its own that kills itself where it is told.

`python -m tests.faults.dying_flow URL BATCH VARIANT [PARTITION…]`; then on standard input
`SIGKILL N POINT`: die at the Nth time from now that the point is passed. Its last words on
standard output: `open POINT` or `shut POINT`, whether a transaction was open there.
"""

import os
import signal
import sys
import threading
from datetime import timedelta

from bytewax.testing import run_main

from flows.analytics import dataflow, now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.outbox import partition_count
from tests.faults.broken import write


class Executioner:
    """Counts how often the point it waits for has been passed."""

    def __init__(self) -> None:
        self._armed = ("", 0, signal.SIGKILL)

    def listen(self) -> None:
        """Take orders until the input ends."""
        for line in sys.stdin:
            signal_name, number, point = line.strip().split(" ", 2)
            self._armed = point, int(number), signal.Signals[signal_name]

    def __call__(self, point: str, is_open: bool) -> None:
        awaited, left, how = self._armed
        if point != awaited:
            return
        self._armed = ("" if left == 1 else point, left - 1, how)
        if left == 1:
            os.write(1, f"{'open' if is_open else 'shut'} {point}\n".encode())
            os.kill(os.getpid(), how)


def main(url: str, batch: str, variant: str, *owned: str) -> None:
    """Run until killed; owns all partitions unless some are named."""
    executioner = Executioner()
    threading.Thread(target=executioner.listen, daemon=True).start()
    settings = Settings(postgres_url=url, batch_events=int(batch))
    with connect(url, autocommit=True) as connection:
        count = partition_count(connection)
    partitions = {
        index: Partition(settings, url, index, now_us, write=write(variant, executioner))
        for index in (map(int, owned) if owned else range(count))
    }
    run_main(  # type: ignore[no-untyped-call]
        dataflow(partitions, timedelta(milliseconds=settings.poll_ms))
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
