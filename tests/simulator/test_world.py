"""A world in a database: its history once, then on and on, each event exactly once."""

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.feed import Feed
from flows.simulator.plan import Plan
from flows.simulator.stream import arrivals
from flows.simulator.world import REAL_TIME, Piece, Simulation, Timing, World
from models.batch import Message
from models.decoder import decode
from models.errors import AlreadyRunning
from models.intake import Intake
from storage.postgres.connect import connect

END = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
PLAN = Plan(seed=1, applications=100, days=30, end=END)


class Stopped(Exception):
    """The clock's way of ending what goes on for ever."""


class FakeTime:
    """Time that passes only in sleep, and stops after so many sleeps."""

    def __init__(self, now: int, sleeps: int) -> None:
        self._now = now
        self._sleeps = sleeps

    def now(self) -> int:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._sleeps -= 1
        if self._sleeps < 0:
            raise Stopped
        self._now += int(seconds * 1_000_000)


def payloads(url: str) -> list[bytes]:
    with connect(url) as connection:
        rows = connection.execute("SELECT payload FROM outbox ORDER BY seq").fetchall()
    return [bytes(row[0]) for row in rows]


def opened(feed: Feed, url: str, time: FakeTime | None = None, plan: Plan = PLAN) -> Simulation:
    timing = REAL_TIME if time is None else Timing(time.now, time.sleep)
    with connect(url, autocommit=True) as connection:
        return Simulation.open(feed, connection, plan, timing=timing)


def test_a_history_broken_off_is_completed_and_never_loaded_twice(database: str) -> None:
    with Feed(database, "test") as feed:
        simulation = opened(feed, database, FakeTime(END, 3))
        with pytest.raises(Stopped):
            simulation.load_history(500, lambda _: None)
    assert 0 < len(payloads(database)) < len(list(arrivals(PLAN, until=END)))
    for _ in range(2):
        with Feed(database, "test") as feed:
            later = msgspec.structs.replace(PLAN, end=END + 5)
            opened(feed, database, plan=later).load_history(0, lambda _: None)
    assert payloads(database) == [a.line() for a in arrivals(PLAN, until=END)]


def test_it_goes_on_across_restarts_each_event_once_and_dated_when_it_comes(database: str) -> None:
    with Feed(database, "test") as feed:
        opened(feed, database).load_history(0, lambda _: None)
    past = len(payloads(database))
    sleeps, hour = 500, 3_600_000_000
    for restart in range(4):
        began = END + (restart + 1) * hour
        with Feed(database, "test") as feed:
            simulation = opened(feed, database, FakeTime(began, sleeps))
            with pytest.raises(Stopped):
                simulation.go_on(3)
    lines = payloads(database)
    recorded = END + 4 * hour + sleeps * 200_000
    messages = [Message(n, None, recorded, line) for n, line in enumerate(lines)]
    intake = Intake()
    intake.add([(m, decode(m.payload, recorded)) for m in messages], {})
    batch = intake.finish(recorded)
    # Four times a hundred seconds at about three events a second.
    assert 600 < len(lines) - past < 2_400
    assert not batch.dead
    assert batch.counts.duplicates < 0.03 * len(lines)
    flags = Counter(flag for held in batch.changed.values() for flag in held.row.flags)
    assert sum(flags.values()) < 0.05 * len(batch.changed)


@given(
    pieces=st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), max_size=4),
    times=st.lists(st.integers(-(10**9), 5 * 10**9), min_size=2, max_size=20),
)
def test_the_clock_never_runs_backwards(pieces: list[tuple[int, int]], times: list[int]) -> None:
    speed = 900.0
    made: list[Piece] = []
    world, real = 0, 0
    for passed, paused in pieces:
        made.append(Piece(world, real, speed))
        world += passed
        real += int(passed / speed) + paused
    clock = World(PLAN, 0, made).clock
    answers = [clock(us) for us in sorted(times)]
    assert answers == sorted(answers)


def test_two_simulators_of_one_world_do_not_mix(database: str) -> None:
    with Feed(database, "one") as one, Feed(database, "two") as two:
        first, second = opened(one, database), opened(two, database)
        first.load_history(0, lambda _: None)
        with pytest.raises(AlreadyRunning):
            second.load_history(0, lambda _: None)
    assert len(payloads(database)) == len(list(arrivals(PLAN, until=END)))
