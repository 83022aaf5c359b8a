"""What many tables cost: the tap keeps their description and no more, and does for each what it does for the first."""

from __future__ import annotations

import gc
import io
import sys
import tracemalloc
import weakref
from collections import Counter
from contextlib import redirect_stdout

import pytest
from singer_sdk.mapper import StreamMap
from singer_sdk.singerlib import CatalogEntry

from ninox_api.body import read_body
from ninox_api.errors import AnswerTooLargeError
from tap_ninox.discovery.saved_catalog import SavedCatalog
from tap_ninox.rows.convert import Converter
from tap_ninox.rows.fast_path import RecordForm, SelectedFieldsDecoder
from tests.helpers.run import discover, new_tap, run_tap
from tests.helpers.seeds import customers, database, field, team


def _many_tables():
    return team(database({f"T{n}": {**customers(), "caption": f"Table {n}"} for n in range(20)}))


def _synced(tap):
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        tap.sync_all()
    gc.collect()
    return tap


def _readers():
    gc.collect()
    return {id(item) for item in gc.get_objects() if isinstance(item, Converter | SelectedFieldsDecoder)}


def test_of_a_table_that_was_read_nothing_stays_that_read_it(simulate):
    before = _readers()
    tap = _synced(new_tap(simulate(_many_tables())))
    assert len(tap.report.streams) >= 20
    assert _readers() <= before


class _Stream(dict):
    """A stream of a catalog by which can be seen whether it is kept."""

    def __deepcopy__(self, _):
        return self


def _maps():
    gc.collect()
    return {id(item) for item in gc.get_objects() if isinstance(item, StreamMap)}


@pytest.mark.parametrize("rules", [{"a": "1"}, None])
def test_stream_maps_are_kept_for_no_stream_whose_turn_it_is_not(simulate, caplog, rules):
    caplog.set_level("INFO")
    before = _maps()
    tap = new_tap(simulate(_many_tables()), stream_maps={"*__table_1*": rules})
    assert len(tap.streams) >= 20
    assert _maps() <= before
    _synced(tap)
    assert _maps() <= before
    assert "null transform" not in caplog.text  # a line for each


def test_a_saved_catalog_is_kept_as_text_alone(simulate):
    simulator = simulate(_many_tables())
    catalog = new_tap(simulator).catalog_dict
    stream = catalog["streams"][-1] = _Stream(catalog["streams"][-1])
    is_kept = weakref.ref(stream)
    before = _entries()  # of other tests in this process
    tap = new_tap(simulator, catalog=catalog)
    del catalog, stream
    assert _synced(tap).report.streams
    assert is_kept() is None
    assert _entries() <= before + 1


def _entries():
    gc.collect()
    return sum(isinstance(item, CatalogEntry) for item in gc.get_objects())


def test_of_a_catalog_in_a_file_one_stream_is_decoded_at_a_time(simulate, tmp_path):
    path = tmp_path / "catalog.json"
    path.write_text(new_tap(simulate(_many_tables())).catalog_json_text, encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        tracemalloc.start()
        catalog = SavedCatalog.read(file)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(list(catalog)) > 20
    assert peak < 2.5 * path.stat().st_size  # decoded at once, it takes five times its size


@pytest.mark.parametrize("with_catalog", [False, True], ids=["discovered", "with a catalog"])
def test_no_function_is_called_more_often_for_a_table_the_more_tables_there_are(simulate, with_catalog):
    counted = []
    for number in (12, 24):
        tables = {f"T{n}": {**customers(F=field("fn", "Twice")), "caption": f"Table {n}"} for n in range(number)}
        simulator = simulate(team(database(tables)))
        settings = {"formulas": {"*": "number"}, "catalog": discover(simulator) if with_catalog else None}
        calls = Counter()
        sys.setprofile(lambda frame, event, _, calls=calls: event == "call" and calls.update([frame.f_code]))
        try:
            run = run_tap(simulator, **settings)
        finally:
            sys.setprofile(None)
        assert run.error is None
        counted.append(calls)
    few, many = counted
    assert [code for code, times in many.items() if times > 2.5 * few[code] + 20] == []


def test_classes_of_wide_tables_that_were_read_do_not_wait_for_python_to_look_for_them():
    gc.disable()
    try:
        kinds = [
            weakref.ref(RecordForm([f"c{n}" for n in range(6000)]).record) for _ in range(3)
        ]  # others have made some before
    finally:
        gc.enable()
    assert kinds[0]() is None


class _Endless:
    def read1(self, amount, **_):
        return b" " * amount


def test_of_an_answer_that_is_cut_off_the_error_keeps_nothing():
    with pytest.raises(AnswerTooLargeError) as raised:
        read_body(_Endless(), max_bytes=2**20)
    assert [len(entry.locals["body"]) for entry in raised.traceback if "came" in entry.locals] == [0]
