"""Base of what comes in and goes out: camelCase outside, nothing unknown, nothing unbounded."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

TEXT_CHARACTERS_MAX = 1_000
NO_NUL = r"^[^\x00]*$"


class Model(BaseModel):
    """Anything the API answers with."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Body(BaseModel):
    """Anything the API takes in: unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=False, extra="forbid", frozen=True
    )


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)
    schema["minProperties"] = 1


class Patch(Body):
    """What a client may change; at least one field. What it does not name stays as it is: a
    default here is a stand-in, of which the document says nothing, or a generated client would
    send it."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing to change")
        return self


Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=TEXT_CHARACTERS_MAX)]
"""A bounded text; NUL and lone surrogates never get this far (api/body.py)."""
