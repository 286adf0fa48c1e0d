"""Random traffic, doubled, out of order, corrected, scattered over partitions, published at
random moments and by pages of any size: exact each time."""

from pathlib import Path

import pytest

from flows.log_pages import LogPages
from flows.verify import verify
from models.settings import Settings
from storage.duckdb.folder import Claim, Folder
from storage.duckdb.publisher import Publisher
from storage.duckdb.warehouse import Warehouse
from storage.postgres.connect import connect
from storage.postgres.consumers import LogReader
from tests.faults.traffic import Traffic
from tests.flows.driving import drain, put
from tests.warehouse.driving import publish, query

_ODD = """{
    "specversion": "1.0", "id": "odd", "source": "/test", "type": "application.created",
    "subject": "app:odd", "time": "2026-03-02T09:00:00.000001Z", "userid": "odd",
    "data": {"jobId": "\\"a\\",b", "jobTitle": "caf\u00e9 \\n\\t\\\\ ,;\\u2028\U0001f389",
             "company": "'", "matchScore": -0.0}
}""".encode()


@pytest.mark.parametrize("partitions", [3])
@pytest.mark.parametrize(("seed", "page_lines"), [(1, 7), (2, 1_000)])
def test_whatever_comes_in_the_warehouse_is_exact(
    database: str, settings: Settings, tmp_path: Path, seed: int, page_lines: int
) -> None:
    traffic = Traffic(database, seed, tmp_path / "fed.ndjson", applications=50)
    folder = Folder(settings.warehouse_folder)
    claim = Claim(folder)
    for _ in range(3):
        traffic.put(traffic.take(traffic.random.randint(20, 120)), scatter=True)
        drain(database, settings)
        with connect(database, autocommit=True) as connection:
            warehouse = Warehouse(folder, LogReader(connection).log_id())
            publisher = Publisher(warehouse)
            pages = LogPages(
                connection, folder, warehouse.positions(), publish_s=0, page_lines=page_lines
            )
            while page := pages.next():
                if warehouse.store(page).whole:
                    publisher.publish()
            warehouse.close()
        report = verify(database, warehouse=folder.path)
        assert report.clean, f"seed {seed}: {report}"
        assert report.warehouse is not None
    claim.release()


def test_odd_text_comes_through(database: str, settings: Settings) -> None:
    """Line ends within a message, quotes, commas, a negative zero."""
    put(database, [_ODD])
    drain(database, settings)
    publish(settings)
    latest = Folder(settings.warehouse_folder).latest
    [(job, title, company, score)] = query(
        latest, "SELECT job_id, job_title, company, match_score FROM v_applications"
    )
    assert job == '"a",b'
    assert title == "caf\u00e9 \n\t\\ ,;\u2028\U0001f389"
    assert company == "'"
    assert str(score) == "-0.0"
    report = verify(database, warehouse=settings.warehouse_folder)
    assert report.clean, report
