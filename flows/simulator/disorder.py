"""What goes wrong on the way: lateness, and lines that must become dead letters."""

from collections.abc import Callable
from math import log

from flows.simulator.life import Event, Life
from flows.simulator.plan import Plan
from flows.simulator.wire import Clock, line_of, stamp
from models.decoder import Reason
from models.events import DEPTH_MAX, FACTS_MAX, LINE_BYTES_MAX
from models.instant import US_PER_DAY, US_PER_HOUR, US_PER_SECOND

_DAYS_LATE_MAX = 7


def delay(random: Callable[[], float]) -> int:
    """Microseconds of lateness: mostly minutes, one in four hours, one in twenty days."""
    draw = random()
    if draw < 0.05:
        return int(random() * _DAYS_LATE_MAX * US_PER_DAY)
    mean = 5 * US_PER_HOUR if draw < 0.3 else US_PER_HOUR // 4
    return int(-log(1.0 - random()) * mean)


def bad_line(
    life: Life, event: Event, reason: Reason, order: int, clock: Clock | None = None
) -> bytes:
    """A line made from an event that has arrived, refused for this very reason."""
    new = event._replace(number=10_000 + (order & 0xFFF), link=b"")
    if reason == Reason.OUTPUT_ONLY:
        return line_of(life, new._replace(type=b"analytics_updated"), clock)
    if reason == Reason.UNKNOWN_TYPE:
        return line_of(life, new._replace(type=b"teleported"), clock)
    if reason == Reason.TIME_OUT_OF_RANGE:
        line = line_of(life, new, clock)
        old = stamp(event.time if clock is None else clock(event.time))
        return line.replace(b'"time":"' + old, b'"time":"1999-12-31T23:59:59Z', 1)
    if reason == Reason.ID_CONFLICT:
        return line_of(life, event._replace(time=event.time + US_PER_SECOND), clock)
    if reason == Reason.OWNER_MISMATCH:
        return line_of(life, new, clock).replace(
            b'"userid":"' + life.user, b'"userid":"user_stranger', 1
        )
    return _INVALID[order // 4 % len(_INVALID)](line_of(life, new, clock))


def _broken(line: bytes) -> bytes:
    return line[: len(line) // 2]


def _not_a_number(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"x":NaN,"data":{', 1)


def _beyond_a_double(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"x":1e999,"data":{', 1)


def _null_character(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"x":"\\u0000","data":{', 1)


def _lone_surrogate(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"x":"\\ud800","data":{', 1)


def _deep(line: bytes) -> bytes:
    nested = b"[" * DEPTH_MAX + b"]" * DEPTH_MAX
    return line.replace(b'"data":{', b'"x":%b,"data":{' % nested, 1)


def _oversized(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"x":"%b","data":{' % (b"x" * LINE_BYTES_MAX), 1)


def _byte_order_mark(line: bytes) -> bytes:
    return b"\xef\xbb\xbf" + line


def _not_utf8(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"x":"\xff","data":{', 1)


def _no_user(line: bytes) -> bytes:
    return line.replace(b'"userid"', b'"user"', 1)


def _no_offset(line: bytes) -> bytes:
    return line.replace(b'Z","datacontenttype"', b'","datacontenttype"', 1)


def _no_data(line: bytes) -> bytes:
    return line.replace(b'"data":{', b'"payload":{', 1)


_INVALID = (
    _broken,
    _not_a_number,
    _beyond_a_double,
    _null_character,
    _lone_surrogate,
    _deep,
    _byte_order_mark,
    _not_utf8,
    _no_user,
    _no_offset,
    _no_data,
    _oversized,
)


def crowd(plan: Plan, number: int) -> Life:
    """An application with as many notes as facts are allowed, and a few more."""
    application_id = b"app_%d_crowded%d" % (plan.seed, number)
    created = b'{"jobId":"job_crowded","jobTitle":"Archivist","company":"Papermill Archives"}'
    events = [Event(plan.start, 0, b"created", b"/jobfinders/web", created, 0)]
    for n in range(1, FACTS_MAX + 3):
        data = b'{"noteId":"note_%d","type":"NOTE"}' % n
        time = plan.start + n * US_PER_SECOND
        events.append(Event(time, n, b"note_added", b"/jobfinders/web", data, 0))
    return Life(application_id, b"user_crowded", events, [])
