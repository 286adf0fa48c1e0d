"""A batch of decoded messages, judged against what their applications already hold.

Pure: the same messages and states give the same batch. What it returns is written in one
transaction (`storage/postgres/batch.py`).
"""

from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from models.analytics import Row, changed_fields, fold
from models.decoder import Event, Reason, Rejected
from models.events import FACTS_MAX, AnalyticsUpdated, Envelope, EventType
from models.facts import Fact, State, unpack
from models.instant import to_rfc3339
from models.rows import CAMEL, status_changes_column, view

ANALYTICS_SOURCE = "/jobfinders/analytics"


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message as it came. `offset` is its place in its partition; `recorded_at` in
    microseconds; `run` the sixteen bytes of the ingest's UUID."""

    offset: int
    run: bytes | None
    recorded_at: int
    payload: bytes


class Held(msgspec.Struct, gc=False):
    """What is held of an application between batches: its packed state and its last row."""

    packed: bytes
    row: Row
    revision: int
    status_changes: bytes
    """The column's JSON."""


def hold(state: State, row: Row, before: Held | None, revision: int | None = None) -> Held:
    """What to keep of `state` and its row, the revision after `before`'s unless given."""
    if revision is None:
        revision = 1 if before is None else before.revision + 1
    column = before.status_changes if before is not None else b"[]"
    known = before.row.status_changes if before is not None else []
    if row.status_changes != known:
        if known and row.status_changes[: len(known)] == known:
            further = status_changes_column(row.status_changes[len(known) :])
            column = column[:-1] + b"," + further[1:]
        else:
            column = status_changes_column(row.status_changes)
    return Held(state.pack(), row, revision, column)


class Change(msgspec.Struct, frozen=True, gc=False):
    """An analytics_updated on its way into the log; `payload` is the event."""

    application_id: str
    held: Held
    payload: bytes


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """A message that cannot be a fact."""

    message: Message
    stage: str
    reason: Reason
    detail: str


Pair = tuple[Message, Event | Rejected]
"""A message and what the decoder said of it."""


class Counts(msgspec.Struct, gc=False):
    """What became of messages; each is counted once."""

    accepted: int = 0
    duplicates: int = 0
    dead_lettered: int = 0


class Batch(msgspec.Struct, gc=False):
    """The effect of some messages of one partition."""

    now: int
    counts: Counts = msgspec.field(default_factory=Counts)
    runs: dict[bytes, Counts] = msgspec.field(default_factory=dict)
    changed: dict[str, Held] = msgspec.field(default_factory=dict)
    facts: list[tuple[Message, Event]] = msgspec.field(default_factory=list)
    """The accepted, in order of arrival; in the log they come before the changes."""
    changes: list[Change] = msgspec.field(default_factory=list)
    dead: list[DeadLetter] = msgspec.field(default_factory=list)
    judged: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """(application_id, event id) of messages of no ingest: the API's writes are among them."""
    entities: set[str] = msgspec.field(default_factory=set)
    """Applications whose entity columns came out differently."""
    listed: set[str] = msgspec.field(default_factory=set)
    """Applications that were unknown or orphans and are no longer: they need an entity row."""
    clock: int = 0
    """Greatest min(time, recorded_at) of the accepted, microseconds; 0 without one."""


class _Work(msgspec.Struct, gc=False):
    state: State
    known: dict[str, Fact]
    before: Held | None
    added: list[tuple[Message, Event]] = msgspec.field(default_factory=list)


Fold = Callable[[State], Row]


def judge(
    decoded: list[Pair], held: Mapping[str, Held], now: int, fold_state: Fold = fold
) -> Batch:
    """Accept, recognise as duplicate or dead-letter each message; fold what was accepted.

    `held` has every application named by the messages that is known at all; it is left
    untouched. `now` in microseconds dates the analytics_updated events.
    """
    batch = Batch(now)
    works: dict[str, _Work] = {}
    accepted: list[tuple[Message, Event]] = []
    for pair in decoded:
        message, verdict = pair
        if isinstance(verdict, Event):
            application_id, fact = verdict.application_id, verdict.fact
            if message.run is None:
                batch.judged.append((application_id, fact.id))
            work = works.get(application_id)
            if work is None:
                work = works[application_id] = _begin(verdict, held.get(application_id))
            refused = _refuse(verdict, work)
            if refused is None:
                work.state.facts.append(fact)
                work.known[fact.id] = fact
                event_pair = cast(tuple[Message, Event], pair)
                work.added.append(event_pair)
                accepted.append(event_pair)
            elif isinstance(refused, Rejected):
                _dead_letter(batch, message, "accept", refused)
            else:
                batch.counts.duplicates += 1
                if message.run is not None:
                    _run(batch, message.run).duplicates += 1
        else:
            _dead_letter(batch, message, "decode", verdict)
    unfit = _fold_all(batch, works, fold_state)
    _accept(batch, accepted, unfit)
    _tell_changes(batch, works)
    return batch


class _Duplicate(msgspec.Struct, frozen=True):
    pass


_DUPLICATE = _Duplicate()


def _begin(event: Event, held: Held | None) -> _Work:
    if held is None:
        return _Work(State(event.user_id, []), {}, None)
    state = unpack(held.packed)
    return _Work(state, {fact.id: fact for fact in state.facts}, held)


def _refuse(event: Event, work: _Work) -> Rejected | _Duplicate | None:
    fact = event.fact
    known = work.known.get(fact.id)
    if known is not None:
        if known.kind == fact.kind and known.time == fact.time:
            return _DUPLICATE
        return Rejected(Reason.ID_CONFLICT, "this id has another type or time already")
    state = work.state
    if not state.facts:
        # Nobody owns an application whose first events were all refused.
        state.user_id = event.user_id
    elif event.user_id != state.user_id:
        return Rejected(Reason.OWNER_MISMATCH, "the application belongs to another user")
    if len(state.facts) >= FACTS_MAX:
        return Rejected(Reason.APPLICATION_TOO_LARGE, f"holds {FACTS_MAX} facts already")
    return None


def _run(batch: Batch, run: bytes) -> Counts:
    counts = batch.runs.get(run)
    if counts is None:
        counts = batch.runs[run] = Counts()
    return counts


def _dead_letter(batch: Batch, message: Message, stage: str, rejected: Rejected) -> None:
    batch.dead.append(DeadLetter(message, stage, rejected.reason, rejected.detail))
    batch.counts.dead_lettered += 1
    if message.run is not None:
        _run(batch, message.run).dead_lettered += 1


def _fold_all(batch: Batch, works: dict[str, _Work], fold_state: Fold) -> set[tuple[str, str]]:
    """Fold each touched application; returns (application, event id) of what it choked on."""
    unfit: set[tuple[str, str]] = set()
    for application_id, work in works.items():
        if not work.added:
            continue
        work.state.facts.sort()
        try:
            row = fold_state(work.state)
        except Exception as error:
            kept = _without_unfit(batch, work, fold_state, error)
            unfit.update(
                (application_id, e.fact.id) for _, e in work.added if e.fact.id not in kept
            )
            work.added = [pair for pair in work.added if pair[1].fact.id in kept]
            if not work.added:
                continue
            row = fold_state(work.state)
        batch.changed[application_id] = hold(work.state, row, work.before)
    return unfit


def _without_unfit(batch: Batch, work: _Work, fold_state: Fold, error: Exception) -> set[str]:
    """Add the events one by one; those on which the fold raises become dead letters.

    Returns the ids of the others."""
    added = {event.fact.id for _, event in work.added}
    facts = [fact for fact in work.state.facts if fact.id not in added]
    kept: set[str] = set()
    for message, event in work.added:
        candidate = State(work.state.user_id, sorted([*facts, event.fact]))
        try:
            fold_state(candidate)
        except Exception as cause:
            detail = f"{type(cause).__name__}: {cause}"
            _dead_letter(batch, message, "fold", Rejected(Reason.FOLD, detail))
        else:
            facts = candidate.facts
            kept.add(event.fact.id)
    if kept == added:
        raise error
    work.state.facts = facts
    return kept


def _accept(
    batch: Batch, accepted: list[tuple[Message, Event]], unfit: set[tuple[str, str]]
) -> None:
    for pair in accepted:
        message, event = pair
        if unfit and (event.application_id, event.fact.id) in unfit:
            continue
        if message.run is not None:
            _run(batch, message.run).accepted += 1
        batch.clock = max(batch.clock, min(event.fact.time, message.recorded_at))
        batch.facts.append(pair)
    batch.counts.accepted = len(batch.facts)


_ENTITY_FIELDS = frozenset(
    "job_id job_title company location source applied_at status status_at match_score".split()
)
_EXTRA_FIELDS = ("resume_id", "referral_code", "withdraw_reason")


def _tell_changes(batch: Batch, works: dict[str, _Work]) -> None:
    """One analytics_updated per changed row."""
    time = to_rfc3339(batch.now)
    for application_id, held in batch.changed.items():
        work = works[application_id]
        row = held.row
        before = None if work.before is None else work.before.row
        updated = changed_fields(before, row)
        if _entity_changed(before, row, updated):
            batch.entities.add(application_id)
        if not row.orphan and (before is None or before.orphan):
            batch.listed.add(application_id)
        types = list(dict.fromkeys([event.type for _, event in work.added]))
        payload = analytics_updated(application_id, held, time, types, updated)
        batch.changes.append(Change(application_id, held, payload))


def _entity_changed(before: Row | None, row: Row, updated: list[str]) -> bool:
    if before is None:
        return True
    return (
        before.orphan != row.orphan
        or not _ENTITY_FIELDS.isdisjoint(updated)
        or any(getattr(before, name) != getattr(row, name) for name in _EXTRA_FIELDS)
    )


def analytics_updated(
    application_id: str, held: Held, time: str, types: list[str], updated: list[str]
) -> bytes:
    """The event that tells of a changed row; `types` is empty after a mere refold."""
    return Envelope(
        id=f"{application_id}:{held.revision}",
        source=ANALYTICS_SOURCE,
        type=EventType.ANALYTICS_UPDATED,
        subject=application_id,
        time=time,
        userid=held.row.user_id,
        data=AnalyticsUpdated(
            view(application_id, held.row, held.revision, held.status_changes),
            types,
            [CAMEL[name] for name in updated],
        ),
    ).encode()
