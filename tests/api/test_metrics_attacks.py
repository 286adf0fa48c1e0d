"""What a client may not do with metrics: no SQL, no file, no other's rows."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import httpx
import polars as pl
import pytest

from models.settings import Settings
from storage.duckdb import tables
from storage.duckdb.metrics import Selection
from storage.duckdb.published import Published
from storage.duckdb.tables import Table
from tests.api.applications import Bearer
from tests.contract.building import event, line
from tests.warehouse.stories import application

PATH = "/api/analytics"
INJECTIONS = (
    "'; DROP TABLE applications; --",
    "' OR '1'='1",
    '" OR 1=1 --',
    "x' UNION SELECT user_id FROM applications --",
    "$user_id",
    "{selected}",
    "%",
    "read_text('/etc/passwd')",
    "\u202ecompany",
)


@pytest.fixture
def world(settings: Settings, make_warehouse: Callable[..., None]) -> Settings:
    """Nine of ada's and one of bob's, to a company whose name a spreadsheet would run; all are
    silent for long when the last message comes."""
    stories = [application(f"a{n}", "viewed", company="=1+1", source="social") for n in range(9)]
    lines = [told for story in stories for told in story]
    lines += application("b1", "viewed", company="B", user="bob")
    make_warehouse(settings, [*lines, line(event("viewed_by_employer", "v", 31, subject="other"))])
    return settings


@pytest.fixture
def ann(client: httpx.AsyncClient, bearer: Bearer) -> httpx.AsyncClient:
    client.headers.update(bearer("ann", "analyst"))
    return client


@pytest.mark.usefixtures("world")
async def test_sql_stays_text(ann: httpx.AsyncClient) -> None:
    for text in INJECTIONS:
        answer = await ann.get(f"{PATH}/funnel", params={"company": text})
        assert answer.status_code == 200, answer.text
        assert answer.json()["items"][0]["reached"] == 0, text
        for name in ("by", "source", "status", "tz", "from", "to", "as_of", "limit", "per", "x"):
            answer = await ann.get(f"{PATH}/funnel", params={name: text})
            assert answer.status_code == 422, (name, text)
            assert "By." not in answer.text  # no name of the code's own
    assert (await ann.get(f"{PATH}/funnel")).json()["items"][0]["reached"] == 10


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=1e9",
        "tz=../../etc/passwd",
        "tz=localtime",
        "tz=Europe/berlin",
        "from=2026-13-01",
        "from=2026-03-01T09:00:00",
        "from=0001-01-01&tz=Asia/Tokyo",
        "to=9999-12-31T23:59:59-01:00",
        "as_of=yesterday",
        "company=",
        "company=%00",
        f"company={'a' * 1_001}",
        "by=user",
        "by=company&by=user_id",
        "status=fired",
        "scope=theirs",
        "user_id=bob",
    ],
)
async def test_what_is_not_valid_is_refused(ann: httpx.AsyncClient, query: str) -> None:
    answer = await ann.get(f"{PATH}/response-times?{query}")
    assert answer.status_code == 422, answer.text


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    "query",
    [
        "per=hour&from=2000-01-01",
        "per=hour&by=type&from=2026-01-01&to=2026-03-31",
        "per=minute",
        "per=week&from=0001-01-01&to=9999-12-31",
        "per=week&from=9999-12-30&to=9999-12-31",
        "by=company",
    ],
)
async def test_too_many_periods_are_refused(ann: httpx.AsyncClient, query: str) -> None:
    assert (await ann.get(f"{PATH}/volume?{query}")).status_code == 422


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("query", ["volume?to=0001-01-02", "volume?to=0001-01-01&per=week"])
async def test_the_first_days_are_days(ann: httpx.AsyncClient, query: str) -> None:
    answer = await ann.get(f"{PATH}/{query}")
    assert answer.status_code == 200, answer.text
    assert {item["events"] for item in answer.json()["items"]} <= {0}


@pytest.mark.usefixtures("world")
async def test_nobody_sees_rows_of_others(client: httpx.AsyncClient, bearer: Bearer) -> None:
    bob = bearer("bob")
    for name in ("applications", "status_changes", "stage_durations", "response_times", "events"):
        answer = await client.get(f"{PATH}/tables/{name}?scope=mine", headers=bob)
        assert {row["applicationId"] for row in answer.json()["items"]} == {"b1"}, name
        behind = await client.get(f"{PATH}/tables/{name}?scope=mine&after=a0", headers=bob)
        assert {row["applicationId"] for row in behind.json()["items"]} == {"b1"}, name
    ghosted = await client.get(f"{PATH}/ghosted/applications?scope=mine", headers=bob)
    assert [item["userId"] for item in ghosted.json()["items"]] == ["bob"]
    (item,) = (await client.get(f"{PATH}/summary?scope=mine", headers=bob)).json()["items"]
    assert item["applications"] == 1


@pytest.mark.usefixtures("world")
async def test_pages_of_a_table_have_every_row_once(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    client.headers.update(bearer("root", "admin"))
    whole = (await client.get(f"{PATH}/tables/status_changes")).json()
    assert (whole["total"], whole["hasMore"], whole["next"]) == (10, False, None)
    found, link = [], f"{PATH}/tables/status_changes?limit=3"
    while link:
        page = await client.get(link)
        found += page.json()["items"]
        link = page.links.get("next", {}).get("url")
    assert found == whole["items"]
    assert len(found) == 20


def test_long_answers_are_not_kept(world: Settings) -> None:
    version = Published(world.warehouse_folder).newest()
    for length, asked in ((2_000, 1), (2_001, 2)):
        found: list[list[int]] = []

        def find(length: int = length, found: list[list[int]] = found) -> list[int]:
            found.append(list(range(length)))
            return found[-1]

        assert [len(version.once(length, find)) for _ in range(2)] == [length] * 2
        assert len(found) == asked


def test_a_page_has_only_so_many_events(world: Settings) -> None:
    with Published(world.warehouse_folder).newest().reader() as reader:
        for table in Table:
            whole = tables.page(reader, table, Selection(), None, 100)
            assert whole.last is None
            found, after = [], None
            while True:  # two events each
                page = tables.page(reader, table, Selection(), after, 100, events_max=5)
                assert page.rows["application_id"].n_unique() <= 2
                found.append(page.rows)
                after = page.last
                if after is None:
                    break
            assert pl.concat(found).equals(whole.rows), table
            (alone,) = (
                tables.page(reader, table, Selection(), None, 9, events_max=1)
                .rows["application_id"]
                .unique()
            )
            assert alone == "a0"


@pytest.mark.usefixtures("world")
async def test_an_admins_look_at_rows_is_written_down(
    app, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    await client.get(f"{PATH}/tables/events?scope=mine", headers=bearer("bob"))
    await client.get(f"{PATH}/funnel", headers=bearer("root", "admin"))
    await client.get(f"{PATH}/tables/events", headers=bearer("root", "admin"))
    rows = await app.state.parts.pool.fetch("SELECT actor, action FROM audit_log")
    assert [tuple(row) for row in rows] == [("root", "GET /api/analytics/tables/{table}")]


@pytest.mark.usefixtures("world")
async def test_a_spreadsheet_runs_nothing(ann: httpx.AsyncClient) -> None:
    answer = await ann.get(f"{PATH}/offers.csv?by=company")
    assert answer.text.splitlines()[1].startswith("'=1+1,9,")


def test_a_statement_reaches_no_file_but_the_history(world: Settings, tmp_path: Path) -> None:
    folder = world.warehouse_folder
    secret = tmp_path / "secret.csv"
    secret.write_text("secret")
    version = Published(folder).newest()
    with version.reader() as reader:
        for statement in (
            f"SELECT * FROM read_text('{secret}')",
            f"SELECT * FROM read_text('{folder}/history/../manifest.json')",
            f"SELECT * FROM '{secret}'",
            f"ATTACH '{tmp_path}/other.duckdb'",
            f"COPY applications TO '{tmp_path}/out.csv'",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SET enable_external_access = true",
            "SET allowed_directories = ['/']",
            "SET GLOBAL threads = 64",
            "DELETE FROM applications",
            "CREATE TABLE mine (n INTEGER)",
        ):
            with pytest.raises(duckdb.Error):
                reader.execute(statement).fetchall()
        parts = f"SELECT count(*) FROM read_parquet('{folder.absolute()}/history/**/*.parquet')"
        assert reader.execute(parts).fetchall()[0][0] > 0


@pytest.mark.usefixtures("world")
async def test_a_newer_version_is_seen_and_an_older_one_of_the_past(
    client: httpx.AsyncClient, bearer: Bearer, world: Settings, make_warehouse
) -> None:
    client.headers.update(bearer("ann", "analyst"))
    assert (await client.get(f"{PATH}/funnel")).json()["items"][0]["reached"] == 10
    past = await client.get(f"{PATH}/funnel?as_of=2026-03-01")
    assert past.json()["items"][0]["reached"] == 0
    recorded = (await client.get(f"{PATH}/funnel")).json()["freshness"]["publishedAt"]
    now = await client.get(f"{PATH}/funnel", params={"as_of": recorded})
    assert now.status_code == 200, now.text
    assert now.json()["items"][0]["reached"] == 10
