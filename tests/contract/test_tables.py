"""CONTRACT.md, sentences that speak of tables: the real flow on a real Postgres."""

import json
from typing import Any

import psycopg
import pytest

from models.settings import Settings
from storage.postgres.connect import connect
from tests.contract.building import Json, event, line, status
from tests.flows.driving import drain, put

CREATED = event("created")
COLUMNS = """
    application_id text, user_id text, job_id text, job_title text, company text, location text,
    source text, applied_at timestamptz, status text, status_at timestamptz, views integer,
    first_viewed_at timestamptz, interviews_scheduled integer, offers_received integer,
    hired boolean, hired_at timestamptz, first_response_at timestamptz,
    response_time_hours double precision, notes integer, reminders integer, updates integer,
    last_candidate_activity_at timestamptz, last_employer_activity_at timestamptz,
    match_score double precision, status_changes jsonb, flags text[], version integer,
    revision bigint
"""
_BOOKKEEPING = {
    *("resume_id", "referral_code", "withdraw_reason", "last_fact_at"),
    *("success_probability", "fold_version", "state"),
}


class Tables:
    """A database that is fed and looked at."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url
        self._settings = settings

    def feed(self, *events: Json | bytes) -> None:
        """Through the outbox and the flow."""
        put(self.url, [told if isinstance(told, bytes) else line(told) for told in events])
        drain(self.url, self._settings)

    def select(self, statement: str) -> list[tuple[Any, ...]]:
        with connect(self.url) as connection:
            return connection.execute(statement).fetchall()  # type: ignore[arg-type]

    def counts(self) -> tuple[int, int, int]:
        """Accepted, duplicate, dead-lettered."""
        query = "SELECT accepted, duplicates, dead_lettered FROM flow_positions"
        ((accepted, duplicates, dead),) = self.select(query)
        return accepted, duplicates, dead


@pytest.fixture
def tables(database: str, settings: Settings) -> Tables:
    return Tables(database, settings)


def test_columns_and_their_types(tables: Tables) -> None:
    """'Postgres types: text, timestamptz, double precision, `flags text[]`, `status_changes
    jsonb`'; '`application_analytics` with the columns above'; what depends on now is 'never
    stored in these columns'"""
    found = tables.select(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = 'application_analytics'::regclass AND attnum > 0 ORDER BY attnum"
    )
    short = {"timestamp with time zone": "timestamptz"}
    shown = [f"{name} {short.get(type_, type_)}" for name, type_ in found]
    expected = " ".join(COLUMNS.split()).split(", ")
    assert shown[: len(expected)] == expected
    assert {name for name, _ in found[len(expected) :]} == _BOOKKEEPING


def test_status_changes_have_the_keys_of_the_table(tables: Tables) -> None:
    """'`status_changes jsonb` (keys as above, `at` RFC 3339)'"""
    tables.feed(CREATED, status("viewed", "s", 2))
    ((first, second),) = [row[0] for row in tables.select(_STATUS_CHANGES)]
    assert first == {
        "from": None,
        "to": "applied",
        "at": "2026-03-01T00:00:00Z",
        "hours_in_from": None,
        "allowed": True,
    }
    assert second["hours_in_from"] == 24.0


_STATUS_CHANGES = "SELECT status_changes FROM application_analytics"


def test_one_row_per_application(tables: Tables) -> None:
    """'one row per application'"""
    for day in (1, 2):
        told = [event("viewed_by_employer", f"v{day}", day, subject=id_) for id_ in "ab"]
        tables.feed(*told, *told)
    rows = "SELECT application_id, views FROM application_analytics ORDER BY 1"
    assert tables.select(rows) == [("a", 2), ("b", 2)]


def test_a_message_is_counted_once(tables: Tables) -> None:
    """'A message is counted once, by where it came from …: exactly one of accepted, duplicate,
    dead-lettered.'"""
    foreign = event("withdrawn", "w", userid="another")
    tables.feed(CREATED, CREATED, b"{}", b"{}", foreign, foreign)
    assert tables.counts() == (1, 1, 4)
    assert tables.select("SELECT count(*) FROM dead_letters") == [(4,)]
    assert tables.select("SELECT count(*) FROM outbox") == [(0,)]


def test_dead_letters_are_unique_by_place(tables: Tables) -> None:
    """'`dead_letters` is unique by that place.'"""
    tables.feed(b"{}")
    copied = 'source, partition, "offset", stage, reason, detail, recorded_at, payload'
    with pytest.raises(psycopg.errors.UniqueViolation):
        tables.select(f"INSERT INTO dead_letters ({copied}) SELECT {copied} FROM dead_letters")


def test_a_dead_letter_is_kept_as_it_came(tables: Tables) -> None:
    """'a missing or ill-typed field, broken JSON or a limit broken is a dead letter'"""
    broken = [b"\xff\x00\xef", b"{", b'{"id":"\\u0000"}', b"x" * 300_000]
    tables.feed(*broken)
    kept = tables.select("SELECT payload, reason FROM dead_letters ORDER BY id")
    assert [(bytes(payload), reason) for payload, reason in kept] == [
        (raw, "invalid") for raw in broken
    ]


def test_every_reason_reaches_the_table(tables: Tables) -> None:
    """'Reasons are tried in this order: …'"""
    views = [event("viewed_by_employer", f"v{number}") for number in range(999)]
    tables.feed(
        CREATED,
        *views,
        b"{}",
        event("analytics_updated", "o"),
        event("archived", "u"),
        event("withdrawn", "t") | {"time": "1999-01-01T00:00:00Z"},
        event("withdrawn", "v1"),
        event("withdrawn", "w", userid="another"),
        event("withdrawn", "x"),
    )
    found = tables.select("SELECT reason FROM dead_letters ORDER BY id")
    assert [reason for (reason,) in found] == [
        "invalid",
        "output_only",
        "unknown_type",
        "time_out_of_range",
        "id_conflict",
        "owner_mismatch",
        "application_too_large",
    ]


def test_a_second_event_with_the_same_id_changes_nothing(tables: Tables) -> None:
    """'the same event and changes nothing', 'for ever': in this batch and in a later one"""
    tables.feed(CREATED, CREATED)
    before = tables.select("SELECT * FROM application_analytics")
    tables.feed(CREATED | {"data": CREATED["data"] | {"company": "another"}})
    assert tables.select("SELECT * FROM application_analytics") == before
    assert tables.counts() == (1, 2, 0)


def test_revision_counts_committed_changes(tables: Tables) -> None:
    """'revision | +1 for each committed change of the row'"""
    tables.feed(CREATED, status("viewed", "s", 2))
    tables.feed(CREATED)
    tables.feed(event("viewed_by_employer", "v", 3))
    assert tables.select("SELECT revision, version FROM application_analytics") == [(2, 3)]


def test_an_orphan_is_folded_but_not_listed_or_told(tables: Tables) -> None:
    """'`orphan` (no `created` yet: folded, but not listed, streamed or notified)'"""
    tables.feed(status("viewed", "s", 2))
    assert tables.select("SELECT status, flags FROM application_analytics") == [
        ("viewed", ["orphan", "transition"])
    ]
    assert tables.select("SELECT count(*) FROM applications") == [(0,)]
    assert tables.select("SELECT DISTINCT orphan FROM event_log") == [(True,)]
    tables.feed(CREATED)
    assert tables.select("SELECT id FROM applications WHERE NOT orphan") == [("app",)]
    assert tables.select('SELECT orphan FROM event_log ORDER BY "offset" DESC LIMIT 2') == [
        (False,),
        (False,),
    ]


def test_a_created_that_retracts_makes_nothing_known(tables: Tables) -> None:
    """'`orphan` (no `created` yet …)', over effective facts"""
    tables.feed(event("created", "r", retracts="e"), event("viewed_by_employer", "v"))
    assert tables.select("SELECT DISTINCT orphan FROM event_log") == [(True,)]
    tables.feed(CREATED)
    assert tables.select("SELECT flags FROM application_analytics") == [(["orphan"],)]
    assert tables.select("SELECT DISTINCT orphan FROM event_log") == [(True,)]
    assert tables.select("SELECT count(*) FROM applications WHERE NOT orphan") == [(0,)]


def test_unknown_fields_are_kept(tables: Tables) -> None:
    """'other extension attributes (kept, ignored)'; 'Unknown fields in `data` are kept'"""
    told = CREATED | {"tenant": {"a": [1]}, "data": CREATED["data"] | {"colour": None}}
    tables.feed(told)
    ((payload,),) = tables.select("SELECT payload FROM event_log WHERE id = 'e'")
    assert payload == line(told).decode()


def test_the_output_event(tables: Tables) -> None:
    """'analytics_updated (output) | analytics: the row below, eventTypes: what was folded,
    updatedFields'; 'camelCase in the API'"""
    tables.feed(CREATED)
    tables.feed(event("viewed_by_employer", "v", 2))
    ((payload,),) = tables.select("SELECT payload FROM event_log WHERE id = 'app:2'")
    told = json.loads(payload)
    names = [column.split()[0] for column in COLUMNS.split(",")]
    assert list(told["data"]["analytics"]) == [_camel(name) for name in names]
    assert told["data"]["eventTypes"] == ["application.viewed_by_employer"]
    assert set(told["data"]["updatedFields"]) == {
        *("views", "firstViewedAt", "lastEmployerActivityAt", "version"),
    }
    envelope = {name: told[name] for name in ("specversion", "type", "subject", "userid")}
    assert envelope == {
        "specversion": "1.0",
        "type": "application.analytics_updated",
        "subject": "app",
        "userid": "user",
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
