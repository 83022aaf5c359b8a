"""What the feed says of changes. Sends nothing: looks at the answers that `feed.py` and `removals.py` asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import NotAnsweredError, Record, Reply
from ninox_tools.probe.report import INFERRED, SEEN
from ninox_tools.probe.sight import Sight


@question("feed.next_record_ids", "Does the feed say the id of each table's next record?", {
    "present": "The end of a table is known without an empty page.",
    "absent": "A first load takes one call more per table.",
}, code="ninox_api.changes:FeedChanges")  # fmt: skip
def note(sight: Sight, reply: Reply, table_id: str | None) -> None:
    """Keep what a feed says of deletions, files and next records; a mapping's parts are kept as pairs."""
    answer = reply.json
    if not isinstance(answer, dict):
        raise NotAnsweredError(reply.status)
    sight.removals.extend((table_id, entry) for entry in _entries(answer.get("removes")))
    sight.files.extend(_entries(answer.get("files")))
    if table_id is None:
        ids = answer.get("nextRids")
        found = {key: value for key, value in ids.items() if type(value) is int} if isinstance(ids, dict) else {}
        sight.next_ids.update(found)
        sight.say("feed.next_record_ids", "present" if found else "absent")


@question("feed.update_keys", "How does the feed of a table name records?", {
    "table_and_id, id": "Nothing: both are read.",
    "other": Against("A run that finds changes ends with an error: set `full_refresh_interval_hours`, and please "
        "report it."),
}, code="ninox_api.changes:TableFeedReader")  # fmt: skip
@question("feed.updates", "What does the feed hold of a changed record?", {
    "full, partial, system_keys, fields_only, other": "Nothing: changed records are read again.",
}, code="ninox_api.changes:FeedUpdate")  # fmt: skip
@question("feed.sequences", "Does the feed say the sequence of each change?", {
    "number, text": "A row that was seen already is not read again.",
    "absent": "A row may be read once more than needed.",
}, code="ninox_api.changes:FeedUpdate")  # fmt: skip
def look_at_feed(sight: Sight, reply: Reply, table_id: str) -> None:
    """Take all that the feed of a table shows."""
    note(sight, reply, table_id)
    last = [sight.last_changed] if sight.last_changed and table_id == sight.main else []
    records = {record["id"]: record for record in [*sight.samples.get(table_id, ()), *last]}
    for key, update in _updates(reply.value).items():
        form = "table_and_id" if key.startswith(table_id) else "id" if key.isdecimal() else "other"
        sight.say("feed.update_keys", form)
        number = key.removeprefix(table_id)
        record = records.get(int(number)) if number.isdecimal() else None
        if isinstance(update, dict) and record is not None:
            _look_at_update(sight, table_id, update, record)


def _entries(told: Any) -> list[Any]:
    if isinstance(told, dict):
        return list(told.items())
    return told if isinstance(told, list) else [told] if told else []


def _updates(answer: Any) -> dict[str, Any]:
    updates = answer.get("updates") if isinstance(answer, dict) else None
    return updates if isinstance(updates, dict) else {}


def is_updated(answer: Any, table_id: str, record_id: int) -> bool:
    """Return whether the feed of a table shows a record as changed."""
    return not _updates(answer).keys().isdisjoint({f"{table_id}{record_id}", str(record_id)})


def _look_at_update(sight: Sight, table_id: str, update: Mapping[str, Any], record: Record) -> None:
    sequence = update.get("_sq")
    sight.say("feed.sequences", "absent" if sequence is None else "text" if isinstance(sequence, str) else "number")
    stored = set(sight.stored(table_id, record))
    if not stored:  # it has nothing that could be missing
        return
    fields = {key for key in update if not key.startswith("_")}
    has_system_keys = len(fields) < len(update)
    if not fields:
        sight.say("feed.updates", "system_keys" if has_system_keys else "other")
    elif not has_system_keys:
        sight.say("feed.updates", "fields_only")
    else:
        sight.say("feed.updates", "full" if stored <= fields else "partial")


@question("feed.removes", "In which form does the feed name deleted records?", {
    "keys, numbers, objects, mapping": "Deletions are read.",
    "other": Against("A run that finds deletions ends with an error, since which rows are gone is not known: set "
        "`full_refresh_interval_hours`, and please report it."),
}, code="ninox_api.changes:FeedReader")  # fmt: skip
@question("feed.files", "In which form does the feed name changed files?", {
    "objects, texts, by_record": "Only records whose files changed are asked for their files.",
    "without_record, other": "With `files`, each run asks every record of such a table for its files, at one call "
        "each.",
}, code="ninox_api.changes:FeedChanges")  # fmt: skip
def judge_removals_and_files(sight: Sight) -> None:
    """Look at what all feeds have shown as deleted, and as files."""
    tables = {table.id for table in sight.tables} | set(sight.samples)
    for table_id, removal in sight.removals:
        form = _form_of_removal(removal, tables)
        certain = form != "keys" or table_id is not None
        sight.say("feed.removes", form, SEEN if certain else INFERRED)
    for file in sight.files:
        sight.say("feed.files", _form_of_file(file))


def _form_of_removal(removal: Any, tables: set[str]) -> str:
    if isinstance(removal, tuple):
        return "mapping"
    if isinstance(removal, Mapping):
        return "objects" if "id" in removal else "other"
    if type(removal) is int or (isinstance(removal, str) and removal.isdecimal()):
        return "numbers"
    known = any(str(removal).startswith(key) and str(removal)[len(key) :].isdecimal() for key in tables)
    return "keys" if known or re.fullmatch("[A-Z]{1,3}[0-9]+", str(removal)) else "other"


def _form_of_file(file: Any) -> str:
    if isinstance(file, tuple):
        return "by_record"
    if isinstance(file, str):
        return "texts"
    if isinstance(file, Mapping):
        return "objects" if {"nid", "id", "tid"} & file.keys() else "without_record"
    return "other"


def find_named_table(sight: Sight) -> str | None:
    """Return a table in which the feeds have shown a deletion, the first by its id."""
    for table_id in sorted(table.id for table in sight.tables):
        for _, removal in sight.removals:
            key = str(_key_of(removal, "tid"))  # the table's id alone, or before that of the record
            if key.startswith(table_id) and (key == table_id or key[len(table_id) :].isdecimal()):
                return table_id
    return None


def find_removed_record(removal: Any, table_id: str) -> int | None:
    """Return which record of a table a removal names, None if that cannot be told."""
    numbers = re.findall(r"[0-9]+", str(_key_of(removal, "id")).removeprefix(table_id))
    return int(numbers[-1]) if numbers else None


def _key_of(removal: Any, name: str) -> Any:
    """Return what names the removed in a feed of pairs, of objects that have it under a name, or of plain keys."""
    if isinstance(removal, tuple):
        return removal[0]
    return removal.get(name) if isinstance(removal, dict) else removal
