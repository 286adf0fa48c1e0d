"""The keyed Bytewax flow of `keyed.py` on a topic: BOOTSTRAP TOPIC FOLDER DATABASE.

FOLDER keeps the engine's recovery store over a crash; offsets are part of its snapshots.
"""

import json
import sys
import time
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from flows.analytics import now_us
from storage.postgres.connect import connect
from tests.benchmarks.rivals.keyed import EPOCH, Application, events_of
from tests.benchmarks.rivals.keyed_tables import Tables, create

_READING = {"group.id": "keyed", "enable.auto.commit": False}
_RECORDS = 10_000
_WAIT_S = 0.5


class _Partition(StatefulSourcePartition[bytes, int]):
    def __init__(self, bootstrap: str, topic: str, index: int, position: int | None) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, **_READING})
        place = TopicPartition(topic, index)
        _, self._end = self._consumer.get_watermark_offsets(place, 10)
        self._next = position or 0
        start = OFFSET_BEGINNING if position is None else position
        self._consumer.assign([TopicPartition(topic, index, start)])

    def next_batch(self) -> list[bytes]:
        if self._next >= self._end:
            raise StopIteration
        records = [r for r in self._consumer.consume(_RECORDS, _WAIT_S) if r.error() is None]
        if records:
            self._next = int(records[-1].offset() or 0) + 1
        return [record.value() or b"" for record in records]

    def snapshot(self) -> int:
        return self._next


class _Topic(FixedPartitionedSource[bytes, int]):
    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic

    def list_parts(self) -> list[str]:
        found = Consumer({"bootstrap.servers": self._bootstrap, "group.id": "keyed"})
        return [
            str(index) for index in found.list_topics(self._topic).topics[self._topic].partitions
        ]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Partition:
        return _Partition(self._bootstrap, self._topic, int(for_part), resume_state)


def main(bootstrap: str, topic: str, folder: str, url: str) -> dict[str, float]:
    """Events per second, from the engine's start to its end."""
    store = Path(folder)
    if not store.exists():
        store.mkdir()
        create(url)
        init_db_dir(store, 1)  # type: ignore[no-untyped-call]
    flow = Dataflow("keyed")
    lines = op.input("read", flow, _Topic(bootstrap, topic))
    keyed = op.flat_map_batch("decode", lines, lambda batch: events_of(batch, now_us()))
    rows = op.stateful_batch("fold", keyed, Application)
    op.output("write", rows, Tables(url, log=False))
    began = time.perf_counter()
    cli_main(  # type: ignore[no-untyped-call]
        flow,
        epoch_interval=EPOCH,
        recovery_config=RecoveryConfig(folder),  # type: ignore[no-untyped-call]
    )
    took_s = time.perf_counter() - began
    with connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT sum(version) FROM keyed").fetchone()
    events = float(row[0]) if row else 0.0
    return {"events": events, "events_per_s": events / took_s}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
