"""The real learning flow, stepped to the end of the log, that kills itself where it is told.

`python -m tests.faults.dying_pupil URL LINES ORDER`, the order as the executioner takes it.
"""

import sys

from flows import pupil
from tests.faults.executioner import Executioner
from tests.faults.hooked import hook


def main(url: str, lines: str, order: str) -> None:
    """Learn pages of so many lines until killed or done."""
    pupil._PAGE_LINES = int(lines)
    learner = pupil.Pupil(url)
    hook(learner._writing, Executioner(order))
    while page := learner.read():
        learner.learn(page)


if __name__ == "__main__":
    main(*sys.argv[1:])
