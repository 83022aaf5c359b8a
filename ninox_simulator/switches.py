"""What nobody outside Ninox knows: one switch per unknown, so that clients can be tested against every answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, NamedTuple

changes = count(1)
"""Numbers for what changes how records look: switches and schemas. All from one row, so the highest is the latest."""


class Switch(NamedTuple):
    """An unknown of the API.

    Attributes:
        values: What is possible; the first is the default.
        fact: What is known, and how.
    """

    values: tuple[str, ...]
    meaning: str
    fact: str


SWITCHES: dict[str, Switch] = {
    "since_sq_bound": Switch(
        ("exclusive", "inclusive"),
        "whether sinceSq counts the given sequence itself in, for changes and records",
        "unknown: the documentation says both 'since' and 'starting with'",
    ),
    "since_id_bound": Switch(
        ("exclusive", "inclusive"),
        "whether sinceId counts the given id itself in",
        "documented as 'greater than'; never measured",
    ),
    "removes": Switch(
        ("strings", "objects", "numbers", "mapping", "unforeseen"),
        "how the feed names removed records: 'A7', {'id': 7, 'tid': 'A'}, 7 (table and record level only), "
        "{'A7': {}} in place of a list, or 'A/7', which stands for a form that nobody foresaw",
        "two third-party models disagree; a backup's log has an object for each deletion",
    ),
    "feed_keys": Switch(
        ("nid", "rid"),
        "how a table's or record's feed keys its updates: 'A4' or '4'",
        "unknown: models say 'keyed by Ninox record identifier'",
    ),
    "feed_updates": Switch(
        ("full", "delta", "bare"),
        "whether the feed's updates hold the whole record, the system keys alone, or the fields alone",
        "unknown; records in a backup's log have neither _id nor _sq",
    ),
    "feed_record_sq": Switch(
        ("present", "absent", "text"),
        "whether the feed's updates say the record's sequence, as _sq, and whether as a number",
        "modelled by third parties, unsure",
    ),
    "next_rids": Switch(
        ("present", "absent"),
        "whether the feed says the id of each table's next new record",
        "modelled by third parties, unsure",
    ),
    "feed": Switch(
        ("available", "missing", "forbidden", "too_old"),
        "whether the feed is served; older private clouds may not, roles may forbid it, 'too_old' answers 410 to any "
        "sequence but the latest",
        "database-level reads need the admin role on private clouds (documented); retention is unknown",
    ),
    "huge_since_sq": Switch(
        ("normal", "echo", "everything", "error"),
        "what the feed answers to a sequence beyond its own: no change, the number itself as seq, everything, or 500",
        "unknown",
    ),
    "recreated_in_removes": Switch(
        ("yes", "no"),
        "whether a record that was deleted and made again is still among the removes",
        "unknown",
    ),
    "cascade_in_removes": Switch(
        ("listed", "silent"),
        "whether the feed's removes list what went along with a deleted record, by a reference with cascade",
        "expected; never seen",
    ),
    "cascade": Switch(
        ("heeded", "ignored"),
        "whether a deletion takes along what refers to the record by a reference with cascade",
        "expected; never seen",
    ),
    "empty_fields": Switch(
        ("absent", "blank"),
        "whether empty text fields are left out or sent as ''",
        "absent normally; '' was captured for rich text",
    ),
    "multi": Switch(
        ("array", "object", "text"), "how a multiple choice reads", "never captured; clients accept the first two"
    ),
    "booleans": Switch(
        ("booleans", "numbers"), "how yes and no read: true and false, or 1 and 0 as stored", "booleans in samples"
    ),
    "dates": Switch(
        ("texts", "milliseconds"),
        "how dates and date-times read: as texts, or as stored, since 1970",
        "texts in samples",
    ),
    "dynamic_choices": Switch(
        ("ids", "stored"),
        "how dynamic choices read: as ids, or as stored: 0 for none, and several as a bit mask in hexadecimal",
        "never captured",
    ),
    "ref": Switch(("scalar", "array"), "whether a reference reads as 4 or [4]", "number; one client accepts both"),
    "rev": Switch(("absent", "array"), "whether reverse references are in records", "unknown"),
    "sequence_field": Switch(
        ("present", "absent"),
        "whether records say their sequence",
        "documented; at least one client met records without it",
    ),
    "records_since_sq": Switch(
        ("honoured", "ignored"),
        "whether records?sinceSq filters",
        "documented; one live probe got an unfiltered-looking page",
    ),
    "records_page": Switch(
        ("honoured", "ignored"), "whether records?page pages", "documented; limit and offset are ignored (observed)"
    ),
    "per_page": Switch(
        ("honoured", "ignored"), "whether records?perPage is heard, or pages have 100 records", "documented, in use"
    ),
    "records_since_id": Switch(("honoured", "ignored"), "whether records?sinceId filters", "documented, in use"),
    "default_order": Switch(
        ("id", "sequence", "shuffled"),
        "order of records when none is asked for",
        "by id (observed)",
    ),
    "order": Switch(("honoured", "ignored"), "whether order and desc sort", "documented; never verified"),
    "updated_order": Switch(("honoured", "ignored"), "whether updated and new sort", "documented; in use"),
    "per_page_cap": Switch(
        ("none", "100", "500", "1000"),
        "largest page, whatever perPage asks for",
        "1000 was honoured (observed); no maximum is documented",
    ),
    "repeat_last_page": Switch(
        ("no", "yes"),
        "whether a page past the end repeats the last one instead of being empty",
        "one public client guards against repeated pages",
    ),
    "ids_parameter": Switch(("honoured", "ignored"), "whether ids=true and style=ids work", "documented"),
    "choice_style": Switch(("honoured", "ignored"), "whether choiceStyle=ids works", "documented"),
    "filters": Switch(
        ("honoured", "names", "ignored"),
        "whether records?filters filters; 'names' takes captions only, and finds nothing by a field's id",
        "documented with ids; public clients send names",
    ),
    "save_answer": Switch(
        ("records", "ids"),
        "whether a save is answered with whole records or with their ids alone",
        "whole records (observed for one, read in clients for several)",
    ),
    "null_write": Switch(("clears", "ignored"), "what null does to a field", "unknown; '' clears (observed)"),
    "batch": Switch(
        ("atomic", "partial"),
        "whether records before a bad one of the same request are stored when it answers 500",
        "unknown",
    ),
    "teams_endpoint": Switch(
        ("available", "missing"),
        "whether GET /teams is served",
        "said to be missing on private clouds (2021)",
    ),
    "schema_access": Switch(
        ("allowed", "tables_only", "forbidden"),
        "whether the key may read schemas: all, only /tables, or none",
        "role keys of private clouds may only read and write records (documented)",
    ),
    "query_nesting": Switch(
        ("flat", "nested"),
        "whether a query's records come as ['A4'] or [['A4']]",
        "one public client flattens a nested answer",
    ),
    "query_choices": Switch(
        ("captions", "ids"), "whether a query answers a choice by its caption or its number", "unknown"
    ),
    "query_dates": Switch(
        ("iso", "epoch"),
        "whether a query answers dates as text or as milliseconds since 1970, and intervals likewise",
        "unknown; text() and format() make it certain",
    ),
    "query_not_a_number": Switch(
        ("null", "text"), "what a query answers for a division by zero: null, or 'Infinity' and 'NaN'", "unknown"
    ),
    "formula_errors": Switch(
        ("null", "text", "fail"),
        "what a formula that cannot be computed is worth in a query: null, '#Error', or the whole query fails",
        "unknown",
    ),
    "script_errors": Switch(
        ("500", "400", "200"),
        "status of a query or exec whose script is wrong; 200 comes with _err",
        "status and body are unknown",
    ),
    "trigger_answer": Switch(
        ("final", "submitted"),
        "whether a write is answered with the record after or before its triggers ran",
        "the answer does not reliably show the final state (observed)",
    ),
    "upload_answer": Switch(
        ("json", "text"), "form of 'File Uploaded Successfully'", "the words were seen, their form was not"
    ),
    "files_move_record": Switch(
        ("no", "yes"), "whether uploading a file moves the record's own sequence", "unknown; the feed has its own list"
    ),
    "file_dates": Switch(
        ("number", "text"),
        "whether modifiedDate of a file is in milliseconds or ISO text",
        "two third-party models disagree",
    ),
    "feed_files": Switch(
        ("objects", "strings", "by_record", "names"),
        "how the feed gives files: metadata with nid, 'A4/name', {'A4': […]}, or metadata without the record",
        "unknown: the models have an empty list",
    ),
    "file_ranges": Switch(("ignored", "honoured"), "whether a download may begin in the middle (Range)", "unknown"),
    "delete_many": Switch(
        ("available", "missing", "bodyless"),
        "whether DELETE records with a list of ids is served; 'bodyless' answers 200 and deletes nothing, as behind a "
        "proxy that drops the body",
        "did not exist before about 2021; some HTTP stacks drop the body of a DELETE",
    ),
    "error_bodies": Switch(
        ("json", "text", "html"), "form of error answers", "bodies of 401, 403, 429, 500 are unknown"
    ),
}


class Switches:
    """The current setting of every switch.

    Attributes:
        change: Number of the last change, from `changes`.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """Start with the defaults, then set what is given."""
        self._values = {name: switch.values[0] for name, switch in SWITCHES.items()}
        self.update(settings or {})

    def __getitem__(self, name: str) -> str:
        """Return a switch's value."""
        return self._values[name]

    def update(self, settings: Mapping[str, str]) -> None:
        """Set several switches, all or none.

        Raises:
            ValueError: A name or value does not exist.
        """
        for name, value in settings.items():
            _check(name, value)
        self._values.update(settings)
        self.change = next(changes)

    def described(self) -> list[dict[str, Any]]:
        """Return every switch with its value, its values, its meaning and the fact it stands for."""
        return [{"name": name, "value": self._values[name], **switch._asdict()} for name, switch in SWITCHES.items()]


def parse(assignments: Iterable[str]) -> dict[str, str]:
    """Read `name=value` pairs from a command line.

    Raises:
        ValueError: One is not of that form.
    """
    pairs = [assignment.partition("=") for assignment in assignments]
    for name, equals, _ in pairs:
        if not equals:
            message = f"A switch is written name=value, not {name!r}."
            raise ValueError(message)
    return {name: value for name, _, value in pairs}


def _check(name: str, value: str) -> None:
    if name not in SWITCHES:
        message = f"There is no switch {name!r}; there are: {', '.join(SWITCHES)}."
        raise ValueError(message)
    if value not in SWITCHES[name].values:
        message = f"Switch {name} is one of {', '.join(SWITCHES[name].values)}, not {value!r}."
        raise ValueError(message)
