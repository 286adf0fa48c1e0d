"""The real API as a process that kills itself where it is told, within a write's transaction.

`python -m tests.faults.dying_api PORT`, then orders; settings come from the environment.
"""

import asyncio
import sys
from typing import Any

import asyncpg
import uvicorn

from tests.faults.executioner import Executioner
from tests.faults.points import COMMIT, name_of

_execute_named = asyncpg.Connection._execute
_execute_plain = asyncpg.Connection.execute


def hook(told: Executioner) -> None:
    """From now on `told` hears of every statement of asyncpg within a transaction."""

    async def named(self: asyncpg.Connection, query: str, *arguments: Any, **more: Any) -> Any:
        if not self.is_in_transaction():
            return await _execute_named(self, query, *arguments, **more)
        name = name_of(query)
        told(f"before {name}", True)
        result = await _execute_named(self, query, *arguments, **more)
        told(f"after {name}", True)
        return result

    async def plain(self: asyncpg.Connection, query: str, *arguments: Any, **more: Any) -> Any:
        if query != "COMMIT;":
            return await _execute_plain(self, query, *arguments, **more)
        before, amid, after = COMMIT
        told(before, True)
        sent = asyncio.ensure_future(_execute_plain(self, query, *arguments, **more))
        await asyncio.sleep(0)  # lets it be sent
        told(amid, True)
        result = await sent
        told(after, False)
        return result

    asyncpg.Connection._execute = named
    asyncpg.Connection.execute = plain


if __name__ == "__main__":
    hook(Executioner())
    uvicorn.run("api.app:create", factory=True, port=int(sys.argv[1]), access_log=False)
