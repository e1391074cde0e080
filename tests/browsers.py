"""A real browser, for the tests that look at pages."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

_FOUND = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NEEDED = pytest.mark.skipif(_FOUND is None, reason="no browser is found: install chromium")


def a_browser() -> Iterator[Any]:
    """A browser without a window; where none is installed the test is skipped."""
    if _FOUND is None:
        pytest.skip("no browser is found: install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as drivers:
        yield drivers.chromium.launch(executable_path=_FOUND, args=["--no-sandbox"])
