"""What a person's write says: the events it emits, or why it is refused."""

import msgspec
from msgspec import UNSET, UnsetType

from models.application import Status, allowed
from models.entity import Entity
from models.errors import ApplicationTooLarge, InvalidTransition
from models.events import (
    FACTS_MAX,
    Data,
    EventType,
    InterviewScheduled,
    OfferReceived,
    StatusChanged,
    Withdrawn,
)

ROOM_FOR_OTHERS = 50
"""Facts left to outside events: one on its way must not take the place of a granted write."""


class Draft(msgspec.Struct, frozen=True):
    """An event that has neither id nor time yet."""

    type: EventType
    data: Data


def change_status(entity: Entity, to: Status, reason: str | UnsetType = UNSET) -> Draft:
    """The event that moves the application; raises InvalidTransition outside the table."""
    if not allowed(entity.stage, to):
        raise InvalidTransition(
            f"An application cannot go from {entity.status or 'no status'} to {to.value}.",
            details={
                "from": entity.status,
                "to": to.value,
                "allowed": [status.value for status in entity.allowed_transitions],
            },
        )
    if to is Status.WITHDRAWN:
        return Draft(EventType.WITHDRAWN, Withdrawn(reason=reason))
    old = UNSET if entity.stage is None else entity.stage
    return Draft(
        EventType.STATUS_CHANGED, StatusChanged(new_status=to, old_status=old, reason=reason)
    )


def schedule_interview(entity: Entity, interview: InterviewScheduled) -> list[Draft]:
    """The interview, and the status it brings where that is allowed."""
    return [
        Draft(EventType.INTERVIEW_SCHEDULED, interview),
        *_consequence(entity, Status.INTERVIEW_SCHEDULED),
    ]


def receive_offer(entity: Entity, offer: OfferReceived) -> list[Draft]:
    """The offer, and the status it brings where that is allowed."""
    return [
        Draft(EventType.OFFER_RECEIVED, offer),
        *_consequence(entity, Status.OFFER_RECEIVED),
    ]


def _consequence(entity: Entity, status: Status) -> list[Draft]:
    return [change_status(entity, status)] if allowed(entity.stage, status) else []


def check_room(facts: int, drafts: int) -> None:
    """Raises ApplicationTooLarge when the flow might refuse what is written now.

    `facts` counts those folded and those that wait.
    """
    limit = FACTS_MAX - ROOM_FOR_OTHERS
    if facts + drafts > limit:
        raise ApplicationTooLarge(
            f"This application has {facts} events; no more than {limit} can be entered here.",
            details={"facts": facts, "limit": limit},
        )
