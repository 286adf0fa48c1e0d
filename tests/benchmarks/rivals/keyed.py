"""The same job as an ordinary Bytewax flow: keyed by application, with recovery, upserts.

The state of each key is its facts; the engine's recovery store keeps it, with an epoch of 10 s.
Rows only: no log, no dead letters, no entity. It decodes and folds with the product's own
code and stages its rows by COPY, so that it is the shape that differs.
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
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import cluster_main

from flows.analytics import now_us
from models.analytics import ROW_FIELDS, Row, fold
from models.decoder import Event, decode
from models.facts import Fact, State, unpack
from models.instant import EPOCH
from models.rows import status_changes_column
from storage.postgres.connect import connect
from tests.benchmarks.processes import peak_mb

_LINES = 10_000
_EPOCH = timedelta(seconds=10)
_COLUMNS = ("application_id", *ROW_FIELDS)
_TABLE = (
    f"CREATE TABLE keyed AS SELECT {', '.join(_COLUMNS)} FROM application_analytics"
    " WITH NO DATA; ALTER TABLE keyed ADD PRIMARY KEY (application_id)"
)
_UPSERT = (
    "INSERT INTO keyed SELECT * FROM staging ON CONFLICT (application_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in ROW_FIELDS)
)
_TIMES = frozenset(name for name in ROW_FIELDS if name.endswith("_at"))


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


class _Application(StatefulBatchLogic[Event, Row, bytes]):
    """One key: its facts, each once."""

    def __init__(self, packed: bytes | None) -> None:
        self._state = None if packed is None else unpack(packed)

    def on_batch(self, values: list[Event]) -> tuple[list[Row], bool]:
        state = self._state or State(values[0].user_id, [])
        facts: dict[str, Fact] = {fact.id: fact for fact in state.facts}
        for value in values:
            facts.setdefault(value.fact.id, value.fact)
        self._state = State(state.user_id, sorted(facts.values()))
        return [fold(self._state)], False

    def snapshot(self) -> bytes:
        assert self._state is not None
        return self._state.pack()


class _Rows(StatelessSinkPartition[tuple[str, Row]]):
    def __init__(self, url: str) -> None:
        self._connection = connect(url, autocommit=True)
        self._connection.execute("CREATE TEMP TABLE staging AS TABLE keyed WITH NO DATA")

    def write_batch(self, items: list[tuple[str, Row]]) -> None:
        latest = dict(items)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            with cursor.copy("COPY staging FROM STDIN") as copy:
                for application_id, row in sorted(latest.items()):
                    copy.write_row([application_id, *(_value(row, name) for name in ROW_FIELDS)])
            cursor.execute(_UPSERT)
            cursor.execute("TRUNCATE staging")


def _value(row: Row, name: str) -> object:
    value = getattr(row, name)
    if name == "status_changes":
        return status_changes_column(value).decode()
    if value is not None and name in _TIMES:
        return EPOCH + timedelta(microseconds=value)
    return value


class _RowSink(DynamicSink[tuple[str, Row]]):
    def __init__(self, url: str) -> None:
        self._url = url

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _Rows:
        return _Rows(self._url)


def _events(lines: list[bytes], now: int) -> Iterator[tuple[str, Event]]:
    for line in lines:
        event = decode(line.rstrip(b"\n"), now)
        if isinstance(event, Event):
            yield event.application_id, event


def dataflow(path: Path, url: str) -> Dataflow:
    """Read → decode → key → fold → upsert."""
    now = now_us()
    flow = Dataflow("keyed")
    lines = op.input("read", flow, _FileSource(path))
    keyed = op.flat_map_batch("decode", lines, lambda batch: _events(batch, now))
    rows = op.stateful_batch("fold", keyed, _Application)
    op.output("write", rows, _RowSink(url))
    return flow


def main(path: Path, url: str) -> dict[str, float]:
    """Events per second, from the engine's start to its end."""
    with path.open("rb") as file:
        events = sum(1 for _ in file)
    with connect(url, autocommit=True) as connection:
        for statement in _TABLE.split(";"):
            connection.execute(statement)
    with tempfile.TemporaryDirectory() as folder:
        init_db_dir(Path(folder), 1)  # type: ignore[no-untyped-call]
        began, cpu_before_s = time.perf_counter(), time.process_time()
        cluster_main(  # type: ignore[no-untyped-call]
            dataflow(path, url),
            [],
            0,
            epoch_interval=_EPOCH,
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
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
