"""The figures say what the API says, follow the filters, and can be read without a pointer."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Request, expect

from models.settings import Settings
from tests.page.conftest import Visit
from tests.page.visitor import Visitor
from tests.stream.road import Road
from tests.warehouse.driving import publish


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
