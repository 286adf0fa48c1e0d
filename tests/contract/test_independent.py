"""Two readings of the contract, written apart: the product's and verify's. They must agree."""

import json
import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.verify.facts import frame
from flows.verify.judgement import PREFIX, Judged, judge
from flows.verify.recompute import COLUMNS, recompute
from models.analytics import fold
from models.decoder import Event, Rejected, decode
from models.facts import State
from models.instant import parse
from tests.contract.generated import HISTORIES, damaged_lines

NOW = parse("2026-06-01T00:00:00Z")
UNHURRIED = settings(
    max_examples=600, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@UNHURRIED
@given(damaged_lines())
def test_a_line_is_judged_alike(line: bytes) -> None:
    """'Reasons are tried in this order: invalid envelope, output_only, unknown_type, …'"""
    _agree(line)


@UNHURRIED
@given(st.binary(max_size=60))
def test_bytes_are_judged_alike(line: bytes) -> None:
    """'broken JSON or a limit broken is a dead letter (`invalid`)'"""
    _agree(line)


def _agree(line: bytes) -> None:
    ours, other = decode(line, NOW), judge(line, NOW)
    if isinstance(ours, Rejected):
        assert ours.reason.value == other, (line[:400], ours, other)
        return
    assert isinstance(ours, Event)
    assert isinstance(other, Judged), (line[:400], ours, other)
    fact = ours.fact
    assert (ours.application_id, ours.user_id, ours.type) == (
        other.subject,
        other.userid,
        PREFIX + other.type,
    )
    assert (fact.id, fact.time, fact.corrects, fact.retracts) == (
        other.id,
        other.time,
        other.corrects,
        other.retracts,
    )


@UNHURRIED
@given(HISTORIES, st.randoms(use_true_random=False))
def test_a_set_of_facts_is_one_row(history: list[dict[str, object]], random: object) -> None:
    """'a row of analytics is a pure function of the *set* of an application's accepted events'"""
    lines = [json.dumps(event).encode() for event in history]
    random.shuffle(lines)  # type: ignore[attr-defined]
    events = [decode(line, NOW) for line in lines]
    facts = sorted(event.fact for event in events if isinstance(event, Event))
    assert len(facts) == len(lines)
    judged = [judge(line, NOW) for line in lines]
    expected = recompute(frame(one for one in judged if isinstance(one, Judged))).to_dicts()[0]
    row = fold(State("user", facts))
    for name in COLUMNS[1:]:
        found = getattr(row, name)
        if name == "status_changes":
            found = [
                {
                    "from": step.from_status,
                    "to": step.to_status,
                    "at": step.at,
                    "hours_in_from": step.hours_in_from,
                    "allowed": step.allowed,
                }
                for step in found
            ]
        assert found == expected[name], name
        if isinstance(found, float):
            assert math.copysign(1, found) == math.copysign(1, expected[name]), name
