"""What is published: the log's rows under stable names, with a manifest that tells of them."""

import hashlib
import os

import pytest

from models.errors import AlreadyRunning
from models.settings import Settings
from storage.duckdb.folder import Claim, Folder
from storage.duckdb.manifest import read_manifest
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.warehouse.driving import GOLDEN, publish, query

_A_MODEL_VERSION = """INSERT INTO model_versions
    (number, clock, labels, hired, base_rate, stage_rates, cold)
    VALUES (7, '2026-03-02T12:00:00+01', 7, 2, 0.25, '{}', true)"""


@pytest.fixture
def lines(database: str, settings: Settings) -> list[bytes]:
    """The golden application's events; the first ten are folded."""
    lines = GOLDEN.read_bytes().splitlines()
    put(database, lines[:10])
    drain(database, settings)
    return lines


def test_the_manifest_tells_what_is_published(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    folder = Folder(settings.warehouse_folder)
    manifest = publish(settings)
    file = folder.path / manifest.file
    assert manifest == read_manifest(folder.manifest)
    assert manifest.rows["applications"] == 1
    assert manifest.rows["events"] == 10
    assert manifest.positions == {0: 11}
    assert manifest.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert os.path.samefile(file, folder.latest)
    assert query(folder.latest, "SELECT version FROM v_applications") == [(10,)]


def test_a_second_version_leaves_the_first_alone(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    folder = Folder(settings.warehouse_folder)
    first = folder.path / publish(settings).file
    before = first.read_bytes()
    assert publish(settings).version == 1, "nothing has changed"
    put(database, lines[10:])
    drain(database, settings)
    assert publish(settings).version == 2
    assert first.read_bytes() == before
    assert query(folder.latest, "SELECT version, status FROM v_applications") == [(16, "withdrawn")]


def test_the_rows_are_those_of_postgres(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    put(database, lines[10:])
    drain(database, settings)
    publish(settings)
    columns = (
        "application_id, job_title, status, views, response_time_hours, match_score, flags,"
        " version, revision"
    )
    with connect(database) as connection:
        expected = connection.execute(f"SELECT {columns} FROM application_analytics").fetchall()
    latest = Folder(settings.warehouse_folder).latest
    assert query(latest, f"SELECT {columns} FROM v_applications") == expected


def test_another_log_makes_another_warehouse(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    first = publish(settings)
    with connect(database) as connection:
        connection.execute("UPDATE log SET id = gen_random_uuid()")
    second = publish(settings)
    assert second.version > first.version
    assert second.log_id != first.log_id
    assert second.generation != first.generation
    assert second.rows == first.rows


def test_a_second_writer_is_refused(settings: Settings) -> None:
    folder = Folder(settings.warehouse_folder)
    claim = Claim(folder)
    with pytest.raises(AlreadyRunning):
        Claim(folder)
    claim.release()
    Claim(folder).release()


def test_the_models_scores_are_taken_over(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    with connect(database) as connection:
        connection.execute(
            "INSERT INTO prediction_scores VALUES ('2026-03-02', 'served', false, 30, 4, 1, 0.6,"
            " 1.2, 0.5), ('2026-03-02', 'served', false, 39, 1, 1, 0.2, 1.6, 0.64)"
        )
        connection.execute(_A_MODEL_VERSION)
    file = Folder(settings.warehouse_folder).path / publish(settings).file
    [(predictions, hired, mean_p)] = query(
        file, "SELECT predictions, hired, mean_p FROM v_model_metrics"
    )
    assert (predictions, hired, mean_p) == (5, 2, 0.8 / 5)
    assert query(file, "SELECT tenth, hired_share FROM v_calibration") == [(1, 0.4)]
    assert query(file, "SELECT number, clock::VARCHAR, cold FROM model_versions") == [
        (7, "2026-03-02 11:00:00", True)
    ]


def test_a_version_has_what_the_model_has_learned_since(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    """Also where no event came with it."""
    first = publish(settings)
    with connect(database) as connection:
        connection.execute(
            "INSERT INTO prediction_scores VALUES ('2026-03-02', 'served', false, 30, 4, 1, 0.6,"
            " 1.2, 0.5)"
        )
    second = publish(settings)
    assert (first.version, second.version) == (1, 2)
    assert second.positions == first.positions
    file = Folder(settings.warehouse_folder).path / second.file
    assert query(file, "SELECT predictions FROM v_model_metrics") == [(4,)]
    assert publish(settings).version == 2, "nothing has changed"
    with connect(database) as connection:
        connection.execute(_A_MODEL_VERSION)
    third = publish(settings)
    assert third.version == 3
    file = Folder(settings.warehouse_folder).path / third.file
    assert query(file, "SELECT number FROM model_versions") == [(7,)]
    assert publish(settings).version == 3, "nothing has changed"


def test_what_was_taken_back_leaves_no_line(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    """Sums that were added and taken away again leave the last bits of their fractions."""
    with connect(database) as connection:
        connection.execute(
            "INSERT INTO prediction_scores VALUES ('2026-03-02', 'served', false, 30, 0, 0, 1e-17,"
            " 1e-16, 0.0), ('2026-03-03', 'served', false, 50, 1, 1, 0.25, 1.4, 0.56)"
        )
    file = Folder(settings.warehouse_folder).path / publish(settings).file
    assert query(file, "SELECT day::VARCHAR, predictions FROM v_model_metrics") == [
        ("2026-03-03", 1)
    ]
    assert query(file, "SELECT tenth, mean_p FROM v_calibration") == [(2, 0.25)]


def test_the_stable_name_follows_also_where_nothing_is_new(
    database: str, settings: Settings, lines: list[bytes]
) -> None:
    """A kill between the new link and its rename leaves the name with the version before."""
    folder = Folder(settings.warehouse_folder)
    first = publish(settings).file
    put(database, lines[10:])
    drain(database, settings)
    publish(settings)
    folder.name_latest(first)
    os.symlink("unfinished", folder.private / "latest.duckdb")
    present = folder.path / publish(settings).file
    assert os.path.samefile(folder.latest, present)
    assert query(folder.latest, "SELECT version FROM v_applications") == [(16,)]
    assert not (folder.private / "latest.duckdb").exists()
