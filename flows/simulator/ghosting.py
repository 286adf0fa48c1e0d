"""How much employers must neglect applications for a wanted share of them to be ghosted."""

from itertools import pairwise

from msgspec.structs import replace

from flows.simulator.hazards import Stage, stages
from flows.simulator.people import population

_MATCHES = ((10, 0.02), (30, 0.23), (50, 0.5), (70, 0.23), (90, 0.02))
"""Match scores and their shares, as three dice thrown together give them."""
_HALVINGS = 16
_NEGLECT_MAX = 100.0


def neglect_for(seed: int, share: float) -> float:
    """The plan's `neglect` at which `share` (0 to below 1) of the applications are ghosted."""
    if share == 0.0:
        return 0.0
    low, high = 0.0, _NEGLECT_MAX
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if ghosted_share(seed, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def ghosted_share(seed: int, neglect: float) -> float:
    """The share of applications that their hazards let end in silence."""
    folk = population(seed)
    parts = (after - before for before, after in pairwise((0.0, *folk.popularity)))
    return sum(
        part * weight * _ghosted(stages(replace(one, neglect=one.neglect * neglect), match))
        for part, one in zip(parts, folk.employers, strict=True)
        for match, weight in _MATCHES
    )


def _ghosted(road: list[Stage]) -> float:
    reached, ghosted = 1.0, 0.0
    for stage in road:
        ghosted += reached * stage.ghost / stage.leave
        reached *= stage.advance / stage.leave
    return ghosted
