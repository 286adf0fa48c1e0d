"""Applications to be predicted anew: asked for by the learning flow or a rebuild, done by the
analytics flow."""

from collections.abc import Mapping

from models.rescoring import Wanted
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("rescores")


def ask(connection: Connection, wanted: Mapping[str, int]) -> None:
    """Ask for these applications, each with its partition, in the caller's transaction."""
    if wanted:
        connection.execute(SQL.ask, (list(wanted), list(wanted.values())))


def asked(connection: Connection, partition: int, limit: int) -> dict[str, Wanted]:
    """Those of the partition."""
    rows = connection.execute(SQL.asked, (partition, limit))
    return {application_id: Wanted(number, p) for application_id, number, p in rows}


def done(connection: Connection, numbers: Mapping[str, int]) -> None:
    """These questions are answered, by application; in the caller's transaction. One that is
    being asked again stays."""
    connection.execute(SQL.done, (list(numbers), list(numbers.values())))
