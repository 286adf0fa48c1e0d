"""What Postgres and the warehouse's manifest know of the pipeline, as metrics.

Every API process tells the same of it: an alert takes the greatest, never the sum.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

import asyncpg
import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from api.metrics import Described, Pipeline
from models.errors import NotFound
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.manifest import read_manifest
from storage.postgres.queries import load

log = logging.getLogger(__name__)

SQL = load("health")
_ANALYTICS = "analytics"
_TOPIC = "relay.events"
_OUTCOMES = ("accepted", "duplicates", "dead_lettered")

Values = Mapping[tuple[str, ...], float]


class PipelineFigures:
    """Those of the last `read`; a collector of the metrics' registry."""

    def __init__(self, settings: Settings) -> None:
        self._folder = Folder(settings.warehouse_folder)
        self._families: list[Metric] = []

    def collect(self) -> Iterable[Metric]:
        """Called by the registry."""
        return self._families

    def forget(self) -> None:
        """Rather no figure than an old one."""
        self._families = []

    async def read(self, pool: asyncpg.Pool) -> None:
        """Read all figures anew. Raises what asyncpg does."""
        async with pool.acquire() as connection:
            outbox = await connection.fetch(SQL.outbox)
            flows = await connection.fetch(SQL.flows)
            letters = await connection.fetch(SQL.dead_letters)
            stale = await connection.fetchval(SQL.stale)
        published = await asyncio.to_thread(self._published)
        heads = {row["partition"]: row["log_offset"] for row in flows if row["flow"] == _ANALYTICS}
        self._families = [
            _gauge(
                Pipeline.OUTBOX_MESSAGES,
                {(str(p),): 0.0 for p in heads} | {(str(p),): n for p, n in outbox},
            ),
            _counter(
                Pipeline.FLOW_MESSAGES,
                {
                    (row["flow"], str(row["partition"]), outcome): row[outcome]
                    for row in flows
                    if row["flow"] == _ANALYTICS
                    for outcome in _OUTCOMES
                },
            ),
            _gauge(Pipeline.KAFKA_LAG, _behind_relay(flows)),
            _gauge(Pipeline.LOG_LAG, _lags(flows, heads, published)),
            _gauge(Pipeline.DEAD_LETTERS, {(reason,): n for reason, n in letters}),
            _gauge(Pipeline.ENTITY_STALE, {(): stale}),
        ]

    def _published(self) -> dict[int, int]:
        try:
            return read_manifest(self._folder.manifest).positions
        except NotFound:
            return {}
        except (msgspec.MsgspecError, OSError):
            log.exception("the warehouse's manifest cannot be read")
            return {}


def _behind_relay(flows: list[asyncpg.Record]) -> Values:
    """Offsets between the relay's end of each partition of the topic and the flow's position."""
    taken = {row["partition"]: row["position"] for row in flows if row["flow"] == _ANALYTICS}
    published = {row["partition"]: row["position"] for row in flows if row["flow"] == _TOPIC}
    return {(str(p),): max(0, end - taken.get(p, 0)) for p, end in published.items()}


def _lags(
    flows: list[asyncpg.Record], heads: Mapping[int, int], published: Mapping[int, int]
) -> Values:
    """How many entries of the log each of its readers has before it."""
    readers = {(row["flow"], row["partition"]): row["position"] for row in flows}
    readers |= {("warehouse", partition): at for partition, at in published.items()}
    names = {flow for flow, _ in readers} - {_ANALYTICS, _TOPIC}
    return {
        (flow, str(partition)): max(0, head - readers.get((flow, partition), 0))
        for flow in names
        for partition, head in heads.items()
    }


def _gauge(described: Described, values: Values) -> Metric:
    family = GaugeMetricFamily(described.name, described.meaning, labels=described.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


def _counter(described: Described, values: Values) -> Metric:
    family = CounterMetricFamily(described.name, described.meaning, labels=described.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family
