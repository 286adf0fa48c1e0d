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
from itertools import count
from pathlib import Path

from confluent_kafka import Producer

from models.settings import Settings
from storage.kafka.broker import Broker
from storage.kafka.client import EVENTS, ensure_topics, producer_properties, topic_name
from storage.postgres.connect import Connection, connect
from storage.postgres.outbox import subject_of
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.processes import Process
from tests.benchmarks.workspace import Workspace

TITLE = "Kafka: topic of 4 partitions → rows + event_log"
EVENTS_FULL = 1_000_000
EVENTS_PER_S_MIN = 50_000
_PARTITIONS = 4
_KILLS = 3
_POLL_S = 0.02
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
        figures["two processes"] = Figure(_flow(workspace, settings, url, events, 2), "events/s")
    with workspace.database() as url:
        workspace.tell("one process")
        rate = _flow(workspace, settings, url, events, 1)
        figures["one process"] = Figure(rate, "events/s", at_least=EVENTS_PER_S_MIN)
        for rival, module in (("plain", "plain"), ("keyed", "keyed_topic")):
            workspace.tell(f"{rival}, in one go and killed {_KILLS} times")
            whole, wrong = _rival(workspace, settings, url, rival, module, 0.0)
            figures[f"{rival}: rows only"] = Figure(whole, "events/s")
            figures[f"{rival}: wrong rows, not killed"] = Figure(wrong, "rows")
            _, wrong = _rival(workspace, settings, url, rival, module, events / whole)
            figures[f"{rival}: wrong rows after {_KILLS} kills"] = Figure(wrong, "rows")
        wrong = _killed_flow(workspace, settings, url, events / rate)
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


def _flow(workspace: Workspace, settings: Settings, url: str, events: int, number: int) -> float:
    """Events per second of so many processes."""
    with ExitStack() as stack:
        connection = stack.enter_context(connect(url, autocommit=True))
        flows = [stack.enter_context(_process(workspace, settings, url)) for _ in range(number)]
        _wait(lambda: _value(connection, _POSITIONS) >= _PARTITIONS, flows)
        began, before = time.perf_counter(), _value(connection, _JUDGED)
        _wait(lambda: _value(connection, _JUDGED) >= events, flows, 3_600)
        return (events - before) / (time.perf_counter() - began)


def _killed_flow(workspace: Workspace, settings: Settings, url: str, whole_s: float) -> float:
    """The flow into another database, killed; wrong rows against the first one's."""
    with (
        connect(url, autocommit=True) as first,
        workspace.database() as other,
        connect(other, autocommit=True) as second,
    ):
        total = _value(first, _JUDGED)
        for number in range(_KILLS + 1):
            with _process(workspace, settings, other) as flow:
                if number < _KILLS:
                    time.sleep(whole_s / (_KILLS + 1) + 2)
                    flow.popen.kill()
                else:
                    _wait(lambda: _value(second, _JUDGED) >= total, [flow], 3_600)
        return float(len(_rows(first) ^ _rows(second)))


def _rival(
    workspace: Workspace, settings: Settings, url: str, rival: str, module: str, whole_s: float
) -> tuple[float, float]:
    """Its events per second and its wrong rows; killed three times within `whole_s` if given."""
    number = next(_numbers)
    with connect(url, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {rival}, {rival}_log")
    place = str(settings.kafka_bootstrap), topic_name(settings, EVENTS)
    state = f"group-{number}" if module == "plain" else str(workspace.folder / f"store-{number}")
    arguments = (f"tests.benchmarks.rivals.{module}", *place, state, url)
    for _ in range(_KILLS if whole_s else 0):
        with Process(*arguments, settings={}) as process:
            time.sleep(whole_s / (_KILLS + 1) + 2)
            process.popen.kill()
    with Process(*arguments, settings={}, stdout=subprocess.PIPE) as process:
        output, _ = process.popen.communicate()
    if process.popen.returncode != 0:
        raise RuntimeError(f"{module} ended with {process.popen.returncode}")
    with connect(url, autocommit=True) as connection:
        wrong = _value(connection, _WRONG.format(rival=rival))
    return json.loads(output)["events_per_s"], wrong


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
