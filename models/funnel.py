"""How far applications get, and where they end."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from models.application import CLOSED, Status

STAGES = (
    Status.APPLIED,
    Status.VIEWED,
    Status.SHORTLISTED,
    Status.INTERVIEW_SCHEDULED,
    Status.INTERVIEWED,
    Status.OFFER_RECEIVED,
    Status.HIRED,
)
"""The way to a job. Who got to a stage is counted in all before it, seen there or not."""


class Standing(NamedTuple):
    """So many applications whose furthest stage and present status are these."""

    furthest: str
    status: str
    applications: int


class Hop(NamedTuple):
    """One stage: who got there, and of those who got no further who is where."""

    stage: Status
    reached: int
    share: float | None
    """Of all applications; null without any."""
    pass_through: float | None
    """Of those who reached the stage before; null where these are too few."""
    open: int
    rejected: int
    withdrawn: int


class Offers(NamedTuple):
    """Who was offered a job, and what became of it. Who was hired had an offer."""

    applications: int
    offered: int
    offer_rate: float | None
    open: int
    hired: int
    rejected: int
    withdrawn: int
    acceptance_rate: float | None
    """Hired of the offers that are not open any more; null where these are too few."""


def funnel(standings: Iterable[Standing], cases_min: int = 1) -> list[Hop]:
    """Each stage in order. reached(n) − reached(n + 1) = open + rejected + withdrawn of n, but
    at the last, whose remainder is hired. No share is of fewer than `cases_min`."""
    ends: Counter[tuple[str, str]] = Counter()
    for standing in standings:
        ends[standing.furthest, _end(standing.status)] += standing.applications
    hops: list[Hop] = []
    reached = total = sum(ends.values())
    before: int | None = None
    for stage in STAGES:
        here = {end: ends[stage, end] for end in ("open", "rejected", "withdrawn", "hired")}
        hops.append(
            Hop(
                stage,
                reached,
                share(reached, total, cases_min),
                None if before is None else share(reached, before, cases_min),
                here["open"],
                here["rejected"],
                here["withdrawn"],
            )
        )
        before = reached
        reached -= sum(here.values())
    return hops


def offers(standings: Iterable[Standing], cases_min: int = 1) -> Offers:
    """Offers among them. No share is of fewer than `cases_min`."""
    applications = 0
    ends: Counter[str] = Counter()
    for standing in standings:
        applications += standing.applications
        if standing.furthest in (Status.OFFER_RECEIVED, Status.HIRED):
            ends[_end(standing.status)] += standing.applications
    offered = sum(ends.values())
    return Offers(
        applications,
        offered,
        share(offered, applications, cases_min),
        ends["open"],
        ends["hired"],
        ends["rejected"],
        ends["withdrawn"],
        share(ends["hired"], offered - ends["open"], cases_min),
    )


def share(part: int, whole: int, whole_min: int = 1) -> float | None:
    """Between 0 and 1; None of nothing, and of fewer than `whole_min`."""
    return part / whole if whole >= whole_min else None


def _end(status: str) -> str:
    return status if status in CLOSED else "open"
