"""The learning flow's place in the log: what it carries in memory, and its turn of
read → learn → commit."""

import logging
import time
from collections.abc import Callable

from flows.anew import learn_anew
from flows.lesson import Lesson, ask_all
from models.errors import AlreadyRunning
from storage.postgres import learned as states
from storage.postgres import status, versions
from storage.postgres.connect import connect
from storage.postgres.consumers import Consumer, Line, LogReader, behind

FLOW = "learning"
_PAGE_LINES = 5_000
_PUBLISH_S = 60.0
"""A new version at most so often…"""
_PUBLISH_LABELS = 500
"""…or after so many labels, when there is much to catch up on."""
_TOLD_S = 10.0
"""How far learning anew is, is told so often."""

_log = logging.getLogger("jobfinders.learning")


class Pupil:
    """Owns the consumer `learning` from construction to the process's end.

    `now` is a clock in seconds. Raises AlreadyRunning when another live process owns it.
    """

    def __init__(self, url: str, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._writing = connect(url, autocommit=True)
        self._reading = connect(url, autocommit=True)
        self._consumer = Consumer(self._writing, FLOW)
        if not self._consumer.take_over():
            raise AlreadyRunning(f"the {FLOW} flow is already running")
        self._reader = LogReader(self._reading)
        self._positions = self._consumer.positions()
        self._learned = states.read(self._writing)
        self._published_at = -_PUBLISH_S
        if self._learned.anew:
            self._learn_anew()

    def read(self) -> list[Line]:
        """The next page of the log, empty at its end."""
        page = self._reader.page(self._positions, _PAGE_LINES)
        if not page and (self._learned.asking is not None or self._learned.due):
            self.learn(page)
        return page

    def learn(self, page: list[Line]) -> None:
        """Commit all that a page teaches, or none of it; an empty one is the end of the log."""
        positions = behind(self._positions, page)
        with self._writing.transaction():
            self._consumer.advance(positions)
            lesson = Lesson(self._writing, self._learned)
            lesson.take(page)
            self._publish()
            ask_all(self._writing, self._learned)
            states.write(self._writing, self._learned)
        self._positions = positions

    def close(self) -> None:
        """Let the place go."""
        self._reading.close()
        self._writing.close()

    def _learn_anew(self) -> None:
        """In short transactions; killed before the last, it begins again."""
        steps = learn_anew(self._writing, self._learned, self._reader, self._positions)
        told_at = -_TOLD_S
        while True:
            with self._writing.transaction():
                self._consumer.advance(self._positions)
                done = next(steps, None)
                if done is None:
                    self._publish()
                    states.write(self._writing, self._learned)
                    break
            status.tell(self._writing, f"{status.LEARNING_ANEW}{done}")
            if time.monotonic() - told_at >= _TOLD_S:
                told_at = time.monotonic()
                _log.info("learning anew, features are others: %s", done)
        status.tell(self._writing, "")
        _log.info("learned anew")

    def _publish(self) -> None:
        """A version, where there are labels for one and it is time for one."""
        learned = self._learned
        new = learned.learner.labels - learned.published
        due = self._now() - self._published_at >= _PUBLISH_S
        if new >= _PUBLISH_LABELS or (new and due):
            version = learned.learner.version(learned.judge.next_position - 1)
            versions.publish(self._writing, version, learned.clock)
            learned.take_for_published(version)
            self._published_at = self._now()
