"""How values look. Sends: a record that a link leads to, a list of files. The rest looks at what was read anyway."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ninox_api.schema import Field, Table
from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import EMPTY, NOT_FOUND, is_id
from ninox_tools.probe.report import INFERRED
from ninox_tools.probe.sight import Sight

_MOST_LINKED = 3
_LISTED = {"name", "contentType", "size", "modifiedDate", "modifiedUser", "seq"}
_FILES = ("file", "image", "signature")


_FORMS: dict[str, tuple[tuple[str, ...], dict[type, str]]] = {
    "records.multi": (("multi",), {list: "array", dict: "object", str: "text"}),
    "records.boolean": (("boolean",), {bool: "booleans", int: "numbers"}),
    "records.date": (("date", "timestamp"), {str: "text", int: "milliseconds"}),
    "records.reference": (("ref",), {int: "number", list: "array"}),
}
"""Question → types of fields, and what a type of JSON is called in its answers."""


@question("records.multi", "How does a multiple choice read?", {
    "array, object, text": "Nothing: it is read.",
    "other": Against("Multiple choices become null in your rows. Please report it."),
}, code="ninox_singer.types:field_type")  # fmt: skip
@question("records.boolean", "How do yes and no read?", {
    "booleans, numbers": "Nothing: both are read.",
    "other": Against("Yes and no become null in your rows. Please report it."),
}, code="ninox_singer.types.boolean:read_boolean")  # fmt: skip
@question("records.date", "How do dates read?", {
    "text, milliseconds": "Nothing: both are read.",
    "other": Against("Dates become null in your rows. Please report it."),
}, code="ninox_singer.types.moment:read_day")  # fmt: skip
@question("records.reference", "How does a link to another record read?", {
    "number, array": "Nothing: both are read.",
    "other": Against("Links become null in your rows. Please report it."),
}, code="ninox_singer.types.reference")  # fmt: skip
def forms(sight: Sight) -> None:
    """Look at one value of each kind."""
    for name, (types, called) in _FORMS.items():
        for _, _, _, value in sight.values(*types):
            if value not in EMPTY:
                sight.say(name, called.get(type(value), "other"))
                break


@question("records.choice_ids", "Does choiceStyle=ids answer choices by id?", {
    "honoured": "An option that is renamed keeps its id in your rows.",
    "ignored": "Ids of options are looked up by their captions; where two are called the same, it may be the "
        "other one.",
}, code="ninox_singer.types.choice:read_choice_id")  # fmt: skip
def choices(sight: Sight) -> None:
    """Look at choices of one option."""
    for _, field, _, value in sight.values("choice"):
        ids, captions = {option.id for option in field.choices}, {option.caption for option in field.choices}
        if value not in EMPTY and str(value) in ids ^ captions:  # where a caption is an id, it shows nothing
            sight.say("records.choice_ids", "honoured" if str(value) in ids else "ignored")


@question("records.dynamic_choice", "How do dynamic choices read?", {
    "ids": "Nothing: they are ids in your rows.",
    "stored": "Several dynamic choices of a field come as the text that Ninox stores, not as ids.",
}, code="ninox_singer.types.reference")  # fmt: skip
def dynamic_choices(sight: Sight) -> None:
    """A 0 for none, or a text for several, is how they are stored; a list is none, and neither is nothing at all."""
    values = [(field.type, value) for _, field, _, value in sight.values("dchoice", "dmulti")]
    if any(
        (kind == "dchoice" and value == 0) or (kind == "dmulti" and isinstance(value, str) and value)
        for kind, value in values
    ):
        sight.say("records.dynamic_choice", "stored")
    elif any(kind == "dmulti" and isinstance(value, list) for kind, value in values):
        sight.say("records.dynamic_choice", "ids")
    elif any(kind == "dchoice" and value is None for kind, value in values):
        sight.say("records.dynamic_choice", "ids", INFERRED)


@question("records.reverse_reference", "Do records say which others link to them?", {
    "absent, array, other": "Nothing: the links of the other table say the same.",
}, code="ninox_singer.types:field_type")  # fmt: skip
def back_side(sight: Sight) -> None:
    """Ask for one record that a link leads to, if there is a field for its reverse reference."""
    for table, back, record_id in islice(_linked(sight), _MOST_LINKED):
        reply = sight.ask.get("tables", table.id, "records", str(record_id), ids="true", style="ids")
        if reply.status == NOT_FOUND:  # it was deleted, and the link to it stayed
            continue
        if isinstance(reply.json, dict) and reply.json.get("id") == record_id:
            links = sight.fields_of(table.id, reply.json).get(back.id)
            form = "absent" if links in EMPTY else "array" if isinstance(links, list) else "other"
            sight.say("records.reverse_reference", form)
        return  # one is asked for, whatever the answer


def _linked(sight: Sight) -> Iterator[tuple[Table, Field, int]]:
    """Yield records that links lead to, each with its table and the field for its reverse reference."""
    for _, field, _, value in sight.values("ref"):
        target = value[0] if isinstance(value, list) and value else value
        table = sight.table(field.target_table_id)
        back = next((one for one in table.fields if one.id == field.target_field_id), None) if table else None
        if not is_id(target) or table is None or back is None or back.type != "rev" or field.is_foreign:
            continue
        if sight.wanted_table is None or table.id in sight.samples:
            yield table, back, target


@question("records.empty_field", "How does an empty text read?", {
    "absent, null": "It is null in your rows.",
    "empty_text": "It is '' in your rows, not null: in queries, look for both.",
}, code="ninox_singer.types:field_type")  # fmt: skip
def empty_texts(sight: Sight) -> None:
    """Look at texts that may be empty."""
    shown = [
        (field.id in sight.fields_of(table_id, record), value)
        for table_id, field, record, value in sight.values("string", "html")
    ]
    if any(is_there and value == "" for is_there, value in shown):
        sight.say("records.empty_field", "empty_text")
    elif any(is_there and value is None for is_there, value in shown):
        sight.say("records.empty_field", "null")
    elif any(not is_there for is_there, _ in shown):
        sight.say("records.empty_field", "absent")


@question("files.dates", "How does the date of a file read?", {
    "milliseconds, text": "Nothing: both are read.",
    "other": "Files have no date in `ninox_files`.",
}, code="ninox_api.files:parse_files")  # fmt: skip
@question("files.listed_keys", "What is known of a file?", {
    "as_modelled": "Name, type, size, date, user and sequence are in `ninox_files`.",
    "fewer": "What is missing is null in `ninox_files`.",
    "more": "Nothing: what is new is left out.",
    "other": Against("Files cannot be listed: leave `files` out. Please report it."),
}, code="ninox_api.files:NinoxFile")  # fmt: skip
def list_files(sight: Sight) -> None:
    """Ask for the files of one record that shows a file in a field."""
    for table_id, _, record, value in sight.values(*_FILES):
        if value not in EMPTY and sight.answer("files.dates") is None:
            look_at_files(sight, sight.ask.get("tables", table_id, "records", str(record["id"]), "files").json)
            return


def look_at_files(sight: Sight, answer: Any) -> None:
    """Look at a list of files."""
    if not isinstance(answer, list) or not all(isinstance(file, dict) and "name" in file for file in answer):
        sight.say("files.listed_keys", "other")
        return
    for file in answer:
        date = file.get("modifiedDate")
        is_number = type(date) is int
        sight.say("files.dates", "milliseconds" if is_number else "text" if isinstance(date, str) else "other")
        sight.say(
            "files.listed_keys",
            "as_modelled" if file.keys() == _LISTED else "fewer" if _LISTED - file.keys() else "more",
        )
