"""Two tables of rows, compared column by column; doubles to the last bit."""

from collections.abc import Sequence

import polars as pl

from flows.verify.report import Report


def compare(
    report: Report, check: str, found: pl.DataFrame, expected: pl.DataFrame, columns: Sequence[str]
) -> None:
    """Reports every application that only one side has and every value that differs."""
    key = "application_id"
    for row in expected.join(found, on=key, how="anti").iter_rows(named=True):
        report.add(check, row[key], "no row", "a row")
    for row in found.join(expected, on=key, how="anti").iter_rows(named=True):
        report.add(check, row[key], "a row", "no row")
    both = found.join(expected, on=key, how="inner", suffix=":expected")
    values = [name for name in columns if name != key]
    marked = both.with_columns(
        _differs(pl.col(name), pl.col(f"{name}:expected"), found.schema[name]).alias(f"{name}:off")
        for name in values
    ).filter(pl.any_horizontal(f"{name}:off" for name in values))
    for row in marked.iter_rows(named=True):
        for name in values:
            if row[f"{name}:off"]:
                report.add(check, f"{row[key]} {name}", row[name], row[f"{name}:expected"])


def _differs(one: pl.Expr, other: pl.Expr, kind: pl.DataType) -> pl.Expr:
    differs = one.ne_missing(other)
    if kind == pl.Float64:
        return differs | (1 / one).ne_missing(1 / other)  # tells 0.0 from -0.0
    return differs
