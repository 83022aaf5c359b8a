"""A page in a real browser without a window: what its elements are after a person has done something."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from contextlib import contextmanager
from itertools import count

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 120
OPTIONS = (
    "--headless=new",
    "--remote-debugging-pipe",  # commands come on descriptor 3, answers go to 4, and the pipe's end is the browser's
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",  # as on a phone; and what is measured is the same on each system
    "--disable-quic",  # the rest: it is alone
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_READS, _WRITES = 3, 4
_ABOVE = 10
"""Descriptors from here on are in nobody's way while those two are put in their places."""
_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowUp": 38, "ArrowDown": 40, "ArrowLeft": 37, "ArrowRight": 39}


def find_browser():
    """Return the command of a Chromium, or skip the test: a browser is not a dependency of this project."""
    given = os.environ.get("BROWSER_BIN")
    found = given or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip(f"No browser: none of {', '.join(NAMES)} is installed and BROWSER_BIN is not set.")
    return found


class Browser:
    """A Chromium that is told what to do by its own protocol, so that a page can be as narrow as a phone."""

    def __init__(self, profile):
        """Start it; it ends with `close`, or when this process does."""
        command = [find_browser(), *OPTIONS, f"--user-data-dir={profile}"]
        (its_input, self._commands), (self._answers, its_output) = os.pipe(), os.pipe()
        theirs = [fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for one in (its_input, its_output)]

        def place():
            os.dup2(theirs[0], _READS)
            os.dup2(theirs[1], _WRITES)

        self._process = subprocess.Popen(
            command,
            preexec_fn=place,  # noqa: PLW1509 (two calls of the system, which no thread disturbs)
            pass_fds=(_READS, _WRITES),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for one in (its_input, its_output, *theirs):
            os.close(one)
        self._numbers = count(1)
        self._received = b""

    def close(self):
        """End it."""
        for one in (self._commands, self._answers):
            os.close(one)
        self._process.wait(SECONDS)

    def call(self, method, session=None, **parameters):
        """Send a command of the protocol and return what it answers."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _message(self):
        deadline = time.monotonic() + SECONDS
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._answers], [], [], max(0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            more = os.read(self._answers, 1 << 20)
            assert more, "the browser ended"
            self._received += more
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    @contextmanager
    def open(self, path, *, fragment="", size="1500,940", scheme="light", is_phone=False):
        """Open a page in a tab.

        Args:
            path: Of the page.
            fragment: What follows the # in the address.
            size: Width and height of what a person sees of it, in pixels.
            scheme: `light` or `dark`, which the system prefers.
            is_phone: Whether it is a phone's browser, which heeds the page's `viewport` and has fingers for a mouse.
        """
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        width, height = map(int, size.split(","))
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone)
        tab.call("Emulation.setTouchEmulationEnabled", enabled=is_phone)
        tab.emulate(media="screen", scheme=scheme)
        tab.call("Page.enable")
        # What goes wrong while the page draws itself is kept, to fail the test.
        tab.call(
            "Page.addScriptToEvaluateOnNewDocument",
            source="globalThis.pageErrors = []; addEventListener('error', (event) => pageErrors.push(event.message));",
        )
        tab.call("Page.navigate", url=f"{path.as_uri()}{fragment}")
        tab.run(
            "await new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done));"
        )
        try:
            yield tab
            errors = tab.run("return pageErrors;")
            assert errors == [], errors
        finally:
            self.call("Target.closeTarget", targetId=target)


class Tab:
    """One open page."""

    def __init__(self, browser, session):
        """Remember where it is."""
        self._browser, self._session = browser, session

    def call(self, method, **parameters):
        """Send a command of the protocol to this tab and return what it answers."""
        return self._browser.call(method, self._session, **parameters)

    def run(self, script):
        """Run the body of an async function in the page and return what it returns."""
        done = self.call(
            "Runtime.evaluate", expression=f"(async () => {{{script}\n}})()", awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]["exception"].get("description", done)
        return done["result"].get("value")

    def press(self, *keys):
        """Press keys as a person does: the browser moves the focus and clicks what has it."""
        for key in keys:
            code = _KEYS.get(key, ord(key[0].upper()))
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            common = {"key": key, "windowsVirtualKeyCode": code, "code": key if len(key) > 1 else ""}
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
            self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def emulate(self, *, media, scheme="light"):
        """Show the page as on a `screen` or in `print`, where the system prefers light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def save_picture(self, path):
        """Save what a person sees as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def print_to(self, path):
        """Print the page into a PDF, as the browser's own command does."""
        self.emulate(media="")  # which printing sets
        path.write_bytes(base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"]))
