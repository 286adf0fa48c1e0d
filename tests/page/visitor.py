"""Somebody at the page, and what the browser noticed meanwhile."""

from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request

from tests.stream.server import Api

PATIENCE_MS = 30_000
_WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


class Visitor:
    """A browser context with one page; `leave` raises when something went wrong unexpectedly."""

    def __init__(self, browser: Browser, api: Api, user: str, **context: Any) -> None:
        self.api = api
        self._user = user
        self._context = browser.new_context(**{"locale": "en-GB", "timezone_id": "UTC"} | context)
        self._context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self._context.new_page()
        self.page.add_init_script(_WATCH)
        self.foreign: list[str] = []
        self.errors: list[str] = []
        self.expected: tuple[str, ...] = ()
        """Beginnings of console errors that the test brings about itself."""
        self.page.on("request", self._note_request)
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, role: str | None = None) -> "Visitor":
        """Go to the page; with a role sign in with a token of it."""
        self.page.goto(self.api.url("/"))
        if role is not None:
            self.sign_in(self.api.token(self._user, role))
            self.wait_live()
        return self

    def sign_in(self, token: str) -> None:
        """Type a token in."""
        self.page.get_by_label("Sign in with a token").fill(token)
        self.page.keyboard.press("Enter")

    def wait_live(self) -> None:
        """Wait until the stream is connected."""
        self.page.locator("#status[data-state=live]").wait_for()

    def panel(self, name: str) -> Locator:
        """A panel by its id."""
        return self.page.locator(f"[data-panel={name}]")

    def panels(self) -> list[str]:
        """The ids of all panels, in their order."""
        found: list[str] = self.page.eval_on_selector_all(
            "[data-panel]", "panels => panels.map(panel => panel.dataset.panel)"
        )
        return found

    def events(self) -> list[str]:
        """Ids in the feed that came while it was open, oldest first."""
        found: list[str] = self.page.eval_on_selector_all(
            ".feed-item.new", "items => items.map(item => item.dataset.event)"
        )
        return found[::-1]

    def leave(self) -> None:
        """Close; raises for requests to elsewhere, policy violations and unexpected errors."""
        violations = self.page.evaluate("window.violations")
        errors = list(self.errors)  # what is under way is cut off by the end
        self._context.close()
        unexpected = [text for text in errors if not text.startswith(self.expected or "\0")]
        wrong = {"policy": violations, "elsewhere": self.foreign, "console": unexpected}
        assert not any(wrong.values()), wrong

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.api.url("/"), "data:")):
            self.foreign.append(request.url)

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)
