"""A table of very many applications: folded ones, copied under further names."""

from storage.postgres.connect import Connection, connect
from tests.benchmarks.workspace import Workspace

_EVENTS_PER_APPLICATION = 12.5


def grow(workspace: Workspace, url: str, applications: int, copies: int) -> None:
    """About so many applications, all but one in `copies` of them copied.

    A copied entity has an owner of its own; a copied state keeps its facts and its owner.
    """
    events = int(applications / copies * _EVENTS_PER_APPLICATION)
    workspace.load(url, workspace.history(events))
    workspace.tell(f"copying up to {applications:,} applications")
    with connect(url, autocommit=True) as connection:
        _copy(connection, "application_analytics", {"application_id"}, copies - 1)
        _copy(connection, "applications", {"id", "user_id"}, copies - 1)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def _copy(connection: Connection, table: str, renamed: set[str], copies: int) -> None:
    names = [
        row[0]
        for row in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum",
            (table,),
        )
    ]
    values = [f"{name} || '-' || copy" if name in renamed else name for name in names]
    connection.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" FROM {table}, generate_series(1, {copies}) AS copy"
    )
