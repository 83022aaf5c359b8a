"""Promises that the tap keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "README.md",
        "First load: rows changed, added or deleted while it runs are not lost",
        test="tap/test_interleavings.py::test_load_then_two_runs_equal_the_source_for_any_interleaving",
        defects=(
            Defect("ninox_api:keyset_pages", "if not fresh:", "if len(fresh) < len(page) or not fresh:"),
            Defect("tap_ninox:TableReader.changed", "if not missing:", "if True:"),
            Defect(
                "tap_ninox:TableStream._emit_changes",
                "bookmark.advance(reading.sequence)",
                "bookmark.advance(reading.sequence + 1)",
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "the number from *before* reading. Whatever was changed while pages came in is above it, and comes again in "
        "the next run.",
        test="tap/test_first_load.py::test_a_row_changed_after_it_was_read_comes_in_the_next_run",
        defects=(
            Defect(
                "tap_ninox:TableStream._emit_whole",
                "sequence=reading.sequence",
                "sequence=self._source.change_log.current_sequence()",
            ),
        ),
    ),
    Promise(
        "README.md",
        "Killed at any time, it continues where the state says",
        test="tap/test_first_load.py::test_every_state_of_a_first_load_is_a_place_to_continue_from",
        defects=(
            Defect("tap_ninox:Snapshot.note", "part.last_id = last_id", "part.last_id = last_id + 1"),
            Defect("tap_ninox:TableStream._emit_whole", "opened.bookmark.snapshot = snapshot", "pass"),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "when the table is read to its end, asks for what has changed since 5,000",
        test="tap/test_continued_readings.py::test_a_first_load_that_is_continued",
        defects=(Defect("tap_ninox:Planner._whole", "if missed is not None:  #", "if False:  #"),),
    ),
    Promise(
        "README.md",
        "if nothing did, one API call per database besides discovery",
        test="scenarios/test_a03_nothing_changed.py::test_a_run_without_changes",
        defects=(
            Defect("tap_ninox:Planner._must_read_whole", "return False", "return True"),
            Defect("tap_ninox:ChangeLog._ask_once", "self._asked = True", "pass"),
        ),
    ),
    Promise(
        "README.md",
        "Deleted rows keep their values and get `_sdc_deleted_at`",
        test="tap/test_changes.py::test_changed_added_and_deleted_rows_arrive_whatever_form_the_feed_has",
        defects=(
            Defect("ninox_api:split_by_table", ".removed.add(record_id)", ""),
            Defect("tap_ninox:TableStream._emit_changes", "self._write_tombstones(removed, report)", "pass"),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "a deleted row is sent as its key alone, under a schema of its own, *after* all other rows of its stream",
        test="tap/test_changes.py::test_tombstones_come_last_under_a_narrow_schema",
        defects=(
            Defect(
                "tap_ninox:Tombstones._messages_of",
                "{} if self._narrow else dict.fromkeys(known)",
                "dict.fromkeys(known)",
            ),
        ),
    ),
    Promise(
        "README.md",
        "An incomplete reading never passes for a deletion",
        test="scenarios/test_a06_we_deleted_wrong_invoices.py::test_a_refresh_that_is_cut_off_marks_none",
        defects=(
            Defect(
                "tap_ninox:TableStream._emit_whole",
                "with self._progress(start=_share_read(reading) or 0.0) as progress:",
                "self._write_activate_version_message(snapshot.table_version)\n"
                "        with self._progress(start=_share_read(reading) or 0.0) as progress:",
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "The tap then warns and reads the tables whole. The same happens where the feed no longer reaches back to the "
        "bookmark.",
        test="tap/test_changes.py::test_a_database_that_went_back_is_read_whole_with_one_warning_per_table",
        defects=(
            Defect("tap_ninox:ChangeLog.has_lost", "self.sequence < bookmark", "False"),
            Defect("tap_ninox:ChangeLog._ask_since", "max(since - 1, 0) if self.echoes else since", "since"),
        ),
    ),
    Promise(
        "README.md",
        "Whole readings on a schedule (`full_refresh_interval_hours`) with table versions; one that dies leaves the "
        "table as it was",
        test="tap/test_full_refresh.py::test_a_refresh_that_dies_activates_nothing_and_goes_on_next_time",
        defects=(Defect("tap_ninox:Planner._whole", "resumed or self._begun(bookmark)", "self._begun(bookmark)"),),
    ),
    Promise(
        "docs/reference/streams.md",
        "`ACTIVATE_VERSION`, if the table was read whole: behind the last row, never before it.",
        test="tap/test_full_refresh.py::test_a_refresh_has_a_higher_version_activated_after_its_last_row_and_later_rows_carry_it",
        defects=(
            Defect("tap_ninox:Bookmark.next_version", "(self.table_version or 0) + 1", "0"),
            Defect(
                "tap_ninox:TableStream._emit_changes", "self._stream_version = opened.bookmark.table_version", "pass"
            ),
        ),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "So a table whose formulas are read is read whole every 24 hours",
        test="tap/test_formulas.py::test_changed_rows_bring_their_formulas_and_all_rows_after_a_day",
        defects=(
            Defect(
                "tap_ninox:OpenTable.__init__",
                "FORMULA_REFRESH_INTERVAL if interval is None and formulas.reads_any else interval",
                "interval",
            ),
            Defect("tap_ninox:OpenTable.__init__", "join=formulas.join", "join=lambda page: page"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "When more than half of a table's fields are gone at once, the table is not read until you say so (`refresh`)",
        test="tap/test_drift_since_state.py::test_a_table_that_lost_most_of_its_fields_is_not_read_until_someone_says_so",
        defects=(Defect("tap_ninox:TableStream._read", "self._run.check(self.name)", "pass"),),
    ),
    Promise(
        "docs/how-to/files.md",
        "With `max_api_calls` the first takes several runs, each going on where the last one stopped.",
        test="tap/test_files.py::test_an_interrupted_first_reading_goes_on_at_its_record_and_downloads_nothing_twice",
        defects=(
            Defect("tap_ninox:FilesStream._of_all", "IdRange(mark.last_id)", "IdRange()"),
            Defect("tap_ninox:FileFetcher.fetch", "self._store.has(known)", "False"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "no file name leads out of the store's folder.",
        test="reliability/test_hostile_names.py::test_any_names_of_files_are_stored_inside_their_folder_and_apart",
        defects=(
            Defect("tap_ninox:_harmless", '[<>:"/', '[<>:"'),
            Defect("tap_ninox:stored_names", "alike[_as_a_file_system_sees(name)] > 1", "False"),
        ),
    ),
    Promise(
        "README.md",
        "[Files](docs/how-to/files.md): listed, or downloaded to any store, resumable, byte for byte",
        test="tap/test_files.py::test_a_file_that_cannot_be_fetched_fails_the_run_at_its_end_and_is_tried_again",
        defects=(Defect("tap_ninox:FileFetcher._fetch", "file.size not in {None, download.size}", "False"),),
    ),
]
