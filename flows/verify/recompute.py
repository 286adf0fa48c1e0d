"""Facts to rows, in whole columns: the contract's table written a second time, in polars.

Shares nothing with the fold in `models/`, so that a mistake has to be made twice to hide.
"""

import polars as pl

from flows.verify.judgement import STATUSES

US_PER_HOUR = 3_600_000_000
_ANSWERS = "shortlisted interview_scheduled interviewed offer_received hired rejected".split()
_DESCRIPTION = "job_id job_title company location source resume_id referral_code match_score"
_OFTEN = "interview_scheduled offer_received rejected withdrawn"
_ALLOWED = {
    None: "applied",
    "applied": f"viewed shortlisted {_OFTEN}",
    "viewed": f"shortlisted {_OFTEN}",
    "shortlisted": _OFTEN,
    "interview_scheduled": "interviewed offer_received rejected withdrawn",
    "interviewed": "interview_scheduled offer_received hired rejected withdrawn",
    "offer_received": "hired rejected withdrawn",
    "rejected": "shortlisted",
    "hired": "",
    "withdrawn": "",
}
_PAIRS = pl.DataFrame(
    [(before, to) for before, line in _ALLOWED.items() for to in line.split()],
    schema={"from": pl.Enum(STATUSES), "to": pl.Enum(STATUSES)},
    orient="row",
).with_columns(allowed=True)
_TRANSITION = ["from", "to", "at", "hours_in_from", "allowed"]


def recompute(facts: pl.DataFrame) -> pl.DataFrame:
    """One row per application, times in microseconds since 1970, `flags` sorted,
    `status_changes` a list of structs."""
    effective = _effective(facts).sort("application_id", "time", "rank", "id")
    moves = effective.filter(pl.col("leads_to").is_not_null()).with_columns(
        before=pl.col("leads_to").shift(1).over("application_id")
    )
    transitions = _transitions(moves)
    every = facts.group_by("application_id").agg(
        user_id=pl.col("user_id").first(),
        version=pl.len().cast(pl.Int64),
        last_fact_at=pl.col("time").max(),
    )
    parts = (_of_events(effective), _of_transitions(transitions), _gaps(moves))
    for part in parts:
        every = every.join(part, on="application_id", how="left", maintain_order="left")
    return _finish(every)


def _effective(facts: pl.DataFrame) -> pl.DataFrame:
    """Those that nothing corrects or retracts, but for lesser ones of rival corrections."""
    undone = facts.filter(pl.col("retracts").is_null())
    for name in ("corrects", "retracts"):
        targets = facts.filter(pl.col(name).is_not_null()).select("application_id", id=name)
        undone = undone.join(targets, on=["application_id", "id"], how="anti")
    greatest = (
        facts.filter(pl.col("corrects").is_not_null())
        .group_by("application_id", "corrects")
        .agg(greatest=pl.col("id").max())
    )
    rivals = undone.join(greatest, on=["application_id", "corrects"], how="left")
    return rivals.filter(pl.col("greatest").is_null() | (pl.col("greatest") == pl.col("id")))


def _transitions(moves: pl.DataFrame) -> pl.DataFrame:
    moved = moves.filter(pl.col("before").is_null() | (pl.col("before") != pl.col("leads_to")))
    since = pl.col("time") - pl.col("time").shift(1).over("application_id")
    rows = moved.select(
        "application_id",
        pl.col("before").cast(pl.Enum(STATUSES)).alias("from"),
        pl.col("leads_to").cast(pl.Enum(STATUSES)).alias("to"),
        pl.col("time").alias("at"),
        _hours(since).alias("hours_in_from"),
    )
    return rows.join(
        _PAIRS, on=["from", "to"], how="left", nulls_equal=True, maintain_order="left"
    ).with_columns(pl.col("allowed").fill_null(value=False), pl.col("from", "to").cast(pl.String))


def _of_transitions(transitions: pl.DataFrame) -> pl.DataFrame:
    to = pl.col("to")
    return transitions.group_by("application_id", maintain_order=True).agg(
        status=to.last(),
        status_at=pl.col("at").last(),
        to_interview=(to == "interview_scheduled").sum(),
        to_offer=(to == "offer_received").sum(),
        answered_by_status=pl.col("at").filter(to.is_in(_ANSWERS)).min(),
        outside=(~pl.col("allowed")).any(),
        status_changes=pl.struct(_TRANSITION),
    )


def _gaps(moves: pl.DataFrame) -> pl.DataFrame:
    claimed = pl.col("claimed")
    differs = claimed.is_not_null() & claimed.ne_missing(pl.col("before"))
    return moves.group_by("application_id").agg(gap=differs.any())


def _of_events(effective: pl.DataFrame) -> pl.DataFrame:
    time, item = pl.col("time"), pl.col("item")

    def of(*types: str) -> pl.Expr:
        return pl.col("type").is_in(types)

    by_employer = of("viewed_by_employer", "interview_scheduled", "offer_received") | (
        of("status_changed") & ~pl.col("leads_to").is_in(["applied", "withdrawn"])
    )
    created, updated = of("created"), of("updated")
    described = {
        name: pl.coalesce(
            pl.col(name).filter(updated).drop_nulls().last(), pl.col(name).filter(created).first()
        )
        for name in _DESCRIPTION.split()
    }
    return effective.group_by("application_id", maintain_order=True).agg(
        **described,
        applied_at=time.filter(created).first(),
        views=of("viewed_by_employer").sum(),
        first_viewed_at=time.filter(of("viewed_by_employer")).first(),
        interviews=item.filter(of("interview_scheduled")).n_unique(),
        offers=item.filter(of("offer_received")).n_unique(),
        answered_by_event=time.filter(of("interview_scheduled", "offer_received")).min(),
        notes=item.filter(of("note_added")).n_unique(),
        reminders=of("reminder_triggered").sum(),
        updates=updated.sum(),
        last_candidate_activity_at=time.filter(
            of("created", "updated", "note_added", "withdrawn")
        ).max(),
        last_employer_activity_at=time.filter(by_employer).max(),
        last_score=pl.col("overall_score").filter(of("match_score_updated")).last(),
        withdraw_reason=pl.col("reason").filter(of("withdrawn")).last(),
    )


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    count = {name: pl.col(name).fill_null(0).cast(pl.Int64) for name in COUNTED}
    hired = (pl.col("status") == "hired").fill_null(value=False)
    first = pl.min_horizontal("answered_by_status", "answered_by_event")
    rows = rows.with_columns(
        **count,
        hired=hired,
        hired_at=pl.when(hired).then("status_at"),
        first_response_at=first,
        match_score=pl.coalesce("last_score", "match_score"),
        status_changes=pl.col("status_changes").fill_null([]),
    )
    wait = pl.col("first_response_at") - pl.col("applied_at")
    flags = {
        "clock": wait < 0,
        "gap": pl.col("gap"),
        "orphan": pl.col("applied_at").is_null(),
        "transition": pl.col("outside"),
    }
    return rows.with_columns(
        interviews_scheduled=pl.max_horizontal("interviews", "to_interview"),
        offers_received=pl.max_horizontal("offers", "to_offer"),
        response_time_hours=_hours(wait.clip(lower_bound=0)),
        flags=pl.concat_list(
            pl.when(raised.fill_null(value=False)).then(pl.lit(flag))
            for flag, raised in flags.items()
        ).list.drop_nulls(),
    ).select(COLUMNS)


COUNTED = "views interviews to_interview offers to_offer notes reminders updates".split()
COLUMNS = (
    "application_id user_id job_id job_title company location source applied_at status status_at"
    " views first_viewed_at interviews_scheduled offers_received hired hired_at first_response_at"
    " response_time_hours notes reminders updates last_candidate_activity_at"
    " last_employer_activity_at match_score status_changes flags version resume_id referral_code"
    " withdraw_reason last_fact_at"
).split()


def _hours(microseconds: pl.Expr) -> pl.Expr:
    """Divided by a column: polars multiplies by the reciprocal of a scalar, which in one of
    four cases is another double."""
    whole = microseconds.cast(pl.Float64)
    return whole / (whole * 0 + US_PER_HOUR)
