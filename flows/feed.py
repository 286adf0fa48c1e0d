"""Puts messages into the outbox, each exactly once, also across restarts of Postgres."""

import time
from collections.abc import Callable, Sequence
from typing import Self, TypeVar
from uuid import UUID, uuid4

import psycopg

from models.errors import Unavailable
from storage.postgres import ingest_runs
from storage.postgres.connect import Connection, connect
from storage.postgres.ingest_runs import Counts
from storage.postgres.outbox import copy_lines, partition_count

WAITING_MAX = 100_000
"""Messages of a run in the outbox above which its feed pauses."""
_PATIENCE_S = 120.0
_RETRY_S = 0.2
_POLL_S = 0.05

Told = Callable[[str], None]
"""Takes a sentence for the person who waits; "" when the wait is over."""
T = TypeVar("T")


def say_nothing(_: str) -> None:
    """For feeds that nobody watches."""


class Feed:
    """One run of messages into the outbox of a database; a context manager.

    Raises Unavailable when Postgres does not answer at the beginning, or stays away for
    longer than `patience_s` later.
    """

    def __init__(
        self, url: str, source: str, *, tell: Told = say_nothing, patience_s: float = _PATIENCE_S
    ) -> None:
        self.run: UUID = uuid4()
        self.received = 0
        self._url = url
        self._source = source
        self._tell = tell
        self._patience_s = patience_s
        self._connection: Connection | None = None
        self._partitions = 1

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def put(self, lines: Sequence[bytes], also: Callable[[Connection], None] | None = None) -> None:
        """Put lines in and count them, and do what else there is, in one transaction."""
        before = self.received

        def attempt(connection: Connection) -> None:
            with connection.transaction():
                if not ingest_runs.hold(connection, self.run):
                    raise Unavailable("a session of this run that was lost is still committing")
                # A commit whose answer was lost has happened if the count says so.
                if ingest_runs.counts(connection, self.run).received > before:
                    return
                if before == 0:
                    ingest_runs.begin(connection, self.run, self._source)
                copy_lines(connection, lines, partitions=self._partitions, run=self.run)
                ingest_runs.add_received(connection, self.run, len(lines))
                if also is not None:
                    also(connection)

        if lines:
            self.apply(attempt)
            self.received = before + len(lines)

    def counts(self) -> Counts:
        """What became of the run's messages so far."""
        return self.apply(lambda connection: ingest_runs.counts(connection, self.run))

    def finish(self) -> None:
        """Note that nothing more comes."""
        self.apply(lambda connection: ingest_runs.finish(connection, self.run))

    def wait(self, most: int, watch: Callable[[Counts], None] = lambda _: None) -> Counts:
        """Wait until at most `most` messages of the run are untaken; returns the counts.

        Without a running flow it goes on waiting, and says so.
        """
        while True:
            counts = self.counts()
            watch(counts)
            if counts.waiting <= most:
                self._tell("")
                return counts
            if self.apply(lambda connection: ingest_runs.flow_is_running(connection, "analytics")):
                self._tell("")
            else:
                self._tell(
                    f"no analytics flow is running: {counts.waiting} messages wait safely in the "
                    "outbox; start one with `jobfinders up`"
                )
            time.sleep(_POLL_S)

    def apply(self, attempt: Callable[[Connection], T]) -> T:
        """Do something that may be done twice, again after each loss of the connection."""
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                return attempt(self._connection or self._connect())
            except (psycopg.OperationalError, Unavailable) as error:
                self._forget_connection()
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"Postgres did not answer for {self._patience_s:.0f} s; "
                        f"{self.received} messages had been put in"
                    ) from error
                self._tell("waiting for Postgres to answer again")
                time.sleep(_RETRY_S)

    def _connect(self) -> Connection:
        self._connection = connect(self._url, autocommit=True)
        self._partitions = partition_count(self._connection)
        return self._connection

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
