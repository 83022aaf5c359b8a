"""How records are written. Sends, into the scratch table alone: about ten requests, for up to six records.

They become more where a server saves something although it answers with an error, as most saves are sent again then.
"""

from __future__ import annotations

from ninox_tools.probe.contents import (
    BEYOND_DOUBLES,
    NO_FIELD,
    fields_of_record,
    is_record,
    record_under_given_id,
    values_of_types,
)  # fmt: skip
from ninox_tools.probe.question import Against, question
from ninox_tools.probe.records import look_at_samples
from ninox_tools.probe.reply import EMPTY, OK, Record, ids_of, is_id, status_of
from ninox_tools.probe.scratch import Scratch


@question("write.answer", "What is answered to records that were saved?", {
    "records": "Nothing: both are read.",
    "ids": "Nothing: both are read. What a script of the table made of a row is not noticed.",
    "other": Against("target-ninox does not know what became of its rows, and ends with an error. Please report it."),
}, code="ninox_api.client:SavedRecord")  # fmt: skip
@question("write.ids_in_order", "Are several records answered in the order sent?", {
    "yes": "Each new record's id is known at once.",
    "no": Against("New records are found by reading them again, at more calls."),
}, code="target_ninox.write.answers:assign")  # fmt: skip
@question("write.doubles", "What becomes of 2⁵³ + 1?", {
    "exact": "Numbers keep all their digits.",
    "rounded, other": "Keys of more than 15 digits belong into text fields.",
}, code="target_ninox.write.row_writer:RowWriter")  # fmt: skip
@question("write.trigger", "Does the answer show what the table's script made of a record?", {
    "after": "What a script overrides is reported.",
    "before": "What a script overrides shows only when the rows are loaded again.",
}, code="target_ninox.write.row_writer:RowWriter")  # fmt: skip
def create(scratch: Scratch) -> None:
    """Make three records, the third with a value in each kind of field, and read them; the others rest on that."""
    plain = [fields_of_record(scratch, number) for number in (1, 2, 3)]
    third = plain[2] | values_of_types(scratch)
    reply = scratch.writer.save({"fields": plain[0]}, {"fields": plain[1]}, {"fields": third})
    has_values = reply.status == OK
    if not has_values:  # one of them is none that this server takes
        reply = scratch.writer.save(*({"fields": fields} for fields in plain))
    rows = scratch.look()
    look_at_samples(scratch.sight)
    ids = [row["id"] for number in (1, 2, 3) for row in rows if is_record(scratch, row, number)]
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
    if BEYOND_DOUBLES in found:
        scratch.sight.say("write.doubles", "exact")
    elif float(BEYOND_DOUBLES) in found:
        scratch.sight.say("write.doubles", "rounded")
    elif found and not scratch.scripts:  # one may have overridden it
        scratch.sight.say("write.doubles", "other")


def refused_batch(scratch: Scratch) -> None:
    """Save a good record and one with a field that does not exist, in one request."""
    good = {"fields": fields_of_record(scratch, 4)}
    bad = {"fields": {**fields_of_record(scratch, 5), NO_FIELD: "x"}}
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


@question("write.batch", "Is anything saved of a request in which one record is bad?", {
    "atomic": "A bad row costs some more calls.",
    "partial": "A bad row costs some more calls: what was saved is looked for before anything is sent again.",
    "accepted": Against("A field that does not exist is passed over in silence: check the first rows with "
        "`limit_rows`."),
}, code="target_ninox.write.batches:BatchWriter")  # fmt: skip
@question("write.null", "What does null do to a field?", {
    "clears, ignored, refused": "Nothing: fields are emptied by '', which is known to work for text.",
}, code="ninox_singer.types:make_meaning")  # fmt: skip
@question("write.empty_text", "What does '' do to a field?", {
    "clears": "target-ninox can empty fields.",
    "ignored, refused": Against("target-ninox cannot empty fields: set `null: keep` for your streams."),
}, code="ninox_singer.types:make_meaning")  # fmt: skip
@question("write.upsert", "Does _upsert make a record under the id that was given?", {
    "creates": "A restore keeps record ids.",
    "other_id, refused": Against("A restore does not keep record ids: match by a key of your own (`match_on`)."),
}, code="ninox_api.client:RecordWrite")  # fmt: skip
def look(scratch: Scratch) -> None:
    """Read the table, and see what became of all that."""
    rows = scratch.look()
    look_at_samples(scratch.sight)
    if not scratch.ids:
        return
    if "batch" in scratch.statuses:
        good, bad = (any(is_record(scratch, row, number) for row in rows) for number in (4, 5))
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
        made = ids_of(row for row in rows if is_record(scratch, row, 6))
        if not made and scratch.others:  # it may have hit a record of somebody else
            return
        if scratch.statuses["upsert"] != OK or not made:
            scratch.sight.say("write.upsert", "refused")
        else:
            scratch.sight.say("write.upsert", "creates" if made == [scratch.given] else "other_id")
    scratch.before = scratch.row(scratch.ids[2])
    scratch.keep_calls()
