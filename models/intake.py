"""A batch of decoded messages, judged against what their applications already hold.

Pure: the same messages and states give the same batch. What it returns is written in one
transaction (`storage/postgres/batch.py`).
"""

from collections.abc import Callable, Mapping

import msgspec

from models.analytics import Row, changed_fields, fold
from models.decoder import Event, Reason, Rejected
from models.events import FACTS_MAX, AnalyticsUpdated, Envelope, EventType
from models.facts import Fact, State, unpack
from models.instant import to_rfc3339
from models.rows import CAMEL, view

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


class LogEntry(msgspec.Struct, frozen=True, gc=False):
    """A line of event_log but for its place; times in microseconds."""

    id: str
    application_id: str
    user_id: str
    type: str
    time: int
    recorded_at: int
    orphan: bool
    payload: bytes


class DeadLetter(msgspec.Struct, frozen=True, gc=False):
    """A message that cannot be a fact."""

    message: Message
    stage: str
    reason: Reason
    detail: str


class Counts(msgspec.Struct, gc=False):
    """What became of messages; each is counted once."""

    accepted: int = 0
    duplicates: int = 0
    dead_lettered: int = 0


class Batch(msgspec.Struct, gc=False):
    """The effect of some messages of one partition."""

    messages: list[Message]
    counts: Counts = msgspec.field(default_factory=Counts)
    runs: dict[bytes, Counts] = msgspec.field(default_factory=dict)
    changed: dict[str, Held] = msgspec.field(default_factory=dict)
    log: list[LogEntry] = msgspec.field(default_factory=list)
    dead: list[DeadLetter] = msgspec.field(default_factory=list)
    judged: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """(application_id, event id) of every message that could be read."""
    entities: set[str] = msgspec.field(default_factory=set)
    """Applications whose entity columns came out differently."""
    listed: set[str] = msgspec.field(default_factory=set)
    """Applications that were unknown or orphans and are no longer: they need an entity row."""
    clock: int = 0
    """Greatest min(time, recorded_at) of the accepted, microseconds; 0 without one."""


class _Work(msgspec.Struct, gc=False):
    state: State
    types_by_id: dict[str, Fact]
    before: Held | None
    added: list[tuple[Event, Message]] = msgspec.field(default_factory=list)


Fold = Callable[[State], Row]


def judge(
    decoded: list[tuple[Message, Event | Rejected]],
    held: Mapping[str, Held],
    now: int,
    fold_state: Fold = fold,
) -> Batch:
    """Accept, recognise as duplicate or dead-letter each message; fold what was accepted.

    `held` has every application named by the messages that is known at all; it is left
    untouched. `now` in microseconds dates the analytics_updated events.
    """
    batch = Batch([message for message, _ in decoded])
    works: dict[str, _Work] = {}
    accepted: list[tuple[Event, Message]] = []
    for message, verdict in decoded:
        if isinstance(verdict, Event):
            batch.judged.append((verdict.application_id, verdict.fact.id))
            work = works.get(verdict.application_id)
            if work is None:
                work = works[verdict.application_id] = _begin(
                    verdict, held.get(verdict.application_id)
                )
            refused = _refuse(verdict, work)
            if refused is None:
                work.state.facts.append(verdict.fact)
                work.types_by_id[verdict.fact.id] = verdict.fact
                work.added.append((verdict, message))
                accepted.append((verdict, message))
                continue
            if isinstance(refused, _Duplicate):
                batch.counts.duplicates += 1
                if message.run is not None:
                    _run(batch, message.run).duplicates += 1
                continue
            verdict = refused
        _dead_letter(batch, message, "decode", verdict)
    unfit = _fold_all(batch, works, fold_state)
    _log_facts(batch, accepted, unfit)
    _log_changes(batch, works, now)
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
    known = work.types_by_id.get(fact.id)
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


def _fold_all(batch: Batch, works: dict[str, _Work], fold_state: Fold) -> set[str]:
    """Fold each touched application; returns "application\nid" of each event it choked on."""
    unfit: set[str] = set()
    for application_id, work in works.items():
        if not work.added:
            continue
        work.state.facts.sort()
        try:
            row = fold_state(work.state)
        except Exception as error:
            kept = _without_unfit(batch, work, fold_state, error)
            unfit.update(f"{application_id}\n{e.fact.id}" for e, _ in work.added if e not in kept)
            work.added = [pair for pair in work.added if pair[0] in kept]
            if not work.added:
                continue
            row = fold_state(work.state)
        before = work.before
        revision = 1 if before is None else before.revision + 1
        batch.changed[application_id] = Held(work.state.pack(), row, revision)
    return unfit


def _without_unfit(batch: Batch, work: _Work, fold_state: Fold, error: Exception) -> list[Event]:
    """Add the events one by one; those on which the fold raises become dead letters."""
    added = {event.fact.id for event, _ in work.added}
    facts = [fact for fact in work.state.facts if fact.id not in added]
    kept: list[Event] = []
    for event, message in work.added:
        candidate = State(work.state.user_id, sorted([*facts, event.fact]))
        try:
            fold_state(candidate)
        except Exception as cause:
            detail = f"{type(cause).__name__}: {cause}"
            _dead_letter(batch, message, "fold", Rejected(Reason.FOLD, detail))
        else:
            facts = candidate.facts
            kept.append(event)
    if len(kept) == len(work.added):
        raise error
    work.state.facts = facts
    return kept


def _log_facts(batch: Batch, accepted: list[tuple[Event, Message]], unfit: set[str]) -> None:
    for event, message in accepted:
        fact = event.fact
        if unfit and f"{event.application_id}\n{fact.id}" in unfit:
            continue
        batch.counts.accepted += 1
        if message.run is not None:
            _run(batch, message.run).accepted += 1
        batch.clock = max(batch.clock, min(fact.time, message.recorded_at))
        batch.log.append(
            LogEntry(
                fact.id,
                event.application_id,
                event.user_id,
                event.type,
                fact.time,
                message.recorded_at,
                batch.changed[event.application_id].row.orphan,
                event.line,
            )
        )


_ENTITY_FIELDS = frozenset(
    "job_id job_title company location source applied_at status status_at match_score".split()
)
_EXTRA_FIELDS = ("resume_id", "referral_code", "withdraw_reason")


def _log_changes(batch: Batch, works: dict[str, _Work], now: int) -> None:
    """One analytics_updated per changed row, behind the facts that caused it."""
    time = to_rfc3339(now)
    for application_id, held in batch.changed.items():
        work = works[application_id]
        row = held.row
        before = None if work.before is None else work.before.row
        updated = changed_fields(before, row)
        if _entity_changed(before, row, updated):
            batch.entities.add(application_id)
        if not row.orphan and (before is None or before.orphan):
            batch.listed.add(application_id)
        types = list(dict.fromkeys(event.type for event, _ in work.added))
        event_id = f"{application_id}:{held.revision}"
        batch.log.append(
            LogEntry(
                event_id,
                application_id,
                row.user_id,
                EventType.ANALYTICS_UPDATED,
                now,
                now,
                row.orphan,
                analytics_updated(application_id, held, time, types, updated),
            )
        )


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
            view(application_id, held.row, held.revision),
            types,
            [CAMEL[name] for name in updated],
        ),
    ).encode()
