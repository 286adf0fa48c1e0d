"""The probability of being hired, with its factors in words."""

from datetime import datetime

from pydantic import Field

from api.models import Model
from models.probability import FACTORS, SuccessProbability


class FactorView(Model):
    """One of the strongest influences on a probability."""

    factor: str
    effect: float = Field(description="On the probability, against the mean application.")
    text: str = Field(description="What the factor is, in words.")


class SuccessProbabilityView(Model):
    """Of being hired, as one version of the model saw it (docs/success.md)."""

    p: float
    low: float = Field(description="Of an 80 % interval.")
    high: float
    model_version: int
    labels_seen: int = Field(description="Outcomes that the version had learned.")
    cold_start: bool = Field(description="Too few to say more than the base rate.")
    factors: list[FactorView] = Field(description="At most three, strongest first.")
    computed_at: datetime = Field(description="By the log's clock.")


def success_probability(found: SuccessProbability | None) -> SuccessProbabilityView | None:
    """As the API shows it."""
    if found is None:
        return None
    fields = {name: getattr(found, name) for name in found.__struct_fields__}
    fields["factors"] = [
        FactorView.model_construct(factor=one.factor, effect=one.effect, text=FACTORS[one.factor])
        for one in found.factors
    ]
    return SuccessProbabilityView.model_construct(**fields)
