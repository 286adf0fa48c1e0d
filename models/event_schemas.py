"""JSON Schemas of the events, one a type, made from their structs (`jobfinders schemas`).

They say what the decoder accepts, as far as JSON Schema can: not the order of reasons, the
depth, the clock, nor what is there already.
"""

import inspect
from typing import Any

import msgspec

from models.events import IDENTIFIER_PATTERN, INPUT_TYPES, AnalyticsUpdated, Data, EventType

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{name}"
_IDENTIFIER: Schema = {"type": "string", "pattern": f"^{IDENTIFIER_PATTERN}$"}
_TEXT: Schema = {"type": "string", "minLength": 1}


def schemas() -> dict[str, Schema]:
    """Each event type with the schema of its whole CloudEvents envelope."""
    types: dict[str, type[Data]] = {
        **INPUT_TYPES,
        EventType.ANALYTICS_UPDATED: AnalyticsUpdated,
    }
    return {str(name): _schema(name, types[name]) for name in EventType}


def _schema(name: str, data: type[Data]) -> Schema:
    (reference,), definitions = msgspec.json.schema_components([data], ref_template=_REF)
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"])
    return {
        "$schema": _DIALECT,
        "$id": f"urn:jobfinders:event:{name}",
        "title": name,
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "userid", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**_IDENTIFIER, "description": "Unique within its subject, for ever."},
            "source": _TEXT,
            "type": {"const": name},
            "subject": {**_IDENTIFIER, "description": "The application."},
            "time": {"type": "string", "format": "date-time"},
            "userid": {**_IDENTIFIER, "description": "The application's owner."},
            "datacontenttype": {"type": ["string", "null"]},
            "correlationid": {"type": ["string", "null"]},
            "corrects": _reference("The event that this one replaces."),
            "retracts": _reference("The event that this one takes away; data is any object then."),
            "data": {"type": "object"},
        },
        "if": {"required": ["retracts"], "properties": {"retracts": {"type": "string"}}},
        "else": {"properties": {"data": reference}},
        "$defs": definitions,
    }


def _reference(description: str) -> Schema:
    return {"anyOf": [_IDENTIFIER, {"type": "null"}], "description": description}
