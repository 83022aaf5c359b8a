"""Promises that the tap keeps: what is read, and in which order."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

ALONE = "tap/test_formulas_alone.py"

PROMISES = [
    Promise(
        "docs/how-to/schema-changes.md",
        "the run that reports a formula that is new, selected again or read as another type fills it in, and says so",
        test=f"{ALONE}::test_a_formula_that_rows_lack_is_due_at_once_and_no_refresh_is_advised",
        defects=(
            Defect(
                "tap_ninox:Bookmark.lacks_formulas", "shape.get(c.field_id) != c.computed_as", "c.field_id not in shape"
            ),
            Defect("tap_ninox:RunReport._note_what_became", "filled_in(drift)", "drift"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "the run that reports a formula that is new, selected again or read as another type fills it in, and says so",
        test=f"{ALONE}::test_a_formula_that_is_selected_again_is_due_at_once_and_no_refresh_is_advised",
        defects=(Defect("tap_ninox:Bookmark.lacks_formulas", "or c.name in self.deselected", ""),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "the next run goes on from where the database was when it began",
        test="tap/test_continued_readings.py::test_one_that_began_when_the_database_was_set_back_goes_on_from_there",
        defects=(
            Defect(
                "tap_ninox:known_sequence",
                "min(filter(_is_count, (values.get(keys.REPLICATION_KEY_VALUE), begun)), default=None)",
                "values.get(keys.REPLICATION_KEY_VALUE) or begun",
            ),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "First load: rows changed, added or deleted while it runs are not lost",
        test="tap/test_interleavings.py::test_load_then_two_runs_equal_the_source_for_any_interleaving",
        defects=(
            Defect("tap_ninox:ChangedRecords.named", "if not missing:", "if True:"),
            Defect(
                "tap_ninox:TableStream._read_changes",
                "bookmark.advance(started.sequence,",
                "bookmark.advance(started.sequence + 1,",
            ),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "Killed at any time, it continues where the state says",
        test="tap/test_first_load.py::test_every_state_of_a_first_load_is_a_place_to_continue_from",
        defects=(
            Defect("tap_ninox:Snapshot.note", "part.last_id = last_id", "part.last_id = last_id + 1"),
            Defect(
                "tap_ninox:TableStream._read_in_full",
                "bookmark.write_to(self.stream_state) self.tap.write_state(is_new=True)",
                "self.tap.write_state(is_new=True)",
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "when the table has been read to its end, asks for what has changed since 5,000",
        test="tap/test_continued_readings.py::test_a_first_load_that_is_continued",
        defects=(Defect("tap_ninox:_start_in_full", "if is_resumed and plan.changes is not None:", "if False:"),),
    ),
    Promise(
        "docs/guarantees.md",
        "if nothing did, one API call per database besides discovery",
        test="tap/test_changes.py::test_an_idle_run_makes_one_feed_call_besides_discovery_and_sends_only_its_state",
        defects=(
            Defect("tap_ninox:make_plan", "if status.is_lost:\n        return", "if True:\n        return"),
            Defect("tap_ninox:Feed._answer", "if position not in self._answers:", "if True:"),
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
        "docs/explanation/sequence.md",
        "The tap then warns and refreshes the tables in full. The same happens if the feed no longer reaches back "
        "to the bookmark.",
        test="tap/test_changes.py::test_a_database_that_went_back_is_read_whole_with_one_warning_per_table",
        defects=(
            Defect("tap_ninox:Feed._is_behind", "main.content.sequence < position", "False"),
            Defect(
                "tap_ninox:Feed._ask_since", "max(position - 1, 0) if self.repeats_sequence else position", "position"
            ),
        ),
    ),
    Promise(
        "docs/loaders.md",
        "A deletion that the feed names again in the next run is not reported again.",
        test="tap/test_deleted_records.py::test_a_deletion_that_the_feed_names_again_is_reported_once",
        defects=(
            Defect("tap_ninox:Bookmark.not_reported", "left.difference_update(self.last_deleted)", "pass"),
            Defect("tap_ninox:DeletedRecordsStream.get_records", "if deleted[-1] not in reported:", "if True:"),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "So if ids are missing and no page of the run has proved the order yet",
        test="tap/test_order_of_lists.py::test_without_a_feed_changed_rows_behind_greater_ids_come_all_the_same",
        defects=(
            Defect(
                "tap_ninox:ChangedRecords.since",
                "if not tally.is_in_doubt or self._has_all_since(bookmark, tally):",
                "if True:",
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "If there are later records that do not arrive, the stream fails and the next run continues",
        test="tap/test_end_of_a_table.py::test_an_end_that_the_newest_record_contradicts_fails_and_the_next_run_goes_on",
        defects=(Defect("tap_ninox:FullTable._by_id", "if is_again and not has_come:", "if False:"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "A table that lags behind, because it failed, asks for its own changes from its own bookmark: it does not "
        "hold up the others.",
        test="tap/test_unreadable_feed.py::test_a_table_that_fails_in_every_run_does_not_pin_the_others",
        defects=(
            Defect(
                "tap_ninox:Feed._main_position",
                "max(self._followers, key=lambda position: (self._followers[position], position), default=None)",
                "min(self._followers, default=None)",
            ),
            Defect("tap_ninox:Feed._is_shared", "self._followers[position] >= _SHARED", "True"),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "It asks the tables' own feeds instead, and then for records by their sequence: changed rows are read.",
        test="tap/test_unreadable_feed.py::test_a_feed_of_the_database_that_cannot_be_delivered_is_replaced_by_those_of_its_tables",
        defects=(
            Defect(
                "tap_ninox.sync.feed:_is_unreadable", "isinstance(error, NinoxProtocolError | NinoxDamagedError) or", ""
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "What was deleted is then unknown, so the bookmark stays where it is",
        test="tap/test_unreadable_feed.py::test_where_no_feed_can_be_read_rows_come_and_deletions_wait_for_a_feed_that_can",
        defects=(
            Defect("tap_ninox:ChangedRecords.search", "if problem is not None:", "if False:"),
            Defect("tap_ninox:TableStream._read_changes", "if not prepared.finds_deletions_later:", "if False:"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "Full refreshes on a schedule (`full_refresh_interval_hours`) with table versions; one that dies leaves the "
        "table as it was",
        test="tap/test_full_refresh.py::test_a_refresh_that_dies_activates_nothing_and_goes_on_next_time",
        defects=(Defect("tap_ninox:make_plan", "if snapshot is not None:", "if False:"),),
    ),
    Promise(
        "docs/reference/streams.md",
        "`ACTIVATE_VERSION`, if the table was read in full: after the last row, never before it.",
        test="tap/test_full_refresh.py::test_a_refresh_has_a_higher_version_activated_after_its_last_row_and_later_rows_carry_it",
        defects=(
            Defect("tap_ninox:next_version", "max(now_ms, (previous or 0) + 1)", "previous or now_ms"),
            Defect("tap_ninox:TableStream._read_changes", "self.send_version(bookmark.table_version)", "pass"),
        ),
    ),
    Promise(
        "docs/reference/streams.md",
        "A merged state acts like the newer one alone: every bookmark names all its keys from the first `STATE` on, "
        "with null for those that say nothing.",
        test="tap/test_merged_states.py::test_a_state_names_everything_that_it_will_ever_name_from_its_first_message_on",
        defects=(
            Defect(
                "tap_ninox:Bookmark.write_to",
                "SNAPSHOT: [self.snapshot.to_json()] if self.snapshot else None",
                "**({SNAPSHOT: [self.snapshot.to_json()]} if self.snapshot else (saved.pop(SNAPSHOT), {})[1])",
            ),
            Defect("tap_ninox:TapNinox.run", "stream.stream_state.setdefault(key, None)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "Formulas that are due come alone, one call per page",
        test=f"{ALONE}::test_a_refresh_of_formulas_is_a_call_a_page_and_sends_nothing_else_under_the_version_in_force",
        defects=(
            Defect("tap_ninox:_plan_formulas", "status.changes is None or", "True or"),
            Defect("tap_ninox:TableStream._write_schema_of", '{**schema, "properties": some}', "schema"),
            Defect("tap_ninox:TableStream._read_formulas", "raise\n        self.write_schema()", "raise\n        pass"),
            Defect("tap_ninox:TableStream._read_changes", "self.send_version(bookmark.table_version)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "Where it is the server that fails, the table has an error instead, and the next run asks again",
        test="tap/test_formulas.py::test_a_server_that_fails_whatever_it_is_asked_makes_no_value_null",
        defects=(
            Defect(
                "tap_ninox:FormulaQueries._ask_divided", "self._query([], self._source_of(ids), frozenset(ids))", ""
            ),
        ),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "Where it is the server that fails, the table has an error instead, and the next run asks again",
        test="tap/test_formulas.py::test_an_answer_of_another_form_makes_no_value_null",
        defects=(Defect("tap_ninox:FormulaQueries._query", "or _has_nothing_but_records(answer)", "or not strict"),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "A formula that you name later is filled in for all rows by the next run",
        test=f"{ALONE}::test_a_formula_that_is_named_later_comes_for_all_rows_in_the_next_run_and_once",
        defects=(
            Defect("tap_ninox:Bookmark.lacks_formulas", "shape.get(c.field_id) != c.computed_as", "False"),
            Defect("tap_ninox:TableStream._read_formulas", "bookmark.note_formulas(formulas, reached)  #", "#"),
        ),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "changes and deletions have been sent before it",
        test=f"{ALONE}::test_a_key_that_may_not_query_any_more_is_an_error_of_that_stream_behind_its_changes[1]",
        defects=(Defect("tap_ninox:refresh_formulas", "if after_id < last_id:", "if False:"),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "the next run goes on behind the last page",
        test=f"{ALONE}::test_a_fault_of_a_later_range_is_an_error_and_the_next_run_goes_on_there",
        defects=(Defect("tap_ninox:refresh_formulas", "if after_id > 0 or", "if"),),
    ),
    Promise(
        "docs/adr/0025-formulas-alone.md",
        "the next one begins behind the last of them",
        test=f"{ALONE}::test_a_server_that_cuts_answers_of_queries_leaves_no_record_out",
        defects=(
            Defect("tap_ninox:refresh_formulas", "end = records[-1].id", "pass", case="no gaps"),
            Defect("tap_ninox:_may_be_cut", "or end - last_id > _LONG_GAP * distance", "", case="no usual bound"),
        ),
    ),
    Promise(
        "docs/adr/0025-formulas-alone.md",
        "an answer that is not understood is a fault like any other",
        test=f"{ALONE}::test_a_record_that_cannot_be_told_among_others_makes_an_answer_unknown",
        defects=(Defect("tap_ninox:FormulaQueries.read_range", "strict=True", "strict=False"),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "So the formulas of all rows are read again every 24 hours",
        test=f"{ALONE}::test_formulas_that_a_clock_of_years_ahead_read_are_due",
        defects=(Defect("tap_ninox.sync:_is_past", "abs(now", "(now"),),
    ),
    Promise(
        "docs/adr/0025-formulas-alone.md",
        "A long range that is too much makes ranges short again, and pages no smaller.",
        test=f"{ALONE}::test_a_long_range_that_is_too_much_says_nothing_of_those_behind",
        defects=(Defect("tap_ninox:refresh_formulas", "or stretch == 1:", "or True:"),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "if no change feed says which id the next record gets",
        test=f"{ALONE}::"
        "test_rows_come_complete_where_the_feed_does_not_say_what_must_be_known[{'next_rids': 'absent'}]",
        defects=(Defect("tap_ninox:_plan_formulas", "or status.last_id is None", ""),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "if a table of one page has changed, since that takes fewer calls",
        test=f"{ALONE}::test_a_table_of_one_page_that_has_changed_is_read_in_full_by_fewer_calls",
        defects=(Defect("tap_ninox:_plan_formulas", "if status.changes.updated and", "if False and"),),
    ),
    Promise(
        "docs/loaders.md",
        "A row that was marked as deleted is not among those that come.",
        test=f"{ALONE}::test_an_upserting_loader_has_all_columns_of_now_whatever_happens_meanwhile",
        defects=(
            Defect("tap_ninox:refresh_formulas", "record.id not in but.updated and", ""),
            Defect("tap_ninox:refresh_formulas", "and record.id not in but.removed", ""),
            Defect("tap_ninox:refresh_formulas", "min(last_id, ", "min(10**6, "),
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
        "docs/guarantees.md",
        "[Files](how-to/files.md): listed, or downloaded to any store, resumable, byte for byte",
        test="tap/test_files.py::test_a_file_that_cannot_be_fetched_fails_the_run_at_its_end_and_is_tried_again",
        defects=(Defect("tap_ninox:FileDownloader._fetch", "file.size not in {None, download.size}", "False"),),
    ),
    Promise(
        "docs/changes.md",
        "Table versions are milliseconds",
        test="tap/test_versions.py::test_a_version_is_above_that_of_a_reading_that_was_given_up",
        defects=(Defect("tap_ninox:start_reading", "interrupted.table_version if interrupted else 0", "0"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "Changed records are read by page or one by one, whichever takes fewer calls",
        test="tap/test_changes.py::test_one_changed_row_is_read_singly",
        defects=(Defect("tap_ninox:ChangedRecords.named", "len(missing) > 1", "missing"),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "Refresh this one table in full, and no other",
        test="tap/test_refresh.py::test_one_stream_is_read_whole_and_the_others_stay_as_they_are",
        defects=(Defect("tap_ninox:make_plan", "if policy.in_this_run or bookmark", "if True or bookmark"),),
    ),
    Promise(
        "docs/changes.md",
        "what the tap does for a table does not depend on how many others there are",
        test="tap/test_memory_of_tables.py::test_no_function_is_called_more_often_for_a_table_the_more_tables_there_are",
        defects=(
            Defect("tap_ninox:prepare_formulas", "feed.names_in_scripts", "Feed.names_in_scripts.func(feed)"),
            Defect(
                "tap_ninox:RunReport.written",
                "return self._written_before",
                "return sum(report.written for report in self.streams.values())",
            ),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "none is written through a link or over anything but a plain file",
        test="tap/test_files.py::test_nothing_is_stored_through_a_link_or_in_place_of_what_is_no_plain_file",
        defects=(
            Defect("tap_ninox:FileStore._write", "is_local(self._fs)", "False"),
            Defect("ninox_singer:write_below", "folder.is_symlink()", "False"),
            Defect("ninox_singer:write_private", "if not _may_be_replaced(path):", "if False:"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "In a local folder, files are readable by their owner only",
        test="tap/test_files.py::test_what_is_stored_is_for_its_owner_alone",
        defects=(
            Defect("tap_ninox:FileStore._write", "is_local(self._fs)", "False"),
            Defect("ninox_singer:write_below", "folder.mkdir(mode=_OWNERS_FOLDER, exist_ok", "folder.mkdir(exist_ok"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "A file that could not be fetched is tried again in the next run, however many there are",
        test="unit/test_file_marks.py::test_every_failure_is_in_the_bookmark_at_once_and_successes_when_it_is_saved",
        defects=(
            Defect("tap_ninox:FileMark.note_failure", "rows[-1] = [_ends(rows[-1])[0], record_id]", "pass"),
            Defect("tap_ninox:FileMark.save", "list(_in_rows(sorted(self.again)))", "sorted(self.again)[:100]"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "If Ninox lists neither date nor sequence of a file, the files of changed records are downloaded again",
        test="tap/test_files.py::test_where_only_names_are_listed_files_of_changed_records_are_compared_by_their_content",
        defects=(
            Defect("tap_ninox:FileDownloader.fetch", "and has_version(file)", ""),
            Defect(
                "tap_ninox:FileDownloader._fetch",
                "index.get(file.name) != stored or not self._store.has(stored)",
                "True",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "Memory no longer grows with the size of rows: pages become smaller after a large answer",
        test="unit/test_read_ahead.py::test_nobody_reads_on_while_large_pages_wait",
        defects=(Defect("tap_ninox:ReadAhead._hand_over", "self._kept.number <= MOST_KEPT_BYTES", "True"),),
    ),
    Promise(
        "docs/changes.md",
        "none is held while the next one is on its way",
        test="unit/test_pages_let_go.py::test_no_page_is_held_of_a_table_that_the_tap_reads",
        defects=(
            Defect("tap_ninox:FullTable._range", "del records", "pass"),
            Defect("tap_ninox:FullTable._by_id", "del page", "pass"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "300,000 changed and 300,000 deleted records at once took 319 MB",
        test="tap/test_tombstones.py::test_tombstones_are_made_one_by_one_however_many_there_are",
        defects=(Defect("tap_ninox:Tombstones._messages_of", "chain([first], rows)", "(first, *rows)"),),
    ),
    Promise(
        "docs/performance.md",
        "a thread that has brought what the writer waits for asks on before the writer has woken up",
        test="unit/test_read_ahead.py::test_a_thread_reads_on_before_the_consumer_that_waits_for_its_page_has_woken_up",
        defects=(
            Defect("tap_ninox:ReadAhead.__iter__", "self._is_awaited = True", "pass"),
            Defect(
                "tap_ninox:ReadAhead._hand_over",
                "len(self._items) <= (1 if self._is_awaited else 0)",
                "not self._items",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "With `max_parallel_requests` all requests share these bounds",
        test="unit/test_read_ahead.py::test_what_several_tables_keep_counts_together_and_none_waits_for_ever",
        defects=(
            Defect("tap_ninox:ReadAhead.__init__", "kept or KeptBytes()", "KeptBytes()"),
            Defect("tap_ninox:ReadAhead.__iter__", "self._kept.number -= self._weigh(item)", "pass"),
        ),
    ),
]
