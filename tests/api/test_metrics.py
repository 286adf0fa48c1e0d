"""Metrics over HTTP, on a real warehouse file."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import polars as pl
import pytest

from api.files import MEDIA_TYPES, Format
from models.metrics import Metric
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.tables import Table
from storage.duckdb.warehouse import SCHEMA_VERSION
from tests.api.applications import Bearer
from tests.contract.building import event, line
from tests.warehouse.stories import application

PATH = "/api/analytics"
ROUTES = ("funnel", "response-times", "response-curve", "offers", "volume")


@pytest.fixture
def ann(client: httpx.AsyncClient, bearer: Bearer) -> httpx.AsyncClient:
    """A client that speaks for an analyst."""
    client.headers.update(bearer("ann", "analyst"))
    return client


@pytest.fixture
def world(settings: Settings, make_warehouse: Callable[..., None]) -> None:
    """Six applications to Acme and two to Bits, of two users."""
    make_warehouse(
        settings,
        [
            *application("a1", "viewed", "rejected", company="Acme", source="referral"),
            *application("a2", "shortlisted", company="Acme", source="referral"),
            *application("a3", "viewed", company="Acme", source="referral", day=2),
            *application("a4", company="Acme", source="social", day=2),
            *application("a5", "withdrawn", company="Acme", source="referral", day=3),
            *application("a6", "interview_scheduled", "interviewed", "offer_received", "hired",
                         company="Acme", source="referral", user="bob", day=4),
            *application("b1", "rejected", company="Bits", user="bob", day=4),
            *application("b2", company="Bits", user="bob", day=5),
            line(event("viewed_by_employer", "v", 31, subject="orphan")),
        ],
    )  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
async def test_before_the_first_publication(ann: httpx.AsyncClient, route: str) -> None:
    answer = await ann.get(f"{PATH}/{route}")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "WAREHOUSE_NOT_READY"
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("query", ["", "?as_of=2026-03-01"])
@pytest.mark.parametrize("schema_version", [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1])
async def test_one_of_another_release_is_not_read(
    ann: httpx.AsyncClient, settings: Settings, query: str, schema_version: int
) -> None:
    path = Folder(settings.warehouse_folder).manifest
    assert (await ann.get(f"{PATH}/funnel")).status_code == 200
    publish_as_of_layout(path, schema_version)
    for route in ROUTES:
        answer = await ann.get(f"{PATH}/{route}{query}")
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "WAREHOUSE_NOT_READY"
    publish_as_of_layout(path, SCHEMA_VERSION)
    assert (await ann.get(f"{PATH}/funnel")).status_code == 200


def publish_as_of_layout(path: Path, schema_version: int) -> None:
    """As if it had been published by a release with that layout."""
    manifest = json.loads(path.read_bytes())
    path.write_text(json.dumps(manifest | {"schema_version": schema_version}))


@pytest.mark.usefixtures("world")
async def test_funnel(ann: httpx.AsyncClient) -> None:
    body = (await ann.get(f"{PATH}/funnel")).json()
    assert [(item["stage"], item["reached"]) for item in body["items"]] == [
        ("applied", 8),
        ("viewed", 4),
        ("shortlisted", 2),
        ("interview_scheduled", 1),
        ("interviewed", 1),
        ("offer_received", 1),
        ("hired", 1),
    ]
    applied, viewed, *_ = body["items"]
    assert (applied["open"], applied["rejected"], applied["withdrawn"]) == (2, 1, 1)
    assert (applied["share"], applied["passThrough"]) == (1, None)
    assert (viewed["share"], viewed["passThrough"]) == (0.5, 0.5)
    assert body["freshness"]["clock"] == "2026-03-31T00:00:00Z"
    assert body["freshness"]["asOf"].startswith("0:")
    assert body["freshness"]["publishedAt"] > "2026-03-31"
    assert (body["scope"], body["minimumCases"], body["tz"]) == ("all", 5, "UTC")
    assert body["definition"]


@pytest.mark.usefixtures("world")
async def test_a_company_of_few_is_not_shown(ann: httpx.AsyncClient, bearer: Bearer) -> None:
    body = (await ann.get(f"{PATH}/offers?by=company")).json()
    shown = [(item["group"], item["offered"], item["acceptanceRate"]) for item in body["items"]]
    assert shown == [("Acme", 1, None)]  # no rate of one offer
    mine = bearer("bob")
    body = (await ann.get(f"{PATH}/offers?by=company&scope=mine", headers=mine)).json()
    shown = [
        (item["group"], item["applications"], item["acceptanceRate"]) for item in body["items"]
    ]
    assert shown == [("Bits", 2, None), ("Acme", 1, 1)]
    body = (await ann.get(f"{PATH}/funnel?company=Acme")).json()
    assert [item["reached"] for item in body["items"]] == [6, 4, 2, 1, 1, 1, 1]
    passed = [item["passThrough"] for item in body["items"]]
    assert passed == [None, 4 / 6, None, None, None, None, None]
    body = (await ann.get(f"{PATH}/funnel?company=Bits")).json()
    assert {item["reached"] for item in body["items"]} == {None}


@pytest.mark.usefixtures("world")
async def test_response_times(ann: httpx.AsyncClient) -> None:
    body = (await ann.get(f"{PATH}/response-times?by=source")).json()
    referral, untold, social = body["items"]
    assert (referral["group"], referral["cases"], referral["answered"]) == ("referral", 5, 3)
    assert (referral["waiting"], referral["withdrawn"]) == (1, 1)
    assert referral["medianHours"] == 48
    assert (untold["group"], untold["cases"]) == (None, None)
    assert (social["group"], social["cases"]) == ("social", None)
    curve = (await ann.get(f"{PATH}/response-curve?source=referral")).json()["items"]
    assert curve[0] == {"hours": 0, "unanswered": 1, "low": 1, "high": 1, "atRisk": 5}
    assert [(step["hours"], step["atRisk"]) for step in curve[1:]] == [(24, 5), (48, 2)]


@pytest.mark.usefixtures("world")
async def test_volume(ann: httpx.AsyncClient) -> None:
    query = "from=2026-03-01&to=2026-03-04&tz=Europe/Berlin"
    body = (await ann.get(f"{PATH}/volume?{query}")).json()
    assert [(item["local"], item["events"]) for item in body["items"]] == [
        ("2026-03-01T00:00:00+01:00", None),
        ("2026-03-02T00:00:00+01:00", None),
        ("2026-03-03T00:00:00+01:00", None),
    ]


@pytest.mark.usefixtures("world")
async def test_the_first_period_of_a_volume_is_whole(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    client.headers.update(bearer("ada"))
    query = f"{PATH}/volume?scope=mine&per=week&to=2028-03-01T23:00:00Z"
    by_default, *_ = (await client.get(query)).json()["items"]
    asked_for, *_ = (await client.get(f"{query}&from=2026-03-02")).json()["items"]
    assert by_default == asked_for
    assert by_default["start"] == "2026-03-02T00:00:00Z"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("by", ["company", "source", "week"])
@pytest.mark.parametrize("route", ["funnel", "response-times", "offers"])
async def test_nothing_to_group(ann: httpx.AsyncClient, route: str, by: str) -> None:
    answer = await ann.get(f"{PATH}/{route}?by={by}&company=nobody&tz=Asia/Tokyo")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("extension", ["json", "csv", "ndjson", "parquet"])
async def test_every_route_as_every_file(
    client: httpx.AsyncClient, bearer: Bearer, extension: str
) -> None:
    client.headers.update(bearer("root", "admin"))
    for name in (*Metric, *(f"tables/{table}" for table in Table)):
        answer = await client.get(f"{PATH}/{name}.{extension}")
        assert answer.status_code == 200, (name, answer.text)
        by_accept = await client.get(
            f"{PATH}/{name}", headers={"Accept": f"{MEDIA_TYPES[Format(extension)]}, */*;q=0.1"}
        )
        assert by_accept.content == answer.content
        assert by_accept.headers["content-type"] == answer.headers["content-type"]
        assert answer.headers["x-clock"] == "2026-03-31T00:00:00Z"
        rows = read(answer.content, extension)
        bare = (await client.get(f"{PATH}/{name}")).json()["items"]
        assert len(rows) == len(bare) > 0
        assert rows.columns == list(bare[0])


def read(content: bytes, extension: str) -> pl.DataFrame:
    match extension:
        case "json":
            return pl.DataFrame(json.loads(content)["items"], infer_schema_length=None)
        case "csv":
            return pl.read_csv(content, infer_schema_length=None)
        case "ndjson":
            return pl.read_ndjson(content)
        case _:
            return pl.read_parquet(content)
