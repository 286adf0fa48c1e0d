"""A session that its client has lost, and that commits all the same, later."""

import os
import signal
import socket
from collections.abc import Callable

import pytest

from flows.feed import Feed
from storage.postgres.connect import Connection
from tests.faults import oracle
from tests.faults.hooked import hook
from tests.faults.points import COMMIT
from tests.faults.traffic import Traffic

Make = Callable[..., Traffic]
_BEFORE, _AMID, _ = COMMIT


@pytest.mark.parametrize("chunks_before", [0, 2])
def test_what_it_commits_is_not_put_in_again(make_traffic: Make, chunks_before: int) -> None:
    traffic = make_traffic()
    told: list[str] = []
    lost: list[int] = []

    def tell(sentence: str) -> None:
        told.append(sentence)
        if len(told) == 2:  # a second attempt has met the session that was lost
            os.kill(lost[0], signal.SIGCONT)

    with Feed(traffic.url, "test", tell=tell) as feed:
        for _ in range(chunks_before):
            feed.put(traffic.take(20))
        connection = feed._connection
        assert connection is not None
        _lose_at_commit(connection, lost)
        try:
            feed.put(traffic.take(20))
        except BaseException:
            os.kill(lost[0], signal.SIGCONT)
            raise
        feed.put(traffic.take(20))
        expected = 20 * (chunks_before + 2)
        assert feed.received == feed.counts().received == expected
    assert len(told) >= 2
    assert oracle.rows(traffic.url, "outbox") == expected


def _lose_at_commit(connection: Connection, lost: list[int]) -> None:
    """Its process is stopped before it reads COMMIT, and the client's end is then cut."""

    def act(point: str, _: bool) -> None:
        if point == _BEFORE and not lost:
            lost.append(connection.info.backend_pid)
            os.kill(lost[0], signal.SIGSTOP)
        elif point == _AMID and lost:
            with socket.socket(fileno=os.dup(connection.fileno())) as ours:
                ours.shutdown(socket.SHUT_RDWR)

    hook(connection, act)
