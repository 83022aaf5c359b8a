"""How the properties of streams meet the fields of Ninox tables, and what to configure: to be read, and pasted.

What target-ninox finds by itself is found by its own code. Only what it does not find is guessed here, with the reason
beside it, since here a person looks at it before anything is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TextIO

from singer_sdk.singerlib.exceptions import InvalidInputLine

from ninox_api.client import NinoxClient
from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.schema import Field, Table
from ninox_singer.connection import read_connection
from ninox_singer.logs import escape
from ninox_singer.names import find_nearest
from ninox_singer.protocol import IDENTITY
from ninox_singer.settings import read_json
from ninox_singer.types import field_type, why_read_only
from ninox_singer.types.base import Formats, ValueRejectedError, is_blank
from ninox_singer.types.choice import Options
from ninox_singer.types.number import is_german
from target_ninox.mapping.fields import FieldNames
from target_ninox.mapping.tables import Database, choose_table
from target_ninox.messages import MessageReader
from target_ninox.records.destination import find_database
from target_ninox.rows import is_system
from target_ninox.settings import TargetSettings
from target_ninox.target import TargetNinox

_UNCLEAR = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_MARKUP = frozenset("<&")

MOST_ROWS = 1000
"""Rows of each stream whose values are looked at."""

_FEWEST_ALIKE = 2
_SHORTEST_BEGINNING = 4


@dataclass(slots=True)
class _Stream:
    """What came of one stream."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)
    keys: Sequence[str] = ()
    rows: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def properties(self) -> list[str]:
        """Those that are about the thing itself."""
        return [name for name in self.schema.get("properties") or {} if not is_system(name)]

    def values(self, name: str) -> list[Any]:
        return [value for row in self.rows if not is_blank(value := row.get(name))]


@dataclass(slots=True)
class _Advice:
    """What is said of one stream: lines about it, a line per property, and the configuration.

    Attributes:
        has_table: Whether it goes anywhere; if not, a note says why.
    """

    has_table: bool = False
    notes: list[str] = field(default_factory=list)
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


def suggest(messages: IO[bytes], output: TextIO, *, config: Path | None) -> None:
    """Read messages to their end, and print what becomes of them.

    Args:
        messages: Lines of a Singer stream.
        output: Where to print.
        config: File with the target's settings; None for the environment.

    Raises:
        NinoxError: The settings or the input cannot be used.
    """
    streams = _read(messages)
    given = read_json(config, option="--config") if config else None
    target = TargetNinox(config=given, parse_env_config=config is None)
    settings = TargetSettings.from_settings(target.config)
    client = NinoxClient(read_connection(target.config))
    try:
        _, database = find_database(client, team=settings.team, database=settings.database)
    finally:
        client.close()
    if not database.tables:
        message = (
            f"Database {database.name.name!r} ({database.name.id}) has no table that this key may see. Make one in "
            "Ninox, or name another database in the setting `database`."
        )
        raise NinoxConfigError(message)
    advised, have_tables = {}, True
    for stream in streams:
        advice = _advise(stream, database, wanted=settings.stream(stream.name).table)
        output.writelines(f"{escape(line)}\n" for line in _iter_lines(stream, advice))
        have_tables = have_tables and advice.has_table
        if advice.settings:
            advised[stream.name] = advice.settings
    if advised or have_tables:
        output.writelines(f"{escape(line)}\n" for line in _iter_lines_to_paste(advised))


def _iter_lines_to_paste(advised: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield the lines of the configuration: YAML, in which JSON is one way to write a value."""
    if not advised:
        yield "Nothing has to be configured."
        return
    yield from ("For target-ninox, beside its other settings:", "", "streams:")
    for name, chosen in advised.items():
        yield f"  {json.dumps(name, ensure_ascii=False)}:"
        yield from (f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in chosen.items())


def _read(messages: IO[bytes]) -> list[_Stream]:
    """Read what target-ninox would, and refuse what it would refuse."""
    streams: dict[str, _Stream] = {}

    def receive(message: Mapping[str, Any]) -> None:
        if message["type"] in {"SCHEMA", "RECORD"}:
            stream = streams.setdefault(message["stream"], _Stream(message["stream"]))
            if message["type"] == "SCHEMA":
                stream.schema, stream.keys = message["schema"], message.get("key_properties") or ()
            elif len(stream.rows) < MOST_ROWS:
                stream.rows.append(message["record"])

    try:
        MessageReader(receive, on_failure=lambda: None).process_lines(messages, {})
    except InvalidInputLine as error:
        message = f"{error} Put a tap before this command."
        raise NinoxError(message) from None
    if not streams:
        reason = "No stream came: put a tap before this command, as in `tap-tabular --config list.json | …`."
        raise NinoxError(reason)
    return list(streams.values())


def _advise(stream: _Stream, database: Database, *, wanted: str | None) -> _Advice:
    advice = _Advice()
    table = _choose_table(stream, database, wanted, advice)
    if table is None:
        return advice
    advice.has_table = True
    names = FieldNames(table, stream.schema.get("properties") or {})
    filled = {name: found[0].field for name in stream.properties if len(found := names.find(name)) == 1}
    free = {one.name: one for one in table.fields if _can_be_written(one) and one not in filled.values()}
    renamed: dict[str, str | None] = {}
    for name in stream.properties:
        if name in filled:
            how = "the same name" if filled[name].name == name else "the same name, but for capitals and signs"
        elif len(names.find(name)) > 1:
            advice.lines.append((name, "?", "several fields are called so: give the id of one under `fields`"))
            continue
        elif guess := _guess(name, free):
            filled[name], how = free.pop(guess[0]), guess[1]
            renamed[name] = guess[0]
        else:
            advice.lines.append((name, "-", "no field is called like it; null leaves it out without a warning"))
            renamed[name] = None
            continue
        known = filled[name]
        if not _can_be_written(known):
            why = why_read_only(known.type)
            advice.lines.append((name, _describe(known), f"{how}, but it is {why}: left out"))
            continue
        advice.lines.append((name, _describe(known), "; ".join([how, *_iter_remarks(stream, name, known)])))
    if renamed:
        advice.settings["fields"] = renamed
    _advise_formats(stream, filled, advice)
    _advise_links(stream, filled, database, advice)
    _advise_key(stream, filled, advice)
    left = [one.name for one in free.values()]
    if left:
        advice.notes.append(f"Fields that nothing fills: {', '.join(left)}.")
    return advice


def _choose_table(stream: _Stream, database: Database, wanted: str | None, advice: _Advice) -> Table | None:
    """Return the table that the target would take, or else the one with the most fields of these names."""
    by_id = {table.id: table for table in database.tables}
    try:
        place = choose_table(stream.name, stream.schema, database, wanted=wanted)
    except NinoxConfigError as error:
        count, best = max(((_count_alike(stream, table), table) for table in database.tables), key=lambda one: one[0])
        if count < _FEWEST_ALIKE:
            advice.notes.append(str(error))
            return None
        advice.notes.append(
            f"No table is called so; {best.name!r} ({best.id}) has fields for {count} of {len(stream.properties)} "
            "properties."
        )
        advice.settings["table"] = best.name if sum(one.name == best.name for one in by_id.values()) == 1 else best.id
        return best
    advice.notes.append(f"Goes to table {by_id[place.table_id].name!r} ({place.table_id}), since {place.reason}.")
    if wanted is not None:
        advice.settings["table"] = wanted
    return by_id[place.table_id]


def _count_alike(stream: _Stream, table: Table) -> int:
    names = FieldNames(table, stream.schema.get("properties") or {})
    return sum(len(names.find(name)) == 1 for name in stream.properties)


def _guess(name: str, free: Mapping[str, Field]) -> tuple[str, str] | None:
    """Return the field that may be meant, and why; only one that nothing else goes to."""
    letters = {caption: "".join(filter(str.isalnum, caption.casefold())) for caption in free}
    given = "".join(filter(str.isalnum, name.casefold()))
    same = [caption for caption, text in letters.items() if text == given]
    if len(same) == 1:
        return same[0], "similar: the same letters"
    if near := find_nearest(name, free, likeness=0.75):
        return near, "similar: spelled alike"
    begin = [
        caption
        for caption, text in letters.items()
        if min(len(text), len(given)) >= _SHORTEST_BEGINNING and (text.startswith(given) or given.startswith(text))
    ]
    return (begin[0], "similar: one name begins with the other") if len(begin) == 1 else None


def _iter_remarks(stream: _Stream, name: str, target: Field) -> Iterator[str]:
    """Yield what is worth a look in a property's values, without any of them."""
    if target.type == "html":
        marked = sum(isinstance(value, str) and not _MARKUP.isdisjoint(value) for value in stream.values(name))
        if marked:
            yield f"{marked} values have < or &, which this field takes for HTML: send &lt; and &amp; if they are text"
    if field_type(target.type).has_options:
        options = Options(target.choices)
        strange = {
            str(value) for value in stream.values(name) if not isinstance(value, list) and options.find(value) is None
        }
        if strange:
            yield f"{len(strange)} different values are none of its {len(target.choices)} options"
    elif (known := field_type(target.type)).write and known.is_plain and not known.links and target.type != "number":
        refused = _count_refused(stream.values(name), target, Formats())
        if refused:
            yield f"{refused} of {len(stream.values(name))} values do not fit"


def _advise_formats(stream: _Stream, filled: Mapping[str, Field], advice: _Advice) -> None:
    """Advise on how numbers are written, if text of one way does not fit the other."""
    numbers = [(target, stream.values(name)) for name, target in filled.items() if target.type == "number"]
    iso = sum(_count_refused(values, target, Formats()) for target, values in numbers)
    german = sum(_count_refused(values, target, Formats(german_numbers=True)) for target, values in numbers)
    unclear = sum(_is_unclear(value) for _, values in numbers for value in values)
    refused, clear = iso, sum(is_german(value) for _, values in numbers for value in values)
    if german < iso and clear:  # a telephone number alone, which de reads as well, is no reason
        refused, advice.settings["number_format"] = german, "de"
        advice.notes.append(f"Numbers that are written like 1.234,56: {clear}.")
        if unclear:
            advice.notes.append(
                f"Numbers that can be read both ways, such as 1.234: {unclear}. number_format decides: with de it is "
                "1234, without it 1.234."
            )
    elif german <= iso and unclear:
        advice.notes.append(
            f"Numbers that are written like 1.234, which is taken for little more than one: {unclear}. If thousands "
            "are meant, set number_format: de."
        )
    if refused:
        advice.notes.append(f"Values for number fields that are no numbers: {refused}. Their rows would be rejected.")


def _is_unclear(value: Any) -> bool:
    """Return whether a text is a number in both ways of writing, and not the same."""
    return isinstance(value, str) and _UNCLEAR.fullmatch(value.strip()) is not None


def _count_refused(values: Iterable[Any], target: Field, formats: Formats) -> int:
    known = field_type(target.type)
    if known.write is None:
        return 0
    write, count = known.write(target, formats), 0
    for value in values:
        try:
            write(value)
        except ValueRejectedError:
            count += 1
    return count


def _advise_links(stream: _Stream, filled: Mapping[str, Field], database: Database, advice: _Advice) -> None:
    """Advise by which field of the other table a link is found, where nothing says that its values are record ids."""
    links: dict[str, Any] = {}
    for name, target in filled.items():
        is_of_ninox = IDENTITY in (stream.schema["properties"].get(name) or {})
        if not field_type(target.type).is_reference or (
            is_of_ninox and not _count_refused(stream.values(name), target, Formats())
        ):
            continue
        other = next((table for table in database.tables if table.id == target.target_table_id), None)
        texts = [one.name for one in other.fields if one.type in {"string", "number"}] if other else []
        if other and texts:
            links[name] = find_nearest(name, texts) or texts[0]
            advice.notes.append(
                f"{name!r} links to {other.name!r}: look whether its field {links[name]!r} has the key; if these are "
                "its record ids, say _id."
            )
    if links:
        advice.settings["references"] = links


def _advise_key(stream: _Stream, filled: Mapping[str, Field], advice: _Advice) -> None:
    missing = [name for name in stream.keys if name not in filled and not is_system(name)]
    if not stream.keys:
        advice.notes.append("The stream has no key: give the properties that identify a record under match_on.")
    if missing:
        advice.notes.append(f"No field has the key {', '.join(map(repr, missing))}: no record can be found by it.")
    if stream.keys and not missing and stream.rows:
        keys = [tuple(str(row.get(name)) for name in stream.keys) for row in stream.rows]
        if len(set(keys)) < len(keys):
            advice.notes.append(
                f"{len(keys) - len(set(keys))} of {len(keys)} rows have the key of another one: the last one counts."
            )
        folded = {tuple(" ".join(text.split()).casefold() for text in key) for key in keys}
        if alike := len(set(keys)) - len(folded):
            advice.notes.append(
                f"Keys that differ from another one in blanks or in upper and lower case alone: {alike}. Each is a "
                "record of its own. Write them alike if they mean the same."
            )


def _can_be_written(target: Field) -> bool:
    return field_type(target.type).write is not None


def _describe(target: Field) -> str:
    return f"{target.name} ({target.id}, {target.type})"


def _iter_lines(stream: _Stream, advice: _Advice) -> Iterator[str]:
    yield stream.name
    yield from (f"  {note}" for note in advice.notes[:1])
    if advice.lines:
        left, middle = (max(len(line[column]) for line in advice.lines) for column in (0, 1))
        yield from (f"  {name:{left}}  {target:{middle}}  {how}" for name, target, how in advice.lines)
    yield from (f"  {note}" for note in advice.notes[1:])
    yield ""
