"""The published warehouse against the log up to its positions: rows, transitions, events, and
the history, exactly."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from flows.verify.compare import compare
from flows.verify.facts import frame
from flows.verify.instants import microseconds
from flows.verify.judgement import Json, Judged
from flows.verify.published import Published
from flows.verify.recompute import recompute
from flows.verify.report import Report
from flows.verify.rows import ANNOUNCED, announced, recomputed
from flows.verify.snapshot import SQL, Range, Rows, Snapshot
from flows.verify.stays import Stays, stays

_CHUNK_LINES = 20_000
_UPDATED = "application.analytics_updated"
_KEY = "application_id"
_TOLD = ("status", "views", "interviews_scheduled", "offers_received")
_SAID = ("p", "low", "high", "modelVersion", "labelsSeen", "coldStart")


class Placed(NamedTuple):
    """A fact and its place in the log."""

    fact: Judged
    partition: int
    offset: int


class Span(NamedTuple):
    """Lines of a partition of the log, from `first` to before `last`."""

    partition: int
    first: int
    last: int


class Lived(NamedTuple):
    """Facts and row versions of some lines of the log, and the greatest log clock in µs."""

    events: int = 0
    versions: int = 0
    clock: int = 0

    def joined(self, other: "Lived") -> "Lived":
        """Of these lines and others."""
        counts = self.events + other.events, self.versions + other.versions
        return Lived(*counts, max(self.clock, other.clock))


def check_manifest(report: Report, snapshot: Snapshot, published: Published) -> bool:
    """The file and its manifest; whether its lines can be compared with this log."""
    manifest = published.manifest
    log_id, positions, rows, parts, _ = published.identity()
    said = (manifest.log_id, manifest.positions, manifest.rows, manifest.parts, manifest.sha256)
    found = (log_id, positions, rows, parts, published.sha256())
    for name, one, other in zip(
        ("log_id", "positions", "rows", "parts", "sha256"), said, found, strict=True
    ):
        if one != other:
            report.add("manifest = published file", name, one, other)
    if snapshot.rows(SQL.log_id) != [(log_id,)]:
        report.add("the warehouse is of this log", manifest.file, log_id, "this log's id")
        return False
    for part in published.missing_parts():
        report.add("history is there", part, "no file", "a file")
        return False
    return True


def line_spans(published: Published) -> Iterator[Span]:
    """Every line of the log below the version's positions."""
    _, positions, *_ = published.identity()
    for partition, end in positions.items():
        for first in range(0, end, _CHUNK_LINES):
            yield Span(partition, first, min(end, first + _CHUNK_LINES))


def check_lines(report: Report, snapshot: Snapshot, published: Published, span: Span) -> Lived:
    """A span of the log as the version and its history hold it."""
    partition, first, last = span
    lines = snapshot.rows(SQL.lines, partition, first, last)
    if len(lines) != last - first:
        report.add("positions are in the log", f"partition {partition}", last, len(lines))
    events = [line for line in lines if line[8] != _UPDATED]
    versions = [line for line in lines if line[8] == _UPDATED]
    _check_events(report, published, events, span)
    told = [json.loads(line[9])["data"] for line in versions]
    _check_versions(report, published, versions, told, span)
    _check_predictions(report, published, versions, told, span)
    clock = max((min(line[2], line[3]) for line in events), default=0)
    return Lived(len(events), len(versions), clock)


def check_totals(report: Report, published: Published, lived: Lived) -> None:
    """The history has no more than the lines that were compared, and lived up to the last."""
    _, _, _, parts, clock = published.identity()
    totals = {"events": lived.events, "versions": lived.versions}
    if parts != totals:
        report.add("history holds the log", "rows", parts, totals)
    if (clock or 0) != lived.clock:
        report.add("warehouse clock", published.manifest.file, clock, lived.clock)


def check_rows(
    report: Report,
    snapshot: Snapshot,
    published: Published,
    within: Range,
    facts: Sequence[Placed],
    rows: pl.DataFrame,
) -> None:
    """A range of applications, recomputed from the facts that the version has; `rows` are those
    of all facts."""
    positions = published.manifest.positions
    known = [one.fact for one in facts if one.offset < positions.get(one.partition, 0)]
    revisions = snapshot.rows(
        SQL.revisions_until, *within, list(positions), list(positions.values())
    )
    if len(known) < len(facts):
        rows = recomputed(recompute(frame(known)))
    expected = rows.join(
        pl.DataFrame(
            [(one, int(id_.rpartition(":")[2])) for one, id_ in revisions],
            schema={_KEY: pl.String, "revision": pl.Int64},
            orient="row",
        ),
        on=_KEY,
        how="left",
    )
    found = published.applications(within)
    compare(report, "v_applications = recompute", found, expected, ANNOUNCED)
    changes = published.status_changes(within)
    _check_status_changes(report, changes, expected)
    _check_stays(report, published.stays(within), changes, expected)


def _check_status_changes(
    report: Report, changes: Mapping[str, list[tuple[object, ...]]], expected: pl.DataFrame
) -> None:
    wanted = dict(expected.select(_KEY, "status_changes").iter_rows())
    for application_id in changes.keys() | wanted.keys():
        rows = changes.get(application_id, [])
        numbers, steps = [row[0] for row in rows], str([row[1:] for row in rows])
        told = wanted.get(application_id, "[]")
        if steps != told or numbers != list(range(1, len(rows) + 1)):
            report.add("v_status_changes = recompute", application_id, steps, told)


def _check_stays(
    report: Report,
    found: Mapping[str, Stays],
    changes: Mapping[str, list[tuple[Any, ...]]],
    expected: pl.DataFrame,
) -> None:
    """From the transitions as they are published, which have been compared."""
    for application_id, status, *told in expected.select(_KEY, *_TOLD).iter_rows():
        wanted = stays(status, (told[0], told[1], told[2]), changes.get(application_id, []))
        if found.get(application_id) != wanted:
            one = found.get(application_id, "no row")
            report.add("furthest and hours = recompute", application_id, one, wanted)


def _check_events(report: Report, published: Published, lines: Rows, place: Span) -> None:
    _differ(report, "events = log", published.events(*place), [line[:9] for line in lines])
    _differ(report, "history of events = log", published.history_events(*place), lines)


def _differ(report: Report, check: str, rows: Rows, lines: Rows) -> None:
    """Both in the order of their offsets."""
    if rows == lines:
        return
    told = {line[:2]: line for line in lines}
    found = {row[:2]: row for row in rows}
    if len(found) != len(rows):
        report.add(check, "offsets", f"{len(rows)} rows", f"{len(found)} places")
    for where in found.keys() | told.keys():
        if found.get(where) != told.get(where):
            report.add(check, where, found.get(where, "no row"), told.get(where, "no row"))


def _check_predictions(
    report: Report, published: Published, lines: Rows, told: Sequence[Json], place: Span
) -> None:
    predictions = [
        (
            *line[:3],
            line[6],
            data["analytics"]["status"],
            microseconds(said["computedAt"]),
            *(said[name] for name in _SAID),
        )
        for line, data in zip(lines, told, strict=True)
        if (said := data.get("successProbability"))
    ]
    _differ(report, "predictions = log", published.predictions(*place), predictions)


def _check_versions(
    report: Report, published: Published, lines: Rows, told: Sequence[Json], place: Span
) -> None:
    check = "history of rows = log"
    places, found = published.history_versions(*place)
    if places != [(line[1], line[2]) for line in lines]:
        report.add(check, f"partition {place[0]}", f"{len(places)} rows", f"{len(lines)} rows")
        return
    expected = announced(data["analytics"] for data in told)
    # One application may have many versions here, so the row's number is the key.
    number = pl.int_range(pl.len()).cast(pl.String)
    compare(
        report,
        check,
        found.rename({_KEY: "application"}).with_columns(number.alias(_KEY)),
        expected.rename({_KEY: "application"}).with_columns(number.alias(_KEY)),
        ["application", *(name for name in ANNOUNCED if name != _KEY)],
    )
