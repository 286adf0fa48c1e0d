"""`jobfinders token`: a bearer token for development."""

import re
import time
from typing import Annotated

import jwt
import typer

from flows.context import settings_of
from models.errors import ConfigurationError
from models.events import IDENTIFIER_PATTERN
from models.role import Role
from models.settings import Settings
from storage.secret import load_secret

is_identifier = re.compile(IDENTIFIER_PATTERN).fullmatch
_LIFETIME = re.compile(r"(\d+)([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(token)


def token(
    context: typer.Context,
    user: Annotated[str, typer.Option(help="User id: the token's subject.")],
    role: Annotated[Role, typer.Option(help="What the token may do.")] = Role.USER,
    lifetime: Annotated[str, typer.Option(help="30s, 15m, 8h or 1d.")] = "8h",
) -> None:
    """Print a development bearer token.

    Use it at once: `curl -H "Authorization: Bearer $(jobfinders token --user ann)"
    $(jobfinders url api)/api/me`. Refused in production, where tokens come from your issuer.
    """
    settings = settings_of(context)
    typer.echo(sign(settings, user, role, _seconds(lifetime), issued_at=int(time.time())))


def sign(settings: Settings, user: str, role: Role, lifetime_s: int, *, issued_at: int) -> str:
    """A token of this data folder's issuer; `issued_at` in seconds since 1970."""
    if settings.environment == "production" or settings.jwt_jwks_url is not None:
        raise ConfigurationError("development tokens are refused here: ask your token issuer")
    if not 1 <= lifetime_s <= settings.jwt_lifetime_max_s:
        raise ConfigurationError(
            f"a token may live from 1 to {settings.jwt_lifetime_max_s} seconds"
        )
    if is_identifier(user) is None:
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


def _seconds(lifetime: str) -> int:
    match = _LIFETIME.fullmatch(lifetime)
    if match is None:
        raise typer.BadParameter(f"{lifetime!r} is not like 30s, 15m, 8h or 1d")
    return int(match[1]) * _SECONDS[match[2]]
