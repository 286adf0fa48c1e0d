"""The JSON Schema files say what the decoder does, and are those of this version."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema_rs import Draft202012Validator
from typer.testing import CliRunner

from api.stream import frames
from flows.cli import command_line
from models.analytics import fold
from models.batch import Message
from models.decoder import Rejected, decode
from models.event_schemas import schemas
from models.events import EventType
from models.instant import parse
from models.intake import Intake
from tests.contract.building import event as event_of
from tests.contract.fields import FIELDS, INSTANT
from tests.contract.generated import events

NOW = parse("2026-06-01T00:00:00Z")
FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
GOLDEN = Path(__file__).parent / "golden"
VALIDATORS = {name: Draft202012Validator(schema) for name, schema in schemas().items()}


def agree(event: dict[str, Any]) -> bool:
    """Whether the decoder takes it; the schema must say the same."""
    taken = not isinstance(decode(json.dumps(event).encode(), NOW), Rejected)
    assert VALIDATORS[event["type"]].is_valid(event) == taken, event
    return taken


def test_the_files_are_those_of_this_version(tmp_path: Path) -> None:
    """When it fails: `jobfinders schemas`, and say so in the changelog."""
    assert CliRunner().invoke(command_line(["schemas"]), ["schemas", str(tmp_path)]).exit_code == 0
    made = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    kept = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.json")}
    assert made == kept
    assert set(made) == {f"{name}.schema.json" for name in EventType}


def test_the_names_on_the_feed_are_listed() -> None:
    listed = re.findall(r"^\| `([a-z._]+)` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    own = {frames.SNAPSHOT, frames.RESET, frames.HEARTBEAT, frames.COUNTERS}
    assert len(listed) == len(set(listed))
    assert set(listed) == {*map(str, EventType), *own}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, fields in FIELDS.items() for name in fields]
)
def test_values_on_both_sides_of_the_contract(kind: str, name: str) -> None:
    right, wrong = FIELDS[kind][name]
    for value in right:
        assert agree(event_of(kind, data={name: value}))
    # The form of an instant is `format`, which a validator need not look at.
    for value in wrong if (right, wrong) != INSTANT else []:
        assert not agree(event_of(kind, data={name: value}))


@given(events())
def test_valid_events_are_valid(event: dict[str, Any]) -> None:
    assert agree(event)


@given(events())
def test_each_field_of_the_envelope_is_needed_or_not(event: dict[str, Any]) -> None:
    for name in event:
        if name != "type":
            agree({key: value for key, value in event.items() if key != name})
            agree({**event, name: None})
            agree({**event, name: 7})


@given(events())
def test_each_field_of_the_data_is_needed_or_not(event: dict[str, Any]) -> None:
    data = event["data"]
    for name in data:
        agree({**event, "data": {key: value for key, value in data.items() if key != name}})
        agree({**event, "data": {**data, name: None}})
        agree({**event, "data": {**data, name: {"of": "another type"}}})


def test_the_golden_events_and_what_came_of_them() -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    assert all(agree(json.loads(line)) for line in lines)


def test_what_came_of_them_has_a_schema_too() -> None:
    lines = (GOLDEN / "events.ndjson").read_bytes().splitlines()
    intake = Intake(fold, {})
    intake.add(
        [(Message(place, None, NOW, line), decode(line, NOW)) for place, line in enumerate(lines)],
        {},
    )
    (change,) = intake.finish(NOW).changes
    event = json.loads(change.payload)
    assert VALIDATORS[EventType.ANALYTICS_UPDATED].is_valid(event)
    assert not VALIDATORS[EventType.ANALYTICS_UPDATED].is_valid({**event, "data": {}})
