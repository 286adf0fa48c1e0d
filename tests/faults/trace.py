"""Which points a batch passes: found by running one of everything."""

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings
from tests.faults import oracle
from tests.faults.broken import write
from tests.faults.traffic import Traffic
from tests.flows.driving import step


def trace(traffic: Traffic) -> list[str]:
    """All points that the flow's writing passes, in order of the first passage."""
    met: dict[str, bool] = {}
    settings = Settings(postgres_url=traffic.url, batch_events=7)
    told = write(told=met.setdefault)
    partition = Partition(settings, traffic.url, 0, now_us, write=told)
    for _ in range(4):
        traffic.write(2)
        with traffic.held():
            traffic.feed(40)
            traffic.put(traffic.take(20), as_run=True)
            while oracle.rows(traffic.url, "outbox"):
                step(partition)
        while oracle.waiting(traffic.url):
            step(partition)
    partition.close()
    return list(met)
