"""The success model: how far what it serves is from the best possible, and what it costs.

Simulated applications go through the served path in memory (docs/evaluation.md), each run in
worlds of its own; two processes share them out. What prediction costs the analytics flow is
the same history folded with a version and without one.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context

from flows.evaluate.evaluation import STEP, evaluate_world
from flows.evaluate.replay import Replay
from flows.evaluate.report import Report
from flows.evaluate.simulated import World, plan_of
from models.analytics import Row
from models.learner import Learner
from models.success import Version, predict
from tests.benchmarks.figures import Figure, Figures
from tests.benchmarks.throughput import flow_alone
from tests.benchmarks.workspace import Workspace

TITLE = (
    "Success model: excess log loss on the simulator, cost of a prediction and of an outcome, "
    "throughput kept by the analytics flow"
)
APPLICATIONS = 15_000
_SHARES = (0.0, 0.3, 0.6)
_APPLICATIONS_OF_A_SHARE = 4_000
"""Fewer, so that both processes end at about the same time; the target is that of the whole."""
_EVENTS = 150_000
_MOMENTS = 20
"""Of an outcome that is learned."""
_PREDICTED = 1_000
_TIMES = 20
_EXCESS_MAX, _ERROR_MAX = 12.0, 2.0
"""Thousandths of a nat, percent."""
_KEPT_MIN = 0.7
_TAUGHT_BY = 400
"""Applications of the world that the version of the throughput has learned."""


def runs(workspace: Workspace) -> Iterator[Figures]:
    """One run after the other, each with another seed."""
    for seed in count(1):
        yield {**_quality(workspace, seed), **_throughput(workspace), **_cost()}


def _quality(workspace: Workspace, seed: int) -> Figures:
    figures: Figures = {}
    worlds: dict[str, tuple[int, float | None]] = {
        "as it comes": (workspace.size(APPLICATIONS, 400), None)
    }
    for share in _SHARES:
        size = workspace.size(_APPLICATIONS_OF_A_SHARE, 400)
        worlds[f"{share:.0%} ghosted"] = size, share
    workspace.tell(f"worlds of seed {seed}: {', '.join(worlds)}")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        reports = {
            name: pool.submit(_evaluate, seed, size, share)
            for name, (size, share) in worlds.items()
        }
        for name, (size, share) in worlds.items():
            report = reports[name].result()
            if report.best is None:
                raise RuntimeError("a simulated world without a truth")
            of = f"{size:,} applications, {name}"
            excess = report.best.excess_log_loss
            error = report.served.calibration_error
            figures[f"excess log loss, {of}"] = Figure(
                excess * 1_000, "nats / 1,000", at_most=_EXCESS_MAX if share is None else None
            )
            figures[f"calibration error, {of}"] = Figure(error * 100, "%", at_most=_ERROR_MAX)
            figures[f"80 % intervals that hold, {of}"] = Figure(report.best.coverage * 100, "%")
    return figures


def _evaluate(seed: int, applications: int, share: float | None) -> Report:
    world = World(plan_of(applications, seed, ghosted=share))
    return evaluate_world(world, step=STEP, offline=False, watch=lambda _: None)


def _throughput(workspace: Workspace) -> Figures:
    path = workspace.history(workspace.size(_EVENTS, 20_000))
    version = _taught()
    workspace.tell("the analytics flow without a version, then with one")
    without = flow_alone(workspace, path)["flow"].value
    predicting = flow_alone(workspace, path, version)["flow"].value
    return {
        "analytics flow without prediction": Figure(without, "events/s"),
        "analytics flow with prediction": Figure(predicting, "events/s"),
        "throughput kept": Figure(predicting / without, "×", at_least=_KEPT_MIN),
    }


def _taught() -> Version:
    replay = Replay()
    replay.step(list(World(plan_of(_TAUGHT_BY, 1)).messages()))
    if replay.version is None or replay.version.cold:
        raise RuntimeError("a version that has learned too little to be believed")
    return replay.version


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
    version = _taught()
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
