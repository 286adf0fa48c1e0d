"""The HS256 secret: from the settings, else made once and kept under the data folder."""

import os
import secrets
from contextlib import suppress

from models.errors import ConfigurationError
from models.settings import Settings

DEVELOPMENT_ISSUER = "jobfinders-development"
SECRET_BYTES_MIN = 32


def load_secret(settings: Settings) -> bytes:
    """The shared secret; makes `settings.secret_file` (0600) where neither is there.

    Raises ConfigurationError for one under 32 bytes, and in production for none.
    """
    if settings.jwt_secret is not None:
        secret = settings.jwt_secret.get_secret_value().encode()
    elif settings.environment == "production":
        raise ConfigurationError("JOBFINDERS_JWT_SECRET or JOBFINDERS_JWT_JWKS_URL is required")
    else:
        secret = _development_secret(settings)
    if len(secret) < SECRET_BYTES_MIN:
        raise ConfigurationError(f"the token secret is shorter than {SECRET_BYTES_MIN} bytes")
    return secret


def _development_secret(settings: Settings) -> bytes:
    file = settings.secret_file
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not file.exists():
        # Linked whole into place, so that of two first starts both read the same secret.
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as opened:
            opened.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, file)
        draft.unlink()
    return file.read_bytes().strip()
