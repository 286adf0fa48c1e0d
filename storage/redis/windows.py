"""Windows of counted requests in Redis, the same for every process that asks."""

import asyncio
from pathlib import Path
from typing import NamedTuple

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from models.errors import ConfigurationError, Unavailable

PATIENCE_S = 1.0
"""Longer than this no request waits for Redis."""
_CONNECTIONS = 16
_SCRIPT = Path(__file__).with_name("count.lua").read_text(encoding="utf-8")


class Counted(NamedTuple):
    """Whether a request found room, how many are counted now, and when their window ends."""

    passed: bool
    taken: int
    left_ms: int


class Windows:
    """The counts of one Redis. No connection is made before the first call."""

    def __init__(self, url: str) -> None:
        """Raises ConfigurationError for what is not a Redis URL."""
        try:
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=_CONNECTIONS,
                timeout=PATIENCE_S,
                socket_timeout=PATIENCE_S,
                socket_connect_timeout=PATIENCE_S,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
        except ValueError as error:
            raise ConfigurationError(f"JOBFINDERS_REDIS_URL: {error}") from None
        self._redis = Redis(connection_pool=pool)
        self._count = self._redis.register_script(_SCRIPT)

    async def count(self, window: str, *, most: int, length_ms: int) -> Counted:
        """Count one request in `window`, atomically, unless `most` are counted already.

        Raises Unavailable when Redis does not answer in time.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                passed, taken, left_ms = await self._count([window], [most, length_ms])
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis: {error or type(error).__name__}") from error
        return Counted(bool(passed), taken, left_ms)

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()
        await self._redis.connection_pool.disconnect()
