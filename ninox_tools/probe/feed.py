"""The change feed. Sends: `changes` of the database and of one table, since sequences that are as late as will do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ninox_tools.probe.reply import OK, NotAnsweredError, Record, Reply
from ninox_tools.probe.report import INFERRED, SEEN
from ninox_tools.probe.sight import Sight, answers, sequence_of

_FORBIDDEN, _NOT_FOUND, _GONE = 403, 404, 410
_BEYOND = 2**31 - 1
"""Later than any sequence, and fits any kind of integer."""

_RECENT = 500
"""Changes that are looked through for deletions."""


@answers("feed.beyond_head", "feed.next_record_ids")
def beyond_head(sight: Sight) -> None:
    """Ask for changes later than any: what that shows is where the feed is, and how long tables may be."""
    reply = sight.ask.get("changes", sinceSq=_BEYOND)
    if reply.status in _REFUSALS:
        sight.say("feed.available", _REFUSALS[reply.status])
        return
    if reply.status != OK:  # what it means, `since` finds out
        sight.say("feed.beyond_head", "error", INFERRED)
        return
    _note(sight, reply, None)
    sequence, shown = _sequence(reply), _shows(reply.value)
    if sequence == _BEYOND:
        sight.say("feed.beyond_head", "echo")
    else:
        sight.head = sequence
        sight.say("feed.beyond_head", "everything" if shown else "head")
    sight.say("feed.available", "yes", INFERRED)


_REFUSALS = {_NOT_FOUND: "missing", _FORBIDDEN: "forbidden"}


@answers("feed.available", "feed.since", "feed.update_keys", "feed.updates", "feed.sequences")
def since(sight: Sight) -> None:
    """Ask for changes since the last one in sight, and since the one before it."""
    if sight.answer("feed.available") in {"missing", "forbidden"}:
        return
    record, table_id = sight.last_changed, sight.main
    last = sequence_of(record) if record else None
    if record is None or table_id is None or last is None:
        _since_head(sight)
        return
    at = sight.ask.get("tables", table_id, "changes", sinceSq=last)
    before = sight.ask.get("tables", table_id, "changes", sinceSq=max(0, last - 1))
    if before.status == _GONE:
        sight.say("feed.available", "latest_only")
    elif before.status != OK:
        sight.say("feed.available", "error")
        return
    else:
        sight.say("feed.available", "yes")
    for reply in (before, at):
        if reply.status == OK:
            _note(sight, reply, table_id)
            _look_at_updates(sight, reply, table_id)
    if at.status == OK:
        sight.head = sight.head or _sequence(at)
        sight.say("feed.since", "inclusive" if record["id"] in _updated(at.value, table_id) else "exclusive")


def _since_head(sight: Sight) -> None:
    """Do the same where records do not say their sequence: at the head, and one before it."""
    if sight.head is None:
        return
    at = sight.ask.get("changes", sinceSq=sight.head)
    before = sight.ask.get("changes", sinceSq=max(0, sight.head - 1))
    if before.status == _GONE:
        sight.say("feed.available", "latest_only")
    if at.status == OK and before.status == OK:
        sight.say("feed.available", "yes")
        if _shows(at.value) or _shows(before.value):
            sight.say("feed.since", "inclusive" if _shows(at.value) else "exclusive", INFERRED)


@answers("feed.from_zero")
def from_zero(sight: Sight) -> None:
    """Ask a table that has few records for all its changes."""
    table_id = sight.smallest
    if table_id is None or sight.answer("feed.available") in {"missing", "forbidden"}:
        return
    reply = sight.ask.get("tables", table_id, "changes", sinceSq=0)
    if reply.status != OK:
        sight.say("feed.from_zero", "refused")
        if reply.status == _GONE:
            sight.say("feed.available", "latest_only")
        return
    _note(sight, reply, table_id)
    _look_at_updates(sight, reply, table_id)
    ids = {record["id"] for record in sight.samples[table_id]}
    sight.say("feed.from_zero", "complete" if ids <= set(_updated(reply.value, table_id)) else "partial")


def recent(sight: Sight) -> None:
    """Ask the database for its last changes, and a table in which records were deleted for its own."""
    if sight.answer("feed.available") != "yes" or sight.head is None or sight.removals:
        return
    start = max(0, sight.head - _RECENT)
    _note(sight, sight.ask.get("changes", sinceSq=start), None)
    tables = {table.id for table in sight.tables}
    named = {table_id for _, removal in sight.removals for table_id in tables if _names(removal, table_id)}
    for table_id in sorted(named)[:1]:
        _note(sight, sight.ask.get("tables", table_id, "changes", sinceSq=start), table_id)


def judge_lists(sight: Sight) -> None:
    """Send nothing: look at what all feeds have shown as deleted, and as files."""
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
    known = isinstance(removal, str) and any(
        removal.startswith(table_id) and removal[len(table_id) :].isdecimal() for table_id in tables
    )
    return "keys" if known or re.fullmatch("[A-Z]{1,3}[0-9]+", str(removal)) else "other"


def _form_of_file(file: Any) -> str:
    if isinstance(file, tuple):
        return "by_record"
    if isinstance(file, str):
        return "texts"
    if isinstance(file, Mapping):
        return "objects" if {"nid", "id", "tid"} & file.keys() else "without_record"
    return "other"


def _names(removal: Any, table_id: str) -> bool:
    key = removal[0] if isinstance(removal, tuple) else removal.get("tid") if isinstance(removal, dict) else removal
    rest = str(key)[len(table_id) :]
    return str(key).startswith(table_id) and (not rest or rest.isdecimal())


def look_at_feed(sight: Sight, reply: Reply, table_id: str) -> None:
    """Take what the feed of a table shows, for the questions about its forms."""
    _note(sight, reply, table_id)
    _look_at_updates(sight, reply, table_id)


def _note(sight: Sight, reply: Reply, table_id: str | None) -> None:
    """Keep what a feed says of deletions, files and next records; a mapping's parts are kept as pairs."""
    answer = reply.json
    if not isinstance(answer, dict):
        raise NotAnsweredError(reply.status)
    for name, kept in (("removes", sight.removals), ("files", sight.files)):
        told = answer.get(name) or []
        entries = list(told.items()) if isinstance(told, dict) else list(told) if isinstance(told, list) else [told]
        kept.extend((table_id, entry) if name == "removes" else entry for entry in entries)
    if table_id is None:
        ids = answer.get("nextRids")
        found = {key: value for key, value in ids.items() if type(value) is int} if isinstance(ids, dict) else {}
        sight.next_ids.update(found)
        sight.say("feed.next_record_ids", "present" if found else "absent")


def _look_at_updates(sight: Sight, reply: Reply, table_id: str) -> None:
    answer = reply.value
    updates = answer.get("updates") if isinstance(answer, dict) else None
    records = {record["id"]: record for record in [*sight.samples.get(table_id, ()), *_last(sight, table_id)]}
    for key, update in updates.items() if isinstance(updates, dict) else ():
        form = "table_and_id" if key.startswith(table_id) else "id" if key.isdecimal() else "other"
        sight.say("feed.update_keys", form)
        number = key.removeprefix(table_id)
        record = records.get(int(number)) if number.isdecimal() else None
        if isinstance(update, dict) and record is not None:
            _look_at_update(sight, table_id, update, record)


def _last(sight: Sight, table_id: str) -> list[Record]:
    return [sight.last_changed] if sight.last_changed and table_id == sight.main else []


def _look_at_update(sight: Sight, table_id: str, update: Mapping[str, Any], record: Record) -> None:
    sequence = update.get("_sq")
    sight.say("feed.sequences", "absent" if sequence is None else "text" if isinstance(sequence, str) else "number")
    stored = set(sight.stored(table_id, record))
    if not stored:  # it has nothing that could be missing
        return
    system = any(key.startswith("_") for key in update)
    fields = {key for key in update if not key.startswith("_")}
    if not fields:
        sight.say("feed.updates", "system_keys" if system else "other")
    elif not system:
        sight.say("feed.updates", "fields_only")
    else:
        sight.say("feed.updates", "full" if stored <= fields else "partial")


def _updated(answer: Any, table_id: str) -> list[int]:
    updates = answer.get("updates") if isinstance(answer, dict) else None
    numbers = [key.removeprefix(table_id) for key in updates] if isinstance(updates, dict) else []
    return [int(number) for number in numbers if number.isdecimal()]


def _sequence(reply: Reply) -> int | None:
    sequence = reply.json.get("seq") if isinstance(reply.json, dict) else None
    return sequence if type(sequence) is int else None


def _shows(answer: Any) -> bool:
    return isinstance(answer, dict) and any(answer.get(name) for name in ("updates", "removes", "files"))
