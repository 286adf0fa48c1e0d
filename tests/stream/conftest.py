"""A real API process, and the real flow to fill its log."""

from collections.abc import Callable, Iterator

import pytest

from models.settings import Settings
from tests.conftest import JWT_SECRET
from tests.stream.road import Road
from tests.stream.server import Api

StartApi = Callable[..., Api]


@pytest.fixture
def start_api(settings: Settings) -> Iterator[StartApi]:
    """`start_api(stream_heartbeat_s=1)`: a running API; ended after the test."""
    started: list[Api] = []

    def start(**overrides: object) -> Api:
        api = Api(settings, JWT_SECRET, **overrides)
        started.append(api)
        api.start()
        return api

    yield start
    for api in started:
        api.stop()


@pytest.fixture
def road(settings: Settings) -> Iterator[Road]:
    """The analytics flow in the test's process."""
    opened = Road(settings)
    yield opened
    opened.close()
