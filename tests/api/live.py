"""The API behind a real socket, for clients that need one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from api.app import create
from models.settings import Settings


@contextmanager
def listening(settings: Settings) -> Iterator[str]:
    """Base URL of a server in a thread of its own, on a random port."""
    config = uvicorn.Config(
        create(settings), port=0, log_level="critical", access_log=False, proxy_headers=False
    )
    started = threading.Event()

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

    server = Announced(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert started.wait(10)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
