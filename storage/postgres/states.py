"""What is held of applications, loaded in bulk."""

from collections.abc import Iterable

import msgspec

from models.analytics import FOLD_VERSION, fold
from models.batch import Held, hold
from models.decoder import Event, decode
from models.errors import SchemaTooNew
from models.facts import State, unpack
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("batch")


class _Loaded(msgspec.Struct):
    application_id: str
    revision: int
    fold_version: int
    state: bytes


def load_held(connection: Connection, application_ids: list[str]) -> dict[str, Held]:
    """Those of the applications that are known, with their rows as this fold makes them.

    A row of an older fold is folded anew from the log. Raises SchemaTooNew for a row that a
    newer version of the product has folded.
    """
    with connection.cursor(binary=True) as cursor:
        found = [_Loaded(*row) for row in cursor.execute(SQL.load, (application_ids,))]
    refuse_newer(loaded.fold_version for loaded in found)
    older = [loaded.application_id for loaded in found if loaded.fold_version < FOLD_VERSION]
    refolded = states_from_log(connection, older) if older else {}
    held: dict[str, Held] = {}
    for loaded in found:
        state = refolded.get(loaded.application_id)
        if state is None:
            state = unpack(loaded.state)
        held[loaded.application_id] = hold(state, fold(state), None, loaded.revision)
    return held


def refuse_newer(fold_versions: Iterable[int]) -> None:
    """Raise SchemaTooNew for a row that a newer version of the product has folded."""
    newest = max(fold_versions, default=0)
    if newest > FOLD_VERSION:
        raise SchemaTooNew(
            f"rows of fold version {newest} are here; this program folds version {FOLD_VERSION}."
            " Start the newer program."
        )


def states_from_log(connection: Connection, application_ids: list[str]) -> dict[str, State]:
    """States rebuilt from the accepted events in the log."""
    states: dict[str, State] = {}
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(SQL.facts_of, (application_ids,))
        for application_id, user_id, recorded_us, payload in rows:
            event = decode(payload.encode(), recorded_us)
            if not isinstance(event, Event):
                raise SchemaTooNew(f"the log holds an invalid event of {application_id}")
            state = states.setdefault(application_id, State(user_id, []))
            state.facts.append(event.fact)
    for state in states.values():
        state.facts.sort()
    return states
