"""The learning flow killed at its statements: what it has learned in the end is the same."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from flows import pupil
from flows.verify import verify
from models.settings import Settings
from storage.postgres.connect import connect
from tests.faults.hooked import hook
from tests.faults.points import COMMIT
from tests.learning.studying import (
    forget,
    go_back,
    keep,
    learned,
    live_and_study,
    live_through,
    minutes,
    scores,
    study,
    world,
)

ROOT = Path(__file__).parents[2]
_LINES = 200
_KILLS = 2


def points(url: str) -> Counter[str]:
    """All that a study of the whole log passes, and how often."""
    met: Counter[str] = Counter()
    learner = pupil.Pupil(url)
    hook(learner._writing, lambda point, is_open: met.update([point]))
    while page := learner.read():
        learner.learn(page)
    learner.close()
    return met


def dying(url: str, lines: int, order: str) -> int:
    """Exit code of a learning flow that takes pages of so many lines."""
    command = [sys.executable, "-m", "tests.faults.dying_pupil", url, str(lines), order]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False, timeout=120)
    return done.returncode


def published(url: str) -> list[list[tuple[object, ...]]]:
    """The versions with their weights, and who is asked for because of them."""
    with connect(url) as connection:
        return [
            connection.execute(statement).fetchall()
            for statement in (
                "SELECT number, clock, labels, hired, cold, weights FROM model_versions"
                " ORDER BY number",
                "SELECT application_id, partition FROM rescores ORDER BY application_id",
            )
        ]


def test_killed_while_it_publishes_it_publishes_the_same(database: str, settings: Settings) -> None:
    live_through(database, settings, world(150), size=9_000)
    study(database, minutes())
    expected = published(database), learned(database)
    versions, asked = expected[0]
    assert {cold for *_, cold, _ in versions} == {False}
    assert len(asked) > 10
    for point in (
        "before learning.publish",
        "after learning.publish",
        "after learning.open_behind",
        "after learning.keep_state",
        *COMMIT,
    ):
        forget(database)
        assert dying(database, 5_000, f"SIGKILL 1 {point}") == -signal.SIGKILL, point
        study(database, minutes())
        assert (published(database), learned(database)) == expected, point


def test_killed_anywhere_it_learns_and_scores_the_same(
    database: str, settings: Settings, seed: int
) -> None:
    """The log's later part has predictions of the versions learned from its first."""
    lines = world(140)
    early, late = lines[: len(lines) * 2 // 3], lines[len(lines) * 2 // 3 :]
    live_and_study(database, settings, early)
    live_through(database, settings, late, size=350)
    keep(database)
    scored_before = scores(database)
    study(database)
    expected, scored = learned(database), scores(database)
    assert len(expected["outcomes"]) > 50
    assert scored != scored_before
    go_back(database)
    passed = points(database)
    assert learned(database) == expected
    go_back(database)
    random = Random(seed)
    chosen = [*COMMIT, *random.sample(sorted(set(passed) - set(COMMIT)), _KILLS)]
    for point in chosen:
        number = random.randint(1, max(1, passed[point] // (2 * len(COMMIT))))
        order = f"SIGKILL {number} {point}"
        code = dying(database, _LINES, order)
        if code == 0:
            go_back(database)  # the log was at its end before the point was met
            code = dying(database, _LINES, order)
        assert code == -signal.SIGKILL, f"{order} was not met"
    study(database)
    told = f"seed {seed}, killed at {chosen}"
    assert learned(database) == expected, told
    scored_again = scores(database)
    assert scored_again.keys() == scored.keys(), told
    for key, sums in scored.items():
        assert scored_again[key] == pytest.approx(sums, abs=1e-9), f"{key}, {told}"
    report = verify(database)
    assert report.clean, f"{report}, {told}"
    assert report.probabilities > 0
    assert report.unchecked_probabilities == 0
