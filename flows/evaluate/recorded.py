"""Events of files, in the order of event time, sorted on disk."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from flows.evaluate.replay import Arrived
from flows.lines import Input
from models.decoder import Event, decode
from models.events import AHEAD_US_MAX
from storage.sqlite.sorter import Sorter

_FAR = (1 << 62) - AHEAD_US_MAX

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
        self._sorter = Sorter()
        with ExitStack() as stack:
            for source in [stack.enter_context(Input(name)) for name in names]:
                self._sort_in(source, progress)

    def __len__(self) -> int:
        return self.read - self.refused

    def messages(self) -> Iterator[Arrived]:
        """Each as if it had been recorded when it took place."""
        for at, line in self._sorter.in_order():
            yield Arrived(at, line)

    def _sort_in(self, source: Input, progress: Progress) -> None:
        for chunk in source.chunks():
            for line in chunk:
                self.read += 1
                event = decode(line, _FAR)
                if not isinstance(event, Event):
                    self.refused += 1
                    continue
                self._sorter.put(event.fact.time, self.read, line)
            progress(source.name, source.position, source.size, self.read)
