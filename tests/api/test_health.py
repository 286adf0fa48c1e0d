"""Alive and ready, also with Postgres gone; figures without anybody's id."""

import time

import httpx
import pytest

from flows.analytics import now_us
from flows.partition import Partition
from models.settings import Settings
from storage.postgres.embedded import Server
from storage.postgres.migrate import migrate
from tests.api.conftest import serving
from tests.flows.driving import step


async def test_alive_and_ready(client):
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {
        "status": "ready",
        "reason": None,
        "postgres": True,
        "tokenKeys": True,
        "oldestMessageSeconds": None,
        "flowIdleSeconds": None,
    }


_WAITS = """INSERT INTO outbox (partition, recorded_at, payload)
    VALUES (0, now() - interval '1 minute', '')"""
_COMMITTED = """INSERT INTO flow_positions (flow, partition, updated_at)
    VALUES ('analytics', 0, now() - $1 * interval '1 second')"""


async def test_a_flow_that_lags_is_told_of(client, app):
    await app.state.parts.pool.execute(_WAITS)
    await app.state.parts.pool.execute(_COMMITTED, 1)
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["status"] == "lagging"
    assert 60 <= ready.json()["oldestMessageSeconds"] < 120
    assert ready.json()["reason"].endswith("the analytics flow is behind")


async def test_a_flow_that_does_not_run_makes_the_process_not_ready(client, app):
    await app.state.parts.pool.execute(_WAITS)
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert int(ready.headers["retry-after"]) > 0
    assert ready.json()["status"] == "stalled"
    assert ready.json()["postgres"] is True
    assert ready.json()["reason"].endswith("no analytics flow is running")
    assert (await client.get("/healthz")).status_code == 200


async def test_a_flow_that_hangs_makes_the_process_not_ready(client, app, settings, database):
    await app.state.parts.pool.execute(_COMMITTED, 300)
    flow = Partition(settings, database, 0, now_us)
    try:
        assert (await client.get("/readyz")).status_code == 200
        await app.state.parts.pool.execute(_WAITS)
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["reason"].endswith("the analytics flow runs but takes nothing")
        step(flow)
        assert (await client.get("/readyz")).json()["status"] == "ready"
    finally:
        flow.close()


async def test_with_kafka_it_is_the_relay_that_empties_the_outbox(client, app):
    pool = app.state.parts.pool
    await pool.execute(_WAITS)
    await pool.execute(_COMMITTED, 1)
    await pool.execute("UPDATE flow_positions SET source = 'applications.events.v1/id'")
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["reason"].endswith("no relay is running")
    assert ready.json()["flowIdleSeconds"] < 30
    await pool.execute("UPDATE flow_positions SET flow = 'relay' WHERE flow = 'analytics'")
    await pool.execute(_COMMITTED, 300)
    await pool.execute(
        "UPDATE flow_positions SET source = 'applications.events.v1/id' WHERE flow = 'analytics'"
    )
    assert (await client.get("/readyz")).json()["reason"].endswith("the relay is behind")


async def unavailable(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    began = time.monotonic()
    answer = await client.get("/api/dead-letters", headers=headers)
    assert time.monotonic() - began < 2
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "UNAVAILABLE"
    assert int(answer.headers["retry-after"]) > 0
    ready = await client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["postgres"] is False
    assert (await client.get("/healthz")).status_code == 200
    assert b"jobfinders_database_up 0.0" in (await client.get("/metrics")).content


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres@127.0.0.1:1/jobfinders",
        "postgresql://postgres@/jobfinders?host=/nowhere&port=5432",
        "postgresql://postgres@192.0.2.1:5432/jobfinders",
    ],
)
async def test_the_api_comes_up_without_postgres(settings: Settings, bearer, url):
    async with serving(settings.model_copy(update={"postgres_url": url})) as client:
        await unavailable(client, bearer("root", "admin"))
        assert (await client.get("/api/me", headers=bearer())).status_code == 200


async def test_postgres_goes_and_comes_back(tmp_path, settings: Settings, bearer):
    server = Server(tmp_path / "postgres", durable=False)
    try:
        url = server.start()
        migrate(url)
        async with serving(settings.model_copy(update={"postgres_url": url})) as client:
            headers = bearer("root", "admin")
            assert (await client.get("/api/dead-letters", headers=headers)).status_code == 200
            server.stop()
            await unavailable(client, headers)
            server.start()
            assert (await client.get("/api/dead-letters", headers=headers)).status_code == 200
            assert (await client.get("/readyz")).status_code == 200
    finally:
        server.stop()


async def test_a_connection_that_is_cut_in_a_request(client, app, bearer):
    pool = app.state.parts.pool

    @app.get("/cut")
    async def cut() -> None:
        async with pool.acquire() as connection:
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    answer = await client.get("/cut")
    assert answer.status_code == 503
    assert (await client.get("/readyz")).status_code == 200


async def test_figures_have_templates_and_never_ids(client, bearer):
    await client.get("/api/dead-letters/4711", headers=bearer("root-user", "admin"))
    await client.get("/api/applications/app-4711", headers=bearer("ada-user"))
    await client.get("/api/made-up-4711", headers=bearer())
    await client.request("STRANGE", "/api/me", headers=bearer())
    text = (await client.get("/metrics")).text
    assert 'route="/api/dead-letters/{letter_id}"' in text
    assert 'route="none"' in text
    for hidden in ("4711", "root-user", "ada-user", "STRANGE"):
        assert hidden not in text


async def test_client_reports_become_histograms(client, bearer):
    for report in (
        {"metric": "application_load", "loadTime": 800, "applicationCount": 12},
        {"metric": "application_filter", "responseTime": 120.5, "resultCount": 3},
        {"metric": "feed_latency", "latency": 20, "messageCount": 1},
    ):
        answer = await client.post("/api/performance", headers=bearer(), json=report)
        assert answer.status_code == 204
    text = (await client.get("/metrics")).text
    assert "jobfinders_client_application_load_seconds_sum 0.8" in text
    assert "jobfinders_client_filter_seconds_count 1.0" in text
    assert "jobfinders_client_feed_latency_seconds_sum 0.02" in text


@pytest.mark.parametrize("value", [-1, 1e12, "1", True, None])
async def test_client_reports_are_checked(client, bearer, value):
    report = {"metric": "feed_latency", "latency": value, "messageCount": 1}
    answer = await client.post("/api/performance", headers=bearer(), json=report)
    assert answer.status_code == 422


async def test_origins_are_let_in_by_setting_only(settings: Settings, client):
    origin = {"Origin": "https://app.example"}
    closed = await client.get("/healthz", headers=origin)
    assert "access-control-allow-origin" not in closed.headers
    opened = settings.model_copy(update={"cors_origins": ["https://app.example"]})
    async with serving(opened) as other:
        answer = await other.get("/api/me", headers=origin)
        assert answer.status_code == 401
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert exposed >= {"ETag", "X-Definition", "X-Clock", "X-Published-At", "X-As-Of"}
        assert exposed >= {"RateLimit", "RateLimit-Policy", "Idempotency-Replayed"}
        preflight = origin | {
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,if-match",
        }
        assert (await other.options("/api/me", headers=preflight)).status_code == 200
        foreign = await other.get("/api/me", headers={"Origin": "https://attacker.example"})
        assert "access-control-allow-origin" not in foreign.headers
