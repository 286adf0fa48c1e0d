"""What passes from the fold to the transaction: a batch, and what is held between batches."""

import msgspec

from models.analytics import Row
from models.decoder import Event, Reason, Rejected
from models.facts import State
from models.rows import status_changes_column


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
    success_probability: bytes = b""
    """The column's JSON; nothing where nothing is predicted."""


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


Pair = tuple[Message, Event | Rejected]
"""A message and what the decoder said of it."""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """A fact on its way into the log. `orphan`: the application had no `created` by then."""

    message: Message
    event: Event
    orphan: bool


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


class Counts(msgspec.Struct, gc=False):
    """What became of messages; each is counted once."""

    accepted: int = 0
    duplicates: int = 0
    dead_lettered: int = 0


class Batch(msgspec.Struct, gc=False):
    """The effect of some messages of one partition, but for the accepted facts themselves."""

    now: int
    """When it was folded, microseconds."""
    counts: Counts
    runs: dict[bytes, Counts]
    changed: dict[str, Held]
    changes: list[Change]
    dead: list[DeadLetter]
    judged: list[tuple[str, str]]
    """(application_id, event id) of messages of no ingest: the API's writes are among them."""
    entities: set[str]
    """Applications whose entity columns came out differently."""
    listed: set[str]
    """Applications that were unknown or orphans and are no longer: they need an entity row."""
    clock: int
    """The log clock: greatest min(time, recorded_at) of the accepted, microseconds."""
    rescored: dict[str, int] = {}
    """Applications that were predicted anew, and the number of the question."""
