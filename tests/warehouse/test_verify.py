"""`jobfinders verify` of the published warehouse: exact at its positions, and no damage hides."""

import json
from pathlib import Path

import duckdb
import pytest

from flows.verify import Report, verify
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import read_manifest
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.warehouse.driving import GOLDEN, publish


@pytest.fixture
def folder(database: str, settings: Settings) -> Folder:
    """A warehouse published in the midst: three more events are folded behind its positions."""
    lines = GOLDEN.read_bytes().splitlines()
    put(database, lines[:13])
    drain(database, settings)
    publish(settings)
    put(database, lines[13:])
    drain(database, settings)
    return Folder(settings.warehouse_folder)


def checked(database: str, folder: Folder) -> Report:
    return verify(database, warehouse=folder.path)


def test_it_is_exact_at_its_positions(database: str, folder: Folder) -> None:
    report = checked(database, folder)
    assert report.clean, report
    assert report.warehouse == 1


def test_without_a_warehouse_nothing_is_claimed_of_it(database: str, tmp_path: Path) -> None:
    assert verify(database, warehouse=tmp_path / "none").warehouse is None


DAMAGE = {
    "v_applications = recompute": [
        "UPDATE applications SET views = views + 1",
        "UPDATE applications SET response_time_hours = 77.50000000000001",
        "UPDATE applications SET status_changes = status_changes[2:]",
        "UPDATE applications SET flags = ['gap']",
        "UPDATE applications SET revision = 2",
        "UPDATE applications SET hired_at = clock FROM warehouse",
        "DELETE FROM applications",
        "INSERT INTO applications SELECT * REPLACE ('more' AS application_id) FROM applications",
    ],
    "v_status_changes = recompute": [
        "CREATE OR REPLACE VIEW v_status_changes AS SELECT 'a' AS application_id, 1 AS n, 'a' AS"
        " from_status, 'b' AS to_status, clock AS \"at\", 1.0 AS hours_in_from, true AS allowed"
        " FROM warehouse",
    ],
    "furthest and hours = recompute": [
        "UPDATE applications SET furthest = 'viewed'",
        "UPDATE applications SET hours_left = struct_pack(applied := 1, viewed := NULL,"
        " shortlisted := NULL, interview_scheduled := NULL, interviewed := NULL,"
        " offer_received := NULL)",
        "UPDATE applications SET hours_before = 1",
    ],
    "events = log": [
        "DELETE FROM events WHERE id = 'evt_0003'",
        'UPDATE events SET "time" = "time" + INTERVAL 1 MICROSECOND WHERE id = \'evt_0003\'',
        "INSERT INTO events SELECT * FROM events LIMIT 1",
    ],
    "history holds the log": ["UPDATE history_parts SET \"rows\" = 1 WHERE kind = 'events'"],
    "history of events = log": ["DELETE FROM history_parts WHERE kind = 'events' AND \"rows\" > 0"],
    "history of rows = log": ["DELETE FROM history_parts WHERE kind = 'versions' AND \"rows\" > 0"],
    "history is there": ["UPDATE history_parts SET name = 'lost.parquet'"],
    "the warehouse is of this log": ["UPDATE warehouse SET log_id = 'another'"],
    "warehouse clock": ["UPDATE warehouse SET clock = clock + INTERVAL 1 SECOND"],
    "manifest = published file": [
        "UPDATE positions SET next_offset = 3",
        "CREATE TABLE more (a INT)",
    ],
}


def test_damage_is_seen(database: str, folder: Folder) -> None:
    file = folder.path / read_manifest(folder.manifest).file
    file.chmod(0o644)
    whole = file.read_bytes()
    for check, statements in DAMAGE.items():
        for statement in statements:
            with duckdb.connect(str(file)) as connection:
                connection.execute(statement)
            assert check in checked(database, folder).counts, statement
            file.write_bytes(whole)
    assert checked(database, folder).clean


def test_damage_of_the_history_is_seen(database: str, folder: Folder) -> None:
    for kind, column in (("events", "payload"), ("versions", "company")):
        (part,) = (folder.history).rglob(f"{kind}/day=2*/*.parquet")
        other = part.with_name("other")
        duckdb.execute(
            f"COPY (SELECT * REPLACE ({column} || 'x' AS {column}) FROM read_parquet('{part}',"
            f" hive_partitioning = false)) TO '{other}' (FORMAT parquet)"
        )
        other.replace(part)
        checks = {"events": "history of events = log", "versions": "history of rows = log"}
        assert checks[kind] in checked(database, folder).counts


def test_a_manifest_that_lies_is_seen(database: str, folder: Folder) -> None:
    told = json.loads(folder.manifest.read_bytes())
    told["positions"]["0"] += 1
    folder.manifest.write_text(json.dumps(told))
    assert "manifest = published file" in checked(database, folder).counts


def test_positions_beyond_the_log_are_seen(database: str, folder: Folder) -> None:
    with connect(database) as connection:
        connection.execute('DELETE FROM event_log WHERE "offset" > 5')
    assert "positions are in the log" in checked(database, folder).counts
