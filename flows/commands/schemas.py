"""`jobfinders schemas`: the events as JSON Schema files, for producers and front ends."""

import json
from pathlib import Path
from typing import Annotated

import typer

from models.event_schemas import schemas as schemas_of_events


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(schemas)


def schemas(
    folder: Annotated[Path, typer.Argument(help="Where to; made if need be.")] = Path(
        "docs/schemas"
    ),
) -> None:
    """Write the JSON Schema of each event type to a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas_of_events().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{name}.schema.json").write_text(text, encoding="utf-8")
