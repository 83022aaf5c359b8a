"""The standard runs of target-ninox: each way to write, each way to be refused."""

from __future__ import annotations

import json
from decimal import Decimal

from tests.golden.stages import OPTIONS, a_day_of_work, empty, every_type, put_file, trade
from tests.helpers.run import activate_version, records, run_tap, schema, state
from tests.helpers.seeds import customers, database, field, shop, table, team

MIRROR = {"*": {"mode": "mirror"}}
CUSTOMERS = schema("customers", key=["Name"], Name="string", Amount="number")
TOMBSTONES = schema("customers", key=["Name"], Name="string", Amount="number", _sdc_deleted_at="string")


WHOLE = {"bookmarks": {"customers": {}}}
"""The state of a tap that reads whole tables: a mirror behind it may delete."""


def rows(*numbers, amount=10, version=None):
    return records("customers", [{"Name": f"name {n}", "Amount": n * amount} for n in numbers], version=version)


def creates(on):
    """New records, in several requests, with a state behind each part; the same rows again write nothing."""
    on.serve(shop(0))
    messages = [CUSTOMERS, *rows(1, 2, 3), state({"a": 1}), *rows(4, 5), state({"a": 2})]
    on.target(messages, batch_size_rows=2)
    on.target(messages)


def upserts(on):
    """Rows that are new, changed, unchanged, or come twice."""
    on.serve(shop(3))
    on.target([CUSTOMERS, *rows(1, 4), *rows(2, 3, amount=7), *rows(4, amount=8), state({"a": 1})])


def inserts(on):
    """Every row is a new record."""
    on.serve(shop(2))
    on.target([CUSTOMERS, *rows(1, 2), state({"a": 1})], streams={"*": {"mode": "insert"}})


def updates_only(on):
    """Rows without a record are skipped; unchanged ones are written where the settings say so."""
    on.serve(shop(2))
    settings = {"streams": {"customers": {"mode": "update"}}}
    on.target([CUSTOMERS, *rows(1), *rows(2, 9, amount=7), state({"a": 1})], **settings)


def mirrors(on):
    """What did not come is deleted, once the stream is whole; a bookmark is doubt, and nothing is deleted."""
    on.serve(shop(5))
    on.target([CUSTOMERS, *rows(1, 2, 6), state({"a": 1})], streams=MIRROR)
    on.target([CUSTOMERS, *rows(1, 2, 6), state(WHOLE)], streams=MIRROR)
    on.target(
        [CUSTOMERS, *rows(1, version=1), activate_version("customers"), state({"a": 2})],
        streams=MIRROR,
    )


def deletions(on):
    """Rows that say that they are deleted: counted, and deleted."""
    on.serve(shop(5))
    gone = records("customers", [{"Name": f"name {n}", "_sdc_deleted_at": "2026-01-01T00:00:00Z"} for n in (2, 3, 9)])
    on.target([TOMBSTONES, *gone, state({"a": 1})])
    on.target([TOMBSTONES, *gone, *rows(1, amount=7), state({"a": 1})], hard_delete=True)


def deletions_one_by_one(on):
    """A server that deletes only one record at a time."""
    on.serve(shop(4), delete_many="missing")
    on.target([CUSTOMERS, *rows(1), state(WHOLE)], streams=MIRROR)


def references(on):
    """Links by a key of the other table: before and after the linked row, in a circle, and to nothing."""
    orders = schema("orders", key=["No"], No="string", Customer="string", Parent="string")
    tables = {
        "A": table("Customers", A=field("string", "Shop ID")),
        "B": table(
            "Orders",
            A=field("string", "No"),
            B=field("ref", "Customer", refTypeId="A"),
            C=field("ref", "Parent", refTypeId="B"),
        ),
    }
    given = [
        {"No": "O1", "Customer": "C1", "Parent": "O2"},
        {"No": "O2", "Customer": "C2", "Parent": "O1"},
        {"No": "O3", "Customer": "C-gone"},
    ]
    firms = [schema("customers", key=["Shop ID"], **{"Shop ID": "string"})]
    messages = [
        orders,
        *records("orders", given),
        *firms,
        *records("customers", [{"Shop ID": "C1"}, {"Shop ID": "C2"}]),
    ]
    links = {"Customer": "Shop ID", "Parent": "No"}
    on.serve(team(database(tables)))
    on.target([*messages, state({"a": 1})], keeps=("A", "B"), streams={"orders": {"references": links}})
    left_empty = {"orders": {"references": links, "on_missing": "null"}}
    on.target([*messages, state({"a": 2})], keeps=("A", "B"), streams=left_empty)


def choices(on):
    """Options by caption and number, whatever the case, several, and unknown ones."""
    orders = table("Orders", A=field("string", "Nr"), B=field("choice", "Status", values=OPTIONS),
                   C=field("multi", "Tags", values=OPTIONS))  # fmt: skip
    described = schema("orders", key=["Nr"], Nr="string", Status="string", Tags={"type": ["array", "null"]})
    given = [
        {"Nr": "1", "Status": "offen", "Tags": ["offen", "Storno"]},
        {"Nr": "2", "Status": "OFFEN ", "Tags": ["2"]},
        {"Nr": "3", "Status": "2", "Tags": []},
        {"Nr": "4", "Status": "storniert?", "Tags": None},
        {"Nr": "5", "Status": None, "Tags": ["nichts"]},
    ]
    messages = [described, *records("orders", given), state({"a": 1})]
    on.serve(team(database({"A": orders})))
    on.target(messages)
    on.target(messages, on_reject="continue")


def german_formats(on):
    """Numbers, dates and times as a German spreadsheet writes them."""
    names = ("Nr", "Betrag", "Tag", "bezahlt?", "Bestellt am", "Uhrzeit", "Dauer")
    described = schema("auftraege", key=["Nr"], **dict.fromkeys(names, "string"))
    given = [
        ("R-1", "1.234,56", "31.12.2026", "ja", "24.12.2026 18:00", "8:30", "1:30"),
        ("R-2", "-0,5", "1.2.2026", "nein", "2026-12-24T17:00:00Z", "23:59:59", "36:00:00"),
        ("R-3", "", "", "", "", "", ""),
        ("R-4", "1,234.56", "", "", "", "", ""),
        ("R-5", "", "30.02.2026", "", "", "", ""),
    ]
    german = {"table": "Aufträge", "number_format": "de", "timezone": "Europe/Berlin"}
    messages = [described, *records("auftraege", [dict(zip(names, row, strict=True)) for row in given])]
    on.serve(empty())
    on.target([*messages, state({"a": 1})], streams={"auftraege": german})


def every_field_type(on):
    """What the tap reads of every type goes into an empty table, and then changes nothing."""
    on.serve(every_type())
    read = run_tap(on.simulator, tables=["Aufträge"])
    messages = [message for message in read.messages if message.get("stream") == "shop__auftraege"]
    on.serve(empty())
    settings = {"streams": {"shop__auftraege": {"table": "Aufträge", "mode": "upsert", "match_on": ["nr"]}}}
    on.target([*messages, state({"a": 1})], **settings)
    on.target([*messages, state({"a": 2})], **settings)


def moves(on):
    """A copy with links and deletions, by the names that the tap gives, into tables that are named so."""
    on.serve(trade())
    first = run_tap(on.simulator)
    a_day_of_work(on.edit)
    second = run_tap(on.simulator, state=first.state)
    on.serve(trade())
    tables = {"shop__customers": {"table": "Customers"}, "shop__orders": {"table": "Orders"}}
    messages = [message for message in second.messages if message.get("stream") in tables]
    on.target([*messages, state({"a": 1})], keeps=("A", "B"), streams=tables, hard_delete=True)


def mapped_fields(on):
    """Other names, a property that is left out, empty values that leave fields alone, an unknown property."""
    described = schema("kunden", key=["nr"], nr="string", betrag="number", intern="string", fremd="string")
    given = records(
        "kunden", [{"nr": "name 1", "betrag": None, "intern": "x"}, {"nr": "new", "betrag": 5, "fremd": "y"}]
    )
    own = {"table": "A", "match_on": ["nr"], "fields": {"nr": "Name", "betrag": "B", "intern": None}, "null": "keep"}
    on.serve(shop(2))
    on.target([described, *given, state({"a": 1})], streams={"kunden": own})


def emptied_fields(on):
    """Empty values clear fields, also where null does not."""
    for null_write in ("clears", "ignored"):
        on.serve(shop(2), null_write=null_write)
        on.target([CUSTOMERS, *records("customers", [{"Name": "name 1", "Amount": None}]), state({"a": 1})])


def numbers(on):
    """Numbers of all sizes, and what is none."""
    given = [Decimal("0.1"), Decimal("1E+21"), 2**53 + 1, -0.0, "12", "1,5", "x", True]
    on.serve(shop(0))
    messages = records("customers", [{"Name": str(place), "Amount": value} for place, value in enumerate(given)])
    on.target([CUSTOMERS, *messages, state({"a": 1})])


def files(on):
    """Files from a folder and as base64: uploaded once; one that is there already, one that is missing."""
    tables = {"A": customers(C=field("image", "Foto"), D=field("file", "Blatt"))}
    described = schema("photos", key=["Name"], Name="string", photo="string", sheet="string")
    given = [
        {"Name": "1", "photo": "Foto 1 100%.png", "sheet": "data:text/plain;base64,aGFsbG8="},
        {"Name": "2", "photo": "missing.png"},
        {"Name": "3", "photo": None, "sheet": "sheet.txt"},
    ]
    own = {"table": "Customers", "fields": {"photo": "Foto", "sheet": "Blatt"}}
    (on.folder / "Foto 1 100%.png").write_bytes(b"PNG")
    (on.folder / "sheet.txt").write_bytes(b"sheet")
    messages = [described, *records("photos", given), state({"a": 1})]
    for answer in ("json", "text"):
        on.serve(team(database(tables)), upload_answer=answer)
        on.target(messages, streams={"photos": own}, file_sources=[str(on.folder)])
        on.target(messages, streams={"photos": own}, file_sources=[str(on.folder)])


def rejects(on):
    """Rows that cannot be written: the state is held, or the rows are put aside."""
    given = [{"Name": "a", "Amount": 1}, {"Name": "b", "Amount": "x"}, {"Name": None, "Amount": 2}, {"Name": "name 1"}]
    messages = [CUSTOMERS, *records("customers", given), state({"a": 1}), *rows(7), state({"a": 2})]
    path = on.folder / "rejects.jsonl"
    on.serve(shop(2))
    on.edit.update("A", 2, {"A": "name 1"})
    on.target(messages, rejects_path=str(path))
    on.file(path)
    path.unlink()
    on.target(messages, rejects_path=str(path), on_reject="continue")
    on.file(path)


def dry_run(on):
    """What would be done, with nothing written."""
    on.serve(shop(4))
    messages = [CUSTOMERS, *rows(1, 9), *rows(2, amount=7), *records("customers", [{"Name": "x", "Amount": "y"}])]
    report = on.folder / "report.json"
    run = on.target([*messages, state({"a": 1})], dry_run=True, streams=MIRROR, report_path=str(report))
    on.note(json.dumps(run.report["streams"]["customers"]["samples"], ensure_ascii=False))


def batch_files(on):
    """Rows that come in files."""
    path = on.folder / "rows.jsonl"
    path.write_text("".join(f'{{"Name": "name {n}", "Amount": {n}}}\n' for n in (1, 2, 3)), encoding="utf-8")
    encoding = {"format": "jsonl", "compression": "none"}
    batch = {"type": "BATCH", "stream": "customers", "encoding": encoding, "manifest": [path.as_uri()]}
    on.serve(shop(2))
    on.target([CUSTOMERS, *rows(7), batch, state({"a": 1})])


def lost_answers(on):
    """Answers that are lost after the records were saved, and before."""
    for kind in ("drop_after", "drop_before"):
        on.serve(shop(0))
        on.simulator.faults.add(kind, method="POST", path="/records$")
        on.target([CUSTOMERS, *rows(1, 2, 3, 4), state({"a": 1})], max_retries=1, batch_size_rows=2)


def a_failing_server(on):
    """A server that fails in the middle: what was written is in the state, and the next run goes on."""
    on.serve(shop(0))
    on.simulator.faults.add("status", method="POST", path="/records$", after=1, times=9)
    messages = [CUSTOMERS, *rows(1, 2), state({"a": 1}), *rows(3, 4), state({"a": 2})]
    on.target(messages, batch_size_rows=2)
    on.simulator.faults.clear()
    on.target(messages, batch_size_rows=2)


def refused_records(on):
    """A record that Ninox refuses, among others that it takes."""
    for batch in ("atomic", "partial"):
        on.serve(shop(0), batch=batch)
        on.simulator.faults.add("refuse_one", method="POST", path="/records$", times=None)
        on.target([CUSTOMERS, *rows(1, 2, 3), state({"a": 1})])


def limits(on):
    """Bounds on what a run may change and delete."""
    for name in ("max_updates", "max_deletes"):
        on.serve(shop(4))
        messages = [CUSTOMERS, *rows(8, 9), *rows(1, 2, amount=7), state(WHOLE)]
        on.target(messages, streams=MIRROR, **{name: 1})


def duplicate_keys(on):
    """Several records that have the key of a row."""
    on.serve(shop(3))
    on.edit.update("A", 2, {"A": "name 1"})
    on.target([CUSTOMERS, *rows(1, amount=7)])


def wrong_settings(on):
    """A table and a field that do not exist."""
    on.serve(shop(1))
    on.target([CUSTOMERS, *rows(2)], streams={"customers": {"table": "Kunden"}})
    on.target([CUSTOMERS, *rows(2)], streams={"customers": {"fields": {"Amount": "Betrag"}}})
    on.target([CUSTOMERS, *rows(2)], database="Laden")


def files_of_the_tap(on):
    """The listing of files is no table: nothing is written."""
    on.serve(shop(1))
    put_file(on.edit, 1, "a.txt", b"a")
    read = run_tap(on.simulator, files={"*": "metadata"})
    on.target([message for message in read.messages if message.get("stream") == "ninox_files"])


TARGET_RUNS = {
    run.__name__: run
    for run in (
        creates, upserts, inserts, updates_only, mirrors, deletions, deletions_one_by_one, references, choices,
        german_formats, every_field_type, moves, mapped_fields, emptied_fields, numbers, files, rejects, dry_run,
        batch_files, lost_answers, a_failing_server, refused_records, limits, duplicate_keys, wrong_settings,
        files_of_the_tap,
    )
}  # fmt: skip
