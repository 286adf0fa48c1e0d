"""The clock of one partition of the log, by the times of its facts.

A batch of the analytics flow is its facts, and behind them one analytics_updated for each
application that they changed. Only behind the last of these all is known that had happened by
the clock, so silence is looked for when the next batch begins, or where the log ends: the same
is found either way.
"""

import msgspec

from models.instant import US_PER_HOUR

SILENCE_STEP_US = 6 * US_PER_HOUR
"""Silence is looked for whenever a batch has ended in another of these spans."""


class LogClock(msgspec.Struct, array_like=True):
    """Kept with the positions: a page may end within a batch."""

    now: int = 0
    """Greatest time of a fact, microseconds since 1970."""
    looked: int = 0
    """The clock when silence was looked for last."""
    told: bool = False
    """Whether the newest facts' changes are being told: the next fact begins another batch."""

    @property
    def due(self) -> bool:
        """Whether silence is to be looked for, at `now`, if the batch has ended here."""
        return self.told and self.now // SILENCE_STEP_US > self.looked // SILENCE_STEP_US

    def begin(self) -> bool:
        """The batch has ended. Returns whether silence is to be looked for, at `now`."""
        due, self.told = self.due, False
        if due:
            self.looked = self.now
        return due

    def move(self, time: int) -> None:
        """A fact took place at `time` (microseconds); the clock never goes back."""
        self.now = max(self.now, time)
