"""A real command as a process that kills itself where it is told.

`python -m tests.faults.dying_command ORDER COMMAND…`; ORDER is `SIGKILL 2 POINT`, or empty.
"""

import sys
from typing import Any

import psycopg

from flows import cli
from tests.faults.executioner import Executioner
from tests.faults.hooked import hook

_connect = psycopg.connect


def main(order: str, *command: str) -> None:
    """Run the command with each of its connections to Postgres hooked."""
    executioner = Executioner(order)

    def connect(*arguments: Any, **named: Any) -> Any:
        connection = _connect(*arguments, **named)
        hook(connection, executioner)
        return connection

    psycopg.connect = connect
    sys.argv = ["jobfinders", *command]
    cli.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
