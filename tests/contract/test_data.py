"""CONTRACT.md, Types and their data: each field of each type, right and wrong."""

from typing import Any

import pytest

from tests.contract.building import LEAST, Json, event, reason
from tests.contract.fields import DESCRIPTION, FIELDS


def test_every_type_of_the_table_is_here() -> None:
    """'type `application.…` | data'"""
    assert set(FIELDS) == set(LEAST)


def _cases(right: int) -> list[Any]:
    fields = [
        (kind, name, values) for kind, all_ in FIELDS.items() for name, values in all_.items()
    ]
    return [
        pytest.param(event(kind, data={name: value}), id=f"{kind}: {name} {str(value)[:40]!r}")
        for kind, name, values in fields
        for value in values[right]
    ] + [
        pytest.param(
            event("updated", data={"changes": {name: value}}),
            id=f"updated: any of created's fields: {name} {str(value)[:40]!r}",
        )
        for name, values in DESCRIPTION.items()
        for value in values[right]
    ]


@pytest.mark.parametrize("told", _cases(0))
def test_a_field_as_the_table_says(told: Json) -> None:
    """'Fields are non-empty strings of at most 1,000 characters unless said: …'"""
    assert reason(told) is None


@pytest.mark.parametrize("told", _cases(1))
def test_an_ill_typed_field_is_invalid(told: Json) -> None:
    """'a missing or ill-typed field … is a dead letter (`invalid`)'; 'null is ill-typed in a
    known data field'"""
    assert reason(told) == "invalid"


@pytest.mark.parametrize("kind", LEAST)
def test_without_its_optional_fields(kind: str) -> None:
    """'(? = optional)'"""
    assert reason(event(kind)) is None


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, data in LEAST.items() for name in data]
)
def test_a_missing_field_is_invalid(kind: str, name: str) -> None:
    """'a missing or ill-typed field … is a dead letter (`invalid`)'"""
    told = event(kind)
    del told["data"][name]
    assert reason(told) == "invalid"


@pytest.mark.parametrize("kind", LEAST)
def test_unknown_fields_are_ignored(kind: str) -> None:
    """'Unknown fields in `data` are kept and ignored (producers evolve)'"""
    assert reason(event(kind, data={"text": None, "x": {"y": [0]}})) is None


@pytest.mark.parametrize("kind", LEAST)
def test_data_of_a_retraction_is_not_checked(kind: str) -> None:
    """'A retraction carries its target's type; its `data` is any object and is not checked.'"""
    assert reason(event(kind, retracts="e0") | {"data": {}}) is None
    assert reason(event(kind, retracts="e0") | {"data": {"newStatus": 7, "score": []}}) is None
    assert reason(event(kind, retracts="e0") | {"data": []}) == "invalid"


@pytest.mark.parametrize("kind", LEAST)
def test_data_of_a_correction_is_checked(kind: str) -> None:
    """Only a retraction's `data` is 'not checked'."""
    told = event(kind, corrects="e0")
    assert reason(told) is None
    if LEAST[kind]:
        assert reason(told | {"data": {}}) == "invalid"
