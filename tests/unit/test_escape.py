"""What is shown of a text that anybody may have written."""

from __future__ import annotations

import logging
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ninox_singer.logs import escape, escape_logs

STEERING = {"Cc", "Zl", "Zp", "Cs"}
BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(st.characters()) | st.text("\x1b\r\n\u202e\u2028\ud83d\x9b[31mA"))
@example("\x1b]0;title\x07")
@example("\u202egnp.exe")
def test_nothing_that_is_shown_steers_a_terminal_or_begins_a_line(text):
    shown = escape(text)
    assert not {unicodedata.category(character) for character in shown} & STEERING
    assert not {unicodedata.bidirectional(character) for character in shown} & BIDIRECTIONAL
    assert len(shown.splitlines()) <= 1
    assert escape(shown) == shown
    shown.encode()


@pytest.mark.parametrize("text", ["Größen & Maße", "👩‍🌾 Gärtnerin", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "価格", "عدد", r"C:\new", 'a\' "b" <i>'])
def test_what_people_write_stays_as_it_is(text):
    assert escape(text) == text


def test_an_escaped_text_says_what_stood_there():
    assert escape("a\nb\x1b[2J\u202e\ud83d") == r"a\nb\x1b[2J\u202e\ud83d"


def test_every_log_record_is_escaped_arguments_included(caplog):
    before = logging.getLogRecordFactory()
    try:
        escape_logs()
        logging.getLogger("anybody").error("first\nERROR forged %s", "\x1b[2J")
    finally:
        logging.setLogRecordFactory(before)
    assert caplog.messages == [r"first\nERROR forged \x1b[2J"]
