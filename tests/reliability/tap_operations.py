"""What the tap does in its half of the fault matrix: a shop, a day of work in it, and ways to read it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ninox_simulator.seeds import RecordDocument, TeamDocument
from tests.helpers.run import scripts
from tests.helpers.seeds import DATABASE_ID, TEAM_ID, customers, database, table, team
from tests.helpers.seeds import field as ninox_field
from tests.reliability import canaries

CUSTOMERS, ORDERS = "shop__customers", "shop__orders"
TABLES = {CUSTOMERS: (TEAM_ID, DATABASE_ID, "A"), ORDERS: (TEAM_ID, DATABASE_ID, "B")}
"""Stream → where its records are."""
DELETED = "ninox_deleted_records"
OTHER_TEAM_ID, OTHER_DATABASES = "tEamTeamTeam00002", {"Depot": "db0000000002", "Garden": "db0000000003"}
TABLES_OF_TEAMS = {
    **{f"team__{stream}": where for stream, where in TABLES.items()},
    **{f"nursery__{name.lower()}__customers": (OTHER_TEAM_ID, key, "A") for name, key in OTHER_DATABASES.items()},
}
FORMULA = "double"

QUERY = {"name": "names", "database": "Shop", "query": "(select Customers).Name"}
FILE_STORE = "memory://reliability"
_BATCH_FOLDER = tempfile.TemporaryDirectory(prefix="ninox-batches-")
BATCHES = {"storage": {"root": Path(_BATCH_FOLDER.name).as_uri(), "prefix": "batch-"}, "batch_size": 7}
FILES = {2, 5}
"""Orders with a receipt."""

PLACES = {
    "teams": r"GET .*/teams$",
    "databases": r"GET .*/databases$",
    "schema": r"GET .*/databases/[^/]+$",
    "tables": r"GET .*/tables$",
    "changes": r"GET .*/changes$",
    "records": r"GET .*/records$",
    "record": r"GET .*/records/\d+$",
    "query": r"POST .*/query$",
    "files": r"GET .*/records/\d+/files$",
    "file": r"GET .*/records/\d+/files/.+$",
}


def shop():
    """Two tables whose values are canaries; three pages of one, two of the other."""
    choices = {"1": {"caption": "Open"}, "2": {"caption": "Done"}}
    tables = {
        "A": customers(
            C=ninox_field("choice", "State", values=choices),
            D=ninox_field("multi", "Tags", values=choices),
            E=ninox_field("rev", "Orders", refTypeId="B", refFieldId="B"),
            F=ninox_field("fn", "Double", fn="Amount * 2"),
            G=ninox_field("string", "Notes"),
        ),
        "B": table(
            "Orders",
            A=ninox_field("string", "No"),
            B=ninox_field("ref", "Customer", refTypeId="A", refFieldId="E"),
            C=ninox_field("file", "Receipt"),
        ),
    }
    records = {
        "A": [RecordDocument(number, _customer(number), number) for number in range(1, 13)],
        "B": [RecordDocument(number, _order(number), 20 + number) for number in range(1, 8)],
    }
    return team(database(tables, records))


def _customer(number):
    name = f"{canaries.VALUE} {number}"
    return {"A": name, "B": canaries.NUMBER + number, "C": "1", "D": ["1", "2"], "G": f"{name}'s notes"}


def _order(number):
    receipt = {"C": f"receipt {number}.txt"} if number in FILES else {}
    return {"A": f"{canaries.VALUE} o{number}", "B": number, **receipt}


def two_teams():
    """Return the shop, and another team with two databases of one table each."""
    others = []
    for name, key in OTHER_DATABASES.items():
        records = [RecordDocument(number, {"A": f"{canaries.VALUE} {name} {number}"}, number) for number in range(1, 8)]
        others.append(database({"A": customers()}, {"A": records}, id=key, name=name))
    return [*shop(), TeamDocument(id=OTHER_TEAM_ID, name="Nursery", databases=others)]


def edits(edit):
    """Change and create, in the shop's customers."""
    for number in (3, 9, 10):
        edit.update("A", number, {"A": f"{canaries.VALUE} changed", "B": canaries.NUMBER - number})
    edit.create("A", {"A": f"{canaries.VALUE} new"})


def new_files(edit):
    """Replace a receipt by a longer one, and add one."""
    edits(edit)
    for number in (2, 3):
        name = f"receipt {number}.txt"
        edit.put_file("B", number, name, io.BytesIO(f"{canaries.VALUE} in {name}".encode() * 99), moves_record=True)
        edit.update("B", number, {"C": name})


def a_day_of_work(edit):
    """Do what people do, deletions included."""
    edits(edit)
    edit.delete("A", 5)
    edit.delete("B", 1)
    edit.create("B", {"A": f"{canaries.VALUE} again"}, id=1)


def a_day_for_formulas(edit):
    """Let the values of a formula move in all records, which moves no sequence, and do what people do."""
    edit.schema["types"]["A"]["fields"]["F"]["fn"] = "Amount * 3"
    a_day_of_work(edit)


@dataclass(frozen=True)
class Operation:
    """A way to run the tap.

    Attributes:
        follows: Whether a first load and a day of work go before.
        resumes: Whether it continues from the first state of an earlier run instead of its last.
        mode: `sync`, `discover`, `test` or `inspect`.
        switches: What the server is like, once a catalog is there.
        seed: Makes the data.
        tables: Stream → where its records are.
        day: What happens between a first load and what follows.
        ages: Whether the formulas of all rows are a day old then.
    """

    follows: bool = True
    resumes: bool = False
    mode: str = "sync"
    settings: dict = field(default_factory=dict)
    switches: dict = field(default_factory=dict)
    seed: Callable = shop
    tables: dict = field(default_factory=lambda: TABLES)
    day: Callable = a_day_of_work
    ages: bool = False


FORMULAS = {"formulas": {f"*.{FORMULA}": "number"}}
DOWNLOAD = {"files": {"*": FILE_STORE}}

OPERATIONS = {
    "discover": Operation(follows=False, mode="discover"),
    "--test": Operation(follows=False, mode="test"),
    "first load": Operation(follows=False),
    "changes": Operation(),
    "full refresh": Operation(settings={"refresh": ["*"]}),
    "resumed load": Operation(resumes=True),
    "formulas": Operation(follows=False, settings=FORMULAS),
    "formulas alone": Operation(settings=FORMULAS, day=a_day_for_formulas, ages=True),
    "queries": Operation(follows=False, settings={"queries": scripts(QUERY)}),
    "files": Operation(follows=False, settings=DOWNLOAD),
    "changed files": Operation(settings=DOWNLOAD, day=new_files),
    "four requests at once": Operation(follows=False, settings={"max_parallel_requests": 4}),
    "several teams": Operation(settings={"team": "*"}, seed=two_teams, tables=TABLES_OF_TEAMS),
    "listed deletions": Operation(settings={"deletes": "both"}),
    "batches": Operation(settings={"batch_config": BATCHES}),
    "without a feed": Operation(switches={"feed": "forbidden"}, day=edits),
    "without all of the schema": Operation(follows=False, switches={"schema_access": "tables_only"}),
    "without any schema": Operation(follows=False, switches={"schema_access": "forbidden"}),
    "--inspect": Operation(follows=False, mode="inspect"),
}

SWITCHES = (
    {},
    {"since_sq_bound": "inclusive", "since_id_bound": "inclusive", "feed_record_sq": "absent"},
    {"removes": "objects", "feed_keys": "rid"},
    {"removes": "numbers", "feed_updates": "delta", "recreated_in_removes": "no"},
    {"records_since_id": "ignored", "default_order": "shuffled"},
    {"records_since_id": "ignored", "default_order": "sequence"},
    {"records_since_sq": "ignored"},
    {"repeat_last_page": "yes", "per_page_cap": "100"},
    {"feed": "too_old"},
    {"sequence_field": "absent"},
    {"error_bodies": "html", "huge_since_sq": "echo"},
    {"error_bodies": "text", "huge_since_sq": "error"},
    {"huge_since_sq": "everything"},
    {"empty_fields": "blank", "ref": "array", "rev": "array", "multi": "object"},
    {"choice_style": "ignored"},
    {"query_nesting": "nested", "query_choices": "ids", "query_dates": "epoch"},
    {"feed_files": "strings", "files_move_record": "yes", "file_dates": "text", "file_ranges": "honoured"},
    {"feed_files": "by_record"},
    {"feed_files": "names"},
)
"""What the server may be like besides; a run that goes well by default goes well under each."""

OF_SOME = (
    ({"feed": "missing"}, {"first load", "full refresh", "formulas", "files", "four requests at once"}),
    ({"updated_order": "ignored"}, {"without a feed"}),
    ({"teams_endpoint": "missing"}, {"first load", "changes", "queries", "batches"}),
)
"""Likewise, with operations for which it is so: without a feed, deletions are not seen; teams come of a list."""

BESIDE_THE_POINT = {
    **dict.fromkeys(
        ("multi", "booleans", "dates", "dynamic_choices"), "forms of values: tests/tap/test_stored_forms.py"
    ),
    "order": "the client does not ask for it",
    **dict.fromkeys(
        ("removes", "feed_updates", "feed_record_sq"), "other forms of the feed: tests/tap/test_unreadable_feed.py"
    ),
    **dict.fromkeys(
        ("next_rids", "records_page", "per_page"), "the end of a reading: tests/tap/test_end_of_a_table.py"
    ),
    **dict.fromkeys(("cascade", "cascade_in_removes"), "nothing here cascades: tests/target/test_cascade.py"),
    "save_answer": "the tap does not write",
    "filters": "the tap does not look anything up",
    "ids_parameter": "such a server is refused at once: tests/tap/test_every_switch.py",
    "per_page_cap": "pages are smaller here: tests/tap/test_page_size.py",
    "query_not_a_number": "the formulas here are sound: tests/tap/test_formulas.py",
    "formula_errors": "likewise",
    "script_errors": "the scripts here are sound: tests/tap/test_queries.py",
    **dict.fromkeys(
        ("null_write", "batch", "trigger_answer", "upload_answer", "delete_many"), "the tap does not write"
    ),
}
"""Switches of which not every value needs to occur, and why."""
