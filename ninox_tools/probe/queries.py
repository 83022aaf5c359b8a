"""Scripts. Sends: up to seven, of the four forms in `wire.py`, with names of tables and fields put in.

Two name nothing of the data, one selects a table of less than 100 records, four at most ask for a field of one record.
One that fails with a status of 500 or above is sent a second time.
"""

from __future__ import annotations

from collections.abc import Sequence

from ninox_api.schema import Field, Table
from ninox_api.scripts import quote_name
from ninox_tools.probe.reply import EMPTY, OK, NotAnsweredError
from ninox_tools.probe.report import INFERRED, SEEN
from ninox_tools.probe.sight import Sight, answers
from ninox_tools.probe.wire import DIVISION, NO_SCRIPT, ONE_FIELD, PUT_IN, RECORDS

_BROKEN = "broken"
"""Caption of a formula in the scratch table that cannot be computed, if the user made one."""

_MOST_FORMULAS = 2


@answers("query.available", "query.not_a_number")
def availability(sight: Sight) -> None:
    """Divide by zero: any script would do, and this one answers a question."""
    try:
        answer = sight.ask.query(DIVISION).json
    except NotAnsweredError as error:
        if error.status in {OK, 400, 500}:
            sight.say("query.not_a_number", "error", INFERRED)
        else:
            sight.say("query.available", "no")
        return
    sight.say("query.available", "yes")
    sight.say("query.not_a_number", "null" if answer is None else "text" if isinstance(answer, str) else "other")


@answers("query.errors")
def wrong_script(sight: Sight) -> None:
    """Send a script that is none."""
    reply = sight.ask.query(NO_SCRIPT)
    if reply.status == OK:
        says_so = isinstance(reply.value, dict) and "_err" in reply.value
        sight.say("query.errors", "200" if says_so else "other")
    elif sight.answer("query.available") != "no":
        sight.say("query.errors", str(reply.status) if reply.status in {400, 500} else "other")


@answers("query.record_form")
def records(sight: Sight) -> None:
    """Select the records of a table that has few."""
    table = sight.table(sight.short)
    name = _name(table, sight.tables) if table else None
    if name is None or sight.answer("query.available") == "no":
        return
    answer = sight.ask.query(RECORDS, name).json
    sight.say("query.available", "yes")
    first = answer[0] if isinstance(answer, list) and answer else None
    form = "nested" if isinstance(first, list) else "keys" if isinstance(first, str) else "other"
    sight.say("query.record_form", form)


@answers("query.choices")
def choice(sight: Sight) -> None:
    """Ask for one choice of one record."""
    for table_id, field, record, value in sight.values("choice"):
        if value in EMPTY or not field.choices or sight.answer("query.available") == "no":
            continue
        if not (names := _names(sight, table_id, record["id"], field)):
            continue
        answer = sight.ask.query(ONE_FIELD, *names).json
        is_number = type(answer) is int or answer in [option.id for option in field.choices]
        is_caption = answer in [option.caption for option in field.choices]
        sight.say("query.choices", "caption" if is_caption else "number" if is_number else "other")
        return


@answers("query.dates")
def date(sight: Sight) -> None:
    """Ask for one date of one record."""
    for table_id, field, record, value in sight.values("date", "timestamp"):
        if value in EMPTY or sight.answer("query.available") == "no":
            continue
        if not (names := _names(sight, table_id, record["id"], field)):
            continue
        answer = sight.ask.query(ONE_FIELD, *names).json
        form = "text" if isinstance(answer, str) else "milliseconds" if isinstance(answer, int) else "other"
        sight.say("query.dates", form)
        return


@answers("query.formula_errors")
def formulas(sight: Sight) -> None:
    """Ask for some formulas of one record each, first for those that are known to fail: one that fails shows how."""
    few_first = sorted(sight.samples.items(), key=lambda item: len(item[1]))
    found = [
        (field.name.casefold() == _BROKEN, names)
        for table_id, page in few_first
        if page and sight.schema and (table := sight.table(table_id))
        for field in table.fields
        if field.is_formula and (names := _names(sight, table_id, page[0]["id"], field))
    ]
    found.sort(key=lambda item: not item[0])
    for is_broken, names in found[:_MOST_FORMULAS]:
        try:
            answer = sight.ask.query(ONE_FIELD, *names).json
        except NotAnsweredError:
            if sight.answer("query.available") == "yes":
                sight.say("query.formula_errors", "error", SEEN if is_broken else INFERRED)
            continue
        if isinstance(answer, str) and answer.startswith("#"):
            sight.say("query.formula_errors", "text")
        elif is_broken and answer in EMPTY:
            sight.say("query.formula_errors", "null")


def _names(sight: Sight, table_id: str, record_id: int, field: Field) -> tuple[str, str, str] | None:
    """Return what is put into the script that asks for a field of a record; None if it has no plain name."""
    table = sight.table(table_id)
    name = _name(table, sight.tables) if table else None
    of_field = _name(field, table.fields) if table else None
    return (name, str(record_id), of_field) if name and of_field else None


def _name(item: Table | Field, siblings: Sequence[Table] | Sequence[Field]) -> str | None:
    """Return how a script names something; None where its caption may be more than a name to Ninox."""
    return quote_name(item, siblings) if PUT_IN.fullmatch(f"'{item.name}'") else None
