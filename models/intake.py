"""Messages judged against what their applications already hold, and folded.

Pure: the same messages and states give the same batch. What comes out is written in one
transaction (`storage/postgres/batch.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec
from msgspec import UNSET

from models.analytics import Row, changed_fields, fold
from models.batch import Accepted, Batch, Change, Counts, DeadLetter, Held, Message, Pair, hold
from models.decoder import Event, Reason, Rejected
from models.errors import FoldFailed
from models.events import FACTS_MAX, AnalyticsUpdated, Envelope, EventType
from models.facts import Fact, Kind, State, effective, unpack
from models.instant import to_rfc3339
from models.probability import SuccessProbability
from models.rows import CAMEL, view

ANALYTICS_SOURCE = "/jobfinders/analytics"

Fold = Callable[[State], Row]
Predict = Callable[[list[Row], int], list[bytes]]
"""Rows and the log clock (microseconds) → the JSON of each probability, empty for none."""
EventKey = tuple[str, str]
"""Application and event id."""

_CREATED = int(Kind.CREATED)


class _Work(msgspec.Struct, gc=False):
    state: State
    known: dict[str, Fact]
    before: Held | None
    orphan: bool
    added: list[Event] = msgspec.field(default_factory=list)


class _Duplicate(msgspec.Struct, frozen=True):
    pass


_DUPLICATE = _Duplicate()


class Intake:
    """Gathers the messages of one batch, piece by piece, then folds what they touched.

    `unfit` names events on which the fold raised, with what it said: they become dead letters.
    `clock` is the log clock before it, microseconds. Messages at the places in `again` were
    judged before: they count no more, and are dead letters no second time.
    """

    def __init__(
        self,
        fold_state: Fold = fold,
        unfit: Mapping[EventKey, str] | None = None,
        predict: Predict | None = None,
        clock: int = 0,
        again: Sequence[range] = (),
    ) -> None:
        self.works: dict[str, _Work] = {}
        self._fold = fold_state
        self._unfit = unfit or {}
        self._predict = predict
        self._counts = Counts()
        self._runs: dict[bytes, Counts] = {}
        self._dead: list[DeadLetter] = []
        self._judged: list[EventKey] = []
        self._clock = clock
        self._again = again

    def add(self, decoded: list[Pair], held: Mapping[str, Held]) -> list[Accepted]:
        """Accept, recognise as duplicate or dead-letter each message; returns the accepted.

        `held` has every application that is known at all and not in `works`.
        """
        accepted: list[Accepted] = []
        again = self._again
        for message, verdict in decoded:
            is_new = not again or all(message.offset not in places for places in again)
            if not isinstance(verdict, Event):
                if is_new:
                    self._dead_letter(message, "decode", verdict)
                continue
            application_id, fact = verdict.application_id, verdict.fact
            if message.run is None:
                self._judged.append((application_id, fact.id))
            work = self.works.get(application_id)
            if work is None:
                work = _begin(verdict, held.get(application_id))
                self.works[application_id] = work
            refused = self._refuse(verdict, work)
            if refused is None:
                work.state.facts.append(fact)
                work.known[fact.id] = fact
                work.added.append(verdict)
                if work.orphan and fact.kind == _CREATED:
                    # One that was retracted before it came makes nothing known.
                    standing = effective(work.state.facts)
                    work.orphan = all(one.kind != _CREATED for one in standing)
                accepted.append(Accepted(message, verdict, work.orphan))
                if is_new and message.run is not None:
                    self._run(message.run).accepted += 1
                lived = fact.time if fact.time < message.recorded_at else message.recorded_at
                self._clock = max(self._clock, lived)
            elif is_new and isinstance(refused, Rejected):
                stage = "fold" if refused.reason is Reason.FOLD else "accept"
                self._dead_letter(message, stage, refused)
            elif is_new:
                self._counts.duplicates += 1
                if message.run is not None:
                    self._run(message.run).duplicates += 1
        self._counts.accepted += len(accepted)
        return accepted

    def finish(self, now: int) -> Batch:
        """Fold every application that accepted something; `now` (microseconds) dates the
        analytics_updated events. Raises FoldFailed, naming the events on which the fold raises.
        """
        batch = Batch(
            now=now,
            counts=self._counts,
            runs=self._runs,
            changed=self._fold_all(),
            changes=[],
            dead=self._dead,
            judged=self._judged,
            entities=set(),
            listed=set(),
            clock=self._clock,
        )
        if self._predict is not None:
            predict_all(batch.changed, self._predict, self._clock)
        self._tell_changes(batch)
        return batch

    def _refuse(self, event: Event, work: _Work) -> Rejected | _Duplicate | None:
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
        if self._unfit and (event.application_id, fact.id) in self._unfit:
            return Rejected(Reason.FOLD, self._unfit[event.application_id, fact.id])
        return None

    def _run(self, run: bytes) -> Counts:
        counts = self._runs.get(run)
        if counts is None:
            counts = self._runs[run] = Counts()
        return counts

    def _dead_letter(self, message: Message, stage: str, rejected: Rejected) -> None:
        self._dead.append(DeadLetter(message, stage, rejected.reason, rejected.detail))
        self._counts.dead_lettered += 1
        if message.run is not None:
            self._run(message.run).dead_lettered += 1

    def _fold_all(self) -> dict[str, Held]:
        changed: dict[str, Held] = {}
        unfit: dict[EventKey, str] = {}
        for application_id, work in self.works.items():
            if not work.added:
                continue
            work.state.facts.sort()
            try:
                row = self._fold(work.state)
            except Exception as error:
                unfit.update(self._find_unfit(application_id, work, error))
            else:
                changed[application_id] = hold(work.state, row, work.before)
        if unfit:
            raise FoldFailed(unfit)
        return changed

    def _find_unfit(
        self, application_id: str, work: _Work, error: Exception
    ) -> dict[EventKey, str]:
        """Add the new facts one by one; the ones on which the fold raises are unfit."""
        added = [event.fact for event in work.added]
        new_ids = {fact.id for fact in added}
        facts = [fact for fact in work.state.facts if fact.id not in new_ids]
        unfit: dict[EventKey, str] = {}
        for fact in added:
            candidate = sorted([*facts, fact])
            try:
                self._fold(State(work.state.user_id, candidate))
            except Exception as cause:
                unfit[application_id, fact.id] = f"{type(cause).__name__}: {cause}"
            else:
                facts = candidate
        if not unfit:
            raise error
        return unfit

    def _tell_changes(self, batch: Batch) -> None:
        """One analytics_updated per changed row."""
        time = to_rfc3339(batch.now)
        for application_id, held in batch.changed.items():
            work = self.works[application_id]
            row = held.row
            before = None if work.before is None else work.before.row
            updated = changed_fields(before, row)
            if _entity_changed(before, row, updated):
                batch.entities.add(application_id)
            if not row.orphan and (before is None or before.orphan):
                batch.listed.add(application_id)
            types = list(dict.fromkeys([event.type for event in work.added]))
            payload = analytics_updated(application_id, held, time, types, updated)
            batch.changes.append(Change(application_id, held, payload))


def predict_all(changed: Mapping[str, Held], predict: Predict, clock: int) -> None:
    """Give each its probability at the log clock (microseconds)."""
    found = predict([held.row for held in changed.values()], clock)
    for held, probability in zip(changed.values(), found, strict=True):
        held.success_probability = probability


def _begin(event: Event, held: Held | None) -> _Work:
    if held is None:
        return _Work(State(event.user_id, []), {}, None, True)
    state = unpack(held.packed)
    return _Work(state, {fact.id: fact for fact in state.facts}, held, held.row.orphan)


_ENTITY_FIELDS = frozenset(
    "job_id job_title company location source applied_at status status_at match_score".split()
)
_EXTRA_FIELDS = ("resume_id", "referral_code", "withdraw_reason")


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
    """The event that tells of a changed row; `types` is empty where no event was folded.

    `updated` are names of columns, or of what stands beside them, as it is."""
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
            [CAMEL.get(name, name) for name in updated],
            cast(SuccessProbability, msgspec.Raw(held.success_probability))
            if held.success_probability
            else UNSET,
        ),
    ).encode()
