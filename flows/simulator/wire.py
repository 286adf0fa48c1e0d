"""A simulated event → one line of NDJSON, exactly as the contract has it."""

from collections.abc import Callable
from datetime import date, timedelta

from flows.simulator.life import Event, Life
from models.instant import US_PER_DAY, US_PER_SECOND

Clock = Callable[[int], int]
"""Simulated → real microseconds since 1970."""

_dates: dict[int, bytes] = {}
_EPOCH = date(1970, 1, 1)


def stamp(us: int) -> bytes:
    """RFC 3339 in UTC of microseconds since 1970, with six decimals."""
    day, rest = divmod(us, US_PER_DAY)
    text = _dates.get(day)
    if text is None:
        text = _dates[day] = (_EPOCH + timedelta(days=day)).isoformat().encode()
    second, micro = divmod(rest, US_PER_SECOND)
    minute, second = divmod(second, 60)
    return b"%bT%02d:%02d:%02d.%06dZ" % (text, minute // 60, minute % 60, second, micro)


def line_of(life: Life, event: Event, clock: Clock | None = None) -> bytes:
    """The event as one line without newline; ids are unique in the world of its seed."""
    time, number, type_, source, data, when, link = event
    if clock is not None:
        time = clock(time)
        when = when and clock(when)
    return (
        b'{"specversion":"1.0","id":"%b-%d","source":"%b","type":"application.%b",'
        b'"subject":"%b","time":"%b","datacontenttype":"application/json","userid":"%b",%b'
        b'"data":%b}'
    ) % (
        life.id,
        number,
        source,
        type_,
        life.id,
        stamp(time),
        life.user,
        link,
        data % stamp(when) if when else data,
    )
