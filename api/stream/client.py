"""What one connected client is still to be sent, bounded whatever happens."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from models.events import EventType
from storage.postgres.event_log import Entry, Positions

_CHARACTERS_MAX = 4_000_000
_KEEPS_UP_S = 0.5
"""A connection that took something so recently is not a slow one."""


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

    When a burst is too large for it, the client leaves the feed and reads the log at its own
    pace: nothing is lost. When it is full because the connection takes nothing, only the newest
    row of each application is kept until it does: it is told that it missed something, then
    the newest state.
    """

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._clock = clock
        self._items: deque[Item] = deque()
        self._characters = 0
        self._newest: dict[str, Item] | None = None
        self._wake = asyncio.Event()
        self._waiting = False
        self._took_at_s = clock()
        self.left_at: Positions | None = None
        """Set when the feed has gone on without this client, with all before it queued."""
        self.log_changed = False
        """Set when positions mean nothing any more: the log is another one."""

    def offer(self, item: Item) -> bool:
        """Take the next entry; False when it left instead. Never blocks, is always bounded."""
        self._wake.set()
        if self._newest is not None:
            self._keep_newest(item)
        elif not self._full(item):
            self._items.append(item)
            self._characters += len(item.entry.payload)
        elif self._keeps_up():
            self.leave(self._items[-1].after)
            return False
        else:
            self._newest = {}
            for queued in (*self._items, item):
                self._keep_newest(queued)
            self._items.clear()
        return True

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
        self._waiting = True
        try:
            async with asyncio.timeout(timeout_s):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._waiting = False

    def take(self) -> Taken:
        """All that is queued; nothing stays."""
        self._wake.clear()
        self._took_at_s = self._clock()
        missed = self._newest is not None
        items = list(self._newest.values() if self._newest is not None else self._items)
        self._items.clear()
        self._newest = None
        self._characters = 0
        return Taken(items, missed)

    def _full(self, item: Item) -> bool:
        characters = self._characters + len(item.entry.payload)
        return bool(self._items) and (
            len(self._items) >= self._capacity or characters > _CHARACTERS_MAX
        )

    def _keeps_up(self) -> bool:
        return self._waiting or self._clock() - self._took_at_s < _KEEPS_UP_S

    def _keep_newest(self, item: Item) -> None:
        newest = self._newest
        if newest is None or item.entry.type != EventType.ANALYTICS_UPDATED:
            return
        newest.pop(item.entry.application_id, None)
        newest[item.entry.application_id] = item
        if len(newest) > self._capacity:
            del newest[next(iter(newest))]
