"""Rows as the log says they must be, against rows as they are stored."""

from collections.abc import Iterator

from models.analytics import ROW_FIELDS, fold
from models.batch import Held, hold
from storage.postgres.batch import copy_staging
from storage.postgres.connect import Connection
from storage.postgres.queries import load
from storage.postgres.states import refuse_newer, states_from_log

SQL = load("rebuild")

_DIFFERENCES = SQL.differences.format(
    columns=", ".join(
        f"CASE WHEN row.{name} IS DISTINCT FROM staging.{name} THEN '{name}' END"
        for name in ROW_FIELDS
    )
)


def count_partitions(connection: Connection) -> int:
    """Partitions of the log that a flow may be writing to."""
    row = connection.execute(SQL.partitions).fetchone()
    return row[0] if row else 1


def count_applications(connection: Connection) -> int:
    """Applications that the log knows."""
    row = connection.execute(SQL.count).fetchone()
    return row[0] if row else 0


def pages(connection: Connection, size: int) -> Iterator[list[str]]:
    """Ids of all applications in the log, `size` at a time."""
    last = ""
    while page := [row[0] for row in connection.execute(SQL.applications, (last, size))]:
        yield page
        last = page[-1]


def refold(connection: Connection, application_ids: list[str]) -> dict[str, Held]:
    """The applications from nothing but the log, one revision above their stored rows.

    Raises SchemaTooNew for a row that a newer version of the product has folded.
    """
    stored = connection.execute(SQL.stored, (application_ids,)).fetchall()
    refuse_newer(fold_version for _, _, fold_version in stored)
    revisions: dict[str, int] = {name: revision for name, revision, _ in stored}
    return {
        application_id: hold(state, fold(state), None, revisions.get(application_id, 0) + 1)
        for application_id, state in states_from_log(connection, application_ids).items()
    }


def differing(connection: Connection, refolded: dict[str, Held]) -> dict[str, list[str]]:
    """Which rows differ from the stored ones, and in which of the contract's columns.

    One transaction, in which rows that are right get the state as this version keeps it.
    """
    with connection.transaction():
        copy_staging(connection, refolded)
        found: dict[str, list[str]] = dict(connection.execute(_DIFFERENCES).fetchall())
        right = [application_id for application_id, columns in found.items() if not columns]
        connection.execute(SQL.refresh_states, (right,))
    return {application_id: columns for application_id, columns in found.items() if columns}
