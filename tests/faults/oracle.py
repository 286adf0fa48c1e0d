"""What must be true after every fault."""

import time
from collections.abc import Callable

import psycopg

from flows.verify import verify
from storage.postgres.connect import Connection, connect
from tests.faults.traffic import Traffic

_POLL_S = 0.01
_WAITING = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM entity_stale)"
_COUNTED = """SELECT (SELECT coalesce(sum(accepted + duplicates + dead_lettered), 0)
    FROM flow_positions WHERE flow = 'analytics')::bigint + (SELECT count(*) FROM outbox)"""
_OWNERS = """SELECT coalesce(sum(epoch), 0)::bigint FROM flow_positions
    WHERE flow = 'analytics' AND (partition = ANY ($1) OR $1 = '{}')"""
_OPEN = """SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid IN
    (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2)
    AND datname = current_database()"""

_kept: dict[str, Connection] = {}


class NotExact(AssertionError):
    """Something was lost, done twice or computed from a torn state."""


def check(traffic: Traffic) -> None:
    """Every figure by an independent recompute; every message exactly once accounted for."""
    report = verify(traffic.url, against=[traffic.file])
    if not report.clean:
        raise NotExact(str(report))
    counted = _number(traffic.url, _COUNTED)
    if not 0 <= counted - traffic.sent <= traffic.uncertain:
        raise NotExact(f"{traffic.sent} messages came in, {counted} are accounted for")
    traffic.sent, traffic.uncertain = counted, 0


def rows(url: str, table: str) -> int:
    """How many rows a table has."""
    return _number(url, f"SELECT count(*) FROM {table}")


def waiting(url: str) -> int:
    """Messages not taken and entity rows not brought to the fold."""
    return _number(url, _WAITING)


def owners(url: str, partitions: list[int]) -> int:
    """How often a flow has become the owner of one of these partitions, or of any for none."""
    return _number(url, _OWNERS, (partitions,))


def open_batches(url: str) -> int:
    """Batches of the flow that are half written at this moment."""
    return _number(url, _OPEN)


def until(condition: Callable[[], bool], within_s: float, what: str) -> float:
    """Polls; returns the seconds it took. AssertionError when it takes longer."""
    began = time.monotonic()
    while not condition():
        took = time.monotonic() - began
        assert took < within_s, f"{what} takes longer than {within_s} s"
        time.sleep(_POLL_S)
    return time.monotonic() - began


def _number(url: str, statement: str, parameters: tuple[object, ...] = ()) -> int:
    try:
        row = _connection(url).execute(statement, parameters).fetchone()
    except psycopg.OperationalError:  # the server was killed since
        row = _connection(url, anew=True).execute(statement, parameters).fetchone()
    return int(row[0]) if row else 0


def _connection(url: str, *, anew: bool = False) -> Connection:
    """The one that is kept: one for each poll keeps a processor from what is waited for."""
    if anew or url not in _kept:
        while _kept:
            _kept.popitem()[1].close()
        _kept[url] = connect(url, autocommit=True)
    return _kept[url]
