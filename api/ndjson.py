"""The lines of an NDJSON body, and which of them cannot become facts."""

import asyncio
from collections.abc import Sequence

from api.models import Model
from models.decoder import Rejected, decode
from models.errors import PayloadTooLarge

LINES_MAX = 100_000


class Fault(Model):
    """A line, counted from 1 without blank ones, and the contract's reason."""

    line: int
    reason: str
    detail: str


def split(body: bytes) -> list[bytes]:
    """The lines that are not blank. Raises PayloadTooLarge for more than 100,000."""
    lines = [line for line in body.split(b"\n") if line and not line.isspace()]
    if len(lines) > LINES_MAX:
        raise PayloadTooLarge(f"{len(lines)} lines; at most {LINES_MAX} in one body")
    return lines


async def judge(lines: Sequence[bytes], now_us: int) -> list[Fault]:
    """The faulty lines; in a thread, so that others are served meanwhile."""
    return await asyncio.to_thread(_faults, lines, now_us)


def _faults(lines: Sequence[bytes], now_us: int) -> list[Fault]:
    faults = []
    for number, line in enumerate(lines, 1):
        verdict = decode(line, now_us)
        if isinstance(verdict, Rejected):
            faults.append(Fault(line=number, reason=verdict.reason.value, detail=verdict.detail))
    return faults
