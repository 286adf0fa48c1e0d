"""The page moves by itself, and loses nothing when the API goes away for a while."""

import re
import signal

import pytest
from playwright.sync_api import expect

from tests.page.conftest import Visit
from tests.stream.road import Road

NETWORK = "Failed to load resource: net::"


def test_it_moves_when_events_come(visit: Visit, road: Road, user: str) -> None:
    road.create("moving-1", user)
    road.fold()
    visitor = visit().open("user")
    row = visitor.panel("applications").locator("tbody tr")
    expect(row).to_contain_text("Applied")
    expect(visitor.panel("timeline").locator(".story li")).to_have_count(1)
    standing = visitor.panel("pipeline").locator("[data-status=viewed] .bar-number")
    expect(standing).to_have_text("0")
    changed = road.event("status_changed", "moving-1", user, {"newStatus": "viewed"})
    road.fold()
    expect(visitor.panel("feed").locator(f"[data-event={changed}]")).to_contain_text("Viewed")
    expect(row).to_contain_text("Viewed")
    expect(standing).to_have_text("1")
    expect(visitor.panel("timeline").locator(".story li")).to_have_count(2)
    road.create("moving-2", user)
    road.create("moving-3", "somebody")
    road.fold()
    expect(row).to_have_count(2)
    expect(visitor.panel("figures").locator(".figure-value").first).to_have_text("2")


def test_an_empty_page_explains_itself_and_fills(visit: Visit, road: Road, user: str) -> None:
    visitor = visit().open("user")
    for panel in ("applications", "feed", "pipeline", "timeline"):
        notice = visitor.panel(panel).locator(".panel-notice")
        expect(notice).to_be_visible()
        expect(notice).not_to_have_text("Loading …")
        assert len(notice.inner_text()) > 20
    road.create("first", user)
    road.fold()
    expect(visitor.panel("applications").locator("tbody tr")).to_have_count(1)
    expect(visitor.panel("feed").locator(".feed-item")).to_have_count(1)


def test_the_counters_of_everything_move(visit: Visit, road: Road) -> None:
    visitor = visit().open("analyst")
    applications = visitor.panel("figures").locator(".figure-value").first
    before = int(applications.inner_text())
    road.create("counted-1", "ada")
    road.create("counted-2", "bob")
    road.fold()
    expect(applications).to_have_text(str(before + 2))
    standing = visitor.panel("pipeline").locator(".bar-number").all_inner_texts()
    assert sum(map(int, standing)) == before + 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_leaves_no_gap(visit: Visit, road: Road, user: str, how: signal.Signals) -> None:
    application = f"restarted-{how}"
    road.create(application, user)
    road.fold()
    visitor = visit().open("user")
    visitor.expected = (NETWORK, "RequestFailed: The server cannot be reached.")
    feed = visitor.panel("feed")
    wanted = [road.view(application, user)]
    road.fold()
    expect(feed.locator(f"[data-event={wanted[-1]}]")).to_be_visible()
    visitor.api.stop(how)
    status = visitor.page.locator("#status")
    expect(status).to_have_text(re.compile("trying again|Reconnecting"))
    wanted += [road.view(application, user) for _ in range(5)]
    road.fold()
    visitor.api.start()
    visitor.wait_live()
    wanted.append(road.view(application, user))
    road.fold()
    expect(feed.locator(f"[data-event={wanted[-1]}]")).to_be_visible()
    assert visitor.events() == wanted
    assert visitor.page.locator(".feed-gap").count() == 0
