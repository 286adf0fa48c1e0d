"""Processes of one flow: how many there are, and which partitions they own."""

from typing import NamedTuple

from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("claims")


class Members(NamedTuple):
    """Processes of a flow older than this one, and all of them."""

    older: int
    all: int

    def share(self, partitions: int) -> int:
        """How many partitions are this process's: of what is left over, the older have one."""
        return partitions // self.all + (self.older < partitions % self.all)


def join(connection: Connection, flow: str) -> None:
    """Be a process of the flow as long as the session lives."""
    connection.execute(SQL.join, (flow,))


def members(connection: Connection, flow: str) -> Members:
    """Who there is; for a session that has joined."""
    row = connection.execute(SQL.members, (flow,)).fetchone()
    return Members(*row) if row else Members(0, 1)


def taken(connection: Connection, flow: str) -> set[int]:
    """Partitions that some process owns."""
    return {row[0] for row in connection.execute(SQL.taken, (flow,))}
