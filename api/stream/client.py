"""What one connected client is still to be sent, bounded whatever happens."""

import asyncio
from collections import deque
from typing import NamedTuple

from models.events import EventType
from storage.postgres.event_log import Entry, Positions

_CHARACTERS_MAX = 4_000_000


class Item(NamedTuple):
    """An entry and where a client stands that has it."""

    entry: Entry
    after: Positions


class Taken(NamedTuple):
    """What to send now; `missed` when entries before it were dropped."""

    items: list[Item]
    missed: bool


class Client:
    """A queue that the feed fills and one connection empties.

    When it is full, only the newest row of each application is kept until the connection
    takes it: it is told that it missed something, then the newest state.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Item] = deque()
        self._characters = 0
        self._newest: dict[str, Item] | None = None
        self._wake = asyncio.Event()
        self.left_at: Positions | None = None
        """Set when the feed has gone on without this client, with all before it queued."""
        self.log_changed = False
        """Set when positions mean nothing any more: the log is another one."""

    def offer(self, item: Item) -> None:
        """Queue an entry; never blocks, never grows beyond the bounds."""
        self._wake.set()
        if self._newest is not None:
            self._keep_newest(item)
            return
        self._items.append(item)
        self._characters += len(item.entry.payload)
        if len(self._items) > self._capacity or self._characters > _CHARACTERS_MAX:
            self._newest = {}
            for queued in self._items:
                self._keep_newest(queued)
            self._items.clear()

    def leave(self, positions: Positions) -> None:
        """The feed goes on without this client from `positions`: it reads the log itself."""
        self.left_at = positions
        self._wake.set()

    def change_log(self) -> None:
        """Nothing queued is worth sending: the log is another one."""
        self.log_changed = True
        self._items.clear()
        self._newest = None
        self._wake.set()

    async def wait(self, timeout_s: float) -> None:
        """Return when there may be something to do, at the latest after `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return

    def take(self) -> Taken:
        """All that is queued; nothing stays."""
        self._wake.clear()
        missed = self._newest is not None
        items = list(self._newest.values() if self._newest is not None else self._items)
        self._items.clear()
        self._newest = None
        self._characters = 0
        return Taken(items, missed)

    def _keep_newest(self, item: Item) -> None:
        newest = self._newest
        if newest is None or item.entry.type != EventType.ANALYTICS_UPDATED:
            return
        newest.pop(item.entry.application_id, None)
        newest[item.entry.application_id] = item
        if len(newest) > self._capacity:
            del newest[next(iter(newest))]
