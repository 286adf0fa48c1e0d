"""How long until something happens, when for some it has not happened yet.

Kaplan, Meier (1958), doi:10.1080/01621459.1958.10501452; the band is Greenwood's variance on the
log(-log) scale (Kalbfleisch, Prentice, The Statistical Analysis of Failure Time Data, 1.4).
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

_ENOUGH = 5
"""An estimate from fewer says nothing."""
_Z = 1.959963984540054  # of a two-sided 95 % band
_ROUNDING = 1e-12  # a product of fractions may miss the half by so much
_STEP_MIN = 0.005
_BLOCK = 1 << 14
_EXPONENT_MAX = 700.0  # of a double


@dataclass(frozen=True, slots=True)
class Curve:
    """The share to whom it has not happened after so many hours, at each time when it did.

    Arrays of one length, ascending in `hours`; `at_risk` counts who was still waiting just
    before, `left` just after.
    """

    hours: Floats
    waiting: Floats
    at_risk: Counts
    left: Counts

    def percentile(self, share: float) -> float | None:
        """Hours after which it has happened to `share` (0 to 1); None if never to so many."""
        return _first(self.hours, self.waiting <= 1 - share + _ROUNDING)

    def percentile_band(self, share: float) -> tuple[float | None, float | None]:
        """Least and greatest hours between which `percentile` lies (95 %); None for no end."""
        least = greatest = None
        level = 1 - share + _ROUNDING
        variances = self._variance()
        for start in range(0, len(self.hours), _BLOCK):
            block = slice(start, start + _BLOCK)
            hours, waiting, variance = self.hours[block], self.waiting[block], variances[block]
            if _stays_above(level, waiting, variance):
                continue
            low, high = _band(waiting, variance)
            if least is None:
                least = _first(hours, low <= level)
            greatest = _first(hours, (high <= level) & (waiting > 0))
            if greatest is not None:
                break
        return least, greatest

    def percentile_of_events(self, share: float) -> float | None:
        """Hours after which `share` of all that ever happens, by this curve, has happened."""
        if not len(self.hours):
            return None
        return self.percentile(share * (1 - float(self.waiting[-1])))

    def band(self, steps: Places | slice = slice(None)) -> tuple[Floats, Floats]:
        """Lower and upper edge (95 %) at these steps. Where nobody waits any more the upper one
        stays where it was: there is no variance of that."""
        waiting = self.waiting[steps]
        low, high = _band(waiting, self._variance()[steps])
        if len(high) and waiting[-1] == 0:
            high[-1] = high[-2] if len(high) > 1 else 1.0
        return low, high

    def main_steps(self) -> Places:
        """The first step, the last, and between them one at each half per cent: about 200."""
        level = np.floor(self.waiting / _STEP_MIN)
        kept = np.append(level[1:] != level[:-1], True)  # the last step of each level
        kept[0] = True
        return np.flatnonzero(kept[: len(level)])

    def _variance(self) -> Floats:
        """Greenwood's sum."""
        terms = np.zeros(len(self.hours))
        some = self.left > 0
        np.divide(self.at_risk - self.left, self.at_risk * self.left, out=terms, where=some)
        return np.cumsum(terms)


def estimate(watched: Floats) -> Curve:
    """The curve of cases that were watched for so many hours until it happened, or (negative,
    be it −0) without it.

    At equal times what happens comes before what is lost from sight.
    """
    cases = len(watched)
    # Doubles of one sign are in the order of their bits. The sign goes behind them: one sort.
    bits = np.ascontiguousarray(watched, dtype=np.float64).view(np.uint64)
    keys = bits << np.uint64(1)
    keys |= bits >> np.uint64(63)
    keys.sort()
    places = np.flatnonzero(keys & np.uint64(1) == 0)
    moments = keys[places]
    first = np.flatnonzero(np.append(True, moments[1:] != moments[:-1])[: len(moments)])
    events = np.diff(np.append(first, len(moments)))
    at_risk = cases - places[first]
    left = at_risk - events
    waiting: Floats = np.cumprod(left / at_risk, dtype=np.float64)
    hours = (moments[first] >> np.uint64(1)).view(np.float64)
    return Curve(hours, waiting, at_risk, left)


def percentiles(happened: Floats, lost: Floats, shares: Sequence[float]) -> list[float | None]:
    """What the curve of these says of each share, where nothing else of it is asked for: of cases
    to which it has happened after so many hours, and of those lost from sight after so many.

    While nobody is lost, the curve's product is a quotient of those who wait; so it takes one
    factor for each who was lost, and not one for each to whom it has happened.
    """
    moments, losses = np.sort(happened), np.sort(lost)
    cases = len(moments) + len(losses)
    at_risk = cases - np.searchsorted(moments, losses, side="right") - np.arange(len(losses))
    at_risk = at_risk[at_risk > 1]  # behind the last one nothing happens any more
    factors = np.append(1.0, np.cumprod(at_risk / (at_risk - 1)))

    def waiting(place: int) -> float:
        gone = int(np.searchsorted(losses, moments[place]))
        return float((cases - gone - place - 1) / cases * factors[gone])

    places = range(len(moments))
    found = []
    for share in shares:
        level = 1 - share + _ROUNDING
        place = bisect_left(places, True, key=lambda place: waiting(place) <= level)
        found.append(float(moments[place]) if place < len(places) else None)
    return found


def censored(watched: Floats) -> int:
    """How many of them were watched without it, as `estimate` takes them."""
    return int(np.count_nonzero(np.signbit(watched)))


def enough(cases: int) -> bool:
    """Whether an estimate from so many cases is worth giving."""
    return cases >= _ENOUGH


def _band(waiting: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Both edges; where nobody waits any more, or nobody less, the share itself."""
    some = (waiting > 0) & (waiting < 1)
    log = np.log(waiting, out=np.full(len(waiting), -1.0), where=some)
    spread = np.exp(_Z * np.sqrt(variance) / -log)
    low = np.exp(log * spread, out=waiting.copy(), where=some)
    high = np.exp(log / spread, out=waiting.copy(), where=some)
    return low, high


def _stays_above(level: float, waiting: Floats, variance: Floats) -> bool:
    """Whether no edge of these steps comes down to the level, judged by their ends alone: the
    share falls, its variance grows."""
    first, last = float(waiting[0]), float(waiting[-1])
    if not 0 < last <= first < 1:
        return False
    widest = min(_Z * math.sqrt(float(variance[-1])) / -math.log(first), _EXPONENT_MAX)
    return bool(last ** math.exp(widest) > level + _ROUNDING)


def _first(hours: Floats, reached: Flags) -> float | None:
    return float(hours[np.argmax(reached)]) if reached.any() else None
