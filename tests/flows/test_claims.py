"""Processes of one flow share its partitions, whoever comes and goes."""

from datetime import timedelta

import pytest

from flows.analytics import now_us
from flows.claims import Claims
from flows.inputs import PartitionsReader
from flows.partition import Partition
from flows.sources import source_of
from flows.verify import verify
from models.errors import AlreadyRunning
from models.settings import Settings
from storage.postgres.claims import Members
from storage.postgres.connect import connect
from tests.flows.driving import put, step
from tests.kafka.driving import counted, until
from tests.platform.driving import event

_WITHIN_S = 10.0


def _process(settings: Settings, url: str) -> Claims:
    """What one flow process holds."""
    source = source_of(settings, url, now_us)

    def claim(index: int) -> Partition:
        return Partition(settings, url, index, now_us, source=source, patience_s=0)

    return Claims(url, source, claim)


def _balanced(processes: list[Claims], partitions: int) -> bool:
    for process in processes:
        process.tend()
    sizes = sorted(len(process.owned) for process in processes)
    owned = {index for process in processes for index in process.owned}
    return owned == set(range(partitions)) and sizes[-1] - sizes[0] <= 1


@pytest.mark.parametrize("partitions", [4])
def test_partitions_go_where_processes_are(settings: Settings, database: str) -> None:
    """With events under way that are handed over half folded."""
    processes = [_process(settings, database)]
    assert len(processes[0].owned) == 4
    for _ in range(2):
        put(database, [event(len(processes) * 100 + n) for n in range(50)])
        for partition in processes[0].owned.values():
            partition.read()  # in flight when the next process comes
        processes.append(_process(settings, database))
        until(lambda: _balanced(processes, 4), "shared", _WITHIN_S)
    gone = processes.pop(0)
    gone.leave()
    until(lambda: _balanced(processes, 4), "the others go on", _WITHIN_S)

    def folded() -> bool:
        owned = [partition for process in processes for partition in process.owned.values()]
        return not sum(step(partition) for partition in owned) and counted(database) == 100

    until(folded, "everything is folded")
    for process in processes:
        process.leave()
    report = verify(database)
    assert report.clean, report


@pytest.mark.parametrize("partitions", [4])
def test_partitions_of_a_process_take_turns_and_share_its_batch(
    settings: Settings, database: str
) -> None:
    small = settings.model_copy(update={"batch_events": 40})
    put(database, [event(number) for number in range(800)])
    first = _process(small, database)
    assert _pieces(first, 8) == [(0, 10), (1, 10), (2, 10), (3, 10)] * 2
    second = _process(small, database)
    until(lambda: _balanced([first, second], 4), "shared", _WITHIN_S)
    assert [size for _, size in _pieces(second, 4)] == [20] * 4
    first.leave()
    until(lambda: _balanced([second], 4), "all its own", _WITHIN_S)
    # What had been read ahead by then comes first.
    assert [size for _, size in _pieces(second, 8)[4:]] == [10] * 4
    second.leave()


@pytest.mark.parametrize("partitions", [4])
def test_a_batch_is_shared_by_the_partitions_that_have_work(
    settings: Settings, database: str
) -> None:
    put(database, [event(number) for number in range(400)], partition=2)
    process = _process(settings.model_copy(update={"batch_events": 40}), database)
    assert _pieces(process, 6)[3:] == [(2, 40)] * 3
    put(database, [event(number) for number in range(400, 800)])
    assert _pieces(process, 12)[8:] == [(0, 10), (1, 10), (2, 10), (3, 10)]
    process.leave()


def _pieces(process: Claims, count: int) -> list[tuple[int, int]]:
    """Partition and length of the next pieces that the flow would get."""
    reader = PartitionsReader(process.owned, timedelta(), process.tend)
    pieces = [piece for _ in range(count) for piece in reader.next_batch()]
    return [(piece.partition, len(piece.messages)) for piece in pieces]


@pytest.mark.parametrize("partitions", [2])
def test_one_process_too_many_is_refused(settings: Settings, database: str) -> None:
    first, second = _process(settings, database), _process(settings, database)
    with pytest.raises(AlreadyRunning, match="every partition"):
        _process(settings, database)
    until(lambda: _balanced([first, second], 2), "shared", _WITHIN_S)
    first.leave()
    second.leave()
    held = (
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
        " WHERE datname = current_database() AND locktype = 'advisory'"
    )
    with connect(database, autocommit=True) as connection:
        # Postgres notices the end of a connection when it gets to it.
        until(lambda: connection.execute(held).fetchone() == (0,), "nothing is held", _WITHIN_S)


@pytest.mark.parametrize("processes", range(1, 6))
@pytest.mark.parametrize("partitions", range(1, 9))
def test_shares_add_up(processes: int, partitions: int) -> None:
    shares = [Members(older, processes).share(partitions) for older in range(processes)]
    assert sum(shares) == partitions
    assert max(shares) - min(shares) <= 1
    assert shares == sorted(shares, reverse=True)
