"""Choices: one option or several, by id or caption, never free text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ninox_api.schema import Choice, Field
from ninox_singer.types.base import (
    CLEARED,
    ONE_PROPERTY,
    STRING,
    STRINGS,
    BadValueError,
    Captions,
    FieldType,
    Meaning,
    Part,
    Read,
    ReadColumn,
    ValueRejectedError,
    Write,
    WriteParts,
    list_members,
    parse_integer,
    spell_json,
)

_OPTION_ID = re.compile(r"[0-9]{1,9}")
_SEPARATORS = re.compile(r"[;,\n]")
_STRONG_SEPARATORS = re.compile(r"[;\n]")


# Out of Ninox


def read_choice_id(captions: Captions) -> Read:
    """Return a reader of a choice's option id; a server that answers captions is understood, too."""
    id_by_caption = _index_captions(captions)

    def read(value: Any) -> str:
        option = _read_option(value)
        return option if option in captions else id_by_caption.get(option, option)

    return read


def read_choice_caption(captions: Captions) -> Read:
    """Return a reader of a choice's caption, null for an option that was deleted."""
    read_id = read_choice_id(captions)
    return lambda value: captions.get(read_id(value))


def read_choice_ids(captions: Captions) -> Read:
    """Return a reader of a multiple choice's option ids."""
    read_id = read_choice_id(captions)
    read_options = _read_stored_options(captions)
    return lambda value: [read_id(item) for item in read_options(value)] or None


def read_choice_captions(captions: Captions) -> Read:
    """Return a reader of a multiple choice's captions; deleted options are left out (their ids are kept beside)."""
    read_id = read_choice_id(captions)
    read_options = _read_stored_options(captions)

    def read(value: Any) -> list[str] | None:
        options = list(map(read_id, read_options(value)))
        return [captions[key] for key in options if key in captions] if options else None

    return read


def _read_ids_column(captions: Captions, _zone: ZoneInfo | None) -> ReadColumn:
    are_known = _are_known(captions)
    return lambda sent: sent if are_known(sent) else None


def _read_captions_column(captions: Captions, _zone: ZoneInfo | None) -> ReadColumn:
    are_known = _are_known(captions)
    return lambda sent: list(map(captions.get, sent)) if are_known(sent) else None


def _are_known(captions: Captions) -> Callable[[list[Any]], bool]:
    known = frozenset((*captions, None)) - {""}

    def are_known(sent: list[Any]) -> bool:
        try:
            return known.issuperset(sent)
        except TypeError:  # a list or an object among them
            return False

    return are_known


_NONE: frozenset[str] = frozenset()


def find_mistakable_options(captions: Captions) -> frozenset[str]:
    """Return the captions that are the id of another option: as a value, they do not say which of the two is meant."""
    found = frozenset(caption for key, caption in captions.items() if caption != key and caption in captions)
    return found or _NONE  # one for all: each empty set takes 200 bytes, and there is one for each property


def list_options(value: Any, captions: Captions) -> list[Any]:
    """Return what a choice, or a multiple choice, holds, as it was sent."""
    if value is None or value == "":
        return []
    try:
        return list(_read_stored_options(captions)(value))
    except BadValueError:
        return [value]


def read_ids_of_captions(captions: Captions) -> Read:
    """Return a function that makes ids of a choice's captions, for a server that ignores `choiceStyle`."""
    id_by_caption = _index_captions(captions)

    def read(value: Any) -> Any:
        options = list_options(value, captions)
        if value is None or (isinstance(value, str) and len(options) <= 1):
            return id_by_caption.get(value or "", value)
        return [id_by_caption.get(item, item) if isinstance(item, str) else item for item in options]

    return read


def _index_captions(captions: Captions) -> dict[str, str]:
    """Return caption → option id, of several with one caption the first."""
    return {caption: key for key, caption in reversed(list(captions.items()))}


def _read_stored_options(captions: Captions) -> Callable[[Any], Iterable[Any]]:
    """Return what makes a list of a multiple choice in whatever form it came, also as `"1,3"` (shape unknown)."""
    known = frozenset({*captions, *captions.values()})

    def read(value: Any) -> Iterable[Any]:
        if not isinstance(value, str) or "," not in value:
            return list_members(value)
        pieces = value.split(",")
        ways = _find_ways_to_join(pieces, known)
        if len(ways) == 1:
            return ways[0]
        if not ways and all(_OPTION_ID.fullmatch(piece.strip()) for piece in pieces):  # some of them deleted since
            return [piece.strip() for piece in pieces]
        raise BadValueError

    return read


def _find_ways_to_join(pieces: Sequence[str], known: Collection[str]) -> list[list[str]]:
    """Return how pieces with commas between can be options, of which some have commas themselves: at most two ways."""
    most = max((option.count(",") for option in known), default=0) + 1
    # A way is its last option and the way before that one: lists would be copied for each piece, the square of a value.
    ways: list[list[_Way | None]] = [[None]]
    for end in range(1, len(pieces) + 1):
        starts = range(max(0, end - most), end)
        joined = ((start, ",".join(pieces[start:end]).strip()) for start in starts)
        found = [(option, way) for start, option in joined if option in known for way in ways[start]]
        ways.append([*found[:2]])
    return [list(_walk_back(way))[::-1] for way in ways[-1]]


_Way = tuple[str, Any]


def _walk_back(way: _Way | None) -> Iterator[str]:
    while way is not None:
        option, way = way
        yield option


def _read_option(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BadValueError


# Into Ninox


class Options:
    """The options of a choice field.

    What a value means is resolved in this order: the caption, letter by letter; the option id; the caption without
    regard to outer spaces and upper or lower case. So a caption that is a number is not mistaken for an id. A caption
    that several options have means none of them.

    Attributes:
        twins: Caption that several options have → their ids.
    """

    def __init__(self, choices: Iterable[Choice]) -> None:
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
            self._ids_by_folded.setdefault(_fold(choice.caption), set()).add(choice.id)

    def find(self, value: Any) -> str | None:
        """Return the id of the option that is meant, None if there is none or it is not clear which."""
        given = _read_text(value)
        if given is None:
            return None
        if given in self.twins:
            return None
        if given in self._id_by_caption:
            return self._id_by_caption[given]
        return given if given in self.caption_by_id else self._by_folded(given)

    def find_by_id(self, value: Any) -> str | None:
        """Return the option that is meant where the source says that it gives ids."""
        given = _read_text(value)
        return given if given in self.caption_by_id else self.find(value)

    def find_stored(self, value: Any) -> str | None:
        """Return the option that a stored value stands for; of several with its caption the first one in order."""
        given = _read_text(value)
        return self._id_by_caption[given] if given in self.twins else self.find_by_id(value)

    def agrees(self, option_id: str, caption: Any) -> bool:
        """Return whether an option has the caption, upper and lower case apart."""
        given = _read_text(caption)
        return given is not None and _fold(self.caption_by_id[option_id]) == _fold(given)

    def refuse(self, values: Iterable[Any]) -> ValueRejectedError:
        """Return the error for values of which one is no option, or may be several."""
        twin = next((given for given in map(_read_text, values) if given in self.twins), None)
        if twin is not None:
            ids = " and ".join(self.twins[twin])
            reason = f"Several options have this caption, those with the ids {ids}: give the id."
            return ValueRejectedError(code="ambiguous_choice", reason=reason)
        return ValueRejectedError(code="unknown_choice", reason="It is not one of the options.", allowed=self.captions)

    def _by_folded(self, given: str) -> str | None:
        ids = self._ids_by_folded.get(_fold(given), set())
        return next(iter(ids)) if len(ids) == 1 else None


def write_option(choices: Iterable[Choice]) -> WriteParts:
    """Return a writer of a choice, given as a caption, an id, or both: option id.

    Of both, the caption says what is meant and the id decides what the caption leaves open: options may be numbered
    differently, or renamed, in the database that the row comes from. An id whose caption is null was deleted there, as
    tap-ninox says it: it means nothing any more and counts as empty.
    """
    options = Options(choices)

    def write(values: Mapping[str, Any]) -> str:
        found = _resolve(options, values)
        if found is None and not ("id" in values and values.get("", "") is None):
            raise options.refuse(values.values())
        return CLEARED if found is None else found

    return write


def write_options(choices: Iterable[Choice]) -> WriteParts:
    """Return a writer of a multiple choice: list of option ids.

    Given is a list, its JSON text, or options with `,`, `;` or line breaks between; captions, ids, or both. Of deleted
    options, tap-ninox sends the ids alone: so many unknown ids as captions are missing mean nothing any more.
    """
    options = Options(choices)

    def write(values: Mapping[str, Any]) -> list[str] | str:
        found = _resolve_members(options, values)
        if found.count(None) > _count_deleted_members(options, values):
            raise options.refuse(split_members(values.get("", values.get("ids")), options.find))
        return list(dict.fromkeys(option for option in found if option is not None)) or CLEARED

    return write


def _resolve(options: Options, values: Mapping[str, Any]) -> str | None:
    by_caption = options.find(values[""]) if "" in values else None
    by_id = options.find_by_id(values["id"]) if "id" in values else None
    if by_caption is None or by_id is None:
        return by_caption or by_id
    return by_id if options.agrees(by_id, values[""]) else by_caption


def _resolve_members(options: Options, values: Mapping[str, Any]) -> list[str | None]:
    if "ids" not in values:
        return [options.find(item) for item in split_members(values[""], options.find)]
    ids = split_members(values["ids"], options.find_by_id)
    captions = split_members(values.get("") or [], options.find)
    if len(captions) != len(ids):  # the source leaves the captions of deleted options out
        return [options.find_by_id(item) for item in ids]
    return [_resolve(options, {"": caption, "id": item}) for caption, item in zip(captions, ids, strict=True)]


def _count_deleted_members(options: Options, values: Mapping[str, Any]) -> int:
    """Return how many options of a row were deleted where it comes from."""
    if "ids" not in values or "" not in values:
        return 0
    return len(split_members(values["ids"], options.find_by_id)) - len(split_members(values[""] or [], options.find))


def split_members(value: Any, find: Write) -> list[Any]:
    """Return the members of a list, of its JSON text, or of a text with separators; empty ones are left out."""
    if isinstance(value, str) and find(value) is None:
        value = _split_text(value, find)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if item is not None and item != ""]


def _split_text(value: str, find: Write) -> list[Any]:
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


def _read_text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    number = parse_integer(value)
    return None if number is None else str(number)


def _fold(caption: str) -> str:
    return unicodedata.normalize("NFC", " ".join(caption.split()).casefold())


# What values mean: stored values are ids first, that is what was asked for; a server that answers captions is
# understood, too. A record may contain an option that is deleted. Ninox shows nothing there, and it means nothing.


def _choice_meaning(field: Field, _zone: ZoneInfo) -> Meaning:
    return Options(field.choices).find_stored


def _multi_meaning(field: Field, _zone: ZoneInfo) -> Meaning:
    options = Options(field.choices)
    members = _read_stored_options(options.caption_by_id)

    def meaning(value: Any) -> Hashable | None:
        try:
            return frozenset(filter(None, map(options.find_stored, members(value)))) or None
        except BadValueError:
            return spell_json(value)

    return meaning


TYPES = {
    "choice": FieldType(
        parts=(
            Part(
                schema=STRING,
                read=lambda captions, _zone: read_choice_caption(captions),
                read_column=_read_captions_column,
            ),
            Part(
                name="id",
                schema=STRING,
                read=lambda captions, _zone: read_choice_id(captions),
                read_column=_read_ids_column,
            ),
        ),
        decoded_as=str | None,
        forms=(ONE_PROPERTY, frozenset({"id"}), frozenset({"", "id"})),
        write=lambda field, _formats: write_option(field.choices),
        is_plain=False,
        meaning=_choice_meaning,
        has_options=True,
    ),
    "multi": FieldType(
        parts=(
            Part(schema=STRINGS, read=lambda captions, _zone: read_choice_captions(captions)),
            Part(name="ids", schema=STRINGS, read=lambda captions, _zone: read_choice_ids(captions)),
        ),
        forms=(ONE_PROPERTY, frozenset({"ids"}), frozenset({"", "ids"})),
        write=lambda field, _formats: write_options(field.choices),
        is_plain=False,
        meaning=_multi_meaning,
        has_options=True,
        is_list=True,
    ),
}
