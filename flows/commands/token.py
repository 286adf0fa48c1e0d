"""`jobfinders token`: a bearer token for development."""

import re
import time
from typing import Annotated

import typer

from flows.context import settings_of
from models.role import Role
from storage.development_tokens import sign

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


def _seconds(lifetime: str) -> int:
    match = _LIFETIME.fullmatch(lifetime)
    if match is None:
        raise typer.BadParameter(f"{lifetime!r} is not like 30s, 15m, 8h or 1d")
    return int(match[1]) * _SECONDS[match[2]]
