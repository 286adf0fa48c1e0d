"""The log → DuckDB, as fast as it goes; and a publication with a million applications in it.

The first: a log of a million events is there, the warehouse empty, nothing else runs. The
second: the same warehouse with its applications and events copied under further names, then a
few thousand new lines; the pause is how long the flow cannot take in the next
page: before the copy and behind it.
"""

import shutil
import time
from collections.abc import Iterator
from itertools import islice

from flows.log_pages import LogPages
from storage.duckdb.folder import Claim, Folder
from storage.duckdb.publisher import Publisher
from storage.duckdb.warehouse import Warehouse
from storage.postgres.connect import Connection, connect
from storage.postgres.consumers import LogReader
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.processes import postgres_cpu_s
from tests.benchmarks.workspace import Workspace

TITLE = "Warehouse: event_log → DuckDB, publication"
EVENTS = 1_000_000
APPLICATIONS = 1_000_000
LINES_PER_S_MIN = 50_000
PUBLISH_S_MAX = 1.0
PAUSE_MS_MAX = 100.0
_GROW = """
    INSERT INTO {table}
    SELECT * EXCLUDE copy REPLACE (application_id || '-' || copy AS application_id)
    FROM {table}, range(1, {copies}) AS copies (copy)
"""
_NEW_EVENTS = 5_000
_RUNS_MAX = 10


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One run after the other on the same log, each with a warehouse of its own, and a few new
    events for its publication, which the log keeps."""
    events = workspace.size(EVENTS, 30_000)
    history = workspace.history(events + _RUNS_MAX * _NEW_EVENTS)
    begun = workspace.head(history, events)
    more = workspace.folder / "more.ndjson"
    with (
        history.open("rb") as lines,
        workspace.database() as url,
        connect(url, autocommit=True) as connection,
    ):
        workspace.load(url, begun)
        for _ in islice(lines, events):
            pass
        while new := list(islice(lines, _NEW_EVENTS)):
            folder = Folder(workspace.folder / "warehouse")
            claim = Claim(folder)
            warehouse = Warehouse(folder, LogReader(connection).log_id())
            figures = _fill(workspace, connection, warehouse)
            more.write_bytes(b"".join(new))
            workspace.load(url, more)
            figures |= _publish(workspace, connection, warehouse)
            warehouse.close()
            claim.release()
            shutil.rmtree(folder.path)
            yield figures


def _fill(workspace: Workspace, connection: Connection, warehouse: Warehouse) -> Figures:
    workspace.tell("filling a warehouse")
    postgres_s, own_s = postgres_cpu_s(workspace.server), time.process_time()
    began = time.perf_counter()
    lines = _store(connection, warehouse)
    took_s = time.perf_counter() - began
    own_s, postgres_s = time.process_time() - own_s, postgres_cpu_s(workspace.server) - postgres_s
    return {
        "log → DuckDB and Parquet": Figure(lines / took_s, "lines/s", at_least=LINES_PER_S_MIN),
        "log → DuckDB and Parquet, events alone": Figure(
            warehouse.counts()["events"] / took_s, "events/s"
        ),
        "processor of the flow": Figure(own_s, "s"),
        "processor of Postgres": Figure(postgres_s, "s"),
    }


def _publish(workspace: Workspace, connection: Connection, warehouse: Warehouse) -> Figures:
    copies = max(1, workspace.size(APPLICATIONS, 20_000) // warehouse.counts()["applications"] + 1)
    workspace.tell(f"copying {copies} times")
    for table in ("applications", "events"):
        warehouse.session.script(_GROW.format(table=table, copies=copies))
    publisher = Publisher(warehouse)
    publisher.publish()
    _store(connection, warehouse)
    workspace.tell("publishing")
    began = time.perf_counter()
    making = publisher.begin()
    paused_s = time.perf_counter() - began
    manifest = making.result()
    took_s = time.perf_counter() - began
    publisher.finish()
    paused_s += time.perf_counter() - began - took_s
    return {
        "applications": Figure(manifest.rows["applications"], "rows"),
        "published file": Figure(manifest.bytes / 1e6, "MB"),
        "publication": Figure(took_s, "s", at_most=PUBLISH_S_MAX),
        "pause of the flow": Figure(paused_s * 1e3, "ms", at_most=PAUSE_MS_MAX),
    }


def _store(connection: Connection, warehouse: Warehouse) -> int:
    """Everything that the log has; returns the lines."""
    before = sum(warehouse.positions().values())
    pages = LogPages(connection, warehouse.folder, warehouse.positions(), publish_s=0)
    while page := pages.next():
        if warehouse.store(page).whole:
            break
    return sum(warehouse.positions().values()) - before
