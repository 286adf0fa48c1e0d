"""The lines of an NDJSON body, and which of them cannot become facts."""

import asyncio
from collections.abc import Iterator

from api.models import Model
from models.decoder import Rejected, decode
from models.errors import PayloadTooLarge

LINES_MAX = 100_000


class Fault(Model):
    """A line of the body, counted from 1, and the contract's reason."""

    line: int
    reason: str
    detail: str


def split(body: bytes) -> list[bytes]:
    """The lines that are not blank. Raises PayloadTooLarge for more than 100,000."""
    lines = [line for _, line in _numbered(body)]
    if len(lines) > LINES_MAX:
        raise PayloadTooLarge(f"{len(lines)} lines; at most {LINES_MAX} in one body")
    return lines


async def judge(body: bytes, now_us: int) -> list[Fault]:
    """The faulty lines; in a thread, so that others are served meanwhile."""
    return await asyncio.to_thread(_faults, body, now_us)


def _numbered(body: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(body.split(b"\n"), 1):
        if line and not line.isspace():
            yield number, line


def _faults(body: bytes, now_us: int) -> list[Fault]:
    faults = []
    for number, line in _numbered(body):
        verdict = decode(line, now_us)
        if isinstance(verdict, Rejected):
            faults.append(Fault(line=number, reason=verdict.reason.value, detail=verdict.detail))
    return faults
