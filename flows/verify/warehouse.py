"""The published warehouse against the log up to its positions: rows, transitions, events, and
the history, exactly."""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from flows.verify.compare import compare
from flows.verify.facts import frame
from flows.verify.instants import microseconds
from flows.verify.judgement import Judged
from flows.verify.published import Published
from flows.verify.recompute import recompute
from flows.verify.report import Report
from flows.verify.rows import ANNOUNCED, announced, recomputed
from flows.verify.snapshot import SQL, Range, Rows, Snapshot

_CHUNK_LINES = 50_000
_UPDATED = "application.analytics_updated"
_KEY = "application_id"
_SAID = ("p", "low", "high", "modelVersion", "labelsSeen", "coldStart")


class Placed(NamedTuple):
    """A fact and its place in the log."""

    fact: Judged
    partition: int
    offset: int


def check_published(report: Report, snapshot: Snapshot, published: Published) -> None:
    """The file and its manifest, then every line of the log below its positions."""
    manifest = published.manifest
    log_id, positions, rows, parts, clock = published.identity()
    said = (manifest.log_id, manifest.positions, manifest.rows, manifest.parts, manifest.sha256)
    found = (log_id, positions, rows, parts, published.sha256())
    for name, one, other in zip(
        ("log_id", "positions", "rows", "parts", "sha256"), said, found, strict=True
    ):
        if one != other:
            report.add("manifest = published file", name, one, other)
    if snapshot.rows(SQL.log_id) != [(log_id,)]:
        report.add("the warehouse is of this log", manifest.file, log_id, "this log's id")
        return
    for part in published.missing_parts():
        report.add("history is there", part, "no file", "a file")
        return
    lived = 0
    totals = {"events": 0, "versions": 0}
    for partition, end in positions.items():
        for first in range(0, end, _CHUNK_LINES):
            last = min(end, first + _CHUNK_LINES)
            lines = snapshot.rows(SQL.lines, partition, first, last)
            if len(lines) != last - first:
                report.add("positions are in the log", f"partition {partition}", last, len(lines))
            events = [line for line in lines if line[8] != _UPDATED]
            versions = [line for line in lines if line[8] == _UPDATED]
            totals["events"] += len(events)
            totals["versions"] += len(versions)
            lived = max([lived, *(min(line[2], line[3]) for line in events)])
            _check_events(report, published, events, (partition, first, last))
            _check_versions(report, published, versions, (partition, first, last))
            _check_predictions(report, published, versions, (partition, first, last))
    if parts != totals:
        report.add("history holds the log", "rows", parts, totals)
    if (clock or 0) != lived:
        report.add("warehouse clock", manifest.file, clock, lived)


def check_rows(
    report: Report,
    snapshot: Snapshot,
    published: Published,
    within: Range,
    facts: Iterable[Placed],
) -> None:
    """A range of applications, recomputed from the facts that the version has."""
    positions = published.manifest.positions
    known = [one.fact for one in facts if one.offset < positions.get(one.partition, 0)]
    revisions = snapshot.rows(
        SQL.revisions_until, *within, list(positions), list(positions.values())
    )
    expected = recomputed(recompute(frame(known))).join(
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
    _check_status_changes(report, published.status_changes(within), expected)


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


def _check_events(
    report: Report, published: Published, lines: Rows, place: tuple[int, int, int]
) -> None:
    told = {line[:2]: line for line in lines}
    _differ(report, "events = log", published.events(*place), {k: v[:9] for k, v in told.items()})
    _differ(report, "history of events = log", published.history_events(*place), told)


def _check_predictions(
    report: Report, published: Published, lines: Rows, place: tuple[int, int, int]
) -> None:
    told = {}
    for line in lines:
        data = json.loads(line[9])["data"]
        if said := data.get("successProbability"):
            told[line[:2]] = (
                *line[:3],
                line[6],
                data["analytics"]["status"],
                microseconds(said["computedAt"]),
                *(said[name] for name in _SAID),
            )
    _differ(report, "predictions = log", published.predictions(*place), told)


def _differ(
    report: Report, check: str, rows: Rows, told: Mapping[tuple[object, ...], object]
) -> None:
    found = {row[:2]: row for row in rows}
    if len(found) != len(rows):
        report.add(check, "offsets", f"{len(rows)} rows", f"{len(found)} places")
    for where in found.keys() | told.keys():
        if found.get(where) != told.get(where):
            report.add(check, where, found.get(where, "no row"), told.get(where, "no row"))


def _check_versions(
    report: Report, published: Published, lines: Rows, place: tuple[int, int, int]
) -> None:
    check = "history of rows = log"
    places, found = published.history_versions(*place)
    told = [(line[1], line[2]) for line in lines]
    if places != told:
        report.add(check, f"partition {place[0]}", f"{len(places)} rows", f"{len(told)} rows")
        return
    expected = announced(json.loads(line[9])["data"]["analytics"] for line in lines)
    # One application may have many versions here, so the row's number is the key.
    number = pl.int_range(pl.len()).cast(pl.String)
    compare(
        report,
        check,
        found.rename({_KEY: "application"}).with_columns(number.alias(_KEY)),
        expected.rename({_KEY: "application"}).with_columns(number.alias(_KEY)),
        ["application", *(name for name in ANNOUNCED if name != _KEY)],
    )
