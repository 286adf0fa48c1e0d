"""What a diary tells, and what becomes of edits between two imports."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from flows.diary.mapping import Columns, Mapping
from models.analytics import NO_ACT, Row
from models.application import Status
from models.instant import parse
from tests.diary.diaries import MAPPING, NOW, Log, table

LINE = {"Company": "Acme", "Job": "Cook", "Applied": "1/3/2025"}
DAY = st.sampled_from(["", "2/3/2025", "9/3/2025", "9/3/2025 & 20/3/2025", "1/4/2025"])
VERSION = st.builds(
    lambda applied, interview, offer, no: {
        "Company": "Acme",
        "Job": "Cook",
        "Applied": applied,
        **{k: v for k, v in (("Interview", interview), ("Offer", offer), ("No", no)) if v},
    },
    st.sampled_from(["1/3/2025", "28/2/2025"]),
    DAY,
    DAY,
    DAY,
)


def as_dated(row: Row) -> Row:
    """What the dates alone decide: of acts on the same day the ids say which was the last, and a
    corrected one has another id."""
    return msgspec.structs.replace(
        row, version=0, last_fact_at=None, last_act=NO_ACT, act_before=NO_ACT
    )


@given(versions=st.lists(VERSION, min_size=1, max_size=6))
def test_edited_again_and_again_it_ends_as_if_imported_once(versions: list[dict[str, str]]) -> None:
    edited, fresh = Log(), Log()
    for version in versions:
        edited.import_(table(version))
    fresh.import_(table(versions[-1]))
    (row,), (expected,) = edited.rows(), fresh.rows()
    assert as_dated(row) == as_dated(expected)


@given(version=VERSION)
def test_importing_twice_changes_nothing(version: dict[str, str]) -> None:
    log = Log()
    first, _ = log.import_(table(version))
    assert first
    assert log.import_(table(version), now=NOW + 10**12)[0] == []


@given(version=VERSION)
def test_ids_follow_from_the_diary_alone(version: dict[str, str]) -> None:
    one, _ = Log().import_(table(version))
    two, _ = Log().import_(table(version))
    assert [event.encode() for event in one] == [event.encode() for event in two]


def test_a_row_of_dates_becomes_a_story() -> None:
    log = Log()
    log.import_(table(LINE | {"Interview": "9/3/2025", "Offer": "20/3/2025"}))
    (row,) = log.rows()
    assert (row.company, row.job_title, row.status) == ("Acme", "Cook", "offer_received")
    assert row.applied_at == parse("2025-03-01T12:00:00Z")
    assert (row.interviews_scheduled, row.offers_received) == (1, 1)
    assert [change.to_status for change in row.status_changes] == [
        "applied",
        "interview_scheduled",
        "offer_received",
    ]
    assert row.flags == []


def test_all_on_one_day_is_still_told_in_order() -> None:
    log = Log()
    log.import_(table(LINE | {"No": "1/3/2025", "Interview": "1/3/2025"}))
    (row,) = log.rows()
    assert row.status == "rejected"
    assert row.flags == []


def test_the_status_column_has_no_memory_but_the_log_has() -> None:
    log = Log()
    log.import_(table(LINE | {"Status": "Gesprek", "When": "9/3/2025"}))
    log.import_(table(LINE | {"Status": "afgewezen!", "When": "20/3/2025"}))
    (row,) = log.rows()
    assert (row.status, row.interviews_scheduled) == ("rejected", 1)


def test_a_status_without_a_date_is_left_out_or_dated_once() -> None:
    log = Log()
    line = table(LINE | {"Status": "Afgewezen"})
    events, remarks = log.import_(line)
    assert [event.type for event in events] == ["application.created"]
    assert "--as-of" in remarks[0].what
    log.import_(line, as_of=parse("2025-04-01T00:00:00Z"))
    assert log.import_(line, as_of=parse("2025-05-01T00:00:00Z"))[0] == []
    (row,) = log.rows()
    assert (row.status, row.status_at) == ("rejected", parse("2025-04-01T00:00:00Z"))


def test_an_interview_may_lie_ahead_and_nothing_else() -> None:
    log = Log()
    line = table(LINE | {"Interview": "9/7/2025", "No": "10/7/2025"})
    _, remarks = log.import_(line)
    assert [remark.what for remark in remarks] == ["in the future: left out"]
    (row,) = log.rows()
    assert (row.status, row.interviews_scheduled, row.status_at) == ("interview_scheduled", 1, NOW)
    assert log.import_(line, now=NOW + 10**9)[0] == []


def test_the_same_job_twice_is_two_applications_in_any_order_of_rows() -> None:
    later = LINE | {"Applied": "1/5/2025", "Interview": "9/5/2025"}
    log = Log()
    log.import_(table(LINE, later))
    assert len(log.rows()) == 2
    assert log.import_(table(later, LINE))[0] == []


def test_with_an_id_column_everything_else_may_be_edited() -> None:
    mapping = Mapping(
        columns=Columns(company="Company", job_title="Job", applied="Applied", id="Nr")
    )
    log = Log()
    log.import_(table(LINE | {"Nr": "7"}), mapping)
    log.import_(
        table({"Nr": "7", "Company": "Acme Ltd", "Job": "Chef", "Applied": "2/3/2025"}), mapping
    )
    (row,) = log.rows()
    assert (row.company, row.job_title) == ("Acme Ltd", "Chef")
    assert row.applied_at == parse("2025-03-02T12:00:00Z")


def test_one_row_per_event() -> None:
    mapping = Mapping(
        shape="events",
        columns=Columns(company="Company", job_title="Job", status="What", status_date="When"),
        statuses={"invitación": Status.INTERVIEW_SCHEDULED},
    )
    line = {"Company": "Acme", "Job": "Cook"}
    lines = [
        line | {"What": "invitación", "When": "5/3/2025"},
        line | {"What": "applied", "When": "1/3/2025"},
        line | {"What": "hired", "When": "9/3/2025"},
        line | {"What": "???", "When": "10/3/2025"},
        line | {"What": "rejected"},
    ]
    log = Log()
    _, remarks = log.import_(table(*lines), mapping)
    (row,) = log.rows()
    assert (row.status, row.applied_at) == ("hired", parse("2025-03-01T12:00:00Z"))
    assert sorted((remark.row, remark.what.split(":")[0]) for remark in remarks) == [
        (5, "unknown status"),
        (6, "no date"),
    ]


def test_every_cell_that_is_not_taken_is_reported_with_its_row() -> None:
    log = Log()
    _, remarks = log.import_(
        table(
            LINE | {"Interview": "yes", "Status": "Who knows"},
            {"Job": "Cook", "Applied": "1/3/2025"},
            {"Company": "Bolt", "Applied": "soon"},
            {"Company": "Core", "No": "3/3/2025"},
        )
    )
    assert {(remark.row, remark.column) for remark in remarks} == {
        (2, "Interview"),
        (2, "Status"),
        (3, "Company"),
        (4, "Applied"),
        (5, "Applied"),
    }
    assert len(log.rows()) == 2


def test_what_somebody_else_put_right_stays_so() -> None:
    log = Log()
    (created, rejected), _ = log.import_(table(LINE | {"No": "9/3/2025"}))
    correction = {
        **msgspec.json.decode(rejected.encode()),
        "id": "other",
        "corrects": rejected.id,
        "time": "2025-03-11T00:00:00Z",
    }
    del correction["diaryslot"]
    log.payloads[created.subject].append(msgspec.json.encode(correction))
    assert log.import_(table(LINE | {"No": "10/3/2025"}))[0] == []
    (row,) = log.rows()
    assert row.status_at == parse("2025-03-11T00:00:00Z")


def test_the_mapping_of_these_tests_reads_every_column_it_names() -> None:
    assert set(MAPPING.named_columns()) >= {"Company", "Applied", "Interview", "No"}
