"""A server that `up` watches."""

import os
import signal
import time
from pathlib import Path

from flows.servers import Watched
from storage.postgres.embedded import Server


def test_one_that_cannot_start_again_is_tried_ever_later(tmp_path: Path) -> None:
    server = Server(tmp_path / "postgres", durable=False)
    told: list[str] = []
    watched = Watched("Postgres", server, server.start, told.append)
    watched.start()
    watched._backoff.started(time.monotonic() - 60)  # it ran for a minute
    try:
        os.kill(server.pid() or 0, signal.SIGKILL)
        control = tmp_path / "postgres" / "global" / "pg_control"
        control.rename(tmp_path / "kept")
        while len(told) < 4:
            watched.tend()
            time.sleep(0.05)
        delays = [text.rpartition("again in ")[2] for text in told[1:]]
        assert delays == ["0.1 s", "0.2 s", "0.4 s"], told
        assert "does not start: could not find the database system: again" in told[-1]
        (tmp_path / "kept").rename(control)
        while not told[-1].startswith("postgres started again as process "):
            watched.tend()
            time.sleep(0.05)
    finally:
        watched.stop()
