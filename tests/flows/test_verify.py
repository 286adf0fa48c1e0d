"""verify: clean on what the flow made, and it sees each kind of damage."""

import json
from pathlib import Path

import pytest

from flows.verify import verify
from models.settings import Settings
from storage.postgres import dead_letters
from storage.postgres.connect import connect
from tests.flows.driving import drain, put

GOLDEN = Path(__file__).parents[1] / "contract" / "golden" / "events.ndjson"
BROKEN = b'{"specversion":"1.0"}'


@pytest.fixture
def folded(database: str, settings: Settings) -> str:
    """A database with the golden application, a duplicate, two dead letters."""
    lines = GOLDEN.read_bytes().splitlines()
    conflict = json.loads(lines[3]) | {"time": "2026-03-03T10:00:01+01:00"}
    put(database, [*lines, lines[0], BROKEN, json.dumps(conflict).encode()])
    drain(database, settings)
    return database


def test_what_the_flow_made_is_exact(folded: str) -> None:
    report = verify(folded)
    assert report.clean, report
    assert (report.facts, report.applications, report.dead_letters) == (16, 1, 2)


def test_what_was_fed_is_found_again(folded: str, tmp_path: Path) -> None:
    fed = tmp_path / "fed.ndjson"
    fed.write_bytes(GOLDEN.read_bytes() + b"\n \r\n" + BROKEN + b"\r\n")
    report = verify(folded, [fed])
    assert report.clean, report
    assert (report.fed, report.unfed) == (17, 0)
    fed.write_bytes(GOLDEN.read_bytes().replace(b'"evt_0007"', b'"evt_9007"') + b"{}\n")
    report = verify(folded, [fed])
    assert [(one.where, one.expected) for one in report.differences] == [
        (f"{fed}:7", "a fact or a dead letter"),
        (f"{fed}:17", "a dead letter"),
    ]
    assert report.unfed == 1


def test_dead_letters_that_were_sent_back_are_accounted_for(
    folded: str, settings: Settings
) -> None:
    with connect(folded, autocommit=True) as connection:
        (first, _) = connection.execute("SELECT id FROM dead_letters ORDER BY id").fetchall()
        assert dead_letters.redrive(connection, [first[0], 10**9]) == 1
        assert dead_letters.redrive_all(connection) == 1
        redriven = connection.execute("SELECT letters FROM redrives").fetchall()
    assert redriven == [(1,), (1,)]
    report = verify(folded)
    assert report.clean, report
    assert (report.dead_letters, report.waiting) == (0, 2)
    drain(folded, settings)
    report = verify(folded)
    assert report.clean, report
    assert (report.dead_letters, report.waiting) == (2, 0)


DAMAGE = {
    "row = recompute": [
        "UPDATE application_analytics SET views = views + 1",
        "UPDATE application_analytics SET response_time_hours = 77.50000000000001",
        "UPDATE application_analytics SET status_changes = status_changes - 0",
        "UPDATE application_analytics SET flags = '{gap}'",
        "UPDATE application_analytics SET hired_at = now()",
        "UPDATE application_analytics SET version = 15",
        "UPDATE application_analytics SET user_id = 'user_18'",
        "UPDATE application_analytics SET match_score = NULL",
        "DELETE FROM application_analytics",
    ],
    "newest analytics_updated = row": [
        "UPDATE application_analytics SET revision = 2",
        "UPDATE event_log SET payload = replace(payload, '77.5', '77.0')",
    ],
    "log columns = payload": ["UPDATE event_log SET time = now()", "UPDATE event_log SET id = 'x'"],
    "offsets are dense": ['UPDATE event_log SET "offset" = 99 WHERE "offset" = 5'],
    "log_offset = end of the log": ["UPDATE flow_positions SET log_offset = 3"],
    "accepted = facts in the log": [
        "UPDATE flow_positions SET accepted = 15",
        "DELETE FROM event_log WHERE id = 'evt_0001'",
    ],
    "log clock": ["UPDATE flow_positions SET clock = now()"],
    "ids are unique": ["UPDATE event_log SET payload = replace(payload, 'evt_0002', 'evt_0001')"],
    "one owner": [
        "UPDATE event_log SET payload = replace(payload, 'user_17', 'b') WHERE id = 'evt_0002'"
    ],
    "entity = recompute": [
        "UPDATE applications SET status = 'hired'",
        "UPDATE applications SET orphan = true",
        "UPDATE applications SET withdraw_reason = NULL",
        "DELETE FROM applications",
        "INSERT INTO applications (id, user_id) VALUES ('of nothing', 'u')",
    ],
    "dead_lettered = dead letters": [
        "UPDATE flow_positions SET dead_lettered = 1",
        "UPDATE flow_positions SET dead_lettered = 3",
        "DELETE FROM dead_letters WHERE reason = 'invalid'",
        "INSERT INTO redrives (source, partition, letters) VALUES ('outbox', 0, 1)",
    ],
    "dead letters have their reason": [
        "UPDATE dead_letters SET reason = 'owner_mismatch'",
        "UPDATE dead_letters SET reason = 'unknown_type' WHERE reason = 'invalid'",
        "UPDATE dead_letters SET reason = 'invalid'",
    ],
    "ingest counts add up": [
        "INSERT INTO ingest_runs (run, source, received) VALUES (gen_random_uuid(), 'x', 1)"
    ],
    "pending writes settle": ["INSERT INTO pending_writes VALUES ('app_01J9Z3K8Q0', 'e', 1, 7)"],
    "entities follow": [
        "INSERT INTO entity_stale VALUES ('app_01J9Z3K8Q0', 0, now() - interval '1 minute')"
    ],
    "each revision announced": ["UPDATE event_log SET id = id || '1' WHERE id LIKE 'app%'"],
    "facts are valid": ["UPDATE event_log SET payload = '{}' WHERE id = 'evt_0003'"],
}


@pytest.mark.parametrize(
    ("check", "statement"),
    [(check, statement) for check, statements in DAMAGE.items() for statement in statements],
)
def test_damage_is_seen(folded: str, check: str, statement: str) -> None:
    with connect(folded) as connection:
        connection.execute(statement)
    report = verify(folded)
    assert check in report.counts, report
