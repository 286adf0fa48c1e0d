"""Keys that tokens are verified with: one shared secret, or a provider's published set."""

import asyncio
import logging
import urllib.request
from collections.abc import Mapping
from contextlib import suppress

import jwt
import msgspec

from api.auth import Key
from models.errors import ConfigurationError, TokenInvalid, Unavailable
from models.settings import Settings
from storage.secret import DEVELOPMENT_ISSUER, load_secret

log = logging.getLogger(__name__)

_FETCH_TIMEOUT_S = 5
_REFRESH_S = 300
_RETRY_S = 5
_KEY_SET_BYTES_MAX = 256_000
_KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}


class _Document(msgspec.Struct):
    keys: list[dict[str, object]]


_decode = msgspec.json.Decoder(_Document).decode


class SharedSecret:
    """One HS256 key, whatever `kid` says."""

    ready = True

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def find(self, _kid: str | None) -> Key:
        """The secret."""
        return self._secret

    async def keep_fresh(self) -> None:
        """Nothing to do: a secret changes with a restart."""


class KeySet:
    """A JWKS in memory, fetched from time to time and never because of a token."""

    def __init__(self, url: str, algorithm: str) -> None:
        self._url = url
        self._algorithm = algorithm
        self._keys: Mapping[str | None, jwt.PyJWK] | None = None

    @property
    def ready(self) -> bool:
        """Whether the set was ever fetched."""
        return self._keys is not None

    def find(self, kid: str | None) -> Key:
        """The key named `kid`. Raises TokenInvalid for none, Unavailable before a fetch."""
        if self._keys is None:
            raise Unavailable("the token keys are not there yet")
        key = self._keys.get(kid)
        if key is None:
            raise TokenInvalid("the token is not valid")
        return key

    async def keep_fresh(self) -> None:
        """Fetch every 5 minutes for ever; old keys stay while the provider is down."""
        while True:
            try:
                document = await asyncio.to_thread(_fetch, self._url)
                self.load(document)
            except (OSError, msgspec.MsgspecError, ValueError) as error:
                log.warning("token keys not fetched: %s", type(error).__name__)
                await asyncio.sleep(_RETRY_S)
            else:
                await asyncio.sleep(_REFRESH_S)

    def load(self, document: bytes) -> None:
        """Take the signing keys of the pinned algorithm from a JWKS; MsgspecError for none."""
        keys: dict[str | None, jwt.PyJWK] = {}
        for entry in _decode(document).keys:
            usable = (
                entry.get("kty") == _KEY_TYPES[self._algorithm]
                and entry.get("use", "sig") == "sig"
                and entry.get("alg", self._algorithm) == self._algorithm
            )
            kid = entry.get("kid")
            if usable and (kid is None or isinstance(kid, str)):
                with suppress(jwt.PyJWTError):  # a kind of key that came after this version
                    keys[kid] = jwt.PyJWK(entry, self._algorithm)
        self._keys = keys


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=_FETCH_TIMEOUT_S) as response:  # noqa: S310
        document: bytes = response.read(_KEY_SET_BYTES_MAX + 1)
    if len(document) > _KEY_SET_BYTES_MAX:
        raise ValueError("the key set is too large")
    return document


def keys_of(settings: Settings) -> SharedSecret | KeySet:
    """The keys these settings name. Raises ConfigurationError for unsafe ones."""
    production = settings.environment == "production"
    if production and settings.jwt_issuer == DEVELOPMENT_ISSUER:
        raise ConfigurationError("the development issuer is refused in production")
    if settings.jwt_algorithm == "HS256":
        return SharedSecret(load_secret(settings))
    if settings.jwt_jwks_url is None:
        raise ConfigurationError(f"{settings.jwt_algorithm} needs JOBFINDERS_JWT_JWKS_URL")
    schemes = ("https://",) if production else ("https://", "http://")
    if not settings.jwt_jwks_url.startswith(schemes):
        raise ConfigurationError(f"JOBFINDERS_JWT_JWKS_URL must begin with {schemes[0]}")
    return KeySet(settings.jwt_jwks_url, settings.jwt_algorithm)
