"""One source partition's place in the analytics flow: what it holds in memory, its turn of
read → fold → write, and what it does when another writer was faster."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, KeysView
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import msgspec

from models.analytics import fold
from models.decoder import Event
from models.errors import AlreadyRunning, GuardMiss
from models.intake import Fold, Held, Message, Pair, judge
from models.settings import Settings
from storage.postgres import batch as batches
from storage.postgres import entities
from storage.postgres.connect import Connection, connect
from storage.postgres.outbox import Reader
from storage.postgres.states import load_held

FLOW = "analytics"
_LOCK_PATIENCE_S = 3.0
_LOCK_RETRY_S = 0.05
_STALE_RETRY_S = 0.05
_INLINE_EVENTS = 1_000
"""A batch this small is written at once: handing it to the writer would only delay it."""


Write = Callable[[Connection, batches.Place, batches.Prepared], bool]


class Chunk(msgspec.Struct):
    """Messages of one partition, raw, then decoded."""

    partition: int
    generation: int
    messages: list[Message]
    decoded: list[Pair] = msgspec.field(default_factory=list)


class Folded(msgspec.Struct):
    """A chunk's effect, encoded."""

    partition: int
    generation: int
    prepared: batches.Prepared


class Partition:
    """Owns the partition from construction to `close`.

    `now` is the clock in microseconds; `write` commits a prepared batch. Raises
    AlreadyRunning when another live process owns it.
    """

    def __init__(
        self,
        settings: Settings,
        url: str,
        index: int,
        now: Callable[[], int],
        write: Write = batches.write,
        fold: Fold = fold,
    ) -> None:
        self.index = index
        self._settings = settings
        self._now = now
        self._write = write
        self._fold = fold
        self._generation = 0
        self._reading = connect(url, autocommit=True)
        self._writing = connect(url, autocommit=True)
        self._place, self._next_offset = _take_over(self._writing, index)
        self._reader = Reader(self._reading, index)
        self._cache: OrderedDict[str, Held] = OrderedDict()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"write-{index}")
        self._unsettled: deque[KeysView[str]] = deque()
        self._in_flight: tuple[list[int], Future[bool]] | None = None
        self._stale = True
        self._stale_retry_at = 0.0

    def read(self) -> Chunk | None:
        """The next messages, or None when there are none."""
        self._settle(wait=False)
        messages = self._reader.read(self._settings.batch_events, time.monotonic())
        if messages:
            return Chunk(self.index, self._generation, messages)
        self._settle(wait=True)
        self._retry_stale()
        return None

    def fold(self, chunk: Chunk) -> Folded | None:
        """Judge and fold against the cache, loading what it lacks; None if overtaken."""
        if chunk.generation != self._generation:
            return None
        named = {
            verdict.application_id: None
            for _, verdict in chunk.decoded
            if isinstance(verdict, Event)
        }
        self._load(
            [application_id for application_id in named if application_id not in self._cache]
        )
        batch = judge(chunk.decoded, self._cache, self._now(), self._fold)
        places = [message.offset for message, _ in chunk.decoded]
        prepared = batches.prepare(batch, places, self.index, self._next_offset)
        self._next_offset += prepared.log_count
        for application_id, held in batch.changed.items():
            self._cache[application_id] = held
            self._cache.move_to_end(application_id)
        self._unsettled.append(batch.changed.keys())
        return Folded(self.index, chunk.generation, prepared)

    def write(self, folded: Folded) -> None:
        """Commit, at once or in the writer's thread while the next chunk is folded."""
        self._settle(wait=True)
        if folded.generation != self._generation:
            return
        task = partial(self._write, self._writing, self._place, folded.prepared)
        places = folded.prepared.places
        if len(places) > _INLINE_EVENTS:
            self._in_flight = places, self._writer.submit(task)
            return
        outcome: Future[bool] = Future()
        try:
            outcome.set_result(task())
        except GuardMiss as miss:
            outcome.set_exception(miss)
        self._in_flight = places, outcome
        self._settle(wait=True)

    def close(self) -> None:
        """Commit what is in flight and let the partition go."""
        self._settle(wait=True)
        self._writer.shutdown()
        self._writing.close()
        self._reading.close()

    def _load(self, application_ids: list[str]) -> None:
        if application_ids:
            self._cache.update(load_held(self._reading, application_ids))

    def _settle(self, *, wait: bool) -> None:
        if self._in_flight is None:
            return
        places, future = self._in_flight
        if not (wait or future.done()):
            return
        self._in_flight = None
        try:
            self._stale = future.result() or self._stale
        except GuardMiss:
            self._rewind()
            return
        self._unsettled.popleft()
        self._reader.settled(places)
        self._evict()

    def _rewind(self) -> None:
        """Another writer was faster: forget all that is not committed and read it again."""
        self._generation += 1
        self._cache.clear()
        self._unsettled.clear()
        self._reader.rewind()
        self._next_offset = batches.log_offset(self._writing, self._place)

    def _evict(self) -> None:
        """A state is let go only after its batch has committed, or a stale one would be loaded."""
        while len(self._cache) > self._settings.cache_applications:
            oldest = next(iter(self._cache))
            if any(oldest in changed for changed in self._unsettled):
                return
            del self._cache[oldest]

    def _retry_stale(self) -> None:
        if self._stale and time.monotonic() >= self._stale_retry_at:
            self._stale = entities.retry_stale(self._writing, self.index)
            self._stale_retry_at = time.monotonic() + _STALE_RETRY_S


def _take_over(connection: Connection, index: int) -> tuple[batches.Place, int]:
    deadline = time.monotonic() + _LOCK_PATIENCE_S
    while not batches.acquire(connection, FLOW, index):
        if time.monotonic() > deadline:
            raise AlreadyRunning(f"the {FLOW} flow is already running on partition {index}")
        time.sleep(_LOCK_RETRY_S)
    return batches.begin_epoch(connection, FLOW, index)
