"""The known hazards behind a simulated application, and the true probability they imply.

In each stage three exponential hazards compete: the employer advances the application,
rejects it, or silently forgets it (ghosts), after which nothing of the employer's comes any
more. While an application is alive the employer also looks at it now and then. All rates are
per day; a match score of 50 leaves the base rates as they are.
"""

from itertools import pairwise
from math import exp

import msgspec

from models.application import Status
from models.instant import US_PER_DAY

MATCH_MAX = 100
_MATCH_EFFECT = 1.6
"""Advance hazard × e^±0.8 between the worst and the best match; reject the other way."""


class Employer(msgspec.Struct, frozen=True):
    """How one employer treats applications: multiples of the base rates, and rounds."""

    name: str
    city: str
    pace: float
    """Of advancing and rejecting."""
    generosity: float
    """Of advancing alone."""
    neglect: float
    """Of ghosting."""
    curiosity: float
    """Of looking at applications."""
    rounds: int
    """Interviews before an offer, at least 1."""


class Stage(msgspec.Struct, frozen=True):
    """A stage at one employer for one match score; rates per day."""

    status: Status
    next_status: Status
    advance: float
    reject: float
    ghost: float
    view: float
    on_entry: float
    """Probability of being hired, seen from the moment the stage is entered."""

    @property
    def leave(self) -> float:
        """Rate of leaving the stage, ghosting included."""
        return self.advance + self.reject + self.ghost

    def probability(self, silence_us: int) -> float:
        """Of being hired after this employer silence (microseconds) in the stage.

        Silence is evidence of having been ghosted: with S = e^(-Λτ), Λ the rate of anything
        happening, views included, p = on_entry · S / (S + ghost / Λ · (1 - S)).
        """
        total = self.leave + self.view
        alive = exp(-total * silence_us / US_PER_DAY)
        return self.on_entry * alive / (alive + self.ghost / total * (1.0 - alive))


class _Base(msgspec.Struct, frozen=True):
    advance: float
    reject: float
    ghost: float
    view: float


_S = Status
_BASE: dict[Status, _Base] = {
    _S.APPLIED: _Base(0.100, 0.050, 0.055, 0.24),
    _S.SHORTLISTED: _Base(0.180, 0.030, 0.030, 0.20),
    _S.INTERVIEW_SCHEDULED: _Base(0.160, 0.008, 0.014, 0.10),
    _S.INTERVIEWED: _Base(0.150, 0.055, 0.040, 0.10),
    _S.OFFER_RECEIVED: _Base(0.220, 0.030, 0.008, 0.05),
}


def _road(rounds: int) -> list[Status]:
    interviews = [_S.INTERVIEW_SCHEDULED, _S.INTERVIEWED] * rounds
    return [_S.APPLIED, _S.SHORTLISTED, *interviews, _S.OFFER_RECEIVED, _S.HIRED]


def stages(employer: Employer, match: int) -> list[Stage]:
    """The stages from applied to the offer, for a match score of 0 to 100."""
    effect = exp(_MATCH_EFFECT * (match / MATCH_MAX - 0.5))
    road = _road(employer.rounds)
    found: list[Stage] = []
    on_entry = 1.0
    for status, next_status in reversed(list(pairwise(road))):
        base = _BASE[status]
        advance = base.advance * employer.pace * employer.generosity * effect
        reject = base.reject * employer.pace / effect
        ghost = base.ghost * employer.neglect
        on_entry *= advance / (advance + reject + ghost)
        view = base.view * employer.curiosity
        found.append(Stage(status, next_status, advance, reject, ghost, view, on_entry))
    return found[::-1]
