"""One connection's stream: where it begins, what it missed, then what happens."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from enum import StrEnum

import asyncpg
import msgspec

from api.auth import Principal
from api.metrics import Metrics
from api.stream import cursor, frames
from api.stream.client import Client, Item
from api.stream.cursor import Cursor
from api.stream.feed import Feed
from api.stream.ring import joined, moved, next_offset, reached
from models.errors import Unavailable
from models.settings import Settings
from storage.postgres import event_log
from storage.postgres.event_log import Audience, Positions
from storage.postgres.pool import is_lost_connection

log = logging.getLogger(__name__)

_PAGE_ENTRIES = 500
_CHUNK_BYTES = 64_000
_SNAPSHOT_ROWS = 500


class Reset(StrEnum):
    """Why a client must forget what it holds."""

    UNKNOWN = "unknown"
    """Not a cursor of ours, or another user's, or of another log."""
    EXPIRED = "expired"
    AHEAD = "ahead"
    SLOW = "slow"
    LOG = "log"
    """The log was restored or rebuilt."""


class Session:
    """A user's stream of an audience's entries. `known` is the cursor that the client sent."""

    def __init__(
        self,
        *,
        feed: Feed,
        pool: asyncpg.Pool,
        settings: Settings,
        metrics: Metrics,
        principal: Principal,
        revoked: Callable[[Principal], bool],
        audience: Audience,
        known: str | None,
        snapshot: bool,
    ) -> None:
        self._feed = feed
        self._pool = pool
        self._settings = settings
        self._metrics = metrics
        self._principal = principal
        self._revoked = revoked
        self._audience = audience
        self._known = known
        self._snapshot = snapshot
        self._positions: Positions = ()
        self._identity = feed.identity
        self._client: Client | None = None

    def close(self) -> None:
        """Leave the feed; harmless when it was never joined."""
        if self._client is not None:
            self._feed.part(self._audience, self._client)
            self._client = None

    async def frames(self) -> AsyncIterator[bytes]:
        """Encoded frames until the token ends, access is revoked or Postgres is lost.

        Nothing here kills an EventSource: it comes back with its cursor.
        """
        try:
            with self._feed.listening():
                async for chunk in self._run():
                    yield chunk
        except Unavailable as error:
            log.warning("a stream ended: %s", error)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            if not is_lost_connection(error) and not isinstance(error, OSError):
                raise
            log.warning("a stream ended: %s", type(error).__name__)

    async def _run(self) -> AsyncIterator[bytes]:
        async for chunk in self._begin():
            yield chunk
        while not self._ended():
            async for chunk in self._catch_up():
                yield chunk
            async for chunk in self._follow():
                yield chunk

    async def _begin(self) -> AsyncIterator[bytes]:
        """At the cursor, or behind a reset, at a snapshot or at the end of the log."""
        reason = None
        if self._known:
            reason = await self._resume(self._known)
            if reason is None:
                return
        async for chunk in self._begin_afresh(reason):
            yield chunk

    async def _resume(self, known: str) -> Reset | None:
        """Stand where the cursor says; the reason why not otherwise."""
        found = cursor.read(known, self._identity, self._principal.user_id)
        if found is None:
            return Reset.UNKNOWN
        if time.time() - found.issued_at_s > self._settings.stream_resume_hours * 3_600:
            return Reset.EXPIRED
        if not reached(self._feed.positions, found.positions):
            async with self._pool.acquire() as connection:
                heads = await event_log.heads(connection)
            if not reached(heads, found.positions):
                return Reset.AHEAD
            await self._feed.reach(found.positions)
        self._positions = found.positions
        return None

    async def _begin_afresh(self, reason: Reset | None) -> AsyncIterator[bytes]:
        """A reset keeps the client's old id while a snapshot follows, so that a connection
        lost in between is told again."""
        if reason is not None:
            self._metrics.stream_resets.labels(reason.value).inc()
        self._identity = self._feed.identity
        if not self._snapshot:
            self._positions = self._feed.positions
            if reason is None:  # an id from the start: a client may be lost before the first event
                yield frames.heartbeat(self._cursor())
            else:
                yield frames.frame(frames.RESET, _reason(reason), self._cursor())
            return
        if reason is not None:
            yield frames.frame(frames.RESET, _reason(reason))
        async with self._pool.acquire() as connection:
            found = await event_log.snapshot(connection, self._audience)
        await self._feed.reach(found.positions)
        self._positions = found.positions
        for begin in range(0, max(1, len(found.rows)), _SNAPSHOT_ROWS):
            end = begin + _SNAPSHOT_ROWS
            more = end < len(found.rows)
            data = _encode({"applications": found.rows[begin:end], "more": more})
            yield frames.frame(frames.SNAPSHOT, data, None if more else self._cursor())

    async def _catch_up(self) -> AsyncIterator[bytes]:
        """Read from the log what the ring no longer holds, then from the ring, then join."""
        queue = self._settings.stream_queue
        while self._client is None and not self._ended():
            if self._feed.identity != self._identity:
                async for chunk in self._begin_afresh(Reset.LOG):
                    yield chunk
            goal = self._feed.positions
            if not self._feed.covers(self._positions):
                for partition, end in enumerate(goal):
                    async for chunk in self._catch_up_partition(partition, end):
                        yield chunk
                continue
            # Nothing is awaited between what is recent and what comes from now on.
            recent = self._feed.since(self._positions, self._audience)
            self._positions = joined(self._positions, goal)
            if len(recent) <= queue:
                self._client = Client(queue)
                self._feed.join(self._audience, self._client)
            for chunk in self._encoded(recent):
                yield chunk

    async def _catch_up_partition(self, partition: int, end: int) -> AsyncIterator[bytes]:
        start = next_offset(self._positions, partition)
        while start < end and not self._ended():
            async with self._pool.acquire() as connection:
                page = await event_log.resume(
                    connection,
                    self._audience,
                    partition,
                    start=start,
                    end=end,
                    limit=_PAGE_ENTRIES,
                )
            items = [
                Item(entry, moved(self._positions, partition, entry.offset + 1)) for entry in page
            ]
            start = page[-1].offset + 1 if len(page) == _PAGE_ENTRIES else end
            self._positions = moved(self._positions, partition, start)
            for chunk in self._encoded(items):
                yield chunk

    async def _follow(self) -> AsyncIterator[bytes]:
        """Live, until the feed goes on without this client or the stream ends."""
        client = self._client
        while client is not None and not self._ended():
            await client.wait(min(self._settings.stream_heartbeat_s, self._left_s()))
            taken = client.take()
            at = self._feed.positions if client.left_at is None else client.left_at
            if client.log_changed:
                self.close()
                async for chunk in self._begin_afresh(Reset.LOG):
                    yield chunk
                return
            if taken.missed:
                self._metrics.stream_resets.labels(Reset.SLOW.value).inc()
                yield frames.frame(frames.RESET, _reason(Reset.SLOW))
            for chunk in self._encoded(taken.items):
                yield chunk
            self._observe(taken.items)
            self._positions = at
            if client.left_at is not None:
                self.close()
                return
            if not taken.items:
                yield frames.heartbeat(self._cursor())

    def _ended(self) -> bool:
        return self._left_s() <= 0 or self._revoked(self._principal)

    def _left_s(self) -> float:
        return self._principal.expires_at - time.time()

    def _cursor(self, positions: Positions | None = None) -> str:
        at = self._positions if positions is None else positions
        return cursor.write(Cursor(at, int(time.time())), self._identity, self._principal.user_id)

    def _encoded(self, items: Iterable[Item]) -> Iterable[bytes]:
        """Frames in chunks of a bounded size."""
        chunk = bytearray()
        for entry, after in items:
            chunk += frames.frame(entry.type, entry.payload, self._cursor(after))
            if len(chunk) > _CHUNK_BYTES:
                yield bytes(chunk)
                chunk.clear()
        if chunk:
            yield bytes(chunk)

    def _observe(self, items: list[Item]) -> None:
        now_us = time.time() * 1_000_000
        for item in items:
            self._metrics.stream_delivery_seconds.observe(
                max(0.0, now_us - item.entry.recorded_us) / 1_000_000
            )


def _reason(reason: Reset) -> str:
    return _encode({"reason": reason.value})


def _encode(data: object) -> str:
    return msgspec.json.encode(data).decode()
