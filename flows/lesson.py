"""One page of the log, learned: decisions in the order of its lines, then what each teaches.

What is decided and learned follows from the lines alone: not from where a page ends, not
from the clock on the wall. Only when a version is published does.
"""

from collections.abc import Iterable, Iterator, Sequence

from models.events import EventType
from models.instant import US_PER_HOUR
from models.moments import moments, next_age
from models.outcomes import Outcome, Reason, Standing, Void
from models.scores import Key, Sums, score
from models.served import report
from storage.postgres import learning, rescores, scores, versions
from storage.postgres.connect import Connection
from storage.postgres.consumers import Line
from storage.postgres.learned import Learned
from storage.postgres.learning import Story

SILENCE_STEP_US = 6 * US_PER_HOUR
"""Silence is looked for whenever the log clock enters another of these spans."""
SILENT_MAX = 2_000
"""Given up at one look; the others at the next."""
ASKED_MAX = 2_000
"""Open applications asked for at one turn, when all of them are."""
_STORIES = 200
"""Read from the log at once."""


class Lesson:
    """The effect of a page on what is learned; used within one transaction."""

    def __init__(self, connection: Connection, learned: Learned) -> None:
        self._connection = connection
        self._learned = learned
        self._standings: dict[str, Standing] = {}
        self._changed: dict[str, Standing] = {}
        self._doubted: set[str] = set()
        self.decided: list[Outcome] = []
        self.voids: list[Void] = []
        self._scores: dict[Key, Sums] = {}

    def take(self, lines: Sequence[Line]) -> None:
        """Decide, learn and keep all that the lines bring."""
        heard = {line.application_id for line in lines if line.type == EventType.ANALYTICS_UPDATED}
        self._standings = learning.standings(self._connection, heard)
        for line in lines:
            if line.type == EventType.ANALYTICS_UPDATED:
                self._hear(line)
            else:
                self._tick(min(line.time_us, line.recorded_us))
        learning.keep_standings(self._connection, self._changed.values())
        learning.keep_outcomes(self._connection, self.decided, self.voids)
        for outcome, story in self._stories(self.decided):
            learn(self._learned, outcome, story)
            self._score(outcome, story, 1)
        for outcome, story in self._stories(self._taken_back()):
            self._score(outcome, story, -1)
        scores.add(self._connection, self._scores)
        _ask(self._connection, [self._standings[name] for name in sorted(self._doubted)])

    def _stories(self, outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, Story]]:
        for start in range(0, len(outcomes), _STORIES):
            part = outcomes[start : start + _STORIES]
            yield from zip(part, learning.stories(self._connection, part), strict=True)

    def _taken_back(self) -> list[Outcome]:
        """Outcomes that no longer count: void, or silence that was answered after all."""
        positions = {void.position for void in self.voids}
        positions.update(
            one.replaces
            for one in self.decided
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

    def _hear(self, line: Line) -> None:
        heard = report(line.payload, line.partition, line.offset)
        if heard is None:
            return
        before = self._standings.get(heard.application_id)
        standing, changes = self._learned.judge.hear(heard, before, self._learned.clock)
        self._standings[heard.application_id] = standing
        self._changed[heard.application_id] = standing
        if heard.believed is not self._learned.believed:
            self._doubted.add(heard.application_id)
        for change in changes:
            if isinstance(change, Void):
                self.voids.append(change)
            else:
                self.decided.append(change)

    def _tick(self, time: int) -> None:
        clock = self._learned.clock
        if time <= clock:
            return
        self._learned.clock = time
        if time // SILENCE_STEP_US > clock // SILENCE_STEP_US:
            # What just changed must be there to be found.
            learning.keep_standings(self._connection, self._changed.values())
            self._changed.clear()
            self._give_up(time)
            self._ask_anew(time)

    def _give_up(self, clock: int) -> None:
        """Decide on silence that has lasted too long."""
        judge = self._learned.judge
        for found in learning.silent(self._connection, clock - judge.patience_us, SILENT_MAX):
            standing = self._standings.setdefault(found.application_id, found)
            self.decided.append(judge.give_up(standing, clock))
            self._changed[standing.application_id] = standing

    def _ask_anew(self, clock: int) -> None:
        """Have applications predicted anew whose silence has come of another age."""
        aged = learning.aged(self._connection, clock, SILENT_MAX)
        for found in aged:
            standing = self._standings.setdefault(found.application_id, found)
            standing.next_age = next_age(standing.silent_since, clock)
            self._changed[standing.application_id] = standing
        _ask(self._connection, aged)


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


def learn(learned: Learned, outcome: Outcome, story: Story) -> None:
    """Learn one outcome; the same outcomes with the same stories give the same weights."""
    label = outcome.label
    if label is None or not outcome.teaches:
        return
    silent = outcome.reason is Reason.SILENCE
    found = moments(story.user_id, story.known, outcome.decided_at, silent)
    rows, times = [moment.row for moment in found], [moment.now for moment in found]
    learned.learner.learn(rows, times, label, outcome.replaces is not None)
