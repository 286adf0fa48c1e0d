"""Postgres killed under the flow and under writers."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from models.errors import Unavailable
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from tests.faults import oracle
from tests.faults.traffic import Traffic
from tests.faults.victim import BACK_S, Victim

_WRITER = """SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND objsubid = 2 AND datname = current_database()"""


@contextmanager
def _writers(traffic: Traffic) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=traffic.write_until_cut, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def down(server: Server) -> None:
    """SIGKILL of the postmaster."""
    postmaster = server.pid()
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)


@contextmanager
def away(server: Server) -> Iterator[None]:
    """No server within the block."""
    down(server)
    try:
        yield
    finally:
        server.start()


def kill_server(
    server: Server, traffic: Traffic, victim: Victim, random: Random, down_s: float = 0.0
) -> tuple[bool, float]:
    """SIGKILL of the postmaster while flow and writers work; it stays away for `down_s`.

    Returns whether a batch was open, and the seconds until all was folded again.
    """
    with _writers(traffic):
        traffic.feed(100)
        torn = _look(traffic, victim, random)
        down(server)
        began = time.monotonic()
        os.kill(victim.pid, signal.SIGCONT)
    time.sleep(down_s)  # the outage itself
    server.start()
    victim.wait_for_death()
    victim.come_back()
    return torn, time.monotonic() - began - down_s


def kill_backend(traffic: Traffic, victim: Victim, random: Random) -> tuple[bool, float]:
    """SIGKILL of the server process that writes the batch: Postgres restarts itself."""
    with connect(traffic.url) as connection:
        row = connection.execute(_WRITER).fetchone()
    assert row is not None
    with _writers(traffic):
        traffic.feed(100)
        torn = _look(traffic, victim, random)
        os.kill(row[0], signal.SIGKILL)
        began = time.monotonic()
        os.kill(victim.pid, signal.SIGCONT)
    victim.wait_for_death()
    oracle.until(lambda: _answers(traffic.url), BACK_S, "Postgres' own restart")
    victim.come_back()
    return torn, time.monotonic() - began


def _look(traffic: Traffic, victim: Victim, random: Random) -> bool:
    """At a random moment, with the flow held still."""
    time.sleep(random.uniform(0, 0.15))
    os.kill(victim.pid, signal.SIGSTOP)
    return oracle.open_batches(traffic.url) > 0


def _answers(url: str) -> bool:
    try:
        with connect(url):
            return True
    except Unavailable:
        return False
