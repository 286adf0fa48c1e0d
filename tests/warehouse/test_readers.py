"""Twenty readers that open the published file again and again while events come in and versions
take each other's place: none meets a lock, half a file or half a transaction."""

import multiprocessing
import os
import time
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from flows.verify import verify
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import Manifest
from storage.duckdb.reader import open_latest
from tests.faults.traffic import Traffic
from tests.flows.driving import drain
from tests.warehouse.driving import flow, publish

READERS = 20
VERSIONS = int(os.environ.get("WAREHOUSE_VERSIONS", "6"))
"""Published while they read; `make soak` takes more."""
EVENTS = int(os.environ.get("WAREHOUSE_EVENTS", "1200"))
"""Fed meanwhile."""
_PAUSE = 4.0
"""Times as long as it took to read: the slower the machine, the more of it is left to the flow."""
_FACTS = "SELECT sum(version), (SELECT count(*) FROM events) FROM applications"
_LINES = """SELECT (SELECT sum(next_offset) FROM positions),
    (SELECT sum("rows") FROM history_parts), (SELECT version FROM warehouse)"""
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.warehouse.test_readers"])


class Seen(NamedTuple):
    """What a reader met: how often it opened, which versions, in this order."""

    opened: int
    versions: list[int]


def read(path: Path, stop: Event, told: Connection) -> None:
    """Open by the stable name and by the manifest in turn, until it is told to stop."""
    os.nice(15)
    opened, versions, took = 0, [], 0.0
    while not stop.wait(_PAUSE * took):
        began = time.monotonic()
        by_name = opened % 2 == 0
        with (
            duckdb.connect(str(path / "latest.duckdb"), read_only=True)
            if by_name
            else open_latest(path)
        ) as connection:
            facts = connection.execute(_FACTS).fetchall()[0]
            lines, parts, version = connection.execute(_LINES).fetchall()[0]
        assert facts[0] == facts[1], f"version {version} holds half a transaction: {facts}"
        assert lines == parts, f"version {version}: {lines} lines, {parts} rows of history"
        opened, took = opened + 1, time.monotonic() - began
        if by_name and versions[-1:] != [version]:
            versions.append(version)
    told.send(Seen(opened, versions))


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("partitions", [2])
def test_twenty_readers(database: str, settings: Settings, tmp_path: Path) -> None:
    traffic = Traffic(database, 17, tmp_path / "fed.ndjson", applications=2_000 + EVENTS // 10)
    traffic.feed(200)
    drain(database, settings)
    first = publish(settings).version
    folder = Folder(settings.warehouse_folder)
    stop = _context.Event()
    pipes = [_context.Pipe(duplex=False) for _ in range(READERS)]
    readers = [
        _context.Process(target=read, args=(folder.path, stop, sender)) for _, sender in pipes
    ]
    for reader in readers:
        reader.start()
    try:
        _publish_often(database, settings, traffic, first)
        stop.set()
        for reader, (receiver, _) in zip(readers, pipes, strict=True):
            _check(reader, receiver)
    finally:
        for reader in readers:
            reader.kill()
    assert verify(database, warehouse=folder.path).clean


def _publish_often(database: str, settings: Settings, traffic: Traffic, first: int) -> None:
    with flow(settings, publish_s=0.05) as running:
        for version in range(first + 1, first + 1 + VERSIONS):
            traffic.feed(EVENTS // VERSIONS)
            drain(database, settings)
            running.wait_for(partial(_reaches, version), f"version {version}")


def _reaches(version: int, manifest: Manifest) -> bool:
    return manifest.version >= version


def _check(reader: ForkServerProcess, receiver: Connection) -> None:
    deadline = time.monotonic() + 60
    while not receiver.poll(0.05):
        assert reader.is_alive(), f"a reader ended with {reader.exitcode}"
        assert time.monotonic() < deadline
    seen = receiver.recv()
    assert seen.opened > 0
    assert seen.versions == sorted(seen.versions), "a version came back"
