"""For everybody: axe's judgement, light and dark, a phone's width, no motion."""

import pytest
from playwright.sync_api import expect

from models.settings import Settings
from tests.page.conftest import Visit
from tests.page.visitor import Visitor
from tests.stream.road import Road
from tests.warehouse.driving import publish

GRAVE = ("serious", "critical")
ROLES = ("user", "analyst")
_RUN = (
    "async () => (await axe.run(document)).violations.map(v => [v.impact, v.id, v.nodes[0].html])"
)
_WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
_CUT_OFF = (
    "[...document.querySelectorAll('.table-scroll')]"
    ".filter(box => box.scrollWidth > box.clientWidth).map(box => box.innerText)"
)


@pytest.fixture
def full(product: Settings, road: Road, user: str) -> None:
    """An application with every kind of event that the page shows."""
    for number in range(8):
        road.create(f"{user}-{number}", user)
    for status in ("viewed", "shortlisted", "interview_scheduled", "interviewed", "rejected"):
        road.event("status_changed", f"{user}-1", user, {"newStatus": status})
    road.event("interview_scheduled", f"{user}-2", user, {"scheduledAt": "2026-12-01T09:00:00Z"})
    road.event("offer_received", f"{user}-3", user, {"amount": 72_000, "currency": "EUR"})
    road.event("withdrawn", f"{user}-4", user, {"reason": "took another offer"})
    road.event("note_added", f"{user}-5", user, {"noteId": "n1", "type": "NOTE"})
    road.fold()
    publish(product)


def loaded(visitor: Visitor) -> None:
    """Wait until every panel has what it asked for."""
    expect(visitor.page.locator("[data-panel] .bar").first).to_be_visible()
    expect(visitor.page.locator("[data-panel][aria-busy]")).to_have_count(0)
    expect(visitor.page.locator(".panel-notice:visible", has_text="Loading")).to_have_count(0)
    expect(visitor.page.get_by_role("alert")).to_have_count(0)


def grave_faults(visitor: Visitor, axe: str) -> list[list[str]]:
    """What axe has to say against the page as it stands."""
    visitor.page.evaluate(axe)
    return [fault for fault in visitor.page.evaluate(_RUN) if fault[0] in GRAVE]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_grave_fault(visit: Visit, axe: str, scheme: str) -> None:
    for role in (None, *ROLES):
        visitor = visit(color_scheme=scheme).open(role)
        if role is not None:
            loaded(visitor)
        assert visitor.page.evaluate("document.documentElement.dataset.theme") == scheme
        assert grave_faults(visitor, axe) == []


@pytest.mark.usefixtures("full")
def test_a_phone_needs_no_scrolling_sideways(visit: Visit) -> None:
    for role in (None, *ROLES):
        visitor = visit(viewport={"width": 360, "height": 740}).open(role)
        if role is not None:
            loaded(visitor)
        needed, there = visitor.page.evaluate(_WIDTHS)
        assert needed <= there == 360
        assert visitor.page.evaluate(_CUT_OFF) == []


def test_the_theme_can_be_chosen_and_is_kept(visit: Visit) -> None:
    visitor = visit(color_scheme="light").open()
    theme = "document.documentElement.dataset.theme"
    button = visitor.page.locator("#theme")
    assert visitor.page.evaluate(theme) == "light"
    button.click()
    button.click()
    assert visitor.page.evaluate(theme) == "dark"
    visitor.page.reload()
    expect(button).to_contain_text("Dark")
    assert visitor.page.evaluate(theme) == "dark"


@pytest.mark.usefixtures("full")
def test_the_page_scrolls_only_when_asked(visit: Visit, user: str) -> None:
    visitor = visit(viewport={"width": 360, "height": 740}, reduced_motion="reduce").open("user")
    loaded(visitor)
    story = visitor.panel("timeline")
    expect(story.locator(".story li").first).to_be_attached()
    assert visitor.page.evaluate("scrollY") == 0
    expect(story.get_by_role("heading")).not_to_be_in_viewport()
    visitor.panel("applications").locator(f"tr[data-key='{user}-0'] button").click()
    expect(story.get_by_role("heading")).to_be_in_viewport()


@pytest.mark.usefixtures("full")
def test_nothing_moves_for_who_wants_no_motion(visit: Visit) -> None:
    visitor = visit(reduced_motion="reduce").open("user")
    loaded(visitor)
    moving = visitor.page.evaluate(
        "document.getAnimations().filter(one => one.playState === 'running').length"
    )
    durations = visitor.page.eval_on_selector_all(
        ".bar-fill", "bars => bars.map(bar => getComputedStyle(bar).transitionDuration)"
    )
    assert moving == 0
    assert set(durations) == {"0s"}
