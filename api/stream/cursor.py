"""The opaque id of a frame: a position in the log, signed for one user and one log.

    version (1 byte) · issued, seconds since 1970 (4) · next offset of each partition (varints)
    · first 16 bytes of HMAC-SHA256 over all that, the log's id and the user's

in URL-safe base64 without padding: some 32 characters for a log of one partition. Pure functions.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from storage.postgres.event_log import Identity, Positions

_VERSION = b"\1"
_HEADER_BYTES = 5
_MAC_BYTES = 16
_TEXT_MAX = 1_024
_OFFSET_MAX = 2**63 - 1
_PARTITIONS_MAX = 1_024


class Cursor(NamedTuple):
    """What a client knows; `issued_at_s` in seconds since 1970."""

    positions: Positions
    issued_at_s: int


def write(cursor: Cursor, log: Identity, user_id: str) -> str:
    """The cursor as text, good for this user and this log only."""
    body = b"".join(
        (
            _VERSION,
            cursor.issued_at_s.to_bytes(_HEADER_BYTES - 1, "big"),
            *map(_varint, cursor.positions),
        )
    )
    return urlsafe_b64encode(body + _mac(body, log, user_id)).rstrip(b"=").decode()


def read(text: str, log: Identity, user_id: str) -> Cursor | None:
    """The cursor that `write` made; None for anything else, another user's or log's."""
    if len(text) > _TEXT_MAX or not text.isascii():
        return None
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    body, mac = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
    if len(body) < _HEADER_BYTES or not hmac.compare_digest(mac, _mac(body, log, user_id)):
        return None
    positions = _positions(body[_HEADER_BYTES:])
    if body[:1] != _VERSION or positions is None:
        return None
    return Cursor(positions, int.from_bytes(body[1:_HEADER_BYTES], "big"))


def _mac(body: bytes, log: Identity, user_id: str) -> bytes:
    message = log.id.bytes + user_id.encode() + b"\0" + body
    return hmac.digest(log.cursor_key, message, "sha256")[:_MAC_BYTES]


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first, the high bit set while more follow."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _positions(packed: bytes) -> Positions | None:
    found: list[int] = []
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        if number > _OFFSET_MAX or len(found) == _PARTITIONS_MAX:
            return None
        found.append(number)
        number = shift = 0
    return tuple(found) if shift == 0 else None
