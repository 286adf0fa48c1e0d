"""How the page's files are sent, and that they are what they claim to be."""

import re
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from api.app import create
from api.page import FOLDER, load
from models.settings import Settings

VENDORED = Path(__file__).with_name("vendored.sha256")
"""Files of the npm packages uplot 1.6.32 and @fontsource-variable/inter 5.3.0."""
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "LICENSE": "text/plain; charset=utf-8",
}
INLINE = re.compile(r"""innerHTML|outerHTML|insertAdjacentHTML|<style|\sstyle=|\son\w+=["']""")
FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has not even a database: the page needs none."""
    transport = httpx.ASGITransport(create(Settings(data=tmp_path)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


def test_what_is_vendored_is_what_its_makers_published() -> None:
    found = [
        f"{sha256((FOLDER / name).read_bytes()).hexdigest()}  {name}"
        for name in FILES
        if name.startswith("vendor/")
    ]
    assert found == VENDORED.read_text().splitlines()


async def test_the_page_is_asked_for_anew_and_sent_once(client) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == TYPES["html"]
    assert answer.headers["cache-control"] == "no-cache"
    again = await client.get("/", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == answer.headers["content-security-policy"]
    head = await client.head("/")
    assert (head.status_code, head.content) == (200, b"")


async def test_each_file_is_sent_with_its_type_to_be_kept(client) -> None:
    for name in FILES:
        address = f"/assets/{load().version}/{name}"
        plain = await client.get(address, headers={"Accept-Encoding": "identity"})
        zipped = await client.get(address, headers={"Accept-Encoding": "gzip"})
        assert (plain.status_code, zipped.status_code) == (200, 200)
        assert zipped.content == plain.content
        assert zipped.headers["content-encoding"] == "gzip"
        assert plain.headers["content-type"] == TYPES[name.rpartition("/")[2].rpartition(".")[2]]
        assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert plain.headers["x-content-type-options"] == "nosniff"
        assert plain.headers["vary"] == "Accept-Encoding"


async def test_what_the_page_names_is_there(client) -> None:
    page = (await client.get("/")).text
    named = set(re.findall(r'(?:src|href)="(assets/[^"]+)"', page))
    assert "{" not in page
    assert {name.split("/", 2)[2] for name in named} >= {f for f in FILES if "scripts/" in f}
    for address in named:
        assert (await client.get(f"/{address}")).status_code == 200, address


async def test_another_versions_address_is_not_to_be_kept(client) -> None:
    answer = await client.get("/assets/0123456789ab/scripts/main.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["", "nothing.js", "../page.py", "..%2fpage.py", "vendor"])
async def test_nothing_else_can_be_had(client, name: str) -> None:
    answer = await client.get(f"/assets/{load().version}/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("address", ["/", f"/assets/{load().version}/scripts/main.js"])
async def test_the_policy_is_strict(client, address: str) -> None:
    policy = (await client.get(address)).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert "unsafe" not in policy
    assert all(rules[name] == "'none'" for name in ("object-src", "base-uri", "frame-ancestors"))


def test_the_files_hold_no_inline_code_and_name_no_other_host() -> None:
    for name in FILES:
        if name.startswith("vendor/"):
            continue
        text = (FOLDER / name).read_text()
        hosts = set(re.findall(r"https?://[^\s\"')]+", text)) - {"http://www.w3.org/2000/svg"}
        assert hosts == set(), name
        assert INLINE.findall(text) == [], name
