"""The figures say what the API says, follow the filters, and can be read without a pointer."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import Request, Route, expect

from models.settings import Settings
from tests.page.conftest import Visit
from tests.page.visitor import Visitor
from tests.stream.road import Road
from tests.warehouse.driving import publish

_BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_NO_ZONE = """
const { resolvedOptions } = Intl.DateTimeFormat.prototype;
Intl.DateTimeFormat.prototype.resolvedOptions = function () {
  return { ...resolvedOptions.call(this), timeZone: "Etc/Unknown" };
};
"""

# Axes and their figures are grey.
_BLUE_PIXELS = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let blue = 0;
  for (let at = 0; at < data.length; at += 4)
    blue += data[at + 3] > 0 && data[at + 2] - data[at] > 60;
  return blue;
}"""


@pytest.fixture
def published(product: Settings, road: Road, user: str) -> None:
    """Six applications of one user, three of them answered, in the published warehouse."""
    for number in range(6):
        road.create(f"{user}-{number}", user)
    for number in range(3):
        road.event("status_changed", f"{user}-{number}", user, {"newStatus": "shortlisted"})
    road.fold()
    publish(product)


def answer(visitor: Visitor, route: str, user: str) -> list[dict[str, object]]:
    """The API's items of one's own."""
    address = visitor.api.url(f"/api/analytics/{route}?scope=mine")
    found: list[dict[str, object]] = httpx.get(address, headers=visitor.api.bearer(user)).json()[
        "items"
    ]
    return found


@pytest.mark.usefixtures("published")
def test_the_figures_are_the_apis(visit: Visit, user: str) -> None:
    visitor = visit().open("user")
    numbers = visitor.panel("funnel").locator(".bar-number")
    expect(numbers.first).to_have_text("6")
    reached = [item["reached"] for item in answer(visitor, "funnel", user)]
    assert [int(text) for text in numbers.all_inner_texts()] == reached
    expect(visitor.panel("response")).to_contain_text("3 answered, 3 still waiting")
    expect(visitor.panel("response").locator(".panel-fresh")).to_contain_text("Data up to")
    expect(visitor.panel("volume").locator(".headline")).to_contain_text("9 events")
    applied = visitor.panel("stages").locator("[data-status=applied]")
    expect(applied.locator(".bar-hop")).to_have_text("3 in it now")
    silent = len(answer(visitor, "ghosted/applications", user))
    rows = visitor.panel("ghosted").locator("tbody tr")
    expect(rows).to_have_count(silent)


@pytest.mark.usefixtures("published")
def test_a_chart_draws_its_figures_on_a_phone_too(visit: Visit) -> None:
    visitor = visit(viewport={"width": 360, "height": 740}).open("user")
    for panel in ("volume", "response"):
        canvas = visitor.panel(panel).locator("canvas")
        expect(canvas).to_be_visible()
        assert canvas.evaluate(_BLUE_PIXELS) > 20, f"{panel} shows nothing but its axes"


@pytest.mark.usefixtures("published")
def test_a_curve_can_be_read_without_seeing_or_pointing(visit: Visit, user: str) -> None:
    visitor = visit().open("user")
    panel = visitor.panel("response")
    curve = panel.get_by_role("img")
    expect(curve).to_have_attribute("aria-label", re.compile("without an answer"))
    steps = answer(visitor, "response-curve", user)
    curve.focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(panel.locator(".readout")).to_contain_text("100 % without an answer")
    panel.get_by_text("Show as a table").click()
    expect(panel.locator(".figures tbody tr")).to_have_count(len(steps))


@pytest.mark.usefixtures("published")
def test_the_figures_follow_the_filters(visit: Visit) -> None:
    asked: list[dict[str, list[str]]] = []

    def note(request: Request) -> None:
        address = urlsplit(request.url)
        if address.path == "/api/analytics/funnel":
            asked.append(parse_qs(address.query))

    visitor = visit(timezone_id="Europe/Berlin").open("user")
    expect(visitor.panel("funnel").locator(".bar-number").first).to_have_text("6")
    visitor.page.on("request", note)
    visitor.page.get_by_label("Source").select_option("referral")
    expect(visitor.panel("funnel").locator(".panel-notice")).to_have_text(
        "No application in this period."
    )
    assert asked == [{"source": ["referral"], "tz": ["Europe/Berlin"], "scope": ["mine"]}]


@pytest.mark.usefixtures("published")
def test_a_period_begins_with_a_day_of_the_reader(visit: Visit) -> None:
    days: list[str] = []
    zone = "Pacific/Kiritimati"  # 14 hours ahead: mostly another day than in UTC
    visitor = visit(timezone_id=zone).open("user")
    expect(visitor.panel("funnel").locator(".bar-number").first).to_have_text("6")
    visitor.page.on(
        "request",
        lambda request: days.extend(parse_qs(urlsplit(request.url).query).get("from", [])),
    )
    before = _day_of(zone)
    visitor.page.get_by_label("Period").select_option("30")
    expect(visitor.panel("funnel")).not_to_have_attribute("aria-busy", "true")
    assert before <= days[0] <= _day_of(zone)


def _day_of(zone: str) -> str:
    return (datetime.now(ZoneInfo(zone)) - timedelta(days=30)).date().isoformat()


@pytest.mark.usefixtures("published")
def test_without_a_time_zone_it_is_utc(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script(_NO_ZONE)
    visitor.open("user")
    expect(visitor.page.locator(".filters .hint")).to_have_text("Times in UTC")
    expect(visitor.panel("funnel").locator(".bar-number").first).to_have_text("6")


def test_who_still_waits_is_counted_at_each_moment(
    visit: Visit, product: Settings, road: Road, user: str
) -> None:
    for number in range(6):
        road.create(f"{user}-{number}", user)
    for number, hours in enumerate((1, 1, 1, 100), start=2):
        later = _BEGIN + timedelta(hours=hours, seconds=number)
        status: dict[str, object] = {"newStatus": "shortlisted"}
        road.event("status_changed", f"{user}-{number}", user, status, time=later.isoformat())
    road.fold()
    publish(product)
    visitor = visit().open("user")
    waiting = visitor.panel("response").locator(".at-risk")
    expect(waiting.locator("th")).to_have_text(["at first", "4.2 days"])
    expect(waiting.locator("td")).to_have_text(["6", "3"])


def test_too_few_is_not_none(visit: Visit, product: Settings, road: Road, user: str) -> None:
    company = f"Company of {user}"
    for number in range(3):
        job = {"jobId": "j1", "jobTitle": "Baker", "company": company}
        road.event("created", f"{user}-{number}", user, dict(job))
    road.fold()
    publish(product)
    visitor = visit().open("analyst")
    field = visitor.page.get_by_label("Company", exact=True)
    field.fill(company)
    field.press("Enter")
    for panel in ("funnel", "stages", "volume"):
        expect(visitor.panel(panel).locator(".panel-notice")).to_contain_text("Fewer than 5")


def test_before_the_first_event_figures_are_of_no_time(visit: Visit) -> None:
    def before(route: Route) -> None:
        response = route.fetch()
        found = response.json()
        found["freshness"]["clock"] = "1970-01-01T00:00:00Z"
        route.fulfill(response=response, json=found)

    visitor = visit()
    visitor.page.route("**/api/analytics/funnel?**", before)
    visitor.open("user")
    expect(visitor.panel("funnel").locator(".panel-fresh")).to_have_text("No event yet")


@pytest.mark.usefixtures("published")
def test_few_questions_are_asked_at_once(visit: Visit) -> None:
    asking: set[Request] = set()
    most: list[int] = []

    def begin(request: Request) -> None:
        if "/api/analytics/" in request.url and not request.url.endswith("/stream"):
            asking.add(request)
            most.append(len(asking))

    def end(request: Request) -> None:
        asking.discard(request)

    visitor = visit()
    visitor.page.on("request", begin)
    for ended in ("requestfinished", "requestfailed"):
        visitor.page.on(ended, end)
    visitor.open("analyst")
    expect(visitor.panel("volume").locator(".headline")).to_contain_text("events in")
    expect(visitor.page.locator("[data-panel][aria-busy]")).to_have_count(0)
    assert len(most) >= len(visitor.panels())
    assert max(most) <= 2


@pytest.mark.usefixtures("published")
def test_a_busy_server_takes_no_figures_away(visit: Visit) -> None:
    def busy(route: Route) -> None:
        error = {"code": "UNAVAILABLE", "message": "too many questions at once"}
        route.fulfill(status=503, json={"error": error}, headers={"Retry-After": "1"})

    visitor = visit()
    visitor.expected = ("Failed to load resource: the server responded with a status of 503",)
    visitor.page.clock.install()
    visitor.open("user")
    funnel = visitor.panel("funnel")
    expect(funnel.locator(".bar-number").first).to_have_text("6")
    expect(visitor.page.locator("[data-panel][aria-busy]")).to_have_count(0)
    visitor.page.route("**/api/analytics/funnel?**", busy)
    visitor.page.clock.fast_forward(30_000)
    expect(funnel.locator(".panel-stale")).to_contain_text("the server is busy")
    expect(funnel.locator(".bar-number").first).to_have_text("6")
    visitor.page.unroute("**/api/analytics/funnel?**")
    expect(funnel.locator(".panel-stale")).to_be_empty()


@pytest.mark.usefixtures("published")
def test_the_figures_are_of_one_company(visit: Visit) -> None:
    visitor = visit().open("user")
    numbers = visitor.panel("funnel").locator(".bar-number")
    expect(numbers.first).to_have_text("6")
    company = visitor.page.get_by_label("Company")
    company.focus()
    suggested = visitor.page.locator("#companies option")
    expect(suggested).not_to_have_count(0)
    company.fill("nobody")
    company.press("Enter")
    notice = visitor.panel("funnel").locator(".panel-notice")
    expect(notice).to_have_text("No application in this period.")
    company.fill(str(suggested.first.get_attribute("value")))
    company.press("Enter")
    expect(notice).to_be_hidden()
    expect(numbers.first).to_have_text("6")


@pytest.mark.usefixtures("published")
def test_one_figure_fails_alone(visit: Visit) -> None:
    visitor = visit()
    visitor.expected = ("Failed to load resource: net::ERR_FAILED", "RequestFailed")
    visitor.page.route("**/api/analytics/volume?**", lambda route: route.abort())
    visitor.open("analyst")
    volume = visitor.panel("volume")
    expect(volume.get_by_role("alert")).to_contain_text("Something went wrong")
    expect(visitor.panel("funnel").locator(".bar-number").first).to_be_visible()
    expect(visitor.page.get_by_role("alert")).to_have_count(1)
    visitor.page.unroute("**/api/analytics/volume?**")
    volume.get_by_role("button", name="Try Again").click()
    expect(volume.locator(".headline")).to_contain_text("events in")
    expect(visitor.page.get_by_role("alert")).to_have_count(0)
