"""Text of all kinds: plain, rich, addresses, colors, people, names of files, and formulas that are only listed."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from html.parser import HTMLParser
from types import NoneType
from typing import Any

import msgspec

from ninox_api.body import DAMAGE, MARK, repair_text
from ninox_api.schema import FORMULA
from ninox_singer.types.base import (
    STRING,
    BadValueError,
    Computed,
    FieldType,
    Part,
    ValueRejectedError,
    is_nothing,
    means,
    read_as,
    spell_json,
)

_MOST_DIGITS = 400
_TEXT = frozenset((str, NoneType))
_JSON_TEXT = msgspec.json.Encoder(decimal_format="number")


_WITHOUT_END = frozenset({"br", "hr", "img", "input", "col", "wbr", "meta", "link"})
_SHOWN = frozenset({"img", "hr", "input", "iframe", "video"})
_MOST_UNFINISHED = 16
"""Tags that do not end. At each, Python's parser looks through all that follows: 60 kB of them took half a minute."""


def read_text(value: Any) -> str:
    """Return text as it is, numbers and booleans spelled out, anything else as JSON text."""
    if isinstance(value, str):
        return repair_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    shown = _JSON_TEXT.encode(value)
    if MARK in shown:
        raise BadValueError
    return shown.decode()


def read_texts(sent: list[Any]) -> list[Any] | None:
    """Return a page's texts."""
    if not _TEXT.issuperset(map(type, sent)) or DAMAGE in "".join(filter(None, sent)):
        return None
    return [value or None for value in sent] if "" in sent else sent


def write_text(value: Any) -> str:
    """Return text as it is, space by space; numbers and booleans spelled out, anything else as JSON text.

    A JSON number that is whole is spelled as an integer: spreadsheets and databases send `4711.0` and `1e2` for what
    people write as 4711 and 100. A JSON text is never read as a number.
    """
    if isinstance(value, str):
        return value if value.isascii() else _check_encodable(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal) and not value.is_finite():
        raise ValueRejectedError(code="not_finite", reason="It is not a finite number (NaN or Infinity).")
    if isinstance(value, Decimal) and value.adjusted() < _MOST_DIGITS and value == value.to_integral_value():
        return str(int(value))
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _check_encodable(_JSON_TEXT.encode(value).decode())


def _check_encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can spell it, UTF-8 cannot
        raise ValueRejectedError(code="not_text", reason="The text holds a character that is cut in half.") from None
    return value


def interpret_text(value: Any) -> Hashable:
    """Umlauts are one character or two (macOS names files so): people see no difference."""
    written = value if type(value) is str else write_text(value)
    return written if written.isascii() else unicodedata.normalize("NFC", written)


def _color_meaning(value: Any) -> Hashable:
    return write_text(value).lower()


def _rich_text_meaning(value: Any) -> Hashable:
    return interpret_markup(value) or None if isinstance(value, str) else spell_json(value)


def interpret_markup(markup: str) -> str:
    """Return one spelling of rich text: entities as characters, tags and attributes in one form, `""` if it is empty.

    Text without markup means itself, letter by letter; so does markup that no parser understands.
    """
    if "<" not in markup and "&" not in markup:
        return markup
    reader = _Reader()
    try:
        reader.feed(markup)
        reader.close()
    except (AssertionError, ValueError):  # of the parser: at `<![x[`, at `&#` and 5,000 digits
        return markup
    return "".join(reader.pieces) if reader.shows_something else ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.shows_something = False
        self._unfinished = 0

    def parse_starttag(self, i: int) -> int:
        return self._check(super().parse_starttag(i))

    def parse_endtag(self, i: int) -> int:
        return self._check(super().parse_endtag(i))

    def parse_html_declaration(self, i: int) -> int:
        return self._check(super().parse_html_declaration(i))

    def parse_pi(self, i: int) -> int:
        return self._check(super().parse_pi(i))

    def parse_comment(self, i: int, report: bool = True) -> int:  # noqa: FBT001, FBT002 (as the parser has it)
        return self._check(super().parse_comment(i, report))

    def _check(self, end: int) -> int:
        self._unfinished += end < 0
        if self._unfinished > _MOST_UNFINISHED:
            raise ValueError
        return end

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


TEXT_PART = Part(schema=STRING, read=read_as(read_text), read_column=lambda _captions, _zone: read_texts)

_TEXT_TYPE = FieldType(
    parts=(TEXT_PART,),
    decoded_as=str | None,
    write=lambda _field, _formats: write_text,
    is_empty=is_nothing,
    meaning=means(interpret_text),
    has_one_spelling=True,
)

_FILE = replace(_TEXT_TYPE, has_one_spelling=False, takes_files=True)
"""Its value is a file's name; the file itself goes through the stream of files, and uploads."""

TYPES = {
    "string": replace(_TEXT_TYPE, computed=Computed(expression="text({0})", read=lambda _zone: read_text)),
    **dict.fromkeys(("email", "phone", "link", "icon", "user"), _TEXT_TYPE),
    "html": replace(_TEXT_TYPE, meaning=means(_rich_text_meaning), has_one_spelling=False),
    "color": replace(_TEXT_TYPE, meaning=means(_color_meaning), has_one_spelling=False),
    "file": _FILE,
    "image": _FILE,
    "signature": replace(_FILE, takes_files=False),
    # Computed by Ninox, so no record has it and nobody can write it. What formulas answer is read by `Computed` of the
    # type of their values; one that is only listed is text.
    FORMULA: FieldType(parts=(TEXT_PART,), is_stored=False, read_only="a formula"),
}

UNKNOWN = FieldType(parts=(TEXT_PART,))
"""A type that is not known is read as text, JSON text if need be, and not written."""
