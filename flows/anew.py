"""Learning everything anew where features are others now: outcomes and stays are as the log has
them, what was learned of them is gone."""

from collections.abc import Iterator, Sequence

from flows.lesson import fit, learn
from models.events import EventType
from models.log_clock import LogClock
from models.outcomes import Standing
from models.served import report
from storage.postgres import learned as states
from storage.postgres import learning
from storage.postgres.connect import Connection
from storage.postgres.consumers import Line, LogReader, Positions, behind
from storage.postgres.learned import Learned

_STORIES = 200
"""Read from the log at once."""
_PAGE_LINES = 5_000


def learn_anew(
    connection: Connection, learned: Learned, reader: LogReader, end: Positions
) -> Iterator[str]:
    """Learn all outcomes again, in their order, then count the stays of the log up to `end`;
    open applications are told their chances anew. One place is left between outcomes for the
    version that comes of it.

    Each step is for a transaction of its own and says how far it is. What is learned is written
    by the caller when all is done; whoever is killed before begins again with `forget`. The
    transitions are fitted behind the outcomes: a fit that has seen them all must not be weighed
    by how well it knew them.
    """
    learning.forget(connection)
    states.write(connection, learned)
    last = learned.judge.next_position - 1
    yield f"0 of {last:,} outcomes"
    position = 0
    while decided := learning.outcomes_behind(connection, position, _STORIES):
        known = learning.standings(connection, {one.application_id for one in decided})
        for outcome, story in zip(decided, learning.stories(connection, decided), strict=True):
            standing = known[outcome.application_id]
            standing.taught = learn(learned, outcome, story, standing.taught)
        learning.keep_standings(connection, known.values())
        position = decided[-1].position
        yield f"{position:,} of {last:,} outcomes"
    clocks: dict[int, LogClock] = {}
    read: Positions = {}
    while page := _page(reader, read, end):
        _hear(connection, learned, page, clocks)
        read = behind(read, page)
        yield f"{sum(read.values()):,} of {sum(end.values()):,} lines"
    fit(connection, learned)
    learned.judge.next_position += 1
    learned.asking, learned.anew = "", False


def _page(reader: LogReader, read: Positions, end: Positions) -> list[Line]:
    page = reader.page(read, _PAGE_LINES)
    return [line for line in page if line.offset < end.get(line.partition, 0)]


def _hear(
    connection: Connection, learned: Learned, page: Sequence[Line], clocks: dict[int, LogClock]
) -> None:
    """Count the stays that a page ends."""
    heard = {line.application_id for line in page if line.type == EventType.ANALYTICS_UPDATED}
    standings = learning.standings(connection, heard)
    changed: dict[str, Standing] = {}
    for line in page:
        clock = clocks.setdefault(line.partition, LogClock())
        if line.type != EventType.ANALYTICS_UPDATED:
            clock.move(min(line.time_us, line.recorded_us))
            continue
        told = report(line.payload, line.partition, line.offset)
        if told is not None:
            standing = changed[told.application_id] = standings[told.application_id]
            standing.stay = learned.learner.stays.hear(told.place, standing.stay, clock.now)
    learning.keep_standings(connection, changed.values())
