"""Every stored figure recomputed from the log by an independent path, and compared exactly."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from flows.verify.against import Fed, read_files
from flows.verify.counts import check_counts
from flows.verify.crew import inspected, processes_for
from flows.verify.letters import check_letters
from flows.verify.pieces import Applications, Piece
from flows.verify.published import Published, published
from flows.verify.report import Difference, Report
from flows.verify.snapshot import CHUNK_FACTS, SQL, Snapshot, snapshot
from flows.verify.topic import read_topic
from flows.verify.warehouse import Lived, check_manifest, check_totals, line_spans
from models.settings import Settings

__all__ = ["Difference", "Progress", "Report", "verify"]

Progress = Callable[[int, int], None]
"""Called with pieces of the work done and in all."""


def verify(
    url: str,
    against: Sequence[Path] = (),
    progress: Progress = lambda done, total: None,
    kafka: Settings | None = None,
    warehouse: Path | None = None,
    *,
    piece_facts: int = CHUNK_FACTS,
    processes: int | None = None,
) -> Report:
    """Compare everything in one snapshot of the database, with the fed files if any, and with
    the events topic that `kafka` names.

    `warehouse` is its folder: the published version is compared with the log up to its
    positions. Pieces of about `piece_facts` facts are shared among `processes`, as many as suit
    the machine unless told. Raises Unavailable when Postgres or Kafka does not answer, OSError
    for a file that cannot be read.
    """
    began = time.monotonic()
    report = Report()
    files = read_files(against)
    all_fed = [files] if against else []
    with published(warehouse) as version, snapshot(url) as moment:
        report.warehouse = None if version is None else version.manifest.version
        report.waiting = moment.rows(SQL.waiting_messages)[0][0]
        topic, unread = None, None
        if kafka is not None:
            topic, unread = read_topic(kafka, moment)
            all_fed.append(topic)
            report.waiting += unread.messages
            report.published = len(topic)
        check_counts(report, moment, unread)
        _inspect(report, moment, version, all_fed, piece_facts, processes, progress)
        check_letters(report, moment)
        if against:
            report.fed, report.unfed = len(files), files.check(report, moment)
        if topic is not None:
            topic.check(report, moment)
    report.seconds = time.monotonic() - began
    return report


def _inspect(
    report: Report,
    moment: Snapshot,
    version: Published | None,
    all_fed: Sequence[Fed],
    piece_facts: int,
    processes: int | None,
    progress: Progress,
) -> None:
    """Applications and the version's lines, piece by piece."""
    pieces: list[Piece] = [Applications(within) for within in moment.ranges(piece_facts)]
    comparable = version is not None and check_manifest(report, moment, version)
    if version is not None and comparable:
        pieces += line_spans(version)
    lived = Lived()
    crew = processes or processes_for(len(pieces))
    findings = inspected(pieces, moment, version, digests=bool(all_fed), processes=crew)
    for done, finding in enumerate(findings, 1):
        report.include(finding.report)
        lived = lived.joined(finding.lived)
        for fed in all_fed:
            fed.met(finding.facts)
        progress(done, len(pieces))
    if version is not None and comparable:
        check_totals(report, version, lived)
