"""The success model: how far what it serves is from the best possible, and what it costs.

Simulated applications go through the served path in memory (docs/evaluation.md), each run in a
world of its own.
"""

import time
from collections.abc import Iterator
from itertools import count

from flows.evaluate.evaluation import STEP, evaluate_world
from flows.evaluate.simulated import World, plan_of
from models.analytics import Row
from models.learner import Learner
from models.success import Version, predict
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.workspace import Workspace

TITLE = "Success model: excess log loss on the simulator, cost of a prediction and of an outcome"
APPLICATIONS = 15_000
_SHARES = (0.0, 0.3, 0.6)
_MOMENTS = 20
"""Of an outcome that is learned."""
_PREDICTED = 1_000
_TIMES = 20
_EXCESS_MAX, _CALIBRATION_MAX = 0.012, 0.02


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One run after the other, each with another seed."""
    for seed in count(1):
        yield {**_quality(workspace, seed), **_cost()}


def _quality(workspace: Workspace, seed: int) -> Figures:
    figures: Figures = {}
    applications = workspace.size(APPLICATIONS, 400)
    for share in (None, *_SHARES):
        name = "as it comes" if share is None else f"{share:.0%}"
        workspace.tell(f"{applications:,} applications, ghosted: {name}")
        world = World(plan_of(applications, seed, ghosted=share))
        report = evaluate_world(world, step=STEP, offline=False, watch=lambda _: None)
        if report.best is None:
            raise RuntimeError("a simulated world without a truth")
        figures |= {
            f"excess log loss, ghosted {name}": Figure(
                report.best.excess_log_loss, "nats", at_most=_EXCESS_MAX
            ),
            f"calibration error, ghosted {name}": Figure(
                report.served.calibration_error, "", at_most=_CALIBRATION_MAX
            ),
        }
    return figures


def _cost() -> Figures:
    rows = [
        Row(
            user_id="u",
            company=f"Employer {number % 60}",
            status="applied",
            applied_at=0,
            status_at=0,
            match_score=float(number % 100),
            status_changes=[],
            flags=[],
            version=1,
        )
        for number in range(_PREDICTED)
    ]
    learner = Learner()
    began_s = time.perf_counter()
    for number in range(_TIMES * 10):
        lived = [(age + 1) * 86_400_000_000 for age in range(_MOMENTS)]
        learner.learn([rows[number]] * _MOMENTS, lived, number % 5 == 0, False)
    learned_s = (time.perf_counter() - began_s) / (_TIMES * 10)
    version = learner.version(1)
    return {
        "an outcome learned": Figure(learned_s * 1e6, "µs"),
        "a prediction among 1,000": Figure(_predicted_s(version, rows) / _PREDICTED * 1e6, "µs"),
        "a prediction alone": Figure(_predicted_s(version, rows[:1]) * 1e6, "µs"),
    }


def _predicted_s(version: Version, rows: list[Row]) -> float:
    """Seconds for all of the rows at once."""
    times = [86_400_000_000] * len(rows)
    began_s = time.perf_counter()
    for _ in range(_TIMES):
        predict(version, rows, times)
    return (time.perf_counter() - began_s) / _TIMES
