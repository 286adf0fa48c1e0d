"""Bearer tokens of the development issuer; refused where tokens come from elsewhere."""

import re

import jwt

from models.errors import ConfigurationError
from models.events import IDENTIFIER_PATTERN
from models.role import Role
from models.settings import Settings
from storage.secret import load_secret

_is_identifier = re.compile(IDENTIFIER_PATTERN).fullmatch


def allowed(settings: Settings) -> bool:
    """Whether this product may sign tokens by itself."""
    return settings.environment != "production" and settings.jwt_jwks_url is None


def sign(settings: Settings, user: str, role: Role, lifetime_s: int, *, issued_at: int) -> str:
    """A token of this data folder's issuer; `issued_at` in seconds since 1970.

    Raises ConfigurationError where that is not allowed, and for a user or lifetime that no
    token can have.
    """
    if not allowed(settings):
        raise ConfigurationError("development tokens are refused here: ask your token issuer")
    if not 1 <= lifetime_s <= settings.jwt_lifetime_max_s:
        raise ConfigurationError(
            f"a token may live from 1 to {settings.jwt_lifetime_max_s} seconds"
        )
    if _is_identifier(user) is None:
        raise ConfigurationError(f"{user!r} cannot be a user id")
    claims = {
        "sub": user,
        "role": role.value,
        "iat": issued_at,
        "exp": issued_at + lifetime_s,
        "aud": settings.jwt_audience,
        "iss": settings.jwt_issuer,
    }
    return jwt.encode(claims, load_secret(settings), algorithm="HS256")
