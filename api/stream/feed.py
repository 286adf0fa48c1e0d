"""One reader of the log for all clients of this process, however many there are."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from api.stream.client import Client, Item
from api.stream.ring import Ring, joined, moved, reached
from models.errors import Unavailable
from storage.postgres import event_log
from storage.postgres.event_log import Audience, Entry, Identity, LogLost, Positions

log = logging.getLogger(__name__)

_PAGE_ENTRIES = 1_000
_RECONNECT_S = 0.25
_READY_PATIENCE_S = 2.0
_REACH_PATIENCE_S = 10.0
_RING_CHARACTERS = 64_000_000


class Feed:
    """Follows the log and hands each entry to the clients whom it concerns.

    While nobody listens it only notes how far the log has got. When it falls behind by more
    than the ring holds, it goes on at the end, and each client reads what it missed itself.
    """

    def __init__(self, url: str, *, ring_entries: int, poll_s: float = 1.0) -> None:
        self._url = url
        self._poll_s = poll_s
        self._ring = Ring(ring_entries, _RING_CHARACTERS)
        self._clients: dict[Audience, set[Client]] = {}
        self._listeners = 0
        self._identity: Identity | None = None
        self._positions: Positions = ()
        self._wake = asyncio.Event()
        self._turn = asyncio.Event()

    @property
    def positions(self) -> Positions:
        """How far this process has read."""
        return self._positions

    @property
    def identity(self) -> Identity:
        """The log's. Raises Unavailable before the first connection to Postgres."""
        if self._identity is None:
            raise Unavailable("the live feed is not connected yet")
        return self._identity

    async def ready(self) -> Identity:
        """The log's identity, once it is known. Raises Unavailable after 2 s without."""
        try:
            async with asyncio.timeout(_READY_PATIENCE_S):
                while self._identity is None:
                    await self._turn.wait()
        except TimeoutError:
            raise Unavailable("the live feed is not connected yet") from None
        return self._identity

    async def run(self) -> None:
        """Follow the log for ever, through restarts of Postgres."""
        while True:
            try:
                async with event_log.reading(self._url) as connection:
                    await self._follow(connection)
            except LogLost as error:
                log.warning("the feed lost the log: %s, again in %g s", error, _RECONNECT_S)
            await asyncio.sleep(_RECONNECT_S)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While somebody listens, entries are read rather than passed over."""
        self._listeners += 1
        try:
            yield
        finally:
            self._listeners -= 1

    def covers(self, positions: Positions) -> bool:
        """Whether `since` knows all that follows `positions`; otherwise read the log first."""
        return self._ring.covers(positions)

    def since(self, positions: Positions, audience: Audience) -> list[Item]:
        """An audience's entries between `positions` and now."""
        return self._ring.since(positions, audience)

    def join(self, audience: Audience, client: Client) -> None:
        """The client is offered everything from now on."""
        self._clients.setdefault(audience, set()).add(client)

    def part(self, audience: Audience, client: Client) -> None:
        """The client has gone."""
        clients = self._clients.get(audience, set())
        clients.discard(client)
        if not clients:
            self._clients.pop(audience, None)

    async def reach(self, positions: Positions) -> None:
        """Wait until this process has read up to `positions`, which the log has.

        Raises TimeoutError after 10 s.
        """
        async with asyncio.timeout(_REACH_PATIENCE_S):
            while not reached(self._positions, positions):
                self._wake.set()
                await self._turn.wait()

    async def _follow(self, connection: asyncpg.Connection) -> None:
        def wake(*_: object) -> None:
            self._wake.set()

        await connection.add_listener(event_log.CHANNEL, wake)
        connection.add_termination_listener(wake)
        while True:
            self._wake.clear()
            heads = await self._look(connection)
            await self._read(connection)
            # Erased entries leave offsets that no page returns.
            self._positions = joined(self._positions, heads)
            self._end_turn()
            while await self._woken():
                await self._read(connection)
                self._end_turn()

    async def _woken(self) -> bool:
        try:
            async with asyncio.timeout(self._poll_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    def _end_turn(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()

    async def _look(self, connection: asyncpg.Connection) -> Positions:
        """Where the log ends, whether it is still the same, which partitions are new."""
        identity = await event_log.identity(connection)
        heads = await event_log.heads(connection)
        if identity != self._identity or not reached(heads, self._positions):
            if self._identity is not None:
                log.warning("the log is another one: clients begin afresh")
            self._identity = identity
            self._begin_at(heads)
            for client in self._all_clients():
                client.change_log()
            self._clients.clear()
        self._positions = joined(self._positions, (0,) * len(heads))
        return heads

    async def _read(self, connection: asyncpg.Connection) -> None:
        """Up to the end of the log."""
        while True:
            if not self._listeners:
                heads = await event_log.heads(connection)
                if not self._listeners:  # somebody may have come in the meantime
                    self._begin_at(joined(heads, self._positions))
                    return
            entries = await event_log.page(connection, self._positions, _PAGE_ENTRIES)
            for entry in entries:
                self._hand_out(entry)
            if len(entries) < _PAGE_ENTRIES:
                return
            heads = await event_log.heads(connection)
            if sum(heads) - sum(self._positions) > self._ring.entries_max:
                self._leave_clients_behind(heads)

    def _hand_out(self, entry: Entry) -> None:
        self._positions = moved(self._positions, entry.partition, entry.offset + 1)
        if entry.orphan:
            return
        item = Item(entry, self._positions)
        self._ring.append(item)
        for audience in (
            Audience(entry.user_id),
            Audience(entry.user_id, entry.application_id),
        ):
            clients = self._clients.get(audience)
            if clients:
                clients -= {client for client in clients if not client.offer(item)}

    def _leave_clients_behind(self, heads: Positions) -> None:
        for client in self._all_clients():
            client.leave(self._positions)
        self._clients.clear()
        self._begin_at(joined(heads, self._positions))

    def _begin_at(self, positions: Positions) -> None:
        self._positions = positions
        self._ring.restart(positions)

    def _all_clients(self) -> Iterator[Client]:
        for clients in self._clients.values():
            yield from clients
