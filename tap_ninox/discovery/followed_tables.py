"""Tables that go under other names than a saved catalog has, and what of them is read.

A selection follows the ids of tables and fields, since select rules were written for the names that the state has, and
may not hit those that the catalog shows. So, under another name:

* what was read is read, though the catalog does not select it (under the same name, somebody has deselected it);
* what was left out stays out, though the catalog selects it: nobody may learn a salary because somebody has renamed
  its field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ninox_singer.protocol import RECORD_ID, SYSTEM_PROPERTIES
from tap_ninox.discovery.catalog import TableEntry, describe_column
from tap_ninox.discovery.drift import Drift, not_selected, stays_left_out
from tap_ninox.discovery.known_tables import KnownTable, TableKey
from tap_ninox.discovery.overrides import KEY, METHOD, plain_schema
from tap_ninox.discovery.saved_stream import JsonObject, is_selected, read_metadata, write_metadata
from tap_ninox.discovery.select_rules import SelectRules
from tap_ninox.rows.columns import Column


def with_names_of_state(
    catalog: Iterable[JsonObject],
    saved: Iterable[TableEntry],
    entries: Iterable[TableEntry],
    known: Mapping[TableKey, KnownTable],
    *,
    rules: SelectRules,
    note: Callable[[Drift], None],
) -> Iterator[JsonObject]:
    """Yield a catalog's streams, and their properties, under the names that they go by.

    Args:
        catalog: Its streams.
        saved: Its tables.
        entries: Those that this run reads, as it calls them.
        known: What the state knows of tables.
        rules: What the catalog was made by, as far as is known: a rule that has the very name that the catalog shows is
            followed.
        note: Takes what is to be reported: that something is selected and not read, or is new and hit by no rule.
    """
    keys = {entry.stream: entry for entry in saved}
    now = {entry.key: entry for entry in entries}
    for stream in catalog:
        before = keys.get(stream["tap_stream_id"])
        if before is None:
            yield stream
        elif before.key in now:
            table = _FollowedTable(
                before=before,
                now=now[before.key],
                known=known.get(before.key),
                is_selected=is_selected(stream),
                rules=rules,
            )
            is_renamed = (table.now.stream, _names(table.now)) != (before.stream, _names(before))
            yield _follow(stream, table, note) if is_renamed else stream


def _follow(stream: JsonObject, table: _FollowedTable, note: Callable[[Drift], None]) -> JsonObject:
    before, now = table.before, table.now
    given = read_metadata(stream)
    columns = {column.name: column for column in before.columns}
    # Made anew: where two fields have swapped captions, each goes under a name that the catalog gives to the other.
    shown = {("properties", name) for name in columns}
    metadata = {breadcrumb: item for breadcrumb, item in given.items() if breadcrumb not in shown}
    properties: JsonObject = {}
    renamed: dict[str, str] = {}
    chosen: dict[tuple[str, ...], bool | None] = {(): table.is_read}
    left_out: list[tuple[str, str, Column | None]] = []
    for name, schema in stream["schema"]["properties"].items():
        selected = given.get(("properties", name), {}).get("selected")
        heirs = _heirs(columns[name], before, now) if name in columns else ()
        if name not in columns:
            properties[name] = schema
            chosen["properties", name] = table.reads_system_property(name, selected=selected)
            if table.overrules(selected=selected, chosen=chosen["properties", name]):
                left_out.append((name, name, None))
        for heir in heirs:
            is_same = heir.part == columns[name].part and heir.json_type == columns[name].json_type
            properties[heir.name] = schema if is_same else {**heir.json_type, **heir.identity}
            metadata["properties", heir.name] = describe_column(heir)
            chosen["properties", heir.name] = table.reads(heir, name, selected=selected)
            if table.misses(heir):
                note(not_selected(now, heir, shown=before.stream))
            elif table.overrules(selected=selected, chosen=chosen["properties", heir.name]):
                left_out.append((heir.name, name, heir))
            renamed.setdefault(name, heir.name)
    if left_out or table.stays_out:
        note(stays_left_out(now, () if table.stays_out else left_out, shown=before.stream))
    for breadcrumb, is_chosen in chosen.items():
        if is_chosen is not None:
            metadata[breadcrumb] = {**metadata.get(breadcrumb, {}), "selected": is_chosen}
    followed = {
        **stream,
        "tap_stream_id": now.stream,
        "stream": now.stream,
        "schema": {**stream["schema"], "properties": properties},
        "key_properties": [renamed.get(key, key) for key in stream["key_properties"]],
        "metadata": write_metadata(metadata),
    }
    known = table.known
    return _as_asked_before(followed, now, known) if known and table.was_read and table.is_moved else followed


@dataclass(frozen=True, kw_only=True)
class _FollowedTable:
    """A table that goes under other names than a catalog has, and what of it is read.

    Attributes:
        before: As the catalog calls it.
        now: As this run does.
        known: What the state knows of it.
        is_selected: Whether the catalog selects it.
        rules: What the catalog was made by, as far as is known.
    """

    before: TableEntry
    now: TableEntry
    known: KnownTable | None
    is_selected: bool
    rules: SelectRules

    @property
    def is_moved(self) -> bool:
        """Whether its stream has another name than in the catalog: rules for the one do not hit the other."""
        return self.before.stream != self.now.stream

    @cached_property
    def was_read(self) -> bool:
        """Whether it was read under the name that it has now."""
        return self._goes_on and not self._was_deselected

    @cached_property
    def follows(self) -> bool:
        """Whether it is read though the catalog does not select it: no rule hits the name that the catalog has."""
        is_missed = self.is_moved and not self.is_selected and not self.rules.excludes(self.before.stream)
        return self.was_read and is_missed

    @cached_property
    def stays_out(self) -> bool:
        """Whether it is not read though the catalog selects it: what left it out is a rule for its other name."""
        is_deselected = self._goes_on and self._was_deselected and self.is_moved and self.is_selected
        return is_deselected and not self.rules.names_stream(self.before.stream)

    @property
    def is_read(self) -> bool | None:
        """Whether it is read, None if the catalog says so."""
        return self.follows if self.follows or self.stays_out else None

    @property
    def _goes_on(self) -> bool:
        return self.known is not None and self.known.stream == self.now.stream

    @property
    def _was_deselected(self) -> bool:
        return self.known is not None and self.known.is_deselected

    def reads_system_property(self, name: str, *, selected: bool | None) -> bool | None:
        """Return whether a property is read that every table has."""
        if self.known is None or name not in SYSTEM_PROPERTIES or not self.is_moved:
            return selected
        was_left_out = name in self.known.deselected
        if self.follows:
            return not was_left_out
        return False if was_left_out and not self.rules.names_property(self.before.stream, name) else selected

    def reads(self, heir: Column, name: str, *, selected: bool | None) -> bool | None:
        """Return whether a property is read.

        Args:
            heir: The property.
            name: As the catalog calls it.
            selected: What the catalog says.
        """
        read_before = self._was_read(heir)
        if not heir.is_readable or self.rules.excludes(self.before.stream, name):
            return selected
        if self.follows:
            return read_before is True
        is_meant = self.rules.names_property(self.before.stream, name)
        if read_before is False and self._is_renamed(heir, name) and not is_meant:
            return False
        return True if self.was_read and read_before and heir.name != name else selected

    def misses(self, heir: Column) -> bool:
        """Return whether a property is new, and not read only because no rule hits what the catalog calls the table."""
        return self.follows and heir.is_readable and self._was_read(heir) is None

    def overrules(self, *, selected: bool | None, chosen: bool | None) -> bool:
        """Return whether something is not read that the catalog selects."""
        return self.is_selected and selected is not False and chosen is False

    def _is_renamed(self, heir: Column, name: str) -> bool:
        """Return whether a rule that left a property out may not hit it any more.

        It still does where the catalog shows one of its names of before: only the type of its field has changed.
        """
        known = (*self.known.columns, *self.known.former) if self.known else ()
        names = {column.name for column in known if column.field_id == heir.field_id}
        return self.is_moved or name not in {heir.name, *names}

    def _was_read(self, heir: Column) -> bool | None:
        """Return whether a property was read, None if its field is new: then nobody could have left it out by a name.

        A property that its field has only since it was retyped counts as read if one of those of before was.
        """
        known = self.known
        of_field = [c for c in known.columns if c.field_id == heir.field_id and c.is_readable] if known else []
        own = [column for column in of_field if column.part == heir.part] or of_field
        return any(column.name not in known.deselected for column in own) if known and own else None


def _as_asked_before(stream: JsonObject, now: TableEntry, known: KnownTable) -> JsonObject:
    """Return a stream with what the catalog asked for before its table was renamed, where it says nothing else now."""
    asked, properties = {**known.asked}, {**stream["schema"]["properties"]}
    about = read_metadata(stream)[()]
    method, key = stream["replication_method"], stream["key_properties"]
    if METHOD in asked and not any(about.get(name) for name in (METHOD, f"forced-{METHOD}")):
        method = asked[METHOD]
    names = {column.key: column.name for column in now.columns}
    if KEY in asked and key == [RECORD_ID]:
        key = [names.get(place, place) for place in json.loads(asked[KEY])]
    own = {**SYSTEM_PROPERTIES, **{column.name: column.json_type for column in now.columns}}
    same = {column.key: column.name for column in known.columns}
    for place in asked.keys() - {METHOD, KEY}:
        name = names.get(place, place)
        # A field that was retyped has another property now, of which nothing was asked.
        if same.get(place, name) == name in properties and plain_schema(properties[name]) == own.get(name):
            properties[name] = {**properties[name], **json.loads(asked[place])}
            if "format" not in json.loads(asked[place]):
                properties[name].pop("format", None)
    schema = {**stream["schema"], "properties": properties}
    return {**stream, "replication_method": method, "key_properties": key, "schema": schema}


def _names(entry: TableEntry) -> list[tuple[str, str, str, str]]:
    return [(column.name, column.field_id, column.part, column.type) for column in entry.columns]


def _heirs(column: Column, before: TableEntry, now: TableEntry) -> Iterator[Column]:
    """Yield what comes in place of a property; for the first of a field, also what that field has only now."""
    parts = {other.part for other in before.columns if other.field_id == column.field_id}
    first = next(other for other in before.columns if other.field_id == column.field_id)
    for other in now.columns:
        is_new = column is first and other.part not in parts
        if other.field_id == column.field_id and (other.part == column.part or is_new):
            yield other
