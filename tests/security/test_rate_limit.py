"""Limits: exact under concurrency, bounded in memory, deaf to what proxies claim."""

import asyncio

import pytest

from api.rate_limit import InProcess, Limits, Policy
from models.settings import Settings
from tests.api.conftest import serving

POLICY = Policy("test", 3, 60)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def taken(limiter: InProcess, caller: str, times: int) -> list[bool]:
    return [(await limiter.take(caller, POLICY)).passed for _ in range(times)]


async def test_windows_begin_with_the_first_request_and_end():
    clock = Clock()
    limiter = InProcess(clock=clock)
    assert await taken(limiter, "ada", 4) == [True, True, True, False]
    clock.now = 59.9
    refused = await limiter.take("ada", POLICY)
    assert (refused.passed, refused.reset_s) == (False, 1)
    clock.now = 60.0
    assert await taken(limiter, "ada", 4) == [True, True, True, False]


async def test_memory_is_bounded_and_the_oldest_is_forgotten():
    limiter = InProcess(callers_max=10)
    for number in range(1_000):
        await limiter.take(f"caller{number}", POLICY)
    assert len(limiter) == 10


async def test_callers_and_policies_do_not_mix():
    limiter = InProcess()
    await taken(limiter, "ada", 3)
    assert (await limiter.take("bob", POLICY)).passed
    assert (await limiter.take("ada", Policy("other", 1, 60))).passed


@pytest.fixture
def limited(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "rate_limit_requests": 100,
            "rate_limit_other_requests": 7,
            "rate_limit_address_requests": 10,
        }
    )


async def test_of_concurrent_requests_exactly_so_many_pass(limited, bearer):
    async with serving(limited) as client:
        answers = await asyncio.gather(
            *(client.get("/api/applications/unknown", headers=bearer()) for _ in range(130))
        )
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(429) == 30
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["error"]["code"] == "RATE_LIMITED"
        assert 1 <= int(refused.headers["retry-after"]) <= 900
        assert refused.headers["ratelimit-policy"] == '"applications";q=100;w=900'
        assert refused.headers["ratelimit"].startswith('"applications";r=0;t=')
        # Another user and another kind of route are counted by themselves.
        other = await client.get("/api/applications/unknown", headers=bearer("bob"))
        assert other.status_code == 403
        assert (await client.get("/api/me", headers=bearer())).status_code == 200


async def test_what_is_left_is_told(limited, bearer):
    async with serving(limited) as client:
        left = [
            (await client.get("/api/me", headers=bearer())).headers["ratelimit"].split(";")[1]
            for _ in range(3)
        ]
        assert left == ["r=6", "r=5", "r=4"]


async def test_addresses_are_limited_before_authentication_whatever_they_claim(limited, bearer):
    async with serving(limited) as client:
        for number in range(10):
            spoofed = {"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.0.0.{number}"}
            assert (await client.get("/api/me", headers=spoofed)).status_code == 401
        answer = await client.get("/api/me", headers={"X-Forwarded-For": "10.0.0.99"})
        assert answer.status_code == 429
        assert answer.json()["error"]["details"] == {"limit": "address"}


async def test_authentic_requests_do_not_use_up_the_limit_of_their_address(limited, bearer):
    async with serving(limited) as client:
        for number in range(30):
            answer = await client.get("/api/me", headers=bearer(f"user{number}"))
            assert answer.status_code == 200


async def test_health_is_not_limited(limited):
    async with serving(limited) as client:
        for _ in range(15):
            assert (await client.get("/healthz")).status_code == 200


async def test_a_subscribers_whole_ipv6_network_is_one_address(settings: Settings):
    few = settings.model_copy(update={"rate_limit_address_requests": 2})
    limits = Limits(few, InProcess())
    addresses = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:0:9::", "2001:db8:0:1::1"]
    assert [(await limits.of_address(a)).passed for a in addresses] == [True, True, False, True]
    mapped = ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:192.0.2.7"]
    assert [(await limits.of_address(a)).passed for a in mapped] == [True, True, False]
