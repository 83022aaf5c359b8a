"""Promises about the number of API calls."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "docs/changes.md",
        "pages grow from 1,000 records to 10,000 while answers are full, quick and small",
        test="tap/test_page_size.py::test_pages_grow_from_a_thousand_to_ten_thousand_while_answers_are_full",
        defects=(
            Defect("ninox_api:PageSize.note", "self._next = min(self._most, asked * _GROWTH)", "pass"),
            Defect("ninox_api:PageSize.__init__", "MAX_PAGE_SIZE if size is None else self.first", "self.first"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "pages grow from 1,000 records to 10,000 while answers are full, quick and small",
        test="tap/test_page_size.py::test_pages_do_not_grow_while_answers_are_slow",
        defects=(Defect("ninox_api:PageSize.note", "and delivery.seconds <= QUICK_S", ""),),
    ),
    Promise(
        "docs/changes.md",
        "become smaller before a slow one fails",
        test="tap/test_page_size.py::test_a_slow_answer_makes_the_next_pages_smaller_but_not_smaller_than_the_first",
        defects=(Defect("ninox_api:PageSize.note", "max(self.first, asked // _GROWTH)", "asked // _GROWTH"),),
    ),
    Promise(
        "docs/changes.md",
        "A size that the server refuses is not tried again",
        test="tap/test_page_size.py::test_a_larger_page_that_is_refused_is_asked_for_in_the_size_that_was_answered",
        defects=(
            Defect("ninox_api:PageSize.shrink", "(asked_too_much(error) or is_refused)", "asked_too_much(error)"),
            Defect("ninox_api:PageSize.shrink", "self._next = self._most = smaller", "self._next = smaller"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "the bookmark remembers the most that it sends",
        test="tap/test_page_size.py::test_the_bound_of_a_server_is_remembered_and_no_short_page_is_taken_for_the_end",
        defects=(
            Defect("ninox_api:PageSize.note", "self.cap = rows", "pass"),
            Defect("ninox_api:PageSize.note", "self.cap = None", "pass"),
            Defect("tap_ninox:TableStream._read_in_full", "page_cap=cap", "page_cap=None"),
            Defect("ninox_api:PageSize.is_short", "not may_be_cap and", ""),
        ),
    ),
    Promise(
        "docs/changes.md",
        "the higher number counts the calls that confirm where each table ends",
        test="tap/test_inspection.py::test_the_calls_that_confirm_an_end_are_the_higher_number",
        defects=(
            Defect("ninox_tools.inspection.cost:TableReading.end_calls", "return 1 + may_be_full", "return 1"),
            Defect("ninox_tools.inspection.cost:TableReading.end_calls", "rows in USUAL_CAPS or", ""),
            Defect(
                "ninox_tools.inspection.cost:TableReading.refresh_end_calls",
                "0 if self.refreshes_formulas_alone else self.end_calls()",
                "0",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "no empty page is asked for where the feed names the id behind the last record as the next one",
        test="tap/test_first_load.py::test_pages_of_ten_bring_every_row_with_one_call_a_page_if_the_feed_tells_the_end",
        defects=(Defect("tap_ninox:FullTable._range", "last_id + 1 == self._next_id", "False"),),
    ),
    Promise(
        "docs/changes.md",
        "a sync that begins within ten minutes of `--discover` asks for no schema again",
        test="tap/test_calls_of_discovery.py::test_an_idle_run_of_meltano_is_two_calls_for_each_database_given_by_id",
        defects=(
            Defect("tap_ninox:TapNinox.look_around", "read_stamp(self._saved_catalog.beside", "read_stamp({}"),
            Defect(
                "tap_ninox:look", "and all(isinstance(s, DatabaseSchema) and s.name for s in known.values())", "and 0"
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "a sync that begins within ten minutes of `--discover` asks for no schema again",
        test="tap/test_calls_of_discovery.py::test_what_discovery_saw_counts_for_ten_minutes",
        defects=(Defect("tap_ninox:read_stamp", "0 <= now - kept", "0 >= kept"),),
    ),
    Promise(
        "docs/changes.md",
        "An edited, older or foreign catalog works as before",
        test="tap/test_calls_of_discovery.py::test_a_catalog_without_a_stamp_of_ours_works_as_ever",
        defects=(
            Defect("tap_ninox:read_stamp", 'kept.get("mark") != _mark(of, kept["seen_at"], kept["seen"])', "False"),
            Defect("tap_ninox:_mark", "[*of, seen_at, packed]", "[*of, packed]"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "An edited, older or foreign catalog works as before",
        test="tap/test_calls_of_discovery.py::test_a_stamp_of_other_settings_does_not_count",
        defects=(Defect("tap_ninox:_mark", "[*of, seen_at, packed]", "[seen_at, packed]"),),
    ),
    Promise(
        "docs/changes.md",
        "A wrong id is an error that lists what there is",
        test="tap/test_calls_of_discovery.py::test_a_wrong_id_is_an_error_that_lists_what_there_is",
        defects=(Defect("tap_ninox:_read_by_id", "known.clear()", "raise"),),
    ),
    Promise(
        "docs/changes.md",
        "A wrong id is an error that lists what there is",
        test="target/test_calls_of_discovery.py::test_a_wrong_id_is_an_error_that_lists_what_there_is",
        defects=(Defect("target_ninox:find_database", "suppress(NinoxNotFoundError, ", "suppress("),),
    ),
    Promise(
        "docs/changes.md",
        "Team and databases that are given by id are not looked up",
        test="target/test_calls_of_discovery.py::test_team_and_database_given_by_id_cost_one_call",
        defects=(Defect("ninox_singer:are_ids", "is_team = team is not None", "is_team = team is None"),),
    ),
    Promise(
        "docs/changes.md",
        "Team and databases that are given by id are not looked up",
        test="tap/test_calls_of_discovery.py::test_settings_that_name_something_else_are_understood_by_the_lists",
        defects=(Defect("tap_ninox:_read_by_id", "or not named.issubset(ids)", ""),),
    ),
    Promise(
        "docs/changes.md",
        "Team and databases that are given by id are not looked up",
        test="tap/test_calls_of_discovery.py::test_a_team_given_by_id_is_not_looked_up_where_schemas_are_forbidden_either",
        defects=(Defect("tap_ninox:_list_databases", "if is_known and settings.team is not None:", "if False:"),),
    ),
    Promise(
        "docs/changes.md",
        "The report of each says what its calls were for, of each stream and of the run",
        test="tap/test_where_calls_went.py::test_calls_are_told_by_what_they_were_for_and_by_stream",
        defects=(
            Defect("ninox_api:Transport.send", "repeat(Purpose.RETRIES)", "repeat(request.purpose)"),
            Defect("tap_ninox:RunReport.measure", "report.calls += self.calls - calls", "pass"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "The report of each says what its calls were for, of each stream and of the run",
        test="target/test_calls_of_discovery.py::test_the_report_tells_calls_by_what_they_were_for_and_by_stream",
        defects=(
            Defect(
                "target_ninox:RunReport.measure",
                "for purpose, number in named_calls(taken).items():",
                "for purpose, number in {}.items():",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "`calls_per_month` is what your plan grants: each run and `singer-ninox inspect` say how often such a run fits",
        test="tap/test_where_calls_went.py::test_the_most_frequent_schedule_that_fits_is_told",
        defects=(
            Defect("tap_ninox:RunReport.schedule", "self.calls.total() + self.calls_before", "self.calls.total()"),
            Defect("tap_ninox:minutes_between_runs", "math.ceil(", "int("),
        ),
    ),
    Promise(
        "docs/changes.md",
        "batches grow from 100 records to 1,000 while they are answered within 3 seconds",
        test="target/test_batch_size.py::test_batches_grow_from_a_hundred_to_a_thousand_rows_while_answers_are_quick",
        defects=(
            Defect("target_ninox:BatchSize.note", "min(self._most, rows * _GROWTH)", "self.current"),
            Defect("target_ninox:BatchSize.note", "min(self._most, rows * _GROWTH)", "rows * _GROWTH"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "batches grow from 100 records to 1,000 while they are answered within 3 seconds",
        test="target/test_batch_size.py::"
        "test_batches_do_not_grow_while_answers_are_slow_and_are_no_smaller_than_the_first",
        defects=(
            Defect("target_ninox:BatchSize.note", "max(self._first, rows // _GROWTH)", "max(1, rows // _GROWTH)"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "and have less than half a MiB",
        test="target/test_batch_size.py::test_batches_grow_no_further_than_a_mebibyte",
        defects=(Defect("target_ninox:BatchSize.note", "delivery.sent * _GROWTH <= MAX_BATCH_BYTES", "True"),),
    ),
    Promise(
        "docs/changes.md",
        "and have less than half a MiB",
        test="target/test_batch_size.py::"
        "test_no_batch_larger_than_the_first_has_more_than_a_mebibyte_though_rows_become_larger",
        defects=(
            Defect("target_ninox:BatchSize.max_bytes", "MAX_BATCH_BYTES if rows > self._first else None", "None"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "They become smaller where the server is slow or runs out of time",
        test="target/test_batch_size.py::test_a_slow_answer_makes_the_next_batches_smaller_until_answers_are_quick_again",
        defects=(
            Defect("target_ninox:BatchSize.note", "delivery.seconds > SLOW_S", "False"),
            Defect("target_ninox:BatchSize.note", "and delivery.seconds <= QUICK_S", ""),
        ),
    ),
    Promise(
        "docs/changes.md",
        "They become smaller where the server is slow or runs out of time",
        test="target/test_batch_size.py::test_after_a_timeout_batches_are_as_large_as_the_last_that_was_answered",
        defects=(Defect("target_ninox:BatchSize.shrink", "self._most = min(self.current, smaller)", "smaller"),),
    ),
    Promise(
        "docs/changes.md",
        "a number of rows that it refuses is not tried again",
        test="target/test_batch_size.py::test_a_size_that_the_server_refuses_is_not_tried_again",
        defects=(
            Defect("target_ninox:BatchSize.note_refused", "self._most = self._taken", "self._taken"),
            Defect("target_ninox:BatchSize.note_refused", "self.is_new(rows)", "False"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "a number of rows that it refuses is not tried again",
        test="target/test_batch_size.py::test_too_many_rows_at_once_are_not_tried_again",
        defects=(Defect("target_ninox:BatchSize.shrink", "self._taken if self.is_new(rows) else ", ""),),
    ),
    Promise(
        "docs/changes.md",
        "a bad row does not keep batches small",
        test="target/test_batch_size.py::test_a_bad_row_does_not_keep_batches_small",
        defects=(Defect("target_ninox:BatchSize.note_bad_row", "self._most_without_doubt", "self._most"),),
    ),
    Promise(
        "docs/changes.md",
        "What a server silently leaves out of a larger batch is sent again",
        test="target/test_batch_size.py::test_rows_that_a_server_leaves_out_of_a_larger_batch_are_sent_again",
        defects=(
            Defect(
                "target_ninox:BatchWriter._judge_by_what_is_there", "and self._size.is_new(len(chunk))", "and False"
            ),
            Defect("target_ninox:BatchWriter._send", "len(answers) == rows and deliveries", "deliveries"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "1,000 changed rows of 50,000 cost 14 calls",
        test="target/test_batch_size.py::test_changed_rows_cost_the_schema_one_reading_and_their_batches",
        defects=(
            Defect("target_ninox:Matcher._look_ups_pay", "<= pages_left", ">= pages_left"),
            Defect("target_ninox:BatchSize.note", "min(self._most, rows * _GROWTH)", "self.current"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "spares the look after a row that is refused alone",
        test="target/test_refused_rows.py::"
        "test_a_refused_row_needs_no_look_where_the_next_id_shows_that_nothing_was_saved",
        defects=(Defect("target_ninox:BatchWriter._may_wait", "is_plain and", "False and"),),
    ),
    Promise(
        "docs/changes.md",
        "the next id that Ninox hands out proves it",
        test="target/test_refused_rows.py::"
        "test_a_refused_row_that_is_saved_all_the_same_is_found_by_the_id_that_is_missing",
        defects=(
            Defect(
                "target_ninox:BatchWriter._judge_waiting",
                "min(created, default=0) == self._table.highest_id + 1",
                "True",
            ),
            Defect("target_ninox:BatchWriter._look", "*(refused.intent for refused in self._waiting), ", ""),
        ),
    ),
]
