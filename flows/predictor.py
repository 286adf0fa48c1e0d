"""What the analytics flow predicts with: the pinned version of the model, else the newest."""

import time
from collections.abc import Sequence

from models.analytics import Row
from models.moments import predictable
from models.success import Version, columns, predict
from storage.postgres import versions
from storage.postgres.connect import Connection

_LOOK_S = 1.0
"""Age of what is known of versions and pins."""


class Predictor:
    """Callable as a `Predict` (models/intake.py); `connection` must be in autocommit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._version: Version | None = None
        self._looked_at = -_LOOK_S

    def __call__(self, rows: Sequence[Row], now: int) -> list[bytes]:
        """The JSON of each row's probability at the log clock `now` (microseconds); empty for
        one that is closed or not begun, and for all while there is no version."""
        version = self._newest()
        if version is None:
            return [b""] * len(rows)
        open_ = [number for number, row in enumerate(rows) if predictable(row)]
        found = [b""] * len(rows)
        if open_:
            answers = predict(version, [rows[number] for number in open_], [now] * len(open_))
            for number, column in zip(open_, columns(version, answers, now), strict=True):
                found[number] = column
        return found

    def look_again(self) -> None:
        """Let the next call predict with what is the newest by then."""
        self._looked_at = -_LOOK_S

    def _newest(self) -> Version | None:
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_S:
            self._looked_at = now
            number = versions.in_use(self._connection)
            if number is not None and (self._version is None or number != self._version.number):
                self._version = versions.version(self._connection, number)
        return self._version
