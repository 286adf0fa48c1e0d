"""Positions, counters and leftovers of the whole database."""

from flows.verify.report import Report
from flows.verify.snapshot import SQL, Snapshot

_STALE_S = 10.0
"""A locked entity row is retried at once; after so long something is wrong."""


def check_counts(report: Report, snapshot: Snapshot) -> None:
    """Dense offsets, counters that add up, nothing left behind."""
    for partition, entries, first, last, facts, head, accepted, clock in snapshot.rows(
        SQL.log_partitions
    ):
        where = f"partition {partition}"
        if entries and (first, last) != (0, entries - 1):
            report.add("offsets are dense", where, f"{first}…{last}", f"0…{entries - 1}")
        if head != entries:
            report.add("log_offset = end of the log", where, head, entries)
        if accepted != facts:
            report.add("accepted = facts in the log", where, accepted, facts)
        if not clock:
            report.add("log clock", where, "another", "greatest least(time, recorded_at)")
    for partition, made, counted in snapshot.rows(SQL.dead_partitions):
        report.add("dead_lettered = dead letters", f"partition {partition}", counted, made)
    for run, received, judged, waiting in snapshot.rows(SQL.run_sums):
        found = f"{received} received"
        report.add("ingest counts add up", f"run {run}", found, f"{judged} + {waiting} waiting")
    for application_id, event_id in snapshot.rows(SQL.unjudgeable):
        report.add("pending writes settle", application_id, f"{event_id} pending", "judged")
    for (application_id,) in snapshot.rows(SQL.stale, _STALE_S):
        report.add("entities follow", application_id, f"stale for {_STALE_S} s", "the fold")
