"""What the relay reads and removes, within its transactions."""

from collections.abc import Mapping
from uuid import UUID

from storage.postgres import consumers, dead_letters
from storage.postgres.connect import Connection
from storage.postgres.dead_letters import Letter
from storage.postgres.outbox import SQL as OUTBOX
from storage.postgres.queries import load

SQL = load("relay")
_TOPIC = "relay.events"
"""Under this name flow_positions keeps how far the relay knows the events topic."""


class Stored:
    """The relay's side of Postgres; `connection` is in autocommit outside of `transaction()`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def log_id(self) -> UUID:
        """Which log this is: places in the outbox mean nothing in another."""
        row = self._connection.execute(SQL.log_id).fetchone()
        if row is None:
            raise LookupError("a database without a log")
        found: UUID = row[0]
        return found

    def topics(self) -> set[str]:
        """The topics that the flow is in the midst of; none while it reads the outbox."""
        return {topic for (topic,) in self._connection.execute(SQL.topics)}

    def letters(self, limit: int) -> list[Letter]:
        """The next dead letters to publish."""
        return dead_letters.uncopied(self._connection, limit)

    def revisions(self, application_ids: list[str]) -> dict[str, int]:
        """The present revision of each row."""
        return dict(self._connection.execute(SQL.revisions, (application_ids,)).fetchall())

    def remove(self, places: list[int]) -> None:
        """Kafka has these messages."""
        self._connection.execute(OUTBOX.delete, (places,))

    def copied(self, ids: list[int]) -> None:
        """Kafka has these dead letters."""
        dead_letters.mark_copied(self._connection, ids)

    def positions(self) -> dict[int, int]:
        """Behind which offsets of the events topic nothing of ours is unaccounted for."""
        rows = self._connection.execute(consumers.SQL.positions, (_TOPIC,))
        return dict(rows.fetchall())

    def passed(self, ends: Mapping[int, int]) -> None:
        """Everything of ours before these offsets has been removed from the outbox."""
        moved = list(ends), list(ends.values())
        self._connection.execute(consumers.SQL.advance, (_TOPIC, *moved))
