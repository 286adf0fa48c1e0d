"""An application's events as a story: which stand, which were put right, which still wait."""

import msgspec

from models.events import INPUT_TYPES, EventType
from models.facts import Fact, Kind, effective


class Entry(msgspec.Struct, frozen=True):
    """One event of the story."""

    fact: Fact
    effective: bool
    replaced_by: str | None
    """The event that corrects or retracts this one."""
    pending: bool
    """Written here and not folded yet."""


class Told(msgspec.Struct, frozen=True):
    """What an event says: the fields that its type knows, by their JSON names."""

    type: EventType
    source: str
    data: dict[str, object]


class _Envelope(msgspec.Struct):
    type: EventType
    source: str
    data: msgspec.Raw
    retracts: str | None = None


def timeline(folded: list[Fact], waiting: list[Fact]) -> list[Entry]:
    """All events in the order of the fold, as it will be once all that waits is folded."""
    known = {fact.id for fact in folded}
    pending = {fact.id for fact in waiting} - known
    facts = sorted([*folded, *(fact for fact in waiting if fact.id in pending)])
    standing = {fact.id for fact in effective(facts)}
    replaced_by = {
        target: fact.id
        for fact in sorted(facts, key=lambda fact: fact.id)
        for target in (fact.corrects, fact.retracts)
        if target is not None
    }
    return [
        Entry(fact, fact.id in standing, replaced_by.get(fact.id), fact.id in pending)
        for fact in facts
    ]


def standing(entries: list[Entry], kind: Kind) -> list[Entry]:
    """The effective events of a kind."""
    return [entry for entry in entries if entry.effective and entry.fact.kind == kind]


def latest_of_each(entries: list[Entry]) -> list[Entry]:
    """One entry for each interview or offer: the last that was said of it."""
    return list({entry.fact.value: entry for entry in entries}.values())


def tell(payload: bytes) -> Told:
    """Read an accepted event; a retraction says nothing but what it retracts."""
    envelope = _decode(payload)
    if envelope.retracts is not None:
        return Told(envelope.type, envelope.source, {})
    data = msgspec.json.decode(envelope.data, type=INPUT_TYPES[envelope.type])
    return Told(envelope.type, envelope.source, msgspec.to_builtins(data))


_decode = msgspec.json.Decoder(_Envelope).decode
