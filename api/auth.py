"""Who calls: a bearer token → Principal, or TokenInvalid.

Algorithm, audience, issuer and expiry are pinned by the settings. Nothing in a token's header
chooses a key but `kid`, and that only among keys already in memory.
"""

import math
import re
import time
from dataclasses import dataclass
from typing import Protocol

import jwt

from models.errors import TokenInvalid
from models.events import IDENTIFIER_PATTERN
from models.role import Role
from models.settings import Settings

__all__ = ["Key", "Keys", "Principal", "Role", "Verifier"]

_TOKEN_CHARACTERS_MAX = 8_192
_CLOCK_SKEW_S = 5
_KEYS_OF_ATTACKS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})
_REQUIRED = ["exp", "iat", "sub", "aud", "iss"]
_is_identifier = re.compile(IDENTIFIER_PATTERN).fullmatch


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller; times in seconds since 1970."""

    user_id: str
    role: Role
    issued_at: float
    expires_at: float


Key = jwt.PyJWK | bytes


class Keys(Protocol):
    """Where the key comes from; must not do I/O."""

    def find(self, kid: str | None) -> Key:
        """The key for a token whose header names `kid`; TokenInvalid for none."""
        ...


class Verifier:
    """Checks tokens against one algorithm, audience, issuer and longest lifetime."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._keys = keys
        self._algorithm = settings.jwt_algorithm
        self._audience = settings.jwt_audience
        self._issuer = settings.jwt_issuer
        self._lifetime_max_s = settings.jwt_lifetime_max_s

    def verify(self, token: str) -> Principal:
        """The token's principal. Raises TokenInvalid, without saying more than needed."""
        try:
            key = self._keys.find(self._kid(token))
            claims = jwt.decode(
                token,
                key,
                algorithms=[self._algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=0,
                options={"require": _REQUIRED, "verify_iat": False, "verify_nbf": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenInvalid("the token has expired") from error
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise TokenInvalid("the token is not valid") from error
        return self._principal(claims, time.time())

    def _kid(self, token: str) -> str | None:
        if len(token) > _TOKEN_CHARACTERS_MAX or token.count(".") != 2:
            raise TokenInvalid("the token is not valid")
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if (
            header.get("alg") != self._algorithm
            or not _KEYS_OF_ATTACKS.isdisjoint(header)
            or not (kid is None or isinstance(kid, str))
        ):
            raise TokenInvalid("the token is not valid")
        return kid

    def _principal(self, claims: dict[str, object], now: float) -> Principal:
        subject = claims["sub"]
        if not isinstance(subject, str) or _is_identifier(subject) is None:
            raise TokenInvalid("the token's subject is not a user id")
        try:
            role = Role(str(claims.get("role", Role.USER)))
        except ValueError as error:
            raise TokenInvalid("the token's role is unknown") from error
        issued_at = _seconds(claims["iat"])
        expires_at = _seconds(claims["exp"])
        not_before = _seconds(claims.get("nbf", issued_at))
        if max(issued_at, not_before) > now + _CLOCK_SKEW_S:
            raise TokenInvalid("the token is not valid yet")
        if not 0 < expires_at - issued_at <= self._lifetime_max_s or expires_at <= now:
            raise TokenInvalid("the token lives too long or has expired")
        return Principal(subject, role, issued_at, expires_at)


def _seconds(value: object) -> float:
    """A NumericDate; PyJWT would take text and infinities too."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TokenInvalid("a time in the token is not a number")
    return float(value)
