"""One application's life, as a pure function of the plan and the application's number."""

from bisect import bisect
from collections.abc import Callable
from math import log
from random import Random
from typing import NamedTuple

import msgspec

from flows.simulator.hazards import MATCH_MAX, Stage
from flows.simulator.people import JOBS_PER_EMPLOYER, population, user_of
from flows.simulator.plan import Plan
from models.application import Source, Status
from models.instant import US_PER_DAY, US_PER_HOUR, US_PER_SECOND

_NOTES_PER_DAY = 0.28
_WITHDRAWALS_PER_DAY = 0.002
_PATIENCE_DAYS = 120
"""Who has not withdrawn by then never does."""
_INTEREST_DAYS = 28
"""Mean time over which a candidate writes notes, whatever the employer does."""
_INTEREST_DAYS_MAX = 150
_VIEW_SAID = 0.65
"""Share of employers' systems whose first view also changes the status."""
_WEB, _MATCHING, _REMINDERS = b"/jobfinders/web", b"/jobfinders/matching", b"/jobfinders/reminders"
_SOURCES = tuple(source.value for source in Source)
_REASONS = ("accepted another offer", "salary too low", "moving away", "changed my mind")


class Event(NamedTuple):
    """One fact. `data` holds `%b` where the instant `when` (microseconds) goes in."""

    time: int
    number: int
    """Its place among the application's events, part of its id."""
    type: bytes
    source: bytes
    data: bytes
    when: int
    link: bytes = b""
    """`"corrects":"…",` or `"retracts":"…",`."""


class Silence(NamedTuple):
    """From `since` (microseconds) on the employer was silent in `stage`; None = closed."""

    since: int
    stage: Stage | None
    final: float = 0.0
    """The probability where the application is closed."""


class Life(msgspec.Struct):
    """All that will ever happen to one application."""

    id: bytes
    user: bytes
    events: list[Event]
    silences: list[Silence]
    hired: bool = False
    """The outcome that the hazards had drawn, also where the candidate withdrew first."""
    closed: int | None = None


class _Writer:
    """Collects the events of one life; numbers them as they are written."""

    def __init__(self, application_id: bytes) -> None:
        self.events: list[Event] = []
        self.application_id = application_id

    def add(
        self, time: int, type_: bytes, source: bytes, data: bytes, when: int = 0, link: bytes = b""
    ) -> int:
        number = len(self.events)
        self.events.append(Event(time, number, type_, source, data, when, link))
        return number

    def link(self, kind: bytes, number: int) -> bytes:
        return b'"%b":"%b-%d",' % (kind, self.application_id, number)


def life_of(plan: Plan, number: int, day: int) -> Life:
    """The life of the plan's `number`-th application, begun on its `day`-th day."""
    rng = Random(plan.seed << 40 ^ number)
    random = rng.random
    folk = population(plan.seed, plan.neglect, changed=plan.changed(day))
    employer_number = bisect(folk.popularity, random() * 0.999_999)
    employer = folk.employers[employer_number]
    match = round((random() + random() + random()) / 3 * MATCH_MAX)
    began = plan.start + day * US_PER_DAY + int((random() + random()) / 2 * US_PER_DAY)
    application_id = b"app_%d_%06d" % (plan.seed, number)
    user = user_of(number, plan.applications, rng)
    out = _Writer(application_id)
    job = folk.jobs[employer_number][int(random() * JOBS_PER_EMPLOYER)]
    source = _SOURCES[int(random() ** 2 * len(_SOURCES))]
    out.add(
        began,
        b"created",
        _WEB,
        (
            f'{{"jobId":"{job.id}","jobTitle":"{job.title}","company":"{employer.name}",'
            f'"location":"{employer.city}","source":"{source}","matchScore":{match}}}'
        ).encode(),
    )
    ats = b"/ats/" + employer.name.lower().replace(" ", "-").encode()
    life = Life(application_id, user.encode(), out.events, [])
    _employer_acts(life, out, folk.roads[employer_number][match], began, ats, random)
    _candidate_acts(out, began, match, random)
    _mistakes(out, began, ats, random)
    _close(life, out, began, random)
    return life


def _employer_acts(
    life: Life, out: _Writer, road: list[Stage], time: int, ats: bytes, random: Callable[[], float]
) -> None:
    """Walk the stages until one of the hazards ends the road; `time` is when it begins."""
    status = b"applied"
    interviews = 0
    for stage in road:
        life.silences.append(Silence(time, stage))
        left = time + int(-log(1.0 - random()) / stage.leave * US_PER_DAY)
        if stage.status == Status.INTERVIEW_SCHEDULED:
            interviews += 1
            _interview(out, time, left, interviews, ats, random)
        seen = time
        while True:
            seen += int(-log(1.0 - random()) / stage.view * US_PER_DAY)
            if seen >= left:
                break
            life.silences.append(Silence(seen, stage))
            out.add(seen, b"viewed_by_employer", ats, b'{"viewerId":"rec_%d"}' % int(random() * 40))
            if status == b"applied" and random() < _VIEW_SAID:
                _change(out, seen, status, b"viewed", ats)
                status = b"viewed"
        draw = random() * stage.leave
        if draw >= stage.advance + stage.reject:
            return
        time = left
        after = stage.next_status.encode() if draw < stage.advance else b"rejected"
        _change(out, time, status, after, ats)
        status = after
        if draw >= stage.advance:
            life.silences.append(Silence(time, None, 0.0))
            life.closed = time
            return
        if stage.next_status == Status.OFFER_RECEIVED:
            _offer(out, time, ats, random)
    life.silences.append(Silence(time, None, 1.0))
    life.closed, life.hired = time, True


def _change(out: _Writer, time: int, before: bytes, after: bytes, ats: bytes) -> None:
    data = b'{"oldStatus":"%b","newStatus":"%b"}' % (before, after)
    out.add(time, b"status_changed", ats, data)


def _interview(
    out: _Writer, time: int, held: int, round_: int, ats: bytes, random: Callable[[], float]
) -> None:
    """Scheduled for when the stage ends, which says nothing of how; 12 % are re-dated."""
    data = (
        b'{"interviewId":"%b-i%d","scheduledAt":"%%b","durationMinutes":%d,"round":%d,"mode":"%b"}'
        % (
            out.application_id,
            round_,
            (30, 45, 60, 90)[int(random() * 4)],
            round_,
            (b"video", b"onsite", b"phone")[int(random() * 3)],
        )
    )
    if random() < 0.12:
        wrong = out.add(time, b"interview_scheduled", ats, data, held + US_PER_DAY)
        link = out.link(b"corrects", wrong)
        at = time + int(min(held - time, US_PER_HOUR) * random())
        out.add(at, b"interview_scheduled", ats, data, held, link)
    else:
        out.add(time, b"interview_scheduled", ats, data, held)


def _offer(out: _Writer, time: int, ats: bytes, random: Callable[[], float]) -> None:
    data = b'{"offerId":"%b-o","deadline":"%%b","amount":%d,"currency":"EUR"}' % (
        out.application_id,
        32_000 + int(random() * 70) * 1_000,
    )
    out.add(time, b"offer_received", ats, data, time + 10 * US_PER_DAY)


def _candidate_acts(out: _Writer, began: int, match: int, random: Callable[[], float]) -> None:
    """Scores, notes, reminders and updates, at rates that know nothing of the outcome."""
    if random() < 0.8:
        data = b'{"score":{"overallScore":%d,"skillAlignment":%d},"scorer":"components/1"}' % (
            match,
            min(MATCH_MAX, match + int(random() * 10)),
        )
        out.add(began + US_PER_SECOND, b"match_score_updated", _MATCHING, data)
    interest_days = min(-log(1.0 - random()) * _INTEREST_DAYS, _INTEREST_DAYS_MAX)
    interest = began + int(interest_days * US_PER_DAY)
    time = began
    written = 0
    while True:
        time += int(-log(1.0 - random()) / _NOTES_PER_DAY * US_PER_DAY)
        if time > interest:
            break
        written += 1
        note = b"%b-n%d" % (out.application_id, written)
        if random() < 0.3:
            due = time + int((1 + random() * 6) * US_PER_DAY)
            data = b'{"noteId":"%b","type":"REMINDER","priority":"MEDIUM","reminderDate":"%%b"}'
            out.add(time, b"note_added", _WEB, data % note, due)
            data = b'{"reminderId":"%b-r","noteId":"%b","dueAt":"%%b"}' % (note, note)
            out.add(due, b"reminder_triggered", _REMINDERS, data, due)
        else:
            out.add(time, b"note_added", _WEB, b'{"noteId":"%b","type":"NOTE"}' % note)
    if random() < 0.08:
        data = b'{"changes":{"resumeId":"resume_%d"}}' % int(random() * 5 + 1)
        out.add(began + int(random() * 10 * US_PER_DAY), b"updated", _WEB, data)


def _mistakes(out: _Writer, began: int, ats: bytes, random: Callable[[], float]) -> None:
    """A view that was somebody else's, taken back within the hour."""
    if random() < 0.02:
        time = began + int(random() * 20 * US_PER_DAY)
        wrong = out.add(time, b"viewed_by_employer", ats, b'{"viewerId":"rec_0"}')
        link = out.link(b"retracts", wrong)
        out.add(time + int(random() * US_PER_HOUR), b"viewed_by_employer", ats, b"{}", 0, link)


def _close(life: Life, out: _Writer, began: int, random: Callable[[], float]) -> None:
    """Nothing happens any more once the application is closed or withdrawn."""
    patience_days = -log(1.0 - random()) / _WITHDRAWALS_PER_DAY
    gone = began + int(patience_days * US_PER_DAY)
    reason = _REASONS[int(random() * len(_REASONS))]
    if patience_days < _PATIENCE_DAYS and (life.closed is None or gone < life.closed):
        life.closed = gone
        life.silences = [silence for silence in life.silences if silence.since < gone]
        life.silences.append(Silence(gone, None, 0.0))
        out.add(gone, b"withdrawn", _WEB, b'{"reason":"%b"}' % reason.encode())
    closed = life.closed
    life.events = sorted(e for e in out.events if closed is None or e.time <= closed)
