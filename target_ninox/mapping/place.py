"""Which table a stream means and which field a property means: by id, by name, or by the name tap-ninox gives it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ninox_api.naming import MAX_LENGTH, NameSpace, cut, identifier
from ninox_api.schema import Field, Table
from target_ninox.encoding.types import field_type
from target_ninox.encoding.values import is_blank

RECORD_ID = "_id"
"""Property of tap-ninox that holds the record id."""

SYSTEM_PROPERTIES = frozenset({
    RECORD_ID, "_sequence", "_created_at", "_created_by", "_modified_at", "_modified_by",
})  # fmt: skip
"""Properties that tap-ninox adds to every stream; Ninox fills them itself."""

CATALOGUE_STREAMS = frozenset({
    "ninox_databases", "ninox_tables", "ninox_fields", "ninox_choices", "ninox_files", "ninox_deleted_records",
})  # fmt: skip
"""Streams of tap-ninox that describe a database; there is no table to load them into."""

DELETED_AT = "_sdc_deleted_at"
_SINGER_PREFIX = "_sdc_"
_STYLES = ("slug", "caption", "id")
_ID_PARTS = {"choice": "id", "multi": "ids"}

Suffixes = Mapping[str, str]
"""Suffix of a property's name → part of its field."""

_WHOLE: Suffixes = {"": ""}


def is_system(name: str) -> bool:
    """Tell whether a property is about the record, not of it."""
    return name in SYSTEM_PROPERTIES or name.startswith(_SINGER_PREFIX)


def are_tombstones(properties: Collection[str]) -> bool:
    """Tell whether a schema is the narrow one of tap-ninox's deletions: which record, and that it was deleted."""
    return DELETED_AT in properties and all(map(is_system, properties))


def is_called(field: Field, name: str) -> bool:
    """Tell whether a name is a field's, in whatever spelling."""
    return identifier(field.name, fallback="") == identifier(name, fallback="")


def is_marked_deleted(record: Mapping[str, Any]) -> bool:
    """Tell whether a row says that its record was deleted; files have `""` where nothing is said."""
    value = record.get(DELETED_AT)
    return value is not False and not is_blank(value)


@dataclass(frozen=True, slots=True)
class FieldPart:
    """A field, or a part of one such as the start of an appointment."""

    field: Field
    part: str = ""


def find_tables(tables: Collection[Table], wanted: str) -> list[Table]:
    """Return the tables that a stream's name may mean, those of the best way to read it; one if it is clear.

    The ways, best first: the whole name, its part after the last `__`, its part after the last `-`; each as an id, as a
    name, as a name's identifier. Of a name that is as long as names of streams can be, the end may be cut off.
    """
    is_cut = len(wanted) >= MAX_LENGTH - 1  # an underscore at the cut goes, too
    readings = dict.fromkeys((wanted, wanted.rpartition("__")[2], wanted.rpartition("-")[2]))
    for reading in filter(None, readings):
        slugs = _table_slugs(tables)
        for found in (
            [table for table in tables if table.id == reading],
            [table for table in tables if table.name.casefold() == reading.casefold()],
            [slugs[slug]] if (slug := identifier(reading, fallback=reading)) in slugs else [],
            [table for known, table in slugs.items() if is_cut and known.startswith(slug)],
        ):
            if found:
                return found
    return []


def _table_slugs(tables: Iterable[Table]) -> dict[str, Table]:
    names = NameSpace()
    return {names.claim(identifier(table.name, fallback=table.id), suffixes=(table.id,)): table for table in tables}


class FieldNames:
    """Finds the fields of one table by what a stream calls them.

    A stream with the property `_id` is taken for one of tap-ninox: its names are read in the style (slug, caption or
    id; choices and composites as it may send them) that explains most of them, so that a field `Status` and a field
    `status` are not mixed up. Names that no style explains, such as aliases, are settled by their title.

    Attributes:
        are_of_tap: Whether the stream is taken for one of tap-ninox.
    """

    def __init__(self, table: Table, titles: Mapping[str, str | None]) -> None:
        """Work out how the table's fields may be called.

        Args:
            table: Where the stream goes.
            titles: Property → its title in the stream's schema, which tap-ninox makes the field's name.
        """
        self.are_of_tap = RECORD_ID in titles
        self._fields = table.fields
        self._titles = titles if self.are_of_tap else {}
        by_style = [_names(table, style, parts) for parts in _PARTS_OF_STYLE for style in _STYLES]
        self._tap_names = max(by_style, key=lambda names: _explained(titles, names)) if self.are_of_tap else {}
        self._names: dict[str, FieldPart] = {}
        for names in (*map(partial(_more_names, table), reversed(_STYLES)), *reversed(by_style)):
            self._names |= names

    def find(self, name: str) -> list[FieldPart]:
        """Return the fields that a name may mean; one if it is clear."""
        if name in self._tap_names:
            return [self._tap_names[name]]
        exact = [FieldPart(field) for field in self._fields if name in {field.id, field.name}]
        if exact:
            return exact
        if name in self._names:
            return [self._names[name]]
        slug = identifier(name, fallback="")
        return [self._names[slug]] if slug in self._names else self._by_title(name)

    def _by_title(self, name: str) -> list[FieldPart]:
        titled = [field for field in self._fields if field.name == self._titles.get(name)]
        return [FieldPart(titled[0], _part_named(titled[0], name))] if len(titled) == 1 else []

    def nearest(self, name: str) -> str | None:
        """Return the field name that looks most like a name."""
        return nearest(name, [field.name for field in self._fields])


def _explained(titles: Mapping[str, str | None], names: Mapping[str, FieldPart]) -> tuple[int, int, int]:
    """Return how many properties a style explains, of how many the title fits, and how few more it would have."""
    known = [(names[name].field.name, title) for name, title in titles.items() if name in names]
    return len(known), sum(name == title for name, title in known), len(known) - len(names)


def _part_named(field: Field, name: str) -> str:
    """Return the part that a property's suffix says."""
    known = field_type(field.type)
    parts = (*known.parts, *known.more_parts) if known else ()
    return next((part for part in parts if part and name.endswith(f"_{part}")), "")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like a name, upper and lower case apart."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[found[0]] if found else None


def _names(table: Table, style: str, parts_of: Callable[[Field], Suffixes]) -> dict[str, FieldPart]:
    """Return name → part as tap-ninox hands the names out."""
    space, names = NameSpace(SYSTEM_PROPERTIES), {}
    for field in table.fields:
        for suffix, part in parts_of(field).items():
            name = space.claim(_with_suffix(_wanted(field, style), suffix), suffixes=(field.id,))
            names[name] = FieldPart(field, part)
    return names


def _more_names(table: Table, style: str) -> dict[str, FieldPart]:
    """Return name → part for all parts that are understood; of fields of one name the oldest is meant."""
    return {
        _with_suffix(_wanted(field, style), part): FieldPart(field, part)
        for field in reversed(table.fields)
        if (known := field_type(field.type)) is not None
        for part in (*known.more_parts, *known.parts)
    }


def _all_parts(field: Field) -> Suffixes:
    known = field_type(field.type)
    return {part: part for part in known.parts} if known else _WHOLE


def _choice_ids(field: Field) -> Suffixes:
    id_part = _ID_PARTS.get(field.type)
    return {id_part: id_part} if id_part else _all_parts(field)


def _choice_captions(field: Field) -> Suffixes:
    return _WHOLE if field.type in _ID_PARTS else _all_parts(field)


def _as_stored(field: Field) -> Suffixes:
    return {"": _ID_PARTS.get(field.type, "")}


_PARTS_OF_STYLE = (_all_parts, _choice_ids, _choice_captions, _as_stored)
"""What tap-ninox may send of a field, by its settings `choice_style` and `expand_composites`."""


def _wanted(field: Field, style: str) -> str:
    if style == "caption":
        return field.name
    return identifier(field.id if style == "id" else field.name, fallback=field.id)


def _with_suffix(wanted: str, suffix: str) -> str:
    return f"{cut(wanted, MAX_LENGTH - len(suffix) - 1)}_{suffix}" if suffix else wanted
