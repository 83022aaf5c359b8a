"""One file of HTML from a script, a style and the facts that the script shows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import msgspec

_ASSETS = files("ninox_tools.pages") / "assets"


def render_page(name: str, *, title: str, facts: Mapping[str, Any]) -> str:
    """Return a page.

    The facts come from users (captions, formulas): the page's script puts them in as text, never as HTML, and its
    content security policy forbids every address.

    Args:
        name: Which page: `schema` or `runs`.
        title: For the browser's tab.
        facts: What the page shows; anything JSON can hold.
    """
    return Template(_asset("frame.html")).substitute(
        title=escape(title),
        style=_asset("look.css") + _asset(f"{name}.css"),
        facts=_embedded(facts),
        script=_asset("common.js") + _asset(f"{name}.js"),
    )


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _embedded(facts: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the element it stands in."""
    return msgspec.json.encode(facts).decode().replace("<", "\\u003c")
