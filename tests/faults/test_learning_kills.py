"""The learning flow killed at its statements: what it has learned in the end is the same."""

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

from flows import pupil
from models.settings import Settings
from tests.faults.hooked import hook
from tests.faults.points import COMMIT
from tests.learning.studying import forget, learned, live_and_study, study, world

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


def test_killed_anywhere_it_learns_the_same(database: str, settings: Settings, seed: int) -> None:
    live_and_study(database, settings, world(60), size=350)
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
        command = [sys.executable, "-m", "tests.faults.dying_pupil", database, str(_LINES), order]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False, timeout=120)
        if done.returncode == 0:
            forget(database)  # the log was at its end before the point was met: from the start
            done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == -signal.SIGKILL, f"{order} was not met"
    study(database)
    assert learned(database) == expected, f"seed {seed}, killed at {chosen}"
