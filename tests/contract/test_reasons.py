"""CONTRACT.md, Envelope: what arrival decides, and the order of the reasons."""

import pytest

from models.batch import Message
from models.decoder import Reason, decode
from models.intake import Intake
from tests.contract.building import LEAST, NOW, Json, Story, event, line, reason, status, without

CREATED = event("created")
NEVER = "1999-01-01T00:00:00Z"
# Each fault comes before all below it.
FAULTS: list[tuple[str, Json]] = [
    ("invalid", {"source": ""}),
    ("output_only", {"type": "application.analytics_updated"}),
    ("unknown_type", {"type": "application.archived"}),
    ("invalid", {"data": {}}),
    ("time_out_of_range", {"time": NEVER}),
    ("id_conflict", {"id": "taken", "time": "2026-03-05T00:00:00Z"}),
    ("owner_mismatch", {"userid": "another"}),
]


def test_every_reason_of_the_contract_is_known() -> None:
    """'invalid envelope, output_only, unknown_type, invalid data, time_out_of_range, duplicate
    or id_conflict, owner_mismatch, application_too_large'; and `fold`, when the product fails."""
    assert {reason.value for reason in Reason} == {
        *(name for name, _ in FAULTS),
        "application_too_large",
        "fold",
    }


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=lambda first: FAULTS[first][0])
def test_reasons_are_tried_in_this_order(first: int) -> None:
    """'Reasons are tried in this order: …'"""
    told = event("created", "new")
    for _, fault in reversed(FAULTS[first:]):
        told |= fault
    assert Story(event("created", "taken")).tell(told) == FAULTS[first][0]


def test_a_duplicate_comes_before_the_owner_and_the_size() -> None:
    """'duplicate or id_conflict, owner_mismatch, application_too_large'"""
    story = Story(CREATED)
    assert story.tell(CREATED | {"userid": "another"}) == "duplicate"
    assert story.tell(event("withdrawn", userid="another")) == "id_conflict"


def test_a_second_event_with_the_same_id_changes_nothing() -> None:
    """'`id` is unique within its subject, for ever: a second event with the same id is the same
    event and changes nothing'"""
    story = Story(CREATED)
    before = story.held
    other = event("created", data={"company": "another"}, corrects="e0")
    assert story.tell(other) == "duplicate"
    assert story.tell(CREATED | {"time": "2026-03-01T01:00:00+01:00"}) == "duplicate"
    assert story.held is before


@pytest.mark.parametrize(
    "again", [event("withdrawn"), CREATED | {"time": "2026-03-01T00:00:00.000001Z"}]
)
def test_a_known_id_with_another_type_or_time(again: Json) -> None:
    """'if its type or time differs it goes to the dead letters (`id_conflict`)'"""
    assert Story(CREATED).tell(again) == "id_conflict"


def test_ids_are_unique_for_ever() -> None:
    """'unique within its subject, for ever': the id of a corrected or retracted event too"""
    story = Story(
        CREATED, event("viewed_by_employer", "v"), event("viewed_by_employer", "r", retracts="v")
    )
    assert story.tell(event("viewed_by_employer", "v")) == "duplicate"
    assert story.tell(event("viewed_by_employer", "v", 2)) == "id_conflict"
    assert story.row.views == 0


def test_an_id_may_return_in_another_subject() -> None:
    """'unique within its subject'"""
    story = Story(CREATED)
    assert story.tell(CREATED | {"subject": "other"}) == "accepted"


def test_the_owner_is_the_first_userid() -> None:
    """'the application's owner is the userid of its first accepted event; another userid later:
    dead letter (`owner_mismatch`)'"""
    story = Story(event("viewed_by_employer", "v", 9, userid="first"))
    assert story.tell(event("created", "c", 1, userid="second")) == "owner_mismatch"
    assert story.tell(event("created", "c", 1, userid="first")) == "accepted"
    assert story.row.user_id == "first"


def test_the_owner_stands_when_his_event_is_retracted() -> None:
    """'A row stands even when no fact is effective'; the owner is of the *accepted* event"""
    story = Story(CREATED, event("created", "r", retracts="e"))
    assert story.tell(event("created", "c", userid="second")) == "owner_mismatch"


def test_an_application_with_1000_facts_takes_no_more() -> None:
    """'An application with 1,000 facts takes no more: dead letter (`application_too_large`)'"""
    views = [event("viewed_by_employer", f"v{number}") for number in range(1_000)]
    assert _full(views) == (1_000, [])
    further = event("viewed_by_employer", "v1000")
    known_and_foreign = [views[0], views[1] | {"time": NEVER}, further | {"userid": "another"}]
    assert _full([*views, further, *known_and_foreign]) == (
        1_000,
        ["application_too_large", "time_out_of_range", "owner_mismatch"],
    )


def test_facts_count_effective_or_not() -> None:
    """'takes no more' counts facts: 'number of facts, effective or not'"""
    views = [event("viewed_by_employer", f"v{number}") for number in range(500)]
    gone = [
        event("viewed_by_employer", f"r{number}", retracts=f"v{number}") for number in range(500)
    ]
    assert _full([*views, *gone, CREATED]) == (1_000, ["application_too_large"])


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (event("created", "e1", time=NEVER, userid="another"), "time_out_of_range"),
        (event("created", "e1", userid="another") | {"data": {}}, "invalid"),
        (without(event("created", "e1", userid="another"), "source"), "invalid"),
        (event("archived", "e1", userid="another"), "unknown_type"),
        (event("analytics_updated", "e1", userid="another"), "output_only"),
    ],
)
def test_a_dead_letter_reserves_neither_id_nor_owner(refused: Json, why: str) -> None:
    """'A dead-lettered event reserves neither its id nor the owner.'"""
    story = Story(refused)
    assert story.verdicts == [why]
    assert story.tell(event("withdrawn", "e1")) == "accepted"
    assert story.row.user_id == "user"


def test_one_refused_for_its_owner_reserves_no_id() -> None:
    """'A dead-lettered event reserves neither its id nor the owner.'"""
    story = Story(CREATED)
    assert story.tell(event("withdrawn", "w", 2, userid="another")) == "owner_mismatch"
    assert story.tell(status("viewed", "w", 3)) == "accepted"


@pytest.mark.parametrize("kind", LEAST)
def test_invalid_data_comes_before_the_time_and_after_the_type(kind: str) -> None:
    """'unknown_type, invalid data, time_out_of_range'"""
    wrong = {"changes": 1, "newStatus": 1, "noteId": 1, "dueAt": 1, "reason": 1, "jobId": 1}
    wrong |= {"scheduledAt": 1, "deadline": 1, "viewerId": 1, "score": 1}
    assert reason(event(kind, time=NEVER, data=wrong)) == "invalid"
    assert reason(event("archived", time=NEVER, data=wrong)) == "unknown_type"


def test_one_on_which_the_fold_fails_reserves_no_owner() -> None:
    """'A dead-lettered event reserves neither its id nor the owner.'"""
    lines = [line(event("created", "e1", userid="another")), line(event("withdrawn", "e2"))]
    intake = Intake(unfit={("app", "e1"): "it raised"})
    intake.add([(Message(0, None, NOW, raw), decode(raw, NOW)) for raw in lines], {})
    batch = intake.finish(NOW)
    assert [letter.reason for letter in batch.dead] == [Reason.FOLD]
    assert batch.changed["app"].row.user_id == "user"


def _full(events: list[Json]) -> tuple[int, list[str]]:
    """Facts held and reasons of the refused, taken in as one batch."""
    intake = Intake()
    lines = list(map(line, events))
    intake.add([(Message(0, None, NOW, raw), decode(raw, NOW)) for raw in lines], {})
    batch = intake.finish(NOW)
    return batch.changed["app"].row.version, [letter.reason.value for letter in batch.dead]
