"""What verify found."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

SHOWN = 50


class Difference(NamedTuple):
    """`check` says which rule; `where` the application, partition, run or file line."""

    check: str
    where: str
    found: str
    expected: str


@dataclass
class Report:
    """The result; only the first differences are kept, all are counted by check."""

    applications: int = 0
    facts: int = 0
    dead_letters: int = 0
    waiting: int = 0
    """Messages in the outbox, not judged yet: nothing is claimed of them."""
    fed: int = 0
    """Lines of `--against` files, blank ones left out."""
    published: int = 0
    """Messages of the events topic that the flow has read."""
    unfed: int = 0
    """Facts of the log that are in none of those files."""
    warehouse: int | None = None
    """The published version that was compared, None where there is none."""
    probabilities: int = 0
    """Stored probabilities that were recomputed."""
    unchecked_probabilities: int = 0
    """Those of versions whose weights were pruned: nothing is claimed of them."""
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing differs."""
        return not self.counts

    def add(self, check: str, where: object, found: object, expected: object) -> None:
        """Count a difference and keep it if it is among the first."""
        self.counts[check] += 1
        if len(self.differences) < SHOWN:
            self.differences.append(Difference(check, str(where), str(found), str(expected)))

    def include(self, piece: "Report") -> None:
        """Add what was found in a piece of the work."""
        self.applications += piece.applications
        self.facts += piece.facts
        self.probabilities += piece.probabilities
        self.unchecked_probabilities += piece.unchecked_probabilities
        self.counts += piece.counts
        self.differences += piece.differences[: SHOWN - len(self.differences)]

    def __str__(self) -> str:
        if self.clean:
            return f"{self.facts} facts of {self.applications} applications: exact"
        lines = [f"{check}: {count}" for check, count in self.counts.items()]
        return "\n".join([*lines, *(" | ".join(each) for each in self.differences)])
