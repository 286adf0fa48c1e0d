"""How a dataflow is run: by Bytewax's production entry, with one worker in this process."""

from bytewax.dataflow import Dataflow
from bytewax.errors import BytewaxRuntimeError
from bytewax.run import cli_main
from psycopg import OperationalError

from models.errors import JobfindersError


def run(dataflow: Dataflow) -> None:
    """Run it until it ends or is killed.

    Nothing is kept for recovery here: each dataflow's position is in the transaction of its
    effect. An error of ours or of Postgres comes out as it was raised in the step; any other
    as the engine's BytewaxRuntimeError.
    """
    try:
        cli_main(dataflow)  # type: ignore[no-untyped-call]
    except BytewaxRuntimeError as error:
        known = _known_cause(error)
        if known is None:
            raise
        raise known from error


def _known_cause(error: BaseException) -> JobfindersError | OperationalError | None:
    """What a step raised, where it has words of its own: the engine wraps it several times."""
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, JobfindersError | OperationalError):
            return cause
        cause = cause.__cause__
    return None
