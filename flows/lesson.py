"""One page of the log, learned: decisions in the order of its lines, then what each teaches.

What is decided and learned follows from the lines alone: not from where a page ends, not
from the clock on the wall. Only when a version is published does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from models.events import EventType
from models.log_clock import LogClock
from models.moments import moments, next_age
from models.outcomes import Outcome, Reason, Standing, Void
from models.scores import Key, Sums, score
from models.served import report
from storage.postgres import learning, rescores, scores, versions
from storage.postgres.connect import Connection
from storage.postgres.consumers import Line
from storage.postgres.learned import Learned
from storage.postgres.learning import Story

_SILENT_MAX = 2_000
"""Standings of silence read at once."""
ASKED_MAX = 2_000
"""Open applications asked for at one turn, when all of them are."""
_STORIES = 200
"""Read from the log at once."""

Find = Callable[[Connection, int, int, int], list[Standing]]
"""Standings of a partition by a time (microseconds), at most so many."""


class Lesson:
    """The effect of a page on what is learned; used within one transaction."""

    def __init__(self, connection: Connection, learned: Learned) -> None:
        self._connection = connection
        self._learned = learned
        self._standings: dict[str, Standing] = {}
        self._changed: dict[str, Standing] = {}
        self._wanted: set[str] = set()
        """To be predicted anew."""
        self._decided: list[Outcome] = []
        self._voids: list[Void] = []
        self._scores: dict[Key, Sums] = {}

    def take(self, lines: Sequence[Line]) -> None:
        """Decide, learn and keep all that the lines bring; no lines: the log ends here."""
        heard = {line.application_id for line in lines if line.type == EventType.ANALYTICS_UPDATED}
        self._standings = learning.standings(self._connection, heard)
        for line in lines:
            clock = self._learned.clock_of(line.partition)
            if line.type == EventType.ANALYTICS_UPDATED:
                clock.told = True
                self._hear(line, clock.now)
                continue
            self._begin_batch(line.partition, clock)
            clock.move(min(line.time_us, line.recorded_us))
        if not lines:
            for partition, clock in sorted(self._learned.clocks.items()):
                self._begin_batch(partition, clock)
        self._learn()
        scores.add(self._connection, self._scores)
        _ask(self._connection, [self._standings[name] for name in sorted(self._wanted)])

    def _learn(self) -> None:
        """Learn and keep all that was decided so far."""
        learning.keep_outcomes(self._connection, self._decided, self._voids)
        for outcome, story in self._stories(self._decided):
            standing = self._standings[outcome.application_id]
            standing.taught = learn(self._learned, outcome, story, standing.taught)
            self._changed[outcome.application_id] = standing
            self._score(outcome, story, 1)
        self._keep_standings()
        for outcome, story in self._stories(self._taken_back()):
            self._score(outcome, story, -1)
        self._decided, self._voids = [], []

    def _fit(self) -> None:
        """Fit the transitions anew; what was decided before is learned beside the old fit."""
        self._learn()
        fit(self._connection, self._learned)

    def _keep_standings(self) -> None:
        learning.keep_standings(self._connection, self._changed.values())
        self._changed.clear()

    def _stories(self, outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, Story]]:
        for start in range(0, len(outcomes), _STORIES):
            part = outcomes[start : start + _STORIES]
            yield from zip(part, learning.stories(self._connection, part), strict=True)

    def _taken_back(self) -> list[Outcome]:
        """Outcomes that no longer count: void, or silence that was answered after all."""
        positions = {void.position for void in self._voids}
        positions.update(
            one.replaces
            for one in self._decided
            if one.replaces is not None and one.replaced is Reason.SILENCE
        )
        found = learning.outcomes_at(self._connection, sorted(positions))
        return [found[position] for position in sorted(found)]

    def _score(self, outcome: Outcome, story: Story, times: int) -> None:
        """Hold what was served until the outcome against it, or take that back."""
        if outcome.label is None or not story.served:
            return
        rates = versions.rates(self._connection, {one.version for one in story.served})
        provisional = outcome.reason is Reason.SILENCE
        added = score(story.served, rates, outcome.label, provisional, times)
        for key, sums in added.items():
            self._scores[key] = self._scores.get(key, Sums()).plus(sums)

    def _hear(self, line: Line, clock: int) -> None:
        heard = report(line.payload, line.partition, line.offset)
        if heard is None:
            return
        before = self._standings.get(heard.application_id)
        standing, changes = self._learned.hear(heard, before, clock)
        self._standings[heard.application_id] = standing
        self._changed[heard.application_id] = standing
        if heard.believed is not self._learned.believed:
            self._wanted.add(heard.application_id)
        for change in changes:
            if isinstance(change, Void):
                self._voids.append(change)
            else:
                self._decided.append(change)

    def _begin_batch(self, partition: int, clock: LogClock) -> None:
        if clock.begin():
            self._give_up(partition, clock.now)
            self._want_aged(partition, clock.now)
            if self._learned.learner.stays.due(self._learned.clock):
                self._fit()

    def _give_up(self, partition: int, clock: int) -> None:
        """Decide on silence that has lasted too long."""
        judge = self._learned.judge
        for standing in self._silent(learning.silent, partition, clock - judge.patience_us):
            self._decided.append(judge.give_up(standing, clock))
            self._changed[standing.application_id] = standing

    def _want_aged(self, partition: int, clock: int) -> None:
        """Have applications predicted anew whose silence has come of another age."""
        for standing in self._silent(learning.aged, partition, clock):
            standing.next_age = next_age(standing.silent_since, clock)
            self._changed[standing.application_id] = standing
            self._wanted.add(standing.application_id)

    def _silent(self, find: Find, partition: int, time: int) -> Iterator[Standing]:
        """All that `find` finds; each must be changed so that it is not found again."""
        found = None
        while found is None or len(found) == _SILENT_MAX:
            # What just changed must be there to be found.
            self._keep_standings()
            found = find(self._connection, partition, time, _SILENT_MAX)
            for one in found:
                yield self._standings.setdefault(one.application_id, one)


def fit(connection: Connection, learned: Learned) -> None:
    """Fit the transitions to all that is known of each partition, which is what had happened
    when silence was looked for last."""
    clocks = {partition: clock.looked for partition, clock in learned.clocks.items()}
    learned.learner.fit(learning.waits(connection, clocks), learned.clock)


def ask_all(connection: Connection, learned: Learned) -> None:
    """Go on asking for all open applications, where a version that may be believed was the
    first; a bounded number at a time."""
    if learned.asking is None:
        return
    found = learning.open_behind(connection, learned.asking, ASKED_MAX)
    _ask(connection, found)
    learned.asking = found[-1].application_id if len(found) == ASKED_MAX else None


def _ask(connection: Connection, wanted: Iterable[Standing]) -> None:
    rescores.ask(connection, {one.application_id: one.partition for one in wanted if one.is_open})


def learn(
    learned: Learned, outcome: Outcome, story: Story, taught: frozenset[bool]
) -> frozenset[bool]:
    """Learn one outcome; the same outcomes with the same stories give the same weights.

    `taught` are the labels that were learned of the application before; those that then were
    come back. It counts once, however often it is corrected or reopened.
    """
    label = outcome.label
    if label is None or label in taught:
        return taught
    silent = outcome.reason is Reason.SILENCE
    found = moments(story.user_id, story.known, outcome.decided_at, silent)
    if not found:
        return taught
    rows, times = [moment.row for moment in found], [moment.now for moment in found]
    learned.learner.learn(rows, times, label, bool(taught))
    return taught | {label}
