"""The embedded Postgres on folders as they come: long, awkward, half-made, left behind."""

import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.errors import ConfigurationError, Unavailable
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from storage.postgres.pool import make_pool
from tests.interrupted import left_behind

StartServer = Callable[[Path], Server]


@pytest.fixture
def start() -> Iterator[StartServer]:
    """Starts servers without fsync, and stops them after the test."""
    started: list[Server] = []

    def start_one(folder: Path) -> Server:
        server = Server(folder, durable=False)
        started.append(server)
        server.start()
        return server

    yield start_one
    for server in started:
        server.stop()


@pytest.mark.parametrize(
    "name", ["postgres", "p p/ä'ö", "a,b", 'q"\\', "deep/" + "x" * 120, "100%/a+b"], ids=repr
)
async def test_a_folder_of_any_name_serves_both_drivers(
    tmp_path: Path, start: StartServer, name: str
) -> None:
    server = start(tmp_path / name)
    pool = await make_pool(server.url(), 1)
    assert await pool.fetchval("SELECT lower('ÄÖ') = 'äö' AND 'Ärger' ILIKE 'ä%'")
    assert await pool.fetchval("SHOW fsync") == "off"
    await pool.close()
    server.stop()
    assert server.pid() is None


def test_the_server_is_durable_unless_a_test_asks(tmp_path: Path) -> None:
    server = Server(tmp_path / "postgres")
    try:
        with connect(server.start()) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
    finally:
        server.stop()


def test_a_running_server_is_adopted_and_stopped_by_another(
    tmp_path: Path, start: StartServer
) -> None:
    first = start(tmp_path / "postgres")
    second = start(tmp_path / "postgres")
    assert first.pid() == second.pid() is not None
    second.stop()
    assert first.pid() is None


def test_starts_at_the_same_time_make_one_server(tmp_path: Path, start: StartServer) -> None:
    threads = [threading.Thread(target=start, args=(tmp_path / "postgres",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with connect(start(tmp_path / "postgres").url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_data_survives_a_killed_server(tmp_path: Path) -> None:
    server = Server(tmp_path / "postgres")
    try:
        with connect(server.start()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        victim = server.pid()
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        with connect(server.start()) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
        assert server.pid() != victim
    finally:
        server.stop()


def test_a_pid_file_whose_number_is_somebody_else_s_by_now(
    tmp_path: Path, start: StartServer
) -> None:
    server = start(tmp_path / "postgres")
    file = tmp_path / "postgres" / "postmaster.pid"
    lines = file.read_text().splitlines(keepends=True)
    server.stop()
    owner = (tmp_path / "postgres").stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as other:
        try:
            file.write_text("".join([f"{other.pid}\n", *lines[1:]]))
            assert server.pid() is None
            start(tmp_path / "postgres")
            assert server.pid() not in (None, other.pid)
            server.stop()
            assert other.poll() is None
        finally:
            other.kill()


def test_a_half_made_cluster_is_made_anew(tmp_path: Path, start: StartServer) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert start(tmp_path / "postgres").pid() is not None


def test_sessions_do_not_delay_the_stop(tmp_path: Path, start: StartServer) -> None:
    server = start(tmp_path / "postgres")
    with connect(server.url()) as idle:
        idle.execute("CREATE TABLE held AS SELECT 1")
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 7
        idle.close()


def test_nobody_else_reaches_the_socket(tmp_path: Path, start: StartServer) -> None:
    for name in ("postgres", "x" * 150):
        server = start(tmp_path / name)
        folder = server._socket_folder()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        with connect(server.url()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_folder_of_another_postgres_version_is_refused(
    tmp_path: Path, start: StartServer
) -> None:
    start(tmp_path / "postgres").stop()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ConfigurationError, match="is of Postgres 17"):
        start(tmp_path / "postgres")


def test_a_folder_that_is_no_cluster_is_refused(tmp_path: Path, start: StartServer) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(ConfigurationError, match="cannot use the folder"):
        start(tmp_path / "postgres")


def test_it_says_why_it_does_not_start(tmp_path: Path, start: StartServer) -> None:
    start(tmp_path / "postgres").stop()
    (tmp_path / "postgres" / "global" / "pg_control").unlink()
    with pytest.raises(Unavailable, match="could not find the database system"):
        start(tmp_path / "postgres")


@pytest.mark.parametrize("program", ["initdb", "postgres"])
def test_a_signal_as_a_program_is_started_leaves_none_behind(tmp_path: Path, program: str) -> None:
    assert left_behind("postgres", tmp_path / "postgres", program) == []
