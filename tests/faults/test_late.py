"""Messages that become visible late, and old snapshots, lose nothing."""

from collections.abc import Callable

import pytest

from storage.postgres.connect import connect
from storage.postgres.outbox import Reader
from tests.faults import oracle, owners
from tests.faults.traffic import Traffic

Make = Callable[..., Traffic]
_INSERT = """INSERT INTO outbox (seq, partition, payload) OVERRIDING SYSTEM VALUE
    VALUES ($1, 0, $2)"""
_PATIENCE_S = 5.0


@pytest.mark.parametrize("others", [1, 999, 1_000, 1_001, 3_000])
def test_a_message_that_commits_behind_many_others_is_found(
    make_traffic: Make, others: int
) -> None:
    traffic = make_traffic(applications=500, bad=0.0)
    owner = owners.partition(traffic, batch_events=5_000)
    (late,) = traffic.take(1)
    with connect(traffic.url) as slow:
        slow.execute("INSERT INTO outbox (partition, payload) VALUES (0, $1)", (late,))
        traffic.put(traffic.take(others))
        owners.drain(owner)
        with traffic.file.open("ab") as file:
            file.write(late + b"\n")
        traffic.sent += 1

    def found() -> bool:
        owners.drain(owner)
        return oracle.waiting(traffic.url) == 0

    oracle.until(found, _PATIENCE_S, "finding the late message")
    owner.close()
    oracle.check(traffic)


@pytest.mark.parametrize("behind", [999, 1_000, 1_001])
def test_no_place_falls_between_poll_and_sweep(make_traffic: Make, behind: int) -> None:
    """Nothing else comes any more that would move the window on."""
    traffic = make_traffic()
    with connect(traffic.url, autocommit=True) as connection:
        reader = Reader(connection, 0)
        connection.execute(_INSERT, (5_000, b"first"))
        reader.settled([message.offset for message in reader.read(10, 0.0)])
        connection.execute("DELETE FROM outbox")
        connection.execute(_INSERT, (5_000 - behind, b"late"))
        found = [
            message.payload for turn in range(1, 4) for message in reader.read(10, 10.0 * turn)
        ]
    assert found == [b"late"]


def test_an_old_snapshot_hides_nothing(make_traffic: Make) -> None:
    traffic = make_traffic(applications=400)
    owner = owners.partition(traffic, batch_events=50)
    with connect(traffic.url) as old:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM outbox")
        for _ in range(20):
            traffic.feed(100)
            traffic.write(1)
            owners.drain(owner)
        oracle.check(traffic)
        seen = old.execute("SELECT count(*) FROM outbox").fetchone()
    owner.close()
    assert seen == (0,)
    assert oracle.waiting(traffic.url) == 0
