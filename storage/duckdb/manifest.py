"""The manifest: which published file is the present one, and what is in it."""

import os
from pathlib import Path

import msgspec

from models.errors import NotFound
from storage.duckdb.folder import Folder, sync


class Manifest(msgspec.Struct):
    """Beside the published files as JSON; replacing it is what publishes a file.

    `positions` has the next offset by log partition; `parts` the rows of the history by kind;
    `clock` is the log clock and `published_at` the machine's, RFC 3339; `file` is a path below
    the folder; `copied` changes with the tables that are copied whole.
    """

    file: str
    version: int
    schema_version: int
    log_id: str
    generation: str
    positions: dict[int, int]
    rows: dict[str, int]
    bytes: int
    sha256: str
    parts: dict[str, int]
    clock: str | None
    published_at: str
    copied: str = ""


def read_manifest(path: Path) -> Manifest:
    """The present one. Raises NotFound before the first publication."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise NotFound(f"nothing has been published in {path.parent} yet") from None


def write_manifest(folder: Folder, manifest: Manifest) -> None:
    """Replace it, whole or not at all."""
    draft = folder.private / "manifest.json"
    text = msgspec.json.format(msgspec.json.encode(manifest))
    draft.write_bytes(text + b"\n")
    sync(draft)
    os.replace(draft, folder.manifest)
    sync(folder.path)
