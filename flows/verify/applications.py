"""A range of applications: its log recomputed and compared with all that was made of it."""

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from flows.verify.compare import compare
from flows.verify.facts import frame
from flows.verify.judgement import PREFIX, Judged, judge
from flows.verify.published import Published
from flows.verify.recompute import COLUMNS, recompute
from flows.verify.report import Report
from flows.verify.rows import ANNOUNCED, SCHEMA, announced, recomputed, stored
from flows.verify.snapshot import SQL, Range, Rows, Snapshot
from flows.verify.warehouse import Placed, check_rows

FACTS_MAX = 1_000
_KEY = "application_id"
_DESCRIPTION = (
    "application_id user_id job_id job_title company location source applied_at status status_at"
    " match_score resume_id referral_code withdraw_reason"
).split()
_ENTITY = {**{name: SCHEMA[name] for name in _DESCRIPTION}, "orphan": pl.Boolean}


def check_range(
    report: Report, snapshot: Snapshot, within: Range, published: Published | None = None
) -> list[Judged]:
    """Reports what differs; returns the accepted facts of the range."""
    placed = list(_facts(report, snapshot.rows(SQL.facts, *within)))
    facts = [one.fact for one in placed]
    columns = frame(facts)
    _check_acceptance(report, columns)
    expected = recomputed(recompute(columns))
    found = stored(snapshot.rows(SQL.rows, *within))
    compare(report, "row = recompute", found, expected, COLUMNS)
    _check_announced(report, snapshot.rows(SQL.announced, *within), found)
    _check_entities(report, snapshot.rows(SQL.entities, *within), expected)
    if published is not None:
        check_rows(report, snapshot, published, within, placed, expected)
    report.applications += expected.height
    report.facts += len(facts)
    return facts


def _facts(report: Report, rows: Rows) -> Iterator[Placed]:
    """Accepted events as the payload tells them; the other columns must say the same."""
    for application_id, id_, user_id, type_, time, recorded_us, payload, *place in rows:
        fact = judge(payload.encode(), recorded_us)
        where = f"{application_id} {id_}"
        if isinstance(fact, str):
            report.add("facts are valid", where, "accepted", fact)
            continue
        columns = (application_id, id_, user_id, type_, time)
        told = (fact.subject, fact.id, fact.userid, PREFIX + fact.type, fact.time)
        if columns != told:
            report.add("log columns = payload", where, columns, told)
        yield Placed(fact, *place)


def _check_acceptance(report: Report, facts: pl.DataFrame) -> None:
    """One owner, no id twice, no more facts than an application takes."""
    held = facts.group_by(_KEY).agg(
        owners=pl.col("user_id").n_unique(), ids=pl.col("id").n_unique(), facts=pl.len()
    )
    for row in held.filter(pl.col("owners") > 1).iter_rows(named=True):
        report.add("one owner", row[_KEY], f"{row['owners']} owners", "1")
    for row in held.filter(pl.col("ids") < pl.col("facts")).iter_rows(named=True):
        report.add("ids are unique", row[_KEY], f"{row['facts']} facts", f"{row['ids']} ids")
    for row in held.filter(pl.col("facts") > FACTS_MAX).iter_rows(named=True):
        report.add("size", row[_KEY], f"{row['facts']} facts", f"at most {FACTS_MAX}")


def _check_announced(report: Report, rows: Rows, found: pl.DataFrame) -> None:
    """The newest analytics_updated is the row, and there was one for each revision."""
    views: list[dict[str, Any]] = []
    for application_id, id_, user_id, orphan, payload, announcements in rows:
        event = json.loads(payload)
        view = event["data"]["analytics"]
        views.append(view)
        told = (event["id"], event["subject"], event["userid"], "orphan" in view["flags"])
        if told != (id_, application_id, user_id, orphan):
            report.add("log columns = payload", id_, (application_id, user_id, orphan), told)
        if id_ != f"{application_id}:{announcements}":
            report.add("each revision announced", application_id, announcements, id_)
    compare(report, "newest analytics_updated = row", announced(views), found, ANNOUNCED)


def _check_entities(report: Report, rows: Rows, expected: pl.DataFrame) -> None:
    """Where the API waits for nothing the entity is the fold; each listed one exists."""
    settled = [row[:-1] for row in rows if not row[-1]]
    owed = {row[0] for row in rows if row[-1]}
    fold = expected.with_columns(orphan=pl.col("applied_at").is_null())
    known = {row[0] for row in rows}
    # One that never had a created is folded, but there is nothing to list yet.
    unlisted = pl.col("orphan") & ~pl.col(_KEY).is_in(list(known))
    wanted = fold.filter(~unlisted & ~pl.col(_KEY).is_in(list(owed))).select(list(_ENTITY))
    entities = pl.DataFrame(settled, schema=_ENTITY, orient="row")
    compare(report, "entity = recompute", entities, wanted, list(_ENTITY))
