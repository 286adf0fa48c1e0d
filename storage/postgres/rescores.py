"""Applications to be predicted anew: asked for by the learning flow or a rebuild, done by the
analytics flow."""

from collections.abc import Mapping

from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("rescores")


def ask(connection: Connection, wanted: Mapping[str, int]) -> None:
    """Ask for these applications, each with its partition, in the caller's transaction."""
    if wanted:
        connection.execute(SQL.ask, (list(wanted), list(wanted.values())))


def asked(connection: Connection, partition: int, limit: int) -> dict[str, float | None]:
    """Those of the partition, each with the p that was served last."""
    return dict(connection.execute(SQL.asked, (partition, limit)).fetchall())


def done(connection: Connection, application_ids: list[str]) -> None:
    """They have been looked at; in the caller's transaction."""
    connection.execute(SQL.done, (application_ids,))
