"""Behaving like a server that somebody has probed: the report of `singer-ninox probe` becomes switches.

The report's words are read here on their own terms; its form is a list of answers, `{"id": …, "answer": …}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

VERSION = 1

_SAME = {"honoured": "honoured", "ignored": "ignored"}

SWITCH_OF: dict[str, tuple[str, Mapping[str, str]]] = {
    "teams.listed": ("teams_endpoint", {"yes": "available", "no": "missing"}),
    "schema.readable": ("schema_access", {"full": "allowed", "tables": "tables_only", "none": "forbidden"}),
    "errors.body": ("error_bodies", {"json": "json", "text": "text", "html": "html"}),
    "records.field_ids": ("ids_parameter", _SAME),
    "records.sequence": ("sequence_field", {"always": "present", "sometimes": "present", "never": "absent"}),
    "records.order": ("default_order", {"id": "id", "sequence": "sequence", "other": "shuffled"}),
    "records.page_size": ("per_page", _SAME),
    "records.page_cap": (
        "per_page_cap",
        {"none_up_to_1000": "none", "none_up_to_10000": "none", "100": "100", "500": "500", "1000": "1000"},
    ),
    "records.page": ("records_page", _SAME),
    "records.past_end": ("repeat_last_page", {"empty": "no", "last_page": "yes"}),
    "records.newest": ("updated_order", _SAME),
    "records.last_changed": ("updated_order", _SAME),
    "records.sorting": ("order", _SAME),
    "records.filters": ("filters", {**_SAME, "names": "names"}),
    "records.choice_ids": ("choice_style", _SAME),
    "records.multi": ("multi", {"array": "array", "object": "object", "text": "text"}),
    "records.boolean": ("booleans", {"booleans": "booleans", "numbers": "numbers"}),
    "records.date": ("dates", {"text": "texts", "milliseconds": "milliseconds"}),
    "records.dynamic_choice": ("dynamic_choices", {"ids": "ids", "stored": "stored"}),
    "records.reference": ("ref", {"number": "scalar", "array": "array"}),
    "records.reverse_reference": ("rev", {"absent": "absent", "array": "array"}),
    "records.empty_field": ("empty_fields", {"absent": "absent", "empty_text": "blank"}),
    "feed.available": (
        "feed",
        {"yes": "available", "missing": "missing", "forbidden": "forbidden", "latest_only": "too_old"},
    ),
    "feed.beyond_head": (
        "huge_since_sq",
        {"head": "normal", "echo": "echo", "everything": "everything", "error": "error"},
    ),
    "feed.since": ("since_sq_bound", {"exclusive": "exclusive", "inclusive": "inclusive"}),
    "feed.update_keys": ("feed_keys", {"table_and_id": "nid", "id": "rid"}),
    "feed.updates": ("feed_updates", {"full": "full", "system_keys": "delta", "fields_only": "bare"}),
    "feed.sequences": ("feed_record_sq", {"number": "present", "absent": "absent", "text": "text"}),
    "feed.next_record_ids": ("next_rids", {"present": "present", "absent": "absent"}),
    "feed.removes": (
        "removes",
        {"keys": "strings", "objects": "objects", "numbers": "numbers", "mapping": "mapping", "other": "unforeseen"},
    ),
    "feed.files": (
        "feed_files",
        {"objects": "objects", "texts": "strings", "by_record": "by_record", "without_record": "names"},
    ),
    "feed.recreated": ("recreated_in_removes", {"listed": "yes", "not_listed": "no"}),
    "delete.cascade": ("cascade", {"heeded": "heeded", "ignored": "ignored"}),
    "feed.cascade": ("cascade_in_removes", {"listed": "listed", "silent": "silent"}),
    "query.record_form": ("query_nesting", {"keys": "flat", "nested": "nested"}),
    "query.choices": ("query_choices", {"caption": "captions", "number": "ids"}),
    "query.dates": ("query_dates", {"text": "iso", "milliseconds": "epoch"}),
    "query.not_a_number": ("query_not_a_number", {"null": "null", "text": "text"}),
    "query.errors": ("script_errors", {"500": "500", "400": "400", "200": "200"}),
    "query.formula_errors": ("formula_errors", {"null": "null", "text": "text", "error": "fail"}),
    "write.answer": ("save_answer", {"records": "records", "ids": "ids"}),
    "write.batch": ("batch", {"atomic": "atomic", "partial": "partial"}),
    "write.null": ("null_write", {"clears": "clears", "ignored": "ignored"}),
    "write.trigger": ("trigger_answer", {"after": "final", "before": "submitted"}),
    "delete.many": ("delete_many", {"served": "available", "missing": "missing", "ignored": "bodyless"}),
    "files.upload_answer": ("upload_answer", {"json": "json", "text": "text"}),
    "files.move_record": ("files_move_record", {"no": "no", "yes": "yes"}),
    "files.dates": ("file_dates", {"milliseconds": "number", "text": "text"}),
    "files.ranges": ("file_ranges", _SAME),
}
"""Question → the switch that stands for it, and the value for each answer."""

BOUNDS: dict[str, dict[str, dict[str, str]]] = {
    "records.since_id": {
        "exclusive": {"records_since_id": "honoured", "since_id_bound": "exclusive"},
        "inclusive": {"records_since_id": "honoured", "since_id_bound": "inclusive"},
        "ignored": {"records_since_id": "ignored"},
    },
    "records.since_sequence": {
        "exclusive": {"records_since_sq": "honoured", "since_sq_bound": "exclusive"},
        "inclusive": {"records_since_sq": "honoured", "since_sq_bound": "inclusive"},
        "honoured": {"records_since_sq": "honoured"},
        "ignored": {"records_since_sq": "ignored"},
    },
}
"""Questions for which two switches stand."""

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
        answers = {answer["id"]: answer["answer"] for answer in report["answers"] if answer["answer"] is not None}
        version = report["version"]
    except (ValueError, KeyError, TypeError):
        message = f"{path} is no report; `singer-ninox probe --json` writes one."
        raise ValueError(message) from None
    if version != VERSION:
        message = f"{path} is a report of version {version}; this simulator reads version {VERSION}."
        raise ValueError(message)
    return like(answers)


def like(answers: Mapping[str, Any]) -> Likeness:
    """Return how to behave like a server that gave these answers."""
    switches: dict[str, str] = {}
    unlike = []
    for question, values in BOUNDS.items():
        switches.update(values.get(answers.get(question, ""), {}))
    for question, answer in answers.items():
        switch, known = SWITCH_OF.get(question, ("", {}))
        if answer in known:
            if switches.get(switch, known[answer]) != known[answer] and question != "feed.since":
                unlike.append(f"{question}: the simulator cannot be {answer} here and otherwise elsewhere.")
            switches[switch] = known[answer]
        elif question in BOUNDS or question == "parallel.two" or answer == ALWAYS.get(question):
            continue
        elif (question, answer) != ("feed.from_zero", "refused") or answers.get("feed.available") != "latest_only":
            unlike.append(f"{question}: {answer} is not simulated.")
    if answers.get("records.past_end") == "last_page" and "records.page" not in answers:
        switches["records_page"] = "ignored"  # the one page that there was came again, whatever the reason
    return Likeness(switches, 1 if answers.get("parallel.two") == "429" else None, unlike)
