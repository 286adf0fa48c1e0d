"""Statements of `queries/*.sql` that are made of one another: `{name}` stands for another one,
`{grouped}` for the way of grouping that is asked for, `{stage}` for the column of a stage. All
values are parameters."""

import re
from collections.abc import Mapping

import duckdb
import polars as pl

from models.application import Status
from storage.postgres.queries import load


class Statements:
    """Of some files together; each made of its parts when it is first asked for."""

    def __init__(self, *files: str) -> None:
        self._named = {name: text for file in files for name, text in load(file, "storage.duckdb")}
        self._made: dict[tuple[str, str | None, Status | None], tuple[str, frozenset[str]]] = {}

    def execute(
        self,
        reader: duckdb.DuckDBPyConnection,
        name: str,
        parameters: Mapping[str, object],
        grouped: str | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """Run a statement with those of the parameters that it takes. `grouped` is the name of
        the statement for `{grouped}`."""
        text, wanted = self._make(name, grouped, None)
        return reader.execute(text, {name: parameters[name] for name in wanted})

    def table(
        self,
        reader: duckdb.DuckDBPyConnection,
        name: str,
        parameters: Mapping[str, object],
        stage: Status | None = None,
    ) -> pl.DataFrame:
        """The same, as a table with times in UTC. `stage` is the column for `{stage}`."""
        text, wanted = self._make(name, None, stage)
        found = pl.DataFrame(reader.sql(text, params={name: parameters[name] for name in wanted}))
        return found.with_columns(pl.col(pl.Datetime).dt.replace_time_zone("UTC"))

    def _make(
        self, name: str, grouped: str | None, stage: Status | None
    ) -> tuple[str, frozenset[str]]:
        key = name, grouped, stage
        if key not in self._made:
            text = self._named[name]
            while found := re.search(r"\{(\w+)\}", text):
                asked = {"grouped": self._named.get(str(grouped)), "stage": stage}
                part = asked.get(found[1]) or self._named[found[1]]
                text = text.replace(found[0], part)
            self._made[key] = text, frozenset(re.findall(r"\$(\w+)", text))
        return self._made[key]
