"""`jobfinders ingest` as a process: interrupted, piped, and with a Postgres that dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flows.feed import Feed
from flows.simulator import generate
from models.events import LINE_BYTES_MAX
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from storage.postgres.migrate import migrate
from tests.ingest.flowing import flow

END = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
PATIENCE_S = 60.0


def start(url: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "ingest", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "JOBFINDERS_POSTGRES_URL": url},
    )


def in_outbox(url: str) -> int:
    with connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM outbox").fetchone()
    assert row is not None
    return int(row[0])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_ctrl_c_while_waiting_keeps_what_was_put_in(database: str, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    lines = list(generate(seed=1, applications=20, days=30, end=END))
    path.write_bytes(b"\n".join(lines))
    process = start(database, str(path))
    until(lambda: in_outbox(database) == len(lines))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert f"{len(lines)} messages were put in".encode() in errors
    assert b"Traceback" not in errors
    assert in_outbox(database) == len(lines)


def test_a_pipe_is_taken_as_it_comes_with_whatever_is_in_it(
    database: str, settings: Settings
) -> None:
    line = next(generate(seed=1, applications=20, days=30, end=END))
    process = start(database, "-")
    assert process.stdin is not None
    process.stdin.write(line + b"\n")
    process.stdin.flush()
    until(lambda: in_outbox(database) == 1)
    with flow(database, settings):
        long = b"x" * (3 << 20)
        rest = b"\n\n" + line + b"\nnot json\n" + b"y" * (LINE_BYTES_MAX + 1) + b"\n" + long
        out, errors = process.communicate(rest, timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    assert out == b"accepted 1, duplicate 1, dead-lettered 3\n"


def test_postgres_may_be_killed_in_between(tmp_path: Path) -> None:
    server = Server(tmp_path / "postgres")
    url = server.start()
    try:
        migrate(url)
        lines = list(generate(seed=1, applications=2_000, days=90, end=END))
        begun, told = threading.Event(), threading.Event()

        def tell(sentence: str) -> None:
            if sentence:
                told.set()

        def put() -> None:
            with Feed(url, "test", tell=tell) as feed:
                for begin in range(0, len(lines), 50):
                    feed.put(lines[begin : begin + 50])
                    begun.set()

        thread = threading.Thread(target=put)
        thread.start()
        assert begun.wait(PATIENCE_S)
        pid = server.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert told.wait(PATIENCE_S)
        server.start()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert in_outbox(url) == len(lines)
    finally:
        server.stop()
