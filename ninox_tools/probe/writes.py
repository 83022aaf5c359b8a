"""How records are written. Sends, into the scratch table alone: about ten requests, for up to six records.

They become more where a server saves something although it answers with an error, as most saves are sent again then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ninox_tools.probe.question import QUESTIONS
from ninox_tools.probe.records import look_at_samples
from ninox_tools.probe.reply import EMPTY, OK, Record, ids_of, is_id, status_of
from ninox_tools.probe.scratch import Scratch
from ninox_tools.probe.sight import answers

_BEYOND_DOUBLES = 2**53 + 1
_NO_FIELD = "no field is called so"


@answers(*(question.id for question in QUESTIONS.values() if question.group in {"writes", "removals"}))
def create(scratch: Scratch) -> None:
    """Make three records, the third with a value in each kind of field, and read them; the others rest on that."""
    plain = [fields_of_record(scratch, number) for number in (1, 2, 3)]
    reply = scratch.writer.save({"fields": plain[0]}, {"fields": plain[1]}, {"fields": plain[2] | _values(scratch)})
    has_values = reply.status == OK
    if not has_values:  # one of them is none that this server takes
        reply = scratch.writer.save(*({"fields": fields} for fields in plain))
    rows = scratch.look()
    look_at_samples(scratch.sight)
    ids = [row["id"] for number in (1, 2, 3) for row in rows if _is_record(scratch, row, number)]
    if len(ids) != len(plain):  # they cannot be told, so nothing can be said of them
        return
    scratch.ids = ids
    saved = [each for each in reply.json if isinstance(each, dict)] if isinstance(reply.json, list) else []
    answered = [each.get("id") for each in saved]
    if set(answered) != set(ids) or not all(map(is_id, answered)):
        scratch.sight.say("write.answer", "other")
        return
    scratch.sight.say("write.ids_in_order", "yes" if answered == ids else "no")
    has_fields = any("fields" in each for each in saved)
    scratch.sight.say("write.answer", "records" if has_fields else "ids")
    if has_fields:
        _look_at_scripts(scratch, next(each for each in saved if each["id"] == ids[0]))
    if has_values:
        _look_at_numbers(scratch)


def _look_at_scripts(scratch: Scratch, answered: Record) -> None:
    """Compare the first record as answered with what is there: a script of the table may change it in between."""
    row = scratch.row(answered["id"])
    if not scratch.scripts or row is None:
        return
    choices = {field.id for field in scratch.fields("choice", "multi")}  # here by caption, there by id
    before, after = (
        {key: value for key, value in scratch.sight.stored(scratch.table.id, each).items() if key not in choices}
        for each in (answered, row)
    )
    if before != after:
        scratch.sight.say("write.trigger", "before")
    elif after != fields_of_record(scratch, 1):
        scratch.sight.say("write.trigger", "after")


def _look_at_numbers(scratch: Scratch) -> None:
    row = scratch.row(scratch.ids[2])
    values = scratch.values_of(row) if row else {}
    found = [values.get(field.id) for field in scratch.fields("number")]
    found = [number for number in found if type(number) in {int, float}]
    if _BEYOND_DOUBLES in found:
        scratch.sight.say("write.doubles", "exact")
    elif float(_BEYOND_DOUBLES) in found:
        scratch.sight.say("write.doubles", "rounded")
    elif found and not scratch.scripts:  # one may have overridden it
        scratch.sight.say("write.doubles", "other")


def refused_batch(scratch: Scratch) -> None:
    """Save a good record and one with a field that does not exist, in one request."""
    good = {"fields": fields_of_record(scratch, 4)}
    bad = {"fields": {**fields_of_record(scratch, 5), _NO_FIELD: "x"}}
    scratch.statuses["batch"] = scratch.writer.save(good, bad).status


def empty(scratch: Scratch) -> None:
    """Send null for a field of the first record, and '' for one of the second, which is linked to the first."""
    if not scratch.ids:
        return
    first, second, _ = scratch.ids
    field, link = scratch.other.id, scratch.link_to_itself
    scratch.statuses["null"] = status_of(lambda: scratch.writer.save({"id": first, "fields": {field: None}}))
    fields = {field: "", **({link.id: first} if link else {})}
    scratch.statuses["empty_text"] = status_of(lambda: scratch.writer.save({"id": second, "fields": fields}))


def given_id(scratch: Scratch) -> None:
    """Make a record under an id of the probe's choice."""
    if scratch.ids:
        scratch.choose_id()
    if scratch.given is not None:
        scratch.statuses["upsert"] = status_of(lambda: scratch.writer.save(record_under_given_id(scratch)))


@answers("write.batch", "write.null", "write.empty_text", "write.upsert")
def look(scratch: Scratch) -> None:
    """Read the table, and see what became of all that."""
    rows = scratch.look()
    look_at_samples(scratch.sight)
    if not scratch.ids:
        return
    if "batch" in scratch.statuses:
        good, bad = (any(_is_record(scratch, row, number) for row in rows) for number in (4, 5))
        if bad:
            scratch.sight.say("write.batch", "accepted")
        elif scratch.statuses["batch"] != OK:
            scratch.sight.say("write.batch", "partial" if good else "atomic")
    for name, record_id in (("null", scratch.ids[0]), ("empty_text", scratch.ids[1])):
        row = scratch.row(record_id)
        if name in scratch.statuses and row is not None:
            cleared = "clears" if scratch.values_of(row).get(scratch.other.id) in EMPTY else "ignored"
            scratch.sight.say(f"write.{name}", cleared if scratch.statuses[name] == OK else "refused")
    if "upsert" in scratch.statuses:
        made = ids_of(row for row in rows if _is_record(scratch, row, 6))
        if not made and scratch.others:  # it may have hit a record of somebody else
            return
        if scratch.statuses["upsert"] != OK or not made:
            scratch.sight.say("write.upsert", "refused")
        else:
            scratch.sight.say("write.upsert", "creates" if made == [scratch.given] else "other_id")
    scratch.before = scratch.row(scratch.ids[2])
    scratch.keep_calls()


# -------------------------------------------------------------------------------------------------- what is written


def fields_of_record(scratch: Scratch, number: int) -> dict[str, Any]:
    """Return the fields of the n-th record: its mark, and something to be emptied."""
    mark = {scratch.text.id: f"{scratch.mark} {number}"}
    other = scratch.other
    if other is scratch.text or number not in {1, 2}:
        return mark
    return mark | {other.id: number if other.type == "number" else "to be emptied"}


def record_under_given_id(scratch: Scratch) -> dict[str, Any]:
    """Return the record that the probe numbers itself."""
    return {"_upsert": True, "_id": scratch.given, **fields_of_record(scratch, 6)}


def _values(scratch: Scratch) -> dict[str, Any]:
    """Return a value for each kind of field that answers a question."""
    makers: dict[str, Callable[[Any], Any]] = {
        "number": lambda _: _BEYOND_DOUBLES,
        "boolean": lambda _: True,
        "date": lambda _: "2020-02-29",
        "timestamp": lambda _: "2020-02-29T12:00:00",
        "choice": lambda field: field.choices[0].id,
        "multi": lambda field: [option.id for option in field.choices[:2]],
    }
    return {
        field.id: makers[field.type](field)
        for field in scratch.fields(*makers)
        if field.choices or field.type not in {"choice", "multi"}
    }


def _is_record(scratch: Scratch, row: Record, number: int) -> bool:
    return scratch.values_of(row).get(scratch.text.id) == f"{scratch.mark} {number}"
