"""A version is made while the flow goes on: it is what was committed when it was begun."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.log_pages import LogPages
from flows.verify import verify
from models.settings import Settings
from storage.duckdb.folder import Claim, Folder
from storage.duckdb.publisher import Publisher
from storage.duckdb.session import Session
from storage.duckdb.snapshot import copy_checkpointed, sha256
from storage.duckdb.warehouse import Warehouse
from storage.postgres.connect import connect
from storage.postgres.consumers import LogReader
from tests.faults.traffic import Traffic
from tests.flows.driving import drain
from tests.warehouse.driving import flow, query

_MADE = """
    CREATE TABLE kept AS SELECT n, hash(n)::VARCHAR AS text FROM range(400_000) AS made (n);
    CREATE TABLE dropped AS SELECT n, hash(n + 1)::VARCHAR AS text FROM range(400_000) AS made (n);
"""
_CHANGED = """
    DELETE FROM kept WHERE n % 3 = 0;
    UPDATE kept SET text = 'changed' WHERE n % 3 = 1;
    INSERT INTO kept SELECT n, hash(-n)::VARCHAR FROM range(1_000_000) AS made (n);
    DROP TABLE dropped;
    CREATE TABLE dropped AS SELECT n, hash(-n)::VARCHAR AS text FROM range(400_000) AS made (n);
"""
_ALL = """
    SELECT name, count(*), sum(n), bit_xor(hash(n, text))
    FROM (SELECT 'kept' AS name, * FROM kept UNION ALL SELECT 'dropped', * FROM dropped)
    GROUP BY name ORDER BY name
"""


def test_the_file_without_its_log_is_that_of_its_checkpoint(tmp_path: Path) -> None:
    """Whatever was committed since then, some of it into the file itself."""
    database, copy = tmp_path / "written.duckdb", tmp_path / "copy.duckdb"
    session = Session(database)
    session.script(_MADE)
    session.run("checkpoint")
    size, before = database.stat().st_size, tmp_path / "before.duckdb"
    copy_checkpointed(database, before, size)
    session.run("checkpoint_at", size="1000TB")
    session.script(_CHANGED)
    assert database.stat().st_size > size, "nothing was written to the file: no trial"
    copy_checkpointed(database, copy, size)
    session.close()
    assert query(copy, _ALL) == query(before, _ALL)
    assert query(copy, _ALL) != query(database, _ALL)
    assert copy.stat().st_size == size


@contextmanager
def writer(url: str, folder: Folder) -> Iterator[tuple[Warehouse, Publisher, LogPages]]:
    """The parts of the flow in this process."""
    claim = Claim(folder)
    with connect(url, autocommit=True) as connection:
        warehouse = Warehouse(folder, LogReader(connection).log_id())
        pages = LogPages(connection, folder, warehouse.positions(), publish_s=0, page_lines=5)
        yield warehouse, Publisher(warehouse), pages
        warehouse.close()
    claim.release()


def store(warehouse: Warehouse, pages: LogPages) -> None:
    """Up to the end of the log."""
    while page := pages.next():
        if warehouse.store(page).whole:
            return


def test_what_comes_meanwhile_is_in_the_next_version(
    database: str, settings: Settings, tmp_path: Path
) -> None:
    traffic = Traffic(database, 7, tmp_path / "fed.ndjson", applications=30)
    folder = Folder(settings.warehouse_folder)
    with writer(database, folder) as (warehouse, publisher, pages):
        for _ in range(5):
            traffic.feed(30)
            drain(database, settings)
            store(warehouse, pages)
            positions, rows = warehouse.positions(), warehouse.counts()
            making = publisher.begin()
            traffic.feed(30)
            drain(database, settings)
            store(warehouse, pages)
            manifest = making.result()
            file = folder.path / manifest.file
            assert manifest.positions == positions != warehouse.positions()
            assert dict(query(file, "SELECT partition, next_offset FROM positions")) == positions
            assert query(file, "SELECT count(*) FROM events") == [(rows["events"],)]
            assert manifest.sha256 == sha256(file)
            report = verify(database, warehouse=folder.path)
            assert report.clean, report
        publisher.publish()
    report = verify(database, warehouse=folder.path)
    assert report.clean, report


def test_what_a_model_has_learned_is_published_without_an_event(
    database: str, settings: Settings
) -> None:
    with flow(settings) as running:
        running.wait_for(lambda manifest: manifest.version == 1, "the first version")
        with connect(database) as connection:
            connection.execute(
                "INSERT INTO prediction_scores VALUES"
                " ('2026-03-02', 'served', false, 30, 4, 1, 0.6, 1.2, 0.5)"
            )
        running.wait_for(lambda manifest: manifest.version == 2, "the version with the scores")
        assert query(running.folder.version(2), "SELECT predictions FROM v_model_metrics") == [(4,)]
