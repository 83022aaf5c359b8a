"""What the tap keeps of many tables while it runs: their description, and no more."""

from __future__ import annotations

import gc
import io
import weakref
from contextlib import redirect_stdout

from tap_ninox.rows.convert import Converter
from tap_ninox.rows.fast_path import SelectedFieldsDecoder
from tests.helpers.run import new_tap
from tests.helpers.seeds import customers, database, team


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


class _Mark:
    """Lives as long as the catalog that it is in."""

    def __deepcopy__(self, _):
        return self


def test_a_saved_catalog_is_not_kept_beside_the_form_that_the_sdk_makes_of_it(simulate):
    simulator = simulate(_many_tables())
    catalog = new_tap(simulator).catalog_dict
    mark = catalog["streams"][-1]["note"] = _Mark()
    is_kept = weakref.ref(mark)
    tap = new_tap(simulator, catalog=catalog)
    del catalog, mark
    assert _synced(tap).report.streams
    assert is_kept() is None
