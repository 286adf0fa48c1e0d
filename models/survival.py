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
    before, `variance` is Greenwood's sum.
    """

    hours: Floats
    waiting: Floats
    variance: Floats
    at_risk: Counts

    def percentile(self, share: float) -> float | None:
        """Hours after which it has happened to `share` (0 to 1); None if never to so many."""
        return _first(self.hours, self.waiting <= 1 - share + _ROUNDING)

    def percentile_band(self, share: float) -> tuple[float | None, float | None]:
        """Least and greatest hours between which `percentile` lies (95 %); None for no end."""
        low, high = self.band()
        return (
            _first(self.hours, low <= 1 - share + _ROUNDING),
            _first(self.hours, high <= 1 - share + _ROUNDING),
        )

    def percentile_of_events(self, share: float) -> float | None:
        """Hours after which `share` of all that ever happens, by this curve, has happened."""
        if not len(self.hours):
            return None
        return self.percentile(share * (1 - float(self.waiting[-1])))

    def band(self) -> tuple[Floats, Floats]:
        """Lower and upper edge (95 %). Where nobody waits any more the upper one stays where it
        was: there is no variance of that."""
        some = (self.waiting > 0) & (self.waiting < 1)
        log = np.log(self.waiting, out=np.full(len(self.waiting), -1.0), where=some)
        spread = np.exp(_Z * np.sqrt(self.variance) / -log)
        low = np.exp(log * spread, out=self.waiting.copy(), where=some)
        high = np.exp(log / spread, out=self.waiting.copy(), where=some)
        if len(high) and self.waiting[-1] == 0:
            high[-1] = high[-2] if len(high) > 1 else 1.0
        return low, high

    def thinned(self) -> "Curve":
        """The first step, the last, and between them one at each half per cent: about 200."""
        if not len(self.hours):
            return self
        level = np.floor(self.waiting / _STEP_MIN)
        kept = np.append(level[1:] != level[:-1], True)  # the last step of each level
        kept[0] = True
        return Curve(self.hours[kept], self.waiting[kept], self.variance[kept], self.at_risk[kept])


def estimate(hours: Floats, happened: Flags) -> Curve:
    """The curve of cases that were watched for `hours`, at least 0, until it `happened` or
    without it.

    At equal times what happens comes before what is lost from sight.
    """
    cases = len(hours)
    # Doubles of one sign are in the order of their bits: one sort for hours and events.
    bits = np.ascontiguousarray(hours, dtype=np.float64).view(np.uint64) << np.uint64(1)
    keys = np.sort(bits | ~happened)
    moments = keys >> np.uint64(1)
    first = np.flatnonzero(np.append(True, moments[1:] != moments[:-1])[:cases])
    so_far = np.append(0, np.cumsum(keys & np.uint64(1) == 0))
    events = np.diff(so_far[np.append(first, cases)])
    some = events > 0
    first, events = first[some], events[some]
    at_risk = cases - first
    left = at_risk - events
    waiting: Floats = np.cumprod(left / at_risk, dtype=np.float64)
    terms = np.divide(events, at_risk * left, out=np.zeros(len(events)), where=left > 0)
    return Curve(moments[first].view(np.float64), waiting, np.cumsum(terms), at_risk)


def enough(cases: int) -> bool:
    """Whether an estimate from so many cases is worth giving."""
    return cases >= CASES_MIN


def _first(hours: Floats, reached: Flags) -> float | None:
    return float(hours[np.argmax(reached)]) if reached.any() else None
