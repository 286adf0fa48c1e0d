"""The history: raw events and every row version as Parquet, and the warehouse as it was."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from models.errors import InvalidRequest, NotFound
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.reader import as_of, open_latest
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.warehouse.driving import GOLDEN, publish


def listed(folder: Folder, kind: str) -> list[str]:
    """Paths of the parts that the present version lists."""
    with open_latest(folder.path) as latest:
        names = latest.execute(
            "SELECT name FROM history_parts WHERE kind = $1 ORDER BY name", [kind]
        ).fetchall()
    return [str(folder.path / name) for (name,) in names]


def test_every_event_and_every_row_is_kept(database: str, settings: Settings) -> None:
    """Also where small parts were put together: sixteen of a level become one, and stay
    themselves for who is reading them."""
    folder = Folder(settings.warehouse_folder)
    for line in GOLDEN.read_bytes().splitlines():
        put(database, [line])
        drain(database, settings)
        publish(settings)
    with connect(database) as connection:
        log = connection.execute(
            'SELECT "offset", id, payload FROM event_log WHERE type <> $1 ORDER BY "offset"',
            ("application.analytics_updated",),
        ).fetchall()
        revisions = connection.execute("SELECT revision FROM application_analytics").fetchone()
    events = duckdb.execute(
        'SELECT "offset", id, payload FROM read_parquet($1) ORDER BY "offset"',
        [listed(folder, "events")],
    ).fetchall()
    assert events == log
    versions = duckdb.execute(
        "SELECT revision FROM read_parquet($1) ORDER BY revision", [listed(folder, "versions")]
    ).fetchall()
    assert revisions is not None
    assert versions == [(number,) for number in range(1, revisions[0] + 1)]
    assert len(versions) == 16
    levels = [Path(name).stem[-2:] for name in listed(folder, "events")]
    assert levels == ["-0", "-1"], "the one that holds nothing, and the sixteen"
    assert len(list(folder.history.rglob("events/*/*.parquet"))) == 1 + 16 + 1


def test_the_warehouse_as_it_was(database: str, settings: Settings) -> None:
    folder = Folder(settings.warehouse_folder)
    moments: list[tuple[datetime, list[tuple[object, ...]]]] = []
    lines = GOLDEN.read_bytes().splitlines()
    before = datetime.now(UTC)
    for some in (lines[:1], lines[1:5], lines[5:9], lines[9:]):
        put(database, some)
        drain(database, settings)
        publish(settings)
        with open_latest(folder.path) as latest:
            rows = latest.execute("FROM v_applications").fetchall()
            rows += latest.execute("FROM v_status_changes").fetchall()
            rows += latest.execute("FROM v_daily_funnel").fetchall()
            rows += latest.execute("FROM v_response_times").fetchall()
            rows += latest.execute("FROM v_volume ORDER BY ALL").fetchall()
        moments.append((datetime.now(UTC), rows))
    for moment, rows in moments:
        with as_of(moment, folder.path) as then:
            found = then.execute("FROM v_applications").fetchall()
            found += then.execute("FROM v_status_changes").fetchall()
            found += then.execute("FROM v_daily_funnel").fetchall()
            found += then.execute("FROM v_response_times").fetchall()
            found += then.execute("FROM v_volume ORDER BY ALL").fetchall()
        assert found == rows
    for moment in (before, before - timedelta(days=400), datetime.min.replace(tzinfo=UTC)):
        with as_of(moment, folder.path) as then:
            assert then.execute("SELECT count(*) FROM v_applications").fetchone() == (0,)
            assert then.execute("SELECT count(*) FROM events").fetchone() == (0,)


def test_what_cannot_be_asked(settings: Settings) -> None:
    with pytest.raises(NotFound):
        open_latest(settings.warehouse_folder)
    with pytest.raises(InvalidRequest):
        as_of(datetime(2026, 1, 1), settings.warehouse_folder)
