"""Demo traffic: applications whose hazards are known (docs/simulator.md)."""

from collections.abc import Iterator

from flows.simulator.plan import Plan
from flows.simulator.stream import arrivals


def generate(
    *,
    seed: int,
    applications: int,
    days: int,
    end: int,
    disorder: float = 0.05,
    duplicates: float = 0.01,
    bad: float = 0.0,
) -> Iterator[bytes]:
    """Lines of NDJSON, without newline, in order of arrival: a history that ends at `end`.

    `end` in microseconds since 1970; the three rates are shares of the events. The same
    arguments give the same bytes. About twelve events an application.
    """
    plan = Plan(
        seed=seed,
        applications=applications,
        days=days,
        end=end,
        disorder=disorder,
        duplicates=duplicates,
        bad=bad,
    )
    for arrival in arrivals(plan, until=end):
        yield arrival.line()
