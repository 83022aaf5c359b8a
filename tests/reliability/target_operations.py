"""What the target does in its half of the fault matrix: rows, and what must be there in the end."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from itertools import zip_longest
from urllib.parse import quote

from tests.helpers.run import activate_version, records, state
from tests.reliability import canaries
from tests.reliability.target_shop import (
    BY_ID,
    CUSTOMERS,
    IN_CIRCLES,
    KEYLESS,
    ORDERS,
    WITH_FILES,
    name_of,
    row,
    stored,
)

EVERY = 7
"""A state follows so many rows."""

PLACES = {
    "teams": r"GET .*/teams$",
    "databases": r"GET .*/databases$",
    "schema": r"GET .*/databases/[^/]+$",
    "tables": r"GET .*/tables$",
    "records": r"GET .*/records$",
    "record": r"GET .*/records/\d+$",
    "write": r"POST .*/records$",
    "delete": r"DELETE .*/records(/\d+)?$",
    "files": r"GET .*/records/\d+/files$",
    "upload": r"POST .*/records/\d+/files$",
}


@dataclass(frozen=True)
class Operation:
    """Something to load.

    Attributes:
        rows: Stream → rows.
        schemas: Stream → SCHEMA message, parents first.
        model: Table id → what its records must be in the end, by content; parents by name.
        files: Name of a customer → name → content of the files that its record must have in the end.
        switches: What the server is like.
        files_before: Id of a customer → likewise, before anything is loaded; the first is shown.
        replays_all: Whether the tap always sends everything, whatever the state.
        activates: Whether a version is activated behind the rows.
        has_key: Whether a record can be told from another; if not, rows behind the last state may be there twice.
        is_sparse: Whether the table's ids suggest that it is large.
    """

    schemas: dict
    rows: dict
    model: dict
    settings: dict = field(default_factory=dict)
    replays_all: bool = False
    is_sparse: bool = False
    activates: bool = False
    has_key: bool = True
    switches: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    files_before: dict = field(default_factory=dict)

    def prepare(self, edit):
        """Put the files on records that are there before anything is loaded."""
        for number, files in self.files_before.items():
            edit.update("A", number, {"F": next(iter(files))})
            for name, content in files.items():
                edit.put_file("A", number, name, io.BytesIO(content), moves_record=False)

    def messages(self, *, after=0, share=1.0):
        """Return the Singer messages from a place on: schemas, rows, and a state behind every few of them.

        Args:
            after: How many rows the tap has left behind, by its state.
            share: How many of all rows there are so far; as many of each stream, for none is to lack its parent.
        """
        yield from self.schemas.values()
        version = 1 if self.activates else None
        by_stream = (records(stream, rows, version=version) for stream, rows in self.rows.items())
        lines = [line for several in zip_longest(*by_stream) for line in several if line]
        there = round(len(lines) * share / len(self.rows)) * len(self.rows)
        for number, line in enumerate(lines[:there], start=1):
            if number > after:
                yield line
                if number == len(lines) and self.activates:
                    yield from map(activate_version, self.schemas)
                if number % EVERY == 0 or number == there:
                    yield state({"rows": number})


def _customers(first, last, plus=0):
    return [row(number, plus) for number in range(first, last + 1)]


def _model(first, last, plus=0):
    return [stored(number, plus) for number in range(first, last + 1)]


def _customer_operation(rows, model, **settings):
    return Operation({"customers": CUSTOMERS}, {"customers": rows}, {"A": model}, settings)


def _mirror():
    settings = {"streams": {"customers": {"mode": "mirror"}}, "max_deletes": 100}
    return Operation(
        {"customers": CUSTOMERS},
        {"customers": _customers(5, 16)},
        {"A": _model(5, 16)},
        settings,
        replays_all=True,
        activates=True,
    )


def _orders(last):
    numbers = range(8, last + 1)
    orders = [{"No": f"{canaries.VALUE} o{number}", "Customer": name_of(number)} for number in numbers]
    linked = [{"A": order["No"], "B": number} for number, order in zip(numbers, orders, strict=True)]
    return Operation(
        {"orders": ORDERS, "customers": CUSTOMERS},
        {"orders": orders, "customers": _customers(8, last)},
        {"A": _model(1, last), "B": linked},
        {"streams": {"orders": {"references": {"Customer": "Name"}}}},
    )


def _under_its_id(last):
    changed = [{**stored(number), "A": f"{name_of(number)} x"} for number in (11, 12)]
    created = [{"A": f"{name_of(number)} x"} for number in range(13, last + 1)]
    return Operation(
        {"customers": BY_ID},
        {"customers": [{"_id": number, "Name": f"{name_of(number)} x"} for number in range(11, last + 1)]},
        {"A": [*_model(1, 10), *changed, *created]},
    )


def _look_up():
    return Operation(
        {"customers": CUSTOMERS},
        {"customers": _customers(12, 13, plus=5)},
        {"A": [*_model(1, 11), *_model(12, 13, plus=5), stored(900_000)]},
        is_sparse=True,
    )


def _delete():
    rows = [{"_id": number, "_sdc_deleted_at": "2026-01-01T00:00:00Z"} for number in range(4, 13)]
    return Operation({"customers": BY_ID}, {"customers": rows}, {"A": _model(1, 3)}, {"hard_delete": True})


def _overwrite():
    settings = {"streams": {"*": {"mode": "mirror"}}, "max_deletes": 100}
    return Operation(
        {"customers": CUSTOMERS}, {"customers": _customers(5, 16)}, {"A": _model(5, 16)}, settings,
        replays_all=True, activates=True,
    )  # fmt: skip


def _insert(last):
    model = {"A": _model(1, last)}
    settings = {"streams": {"*": {"mode": "insert"}}}
    return Operation({"customers": KEYLESS}, {"customers": _customers(13, last)}, model, settings, has_key=False)


def _circle():
    """Eight new customers, each the parent of the one before, and the first that of the last."""
    numbers = range(13, 21)
    rows = [{"Name": name_of(number), "Parent": name_of(13 + (number - 12) % 8)} for number in numbers]
    model = [{"A": name_of(number), "D": name_of(13 + (number - 12) % 8)} for number in numbers]
    settings = {"streams": {"customers": {"references": {"Parent": "Name"}}}}
    return Operation({"customers": IN_CIRCLES}, {"customers": rows}, {"A": [*_model(1, 12), *model]}, settings)


def _dry_run():
    rows = [*_customers(7, 16, plus=5)]
    return Operation({"customers": CUSTOMERS}, {"customers": rows}, {"A": _model(1, 12)}, {"dry_run": True})


def _limited_key(last):
    model = [*_model(1, 6), *_model(7, last, plus=5)]
    return Operation(
        {"customers": CUSTOMERS}, {"customers": _customers(7, last, plus=5)}, {"A": model},
        switches={"schema_access": "tables_only"},
    )  # fmt: skip


def _content(number, more=""):
    return f"{canaries.VALUE} in the file of {number}{more}".encode()


def _file_name(number):
    return f"{name_of(number)}.txt"


def _address(number, more=""):
    content = base64.b64encode(_content(number, more)).decode()
    return f"data:text/plain;name={quote(_file_name(number))};base64,{content}"


def _files():
    """Files of records that are there and of new ones: the same as before, longer ones, first ones, and two alike."""
    rows = [{**row(number, 5 if number > 10 else 0), "Photo": _address(number)} for number in range(8, 17)]
    rows[6]["Scan"] = _address(14, " again")
    model = [{**fields, "F": _file_name(number)} for number, fields in enumerate(_model(8, 16), start=8)]
    for number, fields in enumerate(model, start=8):
        fields["B"] += 5 if number > 10 else 0
    model[6]["I"] = f"scan-{_file_name(14)}"
    files = {name_of(number): {_file_name(number): _content(number)} for number in range(8, 17)}
    files[name_of(14)][f"scan-{_file_name(14)}"] = _content(14, " again")
    files[name_of(12)]["kept.txt"] = b"not of this load"
    before = {
        8: {_file_name(8): _content(8)},
        9: {_file_name(9): b"shorter"},
        12: {_file_name(12): _content(12), "kept.txt": b"not of this load"},
    }
    settings = {"streams": {"customers": {"fields": {"Photo": "Photo", "Scan": "Scan"}}}}
    return Operation(
        {"customers": WITH_FILES}, {"customers": rows}, {"A": [*_model(1, 7), *model]}, settings,
        files=files, files_before=before,
    )  # fmt: skip


def operations(last):
    """Return what there is to load, rows up to a number."""
    return {
        "create": _customer_operation(_customers(13, last + 12), _model(1, last + 12)),
        "update": _customer_operation(_customers(1, 12, plus=5), _model(1, 12, plus=5)),
        "upsert": _customer_operation(_customers(7, last, plus=5), [*_model(1, 6), *_model(7, last, plus=5)]),
        "look-up": _look_up(),
        "under its id": _under_its_id(last),
        "delete": _delete(),
        "mirror": _mirror(),
        "references": _orders(last),
        "overwrite": _overwrite(),
        "insert": _insert(last + 12),
        "circle": _circle(),
        "dry run": _dry_run(),
        "without all of the schema": _limited_key(last),
        "files": _files(),
    }


OPERATIONS = operations(20)

SWITCHES = (
    {},
    {"batch": "partial"},
    {"null_write": "ignored"},
    {"per_page_cap": "100", "repeat_last_page": "yes"},
    {"records_since_id": "ignored"},
    {"records_since_id": "ignored", "default_order": "sequence"},
    {"default_order": "shuffled", "records_since_id": "ignored"},
    {"since_id_bound": "inclusive", "sequence_field": "absent"},
    {"trigger_answer": "submitted"},
    {"delete_many": "missing"},
    {"delete_many": "bodyless"},
    {"order": "ignored", "updated_order": "ignored"},
    {"error_bodies": "html"},
    {"error_bodies": "text", "upload_answer": "text", "file_dates": "text"},
    {"ref": "array", "rev": "array", "empty_fields": "blank"},
    {"filters": "ignored"},
    {"filters": "names"},
    {"teams_endpoint": "missing"},
    {"files_move_record": "yes"},
)
"""What the server may be like besides; a run that goes well by default goes well under each."""

OF_SOME = ()
"""Likewise, with the operations for which it is so."""

_NO_FEED = (
    "since_sq_bound", "removes", "feed_keys", "feed_updates", "feed_record_sq", "feed", "huge_since_sq",
    "recreated_in_removes", "records_since_sq", "feed_files",
)  # fmt: skip
_NO_QUERY = ("query_nesting", "query_choices", "query_dates", "query_not_a_number", "formula_errors", "script_errors")

BESIDE_THE_POINT = {
    **dict.fromkeys(
        ("records_page", "per_page", "next_rids"), "the end of a reading: tests/tap/test_end_of_a_table.py"
    ),
    "save_answer": "other ids than were asked for: tests/target/test_answers.py",
    **dict.fromkeys(("cascade", "cascade_in_removes"), "nothing here cascades: tests/target/test_cascade.py"),
    **dict.fromkeys(_NO_FEED, "the target does not ask what changed"),
    **dict.fromkeys(_NO_QUERY, "the target's one script is sound and its answer unread"),
    "choice_style": "there is no choice here: tests/target/test_every_switch.py",
    **dict.fromkeys(("multi", "booleans", "dates", "dynamic_choices"), "likewise"),
    "ids_parameter": "such a server is refused at once: tests/target/test_every_switch.py",
    "schema_access": "without any schema no row can be mapped: tests/target/test_every_switch.py",
    "per_page_cap": "pages are smaller here: tests/target/test_matching.py",
    "file_ranges": "the target downloads nothing from Ninox",
}
"""Switches of which not every value needs to occur, and why."""
