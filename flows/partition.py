"""One source partition's place in the analytics flow: what it holds in memory, its turn of
read → fold → write, and what it does when another writer was faster."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, KeysView
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

import msgspec
from msgspec import structs

from flows.predictor import Predictor
from flows.sources import Source, source_of
from models.analytics import fold
from models.batch import Held, Message, Pair
from models.decoder import Event
from models.errors import AlreadyRunning, FoldFailed, GuardMiss
from models.intake import EventKey, Fold, Intake
from models.rescoring import rescore
from models.settings import Settings
from storage.postgres import batch as batches
from storage.postgres import entities, rescores
from storage.postgres.connect import Connection, connect
from storage.postgres.encoding import Encoder, Prepared
from storage.postgres.states import load_held

FLOW = "analytics"
_STALE_RETRY_S = 0.05
_generations = count()
"""Numbers that no piece of this process shares, also not one of a partition held before."""
_RESCORE_S = 1.0
RESCORED_MAX = 500
_PIECE_EVENTS = 5_000
"""Few enough that a message is decoded, folded and encoded while the processor has it near."""
_INLINE_EVENTS = 1_000
"""A batch this small is written at once: handing it to the writer would only delay it."""


Write = Callable[[Connection, batches.Place, Prepared], bool]


class Piece(msgspec.Struct):
    """Some messages of one partition, raw, then decoded. `more`: others are waiting, so that
    a batch need not end with this piece."""

    partition: int
    generation: int
    messages: list[Message]
    more: bool
    decoded: list[Pair] = msgspec.field(default_factory=list)


class Folded(msgspec.Struct):
    """A batch of pieces, folded and encoded."""

    partition: int
    generation: int
    prepared: Prepared


class Partition:
    """Owns the partition from construction to `close`.

    `now` is the clock in microseconds; `write` commits a prepared batch; `source` is the
    settings' own unless given. Raises AlreadyRunning when another live process owns it.
    """

    def __init__(
        self,
        settings: Settings,
        url: str,
        index: int,
        now: Callable[[], int],
        write: Write = batches.write,
        fold: Fold = fold,
        source: Source | None = None,
        patience_s: float = batches.PATIENCE_S,
    ) -> None:
        self.index = index
        self.working = True
        """Whether its last look found something; one that is new is thought to have work."""
        self._settings = settings
        self.share(1, 1)
        self._now = now
        self._write = write
        self._fold = fold
        self._generation = next(_generations)
        self._source = source = source or source_of(settings, url, now)
        self._loading = connect(url, autocommit=True)
        self._writing = connect(url, autocommit=True)
        place, start = take_over(self._writing, index, patience_s)
        self._place = structs.replace(place, source=source.name)
        self._again = batches.counted_ahead(self._writing, self._place)
        self._reader = source.reader(index, start.source, start.position)
        self._cache: OrderedDict[str, Held] = OrderedDict()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"write-{index}")
        self._prefetcher = ThreadPoolExecutor(1, thread_name_prefix=f"read-{index}")
        self._ahead: Future[list[Message]] | None = None
        self._unsettled: deque[KeysView[str]] = deque()
        self._in_flight: tuple[list[int], Future[bool | None]] | None = None
        self._predictor = Predictor(self._loading)
        self._clock = batches.clock(self._writing, self._place)
        self._stale = True
        self._stale_retry_at = 0.0
        self._rescore_at = 0.0
        self._unfit: dict[EventKey, str] = {}
        self._begin_batch(start.log_offset)

    def share(self, partitions: int, working: int) -> None:
        """Be one of so many that share the states that the settings let this process hold, so
        many of which have work and share the messages of a batch."""
        self._batch_events = max(1, self._settings.batch_events // working)
        self._cache_applications = max(1, self._settings.cache_applications // partitions)

    def read(self) -> Piece | None:
        """The next messages, or None when there are none."""
        piece = self._next_piece()
        self.working = piece is not None
        return piece

    def _next_piece(self) -> Piece | None:
        self._settle(wait=False)
        limit = min(_PIECE_EVENTS, self._batch_events)
        messages = self._take(limit)
        if messages or self._encoder.size:
            return Piece(self.index, self._generation, messages, len(messages) == limit)
        self._settle(wait=True)
        self._retry_stale()
        self._rescore()
        return None

    def _take(self, limit: int) -> list[Message]:
        """The next messages; while more are waiting, the ones after are fetched meanwhile."""
        ahead, self._ahead = self._ahead, None
        messages = ahead.result() if ahead else self._reader.read(limit, time.monotonic())
        if len(messages) == limit:
            self._ahead = self._prefetcher.submit(self._reader.read, limit, time.monotonic())
        return messages

    def fold(self, piece: Piece) -> Folded | None:
        """Take the piece in against the cache, loading what it lacks; the batch, once it ends."""
        if piece.generation != self._generation:
            return None
        self._load(piece.decoded)
        accepted = self._intake.add(piece.decoded, self._cache)
        self._encoder.add([message.offset for message, _ in piece.decoded], accepted)
        if piece.more and self._encoder.size < self._batch_events:
            return None
        try:
            batch = self._intake.finish(self._now())
        except FoldFailed as failed:
            self._unfit.update(failed.events)
            self._settle(wait=True)
            self._rewind()
            return None
        self._clock = batch.clock
        prepared = self._encoder.finish(batch)
        for application_id, held in batch.changed.items():
            self._cache[application_id] = held
            self._cache.move_to_end(application_id)
        self._unsettled.append(batch.changed.keys())
        self._begin_batch(prepared.first_offset + prepared.log_count)
        return Folded(self.index, piece.generation, prepared)

    def write(self, folded: Folded) -> None:
        """Commit, at once or in the writer's thread while the next batch is folded."""
        self._settle(wait=True)
        if folded.generation != self._generation:
            return
        places = folded.prepared.places
        if len(places) > _INLINE_EVENTS:
            self._in_flight = places, self._writer.submit(self._attempt, folded.prepared)
            return
        outcome: Future[bool | None] = Future()
        outcome.set_result(self._attempt(folded.prepared))
        self._in_flight = places, outcome
        self._settle(wait=True)

    def _attempt(self, prepared: Prepared) -> bool | None:
        """Whether an entity row was left for later; None when another writer was faster.

        Not an exception: one that a future keeps is a cycle, which would hold the whole batch
        for ever where nothing is collected (`flows.analytics.run`).
        """
        try:
            return self._write(self._writing, self._place, prepared)
        except GuardMiss:
            return None

    def close(self) -> None:
        """Commit what is in flight and let the partition go."""
        self._settle(wait=True)
        self._writer.shutdown()
        self._prefetcher.shutdown()
        for held in (self._reader, self._writing, self._loading):
            held.close()

    def _begin_batch(self, first_offset: int) -> None:
        self._intake = Intake(self._fold, self._unfit, self._predictor, self._clock, self._again)
        self._encoder = Encoder(self.index, first_offset)

    def _load(self, decoded: list[Pair]) -> None:
        """Bring what is known of applications that neither the batch nor the cache has."""
        works, cache = self._intake.works, self._cache
        missing = {
            verdict.application_id
            for _, verdict in decoded
            if isinstance(verdict, Event)
            and verdict.application_id not in works
            and verdict.application_id not in cache
        }
        if missing:
            self._cache.update(load_held(self._loading, list(missing)))

    def _settle(self, *, wait: bool) -> None:
        if self._in_flight is None:
            return
        places, future = self._in_flight
        if not (wait or future.done()):
            return
        self._in_flight = None
        left_stale = future.result()
        if left_stale is None:
            self._rewind()
            return
        self._stale = left_stale or self._stale
        self._unsettled.popleft()
        self._reader.settled(places)
        self._evict()

    def _rewind(self) -> None:
        """Forget all that is not committed and read it again."""
        self._generation = next(_generations)
        self._cache.clear()
        self._unsettled.clear()
        if self._ahead is not None:
            self._ahead.result()
            self._ahead = None
        self._reader.rewind()
        # What was forgotten may come again as a duplicate, and then it moves no clock.
        self._clock = batches.clock(self._writing, self._place)
        self._begin_batch(batches.log_offset(self._writing, self._place))

    def _evict(self) -> None:
        """A state is let go only after its batch has committed, or a stale one would be loaded."""
        while len(self._cache) > self._cache_applications:
            oldest = next(iter(self._cache))
            if any(oldest in changed for changed in self._unsettled):
                return
            del self._cache[oldest]

    def _retry_stale(self) -> None:
        if self._stale and time.monotonic() >= self._stale_retry_at:
            self._stale = entities.retry_stale(self._writing, self.index)
            self._stale_retry_at = time.monotonic() + _STALE_RETRY_S

    def _rescore(self) -> None:
        """Predict anew what the learning flow asks for, a bounded number at a time."""
        if time.monotonic() < self._rescore_at:
            return
        self._rescore_at = time.monotonic() + _RESCORE_S
        if self.index == 0:
            self._stale = entities.adopt(self._writing, self._source.partitions()) or self._stale
        wanted = rescores.asked(self._loading, self.index, RESCORED_MAX)
        if not wanted:
            return
        # The version because of which they are asked for may be newer than the one at hand.
        self._predictor.look_again()
        missing = [name for name in wanted if name not in self._cache]
        self._cache.update(load_held(self._loading, missing))
        batch = rescore(wanted, self._cache, self._predictor, self._clock, self._now())
        prepared = self._encoder.finish(batch)
        self._cache.update(batch.changed)
        self._unsettled.append(batch.changed.keys())
        self._begin_batch(prepared.first_offset + prepared.log_count)
        self.write(Folded(self.index, self._generation, prepared))


def take_over(
    connection: Connection, index: int, patience_s: float = batches.PATIENCE_S
) -> tuple[batches.Place, batches.Start]:
    """Become the only writer of a partition; returns the place and where to go on.

    Raises AlreadyRunning when another process stays its writer for so long.
    """
    if not batches.acquire(connection, FLOW, index, patience_s):
        raise AlreadyRunning(f"the {FLOW} flow is already running on partition {index}")
    return batches.begin_epoch(connection, FLOW, index)
