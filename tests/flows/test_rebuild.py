"""`jobfinders rebuild`: the log alone is enough to make every row again."""

import pytest

from flows.rebuild import run
from models.errors import AlreadyRunning, SchemaTooNew
from models.settings import Settings
from storage.postgres.connect import connect
from tests.flows.driving import drain, put
from tests.flows.test_road import GOLDEN

_ROWS = """
    SELECT application_id, status, views, match_score, status_changes, flags, version
    FROM application_analytics
"""


def test_wrong_and_missing_rows_are_made_again(database: str, settings: Settings) -> None:
    put(database, (GOLDEN / "events.ndjson").read_bytes().splitlines())
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        before = connection.execute(_ROWS).fetchall()
        connection.execute("UPDATE application_analytics SET views = 99, status = 'hired'")
        connection.execute("UPDATE applications SET status = 'hired'")
        assert run(connection).mended == 1
        assert connection.execute(_ROWS).fetchall() == before
        told = connection.execute(
            "SELECT payload::jsonb -> 'data' FROM event_log ORDER BY \"offset\" DESC LIMIT 1"
        ).fetchone()
        assert told is not None
        assert told[0]["eventTypes"] == []
        assert told[0]["updatedFields"] == ["status", "views"]
        assert connection.execute("SELECT status FROM applications").fetchone() == ("withdrawn",)
        connection.execute("DELETE FROM application_analytics")
        assert run(connection).mended == 1
        assert connection.execute(_ROWS).fetchall() == before
        assert run(connection).mended == 0


def test_a_state_of_an_older_version_is_kept_anew(database: str, settings: Settings) -> None:
    put(database, (GOLDEN / "events.ndjson").read_bytes().splitlines())
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        connection.execute("UPDATE application_analytics SET fold_version = 0, state = 'old'")
        assert run(connection).mended == 0
        kept = connection.execute("SELECT fold_version, revision FROM application_analytics")
        assert kept.fetchone() == (1, 1)


def test_an_older_state_is_refolded_when_an_event_touches_it(
    database: str, settings: Settings
) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    put(database, lines[:-1])
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        connection.execute("UPDATE application_analytics SET fold_version = 0, state = 'old'")
    put(database, lines[-1:])
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        row = connection.execute("SELECT version, status, views FROM application_analytics")
        assert row.fetchone() == (16, "withdrawn", 1)


def test_rows_of_a_newer_version_are_left_alone(database: str, settings: Settings) -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    put(database, lines[:-1])
    drain(database, settings)
    with connect(database, autocommit=True) as connection:
        connection.execute("UPDATE application_analytics SET fold_version = 9, views = 99")
        with pytest.raises(SchemaTooNew, match="fold version 9"):
            run(connection)
    put(database, lines[-1:])
    with pytest.raises(SchemaTooNew, match="fold version 9"):
        drain(database, settings)
    with connect(database) as connection:
        kept = connection.execute("SELECT fold_version, views FROM application_analytics")
        assert kept.fetchall() == [(9, 99)]


def test_it_refuses_while_a_flow_is_running(database: str) -> None:
    with connect(database, autocommit=True) as flow, connect(database, autocommit=True) as other:
        run(flow)
        with pytest.raises(AlreadyRunning):
            run(other)
