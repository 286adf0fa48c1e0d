"""Metrics counted again from the contract's rows, one by one, by code that shares nothing with
the product's."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from lifelines import KaplanMeierFitter

LADDER = (
    "applied",
    "viewed",
    "shortlisted",
    "interview_scheduled",
    "interviewed",
    "offer_received",
    "hired",
)
CLOSED = ("hired", "rejected", "withdrawn")
Row = dict[str, Any]


def furthest(row: Row) -> int:
    """Number of the furthest rung."""
    rungs = [LADDER.index(c["to"]) for c in row["status_changes"] if c["to"] in LADDER]
    told = (("views", 1), ("interviews_scheduled", 3), ("offers_received", 5))
    return max([0, *rungs, *(rung for name, rung in told if row[name] > 0)])


def funnel(rows: list[Row]) -> list[tuple[str, int, int, int, int]]:
    """(stage, reached, open, rejected, withdrawn)."""
    found = []
    for rung, stage in enumerate(LADDER):
        here = Counter(row["status"] for row in rows if furthest(row) == rung)
        waiting = sum(here.values()) - sum(here[status] for status in CLOSED)
        reached = sum(furthest(row) >= rung for row in rows)
        found.append((stage, reached, waiting, here["rejected"], here["withdrawn"]))
    return found


def wait(row: Row, clock: datetime) -> tuple[float, bool]:
    """Hours, and whether they ended with an answer."""
    if row["first_response_at"] is not None:
        end = max(row["first_response_at"], row["applied_at"])
        return (end - row["applied_at"]) / timedelta(hours=1), True
    end = min(row["status_at"], clock) if row["status"] == "withdrawn" else clock
    return max(0.0, (end - row["applied_at"]) / timedelta(hours=1)), False


def estimate(waits: list[tuple[float, bool]]) -> KaplanMeierFitter:
    """By lifelines."""
    hours, answered = zip(*waits, strict=True)
    return KaplanMeierFitter().fit(hours, answered)


def percentile(fitted: KaplanMeierFitter, share: float) -> float | None:
    """Hours after which it has happened to so many."""
    curve = fitted.survival_function_["KM_estimate"]
    reached = curve[curve <= 1 - share + 1e-9]
    return None if reached.empty else float(reached.index[0])


def ghosted_after(rows: list[Row], clock: datetime) -> float:
    """Hours that 90 % of all answers take that ever come."""
    waits = [wait(row, clock) for row in rows]
    if sum(answered for _, answered in waits) < 5:
        return 504.0
    fitted = estimate(waits)
    ever = 1 - float(fitted.survival_function_["KM_estimate"].min())
    found = percentile(fitted, 0.9 * ever)
    assert found is not None
    return found


def silence(row: Row, clock: datetime) -> float | None:
    """Hours of it while the application is open."""
    if row["status"] in CLOSED:
        return None
    since = row["last_employer_activity_at"] or row["applied_at"]
    return (clock - since) / timedelta(hours=1)


def stays(rows: list[Row], stage: str, clock: datetime) -> list[tuple[float, bool]]:
    """Hours in the stage, and whether it was left, of those who were ever there."""
    found = []
    for row in rows:
        changes = row["status_changes"]
        if stage not in [change["to"] for change in changes]:
            continue
        spent = [b["at"] - a["at"] for a, b in pairwise(changes) if a["to"] == stage]
        hours = sum(spent, timedelta()) / timedelta(hours=1)
        left = changes[-1]["to"] != stage
        if not left:
            hours += max(0.0, (clock - changes[-1]["at"]) / timedelta(hours=1))
        found.append((hours, left))
    return found


def volume(events: pl.DataFrame, zone: str, per: str) -> dict[str, int]:
    """Events by the local begin of their hour, day or ISO week."""
    local = events["time"].dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    begins = local.dt.truncate({"hour": "1h", "day": "1d", "week": "1w"}[per])
    return Counter(begin.isoformat() for begin in begins)


def monday(moment: datetime, zone: str) -> str:
    """The Monday of its ISO week there."""
    day = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()
    return (day - timedelta(days=day.weekday())).isoformat()
