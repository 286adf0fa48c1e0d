"""SIGKILL in the middle of `ingest`, `simulate --live` and `rebuild`, then the same again."""

import re
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from flows.simulator.stream import arrivals
from flows.simulator.world import World
from storage.postgres.connect import connect
from tests.faults import oracle
from tests.faults.errand import Errand
from tests.faults.points import COMMIT
from tests.faults.traffic import Traffic
from tests.faults.victim import Victim

Make = Callable[..., Traffic]
_PUT = ("ingest_runs.hold", "ingest_runs.counts", "outbox.copy_lines", "ingest_runs.received")
_FILES, _LINES = 3, 40
_RUNS = """SELECT received, accepted FROM ingest_runs ORDER BY started_at"""
_COUNTS = re.compile(r"accepted (\d+), duplicate (\d+), dead-lettered (\d+)")


def test_ingest_killed(make_traffic: Make, seed: int, tmp_path: Path) -> None:
    """Whatever of it was put in stays counted once; feeding the files again adds the rest."""
    random = Random(seed)
    traffic = make_traffic(applications=1_000)
    files = [tmp_path / f"{number}.ndjson" for number in range(_FILES)]
    errand = Errand(traffic.url, "ingest", *map(str, files))
    points = [*_around(*_PUT, "ingest_runs.finish"), "amid outbox.copy_lines", *COMMIT]
    victim = Victim(traffic)
    torn = runs = 0
    try:
        for point in [*random.sample(points, 8), ""]:
            lines = _write(files, traffic)
            if point:
                last = "finish" in point
                torn += errand.die_at(point, 1 if last else random.randint(1, _FILES))
            else:
                _die_when_more_than(errand, traffic, "outbox", 0, random)
            counted = _COUNTS.fullmatch(errand.complete())
            assert counted is not None
            victim.settle()
            *killed, (again, accepted) = _rows(traffic.url, _RUNS)[runs:]
            runs += len(killed) + 1
            judged = tuple(map(int, counted.groups()))
            assert sum(judged) == again == lines
            assert judged[0] == accepted
            assert judged[1] >= sum(accepted for _, accepted in killed)
            traffic.sent += sum(received for received, _ in killed) + again
            oracle.check(traffic)
    finally:
        victim.kill()
    assert torn >= 2


def test_simulate_killed(make_traffic: Make, seed: int) -> None:
    """The world goes on where it stopped: each of its messages is there once, in order."""
    random = Random(seed)
    points = [*_around(*_PUT, "simulations.advance"), "amid outbox.copy_lines", *COMMIT]
    for point in random.sample(points, 3):
        traffic = make_traffic()
        errand = Errand(
            *(traffic.url, "simulate", "--live", "--rate", "40", "--days", "90"),
            *("--applications", "1000", "--bad-lines", "0"),
        )
        errand.die_at(point, random.randint(1, 3))  # within the history
        _check_world(traffic.url)
        errand.die_at(point, random.randint(4, 9))
        _check_world(traffic.url)
        errand.die_at(random.choice(["before", "after"]) + " simulations.change")
        before = _check_world(traffic.url)
        assert before > 10_000
        _die_when_more_than(errand, traffic, "outbox", before, random)
        traffic.sent = _check_world(traffic.url)
    victim = Victim(traffic, batch_events=5_000)
    try:
        victim.settle()
    finally:
        victim.kill()
    oracle.check(traffic)


def test_rebuild_killed(make_traffic: Make, seed: int) -> None:
    """Each wrong row is mended once, however often it is stopped in between."""
    random = Random(seed)
    traffic = make_traffic(3, applications=400)
    traffic.feed(3_000)
    victim = Victim(traffic, batch_events=1_000)
    victim.settle()
    victim.kill()
    oracle.check(traffic)
    rows = oracle.rows(traffic.url, "application_analytics")
    assert rows > 100
    errand = Errand(traffic.url, "rebuild")
    written = ("advance", "copy_changed", "update_changed", "copy_log", "notify")
    points = _around(*(f"batch.{name}" for name in written), "rebuild.differences")
    points += ["amid batch.copy_changed", "amid batch.copy_log", *COMMIT]
    for point in [*random.sample(points, 8), ""]:
        with connect(traffic.url, autocommit=True) as connection:
            connection.execute("UPDATE application_analytics SET views = views + 1")
        before = oracle.rows(traffic.url, "event_log")
        if point:
            errand.die_at(point, 1 if point.endswith("differences") else random.randint(1, 2))
        else:
            _die_when_more_than(errand, traffic, "event_log", before, random)
        said = errand.complete()
        assert said.startswith(f"{rows:,} applications refolded"), said
        assert oracle.rows(traffic.url, "event_log") - before == rows
        oracle.check(traffic)


def _die_when_more_than(
    errand: Errand, traffic: Traffic, table: str, rows: int, random: Random
) -> None:
    errand.die_somewhere(lambda: oracle.rows(traffic.url, table) > rows, random)


def _around(*names: str) -> list[str]:
    return [f"{when} {name}" for name in names for when in ("before", "after")]


def _write(files: Sequence[Path], traffic: Traffic) -> int:
    """New lines for the files; returns how many they are together."""
    for file in files:
        lines = b"\n".join(traffic.take(_LINES)) + b"\n"
        file.write_bytes(lines)
        with traffic.file.open("ab") as fed:
            fed.write(lines)
    return len(files) * _LINES


def _check_world(url: str) -> int:
    """What waits is the world up to its position, no more and no less; returns how much."""
    ((text, position),) = _rows(url, "SELECT world::text, position FROM simulations")
    plan = msgspec.json.decode(text, type=World).plan
    expected = [
        f"{arrival.life.id.decode()}-{arrival.event.number}"
        for arrival in takewhile(lambda arrival: arrival.at <= position, arrivals(plan))
    ]
    found = [
        msgspec.json.decode(payload)["id"]
        for (payload,) in _rows(url, "SELECT payload FROM outbox ORDER BY seq")
    ]
    assert found == expected
    ((received,),) = _rows(url, "SELECT coalesce(sum(received), 0) FROM ingest_runs")
    assert received == len(found)
    return len(found)


def _rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(statement).fetchall()
