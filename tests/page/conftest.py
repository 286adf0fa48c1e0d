"""The page in a real Chromium, on one running API with a real flow and Postgres behind it.

One product serves all tests of this folder, as it serves many people: each test comes as a
user of its own.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from psycopg import sql
from pydantic import SecretStr

from models.settings import Settings
from storage.postgres.embedded import Server
from tests.conftest import JWT_SECRET
from tests.npm import install, unable
from tests.page.visitor import PATIENCE_MS, Visitor
from tests.stream.road import Road
from tests.stream.server import Api
from tests.warehouse.driving import publish

Visit = Callable[..., Visitor]

SOURCES = Path(__file__).parent / "node"
FLAGS = (
    "--headless --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()
_users = count(1)
_databases = count(1)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; ended with this folder's tests, since its driver keeps a loop running."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        unable("no chromium on this machine (Debian: apt install chromium)")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *sandbox])
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def product(
    postgres_server: Server,
    make_template: Callable[[int], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Settings of the product that the tests of this folder share, on a fresh database with a
    first version of the warehouse; a worker that comes back to this folder sets up another one."""
    name = f"page_{next(_databases)}"
    database, template = map(sql.Identifier, (name, make_template(1)))
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(database, template))
        settings = Settings(
            data=tmp_path_factory.mktemp("page") / "data",
            postgres_url=postgres_server.url(name),
            jwt_secret=SecretStr(JWT_SECRET),
        )
        publish(settings)
        yield settings
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(database))


@pytest.fixture(scope="package")
def road(product: Settings) -> Iterator[Road]:
    """The analytics flow in the tests' process."""
    opened = Road(product)
    yield opened
    opened.close()


@pytest.fixture(scope="package")
def api(product: Settings) -> Iterator[Api]:
    """The API as a process."""
    many = {f"rate_limit_{name}requests": 100_000 for name in ("", "other_", "analyst_")}
    served = Api(product, JWT_SECRET, log_level="WARNING", demo=True, **many)
    served.start()
    yield served
    served.stop()


@pytest.fixture
def user() -> str:
    """Somebody who has never been here."""
    return f"user{next(_users)}"


@pytest.fixture
def visit(browser: Browser, api: Api, user: str) -> Iterator[Visit]:
    """`visit(color_scheme="dark")`: `user` at the page, in a browser context of his own. In the
    end nothing may have gone wrong that he did not allow for."""
    visitors: list[Visitor] = []

    def come(**context: object) -> Visitor:
        visitors.append(Visitor(browser, api, user, **context))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.leave()


@pytest.fixture(scope="package")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, as tests/page/node pins it."""
    folder = install(SOURCES, tmp_path_factory.mktemp("axe") / "node")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()
