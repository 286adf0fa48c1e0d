"""Entity rows left for later are never forgotten, whichever step of another partition falls
between any two steps of the retry."""

import json
import threading
from collections.abc import Callable

import pytest

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.connect import connect
from tests.faults import broken, oracle
from tests.faults.traffic import Traffic
from tests.flows.driving import step

Make = Callable[..., Traffic]
_BLOCKED = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
    AND datname = current_database())"""
_STEPS = [
    f"{when} entities.{name}"
    for name in ("stale", "lock", "follow_fold", "unstale")
    for when in ("before", "after")
]


@pytest.mark.parametrize("at", _STEPS)
def test_a_change_by_another_partition_within_the_retry(make_traffic: Make, at: str) -> None:
    traffic = make_traffic(2)
    settings = Settings(postgres_url=traffic.url)
    meanwhile: Callable[[], None] | None = None

    def told(point: str, is_open: bool) -> None:
        nonlocal meanwhile
        if point == at and meanwhile is not None:
            act, meanwhile = meanwhile, None
            act()

    first = Partition(settings, traffic.url, 0, now_us, write=broken.write(told=told))
    second = Partition(settings, traffic.url, 1, now_us)
    thread = threading.Thread(target=step, args=(second,))

    def act() -> None:
        """The other partition's batch, until it is done or waits for us."""
        thread.start()
        oracle.until(lambda: not thread.is_alive() or _blocked(traffic), 5, "the other batch")

    _put(traffic, 0, "created", {"jobId": "j", "jobTitle": "Engineer", "company": "Acme"})
    step(first)
    with traffic.held(1.0):
        _put(traffic, 0, "updated", {"changes": {"jobTitle": "Painter"}})
        step(first)
        _put(traffic, 1, "updated", {"changes": {"jobTitle": "Sculptor"}})
    assert oracle.rows(traffic.url, "entity_stale") == 1
    meanwhile = act
    step(first)  # nothing to read: it retries
    thread.join()
    oracle.until(lambda: _settled(traffic, first, second), 5, "the retry")
    first.close()
    second.close()
    oracle.check(traffic)
    with connect(traffic.url) as connection:
        assert connection.execute("SELECT job_title FROM applications").fetchall() == [
            ("Sculptor",)
        ]


def _settled(traffic: Traffic, *partitions: Partition) -> bool:
    for partition in partitions:
        step(partition)
    return oracle.waiting(traffic.url) == 0


def _blocked(traffic: Traffic) -> bool:
    with connect(traffic.url, autocommit=True) as connection:
        row = connection.execute(_BLOCKED).fetchone()
    return row is not None and bool(row[0])


def _put(traffic: Traffic, partition: int, kind: str, data: dict[str, object]) -> None:
    event = {
        "specversion": "1.0",
        "id": f"e{traffic.sent}",
        "source": "/tests",
        "type": f"application.{kind}",
        "subject": "app_1",
        "time": f"2026-03-02T09:00:{traffic.sent:02}Z",
        "userid": "ada",
        "data": data,
    }
    traffic.put([json.dumps(event).encode()])
    with connect(traffic.url) as connection:
        connection.execute("UPDATE outbox SET partition = $1", (partition,))
