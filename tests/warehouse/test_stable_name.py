"""The stable name goes back and forth between two versions all the time, while it is opened:
what is met is one of them, whole. DuckDB opens the file of a name three times, one by one."""

import json
import multiprocessing
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.settings import Settings
from storage.duckdb.folder import Folder
from tests.environments import environment
from tests.faults.traffic import Traffic
from tests.flows.driving import drain
from tests.warehouse.driving import publish, query

OPENINGS = 300
_WHOLE = """SELECT (SELECT version FROM warehouse), (SELECT sum(version) FROM applications),
    (SELECT count(*) FROM events), (SELECT max(id) FROM events)"""
_OPEN = """
import duckdb, json, sys

path, statement, openings = sys.argv[1:]
met = []
for _ in range(int(openings)):
    try:
        with duckdb.connect(path, read_only=True) as connection:
            met.append(json.dumps(connection.execute(statement).fetchall(), default=str))
    except Exception as error:
        met.append(str(error))
print(json.dumps(met))
"""
_context = multiprocessing.get_context("forkserver")


@pytest.mark.timeout(900)  # the first test that asks makes the environment
@pytest.mark.parametrize("release", ["1.5", "2"])
def test_it_stands_for_one_version(
    database: str, settings: Settings, tmp_path: Path, release: str
) -> None:
    traffic = Traffic(database, 23, tmp_path / "fed.ndjson", applications=60)
    folder, files = Folder(settings.warehouse_folder), []
    for events in (300, 200):
        traffic.feed(events)
        drain(database, settings)
        files.append(publish(settings).file)
    python = environment("duckdb-1.5") / "python" if release == "1.5" else Path(sys.executable)
    command: list[str | Path] = [python, "-c", _OPEN, folder.latest, _WHOLE, str(OPENINGS)]
    with _going_back_and_forth(folder.path, files):
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
    met = Counter(json.loads(ended.stdout))
    assert set(met) == {
        json.dumps(query(folder.path / file, _WHOLE), default=str) for file in files
    }, met


@contextmanager
def _going_back_and_forth(path: Path, files: list[str]) -> Iterator[None]:
    going = _context.Process(target=_go, args=(path, files))
    going.start()
    try:
        yield
        assert going.is_alive()
    finally:
        going.kill()
        going.join()


def _go(path: Path, files: list[str]) -> None:
    while True:
        for file in files:
            Folder(path).name_latest(file)
