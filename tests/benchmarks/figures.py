"""What a run measures, and what several runs say together."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One measured value. A target is a bound that it should keep."""

    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None


Figures = dict[str, Figure]
"""Of one run, by name, in the order of the report."""


@dataclass(frozen=True)
class Summary:
    """A figure over the runs."""

    name: str
    unit: str
    middle: float
    least: float
    most: float
    target: str
    verdict: str


def summarise(runs: Sequence[Figures]) -> list[Summary]:
    """The median of each figure with its extremes; a ratio is one of its own run."""
    summaries = []
    for name, figure in runs[0].items():
        values = [run[name].value for run in runs]
        middle = median(values)
        summaries.append(
            Summary(
                name,
                figure.unit,
                middle,
                min(values),
                max(values),
                *_judge(figure, middle),
            )
        )
    return summaries


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of them do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


def milliseconds(name: str, seconds: Sequence[float], p99_at_most: float | None = None) -> Figures:
    """Median and 99th percentile of delays given in seconds."""
    return {
        f"{name}, p50": Figure(percentile(seconds, 0.5) * 1_000, "ms"),
        f"{name}, p99": Figure(percentile(seconds, 0.99) * 1_000, "ms", at_most=p99_at_most),
    }


def shown(value: float) -> str:
    """Three digits that count, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _judge(figure: Figure, middle: float) -> tuple[str, str]:
    if figure.at_least is not None:
        target, met = f"≥ {shown(figure.at_least)}", middle >= figure.at_least
    elif figure.at_most is not None:
        target, met = f"≤ {shown(figure.at_most)}", middle <= figure.at_most
    else:
        return "", ""
    return target, "met" if met else "missed"
