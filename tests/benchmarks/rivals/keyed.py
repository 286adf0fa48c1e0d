"""The same job as an ordinary Bytewax flow: keyed by application, with recovery, upserts.

FILE DATABASE [log]. The state of each key is its facts; the engine's recovery store keeps it,
with an epoch of 10 s. It decodes and folds with the product's own code and stages its rows by
COPY, so that it is the shape that differs. It has no dead letters and no entities, and after a
crash it would write some of its log twice.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main

from flows.analytics import now_us
from models.analytics import fold
from models.batch import Held, hold
from models.decoder import Event, decode
from models.facts import State, unpack
from storage.postgres.connect import connect
from tests.benchmarks.processes import peak_mb
from tests.benchmarks.rivals.keyed_tables import Tables, Update, create

_LINES = 10_000
EPOCH = timedelta(seconds=10)


class _Lines(StatefulSourcePartition[bytes, int]):
    def __init__(self, path: Path, position: int) -> None:
        self._file = path.open("rb")
        self._file.seek(position)

    def next_batch(self) -> list[bytes]:
        lines = list(islice(iter(self._file.readline, b""), _LINES))
        if not lines:
            raise StopIteration
        return lines

    def snapshot(self) -> int:
        return self._file.tell()


class _FileSource(FixedPartitionedSource[bytes, int]):
    def __init__(self, path: Path) -> None:
        self._path = path

    def list_parts(self) -> list[str]:
        return ["file"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> _Lines:
        return _Lines(self._path, resume_state or 0)


class Application(StatefulBatchLogic[Event, Update, tuple[int, bytes]]):
    """One key: its facts, each once."""

    def __init__(self, snapshot: tuple[int, bytes] | None) -> None:
        self._held: Held | None = None
        self._state: State | None = None
        if snapshot is not None:
            revision, packed = snapshot
            self._state = unpack(packed)
            self._held = hold(self._state, fold(self._state), None, revision)

    def on_batch(self, values: list[Event]) -> tuple[list[Update], bool]:
        state = self._state or State(values[0].user_id, [])
        facts = {fact.id: fact for fact in state.facts}
        added = []
        for event in values:
            if event.fact.id not in facts:
                facts[event.fact.id] = event.fact
                added.append(event)
        if not added:
            return [], False
        before = self._held
        self._state = State(state.user_id, sorted(facts.values()))
        self._held = hold(self._state, fold(self._state), before)
        return [Update(self._held, None if before is None else before.row, added)], False

    def snapshot(self) -> tuple[int, bytes]:
        assert self._held is not None
        return self._held.revision, self._held.packed


def events_of(lines: list[bytes], now: int) -> Iterator[tuple[str, Event]]:
    for line in lines:
        event = decode(line.rstrip(b"\n"), now)
        if isinstance(event, Event):
            yield event.application_id, event


def dataflow(path: Path, url: str, *, log: bool) -> Dataflow:
    """Read → decode → key → fold → upsert."""
    now = now_us()
    flow = Dataflow("keyed")
    lines = op.input("read", flow, _FileSource(path))
    keyed = op.flat_map_batch("decode", lines, lambda batch: events_of(batch, now))
    rows = op.stateful_batch("fold", keyed, Application)
    op.output("write", rows, Tables(url, log=log))
    return flow


def main(path: Path, url: str, *, log: bool) -> dict[str, float]:
    """Events per second, from the engine's start to its end."""
    with path.open("rb") as file:
        events = sum(1 for _ in file)
    create(url)
    with tempfile.TemporaryDirectory() as folder:
        init_db_dir(Path(folder), 1)  # type: ignore[no-untyped-call]
        began, cpu_before_s = time.perf_counter(), time.process_time()
        cluster_main(  # type: ignore[no-untyped-call]
            dataflow(path, url, log=log),
            [],
            0,
            epoch_interval=EPOCH,
            recovery_config=RecoveryConfig(folder),  # type: ignore[no-untyped-call]
        )
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_before_s
    with connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT count(*) FROM keyed").fetchone()
    return {
        "events_per_s": events / took_s,
        "cpu_s": cpu_s,
        "peak_mb": peak_mb("self"),
        "rows": row[0] if row else 0,
    }


if __name__ == "__main__":
    _, _file, _url, *_more = sys.argv
    print(json.dumps(main(Path(_file), _url, log="log" in _more)))
