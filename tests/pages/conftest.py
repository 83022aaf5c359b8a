"""Fixtures of the page tests: one browser for all of them."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from tests.pages.browser import Browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Return a running browser; without one the test is skipped."""
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser, tmp_path):
    """Return a function that opens a page in a tab: `with open_page(html, size="390,844", is_phone=True) as tab`."""

    @contextmanager
    def opened(page, **options):
        path = tmp_path / "page.html"
        path.write_text(page, "utf-8")
        with browser.open(path, **options) as tab:
            yield tab

    return opened


@pytest.fixture
def look_at(open_page):
    """Return a function that opens a page, runs the body of a function in it, and returns what that returns."""

    def looked(page, script, **options):
        with open_page(page, **options) as tab:
            return tab.run(script)

    return looked
