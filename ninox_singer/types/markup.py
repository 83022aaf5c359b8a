"""What rich text says, whatever its spelling: for comparison only."""

from __future__ import annotations

from html.parser import HTMLParser

_WITHOUT_END = frozenset({"br", "hr", "img", "input", "col", "wbr", "meta", "link"})
_SHOWN = frozenset({"img", "hr", "input", "iframe", "video"})


def markup_meaning(markup: str) -> str:
    """Return one spelling of rich text: entities as characters, tags and attributes in one form, `""` if it is empty.

    Text without markup means itself, letter by letter.
    """
    if "<" not in markup and "&" not in markup:
        return markup
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.pieces) if reader.shows_something else ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.shows_something = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        written = "".join(f' {name}="{value or ""}"' for name, value in sorted(attrs, key=lambda item: item[0]))
        self.pieces.append(f"<{tag}{written}>")
        self.shows_something |= tag in _SHOWN

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _WITHOUT_END:
            self.pieces.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data.replace("<", "&lt;"))
        self.shows_something |= bool(data.strip())
