"""Watches the processes of a flow from outside: who owns which partition, and how long each
partition's position stands still."""

import time
from collections.abc import Callable, Collection

from storage.postgres.connect import connect
from tests.kafka.driving import until

_POSITIONS = "SELECT partition, position FROM flow_positions WHERE flow = 'analytics'"
_OWNERS = """SELECT objid::integer, application_name
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE datname = current_database() AND locktype = 'advisory' AND granted
      AND classid = (hashtext('jobfinders.flow.analytics')::bigint & 4294967295)::oid"""
_PATIENCE_S = 60.0


class Watch:
    """Of a flow whose messages never cease and whose processes go by their application_name.

    `still_s` is the longest time that each partition's position has not moved since `begin`.
    """

    def __init__(self, url: str, partitions: int) -> None:
        self._connection = connect(url, autocommit=True)
        self._partitions = partitions
        self._positions: dict[int, int] = {}
        self.begin()

    def begin(self) -> None:
        """Measure from now on."""
        self.still_s = dict.fromkeys(range(self._partitions), 0.0)
        self._moved_at = dict.fromkeys(self.still_s, time.monotonic())
        self._moved: set[int] = set()

    def owners(self) -> dict[int, str]:
        """The process that owns each partition."""
        return dict(self._connection.execute(_OWNERS).fetchall())

    def until_shared_by(self, names: Collection[str]) -> None:
        """Wait until these processes share all partitions evenly, and each one has gone on."""
        self._until(lambda: self._is_shared(names), f"{names} share the partitions")
        self._moved.clear()
        self._until(lambda: len(self._moved) == self._partitions, "all partitions go on")

    def close(self) -> None:
        """Look no more."""
        self._connection.close()

    def _until(self, true: Callable[[], bool], what: str) -> None:
        def look() -> bool:
            self._look()
            return true()

        until(look, what, _PATIENCE_S)

    def _look(self) -> None:
        now = time.monotonic()
        for index, position in self._connection.execute(_POSITIONS):
            self.still_s[index] = max(self.still_s[index], now - self._moved_at[index])
            if position != self._positions.get(index):
                self._positions[index] = position
                self._moved_at[index] = now
                self._moved.add(index)

    def _is_shared(self, names: Collection[str]) -> bool:
        owners = list(self.owners().values())
        shares = [owners.count(name) for name in names]
        return sum(shares) == self._partitions and max(shares) - min(shares) <= 1
