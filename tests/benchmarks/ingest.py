"""The commands of a data team, as a person runs them: simulate, ingest, verify.

Each is a process; its start is in its time.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from storage.postgres.connect import connect
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.processes import Process, postgres_cpu_s
from tests.benchmarks.workspace import Workspace

TITLE = "Commands: simulate, ingest, verify"
EVENTS = 1_000_000
ALONE_MAX = 100_000
"""Messages that an ingest puts in when nobody takes them; then it would wait."""
_EVENTS_PER_APPLICATION = 12
_POLL_S = 0.05


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One run after the other, each in a fresh database."""
    events = workspace.size(EVENTS, 50_000)
    path = workspace.history(events)
    alone = workspace.head(path, min(events, ALONE_MAX))
    lines = min(events, ALONE_MAX)
    while True:
        yield {
            **_simulate(workspace, events),
            **_ingest_alone(workspace, alone, lines),
            **_ingest_and_verify(workspace, path, events),
        }


def _simulate(workspace: Workspace, events: int) -> Figures:
    out = workspace.folder / "simulated.ndjson"
    applications = str(events // _EVENTS_PER_APPLICATION)
    took_s, peak_mb, _ = _run(workspace, "", "simulate", "--applications", applications, out=out)
    with out.open("rb") as file:
        made = sum(1 for _ in file)
    out.unlink()
    return {
        "simulate --out": Figure(made / took_s, "events/s"),
        "simulate, peak memory": Figure(peak_mb, "MB"),
    }


def _ingest_alone(workspace: Workspace, path: Path, lines: int) -> Figures:
    """Into the outbox of a product whose flow is down."""
    with workspace.database() as url:
        took_s, _, cpu_s = _run(workspace, url, "ingest", "--no-wait", str(path))
        with connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM outbox").fetchone()
    if row != (lines,):
        raise RuntimeError(f"{row} of {lines} messages are in the outbox")
    return {
        f"ingest of {lines:,} lines, no flow": Figure(lines / took_s, "events/s"),
        f"ingest of {lines:,} lines, no flow, its processor": Figure(cpu_s, "s"),
    }


def _ingest_and_verify(workspace: Workspace, path: Path, events: int) -> Figures:
    with workspace.database() as url:
        with workspace.flow(url) as flow:
            postgres_s = postgres_cpu_s(workspace.server)
            took_s, peak_mb, cpu_s = _run(workspace, url, "ingest", str(path))
            postgres_s = postgres_cpu_s(workspace.server) - postgres_s
            flow_mb = flow.peak_mb
        verified_s, verify_mb, _ = _run(workspace, url, "verify")
    return {
        f"ingest of {events:,} lines until folded": Figure(events / took_s, "events/s"),
        "ingest, its processor": Figure(cpu_s, "s"),
        "ingest, processor of Postgres": Figure(postgres_s, "s"),
        "ingest, peak memory": Figure(peak_mb, "MB"),
        "ingest, peak memory of the flow": Figure(flow_mb, "MB"),
        f"verify of {events:,} events": Figure(verified_s, "s"),
        "verify, peak memory of its processes together": Figure(verify_mb, "MB"),
    }


def _run(
    workspace: Workspace, url: str, *arguments: str, out: Path | None = None
) -> tuple[float, float, float]:
    """Seconds, peak megabytes and processor seconds of a command; RuntimeError if it fails."""
    workspace.tell(arguments[0])
    more = () if out is None else ("--out", str(out))
    began = time.perf_counter()
    peak_mb = cpu_s = 0.0
    with Process("flows.cli", *arguments, *more, settings=workspace.settings(url)) as process:
        while process.popen.poll() is None:
            now_mb, cpu_s = process.used() or (peak_mb, cpu_s)
            peak_mb = max(peak_mb, now_mb)
            time.sleep(_POLL_S)
        took_s = time.perf_counter() - began
    if process.popen.returncode != 0:
        raise RuntimeError(f"{arguments[0]} ended with {process.popen.returncode}")
    return took_s, peak_mb, cpu_s
