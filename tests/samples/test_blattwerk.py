"""The shape of the sample company: its size, its ids, its history, and that it never varies."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import pairwise

import pytest

from ninox_simulator.samples import blattwerk

LINES = """
import hashlib, json
from ninox_simulator.samples.blattwerk import build
digest = hashlib.sha256()
for team in build("s"):
    for database in team.databases:
        head = [database.id, database.name, database.schema, database.settings, database.next_rids, database.sequence]
        digest.update(json.dumps(head, ensure_ascii=True).encode())
        for table, rows in database.records.items():
            for row in rows:
                digest.update(json.dumps([table, row]).encode())
print(digest.hexdigest())
"""


def counts(profile):
    readable = {}
    for database in blattwerk.build(profile)[0].databases[:2]:
        for table, rows in database.records.items():
            if table not in database.unreadable_tables:
                readable[database.id, table] = sum(1 for _ in rows)
    return readable


def test_there_is_one_team_with_four_databases(small):
    assert blattwerk.build("s")[0].name == "Blattwerk GmbH"
    assert [database.name for database in small] == [
        "Büro & Baustelle",
        "Nursery & Webshop",
        "Archiv 2019 🔒",
        "Spielwiese",
    ]


def test_the_medium_profile_has_448_408_readable_rows():
    rows = counts("m")
    assert sum(rows.values()) == 448_408
    assert (rows[blattwerk.BUERO_ID, "K"], rows[blattwerk.NURSERY_ID, "E"]) == (120_000, 61_000)


def test_the_small_profile_is_a_hundredth_but_still_forces_paging():
    rows = counts("s")
    assert rows[blattwerk.BUERO_ID, "K"] == 1_200
    assert rows[blattwerk.BUERO_ID, "A"] == 24
    assert rows[blattwerk.BUERO_ID, "I"] == 12
    assert rows[blattwerk.BUERO_ID, "R"] == 1
    assert rows[blattwerk.BUERO_ID, "T"] == 0
    assert 4_000 < sum(rows.values()) < 6_000


def test_another_profile_is_refused():
    with pytest.raises(ValueError, match="No profile 'xl'"):
        blattwerk.build("xl")


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_every_process_builds_the_same_documents(hash_seed):
    digests = {
        subprocess.run(
            [sys.executable, "-c", LINES],
            capture_output=True,
            check=True,
            text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout
        for seed in ("0", hash_seed)
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == hashlib.sha256().digest_size * 2


def test_ids_look_like_those_of_ninox(small):
    assert len(blattwerk.TEAM_ID) == 17
    for database in small:
        assert len(database.id) == 12
        assert database.id.isalnum()
        assert database.id == database.id.lower()


def test_field_ids_are_letters_with_gaps(buero):
    ids = list(buero.schema["types"]["A"]["fields"])
    assert ids[:5] == ["A", "B", "D", "E", "F"]
    assert "C" not in ids
    assert {len(field_id) for field_id in ids} == {1, 2}


def test_record_ids_ascend_with_gaps(buero):
    for rows in buero.records.values():
        rids = [record.id for record in rows]
        assert rids == sorted(set(rids))
    assert [record.id for record in buero.records["A"]][:10] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 11]


def test_some_tables_skip_more_than_ten_thousand_ids(small):
    jumps = set()
    for database in small:
        for table, rows in database.records.items():
            rids = [record.id for record in rows]
            if any(after - before > 10_000 for before, after in pairwise(rids)):
                jumps.add((database.name, table))
    assert len(jumps) == 5


def test_the_next_id_is_beyond_the_last(small):
    for database in small:
        for table, rows in database.records.items():
            assert not rows or database.next_rids[table] > rows[-1].id
    assert small[1].next_rids["H"] > 1_000


def test_sequences_are_unique_in_a_database_and_not_in_the_order_of_ids(small):
    for database in small[:2]:
        sequences = [row.sequence for rows in database.records.values() for row in rows if row.sequence is not None]
        assert len(sequences) == len(set(sequences))
        assert max(sequences) <= database.sequence
        movements = [row.sequence for row in database.records["E"] if row.sequence is not None]
        assert movements != sorted(movements)


def test_about_one_record_in_two_hundred_has_no_sequence(buero):
    rows = [row for rows in buero.records.values() for row in rows]
    share = sum(row.sequence is None for row in rows) / len(rows)
    assert 0.002 < share < 0.008


def test_no_record_is_modified_before_it_is_created(small):
    for database in small:
        for rows in database.records.values():
            assert all(row.created_at <= row.modified_at for row in rows)


def test_one_import_wrote_its_rows_in_one_second(buero):
    assert {row.created_at for row in buero.records["S"]} == {"2019-04-01T03:00:00"}


def test_a_record_synced_late_has_a_high_sequence_and_an_old_time(buero):
    late = buero.records["K"][3]
    older = [row for row in buero.records["K"] if row.sequence and row.sequence < late.sequence]
    assert max(row.modified_at for row in older) > late.modified_at


def test_the_archive_is_locked_and_the_playground_is_empty(small):
    archive, playground = small[2:]
    assert archive.password
    assert archive.settings["lock"] is True
    assert playground.records == {}
    assert playground.schema["types"] == {}
