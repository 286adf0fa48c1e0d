"""The newest entries of the log in the order they were read: most resumes need no more."""

from collections import deque

from api.stream.client import Item
from storage.postgres.event_log import Audience, Entry, Positions


class Ring:
    """At most so many entries and characters of payload."""

    def __init__(self, entries_max: int, characters_max: int) -> None:
        self.entries_max = entries_max
        self._characters_max = characters_max
        self._items: deque[Item] = deque()
        self._characters = 0
        self._begins: Positions = ()

    def restart(self, positions: Positions) -> None:
        """Forget all; entries follow from `positions`."""
        self._items.clear()
        self._characters = 0
        self._begins = positions

    def append(self, item: Item) -> None:
        """Take the next entry, forget the oldest beyond the bounds."""
        self._items.append(item)
        self._characters += len(item.entry.payload)
        while len(self._items) > self.entries_max or self._characters > self._characters_max:
            oldest = self._items.popleft()
            self._characters -= len(oldest.entry.payload)
            self._begins = oldest.after

    def covers(self, positions: Positions) -> bool:
        """Whether all that follows `positions` is here."""
        return reached(positions, self._begins)

    def since(self, positions: Positions, audience: Audience) -> list[Item]:
        """An audience's entries behind `positions`, oldest first."""
        found = []
        for item in reversed(self._items):
            if reached(positions, item.after):
                break
            entry = item.entry
            if entry.offset >= next_offset(positions, entry.partition) and concerns(
                entry, audience
            ):
                found.append(Item(entry, joined(item.after, positions)))
        found.reverse()
        return found


def concerns(entry: Entry, audience: Audience) -> bool:
    """Whether an entry is one of the audience's."""
    return entry.user_id == audience.user_id and audience.application_id in (
        None,
        entry.application_id,
    )


def next_offset(positions: Positions, partition: int) -> int:
    """Where `positions` stand in a partition; one they do not know starts at 0."""
    return positions[partition] if partition < len(positions) else 0


def reached(positions: Positions, goal: Positions) -> bool:
    """Whether `positions` are at or behind `goal` in no partition."""
    return all(next_offset(positions, index) >= at for index, at in enumerate(goal))


def joined(one: Positions, other: Positions) -> Positions:
    """The further of both in each partition."""
    size = max(len(one), len(other))
    return tuple(max(next_offset(one, i), next_offset(other, i)) for i in range(size))


def moved(positions: Positions, partition: int, offset: int) -> Positions:
    """`positions` with a partition at `offset`."""
    if partition >= len(positions):
        positions += (0,) * (partition + 1 - len(positions))
    return (*positions[:partition], offset, *positions[partition + 1 :])
