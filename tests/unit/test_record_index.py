"""Records by key: found, changed and forgotten; and what a million of them cost in memory."""

from __future__ import annotations

import tracemalloc

import pytest

from target_ninox.records.index import MEMORY_BYTES, RecordIndex, SavedValues


@pytest.fixture
def values():
    saved = SavedValues()
    yield saved
    saved.close()


def index(values):
    return RecordIndex(lambda _, fields: fields.get("A"), kept_fields=frozenset("AB"), values=values)


def test_records_are_found_changed_and_forgotten_by_key(values):
    found = index(values)
    for number in (1, 2, 9, 5, 3):
        found.put(number, {"A": "x" if number % 2 else f"key {number}", "B": number, "C": "not kept"})
    assert [record.id for record in found.find("x")] == [1, 3, 5, 9]
    assert found.find("key 2")[0].fields == {"A": "key 2", "B": 2}
    found.merge(5, {"A": "moved"})
    found.remove(1)
    assert [record.id for record in found.find("x")] == [3, 9]
    assert found.find("moved")[0].fields == {"A": "moved", "B": 5}
    assert sorted(found.ids()) == [2, 3, 5, 9]
    assert 1 not in found
    assert 9 in found


def test_keys_with_one_hash_are_told_apart(values):
    class Colliding(str):
        __slots__ = ()

        def __hash__(self):
            return 1

    found = RecordIndex(lambda _, fields: Colliding(fields["A"]), kept_fields=frozenset("A"), values=values)
    for number, key in enumerate(["a", "b", "a", "c"], start=1):
        found.put(number, {"A": key})
    assert [record.id for record in found.find(Colliding("a"))] == [1, 3]
    found.remove(1)
    found.merge(3, {"A": "b"})
    assert [record.id for record in found.find(Colliding("b"))] == [2, 3]
    assert found.find(Colliding("a")) == []


def test_a_record_costs_little_memory(values):
    """30,000 here; a million must stay below 400 MB with everything else (203 MB when measured in a process)."""
    found = index(values)
    tracemalloc.start()
    for number in range(1, 30_001):
        found.put(number, {"A": f"key {number}", "B": "some text that is as long as an address may well be"})
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 8_100_000


def test_the_values_of_many_tables_take_no_more_memory_than_those_of_one(values):
    tables = [index(values) for _ in range(20)]
    tracemalloc.start()
    for number in range(1, 11):
        for table in tables:
            table.put(number, {"A": f"key {number}", "B": "x" * (MEMORY_BYTES // 20)})
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 2 * MEMORY_BYTES
    assert [len(table.find("key 7")[0].fields["B"]) for table in tables] == [MEMORY_BYTES // 20] * 20
