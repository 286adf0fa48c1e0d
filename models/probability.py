"""The probability of being hired as others read it: in a row, in the log, in the API."""

from datetime import datetime

import msgspec

FACTORS = {
    "stage": "how far the application has come",
    "silence": "how long the employer has been silent",
    "age": "how long ago the application was made",
    "activity": "what has happened so far",
    "match": "how well the profile matches the job",
    "employer": "how this employer has treated other applications",
    "source": "where the job was found",
    "moment": "the hour and the day of the week",
}
"""What each factor means, in words for a person."""


class Factor(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """One of the strongest influences."""

    factor: str
    effect: float
    """By how much it moves the probability, against the mean application."""


class SuccessProbability(msgspec.Struct, rename="camel", frozen=True, gc=False):
    """Of being hired, as one version of the model saw it at one moment."""

    p: float
    low: float
    """Of an interval that holds the true probability four times of five."""
    high: float
    model_version: int
    labels_seen: int
    """Outcomes that the version had learned."""
    cold_start: bool
    """Too few to say more than the base rate."""
    factors: list[Factor]
    """Strongest first."""
    computed_at: datetime
    """Log time."""
