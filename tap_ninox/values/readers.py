"""Ninox values → JSON values: one pure function per form, raising `BadValueError` for what does not fit.

An empty value (absent, `null`, `""`: Ninox uses all three) never arrives here; the converter makes it null before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ninox_api.damaged_text import repaired
from ninox_api.monsters import MARK
from ninox_singer.locations import split_location

Read = Callable[[Any], Any]

_JSON_TEXT = msgspec.json.Encoder(decimal_format="number")
_INTERVAL = re.compile(r"(-?)(\d{1,15}):(\d{1,2})(?::(\d{1,2})(\.\d{1,60})?)?")
_OPTION_ID = re.compile(r"[0-9]{1,9}")
_MOST_DIGITS_OF_AN_ID = 15
MOST_PLACES = 1000
"""So far from the point may the first digit of a number stand."""
_DATE_LENGTH = 10
_APPOINTMENT_PARTS = 2


class BadValueError(ValueError):
    """A value that does not fit the type of its field. It carries no text: values are not for logs."""


def text(value: Any) -> str:
    """Return text as it is, numbers and booleans spelled out, anything else as JSON text."""
    if isinstance(value, str):
        return repaired(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    shown = _JSON_TEXT.encode(value)
    if MARK in shown:
        raise BadValueError
    return shown.decode()


def number(value: Any) -> int | Decimal:
    """Return a number with all its digits; one beyond all bounds would fill the memory of whoever writes it out."""
    if isinstance(value, Decimal) and is_bounded(value):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise BadValueError


def is_bounded(value: Decimal) -> bool:
    """Tell whether a number can be written out: Ninox computes with doubles, which end at 1e308."""
    return value.is_finite() and abs(value.adjusted()) <= MOST_PLACES


def boolean(value: Any) -> bool:
    """Return true or false, also of 1 and 0, as which Ninox stores them (assumed)."""
    if value in (0, 1) and isinstance(value, int | Decimal):
        return bool(value)
    raise BadValueError


def day(value: Any) -> str:
    """Return a date as it was sent; a time of day behind it is dropped, nothing is shifted."""
    return _checked(date.fromisoformat, _string(value)[:_DATE_LENGTH], length=_DATE_LENGTH)


def time_of_day(value: Any) -> str:
    """Return a time as it was sent."""
    return _checked(time.fromisoformat, _string(value))


def moment(zone: ZoneInfo | None) -> Read:
    """Return a reader of date-times.

    Args:
        zone: The zone of the wall clock that Ninox shows (unknown in general); None leaves the text as it was sent.
    """

    def read(value: Any) -> str:
        sent = _string(value)
        parsed = _parsed_moment(sent)
        if zone is None:
            return sent
        return _in_utc(parsed if parsed.tzinfo else parsed.replace(tzinfo=zone))

    return read


def utc_moments(sent: Iterable[str | None]) -> list[str | None]:
    """Return Ninox's own timestamps with their zone: they are UTC without saying so (documented)."""
    return [f"{text}Z" if text and text[-1] != "Z" and "+" not in text else text or None for text in sent]


def seconds(value: Any) -> int | Decimal:
    """Return the length of a time interval such as `"123:25:16.123"` or `"-01:30"` in seconds."""
    match = _INTERVAL.fullmatch(_string(value))
    if match is None:
        raise BadValueError
    sign, hours, minutes, whole, fraction = match.groups()
    total: int | Decimal = int(hours) * 3600 + int(minutes) * 60 + int(whole or 0)
    if fraction and fraction.strip(".0"):
        total += Decimal(fraction)
    return -total if sign else total


def appointment(part: int, zone: ZoneInfo | None) -> Read:
    """Return a reader of an appointment's start (part 0) or end (part 1)."""
    read_moment = moment(zone)

    def read(value: Any) -> str:
        parts = _string(value).split(" - ")
        if len(parts) != _APPOINTMENT_PARTS:
            raise BadValueError
        return read_moment(parts[part])  # type: ignore[no-any-return]  # a Read of date-times returns text

    return read


def address(value: Any) -> str | None:
    """Return the text of a location, without its coordinates."""
    return split_location(_string(value))[0].strip("\n") or None


def coordinate(part: int) -> Read:
    """Return a reader of a location's latitude (part 0) or longitude (part 1), null where it has none."""

    def read(value: Any) -> Decimal | None:
        _, coordinates = split_location(_string(value))
        return Decimal(coordinates[part]) if coordinates else None

    return read


def record_id(value: Any) -> int:
    """Return the id of a linked record, also from a one-element list (both forms were seen)."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS_OF_AN_ID:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise BadValueError


def link(value: Any) -> int | None:
    """Return the id of a linked record, or of what a dynamic choice offers: 0 and an empty list stand for none."""
    return None if value in (0, "0", []) and not isinstance(value, bool) else record_id(value)


def record_ids(value: Any) -> list[int] | None:
    """Return the ids of linked records; a text may be a bit mask in hexadecimal, so no id can be read from it."""
    if isinstance(value, str):
        raise BadValueError
    return [record_id(item) for item in _items(value)] or None


def choice_id(captions: Mapping[str, str]) -> Read:
    """Return a reader of a choice's option id; a server that answers captions is understood, too."""
    id_by_caption = {caption: key for key, caption in reversed(list(captions.items()))}

    def read(value: Any) -> str:
        option = _option(value)
        return option if option in captions else id_by_caption.get(option, option)

    return read


def mistakable_options(captions: Mapping[str, str]) -> frozenset[str]:
    """Return the captions that are the id of another option: as a value, they do not say which of the two is meant."""
    return frozenset(caption for key, caption in captions.items() if caption != key and caption in captions)


def options_in(value: Any, captions: Mapping[str, str]) -> list[Any]:
    """Return what a choice, or a multiple choice, holds, as it was sent."""
    if value is None or value == "":
        return []
    try:
        return list(_options(captions)(value))
    except BadValueError:
        return [value]


def ids_of_captions(captions: Mapping[str, str]) -> Read:
    """Return a function that makes ids of a choice's captions, for a server that ignores `choiceStyle`."""
    id_by_caption = {caption: key for key, caption in reversed(list(captions.items()))}

    def read(value: Any) -> Any:
        options = options_in(value, captions)
        if value is None or (isinstance(value, str) and len(options) <= 1):
            return id_by_caption.get(value or "", value)
        return [id_by_caption.get(item, item) if isinstance(item, str) else item for item in options]

    return read


def choice_caption(captions: Mapping[str, str]) -> Read:
    """Return a reader of a choice's caption, null for an option that was deleted."""
    read_id = choice_id(captions)
    return lambda value: captions.get(read_id(value))


def choice_ids(captions: Mapping[str, str]) -> Read:
    """Return a reader of a multiple choice's option ids."""
    read_id = choice_id(captions)
    read_options = _options(captions)
    return lambda value: [read_id(item) for item in read_options(value)] or None


def choice_captions(captions: Mapping[str, str]) -> Read:
    """Return a reader of a multiple choice's captions; deleted options are left out (their ids are kept beside)."""
    read_id = choice_id(captions)
    read_options = _options(captions)

    def read(value: Any) -> list[str] | None:
        options = list(map(read_id, read_options(value)))
        return [captions[key] for key in options if key in captions] if options else None

    return read


def _options(captions: Mapping[str, str]) -> Callable[[Any], Iterable[Any]]:
    """Return what makes a list of a multiple choice in whatever form it came, also as `"1,3"` (shape unknown)."""
    known = {*captions, *captions.values()}

    def read(value: Any) -> Iterable[Any]:
        if not isinstance(value, str) or value in known or "," not in value:
            return _items(value)
        parts = [part.strip() for part in value.split(",")]
        if known.issuperset(parts) or all(map(_OPTION_ID.fullmatch, parts)):
            return parts
        raise BadValueError

    return read


def raw_options(value: Any) -> list[str]:
    """Return the members of a multiple choice as they were sent."""
    return [text(item) for item in _items(value)]


def _items(value: Any) -> Iterable[Any]:
    """Return the members of a list, also when it came as an object or as a single value (read shape unknown)."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        if all(isinstance(flag, bool) for flag in value.values()):
            return [key for key, flag in value.items() if flag]
        return list(value.values())
    return [value]


def _option(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BadValueError


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise BadValueError


def _checked(parse: Callable[[str], object], value: str, *, length: int | None = None) -> str:
    try:
        parse(value)
    except ValueError:
        raise BadValueError from None
    if length is not None and len(value) != length:
        raise BadValueError
    return value


def _parsed_moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise BadValueError from None


def _in_utc(aware: datetime) -> str:
    try:
        return aware.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    except OverflowError:  # 9999-12-31, a favourite for "never ends", west of Greenwich
        raise BadValueError from None
