"""A Kafka record as the message that the flow folds, and back.

Both content modes of the CloudEvents binding are read: structured (the value is the event) and
binary (attributes in `ce_` headers, the value is its data), which is written out as structured.
What cannot be written so is still kept whole, as a message that is no event.
"""

import base64
from typing import cast
from uuid import UUID

import msgspec
from confluent_kafka import Message as Record

from models.batch import Message

RUN = "jobfinders-run"
PLACE = "jobfinders-outbox"
CONTENT_TYPE = "content-type"
STRUCTURED = b"application/cloudevents+json; charset=UTF-8"

_PREFIX = "ce_"
_STRUCTURED_PREFIX = b"application/cloudevents"

Headers = list[tuple[str, bytes | None]]


def message_of(record: Record, recorded_at: int) -> Message:
    """The record as a message; `recorded_at` is the reader's clock (microseconds)."""
    value = record.value() or b""
    headers = headers_of(record)
    offset = cast(int, record.offset())
    if not headers:
        return Message(offset, None, recorded_at, value)
    if _is_binary(headers):
        return Message(offset, None, recorded_at, _structured(headers, value))
    return Message(offset, run_of(headers), recorded_at, value)


def headers_of(record: Record) -> Headers:
    """A record's headers in their order, a name as often as it comes."""
    return cast(Headers, record.headers() or [])


def run_of(headers: Headers) -> bytes | None:
    """The ingest that a relayed message belongs to; what is no UUID is nobody's run."""
    for name, value in headers:
        if name == RUN and value is not None:
            try:
                return UUID(value.decode()).bytes
            except ValueError:
                return None
    return None


def place_of(headers: Headers, log_id: str) -> int | None:
    """The outbox place that the relay of this log published the record from."""
    for name, value in headers:
        if name == PLACE and value is not None:
            log, _, place = value.decode("ascii", "replace").partition("/")
            return int(place) if log == log_id and place.isdecimal() else None
    return None


def _is_binary(headers: Headers) -> bool:
    if headers[0] == (CONTENT_TYPE, STRUCTURED):
        return False  # the relay's own, the most of all
    content_type = dict(headers).get(CONTENT_TYPE) or b""
    return not content_type.lower().startswith(_STRUCTURED_PREFIX) and any(
        name.startswith(_PREFIX) for name, _ in headers
    )


def _structured(headers: Headers, value: bytes) -> bytes:
    """The event as one JSON object. Data that is no JSON goes in as `data_base64`; headers that
    cannot be attributes leave an object without any, which nobody takes for an event."""
    encoded = base64.b64encode(value).decode()
    try:
        attributes = _attributes(headers)
    except ValueError:
        told = [(name, None if raw is None else raw.decode("latin-1")) for name, raw in headers]
        return msgspec.json.encode({"headers": told, "data_base64": encoded})
    try:
        msgspec.json.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return msgspec.json.encode({**attributes, "data_base64": encoded})
    return msgspec.json.encode({**attributes, "data": msgspec.Raw(value)})


def _attributes(headers: Headers) -> dict[str, str]:
    """Raises ValueError for one that is not UTF-8, null, repeated, or named `data`."""
    attributes: dict[str, str] = {}
    for name, raw in headers:
        if name == CONTENT_TYPE:
            attribute = "datacontenttype"
        elif name.startswith(_PREFIX):
            attribute = name.removeprefix(_PREFIX)
        else:
            continue
        if raw is None or attribute in attributes or attribute.partition("_")[0] == "data":
            raise ValueError(name)
        attributes[attribute] = raw.decode()
    return attributes
