"""Messages in the outbox → exact rows and the log, as fast as they go; and what it stands beside.

The flow is a real process on a durable Postgres. It owns the log and is halted while the
outbox is filled; the clock runs from its release to the commit that took the last message.
"""

import itertools
import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psutil  # type: ignore[import-untyped]

from models.success import Version
from storage.postgres import ingest_runs, versions
from storage.postgres.connect import Connection, connect
from storage.postgres.outbox import copy_lines
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.processes import Process, postgres_cpu_s
from tests.benchmarks.workspace import Workspace

TITLE = "Throughput: outbox → rows + event_log"
EVENTS = 1_000_000
EVENTS_PER_S_MIN = 45_000
MEMORY_MB_MAX = 700
_POLL_S = 0.02
_CHUNK = 50_000


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One run after the other, each in a fresh database."""
    path = workspace.history(workspace.size(EVENTS, 50_000))
    while True:
        workspace.tell("the flow")
        figures = flow_alone(workspace, path)
        rate = figures["flow"].value
        used_s = figures["processor of the flow"].value + figures["processor of Postgres"].value
        for title, more in (("rows only", ()), ("rows + log", ("log",))):
            name = f"keyed Bytewax flow, {title}"
            workspace.tell(name)
            keyed = _alone(workspace, "keyed", path, *more)
            if keyed["rows"] != figures["applications"].value:
                raise RuntimeError(f"the keyed flow made {keyed['rows']} rows")
            figures[name] = Figure(keyed["events_per_s"], "events/s")
            figures[f"{name}: its processor"] = Figure(keyed["cpu_s"], "s")
            figures[f"{name}: processor of Postgres"] = Figure(keyed["postgres_s"], "s")
            figures[f"{name}: peak memory"] = Figure(keyed["peak_mb"], "MB")
            figures[f"flow : {name}"] = Figure(rate / keyed["events_per_s"], "×")
            keyed_s = keyed["cpu_s"] + keyed["postgres_s"]
            figures[f"flow : {name}, per processor time"] = Figure(keyed_s / used_s, "×")
        for name, title in (
            ("decode", "decode only"),
            ("compute", "decode, judge, fold, encode; no Postgres"),
        ):
            workspace.tell(title)
            ceiling = _alone(workspace, name, path)["events_per_s"]
            figures[title] = Figure(ceiling, "events/s")
            figures[f"flow : {title}"] = Figure(rate / ceiling, "×")
        yield figures


def flow_alone(workspace: Workspace, path: Path, version: Version | None = None) -> Figures:
    """The analytics flow on a fresh database; with a version it predicts each changed row."""
    with (
        workspace.database() as url,
        workspace.flow(url) as flow,
        connect(url, autocommit=True) as connection,
    ):
        if version is not None:
            versions.publish(connection, version, 0)
        while not _polls(connection):
            flow.check()
            time.sleep(_POLL_S)
        halted = psutil.Process(flow.popen.pid)
        halted.suspend()
        events = _fill(connection, path)
        connection.execute("CHECKPOINT")
        flow_before_s, postgres_before_s = flow.cpu_s, postgres_cpu_s(workspace.server)
        began = time.perf_counter()
        halted.resume()
        while _taken(connection) < events:
            flow.check()
            time.sleep(_POLL_S)
        took_s = time.perf_counter() - began
        flow_s = flow.cpu_s - flow_before_s
        postgres_s = postgres_cpu_s(workspace.server) - postgres_before_s
        return {
            "flow": Figure(events / took_s, "events/s", at_least=EVENTS_PER_S_MIN),
            "wall": Figure(took_s, "s"),
            "processor of the flow": Figure(flow_s, "s"),
            "processor of Postgres": Figure(postgres_s, "s"),
            "peak memory of the flow": Figure(flow.peak_mb, "MB", at_most=MEMORY_MB_MAX),
            "applications": Figure(_checked(connection, events), "rows"),
        }


def _polls(connection: Connection) -> bool:
    """Whether the flow has all its connections: one halted amid connecting would give up."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND query LIKE '%FROM outbox%')"
    ).fetchone()
    return bool(row and row[0])


def _fill(connection: Connection, path: Path) -> int:
    """The file into the outbox as one ingest; returns how many messages it holds."""
    run, events = uuid4(), 0
    ingest_runs.begin(connection, run, "benchmark")
    with path.open("rb") as file:
        while lines := [line.rstrip(b"\n") for line in itertools.islice(file, _CHUNK)]:
            with connection.transaction():
                events += copy_lines(connection, lines, partitions=1, run=run)
                ingest_runs.add_received(connection, run, len(lines))
    return events


def _taken(connection: Connection) -> int:
    row = connection.execute(
        "SELECT sum(accepted + duplicates + dead_lettered)::bigint FROM flow_positions"
    ).fetchone()
    return int(row[0] or 0) if row else 0


def _checked(connection: Connection, events: int) -> int:
    """Applications, once every message is accounted for in rows and in the log."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM dead_letters),"
        " (SELECT count(*) FROM event_log WHERE type <> 'application.analytics_updated'),"
        " (SELECT count(*) FROM application_analytics),"
        " (SELECT sum(version)::bigint FROM application_analytics),"
        " (SELECT duplicates FROM flow_positions WHERE flow = 'analytics')"
    ).fetchone()
    if row is None or row[:2] != (0, 0) or row[2] != row[4] or row[2] + row[5] != events:
        raise RuntimeError(f"of {events} messages not all are accounted for: {row}")
    applications: int = row[3]
    return applications


def _alone(workspace: Workspace, module: str, path: Path, *more: str) -> dict[str, float]:
    """Run one of `rivals/` in a process of its own; it prints its figures as JSON."""
    settings = workspace.settings("")
    with workspace.database() as url:
        arguments = (f"tests.benchmarks.rivals.{module}", str(path), url, *more)
        postgres_s = postgres_cpu_s(workspace.server)
        with Process(*arguments, settings=settings, stdout=subprocess.PIPE) as process:
            output, _ = process.popen.communicate()
        if process.popen.returncode != 0:
            raise RuntimeError(f"{module} ended with {process.popen.returncode}")
        postgres_s = postgres_cpu_s(workspace.server) - postgres_s
    figures: dict[str, float] = json.loads(output)
    return figures | {"postgres_s": postgres_s}
