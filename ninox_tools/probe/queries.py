"""Scripts. Sends: up to seven, of the four forms in `wire.py`, with names of tables and fields put in.

Two name nothing of the data, one selects a table of less than 100 records, four at most ask for a field of one record.
One that fails with a status of 500 or above is sent a second time.
"""

from __future__ import annotations

from collections.abc import Sequence

from ninox_api.schema import Field, Table
from ninox_api.scripts import quote_name
from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import EMPTY, OK, NotAnsweredError
from ninox_tools.probe.report import INFERRED, SEEN
from ninox_tools.probe.sight import Sight
from ninox_tools.probe.wire import DIVISION, NO_SCRIPT, ONE_FIELD, PUT_IN, RECORDS

_BROKEN = "broken"
"""Caption of a formula in the scratch table that cannot be computed, if the user made one."""

_MOST_FORMULAS = 2


@question("query.available", "Are scripts run?", {
    "yes": "`formulas` and `queries` work.",
    "no": Against("`formulas` and `queries` cannot work with this key: give its user the role admin (and the "
        "password of a locked database: `database_passwords`)."),
}, code="ninox_api.client:DatabaseClient.query")  # fmt: skip
@question("query.not_a_number", "What does a division by zero come to?", {
    "null, text, error, other": "Nothing: what is no number becomes null.",
}, code="ninox_singer.types:COMPUTED")  # fmt: skip
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


@question("query.errors", "How is a wrong script answered?", {
    "500": "A wrong script in `queries` is tried three times before the run says so.",
    "400, 200": "A wrong script in `queries` is reported at once.",
    "other": "A wrong script in `queries` is reported by its status alone.",
}, code="ninox_api.errors:NinoxScriptError")  # fmt: skip
def wrong_script(sight: Sight) -> None:
    """Send a script that is none."""
    reply = sight.ask.query(NO_SCRIPT)
    if reply.status == OK:
        says_so = isinstance(reply.value, dict) and "_err" in reply.value
        sight.say("query.errors", "200" if says_so else "other")
    elif sight.answer("query.available") != "no":
        sight.say("query.errors", str(reply.status) if reply.status in {400, 500} else "other")


@question("query.record_form", "In which form does a script answer records?", {
    "keys, nested, other": "Nothing: no script that is sent asks for records.",
}, code="ninox_api.client:DatabaseClient.query")  # fmt: skip
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


@question("query.choices", "Does a script answer a choice by caption or number?", {
    "caption": "In `queries`, a choice comes as its caption; write number(…) for its id.",
    "number": "In `queries`, a choice comes as its id; write text(…) for its caption.",
    "other": "In `queries`, write text(…) or number(…) around a choice.",
}, code="ninox_singer.types:COMPUTED")  # fmt: skip
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


@question("query.dates", "Does a script answer dates as text or in milliseconds?", {
    "text": "In `queries`, dates come as ISO text.",
    "milliseconds, other": 'In `queries`, write format(…, "YYYY-MM-DD") around dates.',
}, code="ninox_singer.types:COMPUTED")  # fmt: skip
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


@question("query.formula_errors", "What is a formula worth that cannot be computed?", {
    "null": "It is null in your rows.",
    "text": "It is null in your rows, and counted in the log.",
    "error": "Such formulas are asked for one by one, at more calls: leave them out of `formulas`.",
}, code="ninox_singer.types:COMPUTED")  # fmt: skip
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
