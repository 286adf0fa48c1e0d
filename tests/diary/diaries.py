"""Diaries, and a log in memory that they are imported into."""

from zoneinfo import ZoneInfo

import msgspec

from flows.diary.cells import Cells, Remark
from flows.diary.changes import DiaryEvent, Known, changes
from flows.diary.mapping import Columns, Mapping
from flows.diary.stories import Teller
from flows.diary.table import Row as Line
from flows.diary.table import Table
from models.analytics import Row, fold
from models.application import Status
from models.decoder import Event, decode
from models.facts import State
from models.instant import parse

NOW = parse("2025-06-01T12:00:00Z")
USER = "ann"
MAPPING = Mapping(
    columns=Columns(
        company="Company", job_title="Job", applied="Applied", status="Status", status_date="When"
    ),
    dates={
        "Interview": Status.INTERVIEW_SCHEDULED,
        "Offer": Status.OFFER_RECEIVED,
        "No": Status.REJECTED,
    },
    no_news=["Wachten"],
    statuses={
        "Afgewezen": Status.REJECTED,
        "Gesprek": Status.INTERVIEW_SCHEDULED,
    },
)


def table(*lines: dict[str, str]) -> Table:
    columns = list(dict.fromkeys(name for line in lines for name in line))
    return Table(columns, [Line(number, line) for number, line in enumerate(lines, 2)])


class Log:
    """Accepts what an import puts in, as the flow would."""

    def __init__(self) -> None:
        self.payloads: dict[str, list[bytes]] = {}

    def import_(
        self, read: Table, mapping: Mapping = MAPPING, *, now: int = NOW, as_of: int | None = None
    ) -> tuple[list[DiaryEvent], list[Remark]]:
        cells = Cells(mapping, ZoneInfo("UTC"))
        events = [
            event
            for story in Teller(mapping, cells, USER, now, as_of).tell(read)
            for event in changes(story, USER, self._known(story.application_id))
        ]
        for event in events:
            self.payloads.setdefault(event.subject, []).append(event.encode())
        return events, cells.remarks

    def rows(self) -> list[Row]:
        return [fold(self._state(application_id)) for application_id in sorted(self.payloads)]

    def _known(self, application_id: str) -> list[Known]:
        return [
            msgspec.json.decode(payload, type=Known)
            for payload in self.payloads.get(application_id, [])
        ]

    def _state(self, application_id: str) -> State:
        facts = []
        for payload in self.payloads[application_id]:
            decoded = decode(payload, NOW)
            assert isinstance(decoded, Event), decoded
            facts.append(decoded.fact)
        assert len({fact.id for fact in facts}) == len(facts)
        return State(USER, sorted(facts))
