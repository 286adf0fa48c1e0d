"""Simulated worlds of this database, and how far each has arrived."""

from models.errors import AlreadyRunning
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("simulations")


def find(connection: Connection, seed: int) -> tuple[str, int] | None:
    """The JSON of a world and its position (simulated microseconds), None without one."""
    row = connection.execute(SQL.find, (seed,)).fetchone()
    return None if row is None else (row[0], row[1])


def begin(connection: Connection, seed: int, world: str, position: int) -> None:
    """Keep a new world; AlreadyRunning when another process has just begun it."""
    if connection.execute(SQL.insert, (seed, world, position)).rowcount != 1:
        raise _other(seed)


def advance(connection: Connection, seed: int, before: int, after: int) -> None:
    """Move on within the caller's transaction; AlreadyRunning when somebody else has."""
    if connection.execute(SQL.advance, (seed, before, after)).rowcount != 1:
        raise _other(seed)


def change(connection: Connection, seed: int, world: str) -> None:
    """Keep another description of the world."""
    connection.execute(SQL.change, (seed, world))


def log_is_empty(connection: Connection) -> bool:
    """Whether no message has ever been put in."""
    row = connection.execute(SQL.log_is_empty).fetchone()
    return bool(row and row[0])


def _other(seed: int) -> AlreadyRunning:
    return AlreadyRunning(f"another simulator is writing the world of seed {seed}")
