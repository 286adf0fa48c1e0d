"""Signals that would end this process, held while it starts another one."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_HELD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_held() -> Iterator[None]:
    """They wait until the block is done: a process that was started, but whose number nobody
    has noted yet, would be left behind. What is started begins with them held, too: Postgres
    and Java set that right themselves."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
