"""Ways in and out."""

from contextlib import suppress

from playwright.sync_api import Error, Route, expect

from tests.page.conftest import Visit


def test_a_token_signs_in_and_stays_in_the_tab(visit: Visit) -> None:
    visitor = visit().open()
    token = visitor.api.token("ada")
    visitor.sign_in(token)
    expect(visitor.page.locator("#who")).to_have_text("ada · Candidate")
    visitor.wait_live()
    visitor.page.reload()
    visitor.wait_live()
    expect(visitor.page.locator("#who")).to_have_text("ada · Candidate")
    assert token not in visitor.page.url
    stored = visitor.page.evaluate("[JSON.stringify(localStorage), document.cookie]")
    assert token not in "".join(stored)
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.page.reload()
    expect(visitor.page.get_by_label("Sign in with a token")).to_be_visible()


def test_a_token_that_is_refused_is_said_so(visit: Visit) -> None:
    visitor = visit().open()
    visitor.expected = ("Failed to load resource: the server responded with a status of 401",)
    visitor.sign_in("a.b.c")
    expect(visitor.page.get_by_role("alert")).to_have_text("the token is not valid")


def test_what_cannot_be_a_token_is_said_so_and_forgotten(visit: Visit) -> None:
    visitor = visit().open()
    visitor.sign_in("a.b.\N{EURO SIGN}")
    expect(visitor.page.get_by_role("alert")).to_contain_text("This is not a token")
    visitor.page.locator("button[data-role=user]").click()
    visitor.wait_live()


def test_two_clicks_are_one_way_in(visit: Visit) -> None:
    tokens: list[str] = []
    visitor = visit().open()
    visitor.page.on("request", lambda request: tokens.append(request.url))
    visitor.page.locator("button[data-role=user]").dblclick()
    visitor.wait_live()
    assert sum(url.endswith("/demo/token") for url in tokens) == 1
    assert sum("/api/stream?" in url for url in tokens) == 1
    assert len(visitor.panels()) == len(set(visitor.panels()))


def test_a_server_that_is_away_signs_nobody_out(visit: Visit) -> None:
    visitor = visit().open("user")
    visitor.expected = ("Failed to load resource: net::", "RequestFailed")
    visitor.page.route("**/api/me", lambda route: route.abort())
    visitor.page.reload()
    expect(visitor.page.get_by_text("You stay signed in")).to_be_visible()
    visitor.page.unroute("**/api/me")
    visitor.wait_live()


def test_a_session_that_ends_leads_back_to_the_way_in(visit: Visit) -> None:
    visitor = visit().open()
    visitor.expected = ("Failed to load resource: the server responded with a status of 401",)
    visitor.sign_in(visitor.api.token("ada", lifetime_s=10))
    expect(visitor.page.get_by_role("alert")).to_have_text("Your session has ended. Sign in again.")
    assert visitor.panels() == []


def test_what_was_asked_ends_with_the_session(visit: Visit) -> None:
    held: list[Route] = []
    asked: list[str] = []
    visitor = visit()

    def hold(route: Route) -> None:
        held.append(route)

    visitor.page.route("**/response-curve?**", hold)
    visitor.page.on("request", lambda request: asked.append(request.url))
    with visitor.page.expect_request("**/response-curve?**"):
        visitor.open("user")
    visitor.page.get_by_role("button", name="Sign out").click()
    expect(visitor.page.get_by_label("Sign in with a token")).to_be_visible()
    asked.clear()
    with suppress(Error):  # it has been given up already
        held[0].fulfill(json={"items": []})
    visitor.page.evaluate("fetch('healthz').then((answer) => answer.text())")
    assert not [url for url in asked if "/api/" in url]


def test_the_keyboard_is_enough(visit: Visit) -> None:
    visitor = visit().open()
    expect(visitor.page.locator("button[data-role=user]")).to_be_visible()
    press = visitor.page.keyboard.press
    focused = "document.activeElement.dataset.role ?? document.activeElement.id"
    for _ in range(6):
        press("Tab")
        if visitor.page.evaluate(focused) == "user":
            break
    assert visitor.page.evaluate(focused) == "user"
    press("Enter")
    visitor.wait_live()
    assert visitor.page.evaluate(focused) == "board"
