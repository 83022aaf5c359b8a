"""Which table `--scratch` may name: refused is every one in which writing or deleting could touch anything else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ninox_api.errors import NinoxConfigError, NinoxError
from ninox_api.schema import Table
from ninox_singer.names import Names
from ninox_singer.types import field_type
from ninox_tools.probe.reply import NotAnsweredError
from ninox_tools.probe.sight import Sight

_TRIGGERS = ("afterCreate", "afterUpdate")

_SETS = re.compile(r"""\s*(?:'([\w .,()&+-]+)'|(\w+))\s*:=\s*(?:\d+|"[\w .,()&+-]*")\s*;?\s*""")
"""A script that sets something to a number or a plain text, and does nothing else."""

_PLAIN = frozenset({"string", "number", "boolean", "choice"})
"""Types of fields that a script may set: a link would lead to a record of another table."""


def find_scratch_table(sight: Sight, name: str) -> Table:
    """Return the table of this name, if it may be written into as far as the schema and one look tell.

    Raises:
        NinoxConfigError: It may not.
        NinoxError: Nobody knows.
    """
    if not sight.tables:
        message = "--scratch: no schema could be read, so it is not known which tables link to it. Nothing was written."
        raise NinoxError(message)
    named = Names(sight.tables).find(name)
    if len(named) != 1:
        raise NinoxConfigError(Names(sight.tables).describe_absent(name, setting="--scratch"))
    problems = [f"--scratch: {problem} Nothing was written." for problem in _problems(sight, named[0])]
    if problems:
        raise NinoxConfigError(problems)
    refuse_records(sight, named[0])
    return named[0]


def refuse_records(sight: Sight, table: Table) -> None:
    """Look whether the table is empty. That happens twice before anything is written: a page may be empty by mistake.

    Raises:
        NinoxConfigError: It is not.
        NinoxError: Nobody knows.
    """
    try:
        page = sight.ask.page(table.id, perPage=1, page=0)
    except NotAnsweredError as error:
        message = f"--scratch: the table cannot be read (HTTP {error.status}). Nothing was written."
        raise NinoxError(message) from None
    if page:
        message = "--scratch: the table holds records. Make an empty table for the probe. Nothing was written."
        raise NinoxConfigError(message)


def _problems(sight: Sight, table: Table) -> Iterator[str]:
    if table.is_page:
        yield "this is a page, which holds no records."
    if not any(field.type == "string" for field in table.fields):
        yield "the table has no text field, by which the probe knows its own records."
    linking = {
        other.id for other in sight.tables for field in other.fields  # a foreign link leads to another database's table
        if other.id != table.id and field_type(field.type).is_reference
        and field.target_table_id == table.id and not field.is_foreign
    }  # fmt: skip
    back = [field for field in table.fields if field_type(field.type).is_reverse_reference]
    linking |= {str(field.target_table_id) for field in back} - {table.id}
    if linking:
        names = ", ".join(sorted(other.name for other in sight.tables if other.id in linking)) or "out of sight"
        yield f"other tables link to this one ({names}), so that writing into it could change their records."
    if not all(_is_harmless(table, key, script) for key, script in find_scripts(sight.schema.get(table.id))):
        yield (
            "a script or a default of a field runs when a record of this table is written; it may change other tables, "
            "or the text by which the probe knows its records. Remove it; a trigger such as `Number := 42` may stay, "
            "if it sets neither the first text field nor a link."
        )


def find_scripts(raw: Any) -> list[tuple[str, str]]:
    """Return what runs when a record of a table of the schema is written: triggers of it and its fields, defaults."""
    fields = raw.get("fields") if isinstance(raw, dict) else None
    parts = [raw, *(fields.values() if isinstance(fields, dict) else ())]
    return [
        (key, str(script))
        for part in parts if isinstance(part, dict)
        for key, script in part.items() if script and (key in _TRIGGERS or key.endswith("Default"))
    ]  # fmt: skip


def _is_harmless(table: Table, key: str, script: str) -> bool:
    """Return whether a script sets a plain field of the record itself, which is not the mark, and does nothing else."""
    sets = _SETS.fullmatch(script)
    if key not in _TRIGGERS or sets is None:  # what a default's value may become, nobody knows
        return False
    name = (sets[1] or sets[2]).strip().casefold()
    meant = [field for field in table.fields if name in {field.id.casefold(), field.name.strip().casefold()}]
    mark = next((field for field in table.fields if field.type == "string"), None)
    return bool(meant) and all(field.type in _PLAIN and field is not mark for field in meant)
