"""One application's story: the newest is seen, and following it costs few requests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from models.settings import Settings
from tests.conftest import JWT_SECRET
from tests.page.conftest import Visit
from tests.page.visitor import Visitor
from tests.stream.road import Road
from tests.stream.server import Api


@pytest.fixture
def limited(product: Settings, browser: Browser, user: str) -> Iterator[Visitor]:
    """`user` at a page whose API counts requests as it does by default."""
    served = Api(product, JWT_SECRET, log_level="WARNING")
    served.start()
    try:
        visitor = Visitor(browser, served, user)
        yield visitor
        visitor.leave()
    finally:
        served.stop()


def test_following_one_application_keeps_within_the_limit(
    limited: Visitor, product: Settings, road: Road, user: str
) -> None:
    asked: list[str] = []
    road.create("followed", user)
    road.fold()
    limited.page.on("request", lambda request: asked.append(request.url))
    limited.open("user")
    story = limited.panel("timeline").locator(".story li")
    expect(story).to_have_count(1)
    events = product.rate_limit_requests + 10
    for number in range(events):
        viewed = road.view("followed", user)
        road.fold()
        if number % 10 == 0:
            expect(limited.panel("timeline").locator(f"[data-event={viewed}]")).to_be_attached()
    last = limited.panel("timeline").locator(f"[data-event={viewed}]")
    expect(last).to_be_attached()
    assert sum("/timeline?" in url for url in asked) <= 5
    road.event("status_changed", "followed", user, {"newStatus": "shortlisted"})
    road.fold()
    expect(limited.panel("timeline").locator(".story-title .chip")).to_have_text("Shortlisted")


def test_of_a_long_story_the_newest_is_seen(visit: Visit, road: Road, user: str) -> None:
    created = road.create("long", user)
    for _ in range(120):
        viewed = road.view("long", user)
    road.fold()
    panel = visit().open("user").panel("timeline")
    expect(panel.locator(f"[data-event={viewed}]")).to_be_attached()
    expect(panel.locator(".story li")).to_have_count(100)
    expect(panel.locator(f"[data-event={created}]")).to_have_count(0)
    expect(panel).to_contain_text("21 earlier ones are not shown")
