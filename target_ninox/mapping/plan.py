"""Where a stream goes, and how its rows become records there: decided before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ninox_api.errors import NinoxConfigError
from ninox_api.schema import DatabaseSchema
from ninox_singer.names import did_you_mean, is_glob
from ninox_singer.protocol import DELETED_AT, IDENTITY, RECORD_ID
from ninox_singer.types import field_type, make_meaning
from ninox_singer.types.base import UTC, Formats
from ninox_singer.types.choice import Options
from ninox_singer.wording import pasted
from target_ninox.mapping.encode import Assignment, WritePlan
from target_ninox.mapping.fields import PropertyMapping, map_properties, plan_references
from target_ninox.mapping.tables import (
    ChosenTable,
    Database,
    Identity,
    choose_table,
    holds_formulas_alone,
    slug_of,
)
from target_ninox.rows import StreamSchema, are_tombstones
from target_ninox.settings import StreamSettings, TargetSettings

_OPTION_IDS = frozenset({"id", "ids"})
"""Parts of choices in which options are given by their ids."""

_INSERTS = (
    "mode insert makes a record of every row, and another one of a row that comes again, as after a run that failed or "
    "was killed; mode upsert with a key does not."
)


class Planner:
    """Decides how the streams of a run are written. Where one goes is decided by its first schema, and stays."""

    def __init__(self, settings: TargetSettings) -> None:
        self._settings = settings
        self._tables: dict[str, ChosenTable] = {}

    def plan(self, described: StreamSchema, database: Database) -> WritePlan:
        """Return how a stream is written by its newest schema, into the database as it is now.

        Raises:
            NinoxConfigError: It cannot be written, or not without a setting that says what is meant.
        """
        name, settings = described.stream, self._settings.stream(described.stream)
        if name not in self._tables:
            self._refuse_other_spelling(name)
            chosen = choose_table(name, described.schema, database, wanted=settings.table)
            for other, taken in self._tables.items():
                if taken.table_id == chosen.table_id and not self._may_share({name: chosen, other: taken}):
                    message = (
                        f"streams.{name}: it would go to table {database.table_name(chosen.table_id)!r} "
                        f"({chosen.table_id}), and so does {other!r}. If both belong there, say so under "
                        f"streams.{name}.table; else name the right table there. A glob says it of one stream only."
                    )
                    raise NinoxConfigError(message)
            self._tables[name] = chosen
        chosen = self._tables[name]
        self._refuse_to_delete_by_guess(described, chosen, database, settings)
        chosen = _for_schema(chosen, described)
        if holds_formulas_alone(described.schema):
            return _plan_formulas(described, chosen, database.schema, settings)
        return plan_stream(described, chosen, database.schema, settings)

    def _may_share(self, chosen: Mapping[str, ChosenTable]) -> bool:
        """Return whether settings say that streams go into one table: those of one by its own name, of none by a glob.

        A glob fits streams that nobody thought of, whose keys may be those of other rows by chance.
        """
        by_name = [name for name in chosen if self._settings.names_table(name)]
        by_glob = [name for name, table in chosen.items() if table.is_set and name not in by_name]
        return bool(by_name) and not by_glob

    def _refuse_to_delete_by_guess(
        self, described: StreamSchema, chosen: ChosenTable, database: Database, settings: StreamSettings
    ) -> None:
        """Refuse to delete in a table that was found by a part of the stream's name: it may be another one.

        Raises:
            NinoxConfigError: It is a mirror, or its rows say which records were deleted, and `hard_delete` is set.
        """
        marks_deletions = DELETED_AT in (described.schema.get("properties") or {})
        what = "a mirror" if settings.mode == "mirror" else "hard_delete"
        if chosen.is_behind_schema and (what == "a mirror" or (self._settings.deletes_marked and marks_deletions)):
            message = (
                f"streams.{described.stream}: table {database.table_name(chosen.table_id)!r} is found by a part of the "
                f"stream's name ({chosen.reason}), and {what} deletes records. Say under "
                f"streams.{described.stream}.table which table is meant."
            )
            raise NinoxConfigError(message)

    def _refuse_other_spelling(self, name: str) -> None:
        """Refuse to load a stream without the settings that somebody meant for it: before a row is written.

        Raises:
            NinoxConfigError: A key of `streams` differs from its name in signs only.
        """
        slug = slug_of(name)
        if slug is None or self._settings.own_key(name) is not None:
            return
        for key in self._settings.streams:
            if slug_of(key) == slug and not is_glob(key):
                message = (
                    f"streams.{key}: a stream named {name!r} came, which has no settings. Write its name so; if "
                    f"another stream is meant, give {name!r} settings of its own, if only {{}}."
                )
                raise NinoxConfigError(message)


def _for_schema(chosen: ChosenTable, described: StreamSchema) -> ChosenTable:
    """Return the choice for another schema of its stream: where rows go is decided, whose `_id` they have is not.

    Raises:
        NinoxConfigError: The rows to come were read from another table than those before.
    """
    identity = Identity.of(described.stream, described.schema)
    if identity == chosen.identity:
        return chosen
    if identity is not None and chosen.identity is not None:
        message = (
            f"streams.{described.stream}: its rows were read from two tables, {chosen.identity.caption!r} and "
            f"{identity.caption!r}. Load one input after the other, or give one of the streams another name."
        )
        raise NinoxConfigError(message)
    return replace(chosen, has_own_ids=False)


def plan_stream(
    described: StreamSchema, chosen: ChosenTable, database: DatabaseSchema, settings: StreamSettings
) -> WritePlan:
    """Return how a stream is written.

    Args:
        described: What its SCHEMA message said.
        chosen: The table that it goes to.
        database: The schema of the database it goes to.
        settings: The stream's.

    Raises:
        NinoxConfigError: What cannot work, all of it at once.
    """
    stream, properties = described.stream, described.schema.get("properties") or {}
    table = next((table for table in database.tables if table.id == chosen.table_id), None)
    if table is None:
        message = f"streams.{stream}: table {chosen.table_id}, where it goes, was deleted while this run was under way."
        raise NinoxConfigError(message)
    settings = settings.naming(properties)
    mapping = map_properties(properties, table, settings)
    key = _plan_key(described, mapping, settings, has_own_ids=chosen.has_own_ids)
    formats = Formats(german_numbers=settings.number_format == "de", zone=settings.zone or UTC)
    references, unlinked = plan_references(mapping, database, settings, formats)
    problems = [*mapping.problems, *key.problems]
    if not (key.is_record_id or chosen.has_own_ids):
        problems += _guessed_links(mapping, properties, settings, is_foreign=chosen.has_foreign_ids)
    problems += _guessed_options(mapping, properties, settings)
    problems += unlinked
    if problems and not are_tombstones(properties):
        raise NinoxConfigError([f"streams.{stream}: {problem}" for problem in problems])
    if _is_of_another_product(described, settings, key):
        mapping.unknown.setdefault(RECORD_ID, None)  # left out, as any property that goes nowhere
    return WritePlan(
        stream=stream,
        table=table,
        place_reason=chosen.reason,
        mode=settings.mode,
        match_on=key.match_on,
        match_field_ids=key.field_ids,
        matches_record_id=key.is_record_id,
        needs_key=settings.mode != "insert",
        references=references,
        links_may_be_empty=settings.links_may_be_empty,
        file_fields={field_id: mapping.fields[field_id] for field_id in mapping.files.values()},
        creates_records=settings.mode != "update",
        warnings=tuple(f"{stream}: {warning}" for warning in _warnings(stream, mapping, settings)),
        not_loaded=tuple(mapping.unknown),
        assignments=tuple(
            Assignment.make(
                mapping.fields[field_id],
                names,
                formats,
                keeps_on_null=settings.keeps_on_null,
                reference=references.get(field_id),
            )
            for field_id, names in mapping.parts.items()
        ),
        file_field_by_property=mapping.files,
        uncut_of_key={
            name: uncut(formats)
            for field_id, names in mapping.parts.items()
            for name in names.values()
            if settings.mode != "insert"
            and field_id in key.field_ids
            and (uncut := field_type(mapping.fields[field_id].type).uncut) is not None
        },
        meanings={field_id: make_meaning(mapping.fields[field_id], formats.zone) for field_id in mapping.parts},
    )


def _plan_formulas(
    described: StreamSchema, chosen: ChosenTable, database: DatabaseSchema, settings: StreamSettings
) -> WritePlan:
    """Return how values of formulas are written that come without the rest: into fields of records that are there.

    What the settings say of other properties, they say of whole rows; so do the warnings, which were logged for those.
    """
    properties = described.schema.get("properties") or {}
    settings = settings.naming(properties)
    key = described.key_properties if settings.match_on is None else settings.match_on
    is_found = settings.mode != "insert" and properties.keys() >= set(key)
    settings = replace(
        settings,
        mode=settings.mode if is_found else "insert",
        match_on=settings.match_on if is_found else None,
        fields={name: field for name, field in settings.fields.items() if name in properties},
        references={name: field for name, field in settings.references.items() if name in properties},
    )
    plan = plan_stream(described, chosen, database, settings)
    lacking = (
        f"{described.stream}: formulas that come alone lack what a record is found by ({', '.join(key)}), and are not "
        "loaded. Set deletes: full in tap-ninox, and they come in whole rows."
    )
    return replace(
        plan,
        creates_records=False,
        leaves_rows_out=not (is_found and plan.field_ids > {*plan.match_field_ids}),
        warnings=(lacking,) if plan.field_ids and not is_found else (),
        not_loaded=(),
    )


def _guessed_links(
    mapping: PropertyMapping, properties: Mapping[str, Any], settings: StreamSettings, *, is_foreign: bool
) -> Iterator[str]:
    """Yield the links that might lead to strangers: values that may be no ids of records, or those of another database.

    Args:
        mapping: What becomes of the properties.
        properties: Name → JSON Schema.
        settings: The stream's; `references` says of a property what it holds.
        is_foreign: Whether what tap-ninox read was read from another database.
    """
    for field_id, [name, *_] in ((field_id, names.values()) for field_id, names in mapping.parts.items()):
        field = mapping.fields[field_id]
        if name in settings.references or not field_type(field.type).is_link_by_id:
            continue
        if is_foreign and _is_of_ninox(properties, name):
            yield (
                f"{name!r} holds ids of records of the database that it was read from; here, others have them. If this "
                "one is a copy with the same ids, say match_on: [_id]; else leave the property out with fields: "
                f"{pasted({name: None})}."
            )
        else:
            yield (
                f"nothing says that {name!r} holds ids of the records that {field.name!r} links to. If it holds a key, "
                f"say which field of theirs has it: references: {pasted({name: '<field>'})}; if it holds their ids: "
                f"references: {pasted({name: '_id'})}; else leave it out with fields: {pasted({name: None})}."
            )


def _guessed_options(
    mapping: PropertyMapping, properties: Mapping[str, Any], settings: StreamSettings
) -> Iterator[str]:
    """Yield the properties that go to ids of options by their names alone: others have a `status_id`, too."""
    for field_id, names in mapping.parts.items():
        [name, *others] = names.values()
        is_id = names.keys() <= _OPTION_IDS and field_type(mapping.fields[field_id].type).has_options
        if is_id and not (others or name in settings.fields or _is_of_ninox(properties, name)):
            yield (
                f"nothing says that {name!r} holds ids of options of {mapping.fields[field_id].name!r}. If it does, "
                f"say so: fields: {pasted({name: name})}; if it holds a key of another system, leave it out: fields: "
                f"{pasted({name: None})}."
            )


def _is_of_ninox(properties: Mapping[str, Any], name: str) -> bool:
    """Return whether tap-ninox says which field a property is."""
    return isinstance(properties[name], Mapping) and IDENTITY in properties[name]


def _warnings(stream: str, mapping: PropertyMapping, settings: StreamSettings) -> Iterator[str]:
    """Yield what is worth a look before anything is written."""
    if settings.mode == "insert":
        yield _INSERTS
    if mapping.unknown:
        unknown = (f"{name!r}{f' (nearest: {near!r})' if near else ''}" for name, near in mapping.unknown.items())
        name, near = max(mapping.unknown.items(), key=lambda item: item[1] is not None)  # the first that has a near one
        yield (
            f"not loaded, no field is called so: {', '.join(unknown)}. To load one, set streams.{stream}.fields: "
            f"{pasted({name: near or '<field>'})}; to leave it out for good: {pasted({name: None})}."
        )
    if mapping.read_only:
        read_only = (f"{name!r} ({why})" for name, why in mapping.read_only.items())
        yield f"not loaded, Ninox does not let them be written: {', '.join(read_only)}."
    for field_id in mapping.parts:
        twins = Options(mapping.fields[field_id].choices).twins
        if twins:
            named = ", ".join(f"{caption!r} ({', '.join(ids)})" for caption, ids in twins.items())
            yield (
                f"options of {mapping.fields[field_id].name!r} have one caption: {named}. A row that gives it is "
                "rejected; one that gives the id is not."
            )


class _PlannedKey(NamedTuple):
    """How the record of a row is found; see `WritePlan`."""

    match_on: tuple[str, ...]
    field_ids: tuple[str, ...]
    is_record_id: bool
    problems: list[str]


def _plan_key(
    described: StreamSchema, mapping: PropertyMapping, settings: StreamSettings, *, has_own_ids: bool
) -> _PlannedKey:
    """Return what identifies a record, and why it cannot."""
    properties = described.schema.get("properties") or {}
    given = settings.match_on
    match_on = tuple(dict.fromkeys(described.key_properties if given is None else given))
    is_record_id = match_on == (RECORD_ID,) and mapping.field_of(RECORD_ID) is None
    is_record_id = is_record_id and (given is not None or has_own_ids)
    is_there = is_record_id and RECORD_ID in properties
    unmapped = [] if is_there else [name for name in match_on if mapping.field_of(name) is None]
    problems: list[str] = []
    if settings.mode == "insert" and given is None:
        if unmapped:
            return _PlannedKey((), (), is_record_id=False, problems=[])
    elif not match_on and settings.mode != "insert":
        problems = [f"mode {settings.mode} needs a key, and the stream has none; set match_on, or mode insert."]
    else:
        problems = [_cannot_match(name, match_on, mapping, properties, is_given=given is not None) for name in unmapped]
    fields = () if is_record_id else filter(None, map(mapping.field_of, match_on))
    return _PlannedKey(match_on, tuple(dict.fromkeys(field.id for field in fields)), is_record_id, problems)


def _is_of_another_product(described: StreamSchema, settings: StreamSettings, key: _PlannedKey) -> bool:
    """Return whether a stream has an `_id` of which nothing says that it is Ninox's."""
    properties = described.schema.get("properties") or {}
    if RECORD_ID not in properties or are_tombstones(properties):
        return False
    return not (
        key.is_record_id or RECORD_ID in settings.fields or Identity.of(described.stream, described.schema) is not None
    )


def _cannot_match(
    name: str, match_on: Sequence[str], mapping: PropertyMapping, properties: Collection[str], *, is_given: bool
) -> str:
    where = "match_on" if is_given else "the stream's key"
    if name == RECORD_ID and (is_given or len(match_on) > 1 or name not in properties):
        return f"{where}: _id identifies a record by itself; it must be in the stream and the only one."
    if name == RECORD_ID:
        return (
            "the stream's key is _id, and nothing says that it is the id of a record of this very table. If it is, as "
            "when a backup is restored or a database copied, set match_on: [_id]; if a field holds it, name the field "
            "under fields: {_id: …}; else name another key under match_on."
        )
    if name not in properties:
        return f"{where}: the stream has no property {name!r}.{did_you_mean(name, properties)}"
    if name in mapping.read_only:
        return f"{where}: {name!r} is {mapping.read_only[name]}, by which no record can be found; choose another."
    near = mapping.unknown.get(name)
    hint = f" Did you mean {near!r}?" if near else ""
    other = "name another property in it" if is_given else "set match_on"
    return (
        f"{where}: {name!r} goes to no field, so no record can be found by it; map it under fields, or {other}.{hint}"
    )
