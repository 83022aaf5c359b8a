"""A10: the option `2/ Gewerbe` is called `2/ Unternehmen`. Old rows keep id 2; joined, they show the new caption."""

from __future__ import annotations

import pytest

from ninox_simulator.samples.blattwerk import BUERO_ID, TEAM_ID
from ninox_simulator.samples.blattwerk.week import field_id_of
from tests.helpers.loaders import SCHEMA, PostgresLoader
from tests.helpers.run import run_tap
from tests.helpers.wire import record_pages, single_reads

CUSTOMERS = "buero_baustelle__kunden"
SETTINGS = {"databases": ["Büro*"], "tables": ["Kunden"]}

pytestmark = [pytest.mark.e2e, pytest.mark.ninox(seed="blattwerk")]

JOINED = f"""
SELECT k._id, k.kundenart_id, c.caption
  FROM {SCHEMA}.{CUSTOMERS} k
  LEFT JOIN {SCHEMA}.ninox_choices c
    ON c.stream = '{CUSTOMERS}' AND c.property = 'kundenart' AND c.choice_id = k.kundenart_id
   AND c._sdc_deleted_at IS NULL
 ORDER BY k._id
"""  # noqa: S608 (names of this module)

MULTIPLE = f"""
SELECT k._id, array_agg(c.caption ORDER BY option.position)
  FROM {SCHEMA}.{CUSTOMERS} k,
       jsonb_array_elements_text(to_jsonb(k.interessen_ids)) WITH ORDINALITY option(id, position)
  JOIN {SCHEMA}.ninox_choices c ON c.stream = '{CUSTOMERS}' AND c.property = 'interessen' AND c.choice_id = option.id
 GROUP BY k._id ORDER BY k._id
"""  # noqa: S608

REFERENCES = f"""
SELECT f.property, t.stream
  FROM {SCHEMA}.ninox_fields f
  JOIN {SCHEMA}.ninox_tables t ON t.database_id = f.database_id AND t.table_id = f.target_table_id
 WHERE f.stream = '{CUSTOMERS}' AND f.type = 'ref'
"""  # noqa: S608


@pytest.fixture
def warehouse(postgres, tmp_path):
    return PostgresLoader(postgres, tmp_path)


def test_a_renamed_option_shows_in_all_rows_without_loading_them_again(simulator, warehouse):
    first = run_tap(simulator, **SETTINGS)
    warehouse.load(first.text)
    before = warehouse.query(JOINED)
    assert {option: caption for _, option, caption in before if option} == {
        "1": "1/ Privat",
        "2": "2/ Gewerbe",
        "3": "3/ Kommune",
    }
    database = simulator.store.database(TEAM_ID, BUERO_ID)
    database.rename_choice("A", field_id_of(BUERO_ID, "A", "Kundenart"), "2", "2/ Unternehmen")
    simulator.log.clear()
    second = run_tap(simulator, state=first.state, **SETTINGS)
    warehouse.load(second.text)
    assert (record_pages(simulator), single_reads(simulator)) == ([], [])
    assert second.ids(CUSTOMERS) == []
    after = warehouse.query(JOINED)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert {caption for _, option, caption in after if option == "2"} == {"2/ Unternehmen"}
    assert [row for row in after if row[1] != "2"] == [row for row in before if row[1] != "2"]


@pytest.mark.parametrize("multi", ["array", "object"])
def test_multiple_choices_and_references_can_be_joined(simulator, warehouse, multi):
    simulator.switches.update({"multi": multi})
    first = run_tap(simulator, **SETTINGS)
    warehouse.load(first.text)
    captions = {row["_id"]: row["interessen"] for row in first.rows(CUSTOMERS) if row["interessen"]}
    assert dict(warehouse.query(MULTIPLE)) == captions
    assert captions
    assert warehouse.query(REFERENCES) == [("geworben_von", CUSTOMERS)]


def test_a_deleted_option_is_marked_and_its_rows_keep_the_id(simulator, warehouse):
    first = run_tap(simulator, **SETTINGS)
    warehouse.load(first.text)
    field = field_id_of(BUERO_ID, "A", "Kundenart")
    database = simulator.store.database(TEAM_ID, BUERO_ID)
    del database.schema["types"]["A"]["fields"][field]["values"]["3"]
    second = run_tap(simulator, state=first.state, **SETTINGS)
    warehouse.load(second.text)
    options = {option: caption for _, option, caption in warehouse.query(JOINED)}
    assert options["3"] is None
    assert options["2"] == "2/ Gewerbe"
