"""Two partitions fold one application at once: the later batch is dropped, whole."""

import gc

import pytest

from flows.analytics import decode_piece, now_us
from flows.partition import Folded, Partition
from models.settings import Settings
from storage.postgres.connect import connect
from storage.postgres.encoding import Prepared
from tests.flows.driving import put
from tests.kafka.driving import counted
from tests.platform.driving import event

_APART = """UPDATE outbox SET partition = (position('"id":"f'::bytea IN payload) > 0)::int"""


@pytest.mark.parametrize("partitions", [2])
@pytest.mark.parametrize("count", [10, 1_100], ids=["at once", "by the writer's thread"])
def test_what_was_dropped_is_not_kept(settings: Settings, database: str, count: int) -> None:
    """With the collector off, as in the flow's process."""
    first = [event(number) for number in range(count)]
    put(database, first + [line.replace(b'"id":"e', b'"id":"f') for line in first])
    with connect(database) as connection:
        connection.execute(_APART)
    owners = [Partition(settings, database, index, now_us) for index in range(2)]
    gc.collect()
    gc.disable()
    try:
        batches = [_folded(owner) for owner in owners]
        for owner, batch in zip(owners, batches, strict=True):
            owner.write(batch)
            owner._settle(wait=True)
        assert counted(database) == count
        del batches, batch
        assert [one for one in gc.get_objects() if isinstance(one, Prepared)] == []
    finally:
        gc.enable()
        for owner in owners:
            owner.close()


def _folded(owner: Partition) -> Folded:
    piece = owner.read()
    assert piece is not None
    folded = owner.fold(decode_piece(piece))
    assert folded is not None
    return folded
