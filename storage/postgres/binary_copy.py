"""Rows in Postgres' binary COPY format, built as bytes: the flow's fastest way in.

Format: https://www.postgresql.org/docs/current/sql-copy.html ("Binary Format").
"""

import struct
from functools import lru_cache

from models.instant import parse

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
NULL = struct.pack(">i", -1)
TRUE = b"\0\0\0\1\1"
FALSE = b"\0\0\0\1\0"

POSTGRES_EPOCH_US = parse("2000-01-01T00:00:00Z")
_TEXT_OID = 25
_BLOCK_BYTES = 1 << 18
_length = struct.Struct(">i").pack
_int2 = struct.Struct(">ih").pack
_int4 = struct.Struct(">ii").pack
_int8 = struct.Struct(">iq").pack
_float8 = struct.Struct(">id").pack


_SMALL = 1_000
_SMALL_INTEGERS = tuple(_int4(4, value) for value in range(_SMALL))


def field_count(count: int) -> bytes:
    """What every row begins with."""
    return struct.pack(">h", count)


def raw(value: bytes | None) -> bytes:
    """bytea, or text that is UTF-8 already."""
    return NULL if value is None else _length(len(value)) + value


def text(value: str | None) -> bytes:
    """text."""
    if value is None:
        return NULL
    encoded = value.encode()
    return _length(len(encoded)) + encoded


@lru_cache(maxsize=50_000)
def common_text(value: str | None) -> bytes:
    """text of which the same values come again and again."""
    return text(value)


def smallint(value: int) -> bytes:
    """smallint."""
    return _int2(2, value)


def integer(value: int) -> bytes:
    """integer."""
    return _SMALL_INTEGERS[value] if 0 <= value < _SMALL else _int4(4, value)


def bigint(value: int) -> bytes:
    """bigint."""
    return _int8(8, value)


def double(value: float | None) -> bytes:
    """double precision."""
    return NULL if value is None else _float8(8, value)


def boolean(value: bool) -> bytes:
    """boolean."""
    return TRUE if value else FALSE


def timestamp(us: int | None) -> bytes:
    """timestamptz, from microseconds since 1970."""
    return NULL if us is None else _int8(8, us - POSTGRES_EPOCH_US)


def jsonb(value: bytes) -> bytes:
    """jsonb, from JSON text."""
    return _length(len(value) + 1) + b"\1" + value


@lru_cache(maxsize=256)
def text_array(values: tuple[str, ...]) -> bytes:
    """text[]; few distinct ones are expected."""
    if not values:
        return _length(12) + struct.pack(">iii", 0, 0, _TEXT_OID)
    items = b"".join(text(value) for value in values)
    return _length(20 + len(items)) + struct.pack(">iiiii", 1, 0, _TEXT_OID, len(values), 1) + items


class Document:
    """A COPY in the making, in blocks that the connection can pass on one by one."""

    def __init__(self) -> None:
        self.count = 0
        self._blocks: list[bytes] = []
        self._block = bytearray(HEADER)

    def add(self, row: bytes) -> None:
        """One more row."""
        self.count += 1
        self._block += row
        if len(self._block) > _BLOCK_BYTES:
            self._blocks.append(bytes(self._block))
            self._block.clear()

    def blocks(self) -> list[bytes]:
        """The whole, ended; nothing for no row. Call it once, last."""
        return [*self._blocks, bytes(self._block + TRAILER)] if self.count else []
