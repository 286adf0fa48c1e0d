"""What the log holds of applications that a diary tells of."""

from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("diary")


def known(connection: Connection, application_ids: list[str]) -> dict[str, list[str]]:
    """Payloads of accepted events by application, in the order they were recorded in."""
    found: dict[str, list[str]] = {}
    for application_id, payload in connection.execute(SQL.known, (application_ids,)).fetchall():
        found.setdefault(application_id, []).append(payload)
    return found


def waiting(connection: Connection, application_ids: list[str]) -> int:
    """Messages of these applications that the flow has not judged yet."""
    row = connection.execute(SQL.waiting, (application_ids,)).fetchone()
    return int(row[0]) if row else 0
