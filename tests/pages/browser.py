"""A page in a real browser without a window: what its elements are after a person has done something."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 120
OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    *(
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ),  # it is alone
)
_RESULT = re.compile(r'<html[^>]* data-result="([^"]*)"')
_REPORT_ERRORS = (
    "<script>addEventListener('error', (event) => "
    "(document.documentElement.dataset.result = JSON.stringify({error: event.message})));</script>"
)


def find_browser():
    """Return the command of a Chromium, or skip the test: a browser is not a dependency of this project."""
    given = os.environ.get("BROWSER_BIN")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip(f"No browser: none of {', '.join(NAMES)} is installed and BROWSER_BIN is not set.")
    return found


def look_at(page, folder, script, *, fragment="", size="1500,940"):
    """Open a page, run a script in it, and return what the script returns; an error in the page fails the test.

    Args:
        page: The HTML.
        folder: An empty directory, for the page and the browser's profile.
        script: The body of a function; runs after the page has drawn itself.
        fragment: What follows the # in the address.
        size: Of the window, in pixels.
    """
    browser = find_browser()
    act = f"<script>document.documentElement.dataset.result = JSON.stringify((() => {{{script}}})());</script>"
    path = folder / "page.html"
    path.write_text(page.replace("<head>", f"<head>{_REPORT_ERRORS}").replace("</body>", f"{act}</body>"), "utf-8")
    command = [browser, *OPTIONS, f"--window-size={size}", f"--user-data-dir={folder / 'profile'}", "--dump-dom"]
    done = subprocess.run(
        [*command, f"{path.as_uri()}{fragment}"], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    told = _RESULT.search(done.stdout)
    assert told, done.stderr[-2000:]
    result = json.loads(unescape(told.group(1)))
    assert not (isinstance(result, dict) and "error" in result), result
    return result
