"""How values look. Sends: a record that a link leads to, a list of files. The rest looks at what was read anyway."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ninox_api.schema import Field, Table
from ninox_tools.probe.reply import EMPTY, NOT_FOUND, is_id
from ninox_tools.probe.report import INFERRED
from ninox_tools.probe.sight import Sight, answers

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


@answers(*_FORMS, "records.choice_ids", "records.dynamic_choice", "records.empty_field")
def look_at_values(sight: Sight) -> None:
    """Look at one value of each kind."""
    for question, (types, forms) in _FORMS.items():
        for _, _, _, value in sight.values(*types):
            if value not in EMPTY:
                sight.say(question, forms.get(type(value), "other"))
                break
    _choices(sight)
    _dynamic_choices(sight)
    _empty_texts(sight)


def _choices(sight: Sight) -> None:
    for _, field, _, value in sight.values("choice"):
        ids, captions = {option.id for option in field.choices}, {option.caption for option in field.choices}
        if value not in EMPTY and str(value) in ids ^ captions:  # where a caption is an id, it shows nothing
            sight.say("records.choice_ids", "honoured" if str(value) in ids else "ignored")


def _dynamic_choices(sight: Sight) -> None:
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


@answers("records.reverse_reference")
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


def _empty_texts(sight: Sight) -> None:
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


@answers("files.dates", "files.listed_keys")
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
