"""Silence is what nobody has ended by the clock of the application's own partition, once all is
heard that had happened by it: however many events a batch has, wherever pages of the log end."""

import msgspec
import pytest

from flows import pupil
from flows.simulator import generate
from models.instant import US_PER_DAY, from_datetime, parse
from models.log_clock import SILENCE_STEP_US, LogClock
from models.settings import Settings
from storage.postgres import learned as states
from storage.postgres.connect import connect
from storage.postgres.outbox import partition_of
from tests.flows.driving import drain, put
from tests.learning.studying import BEGIN, END, event, forget, learned, live_through, study

_PARTITIONS = 3
_GIVEN_UP = "SELECT application_id FROM outcomes WHERE reason = 'silence' ORDER BY application_id"
_OWN_CLOCKS = """
    SELECT partition, clock FROM flow_positions WHERE flow = 'analytics' AND partition = ANY ($1)
"""
_ANSWERED_IN_TIME = """
    SELECT partition, count(*),
        count(*) FILTER (WHERE EXISTS (
            SELECT FROM event_log AS answer
            WHERE answer.application_id = outcomes.application_id
              AND answer.type IN ('application.status_changed', 'application.offer_received',
                  'application.interview_scheduled', 'application.viewed_by_employer')
              AND answer.time > outcomes.decided_at - interval '14 days'
              AND answer.time <= outcomes.decided_at
              AND answer.payload::jsonb ->> 'retracts' IS NULL
              AND NOT EXISTS (
                  SELECT FROM event_log AS later
                  WHERE later.application_id = answer.application_id
                    AND later.payload::jsonb ->> 'retracts' = answer.id)))
    FROM outcomes WHERE reason = 'silence'
    GROUP BY partition ORDER BY partition
"""


def given_up(url: str) -> list[str]:
    """Applications that were learned as silent."""
    with connect(url) as connection:
        return [name for (name,) in connection.execute(_GIVEN_UP)]


def live_in_batches(url: str, settings: Settings, *batches: list[bytes]) -> None:
    """Each a batch of its own in the analytics flow."""
    for lines in batches:
        put(url, lines)
        drain(url, settings)


def test_an_answer_of_the_next_batch_is_heard_first(database: str, settings: Settings) -> None:
    live_in_batches(
        database,
        settings,
        [event("answered", "created", 0), event("silent", "created", 0)],
        [event("answered", "status_changed", 5), event("other", "created", 25)],
        [event("other", "status_changed", 25.5)],
    )
    study(database)
    assert given_up(database) == ["silent"]


def names_by_partition(prefix: str) -> list[str]:
    """A name for each partition."""
    named = {partition_of(f"{prefix}-{n}", _PARTITIONS): f"{prefix}-{n}" for n in range(50)}
    return [named[partition] for partition in range(_PARTITIONS)]


@pytest.mark.parametrize("partitions", [_PARTITIONS])
def test_a_partition_that_is_read_ahead_makes_no_silence_in_another(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, silent, others = map(names_by_partition, ("answered", "silent", "other"))
    live_in_batches(
        database,
        settings,
        [event(name, "created", 0) for name in (*answered, *silent)],
        # The first partition is through with its history before the others' answers are read.
        [event(name, "note_added", day) for name in silent[1:] for day in range(1, 5)],
        [event(name, "status_changed", 5) for name in answered],
        [event(name, "created", 25) for name in others],
        [event(name, "status_changed", 25.5) for name in others],
    )
    monkeypatch.setattr(pupil, "_PAGE_LINES", 3)
    study(database)
    assert given_up(database) == sorted(silent)


@pytest.mark.parametrize("partitions", [_PARTITIONS])
def test_silence_comes_of_age_by_its_own_partitions_clock(
    database: str, settings: Settings
) -> None:
    """By the clock that its flow predicts with."""
    ahead, _, behind = names_by_partition("aged")
    live_in_batches(
        database,
        settings,
        [event(ahead, "created", 0), event(behind, "created", 0)],
        [event(ahead, "note_added", 3), event(behind, "note_added", 1.5)],
        [event(ahead, "note_added", 3.5), event(behind, "note_added", 1.75)],
    )
    study(database)
    with connect(database) as connection:
        rows = connection.execute("SELECT application_id, next_age FROM outcome_standings")
        ages = {name: from_datetime(at) for name, at in rows}
        clocks = states.read(connection).clocks
        own = connection.execute(_OWN_CLOCKS, (list(clocks),)).fetchall()
    assert ages == {ahead: BEGIN + 4 * US_PER_DAY, behind: BEGIN + 2 * US_PER_DAY}
    assert {partition: from_datetime(at) for partition, at in own} == {
        partition: clock.now for partition, clock in clocks.items()
    }


@pytest.mark.parametrize("partitions", [_PARTITIONS])
def test_nobody_who_was_answered_in_time_is_learned_as_silent(
    database: str, settings: Settings
) -> None:
    world = generate(seed=7, applications=300, days=120, end=END, disorder=0.0, duplicates=0.0)
    live_through(database, settings, list(world), size=900)
    study(database)
    with connect(database) as connection:
        found = connection.execute(_ANSWERED_IN_TIME).fetchall()
    assert [partition for partition, _, _ in found] == list(range(_PARTITIONS))
    assert min(silent for _, silent, _ in found) > 10
    assert [answered for _, _, answered in found] == [0] * _PARTITIONS


def test_pages_of_any_length_teach_the_same(
    database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = list(generate(seed=7, applications=60, days=120, end=END))
    live_through(database, settings, lines, size=200)
    taught = []
    for page_lines in (5_000, 7, 1):
        forget(database)
        monkeypatch.setattr(pupil, "_PAGE_LINES", page_lines)
        study(database)
        with connect(database) as connection:
            taught.append((learned(database), states.read(connection).clocks))
    assert taught[0] == taught[1] == taught[2]
    assert len(taught[0][0]["outcomes"]) > 20
    assert given_up(database)


def test_what_an_earlier_release_kept_can_be_read(database: str, settings: Settings) -> None:
    live_in_batches(database, settings, [event("first", "created", 0)])
    study(database)
    with connect(database) as connection:
        kept = states.read(connection)
        [(packed,)] = connection.execute("SELECT state FROM learning_state").fetchall()
        *earlier, clocks, _ = msgspec.msgpack.decode(packed, strict=False)
        connection.execute(
            "UPDATE learning_state SET state = $1", (msgspec.msgpack.encode(earlier),)
        )
        again = states.read(connection)
    assert set(clocks) == set(kept.clocks) == {0}
    assert again.clocks == {}
    assert again.judge == kept.judge
    live_in_batches(
        database,
        settings,
        [event("second", "created", 40)],
        [event("third", "created", 41)],
    )
    study(database)
    assert given_up(database) == ["first"]


def test_the_clock_stands_until_the_batch_has_been_told() -> None:
    noon = parse("2026-03-02T12:00:00Z")
    clock = LogClock()
    assert not clock.begin()
    clock.move(noon)
    clock.move(noon - US_PER_DAY)
    assert not clock.begin(), "within the batch"
    clock.told = True
    assert clock.begin()
    assert clock.now == noon
    clock.move(noon + SILENCE_STEP_US - 1)
    clock.told = True
    assert not clock.begin(), "in the same span of silence"
    clock.move(noon + SILENCE_STEP_US)
    clock.told = True
    assert clock.begin()
