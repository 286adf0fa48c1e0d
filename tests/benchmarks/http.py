"""Reads over HTTP from one API process: each client asks anew as soon as it is answered."""

import asyncio
from collections.abc import Iterator
from itertools import cycle
from time import perf_counter

import uvloop

from storage.postgres.connect import connect
from tests.benchmarks.client import Client
from tests.benchmarks.clones import grow
from tests.benchmarks.figures import Figure, Figures, milliseconds
from tests.benchmarks.processes import Process, postgres_cpu_s
from tests.benchmarks.workspace import Workspace

TITLE = "HTTP reads, one API process"
APPLICATIONS = 100_000
_COPIES = 10
_CLIENTS = 8
_PATHS = 1_000

Request = tuple[str, dict[str, str]]


def runs(workspace: Workspace) -> Iterator[Figures]:
    """Applications of a thousand users, one by one and as lists of 20."""
    seconds = workspace.size(10, 2)
    with workspace.database() as url:
        grow(workspace, url, workspace.size(APPLICATIONS, 10_000), _COPIES)
        with connect(url) as connection:
            known = connection.execute(
                "SELECT id, user_id FROM applications WHERE id LIKE '%-7' ORDER BY id LIMIT $1",
                (_PATHS,),
            ).fetchall()
        bearers = {user: workspace.bearer(user) for _, user in known}
        kinds: dict[str, list[Request]] = {
            "GET application": [(f"/api/applications/{id}", bearers[user]) for id, user in known],
            "GET its analytics": [
                (f"/api/applications/{id}/analytics", bearers[user]) for id, user in known
            ],
            "GET list of 20": [("/api/applications?limit=20", bearers[user]) for _, user in known],
        }
        with workspace.api(url) as (api, port):
            while True:
                figures: Figures = {}
                for name, requests in kinds.items():
                    workspace.tell(f"{name} for {seconds} s")
                    figures |= _measure(workspace, api, port, name, requests, seconds)
                yield figures


def _measure(
    workspace: Workspace, api: Process, port: int, name: str, requests: list[Request], seconds: int
) -> Figures:
    uvloop.run(_ask(port, requests, 1))  # connections of the pool, prepared statements
    api_s, postgres_s = api.cpu_s, postgres_cpu_s(workspace.server)
    delays, took_s = uvloop.run(_ask(port, requests, seconds))
    api_s, postgres_s = api.cpu_s - api_s, postgres_cpu_s(workspace.server) - postgres_s
    return {
        name: Figure(len(delays) / took_s, "requests/s"),
        **milliseconds(name, delays),
        f"{name}, processor of the API": Figure(api_s / len(delays) * 1e6, "µs/request"),
        f"{name}, processor of Postgres": Figure(postgres_s / len(delays) * 1e6, "µs/request"),
    }


async def _ask(port: int, requests: list[Request], seconds: float) -> tuple[list[float], float]:
    delays: list[float] = []
    endless = cycle(requests)
    began = perf_counter()

    async def ask() -> None:
        async with Client(port) as client:
            while (sent := perf_counter()) < began + seconds:
                path, headers = next(endless)
                await client.get(path, headers)
                delays.append(perf_counter() - sent)

    async with asyncio.TaskGroup() as group:
        for _ in range(_CLIENTS):
            group.create_task(ask())
    return delays, perf_counter() - began
