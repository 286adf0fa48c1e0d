"""Several processes of one flow share its partitions: each claims what is free up to its share
and hands over what is beyond it. They never talk to each other, only to Postgres."""

import logging
import time
from collections.abc import Callable

from flows.partition import FLOW, Partition
from flows.sources import Source
from models.errors import AlreadyRunning
from storage.postgres import claims
from storage.postgres.connect import connect

_BALANCE_S = 2.0
_PATIENCE_S = 3.0
_RETRY_S = 0.05
_log = logging.getLogger("jobfinders.flow")


class Claims:
    """`owned` are the partitions of this process by their index; `tend` changes it.

    Raises AlreadyRunning when there are as many processes as partitions already.
    """

    def __init__(self, url: str, source: Source, claim: Callable[[int], Partition]) -> None:
        self.owned: dict[int, Partition] = {}
        self._source = source
        self._claim = claim
        self._connection = connect(url, autocommit=True)
        self._due = 0.0
        claims.join(self._connection, FLOW)
        try:
            self._begin()
        except BaseException:
            self._connection.close()
            raise

    def tend(self) -> None:
        """Share what may be held among the partitions; every two seconds hand over or claim
        what the number of processes asks for."""
        if time.monotonic() >= self._due:
            self._balance()
        working = sum(partition.working for partition in self.owned.values())
        for partition in self.owned.values():
            partition.share(len(self.owned), max(1, working))

    def _balance(self) -> None:
        share = claims.members(self._connection, FLOW).share(self._source.partitions())
        while len(self.owned) > share:
            index, partition = self.owned.popitem()
            partition.close()
            _log.info("partition %d handed over", index)
        if len(self.owned) < share:
            self._claim_free(share)
        self._due = time.monotonic() + _BALANCE_S

    def leave(self) -> None:
        """Hand over everything and be no process of the flow any more."""
        while self.owned:
            self.owned.popitem()[1].close()
        self._connection.close()

    def _claim_free(self, share: int) -> None:
        taken = claims.taken(self._connection, FLOW)
        for index in range(self._source.partitions()):
            if len(self.owned) == share:
                return
            if index in taken:
                continue
            try:
                self.owned[index] = self._claim(index)
            except AlreadyRunning:
                continue  # another process was faster
            _log.info("partition %d claimed", index)

    def _begin(self) -> None:
        """A process that was killed a moment ago may still seem to live."""
        deadline = time.monotonic() + _PATIENCE_S
        while not claims.members(self._connection, FLOW).share(self._source.partitions()):
            if time.monotonic() > deadline:
                raise AlreadyRunning(
                    f"the {FLOW} flow is already running on every partition"
                    f" (there are {self._source.partitions()})"
                )
            time.sleep(_RETRY_S)
        self.tend()
