"""Panels follow the role, and fail alone."""

from playwright.sync_api import Route, expect

from tests.page.conftest import Visit
from tests.stream.road import Road

OF_CANDIDATE = ["figures", "applications", "timeline", "feed", "pipeline"]
OF_ANALYST = ["figures", "pipeline"]


def test_panels_follow_the_role(visit: Visit) -> None:
    visitor = visit().open("user")
    assert visitor.panels()[: len(OF_CANDIDATE)] == OF_CANDIDATE
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.page.locator("button[data-role=analyst]").click()
    visitor.wait_live()
    expect(visitor.page.locator("#who")).to_have_text("analyst_demo · Analyst")
    assert visitor.panels()[: len(OF_ANALYST)] == OF_ANALYST
    assert not set(visitor.panels()) & {"applications", "timeline", "feed"}


def test_a_panel_fails_alone_and_is_mended(visit: Visit, road: Road, user: str) -> None:
    road.create("failing", user)
    road.fold()
    visitor = visit()
    visitor.expected = ("Failed to load resource: net::ERR_FAILED", "RequestFailed")
    visitor.page.route("**/timeline?**", lambda route: route.abort())
    visitor.open("user")
    timeline = visitor.panel("timeline")
    expect(timeline.get_by_role("alert")).to_contain_text("Something went wrong")
    expect(visitor.page.get_by_role("alert")).to_have_count(1)
    viewed = road.view("failing", user)
    road.fold()
    expect(visitor.panel("feed").locator(f"[data-event={viewed}]")).to_be_visible()
    visitor.page.unroute("**/timeline?**")
    timeline.get_by_role("button", name="Try Again").click()
    expect(timeline.locator(".story li")).to_have_count(2)
    expect(visitor.page.get_by_role("alert")).to_have_count(0)


def test_what_cannot_be_drawn_fails_alone_too(visit: Visit, road: Road, user: str) -> None:
    def nonsense(route: Route) -> None:
        route.fulfill(json={"items": None})

    road.create("undrawn", user)
    road.fold()
    visitor = visit()
    visitor.expected = ("TypeError",)
    visitor.page.route("**/timeline?**", nonsense)
    visitor.open("user")
    timeline = visitor.panel("timeline")
    expect(timeline.get_by_role("alert")).to_contain_text("Something went wrong")
    expect(visitor.panel("applications").locator("tbody tr")).to_have_count(1)
    visitor.page.unroute("**/timeline?**")
    timeline.get_by_role("button", name="Try Again").click()
    expect(timeline.locator(".story li")).to_have_count(1)
