"""A Kafka topic → exact rows and the log, by one process and by two; and plain alternatives, each
also killed three times and compared row by row.

Broker, Postgres and everything else share the machine. The clock runs from the moment at which
the flows own all partitions to the commit that took the last message; what was taken before is not
counted.
"""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from confluent_kafka import Producer

from models.settings import Settings
from storage.kafka.broker import Broker
from storage.kafka.client import EVENTS, ensure_topics, producer_properties, topic_name
from storage.postgres.connect import Connection, connect
from storage.postgres.outbox import subject_of
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.processes import Process, postgres_cpu_s
from tests.benchmarks.workspace import Workspace

TITLE = "Kafka: topic of 4 partitions → rows + event_log"
EVENTS_FULL = 1_000_000
EVENTS_PER_S_MIN = 50_000
_PARTITIONS = 4
_KILLS = 3
_POLL_S = 0.02
_MOMENT_S = 0.3
_START_S = 60.0
_numbers = count(1)
_POSITIONS = "SELECT count(*) FROM flow_positions WHERE flow = 'analytics'"
_JUDGED = """SELECT coalesce(sum(accepted + duplicates + dead_lettered), 0)::bigint
    FROM flow_positions"""
_ROWS = "SELECT application_id, version, views, status, state FROM application_analytics"
_WRONG = """SELECT count(*) FROM application_analytics AS row FULL JOIN {rival} AS rival
    USING (application_id)
    WHERE (row.version, row.views) IS DISTINCT FROM (rival.version, rival.views)"""


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One run after the other, all on one filled topic, each in a fresh database."""
    path = workspace.history(workspace.size(EVENTS_FULL, 20_000))
    broker = Broker(workspace.folder / "kafka", Settings().cache)
    settings = Settings(kafka_bootstrap=broker.start(workspace.tell), kafka_partitions=_PARTITIONS)
    try:
        events = _fill(settings, path)
        while True:
            yield _run(workspace, settings, events)
    finally:
        broker.stop()


def _run(workspace: Workspace, settings: Settings, events: int) -> Figures:
    figures: Figures = {}
    with workspace.database() as url:
        workspace.tell("two processes")
        figures |= _flow(workspace, settings, url, events, 2, "two processes")
    with workspace.database() as url:
        workspace.tell("one process")
        figures |= _flow(workspace, settings, url, events, 1, "one process", EVENTS_PER_S_MIN)
        for rival, module in (("plain", "plain"), ("keyed", "keyed_topic")):
            workspace.tell(f"{rival}, in one go and killed {_KILLS} times")
            whole, wrong = _rival(workspace, settings, url, rival, module, 0)
            figures[f"{rival}: rows only"] = Figure(whole, "events/s")
            figures[f"{rival}: wrong rows, not killed"] = Figure(wrong, "rows")
            _, wrong = _rival(workspace, settings, url, rival, module, events)
            figures[f"{rival}: wrong rows after {_KILLS} kills"] = Figure(wrong, "rows")
        wrong = _killed_flow(workspace, settings, url)
        figures[f"flow: wrong rows after {_KILLS} kills"] = Figure(wrong, "rows", at_most=0)
    return figures


def _fill(settings: Settings, path: Path) -> int:
    ensure_topics(settings)
    producer = Producer(producer_properties(settings, linger_ms=50, compression_type="lz4"))
    topic, events = topic_name(settings, EVENTS), 0
    with path.open("rb") as file:
        for line in file:
            while True:
                try:
                    producer.produce(topic, line.rstrip(b"\n"), key=subject_of(line))
                    break
                except BufferError:
                    producer.poll(0.1)
            events += 1
    producer.flush()
    return events


def _process(workspace: Workspace, settings: Settings, url: str) -> Process:
    chosen = workspace.settings(url, kafka_bootstrap=settings.kafka_bootstrap)
    return Process("flows.cli", "flow", "analytics", settings=chosen)


def _flow(
    workspace: Workspace,
    settings: Settings,
    url: str,
    events: int,
    number: int,
    title: str,
    at_least: float | None = None,
) -> Figures:
    """Events per second of so many processes, and what they use for it."""
    with ExitStack() as stack:
        connection = stack.enter_context(connect(url, autocommit=True))
        flows = [stack.enter_context(_process(workspace, settings, url)) for _ in range(number)]
        _wait(lambda: _value(connection, _POSITIONS) >= _PARTITIONS, flows)
        began, before = time.perf_counter(), _value(connection, _JUDGED)
        flow_s, postgres_s = sum(flow.cpu_s for flow in flows), postgres_cpu_s(workspace.server)
        _wait(lambda: _value(connection, _JUDGED) >= events, flows, 3_600)
        rate = (events - before) / (time.perf_counter() - began)
        flow_s = sum(flow.cpu_s for flow in flows) - flow_s
        postgres_s = postgres_cpu_s(workspace.server) - postgres_s
        return {
            title: Figure(rate, "events/s", at_least=at_least),
            f"{title}: processor of the flow": Figure(flow_s, "s"),
            f"{title}: processor of Postgres": Figure(postgres_s, "s"),
            f"{title}: peak memory": Figure(max(flow.peak_mb for flow in flows), "MB"),
        }


def _killed_flow(workspace: Workspace, settings: Settings, url: str) -> float:
    """The flow into another database, killed; wrong rows against the first one's."""
    with (
        connect(url, autocommit=True) as first,
        workspace.database() as other,
        connect(other, autocommit=True) as second,
    ):
        total = _value(first, _JUDGED)
        start = partial(_process, workspace, settings, other)
        _kill(start, lambda: _value(second, _JUDGED), total)
        with start() as flow:
            _wait(lambda: _value(second, _JUDGED) >= total, [flow], 3_600)
        return float(len(_rows(first) ^ _rows(second)))


def _kill(start: Callable[[], Process], done: Callable[[], float], events: float) -> None:
    """Start and kill it three times: after each quarter of the way, and a moment more."""
    moment = Random(1)
    for number in range(1, _KILLS + 1):
        with start() as process:
            while process.popen.poll() is None and done() < events * number / (_KILLS + 1):
                time.sleep(_POLL_S)
            time.sleep(moment.uniform(0, _MOMENT_S))
            process.popen.kill()


def _rival(
    workspace: Workspace, settings: Settings, url: str, rival: str, module: str, killed_within: int
) -> tuple[float, float]:
    """Its events per second and its wrong rows; killed within so many events where given."""
    number = next(_numbers)
    place = str(settings.kafka_bootstrap), topic_name(settings, EVENTS)
    state = f"group-{number}" if module == "plain" else str(workspace.folder / f"store-{number}")
    start = partial(Process, f"tests.benchmarks.rivals.{module}", *place, state, url, settings={})
    with connect(url, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {rival}, {rival}_log")
        if killed_within:
            _kill(start, lambda: _folded(connection, rival), killed_within)
        with start(stdout=subprocess.PIPE) as process:
            output, _ = process.popen.communicate()
        if process.popen.returncode != 0:
            raise RuntimeError(f"{module} ended with {process.popen.returncode}")
        return json.loads(output)["events_per_s"], _value(connection, _WRONG.format(rival=rival))


def _folded(connection: Connection, rival: str) -> float:
    """Events in its rows so far; it makes its table itself."""
    if not _value(connection, f"SELECT count(*) FROM pg_class WHERE relname = '{rival}'"):
        return 0.0
    return _value(connection, f"SELECT coalesce(sum(version), 0)::bigint FROM {rival}")


def _rows(connection: Connection) -> set[tuple[object, ...]]:
    return set(connection.execute(_ROWS).fetchall())


def _value(connection: Connection, statement: str) -> float:
    row = connection.execute(statement).fetchone()
    return float(row[0]) if row else 0.0


def _wait(true: Callable[[], bool], flows: list[Process], within_s: float = _START_S) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        for flow in flows:
            flow.check()
        if time.monotonic() > deadline:
            raise RuntimeError("it takes too long")
        time.sleep(_POLL_S)
