"""Every stored figure recomputed from the log by an independent path, and compared exactly."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.verify.against import Fed
from flows.verify.applications import check_range
from flows.verify.counts import check_counts
from flows.verify.letters import check_letters
from flows.verify.report import Difference, Report
from flows.verify.snapshot import SQL, snapshot

__all__ = ["Difference", "Progress", "Report", "verify"]

Progress = Callable[[int, int], None]
"""Called with facts done and facts in all."""


def verify(
    url: str, against: Sequence[Path] = (), progress: Progress = lambda done, total: None
) -> Report:
    """Compare everything in one snapshot of the database, and with the fed files if any.

    Raises Unavailable when Postgres does not answer, OSError for a file that cannot be read.
    """
    began = time.monotonic()
    report = Report()
    fed = Fed(against) if against else None
    with snapshot(url) as moment:
        total, report.waiting = moment.rows(SQL.totals)[0]
        check_counts(report, moment)
        for within in moment.ranges():
            facts = check_range(report, moment, within)
            if fed is not None:
                fed.met(facts)
            progress(report.facts, total)
        check_letters(report, moment)
        if fed is not None:
            fed.check(report, moment)
    report.seconds = time.monotonic() - began
    return report
