"""The served path in memory: what the analytics and the learning flow do with one partition
and batches of one event.

Folding, predicting, judging, learning and the log's clock are the very functions that the
flows call. What Postgres keeps for them is kept here in dictionaries, and what is looked for in
it (silence, whom to predict anew) is looked for here in its own way: a test holds both against
each other. A step is what the analytics flow has folded and predicted when the learning flow
takes its turn and publishes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from flows.evaluate.ledger import Ledger
from flows.lesson import ASKED_MAX, learn
from flows.partition import RESCORED_MAX
from models.analytics import Row
from models.batch import Message
from models.decoder import decode
from models.intake import Intake
from models.learner import Learner
from models.moments import Known, next_age, predictable
from models.outcomes import Judge, Outcome, Report, Void
from models.rescoring import MOVED_MIN
from models.served import report
from models.success import Answers, Version, predict
from storage.postgres.learned import Learned


class Arrived(NamedTuple):
    """A message as it came; `recorded_at` in microseconds since 1970."""

    recorded_at: int
    line: bytes


class Asked(NamedTuple):
    """Something to predict: an application's row at the log clock (microseconds)."""

    application_id: str
    row: Row
    now: int


class Answered(NamedTuple):
    """What one step served, all of it by one version."""

    asked: list[Asked]
    answers: Answers
    version: Version


class _Heard(NamedTuple):
    """A line of the log for the learning flow: a fact's time, or what is told of an application
    once somebody has made it."""

    time: int | None
    report: Report | None


class Replay:
    """Both flows, from a cold start on."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.learned = Learned(Judge(), Learner())
        self.version: Version | None = None
        self._clock = 0
        self._said: dict[str, float] = {}
        self._rescores: set[str] = set()

    def step(self, messages: Sequence[Arrived]) -> Answered | None:
        """Fold and predict each message as it comes, then learn from all of them.

        Before the first version there is nothing to predict from, and None comes back.
        """
        asked: list[Asked] = []
        heard: list[_Heard] = []
        for message in messages:
            self._fold(message, asked, heard)
        answered = None
        if self.version is not None:
            answered = self._answer(self.version, asked)
        self._learn(heard)
        return answered

    def _answer(self, version: Version, asked: list[Asked]) -> Answered:
        """Predict what was asked, then anew what has grown older; the latter is served only
        where it has moved."""
        answers = _predict(version, asked)
        for one, p in zip(asked, answers.p, strict=True):
            self._said[one.application_id] = written(p)
        names = sorted(self._rescores)[:RESCORED_MAX]
        self._rescores.difference_update(names)
        rows = [(name, self.ledger.held[name].row) for name in names]
        again = [Asked(name, row, self._clock) for name, row in rows if predictable(row)]
        anew = _predict(version, again)
        moved = [n for n, one in enumerate(again) if self._has_moved(one, anew.p[n])]
        for n in moved:
            self.ledger.append(again[n].application_id, None)
        served = Answers(
            *(
                np.concatenate([first, then[..., moved]], axis=-1)
                for first, then in zip(answers, anew, strict=True)
            )
        )
        return Answered([*asked, *(again[n] for n in moved)], served, version)

    def _has_moved(self, asked: Asked, p: float) -> bool:
        before = self._said.get(asked.application_id)
        if before is not None and abs(written(p) - before) < MOVED_MIN:
            return False
        self._said[asked.application_id] = written(p)
        return True

    def _fold(self, arrived: Arrived, asked: list[Asked], heard: list[_Heard]) -> None:
        intake = Intake()
        message = Message(0, None, arrived.recorded_at, arrived.line)
        verdict = decode(arrived.line, arrived.recorded_at)
        for accepted in intake.add([(message, verdict)], self.ledger.held):
            fact = accepted.event.fact
            application_id = accepted.event.application_id
            lived = min(fact.time, arrived.recorded_at)
            self._clock = max(self._clock, lived)
            self.ledger.append(application_id, Known(fact, arrived.recorded_at))
            heard.append(_Heard(lived, None))
        for change in intake.finish(arrived.recorded_at).changes:
            application_id, row = change.application_id, change.held.row
            self.ledger.held[application_id] = change.held
            offset = self.ledger.append(application_id, None)
            heard.append(_Heard(None, report(change.payload, 0, offset)))
            self._said.pop(application_id, None)
            if predictable(row):
                asked.append(Asked(application_id, row, self._clock))

    def _learn(self, heard: list[_Heard]) -> None:
        decided: list[Outcome] = []
        clock = self.learned.clock_of(0)
        for time, told in heard:
            if time is not None:
                if clock.begin():
                    self._look_for_silence(clock.now, decided)
                clock.move(time)
                continue
            clock.told = True
            if told is None:
                continue
            before = self.ledger.standings.get(told.application_id)
            standing, changes = self.learned.hear(told, before, clock.now)
            self.ledger.keep(standing)
            for change in changes:
                if isinstance(change, Void):
                    self.ledger.reopen(told.application_id)
                else:
                    self.ledger.decide(change)
                    decided.append(change)
        if clock.begin():
            self._look_for_silence(clock.now, decided)
        self._learn_decided(decided)
        if self.learned.learner.labels > self.learned.published:
            self.version = self.learned.learner.version(self.learned.judge.next_position - 1)
            self.learned.take_for_published(self.version)
        self._ask_all()

    def _learn_decided(self, decided: list[Outcome]) -> None:
        for outcome in decided:
            standing = self.ledger.standings[outcome.application_id]
            story = self.ledger.story(outcome)
            standing.taught = learn(self.learned, outcome, story, standing.taught)
        decided.clear()

    def _ask_all(self) -> None:
        if self.learned.asking is None:
            return
        found = self.ledger.open_behind(self.learned.asking, ASKED_MAX)
        self._rescores.update(found)
        self.learned.asking = found[-1] if len(found) == ASKED_MAX else None

    def _look_for_silence(self, clock: int, decided: list[Outcome]) -> None:
        judge = self.learned.judge
        for standing in self.ledger.silent(clock - judge.patience_us):
            outcome = judge.give_up(standing, clock)
            self.ledger.decide(outcome)
            decided.append(outcome)
        for standing in self.ledger.aged(clock):
            standing.next_age = next_age(standing.silent_since, clock)
            self.ledger.keep(standing)
            self._rescores.add(standing.application_id)
        if self.learned.learner.stays.due(clock):
            self._learn_decided(decided)
            self.learned.learner.fit(self.ledger.waits(clock), clock)


def written(p: float) -> float:
    """A probability as it is written into a row and read from it again."""
    return float(f"{p:.12g}")


def _predict(version: Version, asked: Sequence[Asked]) -> Answers:
    return predict(version, [one.row for one in asked], [one.now for one in asked])
