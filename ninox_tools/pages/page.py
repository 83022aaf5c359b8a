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
    return Template(_read_asset("frame.html")).substitute(
        title=escape(title),
        style=_read_asset("look.css") + _read_asset(f"{name}.css"),
        facts=_embed(facts),
        script=_read_asset("common.js") + _read_asset(f"{name}.js"),
    )


def _read_asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _embed(facts: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the element it stands in."""
    return msgspec.json.encode(facts).decode().replace("<", "\\u003c")
