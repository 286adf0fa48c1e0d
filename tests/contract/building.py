"""Small events, and what the product makes of them."""

import json
from typing import Any

from models.analytics import Row, fold
from models.batch import Held, Message
from models.decoder import Event, Rejected, decode
from models.facts import Fact
from models.instant import parse
from models.intake import Intake

NOW = parse("2026-06-01T00:00:00Z")
SUBJECT = "app"

LEAST: dict[str, dict[str, Any]] = {
    "created": {"jobId": "j", "jobTitle": "t", "company": "c"},
    "updated": {"changes": {}},
    "status_changed": {"newStatus": "viewed"},
    "note_added": {"noteId": "n", "type": "NOTE"},
    "reminder_triggered": {"reminderId": "r", "dueAt": "2026-03-09T08:00:00Z"},
    "withdrawn": {},
    "interview_scheduled": {"scheduledAt": "2026-03-09T08:00:00Z"},
    "offer_received": {},
    "viewed_by_employer": {},
    "match_score_updated": {"score": {"overallScore": 50}},
}
"""Each type's required fields."""

Json = dict[str, Any]


def event(kind: str, id_: str = "e", day: float = 1, **fields: Any) -> Json:
    """An event of March 2026; a fraction of a `day` counts hours. `data` adds to the least."""
    hours = round((day % 1) * 24)
    base: Json = {
        "specversion": "1.0",
        "id": id_,
        "source": "/test",
        "type": f"application.{kind}",
        "subject": SUBJECT,
        "time": f"2026-03-{int(day):02}T{hours:02}:00:00Z",
        "userid": "user",
        "data": {**LEAST.get(kind, {}), **fields.pop("data", {})},
    }
    return base | fields


def status(to: str, id_: str, day: float = 1, old: str | None = None, **fields: Any) -> Json:
    """A status_changed."""
    data = {"newStatus": to} | ({} if old is None else {"oldStatus": old})
    return event("status_changed", id_, day, **fields) | {"data": data}


def without(event: Json, name: str) -> Json:
    """The event with an attribute less."""
    return {other: value for other, value in event.items() if other != name}


def line(event: Json) -> bytes:
    """As it stands in NDJSON."""
    return json.dumps(event, ensure_ascii=False).encode()


def reason(event: Json | bytes) -> str | None:
    """Why a message by itself is refused; None where it is not."""
    verdict = decode(event if isinstance(event, bytes) else line(event), NOW)
    return verdict.reason.value if isinstance(verdict, Rejected) else None


def fact(event: Json) -> Fact:
    """What is kept of a valid event."""
    verdict = decode(line(event), NOW)
    assert isinstance(verdict, Event), verdict
    return verdict.fact


class Story:
    """Events judged one after the other against what went before, as by the flow."""

    def __init__(self, *events: Json) -> None:
        self.held: Held | None = None
        self.verdicts = [self.tell(event) for event in events]

    def tell(self, event: Json | bytes) -> str:
        """accepted, duplicate, or the reason of a dead letter."""
        raw = event if isinstance(event, bytes) else line(event)
        intake = Intake(fold, {})
        held = {} if self.held is None else {SUBJECT: self.held}
        intake.add([(Message(0, None, NOW, raw), decode(raw, NOW))], held)
        batch = intake.finish(NOW)
        self.held = batch.changed.get(SUBJECT, self.held)
        if batch.dead:
            return batch.dead[0].reason.value
        return "accepted" if batch.counts.accepted else "duplicate"

    @property
    def row(self) -> Row:
        """As it is now."""
        assert self.held is not None
        return self.held.row


def row(*events: Json) -> Row:
    """What a set of events adds up to; all of them must be accepted."""
    story = Story(*events)
    assert set(story.verdicts) == {"accepted"}, story.verdicts
    return story.row
