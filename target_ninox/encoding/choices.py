"""Choices: one option or several, by id or caption, never free text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from ninox_api.schema import Choice
from target_ninox.encoding.values import CLEARED, Encode, EncodeParts, ValueRejectedError, whole_number

_SEPARATORS = re.compile(r"[;,\n]")
_STRONG_SEPARATORS = re.compile(r"[;\n]")


class Options:
    """The options of a choice field.

    What a value means is settled in this order: the caption, letter by letter; the option id; the caption without
    regard to outer spaces and upper or lower case. So a caption that is a number is not mistaken for an id. A caption
    that several options have means none of them.

    Attributes:
        twins: Caption that several options have → their ids.
    """

    def __init__(self, choices: Iterable[Choice]) -> None:
        """Index the options."""
        choices = tuple(choices)
        ids: dict[str, list[str]] = {}
        for choice in choices:
            ids.setdefault(choice.caption, []).append(choice.id)
        self.twins = {caption: same for caption, same in ids.items() if len(same) > 1}
        self.captions = tuple(choice.caption for choice in choices)
        self.caption_by_id = {choice.id: choice.caption for choice in choices}
        self._id_by_caption = {choice.caption: choice.id for choice in reversed(choices)}
        self._ids_by_folded: dict[str, set[str]] = {}
        for choice in choices:
            self._ids_by_folded.setdefault(_folded(choice.caption), set()).add(choice.id)

    def find(self, value: Any) -> str | None:
        """Return the id of the option that is meant, None if there is none or it is not clear which."""
        given = _text(value)
        if given is None:
            return None
        if given in self.twins:
            return None
        if given in self._id_by_caption:
            return self._id_by_caption[given]
        return given if given in self.caption_by_id else self._by_folded(given)

    def find_by_id(self, value: Any) -> str | None:
        """Return the option that is meant where the source says that it gives ids."""
        given = _text(value)
        return given if given in self.caption_by_id else self.find(value)

    def find_stored(self, value: Any) -> str | None:
        """Return the option that a stored value stands for; of several with its caption the first one in order."""
        given = _text(value)
        return self._id_by_caption[given] if given in self.twins else self.find_by_id(value)

    def agrees(self, option_id: str, caption: Any) -> bool:
        """Tell whether an option has the caption, upper and lower case apart."""
        given = _text(caption)
        return given is not None and _folded(self.caption_by_id[option_id]) == _folded(given)

    def refuse(self, values: Iterable[Any]) -> ValueRejectedError:
        """Return the error for values of which one is no option, or may be several."""
        twin = next((given for given in map(_text, values) if given in self.twins), None)
        if twin is not None:
            ids = " and ".join(self.twins[twin])
            reason = f"Several options have this caption, those with the ids {ids}: give the id."
            return ValueRejectedError(code="ambiguous_choice", reason=reason)
        return ValueRejectedError(code="unknown_choice", reason="It is not one of the options.", allowed=self.captions)

    def _by_folded(self, given: str) -> str | None:
        ids = self._ids_by_folded.get(_folded(given), set())
        return next(iter(ids)) if len(ids) == 1 else None


def one_option(choices: Iterable[Choice]) -> EncodeParts:
    """Return an encoder of a choice, given as a caption, an id, or both: option id.

    Of both, the caption says what is meant and the id settles what the caption leaves open: options may be numbered
    differently, or renamed, in the database that the row comes from. An id whose caption is null was deleted there, as
    tap-ninox says it: it means nothing any more and counts as empty.
    """
    options = Options(choices)

    def encode(values: Mapping[str, Any]) -> str:
        found = _settled(options, values)
        if found is None and not ("id" in values and values.get("", "") is None):
            raise options.refuse(values.values())
        return CLEARED if found is None else found

    return encode


def several_options(choices: Iterable[Choice]) -> EncodeParts:
    """Return an encoder of a multiple choice: list of option ids.

    Given is a list, its JSON text, or options with `,`, `;` or line breaks between; captions, ids, or both. Of deleted
    options, tap-ninox sends the ids alone: so many unknown ids as captions are missing mean nothing any more.
    """
    options = Options(choices)

    def encode(values: Mapping[str, Any]) -> list[str] | str:
        found = _settled_members(options, values)
        if found.count(None) > _deleted_members(options, values):
            raise options.refuse(members(values.get("", values.get("ids")), options.find))
        return list(dict.fromkeys(option for option in found if option is not None)) or CLEARED

    return encode


def _settled(options: Options, values: Mapping[str, Any]) -> str | None:
    by_caption = options.find(values[""]) if "" in values else None
    by_id = options.find_by_id(values["id"]) if "id" in values else None
    if by_caption is None or by_id is None:
        return by_caption or by_id
    return by_id if options.agrees(by_id, values[""]) else by_caption


def _settled_members(options: Options, values: Mapping[str, Any]) -> list[str | None]:
    if "ids" not in values:
        return [options.find(item) for item in members(values[""], options.find)]
    ids = members(values["ids"], options.find_by_id)
    captions = members(values.get("") or [], options.find)
    if len(captions) != len(ids):  # the source leaves the captions of deleted options out
        return [options.find_by_id(item) for item in ids]
    return [_settled(options, {"": caption, "id": item}) for caption, item in zip(captions, ids, strict=True)]


def _deleted_members(options: Options, values: Mapping[str, Any]) -> int:
    """Return how many options of a row were deleted where it comes from."""
    if "ids" not in values or "" not in values:
        return 0
    return len(members(values["ids"], options.find_by_id)) - len(members(values[""] or [], options.find))


def members(value: Any, find: Encode) -> list[Any]:
    """Return the members of a list, of its JSON text, or of a text with separators; empty ones are left out."""
    if isinstance(value, str) and find(value) is None:
        value = _listed(value, find)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if item is not None and item != ""]


def _listed(value: str, find: Encode) -> list[Any]:
    """Return what a text lists, split at `;` and line breaks alone if that gives only options: some have commas."""
    if value.lstrip().startswith("["):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        if isinstance(parsed, list):
            return parsed
    parts = [item.strip() for item in _STRONG_SEPARATORS.split(value)]
    if all(find(part) is not None for part in parts if part):
        return parts
    return [item.strip() for item in _SEPARATORS.split(value)]


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    number = whole_number(value)
    return None if number is None else str(number)


def _folded(caption: str) -> str:
    return unicodedata.normalize("NFC", " ".join(caption.split()).casefold())
