"""Whether a line is an event, read from the contract alone: verify's own opinion.

The reasons are tried in the contract's order. What depends on arrival (a known id, the
owner, the size) is not judged here.
"""

import json
import re
from typing import Any, NamedTuple, NoReturn

from flows.verify.instants import microseconds

Json = dict[str, Any]

LINE_BYTES = 256_000
DEPTH = 32
TEXT_CHARACTERS = 1_000
AHEAD_US = 24 * 3_600_000_000
YEAR_2000_US = 946_684_800_000_000
PREFIX = "application."
OUTPUT = "analytics_updated"
STATUSES = (
    "applied viewed shortlisted interview_scheduled interviewed offer_received hired rejected"
    " withdrawn"
).split()
SOURCES = {"job_board", "referral", "company_site", "recruiter", "social", "other"}

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Judged(NamedTuple):
    """A valid event. `time` in microseconds since 1970, `type` without its prefix."""

    id: str
    subject: str
    userid: str
    type: str
    time: int
    corrects: str | None
    retracts: str | None
    data: Json


class _Invalid(Exception):
    pass


def judge(line: bytes, recorded_us: int) -> Judged | str:
    """The event, or why it is none: invalid, output_only, unknown_type, time_out_of_range."""
    try:
        return _judge(_parse(line), recorded_us)
    except _Invalid:
        return "invalid"


def _judge(event: Json, recorded_us: int) -> Judged | str:
    if None in event.values():
        event = {name: value for name, value in event.items() if value is not None}
    _require(
        event.get("specversion") == "1.0"
        and _is_id(event.get("id"))
        and _is_id(event.get("subject"))
        and _is_id(event.get("userid"))
        and _is_text(event.get("source"), None)
        and _is_text(event.get("type"), None)
        and isinstance(event.get("datacontenttype", ""), str)
        and isinstance(event.get("correlationid", ""), str)
        and ("corrects" not in event or _is_id(event["corrects"]))
        and ("retracts" not in event or _is_id(event["retracts"]))
    )
    time = microseconds(event["time"]) if isinstance(event.get("time"), str) else None
    _require(time is not None and isinstance(event.get("data"), dict))
    assert time is not None  # noqa: S101 - for the type checker: required above
    kind = event["type"].removeprefix(PREFIX)
    if event["type"] == PREFIX + OUTPUT:
        return "output_only"
    if kind not in _DATA or not event["type"].startswith(PREFIX):
        return "unknown_type"
    if "retracts" not in event:
        _check(event["data"], _DATA[kind])
    if not YEAR_2000_US <= time <= recorded_us + AHEAD_US:
        return "time_out_of_range"
    return Judged(
        event["id"],
        event["subject"],
        event["userid"],
        kind,
        time,
        event.get("corrects"),
        event.get("retracts"),
        event["data"],
    )


def _parse(line: bytes) -> Json:
    _require(len(line) <= LINE_BYTES)
    try:
        text = line.decode()
        # What plain parsing could hide: a NUL or a surrogate in an escape, many brackets.
        if b"\\u" in line or line.count(b"{") + line.count(b"[") > DEPTH:
            return _parse_closely(text)
        value = _QUICK.decode(text)
    except (ValueError, RecursionError) as error:
        raise _Invalid from error
    _require(isinstance(value, dict) and "\0" not in text)
    return value  # type: ignore[no-any-return]


def _parse_closely(text: str) -> Json:
    value = _CLOSE.decode(text)
    _require(isinstance(value, dict))
    depth = 0
    for bracket in _STRINGS.sub("", text):
        if bracket in "{[":
            depth += 1
            _require(depth <= DEPTH)
        elif bracket in "}]":
            depth -= 1
    return value  # type: ignore[no-any-return]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _double(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("beyond a double")
    return number


def _integer(digits: str) -> int | float:
    number = _double(digits)
    return number if number == 0 else int(digits)


def _pairs(pairs: list[tuple[str, Any]]) -> Json:
    """The limits hold for a repeated key's forgotten values too: they are on the line."""
    for name, value in pairs:
        _clean(name)
        _clean_deep(value)
    return dict(pairs)


def _clean(text: str) -> None:
    if "\0" in text or _LONE_SURROGATE.search(text):
        raise ValueError("NUL or lone surrogate")


def _clean_deep(value: object) -> None:
    """Objects inside have been checked by their own call."""
    if isinstance(value, str):
        _clean(value)
    elif isinstance(value, list):
        for item in value:
            _clean_deep(item)


_QUICK = json.JSONDecoder(parse_constant=_refuse, parse_float=_double, parse_int=_integer)
_CLOSE = json.JSONDecoder(
    parse_constant=_refuse, parse_float=_double, parse_int=_integer, object_pairs_hook=_pairs
)


def _require(condition: bool) -> None:
    if not condition:
        raise _Invalid


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_text(value: object, limit: int | None = TEXT_CHARACTERS) -> bool:
    return isinstance(value, str) and len(value) > 0 and (limit is None or len(value) <= limit)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_percent(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 100  # type: ignore[operator]


def _is_integer(value: object) -> bool:
    return _is_number(value) and value == int(value)  # type: ignore[call-overload]


def _is_instant(value: object) -> bool:
    return isinstance(value, str) and microseconds(value) is not None


def _is_status(value: object) -> bool:
    return isinstance(value, str) and value in STATUSES


def _is_source(value: object) -> bool:
    return isinstance(value, str) and value in SOURCES


def _is_note_type(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.upper() in {"NOTE", "REMINDER"}


def _is_priority(value: object) -> bool:
    return isinstance(value, str) and value in {"LOW", "MEDIUM", "HIGH"}


def _is_score(value: object) -> bool:
    return isinstance(value, dict) and _is_percent(value.get("overallScore"))


def _is_changes(value: object) -> bool:
    if isinstance(value, dict):
        _check(value, {name.rstrip("?") + "?": test for name, test in _DATA["created"].items()})
    return isinstance(value, dict)


_DATA: dict[str, dict[str, Any]] = {
    "created": {
        "jobId": _is_text,
        "jobTitle": _is_text,
        "company": _is_text,
        "location?": _is_text,
        "source?": _is_source,
        "matchScore?": _is_percent,
        "resumeId?": _is_text,
        "referralCode?": _is_text,
    },
    "updated": {"changes": _is_changes},
    "status_changed": {"newStatus": _is_status, "oldStatus?": _is_status, "reason?": _is_text},
    "note_added": {
        "noteId": _is_text,
        "type": _is_note_type,
        "priority?": _is_priority,
        "reminderDate?": _is_instant,
    },
    "reminder_triggered": {"reminderId": _is_text, "noteId?": _is_text, "dueAt": _is_instant},
    "withdrawn": {"reason?": _is_text},
    "interview_scheduled": {
        "interviewId?": _is_text,
        "scheduledAt": _is_instant,
        "durationMinutes?": _is_number,
        "round?": _is_integer,
        "mode?": _is_text,
        "location?": _is_text,
    },
    "offer_received": {
        "offerId?": _is_text,
        "deadline?": _is_instant,
        "amount?": _is_number,
        "currency?": _is_text,
    },
    "viewed_by_employer": {"viewerId?": _is_text},
    "match_score_updated": {"score": _is_score, "scorer?": _is_text},
}


def _check(data: Json, fields: dict[str, Any]) -> None:
    for field, test in fields.items():
        name = field.rstrip("?")
        if name in data:
            _require(test(data[name]))
        else:
            _require(field.endswith("?"))
