"""A column read at once is the column read value by value, or it is not read at once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ninox_singer.types import ALIASES, TYPES, field_type
from ninox_singer.types.base import BadValueError
from tap_ninox.rows.columns import Column

CAPTIONS = {"1": "new", "2": "done", "3": "1", "": "never"}

WHOLE = {"string", "number", "boolean", "date", "time", "timestamp", "choice", "ref", "dchoice", "file", "user"}

TEXTS = st.one_of(
    st.sampled_from(["", "1", "2", "7", "new", "2026-01-31", "2026-W05-1", "2026-01-31T08:00", "08:00", "08:00Z"]),
    st.sampled_from(["2026-01-31T08:00:00Z", "2026-01-31Z", "2026-02-30", "20260131", "2026-01-31T08:00:00+02:00"]),
    st.text("0123456789-:TZ+. Wz", max_size=25),
    st.text(max_size=5),
)
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.sampled_from([0, 1, 2**53 + 1, Decimal("0.10"), Decimal("1E+400")]),
    st.lists(st.integers() | st.text(max_size=2), max_size=2),
    st.dictionaries(st.text(max_size=2), st.booleans(), max_size=2),
)
COLUMNS = st.one_of(*(st.lists(kind | st.none(), max_size=6) for kind in (TEXTS, st.booleans(), st.integers(), VALUES)))


def one_by_one(column, sent):
    read, _ = column.readers(None)
    try:
        return [None if value is None or value == "" else read(value) for value in sent]
    except BadValueError:
        return "some do not fit"


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(
            Column(name="p", title="p", field_id="A", type=kind, part=part.name, captions=CAPTIONS),
            id=f"{kind}-{part.name}",
        )
        for kind in (*TYPES, *ALIASES, "new in Ninox")
        for part in field_type(kind).parts
    ],
)
@settings(max_examples=40)
@given(sent=COLUMNS)
def test_a_column_is_read_as_its_values_are(column, sent):
    _, read = column.readers(None)
    whole = read(sent) if read else None
    if whole is not None:
        assert whole == one_by_one(column, sent)
        assert list(map(type, whole)) == list(map(type, one_by_one(column, sent)))


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_common_types_are_read_at_once(kind):
    sent = {"number": [2, None], "boolean": [True, None], "ref": [7, None], "dchoice": [7, None]}
    texts = {"date": ["2026-01-31", None], "time": ["08:00", None], "timestamp": ["2026-01-31T08:00:00", None]}
    column = Column(name="p", title="p", field_id="A", type=kind, part="", captions=CAPTIONS)
    assert column.readers(None)[1]({**sent, **texts}.get(kind, ["1", None])) is not None
