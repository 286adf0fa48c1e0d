"""What the learning flow carries from batch to batch: its clock, its judge, its learner."""

import msgspec

from models.learner import Kept, Learner, keep, restore
from models.outcomes import Judge
from models.success import Version
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("learning")


class Learned(msgspec.Struct):
    """All that the learning flow carries from batch to batch."""

    clock: int
    """The log clock, microseconds since 1970."""
    judge: Judge
    learner: Learner
    published: int = 0
    """Labels that the newest version has learned."""
    believed: bool | None = None
    """Whether the newest version is past its cold start; None before the first."""
    asking: str | None = None
    """All open applications behind this one are yet to be asked for; None: all were."""

    def take_for_published(self, version: Version) -> None:
        """It is the newest. With the first, and the first past its cold start, whatever was
        told before is to be told anew."""
        self.published = version.labels
        believed = not version.cold
        if believed is not self.believed:
            self.believed, self.asking = believed, ""


class _State(msgspec.Struct, array_like=True):
    judge: Judge
    kept: Kept
    published: int
    believed: bool | None = None
    asking: str | None = None


def read(connection: Connection) -> Learned:
    """As it was committed last; a new one where nothing was."""
    row = connection.execute(SQL.state).fetchone()
    if row is None:
        return Learned(0, Judge(), Learner())
    state = msgspec.msgpack.decode(row[1], type=_State)
    cells: dict[int, bytes] = dict(connection.execute(SQL.cells).fetchall())
    learner = restore(state.kept, cells)
    return Learned(row[0], state.judge, learner, state.published, state.believed, state.asking)


def write(connection: Connection, learned: Learned) -> None:
    """Keep it, in the caller's transaction."""
    kept, cells = keep(learned.learner)
    state = msgspec.msgpack.encode(
        _State(learned.judge, kept, learned.published, learned.believed, learned.asking)
    )
    connection.execute(SQL.keep_state, (learned.clock, state))
    if cells:
        connection.execute(SQL.keep_cells, (list(cells), list(cells.values())))
