"""Lines of files and pipes, in bounded memory however long a line is."""

import gzip
import io
import os
import select
import stat
import sys
import zlib
from collections.abc import Iterator
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
        standard = name == STANDARD_INPUT
        self.name = "standard input" if standard else name
        try:
            raw = io.FileIO(sys.stdin.fileno(), closefd=False) if standard else io.FileIO(name)
        except OSError as error:
            raise UnreadableInput(f"cannot read {name}: {error.strerror}") from error
        status = os.fstat(raw.fileno())
        self._is_pipe = not stat.S_ISREG(status.st_mode)
        self.size = None if self._is_pipe else status.st_size
        """Bytes of the file as it is on disk, None for a pipe."""
        self._stream = io.BufferedReader(raw)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    @property
    def position(self) -> int:
        """Bytes read so far, of the compressed file where it is compressed."""
        return 0 if self._is_pipe else self._stream.tell()

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
