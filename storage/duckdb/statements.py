"""Statements of `queries/*.sql` that are made of one another: `{name}` stands for another one,
`{grouped}` for the way of grouping that is asked for. All values are parameters."""

import re
from collections.abc import Mapping

import duckdb
import polars as pl

from storage.postgres.queries import load


class Statements:
    """Of some files together; each made of its parts when it is first asked for."""

    def __init__(self, *files: str) -> None:
        self._named = {name: text for file in files for name, text in load(file, "storage.duckdb")}
        self._made: dict[tuple[str, str | None], tuple[str, frozenset[str]]] = {}

    def execute(
        self,
        reader: duckdb.DuckDBPyConnection,
        name: str,
        parameters: Mapping[str, object],
        grouped: str | None = None,
    ) -> duckdb.DuckDBPyConnection:
        """Run a statement with those of the parameters that it takes. `grouped` is the name of
        the statement for `{grouped}`."""
        text, wanted = self._make(name, grouped)
        return reader.execute(text, {name: parameters[name] for name in wanted})

    def table(
        self, reader: duckdb.DuckDBPyConnection, name: str, parameters: Mapping[str, object]
    ) -> pl.DataFrame:
        """The same, as a table with times in UTC."""
        text, wanted = self._make(name, None)
        found = pl.DataFrame(reader.sql(text, params={name: parameters[name] for name in wanted}))
        return found.with_columns(pl.col(pl.Datetime).dt.replace_time_zone("UTC"))

    def _make(self, name: str, grouped: str | None) -> tuple[str, frozenset[str]]:
        if (name, grouped) not in self._made:
            text = self._named[name]
            while found := re.search(r"\{(\w+)\}", text):
                part = grouped if found[1] == "grouped" else found[1]
                text = text.replace(found[0], self._named[str(part)])
            self._made[name, grouped] = text, frozenset(re.findall(r"\$(\w+)", text))
        return self._made[name, grouped]
