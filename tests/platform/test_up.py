"""`jobfinders up`: parts that die come back, all of it goes when told, nothing is left."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from models.role import Role
from storage.development_tokens import sign
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from storage.postgres.migrate import migrate
from tests.platform.driving import RECOVERY_S, START_S, STOP_S, Up, run, wait_until

_numbers = count(1)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One running product for the tests that do not end it."""
    with Up(tmp_path_factory.mktemp("a path with spaces") / "data") as product:
        yield product


def works_again(up: Up) -> None:
    """An event put in now is folded, and the API answers, within the promised time."""
    wait_until(up.server.pid, RECOVERY_S, "Postgres is back")
    before = up.accepted()
    up.feed(next(_numbers))
    wait_until(lambda: up.accepted() > before, RECOVERY_S, "the flow folds again")
    wait_until(up.answers, RECOVERY_S, "the API answers")


@pytest.mark.parametrize("part", ["flow", "api"])
def test_a_killed_part_is_restarted_and_reported(up: Up, part: str) -> None:
    victim = up.state().parts[part]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: up.state().parts.get(part, victim) != victim, RECOVERY_S, "restarted")
    works_again(up)
    assert up.said(f"^{part} was killed \\(SIGKILL\\)")
    assert up.said(f"^{part} started again as process {up.state().parts[part]}$")


def test_a_killed_postgres_is_restarted_and_reported(up: Up) -> None:
    victim = up.server.pid()
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: up.server.pid() not in (None, victim), RECOVERY_S, "restarted")
    wait_until(lambda: up.said("^postgres started again"), RECOVERY_S, "reported")
    works_again(up)
    assert up.said("^postgres was killed")


def test_a_second_start_on_the_folder_says_so(up: Up) -> None:
    second = run(up.data, "up", "--port", "0")
    assert second.returncode == 1
    assert second.stderr.startswith(f"jobfinders: already running on {up.data} (process ")
    assert second.stderr.count("\n") == 1
    works_again(up)


def test_a_busy_port_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run(tmp_path / "data", "up", "--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"jobfinders: cannot listen on 127.0.0.1:{port}: address")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "data" / "postgres").exists()


def test_nobody_is_let_in_without_a_password_where_no_demo_was_asked_for(up: Up) -> None:
    assert httpx.get(f"{up.state().api}/demo").json() == {"accounts": []}


def test_other_commands_find_the_running_product(up: Up) -> None:
    assert run(up.data, "url", "api").stdout.strip() == up.state().api
    assert run(up.data, "url", "postgres").stdout.strip() == up.server.url()
    status = run(up.data, "status")
    assert status.returncode == 0
    assert f"running as process {up.process.pid}" in status.stdout


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_within_ten_seconds(tmp_path: Path, how: signal.Signals) -> None:
    with Up(tmp_path / "data") as up:
        works_again(up)
        assert len(up.processes()) > 5
        assert up.interrupt(how) < STOP_S
        assert up.process.returncode == 0
        assert up.left() == []


def test_down_ends_everything(tmp_path: Path) -> None:
    with Up(tmp_path / "data") as up:
        up.processes()
        assert run(up.data, "down").stdout == "stopped\n"
        assert up.process.wait(STOP_S) == 0
        assert up.left() == []
        assert run(up.data, "down").stdout == "nothing was running\n"
        for offline in ("migrate", "verify", "rebuild"):
            ended = run(up.data, offline)
            assert ended.returncode == 0, ended.stderr
            assert up.server.pid() is None


def test_a_killed_supervisor_takes_its_parts_along_and_the_next_start_recovers(
    tmp_path: Path,
) -> None:
    with Up(tmp_path / "data") as up:
        works_again(up)
        parts = up.state().parts
        up.processes()
        up.process.kill()
        up.process.wait()
        left = {process.pid for process in up.left()}
        wait_until(
            lambda: (
                not left.intersection(parts.values())
                or not {p.pid for p in up.left()}.intersection(parts.values())
            ),
            STOP_S,
            "the parts are gone",
        )
        with Up(tmp_path / "data") as again:
            assert again.accepted() == 1
            works_again(again)
            again.processes()
            assert again.interrupt() < STOP_S
            assert again.left() == []


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path / "data" / "postgres")
    try:
        url = server.start()
        migrate(url)
        with connect(url) as connection:
            connection.execute(
                "INSERT INTO schema_migrations (version, name, hash) VALUES (9999, 'later', '')"
            )
    finally:
        server.stop()
    for command in (("up", "--port", "0"), ("rebuild",), ("verify",), ("publish",)):
        ended = run(tmp_path / "data", *command)
        assert ended.returncode == 1, command
        assert "newer version of jobfinders (schema 9999" in ended.stderr
        assert ended.stderr.count("\n") == 1
        assert server.pid() is None


def test_open_streams_do_not_delay_the_end(tmp_path: Path) -> None:
    with Up(tmp_path / "data") as up, ExitStack() as clients:
        api = urlsplit(up.state().api)
        address = (str(api.hostname), int(api.port or 0))
        for user in range(40):
            token = sign(up.settings, f"user_{user}", Role.USER, 300, issued_at=int(time.time()))
            lines = (
                "GET /api/stream HTTP/1.1",
                "Host: t",
                f"Authorization: Bearer {token}",
                "",
                "",
            )
            for _ in range(up.settings.streams_per_user):
                client = clients.enter_context(socket.create_connection(address))
                client.sendall("\r\n".join(lines).encode())
                assert client.recv(100).startswith(b"HTTP/1.1 200")
        up.processes()
        assert up.interrupt() < STOP_S
        assert up.process.returncode == 0
        assert up.left() == []


def test_demo_traffic_has_its_history_once(tmp_path: Path) -> None:
    with Up(tmp_path / "data", "--demo") as up:
        assert httpx.get(f"{up.state().api}/demo").json()["accounts"] != []
        wait_until(lambda: up.live().accepted > 15_000, 60, "90 days are loaded")
        wait_until(lambda: up.live().waiting < 10, 30, "and folded")
        assert up.interrupt() < STOP_S
    with Up(tmp_path / "data", "--demo") as again:
        before = again.accepted()
        wait_until(lambda: again.accepted() > before + 5, 30, "it goes on")
        assert again.accepted() < before + 1_000


@pytest.mark.parametrize("delay_s", [0, 0.2, 0.5, 0.9])
def test_a_signal_while_it_starts_leaves_nothing(tmp_path: Path, delay_s: float) -> None:
    data = tmp_path / "data"
    up = Up(data)
    try:
        wait_until(lambda: up.said("^starting Postgres"), START_S, "it began")
        time.sleep(delay_s)  # not for synchronisation: any moment of the start will do
        assert up.interrupt() < STOP_S
        assert up.process.returncode == 0, up.text()
        assert [p for p in psutil.process_iter(["cmdline"]) if _names(p, data)] == []
    finally:
        up.destroy()


def _names(process: psutil.Process, folder: Path) -> bool:
    return any(str(folder) in word for word in process.info["cmdline"] or ())
