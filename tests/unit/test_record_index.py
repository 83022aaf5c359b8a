"""Records by key: found, changed and forgotten; and what a million of them cost in memory."""

from __future__ import annotations

import tracemalloc

from target_ninox.matching.record_index import RecordIndex


def index():
    return RecordIndex(lambda _, fields: fields.get("A"), kept_fields=frozenset("AB"))


def test_records_are_found_changed_and_forgotten_by_key():
    found = index()
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
    found.close()


def test_keys_with_one_hash_are_told_apart():
    class Colliding(str):
        __slots__ = ()

        def __hash__(self):
            return 1

    found = RecordIndex(lambda _, fields: Colliding(fields["A"]), kept_fields=frozenset("A"))
    for number, key in enumerate(["a", "b", "a", "c"], start=1):
        found.put(number, {"A": key})
    assert [record.id for record in found.find(Colliding("a"))] == [1, 3]
    found.remove(1)
    found.merge(3, {"A": "b"})
    assert [record.id for record in found.find(Colliding("b"))] == [2, 3]
    assert found.find(Colliding("a")) == []
    found.close()


def test_a_record_costs_little_memory():
    """30,000 here; a million must stay below 400 MB with everything else (203 MB when measured in a process)."""
    found = index()
    tracemalloc.start()
    for number in range(1, 30_001):
        found.put(number, {"A": f"key {number}", "B": "some text that is as long as an address may well be"})
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found.close()
    assert used < 8_100_000
