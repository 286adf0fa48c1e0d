"""Several real API processes on one database, started once for all tests that leave them whole."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from pydantic import SecretStr

from models.settings import Settings
from storage.postgres.embedded import Server
from tests.conftest import JWT_SECRET
from tests.redis_server import RedisServer
from tests.stream.road import Road
from tests.stream.server import Api


@pytest.fixture(scope="module")
def common(
    postgres_server: Server,
    make_template: Callable[[int], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settings]:
    """Settings of a product on a database of the module's own."""
    template = make_template(2)
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE processes TEMPLATE {template}")
        yield Settings(
            data=tmp_path_factory.mktemp("processes"),
            postgres_url=postgres_server.url("processes"),
            jwt_secret=SecretStr(JWT_SECRET),
        )
        connection.execute("DROP DATABASE processes WITH (FORCE)")


@pytest.fixture(scope="module")
def redis(common: Settings) -> Iterator[RedisServer]:
    """What the processes share their limits through."""
    server = RedisServer(common.data)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def apis(common: Settings, redis: RedisServer) -> Iterator[list[Api]]:
    """Three processes, set up alike."""
    started = [Api(common, JWT_SECRET, redis_url=redis.url) for _ in range(3)]
    try:
        for api in started:
            api.launch()
        for api in started:
            api.wait()
        yield started
    finally:
        for api in started:
            api.stop()


@pytest.fixture(scope="module")
def road(common: Settings) -> Iterator[Road]:
    """The analytics flow in the test's process."""
    opened = Road(common)
    yield opened
    opened.close()
