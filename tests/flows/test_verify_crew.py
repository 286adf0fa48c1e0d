"""verify in several processes: the same report as in one, and nobody left behind."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children
from pathlib import Path

import psutil
import pytest

from flows.verify import Report, verify
from models.errors import Unavailable
from models.settings import Settings
from storage.postgres.connect import connect
from tests.faults.oracle import until
from tests.flows.driving import drain, put
from tests.platform.driving import event
from tests.warehouse.driving import publish

APPLICATIONS = 12
PATIENCE_S = 60
BLOCKED = """SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()"""
LONELY = """
import multiprocessing, sys, time
from flows.verify import verify

def told(done, total):
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    verify(sys.argv[1], progress=told, piece_facts=1, processes=2)
"""


@pytest.fixture
def folded(database: str, settings: Settings) -> Settings:
    """A product with as many applications as pieces, published."""
    put(database, map(event, range(APPLICATIONS)))
    drain(database, settings)
    publish(settings)
    return settings


def told(report: Report) -> tuple[object, ...]:
    """All that a person is told but the time it took."""
    return (report.facts, report.applications, report.counts, report.differences, report.warehouse)


def test_several_processes_report_what_one_does(folded: Settings, database: str) -> None:
    seen: list[tuple[int, int]] = []

    def by(processes: int) -> Report:
        return verify(
            database,
            progress=lambda done, total: seen.append((done, total)),
            warehouse=folded.warehouse_folder,
            piece_facts=1,
            processes=processes,
        )

    assert by(2).clean
    pieces = APPLICATIONS + 1  # and the lines of the log
    assert seen == [(done, pieces) for done in range(1, pieces + 1)]
    with connect(database) as connection:
        connection.execute("UPDATE application_analytics SET views = 7")
        connection.execute("UPDATE applications SET company = 'x' WHERE id = 'app_3'")
    alone = by(1)
    assert alone.counts.total() > APPLICATIONS
    assert told(by(3)) == told(alone)


def test_what_was_fed_is_found_by_all_of_them(
    folded: Settings, database: str, tmp_path: Path
) -> None:
    fed = tmp_path / "fed.ndjson"
    fed.write_bytes(b"\n".join(map(event, range(2, APPLICATIONS))) + b"\n")
    report = verify(database, [fed], piece_facts=1, processes=2)
    assert report.clean, report
    assert (report.fed, report.unfed) == (APPLICATIONS - 2, 2)


@pytest.mark.usefixtures("folded")
def test_a_process_that_was_killed_is_told(database: str) -> None:
    with connect(database) as locking, ThreadPoolExecutor(1) as pool:
        # So that both are in the midst of a piece, and stay there.
        locking.execute("LOCK TABLE applications IN ACCESS EXCLUSIVE MODE")
        report = pool.submit(verify, database, piece_facts=1, processes=2)
        with connect(database, autocommit=True) as connection:
            until(lambda: connection.execute(BLOCKED).fetchone() == (2,), PATIENCE_S, "work")
        active_children()[0].kill()
        with pytest.raises(Unavailable, match="was killed"):
            report.result()
    assert active_children() == []


@pytest.mark.usefixtures("folded")
def test_nobody_stays_when_the_one_who_asked_is_killed(database: str) -> None:
    command = [sys.executable, "-c", LONELY, database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        working = [psutil.Process(int(pid)) for pid in asking.stdout.readline().split()]
        assert len(working) == 2
        os.kill(asking.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(working, timeout=PATIENCE_S)
    assert not alive
