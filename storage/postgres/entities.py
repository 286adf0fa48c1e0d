"""Entity rows follow the fold, but never over an API write that the flow has not judged."""

from collections.abc import Iterable

from psycopg import errors

from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("entities")


def follow_fold(
    connection: Connection, partition: int, listed: Iterable[str], touched: Iterable[str]
) -> bool:
    """Within the caller's transaction: make rows for newly `listed` applications and bring
    those of `touched` to the fold. Returns whether any was locked and left in entity_stale."""
    cursor = connection.cursor()
    inserted: set[str] = set()
    fresh = sorted(listed)
    if fresh:
        inserted = {row[0] for row in cursor.execute(SQL.insert_missing, (fresh,))}
    rest = sorted(set(touched).union(fresh).difference(inserted))
    if not rest:
        return False
    locked = {row[0] for row in cursor.execute(SQL.lock, (rest,))}
    cursor.execute(SQL.follow_fold, (list(locked),))
    if len(locked) == len(rest):
        return False
    missed = {row[0] for row in cursor.execute(SQL.existing, (rest,))} - locked
    if missed:
        cursor.execute(SQL.mark_stale, (sorted(missed), partition))
    return bool(missed)


def adopt(connection: Connection, partitions: int) -> bool:
    """Let the first partition see to what waits for those beyond `partitions`, which no flow
    works on: the outbox and a topic seldom have equally many. Returns whether rows that were
    locked are among it."""
    return connection.execute(SQL.adopt, (partitions,)).rowcount > 0


def retry_stale(connection: Connection, partition: int) -> bool:
    """One transaction: bring rows that were locked to the fold; returns whether any is left.

    The mark goes before the fold is read: a batch of another partition that leaves the row to
    us holds the mark until it commits, so that we see what it wrote or it marks anew.
    """
    try:
        with connection.transaction():
            cursor = connection.cursor()
            stale = [row[0] for row in cursor.execute(SQL.stale, (partition,))]
            if not stale:
                return False
            locked = [row[0] for row in cursor.execute(SQL.lock, (stale,))]
            cursor.execute(SQL.unstale, (locked,))
            cursor.execute(SQL.follow_fold, (locked,))
            return len(locked) < len(stale)
    except errors.DeadlockDetected:
        return True
