"""Base of what comes in and goes out: camelCase outside, nothing unknown, nothing unbounded."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
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


Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=TEXT_CHARACTERS_MAX)]
"""A bounded text; NUL and lone surrogates never get this far (api/body.py)."""
