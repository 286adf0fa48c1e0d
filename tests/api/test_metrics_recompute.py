"""Every metric against a recompute, one by one, of a simulated world with disorder."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import polars as pl
import pytest

from flows.simulator import generate
from models.instant import parse
from models.settings import Settings
from storage.duckdb import reader
from tests.api.conftest import serving
from tests.warehouse import recompute
from tests.warehouse.recompute import Row

END = parse("2026-11-02T00:00:00Z")  # a week behind a change of clocks
SEED = 7
ZONE = "Europe/Berlin"
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def world(settings: Settings, make_warehouse: Callable[..., None]) -> Settings:
    lines = generate(seed=SEED, applications=400, days=60, end=END, disorder=0.1)
    make_warehouse(settings, lines)
    return settings


@pytest.fixture
def tables(world: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with reader.open_latest(world.warehouse_folder) as connection:
        yield connection


@pytest.fixture
def rows(tables: duckdb.DuckDBPyConnection) -> list[Row]:
    """The contract's rows that count."""
    found = pl.DataFrame(tables.sql("FROM v_applications")).to_dicts()
    return [row for row in found if row["applied_at"] and "orphan" not in row["flags"]]


@pytest.fixture
def clock(tables: duckdb.DuckDBPyConnection) -> datetime:
    ((found,),) = tables.execute("SELECT clock FROM warehouse").fetchall()
    return found


@pytest.fixture
def ask(world: Settings, bearer: Callable[..., dict[str, str]]) -> Ask:
    """Items of a metric, across users."""
    headers = bearer("root", "admin")

    async def get(path: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        async with serving(world) as client:
            answer = await client.get(f"/api/analytics/{path}", params=query, headers=headers)
            assert answer.status_code == 200, answer.text
            return answer.json()["items"]

    return lambda path, **query: asyncio.run(get(path, query))


def grouped(rows: list[Row], name: str) -> dict[str | None, list[Row]]:
    found: dict[str | None, list[Row]] = {}
    for row in rows:
        key = recompute.monday(row["applied_at"], ZONE) if name == "week" else row[name]
        found.setdefault(key, []).append(row)
    return found


def hops(items: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("stage", "reached", "open", "rejected", "withdrawn")
    return [tuple(item[name] for name in names) for item in items]


def test_funnel(ask: Ask, rows: list[Row]) -> None:
    assert len(rows) > 300
    assert hops(ask("funnel")) == recompute.funnel(rows)
    for by in ("source", "company", "week"):
        items = ask("funnel", by=by, tz=ZONE, limit=200)
        for group, those in grouped(rows, by).items():
            found = [item for item in items if item["group"] == group]
            if len(those) >= 5:
                assert hops(found) == recompute.funnel(those), (by, group)
            else:
                assert {item["reached"] for item in found} <= {None}
    some = [row for row in rows if row["source"] in ("referral", "social")]
    some = [row for row in some if row["status"] == "rejected"]
    filters = {"source": ["referral", "social"], "status": "rejected"}
    assert hops(ask("funnel", **filters)) == recompute.funnel(some)


def test_period_is_half_open_and_of_the_zone(ask: Ask, rows: list[Row]) -> None:
    some = [
        row
        for row in rows
        if datetime(2026, 10, 1, 22) <= row["applied_at"] < datetime(2026, 10, 25, 23)
    ]
    items = ask("funnel", **{"from": "2026-10-02", "to": "2026-10-26", "tz": ZONE})
    assert hops(items) == recompute.funnel(some)
    exact = some[len(some) // 2]["applied_at"].isoformat() + "Z"
    whole = ask("funnel", to=exact)[0]["reached"] + ask("funnel", **{"from": exact})[0]["reached"]
    assert whole == len(rows)


def test_response_times(ask: Ask, rows: list[Row], clock: datetime) -> None:
    for by in ("source", "company", "week"):
        items = ask("response-times", by=by, tz=ZONE, limit=200)
        groups = {group: those for group, those in grouped(rows, by).items() if len(those) >= 5}
        shown = {item["group"]: item for item in items if item["cases"] is not None}
        assert set(shown) == set(groups)
        for group, those in groups.items():
            _check_waits(shown[group], those, clock)
    (item,) = ask("response-times")
    _check_waits(item, rows, clock)


def _check_waits(item: dict[str, Any], rows: list[Row], clock: datetime) -> None:
    waits = [recompute.wait(row, clock) for row in rows]
    fitted = recompute.estimate(waits)
    assert item["cases"] == len(rows)
    assert item["answered"] == sum(answered for _, answered in waits)
    unanswered = [row for row in rows if row["first_response_at"] is None]
    assert item["withdrawn"] == sum(row["status"] == "withdrawn" for row in unanswered)
    assert item["waiting"] == len(unanswered) - item["withdrawn"]
    assert item["medianHours"] == pytest.approx(recompute.percentile(fitted, 0.5))
    assert item["p90Hours"] == pytest.approx(recompute.percentile(fitted, 0.9))


def test_response_curve(ask: Ask, rows: list[Row], clock: datetime) -> None:
    fitted = recompute.estimate([recompute.wait(row, clock) for row in rows])
    first, *steps = ask("response-curve")
    assert (first["hours"], first["unanswered"], first["atRisk"]) == (0, 1, len(rows))
    assert len(steps) > 50
    band = fitted.confidence_interval_survival_function_
    for step in steps:
        assert step["unanswered"] == pytest.approx(float(fitted.predict(step["hours"])))
        low, high = band.loc[band.index.asof(step["hours"])]
        assert (step["low"], step["high"]) == pytest.approx((low, high))
        assert step["atRisk"] == fitted.event_table.loc[step["hours"], "at_risk"]


def test_stages(ask: Ask, rows: list[Row], clock: datetime) -> None:
    items = ask("stages")
    assert [item["stage"] for item in items] == list(recompute.LADDER[:-1])
    for item in items:
        stays = recompute.stays(rows, item["stage"], clock)
        assert item["entered"] == len(stays)
        assert item["left"] == sum(left for _, left in stays)
        assert item["present"] == item["entered"] - item["left"]
        fitted = recompute.estimate(stays)
        assert item["medianHours"] == pytest.approx(recompute.percentile(fitted, 0.5))
        assert item["p90Hours"] == pytest.approx(recompute.percentile(fitted, 0.9))


def test_offers_and_summary(ask: Ask, rows: list[Row], clock: datetime) -> None:
    offered = [row for row in rows if recompute.furthest(row) >= 5]
    decided = [row for row in offered if row["status"] in recompute.CLOSED]
    hired = [row for row in rows if row["hired"]]
    (item,) = ask("offers")
    assert (item["applications"], item["offered"]) == (len(rows), len(offered))
    assert item["offerRate"] == len(offered) / len(rows)
    assert item["acceptanceRate"] == len(hired) / len(decided)
    (total,) = ask("summary")
    assert (total["hired"], total["offered"]) == (len(hired), len(offered))
    assert total["open"] == sum(row["status"] not in recompute.CLOSED for row in rows)
    fitted = recompute.estimate([recompute.wait(row, clock) for row in rows])
    assert total["medianResponseHours"] == pytest.approx(recompute.percentile(fitted, 0.5))
    assert total["ghostedAfterHours"] == pytest.approx(recompute.ghosted_after(rows, clock))


def test_ghosted(ask: Ask, rows: list[Row], clock: datetime) -> None:
    hours = recompute.ghosted_after(rows, clock)
    silent = {
        row["application_id"]: found
        for row in rows
        if (found := recompute.silence(row, clock)) is not None and found > hours + 1e-9
    }
    assert silent
    items = ask("ghosted/applications", limit=1_000)
    assert {item["applicationId"] for item in items} == set(silent)
    found = [item["hoursOfSilence"] for item in items]
    assert found == pytest.approx(sorted(silent.values(), reverse=True))
    (item,) = ask("ghosted")
    assert item["likelyGhosted"] == len(silent)
    for group in ask("ghosted", by="source"):
        those = [row for row in rows if row["source"] == group["group"]]
        assert group["open"] == sum(row["status"] not in recompute.CLOSED for row in those)
        assert group["likelyGhosted"] == sum(row["application_id"] in silent for row in those)


@pytest.mark.parametrize("per", ["hour", "day", "week"])
def test_volume(ask: Ask, tables: duckdb.DuckDBPyConnection, per: str) -> None:
    events = pl.DataFrame(tables.sql("SELECT time, type, application_id FROM events"))
    since, until = datetime(2026, 10, 18, 22), datetime(2026, 10, 27, 23)
    period = {"from": "2026-10-19", "to": "2026-10-28", "tz": ZONE, "per": per}
    within = events.filter(pl.col("time") >= since, pl.col("time") < until)
    expected = recompute.volume(within, ZONE, per)
    items = ask("volume", **period)
    assert sum(expected.values()) > 300
    for item in items:
        wanted = expected.pop(item["local"], 0)
        assert item["events"] == (None if 0 < wanted < 5 else wanted)
    assert not expected
    by_type = ask("volume", by="type", **period)
    kinds = within.group_by("type").len()
    for kind, count in kinds.iter_rows():
        shown = [item["events"] for item in by_type if item["type"] == kind]
        assert len(shown) == len(items)
        if None not in shown:
            assert sum(shown) == count
    some = ask("volume", company="nobody", **period)
    assert {item["events"] for item in some} == {0}


def test_tables_are_the_views(ask: Ask, tables: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    listed = sorted(row["application_id"] for row in rows)
    for name in ("status_changes", "stage_durations", "response_times", "events"):
        view = "events" if name == "events" else f"v_{name}"
        wanted = pl.DataFrame(tables.sql(f"FROM {view}"))
        wanted = wanted.filter(pl.col("application_id").is_in(listed))
        found = ask(f"tables/{name}", limit=10_000)
        assert len(found) == len(wanted) > 0, name
        order = [column for column in ("application_id", "n", "partition", "offset")
                 if column in wanted.columns]  # fmt: skip
        for shown, row in zip(found, wanted.sort(order).iter_rows(), strict=True):
            assert [_plain(value) for value in shown.values()] == [
                value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in row
            ]


def _plain(value: object) -> object:
    if isinstance(value, str) and value[4:5] == "-" and value.endswith("Z"):
        return datetime.fromisoformat(value)
    return value
