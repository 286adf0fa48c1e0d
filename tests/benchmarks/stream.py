"""The live feed: what an idle client costs, and how fast an event becomes a frame.

One API process and the flow, each a real process; the clients are sockets of this one. The
clock of a delivery runs from the commit of the message in the outbox, so the flow is in it.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg

from storage.postgres import outbox
from tests.benchmarks.figures import Figure, Figures, milliseconds
from tests.benchmarks.processes import Process
from tests.benchmarks.workspace import Workspace
from tests.stream.sse import Stream

TITLE = "Live feed: memory per idle client, outbox → frame"
CLIENTS = 1_000
DELIVERIES = 1_000
DELIVERIES_PER_S = 100
_WARM_UP = 50
_PATIENCE_S = 60.0
_FACT = "application.viewed_by_employer"


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One run after the other, each in a fresh database."""
    while True:
        with (
            workspace.database() as url,
            workspace.flow(url),
            workspace.api(url) as (api, port),
        ):
            yield asyncio.run(_run(workspace, url, api, port))


async def _run(workspace: Workspace, url: str, api: Process, port: int) -> Figures:
    clients = workspace.size(CLIENTS, 100)
    deliveries = workspace.size(DELIVERIES, 200)
    connection = await asyncpg.connect(url)
    try:
        async with AsyncExitStack() as stack:
            one = await stack.enter_async_context(_stream(workspace, port, "active"))
            await _deliver(connection, one, "active", _WARM_UP)
            before_mb, before_s = api.memory_mb, api.cpu_s
            workspace.tell(f"{clients:,} idle clients")
            idle = [_stream(workspace, port, f"idle{number}") for number in range(clients)]
            for stream in idle:
                await stack.enter_async_context(stream)
            await asyncio.gather(*(anext(aiter(stream)) for stream in idle))
            opened_mb, opened_s = api.memory_mb, api.cpu_s
            began_s = time.perf_counter()
            delays = await _deliver(connection, one, "active", deliveries)
            lasted_s = time.perf_counter() - began_s
            return {
                "memory per idle client": Figure((opened_mb - before_mb) / clients * 1_000, "kB"),
                "processor time to open one": Figure((opened_s - before_s) / clients * 1e3, "ms"),
                **milliseconds(f"outbox → frame, {clients:,} idle clients", delays),
                "API processor at that load": Figure(
                    (api.cpu_s - opened_s) / lasted_s * 100, "% of a core"
                ),
            }
    finally:
        await connection.close()


def _stream(workspace: Workspace, port: int, user: str) -> Stream:
    return Stream(port, "/api/stream", workspace.bearer(user))


async def _deliver(
    connection: asyncpg.Connection, stream: Stream, user: str, count: int
) -> list[float]:
    """Seconds from commit to frame of each fact, sent at a steady rate."""
    committed: dict[str, float] = {}
    arrived: dict[str, float] = {}
    prefix = f"{time.monotonic_ns()}"
    frames = aiter(stream)
    if count == _WARM_UP:
        await anext(frames)

    async def receive() -> None:
        async for frame in frames:
            if frame.event == _FACT:
                arrived[json.loads(frame.data)["id"]] = time.perf_counter()
            if len(arrived) == count:
                return

    receiving = asyncio.create_task(receive())
    await _send(connection, f"{prefix}-created", user, "application.created")
    began_s = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, began_s + number / DELIVERIES_PER_S - time.perf_counter()))
        id = f"{prefix}-{number}"
        await _send(connection, id, user, _FACT)
        committed[id] = time.perf_counter()
    async with asyncio.timeout(_PATIENCE_S):
        await receiving
    return [max(0.0, arrived[id] - at_s) for id, at_s in committed.items()]


async def _send(connection: asyncpg.Connection, id: str, user: str, kind: str) -> None:
    """One event; every 500 facts have an application of their own, which holds 1,000 at most."""
    run, _, number = id.partition("-")
    application = f"{run}-{int(number) // 500 if number.isdecimal() else 0}"
    job = {"jobId": "j", "jobTitle": "Engineer", "company": "Acme"}
    event = {
        "specversion": "1.0",
        "id": id,
        "source": "/benchmarks",
        "type": kind,
        "subject": application,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "userid": user,
        "data": job if kind == "application.created" else {},
    }
    if number.isdecimal() and int(number) % 500 == 0 and int(number):
        created = event | {"id": f"{id}-created", "type": "application.created", "data": job}
        await outbox.insert(connection, application, json.dumps(created).encode(), partitions=1)
    await outbox.insert(connection, application, json.dumps(event).encode(), partitions=1)


def main() -> None:
    """One run alone, as JSON."""
    parser = argparse.ArgumentParser(description="Measure the live feed once.")
    parser.add_argument("--quick", action="store_true", help="100 clients: does it work?")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:

        def tell(text: str) -> None:
            sys.stderr.write(f"  … {text}\n")

        workspace = Workspace(Path(folder), quick=arguments.quick, tell=tell)
        try:
            workspace.server.start()
            endless = runs(workspace)
            figures = next(endless)
            endless.close()
        finally:
            workspace.server.stop()
    print(json.dumps({name: [figure.value, figure.unit] for name, figure in figures.items()}))


if __name__ == "__main__":
    main()
