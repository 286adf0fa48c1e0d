"""The learning flow killed at its statements: what it has learned in the end is the same."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

from flows import pupil
from models.settings import Settings
from storage.postgres.connect import connect
from tests.faults.hooked import hook
from tests.faults.points import COMMIT
from tests.learning.studying import (
    forget,
    learned,
    live_through,
    minutes,
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


def test_killed_anywhere_it_learns_the_same(database: str, settings: Settings, seed: int) -> None:
    live_through(database, settings, world(60), size=350)
    forget(database)
    study(database)
    expected = learned(database)
    assert len(expected["outcomes"]) > 20
    forget(database)
    passed = points(database)
    assert learned(database) == expected
    forget(database)
    random = Random(seed)
    chosen = [*COMMIT, *random.sample(sorted(set(passed) - set(COMMIT)), _KILLS)]
    for point in chosen:
        number = random.randint(1, max(1, passed[point] // (2 * len(COMMIT))))
        order = f"SIGKILL {number} {point}"
        code = dying(database, _LINES, order)
        if code == 0:
            forget(database)  # the log was at its end before the point was met: from the start
            code = dying(database, _LINES, order)
        assert code == -signal.SIGKILL, f"{order} was not met"
    study(database)
    assert learned(database) == expected, f"seed {seed}, killed at {chosen}"
