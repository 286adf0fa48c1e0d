"""After how much silence an application has probably been ghosted."""

from models.survival import Curve, enough

START_HOURS = 21 * 24.0
"""While there are too few answers to learn from."""
_SHARE = 0.9


def likely_ghosted(hours_of_silence: float | None, after: float | None) -> bool | None:
    """Whether an open application whose employer has been silent for so long is one of them,
    where they are those of more than `after` hours; None for a closed one, and while `after` is
    not known."""
    if hours_of_silence is None or after is None:
        return None
    return hours_of_silence > after


def ghosted_after(answers: Curve, answered: int) -> float:
    """Hours that 90 % of all answers take that ever come, by the curve of response times of
    everybody, those who still wait included."""
    hours = answers.percentile_of_events(_SHARE) if enough(answered) else None
    return START_HOURS if hours is None else hours
