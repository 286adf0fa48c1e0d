"""What the page says of chances: how good they turned out to be, and the course of one."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, expect

from models.settings import Settings
from storage.postgres.connect import connect
from tests.conftest import JWT_SECRET
from tests.flows.driving import drain, put
from tests.learning.studying import live_and_study, told, world
from tests.page.test_access import grave_faults
from tests.page.visitor import Visitor
from tests.stream.server import Api
from tests.warehouse.driving import publish

Come = Callable[[str, str], Visitor]
PIECE = 300
_OPEN = """
    SELECT application_id, user_id FROM application_analytics
    WHERE status = 'applied' AND NOT (success_probability ->> 'coldStart')::boolean
    ORDER BY application_id LIMIT 1
"""


@pytest.fixture
def come(settings: Settings, browser: Browser) -> Iterator[Come]:
    """`come("ann", "analyst")`: somebody at the page of a product that has learned nothing yet."""
    publish(settings)
    served = Api(settings, JWT_SECRET, log_level="WARNING")
    served.start()
    visitors: list[Visitor] = []

    def visit(user: str, role: str) -> Visitor:
        visitors.append(Visitor(browser, served, user))
        return visitors[-1].open(role)

    try:
        yield visit
        for visitor in visitors:
            visitor.leave()
    finally:
        served.stop()


def answer(visitor: Visitor, path: str, user: str, role: str) -> dict[str, Any]:
    """What the API says."""
    address = visitor.api.url(path)
    found: dict[str, Any] = httpx.get(address, headers=visitor.api.bearer(user, role)).json()
    return found


def figures(part: Locator) -> list[list[str]]:
    """The rows of the part's table."""
    part.get_by_text("Show as a table").click()
    expect(part.locator(".figures tbody tr").first).to_be_visible()
    rows = part.locator(".figures tbody tr").all()
    return [row.locator("td").all_inner_texts() for row in rows]


def number(text: str) -> float:
    """Of a figure as the page writes it."""
    return float(text.replace(",", "").removesuffix("%"))


def test_the_predictions_are_judged(
    come: Come, database: str, settings: Settings, axe: str
) -> None:
    visitor = come("ann", "analyst")
    panel = visitor.panel("predictions")
    expect(panel).to_contain_text("Cold start: no outcome is known yet")
    lines = world(300)
    pieces = iter([lines[start : start + PIECE] for start in range(0, len(lines), PIECE)])
    while (version := report(visitor)["version"]) is None:
        live_and_study(database, settings, next(pieces))
    assert version["cold"]
    visitor.page.reload()
    known = rf"Cold start: {version['labels']} outcomes? (is|are) known, {version['hired']} of them"
    expect(panel.locator(".cold-start")).to_have_text(re.compile(known))
    for piece in pieces:
        live_and_study(database, settings, piece)
    visitor.page.reload()
    expect(panel.locator(".headline strong")).to_contain_text("Log loss 0.")
    expect(panel.locator(".cold-start")).to_be_hidden()
    judged = report(visitor)
    assert not judged["version"]["cold"]
    predictions = f"{judged['answered']['served']['predictions']:,} predictions"
    expect(panel.locator(".headline")).to_contain_text(predictions)
    _is_calibration(visitor, panel.locator("[data-half=calibration]"), judged["calibration"])
    days = [day for day in judged["days"] if day["served"]]
    _is_learning_curve(panel.locator("[data-half=learning]"), days)
    assert grave_faults(visitor, axe) == []


def report(visitor: Visitor) -> dict[str, Any]:
    """How good the model is, as the API says."""
    return answer(visitor, "/api/analytics/model", "ann", "analyst")


def _is_calibration(visitor: Visitor, half: Locator, tenths: list[dict[str, Any]]) -> None:
    assert len(tenths) > 1
    rows = figures(half)
    assert [number(row[3]) for row in rows] == [tenth["predictions"] for tenth in tenths]
    for row, tenth in zip(rows, tenths, strict=True):
        assert number(row[1]) == pytest.approx(100 * tenth["predicted"], abs=0.51)
        assert number(row[2]) == pytest.approx(100 * tenth["observed"], abs=0.51)
    half.get_by_role("img").focus()
    visitor.page.keyboard.press("ArrowRight")
    expect(half.locator(".readout")).to_contain_text(f"Told {rows[0][1]}, hired {rows[0][2]}")


def _is_learning_curve(half: Locator, days: list[dict[str, Any]]) -> None:
    assert len(days) > 1
    rows = figures(half)
    assert [number(row[4]) for row in rows] == [day["served"]["predictions"] for day in days]
    for column, name in enumerate(("served", "stageRate", "baseRate"), start=1):
        shown = [number(row[column]) for row in rows]
        assert shown == pytest.approx([day[name]["logLoss"] for day in days], abs=0.00051)


def test_a_chance_has_a_course(come: Come, database: str, settings: Settings) -> None:
    live_and_study(database, settings, world(200), size=800)
    with connect(database) as connection:
        ((application, user),) = connection.execute(_OPEN).fetchall()
    visitor = come(user, "user")
    story = visitor.panel("timeline")
    visitor.panel("applications").locator(f"tr[data-key='{application}'] button").click()
    expect(story.locator(".chance-told")).to_contain_text("Chance of being hired")
    expect(story.locator(".factors li")).to_have_count(3)
    expect(story).to_contain_text("from when this page was opened")
    expect(story.locator(".chance-course")).to_be_hidden()
    first = chance(visitor, application, user)
    put(database, [told(database, application, "interview_scheduled")])
    drain(database, settings)
    course = story.locator(".chance-course")
    expect(course.get_by_role("img")).to_have_attribute("aria-label", re.compile("over time"))
    second = chance(visitor, application, user)
    rows = figures(course)
    for row, said in zip(rows, (first, second), strict=True):
        for text, name in zip(row[1:], ("p", "low", "high"), strict=True):
            assert number(text) == pytest.approx(100 * said[name], abs=0.51)
    expect(story).to_contain_text("since it was opened; what was said before is not shown")
    put(database, [told(database, application, "rejected")])
    drain(database, settings)
    expect(story.locator(".chance-told")).to_have_text("Decided: there is nothing left to predict.")
    expect(story.locator(".factors li")).to_have_count(0)
    expect(course.locator(".figures tbody tr")).to_have_count(2)


def chance(visitor: Visitor, application: str, user: str) -> dict[str, Any]:
    """The application's, as the API says."""
    path = f"/api/applications/{application}"
    found: dict[str, Any] = answer(visitor, path, user, "user")["analytics"]["successProbability"]
    return found
