"""Hypothesis strategies of events: valid ones, and ones damaged in a place."""

import json
from typing import Any

from hypothesis import strategies as st

from flows.verify.judgement import STATUSES

TYPES = (
    "created updated status_changed note_added reminder_triggered withdrawn interview_scheduled"
    " offer_received viewed_by_employer match_score_updated"
).split()
_IDS = [f"e{number}" for number in range(14)]
_few = st.sampled_from(["a", "b", "c"])
_percent = st.one_of(st.integers(0, 100), st.floats(0, 100), st.just(-0.0))
_described = {
    "jobId": _few,
    "jobTitle": _few,
    "company": _few,
    "location": _few,
    "source": st.sampled_from(["job_board", "other"]),
    "matchScore": _percent,
    "resumeId": _few,
    "referralCode": _few,
}
_REQUIRED = ("jobId", "jobTitle", "company")
_moment = st.integers(0, 6).map(lambda day: f"2026-03-{day + 1:02}T00:00:00Z")
_status = st.sampled_from(STATUSES)


def _object(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required, optional=optional)


DATA = {
    "created": _object(
        {name: _described[name] for name in _REQUIRED},
        {name: value for name, value in _described.items() if name not in _REQUIRED},
    ),
    "updated": _object({"changes": _object({}, _described)}, {}),
    "status_changed": _object({"newStatus": _status}, {"oldStatus": _status, "reason": _few}),
    "note_added": _object({"noteId": _few, "type": st.sampled_from(["note", "REMINDER"])}, {}),
    "reminder_triggered": _object({"reminderId": _few, "dueAt": _moment}, {}),
    "withdrawn": _object({}, {"reason": _few}),
    "interview_scheduled": _object(
        {"scheduledAt": _moment}, {"interviewId": st.sampled_from(["a", "e1", "e2"])}
    ),
    "offer_received": _object({}, {"offerId": _few, "amount": st.integers()}),
    "viewed_by_employer": _object({}, {"viewerId": _few}),
    "match_score_updated": _object({"score": _object({"overallScore": _percent}, {})}, {}),
}


@st.composite
def events(draw: st.DrawFn, subject: str = "app") -> dict[str, Any]:
    """One valid event; few ids and few times, so that they meet."""
    kind = draw(st.sampled_from(TYPES))
    event = {
        "specversion": "1.0",
        "id": draw(st.sampled_from(_IDS)),
        "source": "/test",
        "type": f"application.{kind}",
        "subject": subject,
        "time": draw(_moment),
        "userid": "user",
        "data": draw(DATA[kind]),
    }
    link = draw(st.sampled_from([None, None, None, "corrects", "retracts", "both"]))
    for name in ("corrects", "retracts"):
        if link in (name, "both"):
            event[name] = draw(st.sampled_from(_IDS))
    return event


HISTORIES = st.lists(events(), min_size=1, max_size=14, unique_by=lambda event: event["id"])

_ODD: list[Any] = [
    None, True, 0, -0.0, -1, 100.5, 1.0, 2.5, 10**30, 10**400, "", "x", "x" * 128, "x" * 129,
    "x" * 1_000, "é" * 1_000, "x" * 1_001, "a b", "NOTE", "nOtE", "ıNOTE", "LOW", "low", "\0",
    "\ud800", "\ufeff", "2026-03-02t09:00:00z", "2026-03-02 09:00:00Z", "2026-03-02T09:00:60Z",
    "2026-03-02T09:00:00", "2026-03-02T09:00:00.1234567+23:59", "2026-02-29T00:00:00Z",
    "1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00Z", "2000-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-23:59", "2026-03-02T24:00:00Z", "2026-03-02T09:00:00-00:00",
    "application.analytics_updated", "application.unknown", "created", [], {}, [[]], {"a": None},
    "1.0", "1.1", "٢٠٢٦-03-02T09:00:00Z", "referral", "hired", "HIRED", "x\n", "x\r\n",
]  # fmt: skip
_PATHS = [
    *((name,) for name in "specversion id source type subject time userid data".split()),
    *((name,) for name in "corrects retracts datacontenttype correlationid extension".split()),
    *(("data", name) for name in ("unknown", "round", "amount", "priority", "reminderDate")),
]


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """A line that was an event, with odd values, raw edits and edges of JSON."""
    event = draw(events())
    for _ in range(draw(st.integers(0, 2))):
        inner = (
            [("data", name) for name in event["data"]] if type(event.get("data")) is dict else []
        )
        path = draw(st.sampled_from([*_PATHS, *inner]))
        target = event
        if len(path) > 1 and type(event.get("data")) is dict:
            target = event["data"]
        if draw(st.booleans()):
            target[path[-1]] = draw(st.sampled_from(_ODD))
        else:
            target.pop(path[-1], None)
    line = json.dumps(event, ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")
    return draw(st.sampled_from(_EDITS))(line)


def _append(member: bytes) -> Any:
    return lambda line: line[:-1] + b"," + member + b"}"


_EDITS = [
    *[lambda line: line] * 8,
    lambda line: b"\xef\xbb\xbf" + line,
    lambda line: b" \t" + line + b" \r",
    lambda line: line + b"x",
    lambda line: line[:-1],
    lambda line: line.decode(errors="replace").encode("utf-16"),
    *map(
        _append,
        [
            b'"x":' + b"[" * 31 + b"]" * 31,
            b'"x":' + b"[" * 32 + b"]" * 32,
            b'"x":' + b"[" * 100_000,
            b'"x":1e308', b'"x":1e309', b'"x":-1e0400', b'"x":1e-999', b'"x":NaN',
            b'"x":' + b"9" * 308, b'"x":' + b"9" * 310, b'"x":' + b"9" * 5_000, b'"x":01',
            b'"x":"\\ud83d\\ude00"', b'"x":"\\ud83d"', b'"x":"\\uDE00\\uD83D"', b'"x":"\\u0000"',
            b'"\\u0000":1', b'"x":"\\\\u0000"', b'"x":"\\x"', b'"x":"\t"', b'"x":"\xff"',
            b'"x":"\xed\xa0\x80"', b'"id":"again"', b'"id":null', b'"userid":null,"userid":"u"',
            b'"data":{"matchScore":-0,"jobId":"j","jobTitle":"t","company":"c"}', b'"x":1,',
            b'"x":{"a":[{"b":"\\ud800"}]}', b'"x":[1e999]', b'"x":"' + b"x" * 260_000 + b'"',
        ],
    ),
]  # fmt: skip
