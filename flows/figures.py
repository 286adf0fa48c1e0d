"""The line of live figures that `up` shows."""

import time
import urllib.request
from collections import deque
from dataclasses import dataclass

from psycopg import OperationalError

from models.errors import Unavailable
from storage.postgres.connect import Connection, connect
from storage.postgres.status import WAITING_MOST, Live, be_impatient, read_live

_STREAMS_METRIC = b"jobfinders_streams_open{"
_API_TIMEOUT_S = 0.5
_SAMPLES = 10  # over which the rate is taken


@dataclass(frozen=True)
class Figures:
    """What is shown; None for what is not known at this moment."""

    live: Live
    per_second: float | None
    streams: int | None

    def text(self) -> str:
        """One line."""
        live = self.live
        rate = "" if self.per_second is None else f" · {self.per_second:,.0f}/s"
        more = "+" if live.waiting >= WAITING_MOST else ""
        waiting = f" ({live.waiting:,}{more} waiting)" if live.waiting else ""
        streams = "" if self.streams is None else f" · {self.streams:,} streams"
        return (
            f"{live.accepted:,} events accepted{rate} · lag {live.oldest_s:.1f} s{waiting} · "
            f"{live.applications:,} applications{streams}"
        )


class Watch:
    """Reads the figures over one connection that it opens again after a failure."""

    def __init__(self, url: str, api: str) -> None:
        self._url = url
        self._api = api
        self._connection: Connection | None = None
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)

    def read(self) -> Figures:
        """The figures of now. Raises Unavailable while Postgres does not answer."""
        live = self._live()
        now = time.monotonic()
        rate = None
        if self._samples:
            since, accepted = self._samples[0]
            rate = max(0.0, (live.accepted - accepted) / max(1e-3, now - since))
        self._samples.append((now, live.accepted))
        return Figures(live, rate, _streams(self._api))

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _live(self) -> Live:
        try:
            if self._connection is None:
                self._connection = connect(self._url, autocommit=True)
                be_impatient(self._connection)
            return read_live(self._connection)
        except OperationalError as error:
            self.close()
            raise Unavailable("Postgres does not answer") from error


def _streams(api: str) -> int | None:
    """Open streams as the API's own metrics tell, None while it does not answer."""
    try:
        with urllib.request.urlopen(f"{api}/metrics", timeout=_API_TIMEOUT_S) as answer:  # noqa: S310
            lines: list[bytes] = answer.read().splitlines()
    except OSError:
        return None
    return sum(int(float(x.rsplit(b" ", 1)[1])) for x in lines if x.startswith(_STREAMS_METRIC))
