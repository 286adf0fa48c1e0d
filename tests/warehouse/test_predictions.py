"""Every served probability is in the warehouse, as the log tells it, with what became of it."""

import json
from datetime import UTC, datetime

import duckdb
import pytest

from flows.verify import verify
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import read_manifest
from storage.duckdb.reader import as_of
from storage.postgres.connect import connect
from tests.learning.studying import live_through, study, world
from tests.platform.driving import run
from tests.warehouse.driving import publish, query

_ALL = "FROM v_predictions ORDER BY ALL"


@pytest.fixture
def folder(database: str, settings: Settings) -> Folder:
    """A warehouse with predictions of a model that has learned from most of a small world."""
    lines = world(150)
    split = len(lines) * 2 // 3
    live_through(database, settings, lines[:split], size=2_000)
    study(database)
    live_through(database, settings, lines[split:], size=300)
    publish(settings)
    return Folder(settings.warehouse_folder)


def test_they_are_those_of_the_log(database: str, folder: Folder) -> None:
    with connect(database) as connection:
        told = [
            json.loads(payload)["data"]
            for (payload,) in connection.execute(
                "SELECT payload FROM event_log WHERE type = 'application.analytics_updated'"
            )
        ]
        statuses = dict(
            connection.execute("SELECT application_id, status FROM application_analytics")
        )
    label = {"hired": True, "rejected": False}
    expected = [
        (
            data["analytics"]["applicationId"],
            datetime.fromisoformat(said["computedAt"]).astimezone(UTC).replace(tzinfo=None),
            data["analytics"]["status"],
            *(said[name] for name in ("p", "low", "high", "modelVersion", "labelsSeen")),
            said["coldStart"],
            label.get(statuses[data["analytics"]["applicationId"]]),
        )
        for data in told
        if (said := data.get("successProbability"))
    ]
    found = query(folder.latest, _ALL)
    assert len(found) > 50
    assert {row[-1] for row in found} == {True, False, None}
    assert sorted(map(str, found)) == sorted(map(str, expected))


def test_verify_sees_what_is_wrong_with_them(database: str, folder: Folder) -> None:
    file = folder.path / read_manifest(folder.manifest).file
    file.chmod(0o644)
    whole = file.read_bytes()
    assert verify(database, warehouse=folder.path).clean
    for damage in (
        'DELETE FROM predictions USING (SELECT min("offset") AS first FROM predictions)'
        ' WHERE "offset" = first',
        "UPDATE predictions SET p = p + 1e-15",
        "UPDATE predictions SET computed_at = computed_at + INTERVAL 1 MICROSECOND",
        "INSERT INTO predictions SELECT * FROM predictions LIMIT 1",
    ):
        with duckdb.connect(str(file)) as connection:
            connection.execute(damage)
        assert "predictions = log" in verify(database, warehouse=folder.path).counts, damage
        file.write_bytes(whole)


def test_made_anew_and_as_they_were_they_are_the_same(
    database: str, settings: Settings, folder: Folder
) -> None:
    before = query(folder.latest, _ALL)
    with as_of(datetime.now(UTC), folder.path) as now:
        assert now.execute(_ALL).fetchall() == before
    with as_of(datetime(2020, 1, 1, tzinfo=UTC), folder.path) as never:
        assert never.execute(_ALL).fetchall() == []
    told = run(settings.data, "rebuild", "--warehouse", postgres_url=database)
    assert told.returncode == 0, told.stderr
    assert query(folder.latest, _ALL) == before
