"""Load at a steady rate, and waiting for its effects."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any

_PATIENCE_S = 30.0
_POLL_S = 0.02

Call = Callable[[], Coroutine[Any, Any, None]]


async def steadily(per_s: int, calls: Sequence[Call]) -> None:
    """Start each call at its moment, whether or not earlier ones have ended.

    Returns when all have; raises what any of them raised.
    """
    began = perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, call in enumerate(calls):
            await asyncio.sleep(began + number / per_s - perf_counter())
            group.create_task(call())


async def until(true: Callable[[], bool], *readers: "asyncio.Task[None]") -> None:
    """Wait for it; RuntimeError when that takes half a minute or a reader has ended."""
    deadline = perf_counter() + _PATIENCE_S
    while not true():
        for reader in readers:
            if reader.done():
                reader.result()
                raise RuntimeError("a reader has ended")
        if perf_counter() > deadline:
            raise RuntimeError(f"not everything arrived within {_PATIENCE_S:.0f} s")
        await asyncio.sleep(_POLL_S)
