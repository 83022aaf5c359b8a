"""Records by key: found, changed and forgotten; and what many of them cost in memory."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from target_ninox.records.index import MEMORY_BYTES, RecordIndex, TemporaryDatabase

in_linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no other system says it so easily")


@pytest.fixture
def database():
    database = TemporaryDatabase()
    yield database
    database.close()


def index(database):
    return RecordIndex(lambda _, fields: fields.get("A"), frozenset("AB"), database)


def test_records_are_found_changed_and_forgotten_by_key(database):
    found = index(database)
    for number in (1, 2, 9, 5, 3):
        found.put(number, {"A": "x" if number % 2 else f"key {number}", "B": number, "C": "not kept"})
    found.merge(2, {"B": 20})
    assert [record.id for record in found.find(["x"])["x"]] == [1, 3, 5, 9]
    assert found.find(["key 2"])["key 2"][0].fields == {"A": "key 2", "B": 20}
    found.merge(5, {"A": "moved"})
    found.merge(1, {"B": 10})
    found.remove(1)
    assert [record.id for record in found.find(["x"])["x"]] == [3, 9]
    assert found.find(["moved"])["moved"][0].fields == {"A": "moved", "B": 5}
    found.put(12, {})
    assert sorted(found.ids()) == [2, 3, 5, 9, 12]


def test_keys_with_one_hash_are_told_apart(database):
    class Colliding(str):
        __slots__ = ()

        def __hash__(self):
            return 1

    found = RecordIndex(lambda _, fields: Colliding(fields["A"]), frozenset("A"), database)
    for number, key in enumerate(["a", "b", "a", "c"], start=1):
        found.put(number, {"A": key})
    assert [record.id for record in found.find([Colliding("a")])[Colliding("a")]] == [1, 3]
    found.remove(1)
    found.merge(3, {"A": "b"})
    assert [record.id for record in found.find([Colliding("b")])[Colliding("b")]] == [2, 3]
    assert found.find([Colliding("a")])[Colliding("a")] == []


def resident():
    """Return how many bytes this process holds in memory; what a library in C holds, too."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@in_linux
def test_the_values_of_many_tables_take_no_more_memory_than_those_of_one(database):
    tables = [index(database) for _ in range(20)]
    before = resident()
    for number in range(1, 11):
        for table in tables:
            table.put(number, {"A": f"key {number}", "B": "x" * (MEMORY_BYTES // 20)})
    assert resident() - before < 4 * MEMORY_BYTES
    assert [len(table.find(["key 7"])["key 7"][0].fields["B"]) for table in tables] == [MEMORY_BYTES // 20] * 20


def test_a_full_disk_is_the_machines_fault_and_no_defect(database):
    found = index(database)
    database.run("PRAGMA max_page_count = 9")
    with pytest.raises(OSError, match="a temporary file cannot be used: database or disk is full"):
        found.put(1, {"A": "x" * 100_000})


def test_a_disk_that_is_full_is_one_to_whatever_is_asked_afterwards(database):
    found = index(database)
    database.run("PRAGMA max_page_count = 40")
    failed = 0
    for number in range(1, 2001):
        try:
            found.put(number, {"A": f"key {number % 7}", "B": "x" * 999})
            found.find(["key 3"])
        except OSError as error:
            assert "a temporary file cannot be used" in str(error)  # noqa: PT017
            failed += 1
    assert failed > 1000
