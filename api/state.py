"""What one API process holds; made by `api/app.py`, reached by dependencies."""

from dataclasses import dataclass, field

import asyncpg

from api.auth import Verifier
from api.keys import KeySet, SharedSecret
from api.metrics import Metrics
from api.pipeline import PipelineFigures
from api.rate_limit import Limits
from api.revocations import Revocations
from api.services.folded import Folded
from api.services.ghosting import Ghosting
from api.services.warehouse import Warehouse
from api.stream.streams import Streams
from api.turns import Turns
from models.errors import Unavailable
from models.settings import Settings


@dataclass
class State:
    """One process's parts. `pool` and `streams` are there between start and stop only."""

    settings: Settings
    keys: SharedSecret | KeySet
    verifier: Verifier
    revocations: Revocations
    limits: Limits
    metrics: Metrics
    pipeline: PipelineFigures
    warehouse: Warehouse
    ghosting: Ghosting
    folded: Folded = field(default_factory=Folded)
    turns: Turns = field(default_factory=Turns)
    pool: asyncpg.Pool | None = field(default=None)
    streams: Streams | None = field(default=None)

    def database(self) -> asyncpg.Pool:
        """The pool. Raises Unavailable outside the app's lifespan."""
        if self.pool is None:
            raise Unavailable("the API is starting or stopping")
        return self.pool

    def live(self) -> Streams:
        """The live streams. Raises Unavailable outside the app's lifespan."""
        if self.streams is None:
            raise Unavailable("the API is starting or stopping")
        return self.streams
