"""What nobody outside Ninox knows: one switch per unknown, so that clients can be tested against every answer.

At the end, how the report of `singer-ninox probe` becomes switches, so that the simulator behaves as the server did
that was asked. The report's words are read here on their own terms.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

changes = count(1)
"""Numbers for what changes how records look: switches and schemas. All from one row, so the highest is the latest."""


class Switch(NamedTuple):
    """An unknown of the API.

    Attributes:
        values: What is possible; the first is the default.
        fact: What is known, and how.
        asked: Question of the probe → for each value, the words of a report that stand for it.
    """

    values: tuple[str, ...]
    meaning: str
    fact: str
    asked: Mapping[str, tuple[str, ...]]


SWITCHES: dict[str, Switch] = {
    "since_sq_bound": Switch(
        ("exclusive", "inclusive"),
        "whether sinceSq counts the given sequence itself in, for changes and records",
        "unknown: the documentation says both 'since' and 'starting with'",
        {"feed.since": ("exclusive", "inclusive"), "records.since_sequence": ("exclusive", "inclusive")},
    ),
    "since_id_bound": Switch(
        ("exclusive", "inclusive"),
        "whether sinceId counts the given id itself in",
        "documented as 'greater than'; never measured",
        {"records.since_id": ("exclusive", "inclusive")},
    ),
    "removes": Switch(
        ("strings", "objects", "numbers", "mapping", "unforeseen"),
        "how the feed names removed records: 'A7', {'id': 7, 'tid': 'A'}, 7 (table and record level only), "
        "{'A7': {}} in place of a list, or 'A/7', which stands for a form that nobody foresaw",
        "two third-party models disagree; a backup's log has an object for each deletion",
        {"feed.removes": ("keys", "objects", "numbers", "mapping", "other")},
    ),
    "feed_keys": Switch(
        ("nid", "rid"),
        "how a table's or record's feed keys its updates: 'A4' or '4'",
        "unknown: models say 'keyed by Ninox record identifier'",
        {"feed.update_keys": ("table_and_id", "id")},
    ),
    "feed_updates": Switch(
        ("full", "delta", "bare"),
        "whether the feed's updates hold the whole record, the system keys alone, or the fields alone",
        "unknown; records in a backup's log have neither _id nor _sq",
        {"feed.updates": ("full", "system_keys", "fields_only")},
    ),
    "feed_record_sq": Switch(
        ("present", "absent", "text"),
        "whether the feed's updates say the record's sequence, as _sq, and whether as a number",
        "modelled by third parties, unsure",
        {"feed.sequences": ("number", "absent", "text")},
    ),
    "next_rids": Switch(
        ("present", "absent"),
        "whether the feed says the id of each table's next new record",
        "modelled by third parties, unsure",
        {"feed.next_record_ids": ("present", "absent")},
    ),
    "feed": Switch(
        ("available", "missing", "forbidden", "too_old"),
        "whether the feed is served; older private clouds may not, roles may forbid it, 'too_old' answers 410 to any "
        "sequence but the latest",
        "database-level reads need the admin role on private clouds (documented); retention is unknown",
        {"feed.available": ("yes", "missing", "forbidden", "latest_only")},
    ),
    "huge_since_sq": Switch(
        ("normal", "echo", "everything", "error"),
        "what the feed answers to a sequence beyond its own: no change, the number itself as seq, everything, or 500",
        "unknown",
        {"feed.beyond_head": ("head", "echo", "everything", "error")},
    ),
    "recreated_in_removes": Switch(
        ("yes", "no"),
        "whether a record that was deleted and made again is still among the removes",
        "unknown",
        {"feed.recreated": ("listed", "not_listed")},
    ),
    "cascade_in_removes": Switch(
        ("listed", "silent"),
        "whether the feed's removes list what went along with a deleted record, by a reference with cascade",
        "expected; never seen",
        {"feed.cascade": ("listed", "silent")},
    ),
    "cascade": Switch(
        ("heeded", "ignored"),
        "whether a deletion takes along what refers to the record by a reference with cascade",
        "expected; never seen",
        {"delete.cascade": ("heeded", "ignored")},
    ),
    "empty_fields": Switch(
        ("absent", "blank"),
        "whether empty text fields are left out or sent as ''",
        "absent normally; '' was captured for rich text",
        {"records.empty_field": ("absent", "empty_text")},
    ),
    "multi": Switch(
        ("array", "object", "text"),
        "how a multiple choice reads",
        "never captured; clients accept the first two",
        {"records.multi": ("array", "object", "text")},
    ),
    "booleans": Switch(
        ("booleans", "numbers"),
        "how yes and no read: true and false, or 1 and 0 as stored",
        "booleans in samples",
        {"records.boolean": ("booleans", "numbers")},
    ),
    "dates": Switch(
        ("texts", "milliseconds"),
        "how dates and date-times read: as texts, or as stored, since 1970",
        "texts in samples",
        {"records.date": ("text", "milliseconds")},
    ),
    "dynamic_choices": Switch(
        ("ids", "stored"),
        "how dynamic choices read: as ids, or as stored: 0 for none, and several as a bit mask in hexadecimal",
        "never captured",
        {"records.dynamic_choice": ("ids", "stored")},
    ),
    "ref": Switch(
        ("scalar", "array"),
        "whether a reference reads as 4 or [4]",
        "number; one client accepts both",
        {"records.reference": ("number", "array")},
    ),
    "rev": Switch(
        ("absent", "array"),
        "whether reverse references are in records",
        "unknown",
        {"records.reverse_reference": ("absent", "array")},
    ),
    "sequence_field": Switch(
        ("present", "absent"),
        "whether records say their sequence",
        "documented; at least one client met records without it",
        {"records.sequence": ("always sometimes", "never")},
    ),
    "records_since_sq": Switch(
        ("honoured", "ignored"),
        "whether records?sinceSq filters",
        "documented; one live probe got an unfiltered-looking page",
        {"records.since_sequence": ("exclusive inclusive honoured", "ignored")},
    ),
    "records_page": Switch(
        ("honoured", "ignored"),
        "whether records?page pages",
        "documented; limit and offset are ignored (observed)",
        {"records.page": ("honoured", "ignored")},
    ),
    "per_page": Switch(
        ("honoured", "ignored"),
        "whether records?perPage is heard, or pages have 100 records",
        "documented, in use",
        {"records.page_size": ("honoured", "ignored")},
    ),
    "records_since_id": Switch(
        ("honoured", "ignored"),
        "whether records?sinceId filters",
        "documented, in use",
        {"records.since_id": ("exclusive inclusive", "ignored")},
    ),
    "default_order": Switch(
        ("id", "sequence", "shuffled"),
        "order of records when none is asked for",
        "by id (observed)",
        {"records.order": ("id", "sequence", "other")},
    ),
    "order": Switch(
        ("honoured", "ignored"),
        "whether order and desc sort",
        "documented; never verified",
        {"records.sorting": ("honoured", "ignored")},
    ),
    "updated_order": Switch(
        ("honoured", "ignored"),
        "whether updated and new sort",
        "documented; in use",
        {"records.newest": ("honoured", "ignored"), "records.last_changed": ("honoured", "ignored")},
    ),
    "per_page_cap": Switch(
        ("none", "100", "500", "1000"),
        "largest page, whatever perPage asks for",
        "1000 was honoured (observed); no maximum is documented",
        {"records.page_cap": ("none_up_to_1000 none_up_to_10000", "100", "500", "1000")},
    ),
    "repeat_last_page": Switch(
        ("no", "yes"),
        "whether a page past the end repeats the last one instead of being empty",
        "one public client guards against repeated pages",
        {"records.past_end": ("empty", "last_page")},
    ),
    "ids_parameter": Switch(
        ("honoured", "ignored"),
        "whether ids=true and style=ids work",
        "documented",
        {"records.field_ids": ("honoured", "ignored")},
    ),
    "choice_style": Switch(
        ("honoured", "ignored"),
        "whether choiceStyle=ids works",
        "documented",
        {"records.choice_ids": ("honoured", "ignored")},
    ),
    "filters": Switch(
        ("honoured", "names", "ignored"),
        "whether records?filters filters; 'names' takes captions only, and finds nothing by a field's id",
        "documented with ids; public clients send names",
        {"records.filters": ("honoured", "names", "ignored")},
    ),
    "save_answer": Switch(
        ("records", "ids"),
        "whether a save is answered with whole records or with their ids alone",
        "whole records (observed for one, read in clients for several)",
        {"write.answer": ("records", "ids")},
    ),
    "null_write": Switch(
        ("clears", "ignored"),
        "what null does to a field",
        "unknown; '' clears (observed)",
        {"write.null": ("clears", "ignored")},
    ),
    "batch": Switch(
        ("atomic", "partial"),
        "whether records before a bad one of the same request are stored when it answers 500",
        "unknown",
        {"write.batch": ("atomic", "partial")},
    ),
    "teams_endpoint": Switch(
        ("available", "missing"),
        "whether GET /teams is served",
        "said to be missing on private clouds (2021)",
        {"teams.listed": ("yes", "no")},
    ),
    "schema_access": Switch(
        ("allowed", "tables_only", "forbidden"),
        "whether the key may read schemas: all, only /tables, or none",
        "role keys of private clouds may only read and write records (documented)",
        {"schema.readable": ("full", "tables", "none")},
    ),
    "query_nesting": Switch(
        ("flat", "nested"),
        "whether a query's records come as ['A4'] or [['A4']]",
        "one public client flattens a nested answer",
        {"query.record_form": ("keys", "nested")},
    ),
    "query_choices": Switch(
        ("captions", "ids"),
        "whether a query answers a choice by its caption or its number",
        "unknown",
        {"query.choices": ("caption", "number")},
    ),
    "query_dates": Switch(
        ("iso", "epoch"),
        "whether a query answers dates as text or as milliseconds since 1970, and intervals likewise",
        "unknown; text() and format() make it certain",
        {"query.dates": ("text", "milliseconds")},
    ),
    "query_not_a_number": Switch(
        ("null", "text"),
        "what a query answers for a division by zero: null, or 'Infinity' and 'NaN'",
        "unknown",
        {"query.not_a_number": ("null", "text")},
    ),
    "formula_errors": Switch(
        ("null", "text", "fail"),
        "what a formula that cannot be computed is worth in a query: null, '#Error', or the whole query fails",
        "unknown",
        {"query.formula_errors": ("null", "text", "error")},
    ),
    "script_errors": Switch(
        ("500", "400", "200"),
        "status of a query or exec whose script is wrong; 200 comes with _err",
        "status and body are unknown",
        {"query.errors": ("500", "400", "200")},
    ),
    "trigger_answer": Switch(
        ("final", "submitted"),
        "whether a write is answered with the record after or before its triggers ran",
        "the answer does not reliably show the final state (observed)",
        {"write.trigger": ("after", "before")},
    ),
    "upload_answer": Switch(
        ("json", "text"),
        "form of 'File Uploaded Successfully'",
        "the words were seen, their form was not",
        {"files.upload_answer": ("json", "text")},
    ),
    "files_move_record": Switch(
        ("no", "yes"),
        "whether uploading a file moves the record's own sequence",
        "unknown; the feed has its own list",
        {"files.move_record": ("no", "yes")},
    ),
    "file_dates": Switch(
        ("number", "text"),
        "whether modifiedDate of a file is in milliseconds or ISO text",
        "two third-party models disagree",
        {"files.dates": ("milliseconds", "text")},
    ),
    "feed_files": Switch(
        ("objects", "strings", "by_record", "names"),
        "how the feed gives files: metadata with nid, 'A4/name', {'A4': […]}, or metadata without the record",
        "unknown: the models have an empty list",
        {"feed.files": ("objects", "texts", "by_record", "without_record")},
    ),
    "file_ranges": Switch(
        ("ignored", "honoured"),
        "whether a download may begin in the middle (Range)",
        "unknown",
        {"files.ranges": ("ignored", "honoured")},
    ),
    "delete_many": Switch(
        ("available", "missing", "bodyless"),
        "whether DELETE records with a list of ids is served; 'bodyless' answers 200 and deletes nothing, as behind a "
        "proxy that drops the body",
        "did not exist before about 2021; some HTTP stacks drop the body of a DELETE",
        {"delete.many": ("served", "missing", "ignored")},
    ),
    "error_bodies": Switch(
        ("json", "text", "html"),
        "form of error answers",
        "bodies of 401, 403, 429, 500 are unknown",
        {"errors.body": ("json", "text", "html")},
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
        """Return every switch as it is declared, with its value."""
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


# -------------------------------------------------------------------------------------------- as a server was found

REPORT_VERSION = 1

ALWAYS = {
    "errors.unknown_record": "404",
    "feed.from_zero": "complete",
    "files.listed_keys": "as_modelled",
    "query.available": "yes",
    "write.doubles": "exact",
    "write.empty_text": "clears",
    "write.ids_in_order": "yes",
    "write.upsert": "creates",
}
"""Question → the only way in which the simulator behaves."""

IS_PARALLEL = "parallel.two"


def _meanings() -> dict[tuple[str, str], dict[str, str]]:
    """Return question and answer → the switches that stand for it, each with its value."""
    meanings: dict[tuple[str, str], dict[str, str]] = {}
    for name, switch in SWITCHES.items():
        for question, answers in switch.asked.items():
            for value, words in zip(switch.values, answers, strict=True):
                for word in words.split():
                    meanings.setdefault((question, word), {})[name] = value
    return meanings


_MEANINGS = _meanings()


class Likeness(NamedTuple):
    """How to behave like a server.

    Attributes:
        parallel_limit: Requests that are served at once; None for any number.
        unlike: Sentences about what cannot be simulated.
    """

    switches: dict[str, str]
    parallel_limit: int | None
    unlike: list[str]


NOTHING_SAID = Likeness({}, None, [])


def read_report(path: Path) -> Likeness:
    """Return how to behave like the server of a report.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no report.
    """
    try:
        report = json.loads(path.read_bytes())  # which may be UTF-16, as PowerShell writes it
        answers = {answer["id"]: str(answer["answer"]) for answer in report["answers"] if answer["answer"] is not None}
        version = report["version"]
    except (ValueError, KeyError, TypeError):
        message = f"{path} is no report; `singer-ninox probe --json` writes one."
        raise ValueError(message) from None
    if version != REPORT_VERSION:
        message = f"{path} is a report of version {version}; this simulator reads version {REPORT_VERSION}."
        raise ValueError(message)
    return like(answers)


def like(answers: Mapping[str, str]) -> Likeness:
    """Return how to behave like a server that gave these answers."""
    switches: dict[str, str] = {}
    unlike = []
    for question, answer in answers.items():
        meant = _MEANINGS.get((question, answer), {})
        if any(switches.get(name, value) != value for name, value in meant.items()):
            unlike.append(f"{question}: the simulator cannot be {answer} here and otherwise elsewhere.")
        switches.update(meant)
        if meant or question == IS_PARALLEL or answer == ALWAYS.get(question):
            continue
        if (question, answer) != ("feed.from_zero", "refused") or answers.get("feed.available") != "latest_only":
            unlike.append(f"{question}: {answer} is not simulated.")
    if answers.get("records.past_end") == "last_page" and "records.page" not in answers:
        switches["records_page"] = "ignored"  # the one page that there was came again, whatever the reason
    return Likeness(switches, 1 if answers.get(IS_PARALLEL) == "429" else None, unlike)
