"""The files of the page (api/dashboard/): read once, served from memory.

They are addressed under a digest of them all, so a browser may keep them for ever and never
mixes two versions; only `/` itself is asked for anew, with its ETag.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "dashboard"
INDEX = "index.html"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    "": "text/plain; charset=utf-8",
}
_PRELOAD = '<link rel="modulepreload" href="assets/{version}/%s">'
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `zipped` is the same under gzip."""

    content: bytes
    zipped: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Page:
    """All files by their path in the folder, and the digest of them all."""

    version: str
    assets: dict[str, Asset]


@cache
def load() -> Page:
    """The page of this program."""
    files = {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    }
    digest = sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    version = digest.hexdigest()[:_DIGITS]
    files[INDEX] = _index(files, version)
    return Page(version, {name: _asset(name, content) for name, content in files.items()})


def _index(files: dict[str, bytes], version: str) -> bytes:
    """With the addresses of this version; modules are asked for at once, not level by level."""
    modules = [name for name in files if name.startswith("scripts/")]
    text = files[INDEX].decode()
    text = text.replace("{preloads}", "\n".join(_PRELOAD % name for name in modules))
    return text.replace("{version}", version).encode()


def _asset(name: str, content: bytes) -> Asset:
    return Asset(
        content=content,
        zipped=gzip.compress(content, mtime=0),
        media_type=_TYPES[Path(name).suffix],
        etag=f'"{sha256(content).hexdigest()[:_DIGITS]}"',
    )
