"""A world in a database: loads its history once, then lets it go on, also after a restart.

The world is a pure function of its plan; kept are the plan, how far it has arrived, and the
clock's pieces. Each put moves the position in the transaction of its messages.
"""

import time
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import NamedTuple

import msgspec

from flows.feed import WAITING_MAX, Feed
from flows.simulator.plan import Plan
from flows.simulator.stream import Arrival, arrivals
from models.instant import US_PER_DAY, US_PER_SECOND
from storage.postgres import simulations
from storage.postgres.connect import Connection

LONGEST_LIFE_DAYS = 200
"""A life begun longer ago brings nothing new."""
EVENTS_PER_APPLICATION = 12
_CHUNK = 5_000
_TICK_S = 0.2


class Piece(msgspec.Struct, frozen=True):
    """From `world` on simulated time runs `speed` times as fast as real time, from `real`."""

    world: int
    real: int
    speed: float


class World(msgspec.Struct):
    """What is kept of a world; `first_day` is the first whose applications exist here."""

    plan: Plan
    first_day: int
    pieces: list[Piece]

    def clock(self, us: int) -> int:
        """Real microseconds of simulated ones; the history's are real already."""
        for piece in reversed(self.pieces):
            if us >= piece.world:
                return piece.real + int((us - piece.world) / piece.speed)
        return us

    def encode(self) -> str:
        """JSON, for the database."""
        return msgspec.json.encode(self).decode()


class Timing(NamedTuple):
    """The clock in microseconds since 1970, and how to let seconds pass."""

    now: Callable[[], int]
    sleep: Callable[[float], None]


REAL_TIME = Timing(lambda: time.time_ns() // 1_000, time.sleep)


class Simulation:
    """A world being put in through a feed."""

    def __init__(self, feed: Feed, world: World, position: int, timing: Timing = REAL_TIME) -> None:
        self._feed = feed
        self._world = world
        self._position = position
        self._timing = timing

    @classmethod
    def open(
        cls,
        feed: Feed,
        connection: Connection,
        plan: Plan,
        *,
        history: bool = True,
        timing: Timing = REAL_TIME,
    ) -> "Simulation":
        """The world of the plan's seed as the database knows it, else a new one.

        A new one without `history` has only what is yet to come.
        """
        found = simulations.find(connection, plan.seed)
        if found is not None:
            return cls(feed, msgspec.json.decode(found[0], type=World), found[1], timing)
        world = World(plan, 0 if history else plan.days, [])
        position = plan.start if history else plan.end
        simulations.begin(connection, plan.seed, world.encode(), position)
        return cls(feed, world, position, timing)

    @property
    def plan(self) -> Plan:
        """What the world is made from, as the database knows it."""
        return self._world.plan

    @property
    def behind(self) -> bool:
        """Whether some of the history has not been put in yet."""
        return self._position < self._world.plan.end

    def load_history(self, rate: float, progress: Callable[[int], None]) -> None:
        """Put the rest of the history in; `rate` in events/s, 0 = as fast as possible."""
        end = self._world.plan.end
        began = self._timing.now()
        done = 0
        chunk_size = max(1, min(_CHUNK, int(rate * _TICK_S))) if rate else _CHUNK
        chunk: list[Arrival] = []
        for arrival in takewhile(lambda arrival: arrival.at <= end, self._to_come(end)):
            # Arrivals of one instant stay together: the position cannot part them.
            if len(chunk) >= chunk_size and arrival.at > chunk[-1].at:
                done += len(chunk)
                self._put(chunk, chunk[-1].at)
                progress(done)
                chunk = []
                if rate:
                    passed_s = (self._timing.now() - began) / US_PER_SECOND
                    self._timing.sleep(max(0.0, done / rate - passed_s))
            chunk.append(arrival)
        self._put(chunk, end)

    def go_on(self, rate: float) -> None:
        """Let the world go on for ever at about `rate` events/s, its events dated now."""
        plan = self._world.plan
        now = self._timing.now
        speed = rate * plan.days * US_PER_DAY
        speed /= plan.applications * EVENTS_PER_APPLICATION * US_PER_SECOND
        piece = Piece(max(self._position, plan.end), now(), speed)
        self._world.pieces.append(piece)
        self._feed.apply(
            lambda connection: simulations.change(connection, plan.seed, self._world.encode())
        )
        waiting: list[Arrival] = []
        for arrival in self._to_come(None):
            while True:
                until = piece.world + int((now() - piece.real) * speed)
                if arrival.at <= until:
                    break
                # All that has arrived by now is known; the rest is in the future.
                self._put(waiting, until)
                waiting = []
                self._timing.sleep(_TICK_S)
            waiting.append(arrival)
            if len(waiting) >= _CHUNK and waiting[-2].at < waiting[-1].at:
                self._put(waiting[:-1], waiting[-2].at)
                waiting = waiting[-1:]

    def _to_come(self, until: int | None) -> Iterator[Arrival]:
        plan = self._world.plan
        day = (self._position - plan.start) // US_PER_DAY
        first = max(self._world.first_day, day - LONGEST_LIFE_DAYS)
        stream = arrivals(plan, first=first, until=until)
        return (arrival for arrival in stream if arrival.at > self._position)

    def _put(self, chunk: list[Arrival], position: int) -> None:
        if position <= self._position:
            return
        before = self._position
        seed = self._world.plan.seed
        lines = [arrival.line(self._world.clock) for arrival in chunk]
        self._feed.wait(WAITING_MAX)
        self._feed.put(
            lines, lambda connection: simulations.advance(connection, seed, before, position)
        )
        if lines:
            self._position = position
