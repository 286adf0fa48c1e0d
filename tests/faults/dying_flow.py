"""The real flow as a process of its own that kills itself where it is told.

`python -m tests.faults.dying_flow URL BATCH VARIANT [PARTITION…]`, then orders.
"""

import sys
from datetime import timedelta

from flows import engine
from flows.analytics import dataflow, now_us
from flows.claims import Claims
from flows.partition import Partition
from flows.sources import source_of
from models.settings import Settings
from tests.faults.broken import write
from tests.faults.executioner import Executioner


def main(url: str, batch: str, variant: str, *owned: str) -> None:
    """Run until killed; owns all partitions unless some are named."""
    executioner = Executioner()
    settings = Settings(postgres_url=url, batch_events=int(batch))
    source = source_of(settings, url, now_us)

    def claim(index: int) -> Partition:
        return Partition(
            settings, url, index, now_us, write=write(variant, executioner), source=source
        )

    poll = timedelta(milliseconds=settings.poll_ms)
    if owned:
        fixed = {index: claim(index) for index in map(int, owned)}
        flow = dataflow(fixed, poll)
    else:
        claims = Claims(url, source, claim)
        flow = dataflow(claims.owned, poll, claims.tend)
    engine.run(flow)


if __name__ == "__main__":
    main(*sys.argv[1:])
