"""Every service of docker-compose.yml runs here until it is well, and an event goes through."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import jwt
import pytest
import typer
from confluent_kafka import Producer
from typer.core import TyperGroup

from api.services.warehouse import AT_ONCE
from flows.cli import command_line
from storage.duckdb.published import MEMORY_MB
from storage.kafka.client import EVENTS
from tests.compose.containers import PATIENCE_S, Container
from tests.compose.places import Places
from tests.compose.reading import FILE, ROOT, Wrong, compose, is_part, variables, variables_of
from tests.stream.sse import Stream
from tests.stream.test_feed import is_event, until

ROW = "application.analytics_updated"
MISTAKES = (("/9092", "/9095"), ("6379", "6378"), ("5432", "5433"), (":8000", ":8001"))
APPLICATION = {"jobId": "j1", "jobTitle": "Engineer", "company": "Acme"}


@pytest.fixture(scope="module")
def places(document: dict[str, Any]) -> Iterator[Places]:
    # Not pytest's own: it closes that to Postgres' user at the start of any other run.
    with TemporaryDirectory(prefix="jobfinders-compose-") as folder:
        yield Places(Path(folder), list(document["services"]))


@pytest.fixture(scope="module")
def running(
    document: dict[str, Any], places: Places, code: str
) -> Iterator[dict[str, list[Container]]]:
    """All services, each process in the order of what it depends on."""
    services = {
        name: [
            Container(name, number, document, places, code)
            for number in range(int(spec["deploy"].get("replicas", 1)))
        ]
        for name, spec in document["services"].items()
    }
    containers = [container for of_one in services.values() for container in of_one]
    try:
        for container in containers:
            container.listen()
        for container in containers:
            container.prepare()
        started: set[str] = set()
        while len(started) < len(services):
            for name in services.keys() - started:
                if start_after(name, document, services, started):
                    started.add(name)
        for container in containers:
            if "healthcheck" in container.spec:
                container.wait_healthy()
        yield services
    finally:
        for container in reversed(containers):
            container.stop()
            print(f"{container.name} {container.number}: {container.output()}")


def start_after(
    name: str,
    document: dict[str, Any],
    services: dict[str, list[Container]],
    started: set[str],
) -> bool:
    """Start a service when what it depends on is as it asks; False before that is started."""
    conditions = document["services"][name].get("depends_on", {})
    if not conditions.keys() <= started:
        return False
    for other, asked in conditions.items():
        for container in services[other]:
            if asked["condition"] == "service_healthy":
                container.wait_healthy()
            elif asked["condition"] == "service_completed_successfully":
                container.wait_ended()
    for container in services[name]:
        container.start()
    return True


@asynccontextmanager
async def tended(running: dict[str, list[Container]]) -> AsyncIterator[None]:
    """Meanwhile what ends is started again."""

    async def tend() -> None:
        while True:
            for container in (one for of_one in running.values() for one in of_one):
                container.tend()
            await asyncio.sleep(0.2)

    tending = asyncio.create_task(tend())
    try:
        yield
        assert not tending.done(), tending.exception()
    finally:
        tending.cancel()


@pytest.mark.timeout(600)  # ten processes and a broker have to start
async def test_an_event_goes_through_the_services(
    running: dict[str, list[Container]], places: Places, settled: dict[str, str]
) -> None:
    ports = [places.port("api", 8000, container.number) for container in running["api"]]
    bearer = {"Authorization": f"Bearer {token(settled)}"}
    path = "/api/applications"
    async with (
        tended(running),
        Stream(ports[-1], "/api/stream", bearer) as stream,
        httpx.AsyncClient(headers=bearer, base_url=f"http://127.0.0.1:{ports[0]}") as client,
    ):
        frames = aiter(stream)
        written = await client.post(path, json=APPLICATION)
        assert written.status_code == 201, written.text
        got = await until(frames, is_event(ROW), PATIENCE_S)
        assert got[-1].json()["subject"] == written.json()["id"]
        row = await client.get(f"{path}/{written.json()['id']}/analytics")
        assert row.json()["status"] == "applied"
        publish(places, written.json()["id"])
        got = await until(frames, is_event(ROW), PATIENCE_S)
        assert got[-1].json()["data"]["analytics"]["views"] == 1
        assert "jobfinders_redis_unreachable 0.0" in (await client.get("/metrics")).text
    for container in (one for of_one in running.values() for one in of_one):
        assert container.process is not None
        ended = 0 if container.name == "migrate" else None
        assert container.process.poll() == ended, container.output()


def publish(places: Places, application: str) -> None:
    """As another system on the machine does, through the published port."""
    event = {
        "specversion": "1.0",
        "id": "view-1",
        "source": "/employer",
        "type": "application.viewed_by_employer",
        "subject": application,
        "time": datetime.now(UTC).isoformat(),
        "userid": "ada",
        "data": {},
    }
    producer = Producer({"bootstrap.servers": f"127.0.0.1:{places.port('kafka', 9094)}"})
    refused: list[object] = []
    producer.produce(EVENTS, json.dumps(event), on_delivery=lambda error, _: refused.append(error))
    assert producer.flush(PATIENCE_S) == 0
    assert refused == [None]


def test_a_part_writes_only_where_it_has_a_volume(running: dict[str, list[Container]]) -> None:
    parts = [one for of_one in running.values() for one in of_one if is_part(one.spec)]
    for container in parts:
        mounts = {volume.split(":")[1] for volume in container.spec.get("volumes", [])}
        found = {f"/{path.relative_to(container.root)}" for path in container.root.glob("data/*")}
        assert found <= mounts, container.name


def test_a_health_check_that_is_wrong_fails(running: dict[str, list[Container]]) -> None:
    tried = set()
    for container, *_ in running.values():
        test = container.spec.get("healthcheck", {}).get("test", [])
        for place, word in enumerate(test):
            for right, wrong in MISTAKES:
                if right in word:
                    tried.add(container.name)
                    changed = [*test[:place], word.replace(right, wrong), *test[place + 1 :]]
                    assert not container.healthy(changed), changed
    assert tried == {"postgres", "kafka", "redis", "api"}
    urls = running["api"][0].spec["healthcheck"]["test"]
    assert not running["api"][0].healthy([word.replace("readyz", "ready") for word in urls])


def token(settled: dict[str, str]) -> str:
    """As the issuer would sign one."""
    now = int(time.time())
    claims = {
        "sub": "ada",
        "role": "user",
        "iss": settled["JOBFINDERS_JWT_ISSUER"],
        "aud": settled["JOBFINDERS_JWT_AUDIENCE"],
        "iat": now,
        "exp": now + 600,
    }
    secret = Path(settled["SECRETS"], "jwt_secret").read_text().strip()
    return jwt.encode(claims, secret, algorithm="HS256")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("JOBFINDERS_REDIS_URL", "JOBFINDERS_REDIS_URI"),
        ("JOBFINDERS_SECRETS:", "JOBFINDERS_SECRET:"),
        ("target: jobfinders_jwt_secret", "target: jobfinders_jwt_secrets"),
        ("{source: postgres_url,", "{source: postgres_uri,"),
        ("healthcheck:", "health_check:"),
        ("interval: 5s", "interval: 5 seconds"),
        ("{condition: service_completed_successfully}", "{condition: service_healthy}"),
        ("networks: [inside, outside]", "networks: [inside, outsite]"),
        ('"postgres:/var/lib', '"postgre:/var/lib'),
        ("restart: on-failure", "restart: always"),
        ("limits: {cpus", "limit: {cpus"),
    ],
)
def test_a_wrong_name_is_found(settled: dict[str, str], right: str, wrong: str) -> None:
    text = FILE.read_text()
    assert right in text
    with pytest.raises(Wrong):
        compose(text.replace(right, wrong), settled)


def test_a_variable_that_must_be_set_is_missed(settled: dict[str, str]) -> None:
    without = {**settled, "JOBFINDERS_JWT_ISSUER": ""}
    with pytest.raises(Wrong, match="the issuer of your tokens"):
        compose(FILE.read_text(), without)


def test_the_example_has_every_variable_with_its_default() -> None:
    example = variables(ROOT / ".env.example")
    used = variables_of(FILE.read_text())
    assert used.keys() == example.keys()
    assert {n: v for n, v in used.items() if v is not None}.items() <= example.items()


def test_every_service_is_bounded_unprivileged_and_pinned(document: dict[str, Any]) -> None:
    for name, service in document["services"].items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        assert service["user"] not in ("root", "0", "0:0"), name
        assert service["cap_drop"] == ["ALL"], name
        assert re.fullmatch(r"[\w/]+:\d+\.\d+\.?\d*[\w.-]*", service["image"]), name
        assert service["restart"], name
        for published in service.get("ports", []):
            assert published.startswith("127.0.0.1:"), name


def test_the_api_has_room_for_the_versions_that_it_reads(document: dict[str, Any]) -> None:
    limit = document["services"]["api"]["deploy"]["resources"]["limits"]["memory"]
    newest_and_asked = 1 + AT_ONCE
    assert limit.endswith("g")
    assert int(limit[:-1]) * 1_000 >= newest_and_asked * MEMORY_MB + 500


def test_every_part_of_the_product_is_a_service(document: dict[str, Any]) -> None:
    root = typer.main.get_command(command_line([]))
    assert isinstance(root, TyperGroup)
    flows = root.commands["flow"]
    assert isinstance(flows, TyperGroup)
    commands = [service.get("command") for service in document["services"].values()]
    for wanted in (["migrate"], ["relay"], ["api"], *(["flow", name] for name in flows.commands)):
        assert commands.count(wanted) == 1, wanted


def test_no_secret_is_written_into_the_file(document: dict[str, Any]) -> None:
    text = json.dumps(document["services"])
    for word in ("password@", ":secret", "JWT_SECRET"):
        assert word not in text
