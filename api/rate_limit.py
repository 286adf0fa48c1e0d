"""How many requests a caller may make, and the count of one process: exact, bounded in memory."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from starlette.types import Scope

from api.auth import Principal, Role
from models.errors import RateLimited
from models.settings import Settings

_CALLERS_MAX = 100_000
_IPV6_PREFIX_BYTES = 8  # one subscriber holds a /64


@dataclass(frozen=True, slots=True)
class Policy:
    """`requests` in `window_s` seconds, counted under `name`."""

    name: str
    requests: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether this request passes, what is left, and seconds until the window ends."""

    policy: Policy
    passed: bool
    remaining: int
    reset_s: int

    def _headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`, as the IETF draft spells them."""
        policy = self.policy
        return {
            "RateLimit-Policy": f'"{policy.name}";q={policy.requests};w={policy.window_s}',
            "RateLimit": f'"{policy.name}";r={self.remaining};t={self.reset_s}',
        }

    def settle(self, scope: Scope) -> None:
        """Let the answer say what is left, in place of what it said before; raise RateLimited
        where the request does not pass."""
        scope["state"]["response_headers"] = self._headers()
        if not self.passed:
            details = {"limit": self.policy.name}
            raise RateLimited("too many requests", retry_after=self.reset_s, details=details)


class Limiter(Protocol):
    """Counts requests, in this process or for all of them."""

    async def take(self, caller: str, policy: Policy) -> Verdict:
        """Count one request of `caller` against `policy`."""
        ...

    async def watch(self) -> None:
        """Look after what it counts with, until cancelled."""
        ...


@dataclass(slots=True)
class _Window:
    ends: float
    taken: int = 0


class InProcess:
    """Fixed windows that begin with a caller's first request.

    Exact, since nothing is awaited between look and count. Past `callers_max` callers the
    one whose window began first is forgotten.
    """

    def __init__(
        self, *, callers_max: int = _CALLERS_MAX, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._windows: dict[str, OrderedDict[str, _Window]] = {}
        self._callers_max = callers_max
        self._clock = clock

    async def take(self, caller: str, policy: Policy) -> Verdict:
        """Count one request of `caller` against `policy`."""
        now = self._clock()
        windows = self._windows.setdefault(policy.name, OrderedDict())
        window = windows.get(caller)
        if window is None or window.ends <= now:
            windows.pop(caller, None)
            self._make_room(windows, now)
            window = windows[caller] = _Window(now + policy.window_s)
        passed = window.taken < policy.requests
        window.taken += passed
        reset_s = max(1, int(window.ends - now + 0.999))
        return Verdict(policy, passed, policy.requests - window.taken, reset_s)

    async def watch(self) -> None:
        """Nothing to look after."""

    def give_back(self, caller: str, policy: Policy) -> None:
        """Uncount one request, where its window is still there."""
        window = self._windows.get(policy.name, OrderedDict()).get(caller)
        if window is not None and window.taken > 0:
            window.taken -= 1

    def _make_room(self, windows: OrderedDict[str, _Window], now: float) -> None:
        while windows:
            first = next(iter(windows.values()))
            if first.ends > now and len(windows) < self._callers_max:
                return
            windows.popitem(last=False)

    def __len__(self) -> int:
        return sum(len(windows) for windows in self._windows.values())


class Limits:
    """Which policy counts which request.

    Addresses are counted in process, whatever counts callers: their limit stands before
    authentication and protects this process.
    """

    def __init__(self, settings: Settings, limiter: Limiter) -> None:
        window_s = settings.rate_limit_window_s
        self._limiter = limiter
        self.watch = limiter.watch
        self._addresses = InProcess()
        self._address = Policy("address", settings.rate_limit_address_requests, window_s)
        self._streams = Policy("streams", settings.rate_limit_stream_requests, window_s)
        self._applications = Policy("applications", settings.rate_limit_requests, window_s)
        self._other = Policy("other", settings.rate_limit_other_requests, window_s)
        analyst = Policy("analyst", settings.rate_limit_analyst_requests, window_s)
        self._roles = {
            Role.ANALYST: analyst,
            Role.ADMIN: analyst,
            Role.SERVICE: Policy("service", settings.rate_limit_service_requests, window_s),
        }

    async def of_address(self, address: str) -> Verdict:
        """Count against the peer's address; what proxies claim is not looked at."""
        return await self._addresses.take(_network(address), self._address)

    def forgive(self, address: str) -> None:
        """Uncount a request that proved to be authentic: it has its caller's limit."""
        self._addresses.give_back(_network(address), self._address)

    async def of_caller(self, caller: Principal, path: str) -> Verdict:
        """Count against the caller, by role and kind of route."""
        return await self._limiter.take(caller.user_id, self.policy(caller.role, path))

    def policies(self, role: Role) -> list[Policy]:
        """All that count requests of a role."""
        own = [self._roles[role]] if role in self._roles else [self._applications, self._other]
        return [*own, self._streams]

    def policy(self, role: Role, path: str) -> Policy:
        """The policy of a route for a role."""
        if path.endswith("/stream"):
            return self._streams
        if role in self._roles:
            return self._roles[role]
        return self._applications if path.startswith("/api/applications") else self._other


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return parsed.packed[:_IPV6_PREFIX_BYTES].hex()
    return address
