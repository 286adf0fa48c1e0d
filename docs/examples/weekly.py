"""Applications by ISO week and source, in polars: python weekly.py data/warehouse"""

import json
import sys
from pathlib import Path

import duckdb
import polars as pl


def table(warehouse: Path, statement: str) -> pl.DataFrame:
    """A statement on the version that the manifest names, as a frame."""
    manifest = json.loads((warehouse / "manifest.json").read_bytes())
    with duckdb.connect(str(warehouse / manifest["file"]), read_only=True) as connection:
        result = connection.execute(statement)
        names = [column[0] for column in result.description or ()]
        return pl.DataFrame(result.fetchall(), schema=names, orient="row")


def weekly(warehouse: Path) -> pl.DataFrame:
    """Of each week: applications, how many are answered by now, and the share that is."""
    applications = table(
        warehouse,
        "SELECT applied_at, source, first_response_at FROM v_applications"
        " WHERE applied_at IS NOT NULL",
    )
    return (
        applications.with_columns(week=pl.col("applied_at").dt.truncate("1w"))
        .group_by("week", "source")
        .agg(applications=pl.len(), answered=pl.col("first_response_at").count())
        .with_columns(share=(pl.col("answered") / pl.col("applications")).round(3))
        .sort("week", "source", nulls_last=True)
    )


def events(warehouse: Path) -> pl.LazyFrame:
    """Every accepted event with its payload: polars reads the Parquet itself, lazily."""
    parts = table(warehouse, "SELECT name FROM history_parts WHERE kind = 'events'")
    return pl.scan_parquet([warehouse / name for name in parts["name"]], hive_partitioning=False)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "data/warehouse")
    print(weekly(folder))
    print(events(folder).group_by("type").len().sort("len", descending=True).collect())
