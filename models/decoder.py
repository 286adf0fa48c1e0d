"""A line of JSON → an event that may be folded, or the reason why not.

Bad input is a second output, never an exception. Reasons are tried in the contract's order.
"""

import re
from enum import StrEnum
from math import isinf
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from models import instant
from models.event_facts import FACT_OF
from models.events import (
    AHEAD_US_MAX,
    DEPTH_MAX,
    EARLIEST_US,
    IDENTIFIER_PATTERN,
    INPUT_TYPES,
    LINE_BYTES_MAX,
    Data,
    EventType,
)
from models.facts import Fact


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
_are_identifiers = re.compile(r"\n".join([IDENTIFIER_PATTERN] * 3)).fullmatch


def decode(line: bytes, recorded_at: int) -> Event | Rejected:
    """Judge one message by itself, without what the application already holds.

    `recorded_at` (microseconds) is the clock when the message was recorded: a message is
    judged by it for ever, so that a replay judges the same.
    """
    return _decode_plain(line, recorded_at) or decode_carefully(line, recorded_at)


_DATA_DECODERS = {name: msgspec.json.Decoder(type_).decode for name, type_ in INPUT_TYPES.items()}


class _Plain(msgspec.Struct, gc=False):
    specversion: Literal["1.0"]
    id: str
    source: Annotated[str, Meta(min_length=1)]
    type: str
    subject: str
    time: str
    userid: str
    data: msgspec.Raw
    corrects: str | None = None
    retracts: str | None = None
    datacontenttype: str | None = None
    correlationid: str | None = None


_NAMES = {str(name): str(name) for name in INPUT_TYPES}
"""One text per type, so that a million events do not keep a million."""

_decode_envelope = msgspec.json.Decoder(_Plain).decode


def _decode_plain(line: bytes, recorded_at: int) -> Event | None:
    """The event, where the line is as plain as nearly all are; None leaves it to the careful way.

    Faster, because what it does not know is skipped unread; so it takes no line whose bytes
    could hide something forbidden there.
    """
    if not line.isascii() or len(line) > LINE_BYTES_MAX or _may_offend(line):
        return None
    try:
        plain = _decode_envelope(line)
        fact_of = FACT_OF[plain.type]
        if plain.retracts is not None or plain.corrects is not None:
            return None
        data = _DATA_DECODERS[plain.type](plain.data)
        time = instant.parse(plain.time)
    except (msgspec.MsgspecError, ValueError, KeyError):
        return None
    if _are_identifiers(f"{plain.id}\n{plain.subject}\n{plain.userid}") is None:
        return None
    if time < EARLIEST_US or time - recorded_at > AHEAD_US_MAX:
        return None
    fact = fact_of(time, plain.id, None, None, data)
    return Event(plain.subject, plain.userid, _NAMES[plain.type], fact, line)


def decode_carefully(line: bytes, recorded_at: int) -> Event | Rejected:
    """What `decode` answers, by the contract's words one after the other."""
    if len(line) > LINE_BYTES_MAX:
        return Rejected(Reason.INVALID, f"{len(line)} bytes; at most {LINE_BYTES_MAX}")
    try:
        envelope = _decode_json(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Rejected(Reason.INVALID, f"not JSON: {error}")
    if type(envelope) is not dict:
        return Rejected(Reason.INVALID, "not a JSON object")
    fault = (_fault_of_text(line) if _may_offend(line) else None) or _fault_of_envelope(envelope)
    if fault:
        return Rejected(Reason.INVALID, fault)
    try:
        time = instant.parse(envelope["time"])
    except ValueError as error:
        return Rejected(Reason.INVALID, f"time: {error}")
    event_type = envelope["type"]
    fact_of = FACT_OF.get(event_type)
    if fact_of is None:
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
    fact = fact_of(time, envelope["id"], envelope.get("corrects"), retracts, data)
    return Event(envelope["subject"], envelope["userid"], event_type, fact, line)


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


_SHAPES = bytes.maketrans(b"123456789E", b"000000000e")
_LONG_NUMBER = b"0" * 100
_LARGE_EXPONENTS = (b"0e000", b"0e+000")


def _may_offend(line: bytes) -> bool:
    """Whether the bytes could hold a NUL, a surrogate, too deep a nesting or a number beyond a
    double, anywhere. Cheap, and never wrong in saying no."""
    if line.count(b"{") + line.count(b"[") > DEPTH_MAX:
        return True
    if b"\\" in line and any(escape in line for escape in (b"\\u0000", b"\\ud", b"\\uD")):
        return True
    shape = line.translate(_SHAPES)
    if b"0e" in shape and any(exponent in shape for exponent in _LARGE_EXPONENTS):
        return True
    return _LONG_NUMBER in shape


_strings = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_has_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search
_brackets = re.compile(rb"[\[\]{}]").findall
_numbers = re.compile(rb"-?\d[\d.eE+-]*").findall


def _fault_of_text(line: bytes) -> str | None:
    """What the limits forbid anywhere on a line that is JSON: also where a key is repeated, in
    values of which the decoded object knows nothing."""
    if _has_nul(line):
        return "a NUL character"
    bare = _strings.sub(b"", line)
    depth = 0
    for bracket in _brackets(bare):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH_MAX:
            return f"nested deeper than {DEPTH_MAX}"
    if any(isinf(float(number)) for number in _numbers(bare)):
        return "a number beyond a double"
    return None
