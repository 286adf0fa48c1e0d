"""Names for new things: sortable by the time of their making, unguessable, `[0-9A-Z_a-z]`."""

import secrets
import time

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80
_DIGITS = 26  # 48 bits of milliseconds and 80 of chance, 5 bits a digit


def new_id(prefix: str) -> str:
    """`app_01JD…`: the prefix and a ULID."""
    number = time.time_ns() // 1_000_000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    digits = (_CROCKFORD[number >> shift & 31] for shift in range(5 * (_DIGITS - 1), -1, -5))
    return f"{prefix}_{''.join(digits)}"
