"""The warehouse flow: the log in, a DuckDB file that can always be opened out.

event_log ── read ── store ── publish ──► latest.duckdb, its manifest, older versions
                       │         │
                       │         └─► a thread copies the file, while further pages are stored
                       └─► one DuckDB transaction: applications, events, positions
"""

from datetime import UTC, datetime, timedelta

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from flows import engine
from flows.log_pages import LogPages
from models.settings import Settings
from storage.duckdb.folder import Claim, Folder
from storage.duckdb.publisher import Publisher
from storage.duckdb.warehouse import Page, Warehouse
from storage.postgres.connect import connect
from storage.postgres.consumers import LogReader

_POLL = timedelta(milliseconds=100)


class PageSource(FixedPartitionedSource[Page, None]):
    """All partitions of the log as one, so that a page can end at one moment of all."""

    def __init__(self, pages: LogPages, publisher: Publisher) -> None:
        self._pages = pages
        self._publisher = publisher

    def list_parts(self) -> list[str]:
        return ["log"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> "_PagePartition":
        return _PagePartition(self._pages, self._publisher)


class _PagePartition(StatefulSourcePartition[Page, None]):
    def __init__(self, pages: LogPages, publisher: Publisher) -> None:
        self._pages = pages
        self._publisher = publisher
        self._awake: datetime | None = None

    def next_batch(self) -> list[Page]:
        began = datetime.now(UTC)
        page = self._pages.next(may_publish=self._publisher.idle())
        # The engine sleeps for what lies behind the begin of the turn, not its end.
        self._awake = began + _POLL if page is None else None
        return [] if page is None else [page]

    def next_awake(self) -> datetime | None:
        return self._awake

    def snapshot(self) -> None:
        """Positions live in DuckDB, in the transaction of the rows."""


class PublishSink(DynamicSink[Page]):
    """Begins a version behind each page that is whole and due."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def build(self, step_id: str, worker_index: int, worker_count: int) -> "_PublishPartition":
        return _PublishPartition(self._publisher)


class _PublishPartition(StatelessSinkPartition[Page]):
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def write_batch(self, items: list[Page]) -> None:
        for page in items:
            if page.whole and page.due:
                self._publisher.begin()


def dataflow(pages: LogPages, warehouse: Warehouse, publisher: Publisher) -> Dataflow:
    """The picture above."""
    flow = Dataflow("warehouse")
    read = op.input("read", flow, PageSource(pages, publisher))
    stored = op.map("store", read, warehouse.store)
    op.output("publish", stored, PublishSink(publisher))
    return flow


def run(settings: Settings, url: str) -> None:
    """Own the warehouse's folder and follow the log until killed.

    Raises AlreadyRunning while another process has the folder.
    """
    folder = Folder(settings.warehouse_folder)
    Claim(folder)
    with connect(url, autocommit=True) as connection:
        warehouse = Warehouse(folder, LogReader(connection).log_id())
        pages = LogPages(connection, folder, warehouse.positions(), settings.warehouse_publish_s)
        publisher = Publisher(warehouse)
        try:
            engine.run(dataflow(pages, warehouse, publisher))
        finally:
            publisher.close()
