"""How far a load is: lines of the log, true, and without a call of their own."""

from __future__ import annotations

import logging

import simplejson

from tests.helpers import limits
from tests.helpers.run import listen_to, records, run_target, schema, target_settings
from tests.helpers.seeds import shop

CUSTOMERS = schema("customers", key=["Name"], Name="string")


def rows(count):
    return records("customers", [{"Name": f"name {n}"} for n in range(count)])


def told(caplog):
    """Rows and share of each line of progress."""
    lines = [record.message for record in caplog.records if record.name == "ninox_singer.progress"]
    return [(line.split(",")[0], line.rpartition("(")[2].rstrip(")") if "%" in line else None) for line in lines]


def test_the_share_is_that_of_the_file(simulate, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = tmp_path / "input"
    path.write_text("".join(simplejson.dumps(m) + "\n" for m in [CUSTOMERS, *rows(400)]))
    with limits.progress_at_every_page(), limits.small_batches(200), path.open("rb") as file:
        listen_to(file, target_settings(simulate(shop(0))))
    assert told(caplog) == [
        ("customers: 100 rows", "50%"),
        ("customers: 200 rows", "50%"),
        ("customers: 200 rows", "50%"),
        ("customers: 300 rows", "100%"),
        ("customers: 400 rows", "100%"),
        ("customers: 400 rows", "100%"),
    ]


def test_behind_a_tap_it_is_the_number_of_rows(simulate, caplog):
    caplog.set_level(logging.INFO)
    with limits.progress_at_every_page():
        run_target(simulate(shop(0)), [CUSTOMERS, *rows(150)])
    assert told(caplog) == [("customers: 100 rows", None), ("customers: 150 rows", None)]
