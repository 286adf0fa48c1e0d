"""A connection that tells what it is about to do and what it has done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from storage.postgres.connect import Connection
from tests.faults.points import COMMIT, name_of

Hook = Callable[[str, bool], object]
"""Told each point, and whether a transaction is open there."""
Rewrite = Mapping[str, tuple[str, str]]
"""Statement name → (this text, becomes that text): how broken variants are made."""
Extra = Mapping[str, Sequence[tuple[str, Sequence[object] | None]]]
"""Statement name → what else is executed behind it."""


class HookedConnection(psycopg.Connection[TupleRow]):
    """Made from a plain connection by `hook`."""

    told: Hook
    rewrite: Rewrite
    extra: Extra

    def tell(self, point: str) -> None:
        """Pass a point on to the hook."""
        self.told(point, self.info.transaction_status.name in {"INTRANS", "ACTIVE"})

    def _exec_command(self, command: Any, *arguments: Any, **named: Any) -> Any:
        """psycopg's own road for COMMIT; tests see to it that its points are met."""
        if command != b"COMMIT":
            return (yield from super()._exec_command(command, *arguments, **named))
        before, amid, after = COMMIT
        self.tell(before)
        steps = super()._exec_command(command, *arguments, **named)
        waits = next(steps)  # sends it
        self.tell(amid)
        while True:
            try:
                waits = steps.send((yield waits))
            except StopIteration as end:
                self.tell(after)
                return end.value


class HookedCursor(psycopg.RawCursor[TupleRow]):
    """Statements before and after, COPY also with its bytes sent but not ended."""

    def execute(self, query: Any, params: Any = None, **named: Any) -> Any:
        connection = self.connection
        assert isinstance(connection, HookedConnection)
        name = name_of(query)
        connection.tell(f"before {name}")
        super().execute(_rewritten(connection.rewrite, name, query), params, **named)
        for statement, parameters in connection.extra.get(name, ()):
            with psycopg.RawCursor(connection) as other:
                other.execute(statement, parameters)
        connection.tell(f"after {name}")
        return self

    @contextmanager
    def copy(self, statement: Any, *arguments: Any, **named: Any) -> Iterator[psycopg.Copy]:
        connection = self.connection
        assert isinstance(connection, HookedConnection)
        name = name_of(statement)
        connection.tell(f"before {name}")
        with super().copy(statement, *arguments, **named) as copy:
            yield copy
            connection.tell(f"amid {name}")
        connection.tell(f"after {name}")


def hook(
    connection: Connection,
    told: Hook,
    rewrite: Rewrite | None = None,
    extra: Extra | None = None,
) -> None:
    """From now on `told` hears of every statement of the connection."""
    connection.__class__ = HookedConnection
    assert isinstance(connection, HookedConnection)
    connection.cursor_factory = HookedCursor
    connection.told = told
    connection.rewrite = rewrite or {}
    connection.extra = extra or {}


def _rewritten(rewrite: Rewrite, name: str, statement: str) -> str:
    if name not in rewrite:
        return statement
    old, new = rewrite[name]
    assert old in statement, f"{name} no longer says {old}: the broken variant would be whole"
    return statement.replace(old, new)
