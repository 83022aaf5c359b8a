"""Scripts. Sends: up to eight scripts to `query`, which only reads.

Two name nothing of the data, one selects a table of less than 100 records, five at most ask for a field of one record.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ninox_api.schema import Field, Table
from ninox_api.scripts import quote_name
from ninox_tools.probe.question import INFERRED, SEEN
from ninox_tools.probe.sight import EMPTY, Sight, Step
from ninox_tools.probe.wire import NotAnsweredError

_OK = 200
_WRONG = "this is ( no script"
_BROKEN = "broken"
"""Caption of a formula in the scratch table that cannot be computed, if the user made one."""

_MOST_FORMULAS = 3


def availability(sight: Sight) -> None:
    """Divide by zero: any script would do, and this one answers a question."""
    try:
        answer = sight.query("1 / 0")
    except NotAnsweredError as error:
        sight.say("query.not_a_number", "error", INFERRED)
        if error.status not in {_OK, 400, 500}:
            sight.say("query.available", "no")
            sight.findings.pop("query.not_a_number")
        return
    sight.say("query.available", "yes")
    sight.say("query.not_a_number", "null" if answer is None else "text" if isinstance(answer, str) else "other")


def wrong_script(sight: Sight) -> None:
    """Send a script that is none."""
    reply = sight.run(_WRONG)
    if reply.status == _OK:
        says_so = isinstance(reply.value, dict) and "_err" in reply.value
        sight.say("query.errors", "200" if says_so else "other")
    elif sight.answer("query.available") != "no":
        sight.say("query.errors", str(reply.status) if reply.status in {400, 500} else "other")


def records(sight: Sight) -> None:
    """Select the records of a table that has few."""
    table = sight.table(sight.smallest)
    name = _name(table, sight.tables) if table else None
    if name is None or sight.answer("query.available") == "no":
        return
    answer = sight.query(f"select {name}")
    sight.say("query.available", "yes")
    if not isinstance(answer, list) or not answer:
        sight.say("query.record_form", "other")
    elif isinstance(answer[0], list):
        sight.say("query.record_form", "nested")
    else:
        sight.say("query.record_form", "keys" if isinstance(answer[0], str) else "other")


def choice(sight: Sight) -> None:
    """Ask for one choice of one record."""
    for table_id, field, record, value in sight.values("choice"):
        options = {option.id: option.caption for option in field.choices}
        if value in EMPTY or not options or sight.answer("query.available") == "no":
            continue
        asked, answer = _value(sight, table_id, record["id"], field)
        if not asked:
            continue
        is_number = type(answer) is int or (isinstance(answer, str) and answer in options)
        is_caption = isinstance(answer, str) and answer in options.values()
        sight.say("query.choices", "caption" if is_caption else "number" if is_number else "other")
        return


def date(sight: Sight) -> None:
    """Ask for one date of one record."""
    for table_id, field, record, value in sight.values("date", "timestamp"):
        if value in EMPTY or sight.answer("query.available") == "no":
            continue
        asked, answer = _value(sight, table_id, record["id"], field)
        if asked:
            form = "text" if isinstance(answer, str) else "milliseconds" if isinstance(answer, int) else "other"
            sight.say("query.dates", form)
            return


def formulas(sight: Sight) -> None:
    """Ask for some formulas of one record each, first for those that are known to fail: one that fails shows how."""
    few_first = sorted(sight.samples.items(), key=lambda item: len(item[1]))
    fields = [
        (table, page[0]["id"], field)
        for table_id, page in few_first
        if page and sight.has_full_schema and (table := sight.table(table_id))
        for field in table.fields
        if field.is_formula and _name(field, table.fields) and _name(table, sight.tables)
    ]
    fields.sort(key=lambda item: not _is_known_to_fail(item[2]))
    for table, record_id, field in fields[:_MOST_FORMULAS]:
        try:
            _, answer = _value(sight, table.id, record_id, field)
        except NotAnsweredError:
            if sight.answer("query.available") == "yes":
                sight.say("query.formula_errors", "error", SEEN if _is_known_to_fail(field) else INFERRED)
            continue
        if isinstance(answer, str) and answer.startswith("#"):
            sight.say("query.formula_errors", "text")
        elif _is_known_to_fail(field) and answer in EMPTY:
            sight.say("query.formula_errors", "null")


def _is_known_to_fail(field: Field) -> bool:
    return field.name.casefold() == _BROKEN


def _name(item: Table | Field, siblings: Sequence[Table] | Sequence[Field]) -> str | None:
    """Return how a script names something; None where the caption has what Ninox may take for the end of the quotes."""
    return None if {"'", "\\"} & set(item.name) else quote_name(item, siblings)


def _value(sight: Sight, table_id: str, record_id: int, field: Field) -> tuple[bool, Any]:
    """Return whether a script can name a field, and what it answers for it."""
    table: Table | None = sight.table(table_id)
    names = (_name(table, sight.tables), _name(field, table.fields)) if table else (None, None)
    if None in names:
        return False, None
    return True, sight.query(f"record({names[0]}, {record_id}).{names[1]}")


STEPS = (
    Step(availability, ("query.available", "query.not_a_number")),
    Step(wrong_script, ("query.errors",)),
    Step(records, ("query.record_form",)),
    Step(choice, ("query.choices",)),
    Step(date, ("query.dates",)),
    Step(formulas, ("query.formula_errors",)),
)
