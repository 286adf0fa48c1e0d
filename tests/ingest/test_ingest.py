"""`jobfinders ingest` against a real Postgres and the flow's real steps."""

import threading
from pathlib import Path

import typer
from typer.testing import CliRunner

from flows import ingest
from flows.feed import Feed
from flows.simulator import generate
from models.settings import Settings
from storage.postgres import ingest_runs
from storage.postgres.connect import connect
from tests.ingest.flowing import flow

END = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def lines(applications: int = 60, bad: float = 0.0) -> list[bytes]:
    return list(
        generate(seed=7, applications=applications, days=30, end=END, duplicates=0.05, bad=bad)
    )


def run(settings: Settings, *arguments: str) -> tuple[int, str, str]:
    app = typer.Typer()
    ingest.register(app)
    result = CliRunner().invoke(app, list(arguments), obj=settings)
    return result.exit_code, result.stdout, f"{result.exception!r}"


def count(url: str, table: str) -> int:
    with connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_the_counts_are_those_of_this_run(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.ndjson"
    events = lines(bad=0.05)
    path.write_bytes(b"\n\n".join(events))
    with flow(database, settings):
        code, first, _ = run(settings, str(path))
        again_code, again, _ = run(settings, str(path))
    assert (code, again_code) == (0, 0)
    dead = count(database, "dead_letters") // 2
    facts = count(database, "event_log WHERE type <> 'application.analytics_updated'")
    assert (
        first == f"accepted {facts}, duplicate {len(events) - facts - dead}, dead-lettered {dead}\n"
    )
    assert again == f"accepted 0, duplicate {len(events) - dead}, dead-lettered {dead}\n"
    assert count(database, "outbox") == 0


def test_a_missing_file_leaves_everything_out(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join(lines()))
    code, _, error = run(settings, str(path), str(tmp_path / "absent"))
    assert code != 0
    assert "absent: No such file" in error
    assert count(database, "outbox") == 0


def test_without_waiting_the_messages_are_in_the_outbox(
    settings: Settings, database: str, tmp_path: Path
) -> None:
    path = tmp_path / "events.ndjson"
    events = lines()
    path.write_bytes(b"\n".join(events))
    code, out, _ = run(settings, "--no-wait", str(path))
    assert code == 0
    assert out == f"accepted 0, duplicate 0, dead-lettered 0, waiting {len(events)}\n"
    assert count(database, "outbox") == len(events)


def test_who_waits_for_a_flow_that_does_not_run_is_told(settings: Settings, database: str) -> None:
    told: list[str] = []
    waiting = threading.Event()

    def tell(sentence: str) -> None:
        told.append(sentence)
        waiting.set()

    with Feed(database, "test", tell=tell) as feed:
        feed.put(lines(5))
        thread = threading.Thread(target=lambda: feed.wait(0))
        thread.start()
        assert waiting.wait(10)
        with flow(database, settings):
            thread.join(20)
    assert "no analytics flow is running" in told[0]
    assert "jobfinders up" in told[0]
    assert told[-1] == ""


def test_a_cut_connection_neither_loses_nor_doubles(database: str) -> None:
    events = lines()
    with Feed(database, "test") as feed:
        for begin in range(0, len(events), 100):
            feed.put(events[begin : begin + 100])
            with connect(database) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
    assert count(database, "outbox") == len(events)


def test_a_commit_whose_answer_was_lost_is_not_done_twice(database: str) -> None:
    events = lines(5)
    with Feed(database, "test") as feed:
        feed.put(events)
        feed.received = 0  # as if the answer had never come
        feed.put(events)
        assert feed.received == len(events)
        with connect(database) as connection:
            assert ingest_runs.counts(connection, feed.run).received == len(events)
    assert count(database, "outbox") == len(events)
