"""Postgres away for a while: the API says so at once, and all is caught up afterwards."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx
import pytest
from pydantic import SecretStr

from models.settings import Settings
from tests.conftest import JWT_SECRET
from tests.faults import oracle, outage
from tests.faults.databases import Databases
from tests.faults.traffic import Traffic
from tests.faults.victim import BACK_S, Victim
from tests.stream.server import Api

Make = Callable[..., Traffic]
_OUTAGE_S = float(os.environ.get("FAULTS_OUTAGE_S", "3"))
_ANSWER_S = 2.0
_WRITERS = 8
_BEFORE = 50
_FALLS = 2


@pytest.fixture
def served(make_traffic: Make, tmp_path: Path) -> Iterator[tuple[Traffic, Api]]:
    """The API on a database of its own."""
    traffic = make_traffic()
    settings = Settings(
        data=tmp_path / "data", postgres_url=traffic.url, jwt_secret=SecretStr(JWT_SECRET)
    )
    api = Api(settings, JWT_SECRET, rate_limit_requests=100_000, log_level="WARNING")
    api.start()
    yield traffic, api
    api.stop(signal.SIGKILL)


def test_the_flow_catches_up(make_traffic: Make, durable: Databases, seed: int) -> None:
    traffic = make_traffic()
    victim = Victim(traffic)
    try:
        victim.settle()
        outage.kill_server(durable.server, traffic, victim, Random(seed), _OUTAGE_S)
        oracle.check(traffic)
    finally:
        victim.kill()


def test_the_api_says_that_it_is_away(served: tuple[Traffic, Api], durable: Databases) -> None:
    _, api = served
    client = httpx.Client(base_url=api.url(""), headers=api.bearer(), timeout=2 * _ANSWER_S)
    assert _create(client).status_code == 201
    with outage.away(durable.server):
        # Its sessions live on for a moment.
        oracle.until(lambda: _create(client).status_code == 503, BACK_S, "the fall")
        end = time.monotonic() + _OUTAGE_S
        while time.monotonic() < end:
            began = time.monotonic()
            answer = _create(client)
            assert time.monotonic() - began < _ANSWER_S
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.json()["error"]["code"] == "UNAVAILABLE"
            assert client.get("/readyz").status_code == 503
            assert client.get("/healthz").status_code == 200
    oracle.until(lambda: _create(client).status_code == 201, BACK_S, "the API's recovery")


def test_requests_within_the_fall_are_answered(
    served: tuple[Traffic, Api], durable: Databases
) -> None:
    """The kill meets requests in each of their steps; none of them ends in a 500."""
    _, api = served
    client = httpx.Client(base_url=api.url(""), headers=api.bearer(), timeout=2 * _ANSWER_S)
    for _ in range(_FALLS):
        oracle.until(lambda: _create(client).status_code == 201, BACK_S, "the API's recovery")
        answers: list[int] = []
        fallen = threading.Event()

        def write(answers: list[int] = answers, fallen: threading.Event = fallen) -> None:
            while not fallen.is_set():
                answers.append(_create(client).status_code)

        with ThreadPoolExecutor(_WRITERS) as pool:
            writers = [pool.submit(write) for _ in range(_WRITERS)]
            oracle.until(lambda: len(answers) > _BEFORE, BACK_S, "the first answers")  # noqa: B023
            with outage.away(durable.server):
                oracle.until(lambda: 503 in answers, BACK_S, "the fall")  # noqa: B023
                fallen.set()
                for writer in writers:
                    writer.result()
        assert set(answers) == {201, 503}


def _create(client: httpx.Client) -> httpx.Response:
    body = {"jobId": "job-1", "jobTitle": "Engineer", "company": "Acme"}
    return client.post("/api/applications", json=body)
