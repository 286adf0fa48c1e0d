"""What is learned does not depend, to the last bit, on the threads that linear algebra may use."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

from models.analytics import ACTS, Row
from models.application import RANK
from models.instant import US_PER_DAY, US_PER_HOUR
from models.learner import Learner
from models.stays import Stays, Wait, wait_of
from models.transition_fit import fit
from models.transitions import unfitted
from tests.learning.test_transitions import END_DAYS, day, life

ROOT = Path(__file__).parents[2]
_EMPLOYERS = 60
_MOMENTS = 200


def test_one_thread_and_two_learn_the_same() -> None:
    assert digests(threads=1) == digests(threads=2)


def digests(threads: int) -> list[str]:
    """Of a fit and of regressions, by a process with so many threads."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "tests.learning.test_threads"]
    told = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    found = told.stdout.decode().split()
    assert len(found) == 2
    return found


def fitted() -> bytes:
    """The second fit to 1,500 lives at 60 employers."""
    random, stays, end = Random(6), Stays(), day(END_DAYS)
    waits: list[Wait | None] = []
    for number in range(1_500):
        place, _ = life(random, number % 3)
        place = place._replace(employer=number % _EMPLOYERS)
        waits.append(wait_of(stays.hear(place, None, end), end))
    waiting = sorted(wait for wait in waits if wait is not None)
    return fit(stays, waiting, end, fit(stays, waiting, end, unfitted())).flat().tobytes()


def regressed() -> bytes:
    """Weights learned from moments of which none is like another, twice as many as are learned of
    one application: threads share what is large."""
    random, learner, now = Random(6), Learner(), day(END_DAYS)
    for number in range(5):
        rows = [
            Row(
                user_id="u",
                company=f"Crumb & Sons {random.randrange(1_000)}",
                source="referral",
                applied_at=now - random.randrange(200 * US_PER_DAY),
                status=random.choice(list(RANK)),
                status_at=now - random.randrange(2_000 * US_PER_HOUR),
                last_employer_activity_at=now - random.randrange(1_000 * US_PER_HOUR),
                match_score=random.uniform(0.0, 100.0),
                interviews_scheduled=random.randrange(4),
                status_changes=[],
                flags=[],
                version=9,
                last_act=random.randrange(ACTS),
                act_before=random.randrange(ACTS),
            )
            for _ in range(_MOMENTS)
        ]
        learner.learn(rows, [now] * _MOMENTS, bool(number % 2), again=False)
    return learner.optimizer.z.tobytes() + learner.centres.tobytes()


if __name__ == "__main__":
    print(sha256(fitted()).hexdigest(), sha256(regressed()).hexdigest())
