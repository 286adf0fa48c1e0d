"""How long until something happens, when for some it has not happened yet.

Kaplan, Meier (1958), doi:10.1080/01621459.1958.10501452; the band is Greenwood's variance on the
log(-log) scale (Kalbfleisch, Prentice, The Statistical Analysis of Failure Time Data, 1.4).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

CASES_MIN = 5
"""An estimate from fewer says nothing."""
_Z = 1.959963984540054  # of a two-sided 95 % band
_ROUNDING = 1e-12  # a product of fractions may miss the half by so much
_STEP_MIN = 0.005


@dataclass(frozen=True, slots=True)
class Curve:
    """The share to whom it has not happened after so many hours, at each time when it did.

    Arrays of one length, ascending in `hours`; `at_risk` counts who was still waiting just
    before. `low` and `high` are the band of 95 %.
    """

    hours: Floats
    waiting: Floats
    low: Floats
    high: Floats
    at_risk: Counts

    def percentile(self, share: float) -> float | None:
        """Hours after which it has happened to `share` (0 to 1); None if never to so many."""
        return _first(self.hours, self.waiting <= 1 - share + _ROUNDING)

    def percentile_band(self, share: float) -> tuple[float | None, float | None]:
        """Least and greatest hours between which `percentile` lies (95 %); None for no end."""
        return (
            _first(self.hours, self.low <= 1 - share + _ROUNDING),
            _first(self.hours, self.high <= 1 - share + _ROUNDING),
        )

    def percentile_of_events(self, share: float) -> float | None:
        """Hours after which `share` of all that ever happens, by this curve, has happened."""
        if not len(self.hours):
            return None
        return self.percentile(share * (1 - float(self.waiting[-1])))


def estimate(hours: Floats, happened: Flags) -> Curve:
    """The curve of cases that were watched for `hours`, until it `happened` or without it.

    At equal times what happens comes before what is lost from sight.
    """
    watched = np.sort(hours)
    times, events = np.unique(hours[happened], return_counts=True)
    at_risk = len(watched) - np.searchsorted(watched, times, side="left")
    left = at_risk - events
    waiting: Floats = np.cumprod(left / at_risk, dtype=np.float64)
    low, high = _band(waiting, np.cumsum(_greenwood(events, at_risk)))
    return Curve(times, waiting, low, high, at_risk.astype(np.int64))


def enough(cases: int) -> bool:
    """Whether an estimate from so many cases is worth giving."""
    return cases >= CASES_MIN


def thinned(curve: Curve) -> Curve:
    """The first step, the last, and between them one at each half per cent: about 200."""
    if not len(curve.hours):
        return curve
    level = np.floor(curve.waiting / _STEP_MIN)
    kept = np.append(level[1:] != level[:-1], True)  # the last step of each level
    kept[0] = True
    return Curve(
        curve.hours[kept],
        curve.waiting[kept],
        curve.low[kept],
        curve.high[kept],
        curve.at_risk[kept],
    )


def _first(hours: Floats, reached: Flags) -> float | None:
    return float(hours[np.argmax(reached)]) if reached.any() else None


def _greenwood(events: Counts, at_risk: Counts) -> Floats:
    """Terms of the variance; 0 where nobody is left, for which there is no variance."""
    left = at_risk - events
    return np.divide(events, at_risk * left, out=np.zeros(len(events)), where=left > 0)


def _band(waiting: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """The band; where nobody waits any more its upper edge stays where it was."""
    some = (waiting > 0) & (waiting < 1)
    log = np.log(waiting, out=np.full(len(waiting), -1.0), where=some)
    spread = np.exp(_Z * np.sqrt(variance) / -log)
    low, high = waiting.copy(), waiting.copy()
    np.power(waiting, spread, out=low, where=some)
    np.power(waiting, 1 / spread, out=high, where=some)
    if len(waiting) and waiting[-1] == 0:
        high[-1] = high[-2] if len(waiting) > 1 else 1.0
    return low, high
