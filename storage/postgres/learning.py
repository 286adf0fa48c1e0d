"""What the learning flow reads and keeps beside the model itself: standings, outcomes, and
the log of single applications."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from msgspec.structs import astuple

from models.decoder import Event, decode
from models.errors import SchemaTooNew
from models.events import EventType
from models.moments import Known
from models.outcomes import Outcome, Reason, Standing, Void
from models.served import Prediction, prediction
from models.stays import EDGES, STAGES, Stay, Wait
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("learning")
_NO_STAY = (None,) * len(Stay.__struct_fields__)


class Story:
    """What the log said of an application up to the place of an outcome."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.known: list[Known] = []
        self.served: list[Prediction] = []


def standings(connection: Connection, application_ids: Iterable[str]) -> dict[str, Standing]:
    """Those of the applications that have one."""
    rows = connection.execute(SQL.standings, (list(application_ids),)).fetchall()
    return {row[0]: _standing(row) for row in rows}


def silent(connection: Connection, partition: int, since: int, limit: int) -> list[Standing]:
    """Open applications of silence since `since` (microseconds) or longer, longest first."""
    return [_standing(row) for row in connection.execute(SQL.silent, (partition, since, limit))]


def aged(connection: Connection, partition: int, clock: int, limit: int) -> list[Standing]:
    """Applications whose silence has come of another age by the clock (microseconds)."""
    return [_standing(row) for row in connection.execute(SQL.aged, (partition, clock, limit))]


def open_behind(connection: Connection, application_id: str, limit: int) -> list[Standing]:
    """Applications that are not closed, in the order of their ids, behind one."""
    return [_standing(row) for row in connection.execute(SQL.open_behind, (application_id, limit))]


def keep_standings(connection: Connection, changed: Iterable[Standing]) -> None:
    """Write them."""
    rows = [
        (
            one.application_id,
            one.partition,
            one.offset,
            one.silent_since,
            one.status,
            one.reason,
            one.position,
            one.next_age,
            True in one.taught,
            False in one.taught,
            *(_NO_STAY if one.stay is None else astuple(one.stay)),
        )
        for one in sorted(changed, key=lambda one: one.application_id)
    ]
    if rows:
        connection.execute(SQL.keep_standings, [list(column) for column in zip(*rows, strict=True)])


def waits(connection: Connection, clocks: Mapping[int, int]) -> list[Wait]:
    """How the applications of each partition wait at its clock (microseconds)."""
    rows = connection.execute(SQL.waits, (list(clocks), list(clocks.values()), EDGES, STAGES))
    return [Wait(*row) for row in rows]


def keep_outcomes(connection: Connection, decided: Sequence[Outcome], voids: list[Void]) -> None:
    """Append the decisions and mark what they made void."""
    rows = [
        (
            one.position,
            one.application_id,
            one.label,
            one.reason,
            one.decided_at,
            one.partition,
            one.offset,
            one.replaces,
            one.replaced,
        )
        for one in decided
    ]
    if rows:
        connection.execute(SQL.keep_outcomes, [list(column) for column in zip(*rows, strict=True)])
    if voids:
        connection.execute(SQL.make_void, ([void.position for void in voids],))


def outcomes_at(connection: Connection, positions: Iterable[int]) -> dict[int, Outcome]:
    """The outcomes at these positions."""
    rows = connection.execute(SQL.outcomes_at, (list(positions),)).fetchall()
    return {row[0]: _outcome(row) for row in rows}


def outcomes_behind(connection: Connection, position: int, limit: int) -> list[Outcome]:
    """The outcomes behind a position, in their order."""
    return [_outcome(row) for row in connection.execute(SQL.outcomes_behind, (position, limit))]


def forget(connection: Connection) -> None:
    """All that was learned from outcomes, and the versions' weights with the pin; the outcomes
    and the versions' counts stay."""
    for statement in (
        SQL.forget_cells,
        SQL.forget_stays,
        SQL.forget_taught,
        SQL.unpin,
        SQL.forget_weights,
    ):
        connection.execute(statement)


def stories(connection: Connection, decided: Sequence[Outcome]) -> list[Story]:
    """What was known when each was decided, by the log of its partition up to its place."""
    found = [Story("") for _ in decided]
    places = [(n, one.application_id, one.partition, one.offset) for n, one in enumerate(decided)]
    if not places:
        return found
    columns = [list(column) for column in zip(*places, strict=True)]
    rows = connection.execute(SQL.stories, columns)
    for number, lines in groupby(rows, key=lambda row: row[0]):
        story = found[number]
        for _, user_id, recorded_us, type_, payload in lines:
            story.user_id = user_id
            if type_ == EventType.ANALYTICS_UPDATED:
                served = prediction(payload)
                if served is not None:
                    story.served.append(served)
                continue
            event = decode(payload.encode(), recorded_us)
            if not isinstance(event, Event):
                raise SchemaTooNew(f"the log holds an invalid event of {user_id}")
            story.known.append(Known(event.fact, recorded_us))
    return found


def _standing(row: Sequence[Any]) -> Standing:
    application_id, partition, offset, silent_since, status, reason, position, next_age = row[:8]
    hired, not_hired, *stay = row[8:]
    return Standing(
        application_id,
        partition,
        offset,
        silent_since,
        status,
        None if reason is None else Reason(reason),
        position,
        next_age,
        frozenset(label for label, was in ((True, hired), (False, not_hired)) if was),
        None if stay[-2] is None else Stay(*stay),
    )


def _outcome(row: Sequence[Any]) -> Outcome:
    position, application_id, reason, decided_at, partition, offset, replaces, replaced = row
    return Outcome(
        position,
        application_id,
        Reason(reason),
        decided_at,
        partition,
        offset,
        replaces,
        None if replaced is None else Reason(replaced),
    )
