"""Servers that `up` starts but that outlive it if need be: watched by their process id."""

import time
from collections.abc import Callable
from typing import Protocol

from flows.supervisor import Backoff
from models.errors import Unavailable

Say = Callable[[str], None]


class Watchable(Protocol):
    """The embedded Postgres, the local Kafka."""

    def pid(self) -> int | None:
        """Of the running server, None when there is none."""
        ...

    def stop(self) -> None:
        """Stop it, whoever started it."""
        ...


class Watched:
    """Started, and started again when it has gone; `say` hears of it."""

    def __init__(self, name: str, server: Watchable, start: Callable[[], str], say: Say) -> None:
        self._name = name
        self._server = server
        self._start = start
        self._say = say
        self._pid: int | None = None
        self._backoff = Backoff()

    def start(self) -> str:
        """Start it; returns where it is."""
        self._say(f"starting {self._name}")
        where = self._start()
        self._pid = self._server.pid()
        self._backoff.started(time.monotonic())
        return where

    def tend(self) -> None:
        """Start it again when it has gone."""
        now = time.monotonic()
        name = self._name.lower()
        if self._pid is not None and self._server.pid() != self._pid:
            self._pid = None
            delay = self._backoff.ended(now)
            self._say(f"{name} was killed: again in {delay:.1f} s")
        if self._pid is None and now >= self._backoff.due:
            try:
                self._start()
            except Unavailable as error:
                now = time.monotonic()
                self._backoff.started(now)  # it never ran, however well the one before did
                delay = self._backoff.ended(now)
                self._say(f"{error.message}: again in {delay:.1f} s")
                return
            self._pid = self._server.pid()
            self._backoff.started(time.monotonic())
            self._say(f"{name} started again as process {self._pid}")

    def stop(self) -> None:
        """Stop it."""
        self._server.stop()
