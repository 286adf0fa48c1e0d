"""An evaluation as a person reads it."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from flows.evaluate.report import Part, Report
from flows.evaluate.scores import Score

_DAYS_SHOWN = 12


def show(report: Report, console: Console) -> None:
    """All of it; days are thinned out."""
    console.print(
        f"{report.name}: {report.messages:,} events of {report.applications:,} applications, "
        f"{report.labels:,} outcomes learned; {report.predictions:,} served predictions scored, "
        f"{report.hired_share:.1%} of them hired",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    console.print(_scores(report))
    if report.best is not None:
        best = report.best
        console.print(
            f"above the best possible: {best.excess_log_loss:.4f} nats "
            f"(expected {best.expected_excess:.4f}); the 80 % intervals hold the true "
            f"probability in {best.coverage:.0%}",
            highlight=False,
            soft_wrap=True,
        )
    console.print(_calibration(report))
    console.print(_parts("by outcomes learned", "from", report.by_labels))
    every = max(1, -(-len(report.by_day) // _DAYS_SHOWN))
    console.print(_parts("by day, some of them", "day", report.by_day[::every]))
    if report.recovery is not None:
        found = report.recovery
        told = (
            "not recovered by the end"
            if found.days is None
            else f"recovered after {found.days} days and {found.labels:,} outcomes"
        )
        console.print(
            f"change of behaviour: {found.before:.4f} nats above the best possible before it, "
            f"{found.worst:.4f} in its worst week, {told}",
            highlight=False,
            soft_wrap=True,
        )
    if report.offline is not None:
        found_offline = report.offline
        distance = found_offline.auc_distance
        console.print(
            f"beside LightGBM ({found_offline.split}): AUC of what was served is "
            f"{'-' if distance is None else format(distance, '.4f')} below",
            highlight=False,
            soft_wrap=True,
        )


def point_of_curve(report: Report) -> str:
    """One size in a sentence, for who waits for the greater ones."""
    above = "" if report.best is None else f"{report.best.excess_log_loss:.4f} nats above the best"
    return f"{report.applications:,} applications: {above}, AUC {_share(report.served.auc)}"


def curve_table(reports: Sequence[Report]) -> Table:
    """The learning curve: a world of its own for each size."""
    table = _table(
        "learning curve", "applications", "log loss", "best", "excess", "calibration", "AUC", "base"
    )
    for one in reports:
        best = one.best
        table.add_row(
            f"{one.applications:,}",
            f"{one.served.log_loss:.4f}",
            "" if best is None else f"{best.score.log_loss:.4f}",
            "" if best is None else f"{best.excess_log_loss:.4f}",
            f"{one.served.calibration_error:.4f}",
            _share(one.served.auc),
            f"{one.base_rate.log_loss:.4f}",
        )
    return table


def _scores(report: Report) -> Table:
    table = _table("", "", "log loss", "Brier", "AUC", "calibration error")
    rows: list[tuple[str, Score]] = [("served", report.served)]
    if report.best is not None:
        rows.append(("best possible", report.best.score))
    rows += [("stage's base rate", report.stage_rate), ("base rate", report.base_rate)]
    if report.offline is not None:
        rows += [
            ("served, last part", report.offline.served),
            ("LightGBM, last part", report.offline.offline),
        ]
    for name, one in rows:
        table.add_row(
            name,
            f"{one.log_loss:.4f}",
            f"{one.brier:.4f}",
            _share(one.auc),
            f"{one.calibration_error:.4f}",
        )
    return table


def _calibration(report: Report) -> Table:
    table = _table("calibration", "predicted", "predictions", "mean", "hired")
    for one in report.calibration:
        table.add_row(
            f"{one.low:.2f}-{one.high:.2f}",
            f"{one.predictions:,}",
            f"{one.predicted:.3f}",
            f"{one.hired:.3f}",
        )
    return table


def _parts(title: str, first: str, parts: Sequence[Part]) -> Table:
    table = _table(title, first, "predictions", "log loss", "base rate", "excess")
    for one in parts:
        table.add_row(
            one.name,
            f"{one.predictions:,}",
            f"{one.log_loss:.4f}",
            f"{one.base_rate_log_loss:.4f}",
            "" if one.excess is None else f"{one.excess:.4f}",
        )
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
