"""Applications to be predicted anew: asked for by the learning flow, done by the analytics flow."""

from collections.abc import Sequence

from models.outcomes import Standing
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("rescores")


def ask(connection: Connection, aged: Sequence[Standing]) -> None:
    """Ask for these, in the caller's transaction."""
    if aged:
        columns = [one.application_id for one in aged], [one.partition for one in aged]
        connection.execute(SQL.ask, columns)


def asked(connection: Connection, partition: int, limit: int) -> dict[str, float | None]:
    """Those of the partition, each with the p that was served last."""
    return dict(connection.execute(SQL.asked, (partition, limit)).fetchall())


def done(connection: Connection, application_ids: list[str]) -> None:
    """They have been looked at; in the caller's transaction."""
    connection.execute(SQL.done, (application_ids,))
