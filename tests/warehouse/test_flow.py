"""The flow as a process: publishes by itself and on demand, dies and comes back, meets a full
disk; always one version or the next can be opened."""

import os
import resource
import signal
from pathlib import Path

import duckdb
import pytest

from flows.verify import verify
from models.errors import Unavailable
from models.settings import Settings
from storage.duckdb.manifest import read_manifest
from storage.duckdb.warehouse import SCHEMA_VERSION
from tests.faults.traffic import Traffic
from tests.flows.driving import drain
from tests.platform.driving import run
from tests.warehouse.driving import flow, publish, query

_FOREVER_S = 3_600


@pytest.fixture
def traffic(database: str, settings: Settings, tmp_path: Path) -> Traffic:
    """A log of a few hundred lines, and more where it comes from."""
    traffic = Traffic(database, 11, tmp_path / "fed.ndjson", applications=40)
    traffic.feed(100)
    drain(database, settings)
    return traffic


def test_it_publishes_when_something_has_come(
    database: str, settings: Settings, traffic: Traffic
) -> None:
    with flow(settings) as running:
        running.wait_for(lambda manifest: manifest.version == 1, "the first version")
        traffic.feed(20)
        drain(database, settings)
        running.wait_for(lambda manifest: manifest.version == 2, "the second version")
        assert running.end(signal.SIGTERM) == -signal.SIGTERM
    assert verify(database, warehouse=running.folder.path).clean


def test_it_publishes_when_it_is_asked(database: str, settings: Settings, traffic: Traffic) -> None:
    with flow(settings, publish_s=_FOREVER_S) as running:
        running.wait_for(lambda manifest: manifest.version == 1, "the first version")
        traffic.feed(20)
        drain(database, settings)
        told = run(settings.data, "publish", postgres_url=database)
        assert told.returncode == 0, told.stderr
        manifest = read_manifest(running.folder.manifest)
        assert told.stdout.strip() == str(running.folder.path / manifest.file)
        assert manifest.version == 2
    report = verify(database, warehouse=running.folder.path)
    assert report.clean, report


def test_a_second_one_is_refused_and_a_killed_one_comes_back(
    database: str, settings: Settings, traffic: Traffic
) -> None:
    with flow(settings) as running:
        running.wait_for(lambda manifest: manifest.version == 1, "the first version")
        second = run(settings.data, "flow", "warehouse", postgres_url=database)
        assert second.returncode == 1
        assert "has a writer already" in second.stderr
        running.end(signal.SIGKILL)
        traffic.feed(20)
        drain(database, settings)
        running.start()
        running.wait_for(lambda manifest: manifest.version == 2, "the version behind the kill")
    assert verify(database, warehouse=running.folder.path).clean


def test_a_full_disk_leaves_the_old_version_until_there_is_room(
    database: str, settings: Settings, traffic: Traffic
) -> None:
    """The kernel refuses the flow's processes every byte beyond a quota, then it does not."""
    with flow(settings) as running:
        # The stable name follows the manifest.
        running.wait_for(lambda _: running.folder.latest.exists(), "the first version")
        before = running.folder.latest.read_bytes()
        quota = len(before) // 2
        unlimited = resource.prlimit(
            running.process.pid, resource.RLIMIT_FSIZE, (quota, resource.RLIM_INFINITY)
        )
        traffic.feed(100)
        drain(database, settings)
        running.process.wait(60)
        assert "is there no room?" in running.log.read_text()
        assert "Traceback" not in running.log.read_text()
        assert running.folder.latest.read_bytes() == before
        report = verify(database, warehouse=running.folder.path)
        assert report.clean, report
        assert report.warehouse == 1
        running.start()
        assert unlimited[1] == resource.RLIM_INFINITY
        running.wait_for(lambda manifest: manifest.version >= 2, "a version with all")
    publish(settings)
    report = verify(database, warehouse=running.folder.path)
    assert report.clean, report


def test_a_disk_that_is_still_full_is_told_in_words(
    database: str, settings: Settings, traffic: Traffic
) -> None:
    publish(settings)
    traffic.feed(20)
    drain(database, settings)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(Unavailable, match=r"is there no room\?"):
            publish(settings)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    publish(settings)
    assert verify(database, warehouse=settings.warehouse_folder).clean


def test_a_reader_keeps_its_version_when_the_layout_changes(
    database: str, settings: Settings, traffic: Traffic
) -> None:
    publish(settings)
    folder = settings.warehouse_folder
    old = duckdb.connect(str(folder / "latest.duckdb"), read_only=True)
    rows = old.execute("FROM v_applications ORDER BY ALL").fetchall()
    with duckdb.connect(str(folder / "private" / "warehouse.duckdb")) as private:
        private.execute("UPDATE warehouse SET schema_version = 0")
        private.execute("DROP TABLE events")
        private.execute("ALTER TABLE warehouse DROP COLUMN first_version")
    traffic.feed(20)
    drain(database, settings)
    for _ in range(4):
        traffic.feed(5)
        drain(database, settings)
        for version in (folder / "versions").iterdir():
            os.utime(version, (0, 0))  # nobody is about to open the one before it
        manifest = publish(settings)
    assert manifest.schema_version == SCHEMA_VERSION
    assert old.execute("FROM v_applications ORDER BY ALL").fetchall() == rows
    report = verify(database, warehouse=folder)
    assert report.clean, report
    generations = [path.name for path in (folder / "history").iterdir()]
    assert generations == [manifest.generation], "the parts of the old one went with its versions"
    assert query(folder / manifest.file, "SELECT count(*) FROM v_volume")[0] > (0,)
    old.close()


def test_made_anew_it_is_the_same(database: str, settings: Settings, traffic: Traffic) -> None:
    publish(settings)
    traffic.feed(50)
    drain(database, settings)
    first = publish(settings)
    tables = [
        "FROM applications ORDER BY ALL",
        "FROM events ORDER BY ALL",
        "FROM positions ORDER BY ALL",
        "SELECT clock FROM warehouse",
    ]
    folder = settings.warehouse_folder
    before = [query(folder / first.file, statement) for statement in tables]
    told = run(settings.data, "rebuild", "--warehouse", postgres_url=database)
    assert told.returncode == 0, told.stderr
    second = read_manifest(folder / "manifest.json")
    assert second.generation != first.generation
    assert second.version > first.version
    assert [query(folder / second.file, statement) for statement in tables] == before
    assert second.parts == first.parts
    assert verify(database, warehouse=folder).clean
