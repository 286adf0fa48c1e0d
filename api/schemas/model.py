"""The success model and how well what it served came true."""

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import Field

from api.models import Model
from models.scores import PREDICTORS, Measures, Sums, calibration, measures
from storage.postgres.scores import Bins, InUse

PREDICTIONS_MIN = 5
"""Of fewer nothing is said."""


class VersionView(Model):
    """The version that is predicted with."""

    number: int
    published_at: datetime
    clock: datetime = Field(description="By the log's clock.")
    labels: int = Field(description="Outcomes learned.")
    hired: int
    base_rate: float
    cold: bool
    pinned: bool


class MeasuresView(Model):
    """Of one predictor; null means: too few predictions."""

    predictions: int
    hired: int
    log_loss: float = Field(description="Mean, nats; lower is better.")
    brier: float = Field(description="Mean squared error; lower is better.")
    auc: float | None = Field(description="1 is perfect order, 0.5 is chance.")
    calibration_error: float = Field(description="Mean |predicted - observed| over tenths.")


class Compared(Model):
    """The served predictions beside the baselines of the same moments."""

    served: MeasuresView | None
    base_rate: MeasuresView | None = Field(description="The share of hired so far.")
    stage_rate: MeasuresView | None = Field(description="That of the application's stage.")


class Span(Compared):
    """Of the predictions of one day or week (UTC), labels that are answers only."""

    start: date


class TenthView(Model):
    """One line of the calibration table."""

    low: float
    high: float
    predictions: int
    predicted: float
    observed: float


class ModelReport(Model):
    """Progressive validation: each prediction was served first and judged later."""

    version: VersionView | None = Field(description="null before the first outcome.")
    answered: Compared = Field(description="Labels that are answers of the employer.")
    silence: Compared = Field(description="Provisional labels: the employer was silent too long.")
    calibration: list[TenthView]
    days: list[Span] = Field(description="The learning curve.")
    weeks: list[Span] = Field(description="Drift.")


def version(found: InUse | None) -> VersionView | None:
    """As the API shows it."""
    if found is None:
        return None
    names = VersionView.model_fields
    return VersionView.model_construct(**{name: getattr(found, name) for name in names})


def compared(overall: Mapping[tuple[str, bool], Bins], provisional: bool) -> Compared:
    """All predictors over all time."""
    return Compared(**{name: _view(overall.get((name, provisional), {})) for name in PREDICTORS})


def tenths(overall: Mapping[tuple[str, bool], Bins]) -> list[TenthView]:
    """The calibration table of what was served, of all labels."""
    bins: Bins = {}
    for provisional in (False, True):
        for number, sums in overall.get(("served", provisional), {}).items():
            bins[number] = bins.get(number, Sums()).plus(sums)
    return [
        TenthView.model_construct(**tenth._asdict())
        for tenth in calibration(bins)
        if tenth.predictions >= PREDICTIONS_MIN
    ]


def spans(by_span: Mapping[tuple[date, str], Bins]) -> list[Span]:
    """In order of time."""
    return [
        Span(start=start, **{name: _view(by_span.get((start, name), {})) for name in PREDICTORS})
        for start in dict.fromkeys(start for start, _ in by_span)
    ]


def _view(bins: Bins) -> MeasuresView | None:
    found: Measures | None = measures(bins)
    if found is None or found.predictions < PREDICTIONS_MIN:
        return None
    return MeasuresView.model_construct(**found._asdict())
