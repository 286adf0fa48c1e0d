"""What the flows keep in Postgres, kept in memory: rows, the log by application, standings."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from models.batch import Held
from models.moments import Known
from models.outcomes import Outcome, Standing
from models.stays import Wait, wait_of
from storage.postgres.learning import Story


class _Line(NamedTuple):
    offset: int
    known: Known


class Ledger:
    """Grows with the applications, by about 5 kB for each."""

    def __init__(self) -> None:
        self.held: dict[str, Held] = {}
        self.standings: dict[str, Standing] = {}
        self.in_force: dict[str, Outcome] = {}
        """The last outcome of each application that has one that is not void."""
        self._log: defaultdict[str, list[_Line]] = defaultdict(list)
        self._silent: list[tuple[int, str]] = []
        self._ageing: list[tuple[int, str]] = []
        self._head = 0

    def append(self, application_id: str, known: Known | None) -> int:
        """A line of the log, None for one that is not a fact; returns its offset."""
        offset = self._head
        self._head += 1
        if known is not None:
            self._log[application_id].append(_Line(offset, known))
        return offset

    def keep(self, standing: Standing) -> None:
        """Remember it, since when its employer is silent and when that comes of another age."""
        self.standings[standing.application_id] = standing
        if standing.reason is None:
            heappush(self._silent, (standing.silent_since, standing.application_id))
        if standing.next_age is not None:
            heappush(self._ageing, (standing.next_age, standing.application_id))

    def silent(self, since: int) -> Iterator[Standing]:
        """Open applications of silence since `since` (microseconds) or longer, longest first;
        each is told once."""
        while self._silent and self._silent[0][0] <= since:
            silent_since, application_id = heappop(self._silent)
            standing = self.standings[application_id]
            if standing.reason is None and standing.silent_since == silent_since:
                yield standing

    def aged(self, clock: int) -> list[Standing]:
        """Applications whose silence has come of another age by the clock (microseconds)."""
        found: dict[str, Standing] = {}
        while self._ageing and self._ageing[0][0] <= clock:
            at, application_id = heappop(self._ageing)
            standing = self.standings[application_id]
            if standing.next_age == at:
                found[application_id] = standing
        return list(found.values())

    def open_behind(self, application_id: str, limit: int) -> list[str]:
        """Applications that are not closed, in the order of their ids, behind one."""
        found = (name for name, one in self.standings.items() if one.is_open)
        return sorted(name for name in found if name > application_id)[:limit]

    def waits(self, clock: int) -> list[Wait]:
        """How applications wait at the clock (microseconds)."""
        stays = (one.stay for one in self.standings.values() if one.stay is not None)
        found = Counter(wait for stay in stays if (wait := wait_of(stay, clock)) is not None)
        return [wait._replace(number=count) for wait, count in found.items()]

    def decide(self, outcome: Outcome) -> None:
        """It is in force."""
        self.in_force[outcome.application_id] = outcome

    def reopen(self, application_id: str) -> None:
        """No outcome is in force any more."""
        self.in_force.pop(application_id, None)

    def label(self, application_id: str) -> bool | None:
        """Hired or not by the outcome in force; None where there is none, or no label."""
        outcome = self.in_force.get(application_id)
        return None if outcome is None else outcome.label

    def story(self, outcome: Outcome) -> Story:
        """What was known when it was decided."""
        story = Story(self.held[outcome.application_id].row.user_id)
        lines = self._log[outcome.application_id]
        story.known = [line.known for line in lines if line.offset <= outcome.offset]
        return story
