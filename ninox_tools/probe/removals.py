"""Files and deletions, in the scratch table alone. Sends: a file, and what deletes the records of `writes.py`."""

from __future__ import annotations

from ninox_api.files import Upload
from ninox_tools.probe.changes import find_removed_record, look_at_feed
from ninox_tools.probe.contents import record_under_given_id
from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import OK, ids_of, sequence_of, status_of
from ninox_tools.probe.scratch import Scratch
from ninox_tools.probe.values import look_at_files

_PARTIAL = 206


@question("files.upload_answer", "In which form is an upload answered?", {
    "json, text, nothing": "Nothing: the list of files says whether it is there.",
}, code="ninox_api.client:DatabaseClient.delete_records")  # fmt: skip
@question("files.ranges", "Can a download begin in the middle?", {
    "honoured": "An interrupted download goes on where it stopped.",
    "ignored": "An interrupted download begins again.",
}, code="ninox_api.files:Download")  # fmt: skip
def upload(scratch: Scratch) -> None:
    """Put a small file on the third record, list it, and ask for it from its third byte on."""
    if scratch.before is None:
        return
    sight, record_id = scratch.sight, scratch.before["id"]
    files = ("tables", scratch.table.id, "records", str(record_id), "files")
    file = Upload(name="probe.txt", content=b"singer-ninox probe", media_type="text/plain")
    reply = scratch.writer.upload(record_id, file)
    if reply.status != OK:
        return
    sight.say("files.upload_answer", reply.form)
    look_at_files(sight, sight.ask.get(*files).json)
    status = sight.ask.download_rest(*files, file.name, first_byte=2)
    sight.say("files.ranges", "honoured" if status == _PARTIAL else "ignored")


def delete(scratch: Scratch) -> None:
    """Delete the record with the given id and make it again; delete the first, to which the second is linked."""
    if scratch.given is not None and scratch.given in scratch.own and scratch.delete(scratch.given):
        scratch.gone.discard(scratch.given)
        scratch.own.discard(scratch.given)  # only until it is seen again: somebody else may be quicker
        scratch.is_made_again = scratch.writer.save(record_under_given_id(scratch)).status == OK
    if scratch.ids:
        scratch.delete(scratch.ids[0])
    scratch.keep_calls()


@question("files.move_record", "Does an upload change the sequence of the record?", {
    "yes": "A record with a new file comes as a changed row.",
    "no": "A record with a new file comes as a row only if something else changed.",
}, code="tap_ninox.sync.file_marks")  # fmt: skip
@question("delete.cascade", "Does Ninox delete along what refers to a record by a reference with *delete along*?", {
    "heeded": "What the target announces goes along.",
    "ignored": Against("What refers to deleted records stays (`mode: mirror`, `hard_delete`): target-ninox names "
        "the tables."),
}, code="target_ninox.write.cascade:find_left")  # fmt: skip
@question("feed.recreated", "Does the feed still call a record deleted that was made again?", {
    "listed": "Nothing: such a record is looked for with one call.",
    "not_listed": "Nothing: it comes as a changed row.",
}, code="ninox_api.changes:TableChanges")  # fmt: skip
@question("feed.cascade", "Does the feed list what Ninox deletes along with a record?", {
    "listed": "Rows that were deleted along are marked as deleted.",
    "silent": Against("Rows that were deleted along stay: set `full_refresh_interval_hours`."),
}, code="tap_ninox.sync.tombstones")  # fmt: skip
def look_again(scratch: Scratch) -> None:
    """Read the table, and what its feed says of all that."""
    scratch.look()
    scratch.keep_calls()
    sight, table_id = scratch.sight, scratch.table.id
    after = scratch.row(scratch.before["id"]) if scratch.before else None
    if after and scratch.before and sight.answer("files.upload_answer"):
        sequences = {sequence_of(scratch.before), sequence_of(after)}
        if None not in sequences:
            sight.say("files.move_record", "no" if len(sequences) == 1 else "yes")
    link = scratch.link_to_itself
    if link and link.cascades and len(scratch.ids) > 1 and not scratch.row(scratch.ids[0]):
        sight.say("delete.cascade", "ignored" if scratch.row(scratch.ids[1]) else "heeded")
    reply = sight.ask.get("tables", table_id, "changes", sinceSq=0)
    if reply.status != OK or not scratch.ids:
        return
    known = len(sight.removals)
    look_at_feed(sight, reply, table_id)
    removed = {find_removed_record(removal, table_id) for _, removal in sight.removals[known:]}
    first, second, _ = scratch.ids
    if first not in removed:  # in a form that cannot be read, or not at all
        return
    if scratch.is_made_again and scratch.row(scratch.given):
        sight.say("feed.recreated", "listed" if scratch.given in removed else "not_listed")
    if sight.answer("delete.cascade") == "heeded":
        sight.say("feed.cascade", "listed" if second in removed else "silent")


@question("delete.many", "Can several records be deleted with one request?", {
    "served": "Deletions cost one call per hundred records.",
    "missing": Against("Deletions cost a call per record: mind `max_deletes` and your plan."),
    "ignored": Against("Deletions cost a call per record, besides one that does nothing: mind `max_deletes`."),
}, code="target_ninox.write.delete:TableDeleter")  # fmt: skip
def delete_many(scratch: Scratch) -> None:
    """Delete what is left with one request, and look; not if there is a record that may be somebody else's."""
    ids = ids_of(scratch.rows)
    if not ids or scratch.others != 0:  # a server that ignores the list of ids may empty the table
        return
    status = status_of(lambda: scratch.writer.delete_many(ids))
    rows = set(ids_of(scratch.look()))
    if status != OK:
        scratch.sight.say("delete.many", "missing")
        return
    scratch.sight.say("delete.many", "ignored" if rows >= set(ids) else "served")
    scratch.gone |= set(ids) - rows  # `clean` looks once more
