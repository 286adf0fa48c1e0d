"""Counters for dashboards: counted once per process, while somebody looks."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import msgspec

from models.errors import Unavailable
from storage.postgres import counters
from storage.postgres.counters import Judged

log = logging.getLogger(__name__)

_TROUBLE = (Unavailable, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
_INTERVAL_S = 0.5
_STATUSES_SHARE = 0.05
"""Counting by status reads a whole table: at most this share of the time goes into it."""
_RATE_WINDOW_S = 10.0


class Counters(msgspec.Struct, frozen=True, rename="camel"):
    """What a dashboard shows of everything together; no personal data."""

    applications: int
    by_status: dict[str, int]
    accepted: int
    duplicates: int
    dead_lettered: int
    waiting: int
    events_per_second: float


class Dashboard:
    """The newest counters, at most two a second, for any number of viewers."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._viewers = 0
        self._wanted = asyncio.Event()
        self._changed = asyncio.Event()
        self._counters: Counters | None = None
        self._samples: deque[tuple[float, int]] = deque()
        self._by_status: dict[str, int] = {}
        self._statuses_due_s = 0.0

    @contextmanager
    def viewing(self) -> Iterator[None]:
        """While somebody looks, it counts."""
        self._viewers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._viewers -= 1
            if not self._viewers:
                self._wanted.clear()
                self._counters = None

    async def newer(self, than: Counters | None, timeout_s: float) -> Counters | None:
        """Counters other than `than`; None when there were none in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._counters is None or self._counters == than:
                    await self._changed.wait()
        except TimeoutError:
            return None
        return self._counters

    async def run(self) -> None:
        """Count for ever, while somebody looks."""
        while True:
            if not self._viewers:
                self._samples.clear()
            await self._wanted.wait()
            try:
                self._counters = await self._count()
                self._changed.set()
                self._changed = asyncio.Event()
            except _TROUBLE as error:
                log.warning("dashboard counters not read: %s", type(error).__name__)
            await asyncio.sleep(_INTERVAL_S)

    async def _count(self) -> Counters:
        judged = await counters.judged(self._pool)
        began_s = time.monotonic()
        if began_s >= self._statuses_due_s:
            self._by_status = await counters.applications_by_status(self._pool)
            now_s = time.monotonic()
            self._statuses_due_s = now_s + (now_s - began_s) / _STATUSES_SHARE
        return Counters(
            applications=sum(self._by_status.values()),
            by_status=self._by_status,
            accepted=judged.accepted,
            duplicates=judged.duplicates,
            dead_lettered=judged.dead_lettered,
            waiting=judged.waiting,
            events_per_second=self._rate(judged, began_s),
        )

    def _rate(self, judged: Judged, now_s: float) -> float:
        """Accepted events a second over the last ten."""
        self._samples.append((now_s, judged.accepted))
        while now_s - self._samples[0][0] > _RATE_WINDOW_S:
            self._samples.popleft()
        began_s, accepted = self._samples[0]
        elapsed_s = now_s - began_s
        return round((judged.accepted - accepted) / elapsed_s, 1) if elapsed_s else 0.0
