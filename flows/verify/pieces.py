"""The pieces of verify's work: each is inspected by itself, in any order and any process."""

from array import array
from typing import NamedTuple

from flows.verify.against import digest
from flows.verify.applications import check_range
from flows.verify.probabilities import check_probabilities
from flows.verify.published import Published
from flows.verify.report import Report
from flows.verify.snapshot import Range, Snapshot
from flows.verify.warehouse import Lived, Span, check_lines


class Applications(NamedTuple):
    """A range of applications with everything that was made of them."""

    within: Range


Piece = Applications | Span


class Finding(NamedTuple):
    """What inspecting a piece brought; `facts` are digests, where they were asked for."""

    report: Report
    facts: "array[int]" = array("Q")
    lived: Lived = Lived()


class Inspector:
    """Inspects pieces of one moment and, where there is one, of one published version."""

    def __init__(self, moment: Snapshot, version: Published | None, *, digests: bool) -> None:
        self._moment = moment
        self._version = version
        self._digests = digests

    def inspect(self, piece: Piece) -> Finding:
        """Everything that is checked of it."""
        report = Report()
        if isinstance(piece, Applications):
            facts = check_range(report, self._moment, piece.within, self._version)
            check_probabilities(report, self._moment, piece.within)
            return Finding(report, array("Q", map(digest, facts) if self._digests else ()))
        if self._version is None:
            raise LookupError("lines of the log are compared with a published version")
        return Finding(report, lived=check_lines(report, self._moment, self._version, piece))
