"""psycopg connections to Postgres, for the flows and commands; the API's are in `pool.py`."""

import psycopg
from psycopg.rows import TupleRow

from models.errors import ConfigurationError, Unavailable

Connection = psycopg.Connection[TupleRow]

_CONNECT_TIMEOUT_S = 5
_UTC = "-c timezone=UTC"


def connect(url: str, *, autocommit: bool = False) -> Connection:
    """A connection whose cursors take Postgres' own placeholders ($1, $2 …).

    Raises Unavailable when the server does not answer within 5 s, ConfigurationError when `url`
    cannot be read.
    """
    try:
        return psycopg.connect(
            url,
            autocommit=autocommit,
            cursor_factory=psycopg.RawCursor,
            connect_timeout=_CONNECT_TIMEOUT_S,
            options=_UTC,
        )
    except psycopg.ProgrammingError:
        # Without what libpq says of it: that shows a part of the URL, be it the password.
        raise ConfigurationError(
            "JOBFINDERS_POSTGRES_URL is not like postgresql://user:password@host:5432/database"
        ) from None
    except psycopg.OperationalError as error:
        raise Unavailable(f"Postgres does not answer: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
