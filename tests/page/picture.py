"""`python -m tests.page.picture`: the README's picture, of a demo that runs (`make run`).

Its candidate's page once the figures are there, with the timeline of an application that is under
way.
"""

import argparse
import os
import shutil
from pathlib import Path

from playwright.sync_api import FloatRect, ViewportSize, sync_playwright

_TARGET = Path(__file__).parents[2] / "docs" / "images" / "dashboard.png"
_OPEN = ", ".join(
    f"[data-panel=applications] tr:has(.chip[data-status={status}]) .job"
    for status in ("viewed", "shortlisted", "interview_scheduled", "interviewed", "offer_received")
)
_SIZE = ViewportSize(width=1280, height=2268)


def main() -> None:
    """Take it."""
    parser = argparse.ArgumentParser(prog="python -m tests.page.picture", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000/")
    url = parser.parse_args().url
    flags = ["--headless", "--no-sandbox"] if os.geteuid() == 0 else ["--headless"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(
            viewport=_SIZE, locale="en-GB", timezone_id="UTC", reduced_motion="reduce"
        )
        page.goto(url)
        page.locator(".signin-account[data-role=user]").click()
        page.locator("#status[data-state=live]").wait_for()
        page.locator(_OPEN).first.click()
        page.locator(".feed-item.new").first.wait_for(timeout=300_000)
        page.locator("[data-panel=ghosted] table").wait_for()
        last = page.locator("[data-panel=stages]").bounding_box()
        assert last is not None
        shown = FloatRect(x=0, y=0, width=1280, height=last["y"] + last["height"] + 8)
        page.screenshot(path=_TARGET, clip=shown)
        browser.close()


if __name__ == "__main__":
    main()
