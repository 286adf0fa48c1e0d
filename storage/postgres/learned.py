"""What the learning flow carries from batch to batch: its clocks, its judge, its learner."""

import msgspec

from models.features import FEATURES_VERSION
from models.learner import Kept, Learner, Pages, keep, restore
from models.log_clock import LogClock
from models.outcomes import Judge, Outcome, Report, Standing, Void
from models.success import Version
from storage.postgres.connect import Connection
from storage.postgres.queries import load

SQL = load("learning")
_NO_FEATURES = 0


class Learned(msgspec.Struct):
    """All that the learning flow carries from batch to batch."""

    judge: Judge
    learner: Learner
    clocks: dict[int, LogClock] = msgspec.field(default_factory=dict)
    """By partition of the log."""
    published: int = 0
    """Labels that the newest version has learned."""
    believed: bool | None = None
    """Whether the newest version is past its cold start; None before the first."""
    asking: str | None = None
    """All open applications behind this one are yet to be asked for; None: all were."""
    anew: bool = False
    """Whether all outcomes are to be learned anew: the learner's features were others."""

    @property
    def clock(self) -> int:
        """The greatest of the clocks, microseconds since 1970."""
        return max((clock.now for clock in self.clocks.values()), default=0)

    @property
    def due(self) -> bool:
        """Whether there is silence to be looked for at the end of the log."""
        return any(clock.due for clock in self.clocks.values())

    def clock_of(self, partition: int) -> LogClock:
        """The clock of a partition of the log."""
        return self.clocks.setdefault(partition, LogClock())

    def hear(
        self, report: Report, before: Standing | None, clock: int
    ) -> tuple[Standing, list[Outcome | Void]]:
        """What the report changes at the clock (microseconds), and the standing after it."""
        stay = None if before is None else before.stay
        standing, changes = self.judge.hear(report, before, clock)
        standing.stay = self.learner.stays.hear(report.place, stay, clock)
        return standing, changes

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
    clocks: dict[int, LogClock] = msgspec.field(default_factory=dict)
    features: int = 1


def read(connection: Connection) -> Learned:
    """As it was committed last; a new one where nothing was. Where the features were of
    another version, with a learner that has learned nothing."""
    row = connection.execute(SQL.state).fetchone()
    if row is None:
        return Learned(Judge(), Learner())
    state = msgspec.msgpack.decode(row[0], type=_State)
    if state.features != FEATURES_VERSION:
        return Learned(state.judge, Learner(), state.clocks, anew=True)
    cells: dict[int, bytes] = dict(connection.execute(SQL.cells).fetchall())
    stays: dict[int, bytes] = dict(connection.execute(SQL.stays).fetchall())
    fit = connection.execute(SQL.transitions).fetchone()
    learner = restore(state.kept, Pages(cells, stays, None if fit is None else fit[0]))
    return Learned(
        state.judge, learner, state.clocks, state.published, state.believed, state.asking
    )


def write(connection: Connection, learned: Learned) -> None:
    """Keep it, in the caller's transaction; while all is learned anew, as of no features, so
    that whoever reads it begins with that again."""
    kept, pages = keep(learned.learner)
    state = msgspec.msgpack.encode(
        _State(
            learned.judge,
            kept,
            learned.published,
            learned.believed,
            learned.asking,
            learned.clocks,
            _NO_FEATURES if learned.anew else FEATURES_VERSION,
        )
    )
    connection.execute(SQL.keep_state, (learned.clock, state))
    if pages.cells:
        connection.execute(SQL.keep_cells, (list(pages.cells), list(pages.cells.values())))
    if pages.stays:
        connection.execute(SQL.keep_stays, (list(pages.stays), list(pages.stays.values())))
    if pages.transitions is not None:
        connection.execute(SQL.keep_transitions, (pages.transitions,))
