"""Pages in a real browser, from a real server: what the tests of the reader's page share."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE, DESK = 390, 1280
"""Widths of a phone and of a window, in CSS pixels."""
HEIGHT = 844
SWITCHES = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Open Debian's browser."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright cannot be imported: no browser tests")
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: the browser tests cannot run")
    try:
        running = api.sync_playwright().start()
    except Exception as error:  # noqa: BLE001 - whatever keeps its driver from starting
        pytest.skip(f"playwright cannot start: {error}")
    opened = running.chromium.launch(executable_path=program, args=SWITCHES, chromium_sandbox=False)
    try:
        yield opened
    finally:
        opened.close()
        running.stop()


@contextmanager
def opened(browser: "Browser", url: str, width: int = PHONE, **how: Any) -> Iterator["Page"]:
    """Show a page in a window of its own."""
    context = browser.new_context(viewport={"width": width, "height": how.pop("height", HEIGHT)}, **how)
    try:
        page = context.new_page()
        page.goto(url)
        yield page
    finally:
        context.close()
