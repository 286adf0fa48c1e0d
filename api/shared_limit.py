"""Limits shared by all API processes through Redis, and what stands in while it is down."""

import asyncio
import logging

from prometheus_client import Gauge

from api.rate_limit import InProcess, Policy, Verdict
from models.errors import Unavailable
from storage.redis.windows import Windows

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_PREFIX = "jobfinders:limit:"
_PROBE = f"{_PREFIX}probe"
_PROBE_MS = 1_000


class Shared:
    """Counts in Redis. While it does not answer, each process counts by itself.

    One request that Redis keeps waiting is enough: until Redis is seen well again no other
    waits for it. So a limit is at most as many times as large as there are processes.
    """

    def __init__(self, windows: Windows, unreachable: Gauge) -> None:
        self._windows = windows
        self._own = InProcess()
        self._unreachable = unreachable
        self._well = True

    async def take(self, caller: str, policy: Policy) -> Verdict:
        """Count one request of `caller` against `policy`."""
        if self._well:
            try:
                return await self._take(caller, policy)
            except Unavailable as error:
                self._note(well=False, why=error.message)
        return await self._own.take(caller, policy)

    async def watch(self) -> None:
        """Look every second whether Redis counts, for ever; lets go of it when cancelled."""
        try:
            while True:
                try:
                    await self._windows.count(_PROBE, most=1, length_ms=_PROBE_MS)
                except Unavailable as error:
                    self._note(well=False, why=error.message)
                else:
                    self._note(well=True, why="Redis counts")
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            await self._windows.close()

    async def _take(self, caller: str, policy: Policy) -> Verdict:
        passed, taken, left_ms = await self._windows.count(
            f"{_PREFIX}{policy.name}:{caller}",
            most=policy.requests,
            length_ms=policy.window_s * 1_000,
        )
        remaining = max(0, policy.requests - taken)
        return Verdict(policy, passed, remaining, max(1, -(-left_ms // 1_000)))

    def _note(self, *, well: bool, why: str) -> None:
        if well != self._well:
            log.warning("limits are %s: %s", "shared again" if well else "each process's own", why)
        self._well = well
        self._unreachable.set(not well)
