"""Judged events as columns: what the recompute needs of each fact, and no more."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from flows.verify.judgement import STATUSES, Judged

NO_RANK = 9
_CREATED_FIELDS = {
    "job_id": "jobId",
    "job_title": "jobTitle",
    "company": "company",
    "location": "location",
    "source": "source",
    "resume_id": "resumeId",
    "referral_code": "referralCode",
    "match_score": "matchScore",
}
# What tells one interview, offer or note from another.
_ITEM = {"interview_scheduled": "interviewId", "offer_received": "offerId", "note_added": "noteId"}

_NO_TEXTS = [None] * (len(_CREATED_FIELDS) - 1)

SCHEMA = {
    "application_id": pl.String,
    "id": pl.String,
    "user_id": pl.String,
    "type": pl.String,
    "time": pl.Int64,
    "rank": pl.Int8,
    "leads_to": pl.String,
    "claimed": pl.String,
    "corrects": pl.String,
    "retracts": pl.String,
    "item": pl.String,
    "reason": pl.String,
    "overall_score": pl.Float64,
    **dict.fromkeys(_CREATED_FIELDS, pl.String),
    "match_score": pl.Float64,
}


def frame(facts: Iterable[Judged]) -> pl.DataFrame:
    """One row per fact; times in microseconds since 1970."""
    return pl.DataFrame([_row(fact) for fact in facts], schema=SCHEMA, orient="row")


def _row(fact: Judged) -> tuple[Any, ...]:
    kind = fact.type
    retraction = fact.retracts is not None
    data = {} if retraction else fact.data  # a retraction's data is any object
    leads_to = _leads_to(fact)
    scored = kind == "match_score_updated" and not retraction
    if kind in ("created", "updated"):
        described = data.get("changes", data)
        *texts, score = [described.get(name) for name in _CREATED_FIELDS.values()]
    else:
        texts, score = _NO_TEXTS, None
    return (
        fact.subject,
        fact.id,
        fact.userid,
        kind,
        fact.time,
        NO_RANK if leads_to is None else STATUSES.index(leads_to),
        leads_to,
        data.get("oldStatus") if kind == "status_changed" else None,
        fact.corrects,
        fact.retracts,
        data.get(_ITEM[kind], fact.id) if kind in _ITEM else None,
        data.get("reason") if kind == "withdrawn" else None,
        float(data["score"]["overallScore"]) if scored else None,
        *texts,
        None if score is None else float(score),
    )


def _leads_to(fact: Judged) -> str | None:
    if fact.retracts is not None:
        return None  # never effective, so its place in the order does not matter
    if fact.type == "status_changed":
        return str(fact.data["newStatus"])
    return {"created": "applied", "withdrawn": "withdrawn"}.get(fact.type)
