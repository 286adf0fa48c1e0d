"""Two flows on one partition: the second refused, the replaced one fenced."""

from typing import Any

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.batch import Place
from storage.postgres.connect import Connection, connect
from tests.faults import broken
from tests.faults.traffic import Traffic
from tests.flows.driving import step

_END_OWNER = """SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database
    ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND objsubid = 2 AND datname = current_database()"""


def partition(traffic: Traffic, write: Any = None, batch_events: int = 20) -> Partition:
    """The first partition, owned from now on."""
    settings = Settings(postgres_url=traffic.url, batch_events=batch_events)
    return Partition(settings, traffic.url, 0, now_us, write=write or broken.write())


def end_session(url: str) -> None:
    """End the session that holds the partition, as a network or a proxy may."""
    with connect(url, autocommit=True) as connection:
        connection.execute(_END_OWNER)


def drain(owner: Partition) -> None:
    """Fold all that waits."""
    while step(owner):
        pass


def fold(traffic: Traffic, lines: list[bytes]) -> None:
    """Put these in and fold all that waits, by an owner that then lets go."""
    traffic.put(lines)
    owner = partition(traffic)
    drain(owner)
    owner.close()


def replace_while_writing(traffic: Traffic, variant: str) -> None:
    """An owner stops just before it writes; another takes over and folds the same messages;
    then the first goes on, through another session. Raises Fenced when all is well."""

    def late(connection: Connection, place: Place, prepared: Any) -> bool:
        end_session(traffic.url)
        successor = partition(traffic)
        try:
            drain(successor)
        finally:
            successor.close()
        with connect(traffic.url, autocommit=True) as other:
            other.execute("CREATE TEMP TABLE staging (LIKE application_analytics)")
            return broken.write(variant)(other, place, prepared)

    zombie = partition(traffic, late)
    step(zombie)
