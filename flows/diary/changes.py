"""What has to be put in so that a diary's events are what they ought to be. Pure.

Each event carries its slot as the extension attribute `diaryslot`. A slot that says something
else than at the last import is corrected, one that says nothing any more is retracted, and
one that is as it was yields nothing: importing twice changes nothing.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from flows.diary.stories import STATUS_SLOT, Planned, Story, digest
from models.events import Data, Envelope, EventType
from models.instant import parse, to_rfc3339

SOURCE = "/jobfinders/import"


class DiaryEvent(Envelope, kw_only=True):
    """An event of an import."""

    diaryslot: str


class Known(msgspec.Struct, frozen=True):
    """An accepted event as the log has it."""

    id: str
    type: str
    time: str
    data: dict[str, object]
    corrects: str | None = None
    retracts: str | None = None
    diaryslot: str | None = None


def changes(story: Story, user: str, known: Sequence[Known]) -> list[DiaryEvent]:
    """Events to be added to those `known` of the application, retractions included."""
    replaced = {event.corrects for event in known} | {event.retracts for event in known}
    by_slot: dict[str, list[Known]] = defaultdict(list)
    for event in known:
        if event.diaryslot is not None:
            by_slot[event.diaryslot].append(event)
    found: list[DiaryEvent] = []
    for planned in story.planned:
        earlier = by_slot.pop(planned.slot, [])
        standing = _standing(earlier, replaced)
        if standing is not None:
            if not _says(standing, planned):
                found.append(_event(story, user, planned, standing.id, corrects=standing.id))
        elif not earlier:
            found.append(_event(story, user, planned, ""))
        elif earlier[-1].retracts is not None:
            found.append(_event(story, user, planned, earlier[-1].id))
        # Else somebody else has put it right since: theirs stands.
    for slot, earlier in by_slot.items():
        standing = _standing(earlier, replaced)
        if standing is not None and not slot.startswith(STATUS_SLOT):
            found.append(_retraction(story, user, standing, slot))
    return found


def _standing(earlier: list[Known], replaced: set[str | None]) -> Known | None:
    standing = [e for e in earlier if e.retracts is None and e.id not in replaced]
    return standing[-1] if standing else None


def _says(known: Known, planned: Planned) -> bool:
    same_time = planned.floating or parse(known.time) == planned.time
    same_data = known.data == msgspec.to_builtins(planned.data)
    return known.type == planned.type and same_time and same_data


def _event(
    story: Story, user: str, planned: Planned, parent: str, corrects: str | UnsetType = UNSET
) -> DiaryEvent:
    """Its id follows from what it says and from what stood in its slot before."""
    time = to_rfc3339(planned.time)
    content = msgspec.json.encode(planned.data).decode()
    said = (planned.slot, planned.type, "" if planned.floating else time, content, parent)
    return DiaryEvent(
        id=f"diary_{digest(story.application_id, *said)}",
        source=SOURCE,
        type=planned.type,
        subject=story.application_id,
        time=time,
        userid=user,
        corrects=corrects,
        data=planned.data,
        diaryslot=planned.slot,
    )


def _retraction(story: Story, user: str, standing: Known, slot: str) -> DiaryEvent:
    return DiaryEvent(
        id=f"diary_{digest(story.application_id, slot, 'retracts', standing.id)}",
        source=SOURCE,
        type=EventType(standing.type),
        subject=story.application_id,
        time=standing.time,
        userid=user,
        retracts=standing.id,
        data=Data(),
        diaryslot=slot,
    )
