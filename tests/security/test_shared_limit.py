"""Limits through a real Redis: exact across processes' counters, bounded while it is away."""

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge

from api.app import create
from api.rate_limit import Policy
from api.shared_limit import Shared
from models.errors import ConfigurationError
from models.settings import Settings
from storage.redis.windows import Windows
from tests.api.conftest import serving
from tests.redis_server import RedisServer

POLICY = Policy("test", 100, 60)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


def shared(redis: RedisServer) -> Shared:
    return Shared(Windows(redis.url), Gauge("unreachable", "", registry=CollectorRegistry()))


async def passed(limiters: list[Shared], times: int, policy: Policy = POLICY) -> int:
    """How many of so many concurrent requests of each limiter pass."""
    verdicts = await asyncio.gather(
        *(limiter.take("ada", policy) for _ in range(times) for limiter in limiters)
    )
    return sum(verdict.passed for verdict in verdicts)


async def test_of_concurrent_requests_exactly_so_many_pass_across_counters(redis: RedisServer):
    one, two = shared(redis), shared(redis)
    assert await passed([one, two], 40) == 80
    left = await two.take("ada", POLICY)
    assert (left.remaining, left.passed) == (19, True)
    assert 55 <= left.reset_s <= 60
    assert await passed([one, two], 40) == 19
    assert (await one.take("bob", POLICY)).passed
    assert (await one.take("ada", Policy("other", 1, 60))).passed


async def test_a_window_ends(redis: RedisServer):
    short = Policy("short", 2, 1)
    limiter = shared(redis)
    assert await passed([limiter], 4, short) == 2
    refused = await limiter.take("ada", short)
    assert (refused.passed, refused.remaining, refused.reset_s) == (False, 0, 1)
    async with asyncio.timeout(10):
        while not (await limiter.take("ada", short)).passed:
            pass


async def test_every_window_expires_by_itself(redis: RedisServer):
    await passed([shared(redis)], 3)
    (key,) = redis.client().scan_iter()
    assert 0 < redis.client().ttl(key) <= 60


async def test_killed_and_back_each_counts_by_itself_and_then_together(
    redis: RedisServer, settings: Settings, bearer
):
    few = settings.model_copy(update={"redis_url": redis.url, "rate_limit_requests": 10})

    async def statuses(client, times: int) -> list[int]:
        answers = await asyncio.gather(
            *(client.get("/api/applications/unknown", headers=bearer()) for _ in range(times))
        )
        return [answer.status_code for answer in answers]

    async def unreachable(client) -> bool:
        return "jobfinders_redis_unreachable 1.0" in (await client.get("/metrics")).text

    async with serving(few) as one, serving(few) as two:
        assert (await statuses(one, 6) + await statuses(two, 6)).count(403) == 10
        redis.kill()
        for client in (one, two):
            found = await statuses(client, 25)
            assert (found.count(403), found.count(429)) == (10, 15)
            assert await unreachable(client)
        redis.start()
        async with asyncio.timeout(10):
            while await unreachable(one) or await unreachable(two):
                pass
        assert (await statuses(one, 6) + await statuses(two, 6)).count(403) == 10


async def test_a_redis_that_hangs_holds_nobody_up(redis: RedisServer, settings: Settings, bearer):
    few = settings.model_copy(update={"redis_url": redis.url, "rate_limit_requests": 10})
    async with serving(few) as client:
        redis.signal(signal.SIGSTOP)
        began = time.monotonic()
        answers = await asyncio.gather(
            *(client.get("/api/applications/unknown", headers=bearer()) for _ in range(25))
        )
        assert time.monotonic() - began < 3
        found = [answer.status_code for answer in answers]
        assert (found.count(403), found.count(429)) == (10, 15)
        redis.signal(signal.SIGCONT)
        async with asyncio.timeout(10):
            while "unreachable 1.0" in (await client.get("/metrics")).text:
                pass


async def test_a_redis_that_refuses_to_write_is_no_redis(redis: RedisServer):
    redis.client().config_set("maxmemory", 1)
    limiter = shared(redis)
    assert await passed([limiter], 130) == 100
    assert redis.client().dbsize() == 0


def test_what_is_not_a_redis_url_is_refused_at_once(settings: Settings):
    wrong = settings.model_copy(update={"redis_url": "http://localhost:6379"})
    with pytest.raises(ConfigurationError, match="JOBFINDERS_REDIS_URL"):
        create(wrong)
