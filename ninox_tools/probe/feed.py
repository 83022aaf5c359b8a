"""The change feed. Sends: `changes` of the database and of one table, since sequences that are as late as will do."""

from __future__ import annotations

from typing import Any

from ninox_tools.probe.changes import find_named_table, is_updated, look_at_feed, note
from ninox_tools.probe.question import Against, question
from ninox_tools.probe.reply import FORBIDDEN, GONE, NOT_FOUND, OK, Reply, ids_of, sequence_of
from ninox_tools.probe.report import INFERRED
from ninox_tools.probe.sight import Sight

_BEYOND = 2**31 - 1
"""Later than any sequence, and fits any kind of integer."""

_RECENT = 500
"""Changes that are looked through for deletions."""

_REFUSALS = {NOT_FOUND: "missing", FORBIDDEN: "forbidden"}


@question("feed.beyond_head", "What does the feed say about a sequence that is still to come?", {
    "head": "The current sequence is known with one small call.",
    "echo, error": "The current sequence is found another way, at one call more.",
    "everything": "Finding the current sequence costs one large answer.",
}, code="ninox_api.client:BEYOND_ANY_SEQUENCE")  # fmt: skip
def beyond_head(sight: Sight) -> None:
    """Ask for changes later than any: what that shows is where the feed is, and how long tables may be."""
    reply = sight.ask.get("changes", sinceSq=_BEYOND)
    if reply.status in _REFUSALS:
        sight.say("feed.available", _REFUSALS[reply.status])
        return
    if reply.status != OK:  # what it means, `since` finds out
        sight.say("feed.beyond_head", "error", INFERRED)
        return
    note(sight, reply, None)
    sequence = _sequence(reply)
    if sequence == _BEYOND:
        sight.say("feed.beyond_head", "echo")
    else:
        sight.head = sequence
        sight.say("feed.beyond_head", "everything" if _shows(reply.value) else "head")
    sight.say("feed.available", "yes", INFERRED)


@question("feed.available", "Is the change feed served?", {
    "yes": "A later run costs one call per database where nothing changed, and sees deletions.",
    "missing, error": Against("Deletions are found by a full refresh alone: set `full_refresh_interval_hours`."),
    "forbidden": Against("Deletions are found by a full refresh alone: give the key's user the role admin (and "
        "the password of a locked database: `database_passwords`), or set `full_refresh_interval_hours`."),
    "latest_only": Against("The feed forgets at once, so each run is a full refresh: run it seldom, and set "
        "`max_api_calls`."),
}, code="tap_ninox.sync.feed:Feed")  # fmt: skip
@question("feed.since", "Does the feed count the given sequence itself in?", {
    "exclusive, inclusive": "Nothing: both are read right.",
}, code="tap_ninox.sync.feed:changes_after")  # fmt: skip
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
    if before.status == GONE:
        sight.say("feed.available", "latest_only")
    elif before.status != OK:
        sight.say("feed.available", "error")
        return
    else:
        sight.say("feed.available", "yes")
    for reply in (before, at):
        if reply.status == OK:
            look_at_feed(sight, reply, table_id)
    if at.status == OK:
        sight.head = sight.head or _sequence(at)
        sight.say("feed.since", "inclusive" if is_updated(at.value, table_id, record["id"]) else "exclusive")


def _since_head(sight: Sight) -> None:
    """Do the same where records do not say their sequence: at the head, and one before it."""
    if sight.head is None:
        return
    at = sight.ask.get("changes", sinceSq=sight.head)
    before = sight.ask.get("changes", sinceSq=max(0, sight.head - 1))
    if before.status == GONE:
        sight.say("feed.available", "latest_only")
    if at.status == OK and before.status == OK:
        sight.say("feed.available", "yes")
        if _shows(at.value) or _shows(before.value):
            sight.say("feed.since", "inclusive" if _shows(at.value) else "exclusive", INFERRED)


@question("feed.from_zero", "Does a feed that is asked from 0 show every record?", {
    "complete": "Nothing: first loads read the tables.",
    "partial, refused": "Nothing: first loads read the tables. The feed forgets, so run tap-ninox at least once a day.",
}, code="tap_ninox.sync.feed:Feed")  # fmt: skip
def from_zero(sight: Sight) -> None:
    """Ask a table that has few records for all its changes."""
    table_id = sight.short
    if table_id is None or sight.answer("feed.available") in {"missing", "forbidden"}:
        return
    reply = sight.ask.get("tables", table_id, "changes", sinceSq=0)
    if reply.status != OK:
        sight.say("feed.from_zero", "refused")
        if reply.status == GONE:
            sight.say("feed.available", "latest_only")
        return
    look_at_feed(sight, reply, table_id)
    ids = ids_of(sight.samples[table_id])
    has_all = all(is_updated(reply.value, table_id, record_id) for record_id in ids)
    sight.say("feed.from_zero", "complete" if has_all else "partial")


def recent(sight: Sight) -> None:
    """Ask the database for its last changes, and a table in which records were deleted for its own."""
    if sight.answer("feed.available") != "yes" or sight.head is None or sight.removals:
        return
    start = max(0, sight.head - _RECENT)
    note(sight, sight.ask.get("changes", sinceSq=start), None)
    if (table_id := find_named_table(sight)) is not None:
        note(sight, sight.ask.get("tables", table_id, "changes", sinceSq=start), table_id)


def _sequence(reply: Reply) -> int | None:
    sequence = reply.json.get("seq") if isinstance(reply.json, dict) else None
    return sequence if type(sequence) is int else None


def _shows(answer: Any) -> bool:
    return isinstance(answer, dict) and any(answer.get(name) for name in ("updates", "removes", "files"))
