"""Cursors of pages: opaque, signed, and good for the list they came from only."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from models.errors import InvalidRequest

CURSOR_CHARACTERS_MAX = 4_096
_SIGNATURE_BYTES = 12

Key = tuple[str | int | None, str]
"""Sort key and id of the last row of a page."""


def encode(key: bytes, scope: tuple[object, ...], place: Key) -> str:
    """A cursor behind `place` in the list that `scope` describes."""
    body = msgspec.json.encode(place)
    return _text(_sign(key, scope, body) + body)


def decode(key: bytes, scope: tuple[object, ...], cursor: str) -> Key:
    """The place of a cursor. Raises InvalidRequest for one that is not of this list."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    if _text(raw) != cursor:  # another spelling of the same bytes
        raise _invalid()
    signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(key, scope, body)):
        raise _invalid()
    place: Key = msgspec.json.decode(body, type=Key)
    return place


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _sign(key: bytes, scope: tuple[object, ...], body: bytes) -> bytes:
    message = msgspec.json.encode(scope) + b"\0" + body
    return hmac.digest(key, message, hashlib.sha256)[:_SIGNATURE_BYTES]


def _invalid() -> InvalidRequest:
    return InvalidRequest("the cursor is not of this list", field="query.cursor")
