"""Lines of files and pipes, in bounded memory however long a line is."""

import gzip
import io
import select
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from models.errors import UnreadableInput

STANDARD_INPUT = "-"
LINE_BYTES_KEPT = 1 << 20
"""A longer line is cut here: it is a dead letter anyway, and enough to recognise it by."""
_READ_BYTES = 1 << 18
_CHUNK_LINES = 10_000
_CHUNK_BYTES = 8 << 20
_PIPE_PATIENCE_S = 0.05
"""A pipe that is silent for so long has its lines sent on, however few."""
_GZIP_MAGIC = b"\x1f\x8b"


class Input:
    """A file, a gzipped file or standard input (`-`), opened; a context manager.

    Raises UnreadableInput when it cannot be opened.
    """

    def __init__(self, name: str) -> None:
        self._is_pipe = name == STANDARD_INPUT
        self.name = "standard input" if self._is_pipe else name
        self.size: int | None = None
        """Bytes of the file as it is on disk, None for a pipe."""
        try:
            if self._is_pipe:
                self._stream = io.BufferedReader(io.FileIO(sys.stdin.fileno(), closefd=False))
            else:
                self._stream = io.BufferedReader(io.FileIO(name))
                self.size = Path(name).stat().st_size or None
        except OSError as error:
            raise UnreadableInput(f"cannot read {name}: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()

    @property
    def position(self) -> int:
        """Bytes read so far, of the compressed file where it is compressed."""
        return self._stream.tell() if self.size else 0

    def chunks(self) -> Iterator[list[bytes]]:
        """Lines without their ends, blank ones left out, in lists fit for one transaction.

        Raises UnreadableInput when it cannot be read on, after the lines before that.
        """
        chunk: list[bytes] = []
        size = 0
        try:
            for lines in self._blocks():
                chunk += lines
                size += sum(map(len, lines))
                full = len(chunk) >= _CHUNK_LINES or size >= _CHUNK_BYTES
                if chunk and (full or self._is_silent()):
                    yield chunk
                    chunk, size = [], 0
        except (OSError, EOFError, zlib.error) as error:
            if chunk:
                yield chunk
            raise UnreadableInput(f"cannot read on in {self.name}: {error}") from error
        if chunk:
            yield chunk

    def _blocks(self) -> Iterator[list[bytes]]:
        packed = self._stream.peek(2)[:2] == _GZIP_MAGIC
        stream = gzip.GzipFile(fileobj=self._stream) if packed else self._stream
        rest = b""
        while block := stream.read1(_READ_BYTES):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()[:LINE_BYTES_KEPT]
            yield _kept(lines)
        yield _kept([rest])

    def _is_silent(self) -> bool:
        if not self._is_pipe:
            return False
        return not select.select([self._stream], [], [], _PIPE_PATIENCE_S)[0]


def _kept(lines: list[bytes]) -> list[bytes]:
    return [line[:LINE_BYTES_KEPT].rstrip(b"\r") for line in lines if line and not line.isspace()]
