"""Metrics over HTTP from one API process and a published warehouse of very many applications."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import uvloop

from flows.commands.publish import up_to_date
from models.settings import Settings
from storage.duckdb.manifest import read_manifest
from storage.postgres.connect import connect
from tests.benchmarks.client import Client
from tests.benchmarks.figures import Figure, Figures, percentile
from tests.benchmarks.workspace import Workspace

TITLE = "Dashboards, one API process"
APPLICATIONS = 1_000_000
_COPIES = 100
_EVENTS_PER_APPLICATION = 12.5
_P95_MS = 200
_QUERIES = {
    "summary": "summary?",
    "funnel": "funnel?",
    "funnel by company": "funnel?by=company&",
    "funnel by week in Berlin": "funnel?by=week&tz=Europe/Berlin&",
    "stages": "stages?",
    "response times": "response-times?",
    "response times by company": "response-times?by=company&",
    "response times by week": "response-times?by=week&",
    "response curve": "response-curve?",
    "offers by source": "offers?by=source&",
    "volume by day, 90 days": "volume?per=day&",
    "volume by hour, 7 days": "volume?per=hour&",
    "ghosted by company": "ghosted?by=company&",
    "funnel of one's own": "funnel?scope=mine&",
    "response curve of one's own": "response-curve?scope=mine&",
}
_COPY = {
    "applications": """
INSERT INTO applications SELECT * EXCLUDE copy REPLACE (
    application_id || '-' || copy AS application_id, user_id || '-' || copy AS user_id,
    applied_at - to_microseconds(copy * 1_000_003) AS applied_at,
    status_at - to_microseconds(copy * 1_000_033) AS status_at,
    response_time_hours * (1 + copy / 1e6) AS response_time_hours,
    struct_pack(
        applied := hours_left.applied * (1 + copy / 1e6),
        viewed := hours_left.viewed * (1 + copy / 1e6),
        shortlisted := hours_left.shortlisted * (1 + copy / 1e6),
        interview_scheduled := hours_left.interview_scheduled * (1 + copy / 1e6),
        interviewed := hours_left.interviewed * (1 + copy / 1e6),
        offer_received := hours_left.offer_received * (1 + copy / 1e6)
    ) AS hours_left
) FROM applications, range(1, {copies}) AS copies (copy)
""",
    "events": """
INSERT INTO events SELECT * EXCLUDE copy REPLACE (
    application_id || '-' || copy AS application_id, user_id || '-' || copy AS user_id
) FROM events, range(1, {copies}) AS copies (copy)
""",
}
"""No two copies with the same hours: equal ones would be one step of a curve, and cheap."""


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One question after the other, none of them asked before."""
    asked = workspace.size(20, 5)
    with workspace.database() as url:
        _grow(workspace, url, workspace.size(APPLICATIONS, 20_000))
        with workspace.api(url) as (api, port):
            bearer = workspace.bearer("user_demo", "user"), workspace.bearer("ann", "analyst")
            number = 0
            while True:
                figures: Figures = {}
                for name, query in _QUERIES.items():
                    headers = bearer[0] if "scope=mine" in query else bearer[1]
                    paths = [_path(query, number + each) for each in range(asked)]
                    number += asked
                    figures |= _figures(name, uvloop.run(_ask(port, paths, headers)))
                figures["memory of the API, at most"] = Figure(api.peak_mb, "MB")
                yield figures


def _path(query: str, number: int) -> str:
    """With a filter that leaves nothing out, but that no other question has."""
    moment = f"2099-01-01T00:00:00.{number:06d}Z" if "volume" not in query else None
    return f"/api/analytics/{query}" + (f"to={moment}" if moment else _period(query, number))


def _period(query: str, number: int) -> str:
    days = "2025-10-01" if "per=day" in query else "2025-12-24"
    return f"from={days}T00:00:00Z&to=2025-12-31T00:00:00.{number:06d}Z"


async def _ask(port: int, paths: list[str], headers: dict[str, str]) -> list[float]:
    delays = []
    async with Client(port) as client:
        for path in paths:
            began = time.perf_counter()
            await client.get(path, headers)
            delays.append(time.perf_counter() - began)
    return delays


def _figures(name: str, seconds: list[float]) -> Figures:
    p95_ms = percentile(seconds, 0.95) * 1_000
    return {
        f"{name}, p50": Figure(percentile(seconds, 0.5) * 1_000, "ms"),
        f"{name}, p95": Figure(p95_ms, "ms", at_most=_P95_MS),
    }


def _grow(workspace: Workspace, url: str, applications: int) -> None:
    """Publish folded applications, and put copies of them under further names into the file."""
    copies = workspace.size(_COPIES, 2)
    events = int(applications / copies * _EVENTS_PER_APPLICATION)
    workspace.load(url, workspace.history(events))
    settings = Settings(**workspace.settings(url))  # type: ignore[arg-type]
    with connect(url, autocommit=True) as connection:
        up_to_date(settings, connection)
    workspace.tell(f"copying up to {applications:,} applications")
    folder = settings.warehouse_folder
    published = folder / read_manifest(folder / "manifest.json").file
    _multiply(published, copies)


def _multiply(published: Path, copies: int) -> None:
    draft = published.with_suffix(".draft")
    shutil.copy(published, draft)
    draft.chmod(0o644)
    with duckdb.connect(str(draft)) as connection:
        for statement in _COPY.values():
            connection.execute(statement.format(copies=copies))
        connection.execute("CHECKPOINT")
    draft.replace(published)
