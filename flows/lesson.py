"""One page of the log, learned: decisions in the order of its lines, then what each teaches.

What is decided and learned follows from the lines alone: not from where a page ends, not
from the clock on the wall. Only when a version is published does.
"""

from collections.abc import Sequence

from models.events import EventType
from models.instant import US_PER_HOUR
from models.moments import moments
from models.outcomes import Outcome, Reason, Standing, Void
from models.served import report
from storage.postgres import learning
from storage.postgres.connect import Connection
from storage.postgres.consumers import Line
from storage.postgres.learned import Learned
from storage.postgres.learning import Story

_SILENCE_STEP_US = 6 * US_PER_HOUR
"""Silence is looked for whenever the log clock enters another of these spans."""
_SILENT_MAX = 2_000
"""Given up at one look; the others at the next."""
_STORIES = 200
"""Read from the log at once."""


class Lesson:
    """The effect of a page on what is learned; used within one transaction."""

    def __init__(self, connection: Connection, learned: Learned) -> None:
        self._connection = connection
        self._learned = learned
        self._standings: dict[str, Standing] = {}
        self._changed: dict[str, Standing] = {}
        self.decided: list[Outcome] = []
        self.voids: list[Void] = []

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
        for start in range(0, len(self.decided), _STORIES):
            part = self.decided[start : start + _STORIES]
            stories = learning.stories(self._connection, part)
            for outcome, story in zip(part, stories, strict=True):
                learn(self._learned, outcome, story)

    def _hear(self, line: Line) -> None:
        heard = report(line.payload, line.partition, line.offset)
        if heard is None:
            return
        before = self._standings.get(heard.application_id)
        standing, changes = self._learned.judge.hear(heard, before, self._learned.clock)
        self._standings[heard.application_id] = standing
        self._changed[heard.application_id] = standing
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
        if time // _SILENCE_STEP_US > clock // _SILENCE_STEP_US:
            self._give_up(time)

    def _give_up(self, clock: int) -> None:
        """Look for silence that has lasted too long, in what is kept and what just changed."""
        learning.keep_standings(self._connection, self._changed.values())
        self._changed.clear()
        judge = self._learned.judge
        for found in learning.silent(self._connection, clock - judge.patience_us, _SILENT_MAX):
            standing = self._standings.setdefault(found.application_id, found)
            self.decided.append(judge.give_up(standing, clock))
            self._changed[standing.application_id] = standing


def learn(learned: Learned, outcome: Outcome, story: Story) -> None:
    """Learn one outcome; the same outcomes with the same stories give the same weights."""
    label = outcome.label
    if label is None or not outcome.teaches:
        return
    silent = outcome.reason is Reason.SILENCE
    found = moments(story.user_id, story.known, outcome.decided_at, silent)
    rows, times = [moment.row for moment in found], [moment.now for moment in found]
    learned.learner.learn(rows, times, label, outcome.replaces is not None)
