"""All live streams of one API process."""

import asyncio
import logging
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

import asyncpg
import msgspec

from api.auth import Principal
from api.metrics import Metrics
from api.stream import cursor, frames
from api.stream.cursor import Cursor
from api.stream.dashboard import Counters, Dashboard
from api.stream.feed import Feed
from api.stream.response import StreamResponse
from api.stream.session import Session
from models.errors import RateLimited
from models.settings import Settings
from storage.postgres.event_log import Audience

log = logging.getLogger(__name__)

_RETRY_MS = (500, 1_500)
"""How soon clients come back: spread, so that a restart is not followed by a stampede."""
_PLACE_RETRY_S = 30


class Streams:
    """Opens streams, counts them, and keeps the feed and the dashboard running."""

    def __init__(
        self,
        url: str,
        pool: asyncpg.Pool,
        settings: Settings,
        metrics: Metrics,
        revoked: Callable[[Principal], bool],
    ) -> None:
        self.feed = Feed(url, ring_entries=settings.stream_ring)
        self._dashboard = Dashboard(pool)
        self._pool = pool
        self._settings = settings
        self._metrics = metrics
        self._revoked = revoked
        self._open: Counter[str] = Counter()

    async def run(self) -> None:
        """For ever. A process whose feed has failed ends, so that another takes its place."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.feed.run())
                tasks.create_task(self._dashboard.run())
        except Exception:
            log.critical("the live feed failed", exc_info=True)
            signal.raise_signal(signal.SIGTERM)
            raise

    async def applications(
        self, principal: Principal, audience: Audience, *, known: str | None, snapshot: bool
    ) -> StreamResponse:
        """A stream of log entries. Raises RateLimited, or Unavailable without Postgres."""
        await self.feed.ready()
        session = Session(
            feed=self.feed,
            pool=self._pool,
            settings=self._settings,
            metrics=self._metrics,
            principal=principal,
            revoked=self._revoked,
            audience=audience,
            known=known,
            snapshot=snapshot,
        )
        kind = "user" if audience.application_id is None else "application"
        return self._respond(principal, kind, session.frames(), session.close)

    async def counters(
        self, principal: Principal, *, known: str | None, snapshot: bool
    ) -> StreamResponse:
        """A stream of dashboard counters, each complete in itself. Raises as above."""
        identity = await self.feed.ready()
        lost = bool(known) and cursor.read(known or "", identity, principal.user_id) is None
        encoded = self._counters(principal, lost=lost, snapshot=snapshot)
        return self._respond(principal, "counters", encoded, _nothing)

    async def _counters(
        self, principal: Principal, *, lost: bool, snapshot: bool
    ) -> AsyncIterator[bytes]:
        sent: Counters | None = None
        if lost:
            yield frames.frame(frames.RESET, '{"reason":"unknown"}', self._cursor(principal))
        with self._dashboard.viewing():
            while (left_s := principal.expires_at - time.time()) > 0:
                if self._revoked(principal):
                    return
                wait_s = min(self._settings.stream_heartbeat_s, left_s)
                found = await self._dashboard.newer(sent, wait_s)
                at = self._cursor(principal)
                if found is None:
                    yield frames.heartbeat(at)
                    continue
                event = frames.SNAPSHOT if snapshot and sent is None else frames.COUNTERS
                yield frames.frame(event, msgspec.json.encode(found).decode(), at)
                sent = found

    def _cursor(self, principal: Principal) -> str:
        now = Cursor(self.feed.positions, int(time.time()))
        return cursor.write(now, self.feed.identity, principal.user_id)

    def _respond(
        self,
        principal: Principal,
        kind: str,
        encoded: AsyncIterator[bytes],
        close: Callable[[], None],
    ) -> StreamResponse:
        """Take one of the user's places until the response has ended."""
        user_id = principal.user_id
        if self._open[user_id] >= self._settings.streams_per_user:
            raise RateLimited(
                "too many streams are open",
                retry_after=_PLACE_RETRY_S,
                details={"limit": "streams_open"},
            )
        self._open[user_id] += 1
        gauge = self._metrics.streams_open.labels(kind)
        gauge.inc()

        def end() -> None:
            gauge.dec()
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]
            close()

        return StreamResponse(_after_retry(encoded), end, self._settings.stream_send_timeout_s)


async def _after_retry(encoded: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield frames.retry(random.randint(*_RETRY_MS))
    async for chunk in encoded:
        yield chunk


def _nothing() -> None:
    return None
