"""The golden case in every order: `events.ndjson` adds up to `expected.json`."""

import json
import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from models.analytics import fold
from models.batch import Message
from models.decoder import Event, decode
from models.instant import parse
from models.intake import Intake
from models.rows import status_changes_column

GOLDEN = Path(__file__).parent / "golden"
LINES = (GOLDEN / "events.ndjson").read_bytes().splitlines()
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())
NOW = parse("2026-06-01T00:00:00Z")


@settings(derandomize=True)
@given(st.permutations(LINES), st.lists(st.sampled_from(LINES)), st.randoms())
def test_any_order_and_duplication_adds_up(
    order: list[bytes], again: list[bytes], chance: random.Random
) -> None:
    """'a second event with the same id is the same event and changes nothing';
    'A correction may arrive before what it corrects.'"""
    lines = order + again
    chance.shuffle(lines)
    decoded = [
        (Message(offset, None, NOW, line), decode(line, NOW)) for offset, line in enumerate(lines)
    ]
    assert all(isinstance(event, Event) for _, event in decoded)
    intake = Intake(fold, {})
    intake.add(decoded, {})
    batch = intake.finish(NOW)
    assert (batch.counts.accepted, batch.counts.duplicates) == (len(LINES), len(again))
    row = batch.changed[EXPECTED["application_id"]].row
    for name, expected in EXPECTED.items():
        if name == "application_id":
            continue
        found = getattr(row, name)
        if name == "status_changes":
            found = json.loads(status_changes_column(found))
        elif name.endswith("_at") and expected is not None:
            expected = parse(expected)  # noqa: PLW2901
        assert found == expected, name
