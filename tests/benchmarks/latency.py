"""How soon an event is an exact row, and how soon an API write is a frame at the client.

The real flow and one API process on a durable Postgres with a history; steady rates, each
request sent at its moment whether or not earlier ones have been answered.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

import asyncpg
import msgspec
import uvloop

from storage.postgres.outbox import SQL as OUTBOX
from tests.benchmarks.client import Client
from tests.benchmarks.figures import Figure, Figures, milliseconds
from tests.benchmarks.pacing import steadily, until
from tests.benchmarks.workspace import Workspace
from tests.stream.sse import Stream

TITLE = "Latency"
HISTORY = 200_000
EVENTS_PER_S = 500
ROW_P99_MS_MAX = 15
WRITES_PER_S = 100
FRAME_P99_MS_MAX = 25
_SESSIONS = 4
_USERS = 50
_CLIENTS = 10

_NEWEST = 'SELECT coalesce(max("offset"), -1) FROM event_log'
_FACTS_BEHIND = (
    'SELECT "offset", application_id, id FROM event_log'
    ' WHERE partition = 0 AND "offset" > $1 ORDER BY "offset"'
)


class _Named(msgspec.Struct):
    id: str
    subject: str


_named = msgspec.json.Decoder(_Named).decode


def runs(workspace: Workspace) -> Iterator[Figures]:
    """All runs go on with one database, as a product in use does."""
    history = workspace.size(HISTORY, 20_000)
    seconds = workspace.size(30, 5)
    path = workspace.history(history * 2)
    live = _new_lines(path, history)
    with workspace.database() as url:
        workspace.load(url, workspace.head(path, history))
        with workspace.flow(url), workspace.api(url) as (_, port):
            while True:
                workspace.tell(f"{EVENTS_PER_S} events/s for {seconds} s")
                lines = list(islice(live, EVENTS_PER_S * seconds))
                figures = uvloop.run(_outbox_to_row(url, lines))
                workspace.tell(f"{WRITES_PER_S} writes/s for {seconds} s")
                count = WRITES_PER_S * seconds
                yield figures | uvloop.run(_write_to_frame(workspace, port, count))


def _new_lines(path: Path, first: int) -> Iterator[bytes]:
    """Lines behind the first ones, without duplicates, which would never be seen."""
    known: set[tuple[str, str]] = set()
    with path.open("rb") as file:
        for number, line in enumerate(file):
            event = _named(line)
            if (event.subject, event.id) not in known:
                known.add((event.subject, event.id))
                if number >= first:
                    yield line.rstrip(b"\n")


async def _outbox_to_row(url: str, lines: list[bytes]) -> Figures:
    """From the commit's answer at the writer to the row in the answer of a reader's SELECT.

    The reader is woken by the flow's NOTIFY and reads the log behind its last offset; facts
    and rows are of one transaction, so a fact that is seen means a row that is. Its wake-up
    and its SELECT are part of the figure.
    """
    committed: dict[tuple[str, str], float] = {}
    seen: dict[tuple[str, str], float] = {}
    async with AsyncExitStack() as stack:
        sessions = asyncio.Queue[asyncpg.Connection]()
        for _ in range(_SESSIONS):
            sessions.put_nowait(await stack.enter_async_context(_connected(url)))
        reader = await stack.enter_async_context(_connected(url))
        newest = await reader.fetchval(_NEWEST)
        woken = asyncio.Event()
        await reader.add_listener("event_log", lambda *_: woken.set())

        async def read() -> None:
            nonlocal newest
            while True:
                await woken.wait()
                woken.clear()
                rows = await reader.fetch(_FACTS_BEHIND, newest)
                now = perf_counter()
                for offset, application_id, event_id in rows:
                    newest = offset
                    seen.setdefault((application_id, event_id), now)

        async def write(line: bytes) -> None:
            event = _named(line)
            session = await sessions.get()
            await session.fetchval(OUTBOX.insert, 0, event.subject, None, line)
            committed.setdefault((event.subject, event.id), perf_counter())
            sessions.put_nowait(session)

        reading = asyncio.create_task(read())
        began = perf_counter()
        await steadily(EVENTS_PER_S, [partial(write, line) for line in lines])
        rate = len(lines) / (perf_counter() - began)
        await until(lambda: len(seen.keys() & committed.keys()) >= len(committed), reading)
        reading.cancel()
    # The flow may be faster than the answer to the writer.
    delays = [max(0.0, seen[key] - committed[key]) for key in committed]
    return {"outbox: events committed": Figure(rate, "events/s")} | milliseconds(
        "outbox commit → row visible", delays, p99_at_most=ROW_P99_MS_MAX
    )


async def _write_to_frame(workspace: Workspace, port: int, count: int) -> Figures:
    """From the request, and from its answer, to the frame of the fact at the owner's stream."""
    headers = [workspace.bearer(f"bench-{number}") for number in range(_USERS)]
    sent: dict[str, float] = {}
    answered: dict[str, float] = {}
    framed: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        watching = []
        for header in headers:
            stream = await stack.enter_async_context(Stream(port, "/api/stream", header))
            watching.append(asyncio.create_task(_watch(stream, framed)))
        clients = asyncio.Queue[Client]()
        for _ in range(_CLIENTS):
            clients.put_nowait(await stack.enter_async_context(Client(port)))

        async def create(header: dict[str, str], number: int) -> None:
            body = {"jobId": f"job-{number}", "jobTitle": "Engineer", "company": "Northwind"}
            began = perf_counter()
            client = await clients.get()
            made = await client.post("/api/applications", header, body)
            sent[made["id"]], answered[made["id"]] = began, perf_counter()
            clients.put_nowait(client)

        users = cycle(headers)
        began = perf_counter()
        await steadily(
            WRITES_PER_S,
            [partial(create, next(users), number) for number in range(count)],
        )
        rate = count / (perf_counter() - began)
        await until(lambda: len(framed.keys() & sent.keys()) >= count, *watching)
        for task in watching:
            task.cancel()
    return (
        {"API: writes answered": Figure(rate, "writes/s")}
        | milliseconds("API write sent → answered", [answered[key] - sent[key] for key in sent])
        | milliseconds(
            "API write sent → frame at the client",
            [framed[key] - sent[key] for key in sent],
            p99_at_most=FRAME_P99_MS_MAX,
        )
        | milliseconds(
            "API write answered → frame at the client",
            [max(0.0, framed[key] - answered[key]) for key in sent],
        )
    )


async def _watch(stream: Stream, framed: dict[str, float]) -> None:
    async for frame in stream:
        if '"subject"' in frame.data:
            framed.setdefault(_named(frame.data).subject, perf_counter())


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        connection.terminate()
