"""What a person's write emits, and that the entity after it is what the fold makes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from models.ageing import hours_in_stage, hours_of_silence
from models.application import STATUSES, TRANSITIONS, Status
from models.entity import Entity, after, event_time
from models.errors import ApplicationTooLarge, InvalidTransition
from models.events import (
    FACTS_MAX,
    Changes,
    Created,
    EventType,
    InterviewScheduled,
    OfferReceived,
    Updated,
)
from models.writes import (
    ROOM_FOR_OTHERS,
    change_status,
    check_room,
    receive_offer,
    schedule_interview,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def entity(status: Status | None) -> Entity:
    """In this status since NOW."""
    return Entity(id="a", user_id="u", status=status and status.value, status_at=NOW)


@pytest.mark.parametrize("before", [None, *STATUSES])
@pytest.mark.parametrize("to", STATUSES)
def test_only_the_table_moves_an_application(before: Status | None, to: Status) -> None:
    if to in TRANSITIONS[before]:
        draft = change_status(entity(before), to)
        moved = after(entity(before), draft.data, NOW + TICK)
        assert (moved.status, moved.status_at) == (to.value, NOW + TICK)
        return
    with pytest.raises(InvalidTransition) as refused:
        change_status(entity(before), to)
    assert refused.value.details is not None
    assert refused.value.details["allowed"] == [one.value for one in TRANSITIONS[before]]


def test_withdrawing_is_an_event_of_its_own() -> None:
    draft = change_status(entity(Status.VIEWED), Status.WITHDRAWN, "moved")
    assert draft.type is EventType.WITHDRAWN
    assert after(entity(Status.VIEWED), draft.data, NOW).withdraw_reason == "moved"


@pytest.mark.parametrize("before", STATUSES)
def test_interviews_and_offers_move_where_that_is_allowed(before: Status) -> None:
    interview = InterviewScheduled(scheduled_at="2026-03-02T09:00:00Z")
    moves = [draft.type for draft in schedule_interview(entity(before), interview)[1:]]
    assert bool(moves) == (Status.INTERVIEW_SCHEDULED in TRANSITIONS[before])
    moves = [draft.type for draft in receive_offer(entity(before), OfferReceived())[1:]]
    assert bool(moves) == (Status.OFFER_RECEIVED in TRANSITIONS[before])


def test_a_write_is_later_than_all_that_is_known() -> None:
    assert event_time(NOW, None, None) == NOW
    assert event_time(NOW, NOW, None) == NOW + TICK
    assert event_time(NOW, NOW - TICK, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1) + TICK


def test_an_update_changes_what_it_names_only() -> None:
    created = Created(job_id="j", job_title="t", company="c", location="l")
    made = after(Entity(id="a", user_id="u"), created, NOW)
    changed = after(made, Updated(changes=Changes(company="d")), NOW + TICK)
    assert (changed.company, changed.location, changed.applied_at) == ("d", "l", NOW)
    assert changed.stage is Status.APPLIED


def test_room_is_left_for_outside_events() -> None:
    check_room(FACTS_MAX - ROOM_FOR_OTHERS - 2, 2)
    with pytest.raises(ApplicationTooLarge):
        check_room(FACTS_MAX - ROOM_FOR_OTHERS - 1, 2)


def test_silence_counts_from_the_last_sign_and_ends_with_the_application() -> None:
    later = NOW + timedelta(hours=5)
    assert hours_of_silence("applied", NOW, None, later) == 5
    assert hours_of_silence("viewed", NOW, NOW + timedelta(hours=2), later) == 3
    assert hours_of_silence("viewed", NOW, later + timedelta(hours=1), later) == 0
    assert hours_of_silence("rejected", NOW, None, later) is None
    assert hours_of_silence(None, None, None, later) is None
    assert hours_in_stage(NOW, later) == 5
    assert hours_in_stage(later, NOW) == 0
    assert hours_in_stage(None, NOW) is None
