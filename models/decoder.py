"""A line of JSON → an event that may be folded, or the reason why not.

Bad input is a second output, never an exception. Reasons are tried in the contract's order.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import cast

import msgspec
from msgspec import UNSET

from models import instant
from models.application import RANK, RANK_OF_NO_STATUS
from models.events import (
    AHEAD_US_MAX,
    DEPTH_MAX,
    EARLIEST_US,
    IDENTIFIER_PATTERN,
    INPUT_TYPES,
    LINE_BYTES_MAX,
    Changes,
    Created,
    Data,
    EventType,
    InterviewScheduled,
    MatchScoreUpdated,
    NoteAdded,
    OfferReceived,
    StatusChanged,
    Updated,
    Withdrawn,
)
from models.facts import Fact, Kind


class Reason(StrEnum):
    """Why a message is a dead letter."""

    INVALID = "invalid"
    OUTPUT_ONLY = "output_only"
    UNKNOWN_TYPE = "unknown_type"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    ID_CONFLICT = "id_conflict"
    OWNER_MISMATCH = "owner_mismatch"
    APPLICATION_TOO_LARGE = "application_too_large"
    FOLD = "fold"


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A message that cannot be a fact."""

    reason: Reason
    detail: str


class Event(msgspec.Struct, frozen=True, gc=False):
    """A valid event, as lean as the fold needs it. `line` is the message as it came."""

    application_id: str
    user_id: str
    type: str
    fact: Fact
    line: bytes


_is_identifier = re.compile(IDENTIFIER_PATTERN).fullmatch
_decode_json = msgspec.json.Decoder().decode
_KINDS: dict[str, Kind] = {
    EventType.CREATED: Kind.CREATED,
    EventType.UPDATED: Kind.UPDATED,
    EventType.STATUS_CHANGED: Kind.STATUS_CHANGED,
    EventType.NOTE_ADDED: Kind.NOTE_ADDED,
    EventType.REMINDER_TRIGGERED: Kind.REMINDER_TRIGGERED,
    EventType.WITHDRAWN: Kind.WITHDRAWN,
    EventType.INTERVIEW_SCHEDULED: Kind.INTERVIEW_SCHEDULED,
    EventType.OFFER_RECEIVED: Kind.OFFER_RECEIVED,
    EventType.VIEWED_BY_EMPLOYER: Kind.VIEWED_BY_EMPLOYER,
    EventType.MATCH_SCORE_UPDATED: Kind.MATCH_SCORE_UPDATED,
}
_RANK_OF_KIND = {Kind.CREATED: RANK["applied"], Kind.WITHDRAWN: RANK["withdrawn"]}
_LONGEST_SURE_NUMBER = 300
"""An integer of fewer digits is within a double; a longer one is looked at."""


def decode(line: bytes, recorded_at: int) -> Event | Rejected:
    """Judge one message by itself, without what the application already holds.

    `recorded_at` (microseconds) is the clock when the message was recorded: a message is
    judged by it for ever, so that a replay judges the same.
    """
    if len(line) > LINE_BYTES_MAX:
        return Rejected(Reason.INVALID, f"{len(line)} bytes; at most {LINE_BYTES_MAX}")
    try:
        envelope = _decode_json(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Rejected(Reason.INVALID, f"not JSON: {error}")
    if type(envelope) is not dict:
        return Rejected(Reason.INVALID, "not a JSON object")
    fault = _fault_of_text(line, envelope) or _fault_of_envelope(envelope)
    if fault:
        return Rejected(Reason.INVALID, fault)
    try:
        time = instant.parse(envelope["time"])
    except ValueError as error:
        return Rejected(Reason.INVALID, f"time: {error}")
    event_type = envelope["type"]
    kind = _KINDS.get(event_type)
    if kind is None:
        if event_type == EventType.ANALYTICS_UPDATED:
            return Rejected(Reason.OUTPUT_ONLY, "written by the pipeline only")
        return Rejected(Reason.UNKNOWN_TYPE, f"unknown type {event_type[:100]!r}")
    retracts = envelope.get("retracts")
    data: Data | None = None
    if retracts is None:
        try:
            data = msgspec.convert(envelope["data"], INPUT_TYPES[event_type])
        except (msgspec.ValidationError, OverflowError) as error:
            return Rejected(Reason.INVALID, f"data: {error}")
    if time < EARLIEST_US or time - recorded_at > AHEAD_US_MAX:
        return Rejected(Reason.TIME_OUT_OF_RANGE, f"time {envelope['time']}")
    return Event(
        envelope["subject"],
        envelope["userid"],
        event_type,
        _fact(time, kind, envelope["id"], envelope.get("corrects"), retracts, data),
        line,
    )


def _fault_of_envelope(envelope: dict[str, object]) -> str | None:
    if envelope.get("specversion") != "1.0":
        return 'specversion is not "1.0"'
    for name in ("id", "subject", "userid"):
        value = envelope.get(name)
        if type(value) is not str or _is_identifier(value) is None:
            return f"{name}: not 1-128 characters of letters, digits and . _ : -"
    for name in ("corrects", "retracts"):
        value = envelope.get(name)
        if value is not None and (type(value) is not str or _is_identifier(value) is None):
            return f"{name}: not an event id"
    for name in ("source", "type", "time"):
        value = envelope.get(name)
        if type(value) is not str or not value:
            return f"{name}: missing or not a text"
    for name in ("datacontenttype", "correlationid"):
        if type(envelope.get(name, "")) not in (str, type(None)):
            return f"{name}: not a text"
    if type(envelope.get("data")) is not dict:
        return "data: missing or not an object"
    return None


def _fault_of_text(line: bytes, envelope: dict[str, object]) -> str | None:
    """Limits on the whole message, known and unknown fields alike.

    The JSON decoder has refused NaN, lone surrogates, byte order marks and doubles out of
    range already. What is left is rare, so bytes that cannot offend are not walked.
    """
    deep = line.count(b"{") + line.count(b"[") > DEPTH_MAX
    long_number = len(line) > _LONGEST_SURE_NUMBER and _has_long_number(line)
    if deep or long_number or b"\\u0000" in line:
        return _walk(envelope, 1)
    return None


_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_LONG_NUMBER = b"0" * _LONGEST_SURE_NUMBER


def _has_long_number(line: bytes) -> bool:
    return _LONG_NUMBER in line.translate(_DIGITS_TO_ZERO)


def _walk(value: object, depth: int) -> str | None:
    if isinstance(value, str):
        return "a NUL character" if "\0" in value else None
    if isinstance(value, int):
        try:
            float(value)
        except OverflowError:
            return "a number beyond a double"
        return None
    if not isinstance(value, dict | list):
        return None
    if depth > DEPTH_MAX:
        return f"nested deeper than {DEPTH_MAX}"
    members = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    for member in members:
        fault = _walk(member, depth + 1)
        if fault:
            return fault
    return None


def _fact(
    time: int,
    kind: Kind,
    event_id: str,
    corrects: str | None,
    retracts: str | None,
    data: Data | None,
) -> Fact:
    rank = _RANK_OF_KIND.get(kind, RANK_OF_NO_STATUS)
    value: str | None = None
    old: int | None = None
    score: float | None = None
    profile: dict[str, str | float] | None = None
    if type(data) is StatusChanged:
        rank = RANK[data.new_status]
        old = None if data.old_status is UNSET else RANK[data.old_status]
    elif data is not None:
        read = _READERS.get(type(data))
        if read is not None:
            value, score, profile = read(data, event_id)
    return Fact(time, rank, event_id, int(kind), corrects, retracts, value, old, score, profile)


_Read = tuple[str | None, float | None, dict[str, str | float] | None]


def _read_profile(data: Created | Changes) -> dict[str, str | float]:
    fields = ((name, getattr(data, name)) for name in data.__struct_fields__)
    return {name: value for name, value in fields if value is not UNSET}


def _read_created(data: Data, _: str) -> _Read:
    return None, None, _read_profile(cast(Created, data))


def _read_updated(data: Data, _: str) -> _Read:
    return None, None, _read_profile(cast(Updated, data).changes)


def _read_note(data: Data, _: str) -> _Read:
    return cast(NoteAdded, data).note_id, None, None


def _read_withdrawn(data: Data, _: str) -> _Read:
    reason = cast(Withdrawn, data).reason
    return (None if reason is UNSET else reason), None, None


def _read_interview(data: Data, event_id: str) -> _Read:
    interview_id = cast(InterviewScheduled, data).interview_id
    return (event_id if interview_id is UNSET else interview_id), None, None


def _read_offer(data: Data, event_id: str) -> _Read:
    offer_id = cast(OfferReceived, data).offer_id
    return (event_id if offer_id is UNSET else offer_id), None, None


def _read_score(data: Data, _: str) -> _Read:
    return None, cast(MatchScoreUpdated, data).score.overall_score, None


_READERS: dict[type[Data], Callable[[Data, str], _Read]] = {
    Created: _read_created,
    Updated: _read_updated,
    NoteAdded: _read_note,
    Withdrawn: _read_withdrawn,
    InterviewScheduled: _read_interview,
    OfferReceived: _read_offer,
    MatchScoreUpdated: _read_score,
}
