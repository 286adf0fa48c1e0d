"""Processes that share the pieces of one verification."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import NamedTuple

from flows.verify.pieces import Finding, Inspector, Piece
from flows.verify.published import Published, published
from flows.verify.snapshot import Snapshot, snapshot
from models.errors import Unavailable
from storage.duckdb.manifest import Manifest

PROCESSES_MAX = 4
"""Each holds the facts of a piece in several shapes, some 300 MB; Postgres works as well."""
PIECES_EACH = 3
"""For fewer a process is not worth its start."""

_context = get_context("spawn")


def processes_for(pieces: int) -> int:
    """How many finish so many pieces the soonest on this machine."""
    return max(1, min(len(os.sched_getaffinity(0)), pieces // PIECES_EACH, PROCESSES_MAX))


class _View(NamedTuple):
    """How another process comes to see the same moment and the same version."""

    url: str
    snapshot: str
    folder: Path | None
    manifest: Manifest | None
    digests: bool


def inspected(
    pieces: Sequence[Piece],
    moment: Snapshot,
    version: Published | None,
    *,
    digests: bool,
    processes: int,
) -> Iterator[Finding]:
    """Findings in the order of the pieces; one process is this one.

    What goes wrong in another is raised here; Unavailable when it was killed.
    """
    if processes == 1:
        yield from map(Inspector(moment, version, digests=digests).inspect, pieces)
        return
    folder, manifest = (version.folder, version.manifest) if version else (None, None)
    view = _View(moment.url, moment.share(), folder, manifest, digests)
    try:
        yield from _shared(pieces, view, processes)
    except (EOFError, ConnectionError):
        raise Unavailable("a process of this verification was killed") from None


def _shared(pieces: Sequence[Piece], view: _View, processes: int) -> Iterator[Finding]:
    with ExitStack() as stack:
        pipes = [stack.enter_context(_worker(view)) for _ in range(processes)]
        numbers = iter(range(len(pieces)))
        at: dict[Connection, int] = {}
        done: dict[int, Finding] = {}

        def give(pipe: Connection) -> None:
            number = next(numbers, None)
            if number is not None:
                pipe.send(pieces[number])
                at[pipe] = number

        for pipe in pipes:
            give(pipe)
        for number in range(len(pieces)):
            while number not in done:
                for pipe in at.keys() & set(wait(list(at))):
                    done[at.pop(pipe)] = _answer(pipe)
                    give(pipe)
            yield done.pop(number)


def _answer(pipe: Connection) -> Finding:
    answer = pipe.recv()
    if isinstance(answer, Exception):
        raise answer
    finding: Finding = answer
    return finding


@contextmanager
def _worker(view: _View) -> Iterator[Connection]:
    ours, theirs = _context.Pipe()
    process = _context.Process(target=_work, args=(theirs, view), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.terminate()
        process.join()


def _work(pipe: Connection, view: _View) -> None:
    """Inspect until nobody is at the other end of the pipe, however that came about."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the one that started us
    try:
        with (
            published(view.folder, view.manifest) as version,
            snapshot(view.url, view.snapshot) as moment,
        ):
            inspector = Inspector(moment, version, digests=view.digests)
            while True:
                pipe.send(inspector.inspect(pipe.recv()))
    except (EOFError, ConnectionError):
        return
    except Exception as error:
        pipe.send(error)
