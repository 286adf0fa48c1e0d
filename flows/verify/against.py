"""What was fed, read anew from its files: nothing of it may be lost."""

import gzip
from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import polars as pl

from flows.verify.judgement import Judged, judge
from flows.verify.report import Report
from flows.verify.snapshot import Snapshot

FOREVER_US = 1 << 62
KEPT_BYTES = 1 << 20
"""Of a longer line only so much is kept by ingest."""
_GZIP_MAGIC = b"\x1f\x8b"
_CHECK = "what was fed is folded or dead-lettered"


class Fed:
    """Digests of all lines (a few bytes each), then of all that was met in the log."""

    def __init__(self) -> None:
        self._inputs: list[str] = []
        self._indexes: dict[str, int] = {}
        self._events = array("Q")  # the event that a line is, 0 where it is none
        self._payloads = array("Q")
        self._numbers = array("L")
        self._of_input = array("H")
        self._met = array("Q")

    def add(self, source: str, number: int, line: bytes) -> None:
        """A line with its number in a file, or a message with its offset in a topic."""
        # The clock of recording is not known here, so no time is too far ahead; whether one
        # was is judged with its dead letter.
        verdict = judge(line, FOREVER_US)
        self._events.append(0 if isinstance(verdict, str) else digest(verdict))
        self._payloads.append(_payload_digest(line))
        self._numbers.append(number)
        if source not in self._indexes:
            self._indexes[source] = len(self._inputs)
            self._inputs.append(source)
        self._of_input.append(self._indexes[source])

    def met(self, facts: "array[int]") -> None:
        """Digests of accepted facts of the log."""
        self._met.extend(facts)

    def __len__(self) -> int:
        return len(self._events)

    def check(self, report: Report, snapshot: Snapshot) -> int:
        """Every line is a fact, a duplicate of one, a dead letter, or waits in the outbox.

        Returns how many facts of the log are in none of the lines.
        """
        kept = array("Q")
        for page in snapshot.dead_letters():
            kept.extend(_payload_digest(row[-1]) for row in page)
        for page in snapshot.outbox():
            kept.extend(_payload_digest(row[-1]) for row in page)
        fed = pl.DataFrame(
            {"event": self._events, "payload": self._payloads}, schema=_DIGESTS
        ).with_row_index("row")
        folded = pl.DataFrame({"event": self._met}, schema={"event": pl.UInt64}).unique()
        letters = pl.DataFrame({"payload": kept}, schema={"payload": pl.UInt64}).unique()
        lost = fed.join(folded, on="event", how="anti").join(letters, on="payload", how="anti")
        for row in sorted(lost["row"]):
            place = f"{self._inputs[self._of_input[row]]}:{self._numbers[row]}"
            expected = "a fact or a dead letter" if self._events[row] else "a dead letter"
            report.add(_CHECK, place, "neither", expected)
        return folded.join(fed, on="event", how="anti").height


_DIGESTS = {"event": pl.UInt64, "payload": pl.UInt64}


def digest(event: Judged) -> int:
    """Of what makes an event the event that it is; never 0."""
    told = f"{event.subject} {event.id} {event.type} {event.time}"
    return int.from_bytes(blake2b(told.encode(), digest_size=8).digest(), "big") or 1


def _payload_digest(payload: bytes) -> int:
    kept = bytes(payload)[:KEPT_BYTES].rstrip(b"\r")
    return int.from_bytes(blake2b(kept, digest_size=8).digest(), "big")


def read_files(paths: Sequence[Path]) -> Fed:
    """All lines of these files. Raises OSError for one that cannot be read."""
    fed = Fed()
    for path in paths:
        for number, line in _lines(path):
            fed.add(str(path), number, line)
    return fed


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP_MAGIC
    with gzip.open(path) if packed else path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield number, line.removesuffix(b"\n").rstrip(b"\r")
