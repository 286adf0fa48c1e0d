"""An application's facts: what it remembers of each accepted event, packed small.

The set of facts is the only state of the analytics flow; a row is computed from it anew
(`models/analytics.py`), so arrival order cannot matter.
"""

from enum import IntEnum

import msgspec


class Kind(IntEnum):
    """Event types as stored in a fact. Numbers are on disk: append, never renumber."""

    CREATED = 0
    UPDATED = 1
    STATUS_CHANGED = 2
    NOTE_ADDED = 3
    REMINDER_TRIGGERED = 4
    WITHDRAWN = 5
    INTERVIEW_SCHEDULED = 6
    OFFER_RECEIVED = 7
    VIEWED_BY_EMPLOYER = 8
    MATCH_SCORE_UPDATED = 9


class Fact(msgspec.Struct, array_like=True, gc=False, order=True, frozen=True):
    """One accepted event.

    `time` is in microseconds since 1970; `rank` is the position of the status it leads to
    (9 for none). The first three fields are the order of the fold.
    """

    time: int
    rank: int
    id: str
    kind: int
    corrects: str | None = None
    retracts: str | None = None
    value: str | None = None
    """noteId, interviewId or offerId; the reason of a withdrawal."""
    old: int | None = None
    """Rank of the status that a status_changed claims to leave."""
    score: float | None = None
    profile: dict[str, str | float] | None = None
    """Fields of a created, or changes of an updated, by snake_case name."""


class State(msgspec.Struct, array_like=True, gc=False):
    """All that is kept of one application: its owner and its facts in fold order."""

    user_id: str
    facts: list[Fact]

    def pack(self) -> bytes:
        """MessagePack; `unpack` gives an equal state."""
        return _encoder.encode(self)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)


def unpack(packed: bytes) -> State:
    """The state that `State.pack` wrote; raises msgspec.MsgspecError on anything else."""
    return _decoder.decode(packed)


def effective(facts: list[Fact]) -> list[Fact]:
    """The facts that stand, in fold order (contract: From facts to a row).

    Out go: what any fact corrects or retracts, whether that fact itself stands or not;
    retractions; and of several corrections of one event all but the one with the greatest id.
    """
    for fact in facts:
        if fact.corrects or fact.retracts:
            break
    else:
        return facts
    replaced: set[str] = set()
    greatest: dict[str, str] = {}
    for fact in facts:
        if fact.retracts:
            replaced.add(fact.retracts)
        if fact.corrects:
            replaced.add(fact.corrects)
            if fact.id > greatest.get(fact.corrects, ""):
                greatest[fact.corrects] = fact.id
    return [
        fact
        for fact in facts
        if fact.id not in replaced
        and not fact.retracts
        and (not fact.corrects or greatest[fact.corrects] == fact.id)
    ]
