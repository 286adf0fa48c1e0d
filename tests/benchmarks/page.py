"""The page in Chromium: bytes on the wire, first paint, and until a candidate's rows stand there.

Each load is a browser context of its own, with nothing in its cache.
"""

import os
import shutil
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

from storage.postgres.connect import connect
from tests.benchmarks.figures import Figure, Figures, percentile
from tests.benchmarks.workspace import Workspace

TITLE = "The page, one API process"
_EVENTS = 100_000
_LOADS = 10
_FLAGS = (
    "--headless --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
).split()
_BYTES = """["resource", "navigation"].flatMap((kind) => performance.getEntriesByType(kind))
    .reduce((sum, entry) => sum + entry.transferSize, 0)"""
_PAINT = 'performance.getEntriesByName("first-contentful-paint")[0].startTime'
_NOW = "performance.now()"


def runs(workspace: Workspace) -> Iterator[Figures]:
    """Ten first visits of one user with his applications, one after the other."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise RuntimeError("no chromium on this machine (Debian: apt install chromium)")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with workspace.database() as url:
        workspace.load(url, workspace.history(workspace.size(_EVENTS, 5_000)))
        with connect(url) as connection:
            row = connection.execute("SELECT user_id FROM applications LIMIT 1").fetchone()
        token = workspace.bearer(row[0] if row else "nobody")["Authorization"].split()[1]
        with workspace.api(url) as (_, port), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=[*_FLAGS, *sandbox])
            while True:
                loads = [_load(browser, port, token) for _ in range(workspace.size(_LOADS, 2))]
                sizes, paints, rows = zip(*loads, strict=True)
                yield {
                    "transferred, first visit": Figure(max(sizes) / 1_000, "kB"),
                    "first contentful paint, p50": Figure(percentile(paints, 0.5), "ms"),
                    "first contentful paint, most": Figure(max(paints), "ms"),
                    "signed in → rows, p50": Figure(percentile(rows, 0.5), "ms"),
                }


def _load(browser: Browser, port: int, token: str) -> tuple[float, float, float]:
    """Bytes, and milliseconds to the first paint and from a reload to the rows."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.get_by_label("Sign in with a token").fill(token)
    size, paint = page.evaluate(_BYTES), page.evaluate(_PAINT)
    began = page.evaluate(_NOW)
    page.keyboard.press("Enter")
    page.locator(".applications tbody tr").first.wait_for()
    took = page.evaluate(_NOW) - began
    context.close()
    return float(size), float(paint), float(took)
