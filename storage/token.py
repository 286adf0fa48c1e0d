"""Bearer tokens of the development issuer, for `jobfinders token`, the demo and tests."""

import jwt

from models.settings import Settings
from storage.secret import load_secret


def issue(settings: Settings, user_id: str, role: str, *, now_s: int, lifetime_s: int) -> str:
    """An HS256 token for `user_id` in `role`, valid from `now_s` (seconds since 1970).

    Raises ConfigurationError when there is no usable secret.
    """
    claims = {
        "sub": user_id,
        "role": role,
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "iat": now_s,
        "exp": now_s + min(lifetime_s, settings.jwt_lifetime_max_s),
    }
    return jwt.encode(claims, load_secret(settings), algorithm="HS256")
