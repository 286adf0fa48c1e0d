"""Events of files, in the order of event time, sorted on disk."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from flows.evaluate.replay import Arrived
from flows.lines import Input
from models.decoder import Event, decode
from models.events import AHEAD_US_MAX

_FAR = (1 << 62) - AHEAD_US_MAX
_READ = 1_000

Progress = Callable[[str, int, int | None, int], None]
"""Takes the name of an input, the bytes read of it, its size (None where nobody knows), and
the lines read so far."""


class Recording:
    """The valid events of files (NDJSON, also gzipped; `-` for standard input).

    Raises UnreadableInput when one cannot be opened or read on.
    """

    def __init__(self, names: Sequence[str], progress: Progress) -> None:
        self.read = 0
        self.refused = 0
        # A database without a name is a file of its own that goes with the connection.
        self._sorter = sqlite3.connect("")
        self._sorter.execute("CREATE TABLE events (at INTEGER, number INTEGER, line BLOB)")
        with ExitStack() as stack:
            for source in [stack.enter_context(Input(name)) for name in names]:
                self._sort_in(source, progress)

    def __len__(self) -> int:
        return self.read - self.refused

    def messages(self) -> Iterator[Arrived]:
        """Each as if it had been recorded when it took place."""
        rows = self._sorter.execute("SELECT at, line FROM events ORDER BY at, number")
        while chunk := rows.fetchmany(_READ):
            for at, line in chunk:
                yield Arrived(at, line)

    def _sort_in(self, source: Input, progress: Progress) -> None:
        for chunk in source.chunks():
            for line in chunk:
                self.read += 1
                event = decode(line, _FAR)
                if not isinstance(event, Event):
                    self.refused += 1
                    continue
                row = event.fact.time, self.read, line
                self._sorter.execute("INSERT INTO events VALUES (?, ?, ?)", row)
            progress(source.name, source.position, source.size, self.read)
