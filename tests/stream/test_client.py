"""Queue and ring: bounded, in order, and honest about what was dropped."""

from hypothesis import given
from hypothesis import strategies as st

from api.stream.client import Client, Item
from api.stream.ring import Ring, joined, moved, next_offset, reached
from storage.postgres.event_log import Audience, Entry, Positions

FACT = "application.viewed_by_employer"
ROW = "application.analytics_updated"


def entry(offset: int, application: str = "a1", kind: str = FACT, partition: int = 0) -> Entry:
    return Entry(partition, offset, 0, False, application, "ada", kind, f"payload {offset}")


def item(offset: int, application: str = "a1", kind: str = FACT) -> Item:
    return Item(entry(offset, application, kind), (offset + 1,))


def offsets(items: list[Item]) -> list[int]:
    return [one.entry.offset for one in items]


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def stuck(capacity: int) -> Client:
    """A client whose connection has taken nothing for a while."""
    clock = Clock()
    client = Client(capacity, clock)
    clock.now_s = 5
    return client


def test_a_client_in_time_gets_all_in_order() -> None:
    client = Client(3)
    for offset in range(3):
        client.offer(item(offset))
    taken = client.take()
    assert (offsets(taken.items), taken.missed) == ([0, 1, 2], False)
    assert client.take().items == []


def test_a_full_queue_keeps_the_newest_row_of_each_application() -> None:
    client = stuck(3)
    client.offer(item(0, "a1", ROW))
    client.offer(item(1, "a2", ROW))
    for offset in range(2, 9):
        client.offer(item(offset))
    client.offer(item(9, "a1", ROW))
    taken = client.take()
    assert (offsets(taken.items), taken.missed) == ([1, 9], True)
    client.offer(item(10))
    assert client.take() == ([item(10)], False)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([FACT, ROW])), max_size=200))
def test_a_client_never_holds_more_than_its_bound(offered: list[tuple[int, str]]) -> None:
    client = stuck(8)
    newest: dict[str, int] = {}
    for offset, (application, kind) in enumerate(offered):
        client.offer(item(offset, f"a{application}", kind))
        if kind == ROW:
            newest[f"a{application}"] = offset
    taken = client.take()
    assert len(taken.items) <= 8
    assert offsets(taken.items) == sorted(offsets(taken.items))
    assert taken.missed == (len(offered) > 8)
    if taken.missed:
        assert offsets(taken.items) == sorted(newest.values())[-8:]


def test_a_large_payload_fills_the_queue_too() -> None:
    client = stuck(1_000)
    for offset in range(40):
        client.offer(Item(entry(offset)._replace(payload="x" * 250_000), (offset + 1,)))
    assert client.take() == ([], True)


def test_one_that_keeps_up_leaves_a_burst_to_the_log_and_loses_nothing() -> None:
    client = Client(3, Clock())
    assert [client.offer(item(offset)) for offset in range(4)] == [True] * 3 + [False]
    taken = client.take()
    assert (offsets(taken.items), taken.missed) == ([0, 1, 2], False)
    assert client.left_at == (3,)


@given(
    st.lists(st.integers(0, 2), max_size=60),
    st.integers(1, 80),
    st.tuples(st.integers(0, 25), st.integers(0, 25), st.integers(0, 25)),
)
def test_the_ring_gives_exactly_what_follows_or_says_that_it_cannot(
    partitions: list[int], size: int, known: Positions
) -> None:
    ring = Ring(size, 10_000_000)
    ring.restart(())
    positions: Positions = ()
    log: list[Entry] = []
    for partition in partitions:
        offset = next_offset(positions, partition)
        positions = moved(positions, partition, offset + 1)
        log.append(entry(offset, partition=partition))
        ring.append(Item(log[-1], positions))
    if len(log) <= size:
        assert ring.covers(known)
    if ring.covers(known):
        since = ring.since(known, Audience("ada"))
        assert [one.entry for one in since] == [
            one for one in log if one.offset >= known[one.partition]
        ]
        at = known
        for one in since:  # a cursor never goes back
            assert reached(one.after, at)
            at = one.after
        assert (
            since == [] or at == joined(positions, known) or reached(joined(positions, known), at)
        )


def test_the_ring_tells_audiences_apart() -> None:
    ring = Ring(10, 1_000)
    for offset, application in enumerate(["a1", "a2", "a1"]):
        ring.append(item(offset, application))
    assert offsets(ring.since((), Audience("ada", "a1"))) == [0, 2]
    assert offsets(ring.since((1,), Audience("ada"))) == [1, 2]
    assert ring.since((), Audience("bob")) == []


def test_the_ring_is_bounded_by_characters() -> None:
    ring = Ring(1_000, 50)
    for offset in range(100):
        ring.append(item(offset))
    assert not ring.covers((0,))
    assert ring.covers((98,))
