"""Every stored figure recomputed from the log by an independent path, and compared exactly."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.verify.against import read_files
from flows.verify.applications import check_range
from flows.verify.counts import check_counts
from flows.verify.letters import check_letters
from flows.verify.probabilities import check_probabilities
from flows.verify.published import published
from flows.verify.report import Difference, Report
from flows.verify.snapshot import SQL, snapshot
from flows.verify.topic import read_topic
from flows.verify.warehouse import check_published
from models.settings import Settings

__all__ = ["Difference", "Progress", "Report", "verify"]

Progress = Callable[[int, int], None]
"""Called with facts done and facts in all."""


def verify(
    url: str,
    against: Sequence[Path] = (),
    progress: Progress = lambda done, total: None,
    kafka: Settings | None = None,
    warehouse: Path | None = None,
) -> Report:
    """Compare everything in one snapshot of the database, with the fed files if any, and with
    the events topic that `kafka` names.

    `warehouse` is its folder: the published version is compared with the log up to its
    positions. Raises Unavailable when Postgres or Kafka does not answer, OSError for a file
    that cannot be read.
    """
    began = time.monotonic()
    report = Report()
    files = read_files(against)
    all_fed = [files] if against else []
    with published(warehouse) as version, snapshot(url) as moment:
        total, report.waiting = moment.rows(SQL.totals)[0]
        topic, unread = None, None
        if kafka is not None:
            topic, unread = read_topic(kafka, moment)
            all_fed.append(topic)
            report.waiting += unread.messages
            report.published = len(topic)
        check_counts(report, moment, unread)
        for within in moment.ranges():
            facts = check_range(report, moment, within, version)
            for fed in all_fed:
                fed.met(facts)
            progress(report.facts, total)
        check_letters(report, moment)
        if version is not None:
            check_published(report, moment, version)
            report.warehouse = version.manifest.version
        check_probabilities(report, moment)
        if against:
            report.fed, report.unfed = len(files), files.check(report, moment)
        if topic is not None:
            topic.check(report, moment)
    report.seconds = time.monotonic() - began
    return report
