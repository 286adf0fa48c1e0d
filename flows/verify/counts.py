"""Positions, counters and leftovers of the whole database."""

from flows.verify.report import Report
from flows.verify.snapshot import SQL, Snapshot
from flows.verify.topic import Unread

_STALE_S = 10.0
"""A locked entity row is retried at once; after so long something is wrong."""


def check_counts(report: Report, snapshot: Snapshot, unread: Unread | None = None) -> None:
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
    _check_ways_in(report, snapshot, unread)
    for (application_id,) in snapshot.rows(SQL.stale, _STALE_S):
        report.add("entities follow", application_id, f"stale for {_STALE_S} s", "the fold")


def _check_ways_in(report: Report, snapshot: Snapshot, unread: Unread | None) -> None:
    """What came in through outbox and topic is judged or still waits in one of them."""
    if unread is None and snapshot.rows(SQL.through_topic):
        return  # of what waits in a topic that is not read nothing can be said
    unread = unread or Unread()
    for run, received, judged in snapshot.rows(SQL.run_sums):
        outbox = {place for (place,) in snapshot.rows(SQL.run_places, run)}
        least = judged + len(outbox - unread.places)
        # Of the unread some may have come in since the snapshot.
        if not least <= received <= least + unread.runs[run]:
            expected = f"{judged} + {len(outbox)} waiting + {unread.runs[run]} in the topic"
            report.add("ingest counts add up", f"run {run}", f"{received} received", expected)
    for application_id, event_id in snapshot.rows(SQL.unjudgeable):
        if (application_id, event_id) not in unread.events:
            report.add("pending writes settle", application_id, f"{event_id} pending", "judged")
