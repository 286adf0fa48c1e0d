"""CONTRACT.md, Envelope: each sentence, and lines on both sides of it."""

import json
from typing import Any

import pytest

from models.decoder import Event, decode
from models.instant import parse
from tests.contract.building import NOW, event, fact, line, reason, without

VALID = event("created")
PLAIN = line(VALID)


def text(**attributes: Any) -> bytes:
    """The valid event with these attributes."""
    return line(VALID | attributes)


def with_data(json_value: str) -> bytes:
    """The valid event with a field of data that nobody knows, as raw JSON."""
    return PLAIN[:-2] + b',"x":' + json_value.encode(errors="surrogatepass") + b"}}"


def nested(depth: int) -> bytes:
    """Objects and arrays as deep as this, the envelope being 1 and data 2."""
    return with_data("[" * (depth - 2) + "]" * (depth - 2))


ALLOWED: list[tuple[str, bytes]] = [
    ("structured JSON, UTF-8", text(source="/tést", data=VALID["data"] | {"company": "Ünï"})),
    ("Optional: datacontenttype", text(datacontenttype="application/json")),
    ("Optional: correlationid", text(correlationid="any text ☃")),
    ("Optional: corrects", text(corrects="e0")),
    ("Optional: retracts", text(retracts="e0")),
    ("other extension attributes (kept, ignored)", text(traceparent={"a": [1, None]})),
    ("id: 1 character", text(id="1")),
    ("id: 128 characters of [A-Za-z0-9._:-] and _", text(id="aZ09._:-" * 16)),
    ("subject: 1-128 characters of [A-Za-z0-9._:-] and _", text(subject="aZ09._:-" * 16)),
    ("userid: 1-128 characters of [A-Za-z0-9._:-] and _", text(userid="aZ09._:-" * 16)),
    ("time: RFC 3339 with an offset", text(time="2026-03-02T09:00:00+23:59")),
    ("`T`, `Z` in either case", text(time="2026-03-02t09:00:00z")),
    ("time: -00:00 is an offset", text(time="2026-03-02T09:00:00-00:00")),
    ("time: not before 2000", text(time="2000-01-01T00:00:00Z")),
    ("time: 24 h ahead of the clock when it is recorded", text(time="2026-06-02T00:00:00Z")),
    *(
        (f"time: the same of a correction: {time}", text(time=time, corrects="e0"))
        for time in ("2000-01-01T00:00:00Z", "2026-06-02T00:00:00Z")
    ),
    ("Unknown fields in `data` are kept and ignored", with_data('{"a":[1,2.5,null,"b"]}')),
    ("256,000 bytes a line", with_data('"' + "x" * (256_000 - len(with_data('""'))) + '"')),
    ("depth 32 (objects and arrays, the envelope being 1)", nested(32)),
    ("no number beyond a double: the greatest", with_data("1.7976931348623157e308")),
    ("no number beyond a double: too small is 0", with_data("1e-400")),
    ("no number beyond a double: many digits", with_data("9" * 308)),
    ("no lone surrogate: a pair is a character", with_data(r'"\ud83d\ude00"')),
    ("no NUL: an escaped backslash is none", with_data(r'"\\u0000"')),
    ("brackets in a text are no depth", with_data('"' + "[{" * 40 + r"\"" + "[" * 40 + '"')),
    ("digits in a text are no number", with_data(f'"{"9" * 400} 1e999"')),
    ("Of repeated keys the last counts", PLAIN[:-1] + b',"userid":"user"}'),
    ("Of repeated keys the last counts", b'{"userid":7,' + PLAIN[1:]),
    *(
        (f"in an envelope attribute null means absent: {name}", text(**{name: None}))
        for name in ("corrects", "retracts", "correlationid", "datacontenttype", "extension")
    ),
]

_REQUIRED = "specversion id source type subject time userid data".split()
_WRONG_IDS = ["", "x" * 129, "a b", "é", "a/b", "a\n", 7, ["a"], {}]
_WRONG_TIMES = {
    "RFC 3339 with an offset": "2026-03-02T09:00:00",
    "no space between date and time": "2026-03-02 09:00:00Z",
    "no second 60": "2026-12-31T23:59:60Z",
    "RFC 3339: a date that exists": "2026-02-29T09:00:00Z",
    "RFC 3339: no hour 24": "2026-03-02T24:00:00Z",
    "RFC 3339: an offset has minutes": "2026-03-02T09:00:00+01",
    "RFC 3339: an offset is below a day": "2026-03-02T09:00:00+24:00",
    "RFC 3339: a fraction has digits": "2026-03-02T09:00:00.Z",
    "RFC 3339: in ASCII digits": "٢٠٢٦-03-02T09:00:00Z",
    "RFC 3339: nothing behind": "2026-03-02T09:00:00Z ",
    "RFC 3339: seconds": "2026-03-02T09:00Z",
    "RFC 3339: a text": 1_772_000_000,
}

INVALID: list[tuple[str, bytes]] = [
    *((f"Required: {name}", line(without(VALID, name))) for name in _REQUIRED),
    *((f"Required, and null means absent: {name}", text(**{name: None})) for name in _REQUIRED),
    ('`specversion` "1.0"', text(specversion="1.1")),
    ('`specversion` "1.0"', text(specversion=1.0)),
    ("`data` (object)", text(data=[])),
    ("`data` (object)", text(data="{}")),
    ("source: a text", text(source=1)),
    ("source: not empty", text(source="")),
    ("type: a text", text(type=1)),
    ("one object", b"[" + PLAIN + b"]"),
    ("one object", PLAIN + PLAIN),
    ("one object", b'"text"'),
    *(
        (f"{name}: 1-128 characters of [A-Za-z0-9._:-] and _: {value!r}", text(**{name: value}))
        for name in ("id", "subject", "userid", "corrects", "retracts")
        for value in _WRONG_IDS
    ),
    *((f"time: {why}", text(time=value)) for why, value in _WRONG_TIMES.items()),
    ("Optional: datacontenttype is a text", text(datacontenttype=1)),
    ("Optional: correlationid is a text", text(correlationid=["a"])),
    ("broken JSON", PLAIN[:-1]),
    ("broken JSON", PLAIN + b","),
    ("broken JSON", PLAIN.replace(b'"', b"'")),
    ("broken JSON", with_data("01")),
    ("broken JSON", with_data('"\t"')),
    ("broken JSON", b""),
    ("UTF-8", PLAIN.replace(b"/test", b"/t\xffst")),
    ("UTF-8", PLAIN.decode().encode("utf-16")),
    ("256,000 bytes a line", with_data('"' + "x" * (256_001 - len(with_data('""'))) + '"')),
    ("depth 32", nested(33)),
    ("depth 32", with_data("[" * 100_000)),
    ("no NUL", with_data(r'"\u0000"')),
    ("no NUL, as a name neither", with_data(r'{"\u0000":1}')),
    ("no lone surrogate", with_data(r'"\ud83d"')),
    ("no lone surrogate", with_data(r'"\uDE00\uD83D"')),
    ("no lone surrogate", with_data('"\ud800"')),
    ("no NaN", with_data("NaN")),
    ("no Infinity", with_data("Infinity")),
    ("no Infinity", with_data("-Infinity")),
    ("no number beyond a double", with_data("1e309")),
    ("no number beyond a double", with_data("-1E+0400")),
    ("no number beyond a double", with_data("9" * 309)),
    ("no number beyond a double", with_data("9" * 250 + "e99")),
    ("no byte order mark", b"\xef\xbb\xbf" + PLAIN),
    ("Of repeated keys the last counts", PLAIN[:-1] + b',"userid":7}'),
    *(
        (f"a limit broken, if only by what a repeated key hides: {why}", hidden)
        for why, hidden in (
            ("NUL", rb'{"id":"\u0000",' + PLAIN[1:]),
            ("NUL", rb'{"id":"\\\u0000",' + PLAIN[1:]),
            ("surrogate", rb'{"id":"\ud800",' + PLAIN[1:]),
            ("depth", b'{"id":' + b"[" * 32 + b"]" * 32 + b"," + PLAIN[1:]),
            ("number", b'{"id":' + b"9" * 309 + b"," + PLAIN[1:]),
            ("number", b'{"id":1e309,' + PLAIN[1:]),
        )
    ),
]


def named(cases: list[tuple[str, bytes]]) -> list[Any]:
    """Parameters under the words of the contract."""
    return [pytest.param(raw, id=words) for words, raw in cases]


@pytest.mark.parametrize("raw", named(ALLOWED))
def test_allowed(raw: bytes) -> None:
    assert reason(raw) is None


@pytest.mark.parametrize("raw", named(INVALID))
def test_invalid(raw: bytes) -> None:
    assert reason(raw) == "invalid"


@pytest.mark.parametrize(
    ("time", "kept"),
    [
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
        ("2026-03-01T23:30:00-09:30", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:00.1234569Z", "2026-03-02T09:00:00.123456Z"),
        ("2026-03-02t09:00:00.999999999999z", "2026-03-02T09:00:00.999999Z"),
        ("2026-03-02T09:00:00.5+00:00", "2026-03-02T09:00:00.500000Z"),
    ],
)
def test_time_is_utc_to_the_microsecond(time: str, kept: str) -> None:
    """'kept in UTC to the microsecond, further digits cut'"""
    assert fact(VALID | {"time": time}).time == parse(kept)


@pytest.mark.parametrize(
    "time",
    [
        "1999-12-31T23:59:59.999999Z",
        "2000-01-01T00:00:00+00:01",
        "2026-06-02T00:00:00.000001Z",
        "2026-06-02T00:00:00-00:01",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00Z",
        "0000-02-29T00:00:00+23:59",
    ],
)
def test_time_out_of_range(time: str) -> None:
    """'More than 24 h ahead of the clock when it is recorded, or before 2000: dead letter
    (`time_out_of_range`)'"""
    assert reason(text(time=time)) == "time_out_of_range"
    assert reason(text(time=time, corrects="e0")) == "time_out_of_range"


def test_the_clock_is_that_of_the_recording() -> None:
    """'ahead of the clock when it is recorded'"""
    early = decode(PLAIN, parse("2026-02-01T00:00:00Z"))
    assert not isinstance(early, Event)
    assert early.reason == "time_out_of_range"


@pytest.mark.parametrize("kind", ["archived", "Created", "created "])
def test_an_unknown_type(kind: str) -> None:
    """'an unknown `type` too (`unknown_type`)'"""
    assert reason(event(kind)) == "unknown_type"


def test_a_type_of_another_family() -> None:
    """'an unknown `type` too (`unknown_type`)'"""
    assert reason(VALID | {"type": "created"}) == "unknown_type"


def test_what_the_pipeline_writes_does_not_come_in() -> None:
    """'`application.analytics_updated` is written by the pipeline only; from outside: dead
    letter (`output_only`)'"""
    assert reason(event("analytics_updated")) == "output_only"


def test_nothing_that_is_ignored_is_lost() -> None:
    """'other extension attributes (kept, ignored)', 'Unknown fields in `data` are kept'"""
    raw = line(VALID | {"tenant": "x", "data": VALID["data"] | {"colour": "red"}})
    kept = decode(raw, NOW)
    assert isinstance(kept, Event)
    assert json.loads(kept.line) == json.loads(raw)


def test_of_repeated_keys_the_last_counts() -> None:
    """'Of repeated keys the last counts'"""
    verdict = decode(PLAIN[:-1] + b',"id":"again"}', NOW)
    assert isinstance(verdict, Event)
    assert verdict.fact.id == "again"
    verdict = decode(PLAIN[:-2] + b',"matchScore":1,"matchScore":2}}', NOW)
    assert isinstance(verdict, Event)
    assert verdict.fact.profile is not None
    assert verdict.fact.profile["match_score"] == 2
