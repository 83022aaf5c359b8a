"""Promises that the target keeps: the input, its end, and what is said of it."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Nothing is deleted and no state is written: the run without it loads all rows",
        test="target/test_limit_rows.py::test_nothing_is_deleted_and_no_state_is_written",
        defects=(
            Defect("target_ninox:TargetNinox._doubts", "self._settings.limit_rows is not None", "False"),
            Defect("target_ninox:TargetSettings.deletes_marked", "self.limit_rows is None", "True"),
            Defect("target_ninox:TargetNinox.write_durable_state", "self._settings.limit_rows is not None", "False"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "The run ends with exit code 1 and holds the state (`on_reject`).",
        test="target/test_refused_rows.py::test_the_state_passes_rejected_rows_only_if_the_settings_say_so",
        defects=(
            Defect("target_ninox:StreamAccount.reject", "if self._holds_state", "if False"),
            Defect("target_ninox:StreamLoader.first_unsettled", "self.account.blocked_from,", ""),
            Defect("target_ninox:TargetNinox.process_endofpipe", "if errors:", "if False:"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "A state goes out when all rows before it are in Ninox",
        test="target/test_messages.py::test_a_state_goes_out_as_soon_as_all_rows_before_it_are_in_ninox",
        defects=(
            Defect("target_ninox:DurableStates.take_durable", "<= rows", "< 0"),
            Defect("target_ninox:TargetNinox._flush", "self.write_durable_state()", "pass"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "A report that adds up: read = created + updated + unchanged + deleted + skipped + rejected",
        test="unit/test_target_report.py::test_a_complete_run_that_lost_a_row_fails",
        defects=(
            Defect("target_ninox:RunReport.close", "is_complete and lost", "False"),
            Defect("target_ninox:StreamReport.unaccounted", "self.read - self.settled", "0"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "no STATE before its first row with a value of this stream, other than `version`",
        test="target/test_completeness.py::test_with_versions_only_a_value_before_the_first_row_is_doubt",
        defects=(
            Defect("target_ninox:Completeness._note_rows", "if not signs.rows:", "if False:"),
            Defect("target_ninox:Completeness._may_concern", "if alike else True", "if alike else False"),
            Defect("target_ninox:_is_empty", "value is None or value ==", "not value or value =="),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "and no bookmark value of this stream in any STATE",
        test="target/test_completeness.py::test_a_tap_that_sends_only_what_is_new_costs_no_record",
        defects=(
            Defect("target_ninox:Completeness._doubts_about_end", "if self._may_concern(key, stream)", "if False"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "ACTIVATE_VERSION behind its last row, of the version that all its rows carry",
        test="target/test_completeness.py::test_a_version_must_be_that_of_all_rows_and_come_behind_them",
        defects=(
            Defect("target_ninox:_Signs.is_activated", "self.versions <= {self.activated}", "True"),
            Defect("target_ninox:_Signs.knows_versions", "self.was_activated or", ""),
            Defect("target_ninox:_Signs.knows_versions", "or not self.versions <= {None}", ""),
            Defect("target_ninox:Completeness._doubts_about_end", "if signs.knows_versions:", "if False:"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "a STATE with an entry in `bookmarks` that may be this stream's, however empty",
        test="target/test_completeness.py::test_a_last_state_without_an_entry_for_the_stream_is_no_end",
        defects=(
            Defect("target_ninox:Completeness._doubts_about_end", "elif not self._has_entry(stream):", "elif False:"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "the last message must be a STATE that says something",
        test="target/test_cascade.py::test_what_waits_to_be_deleted_is_not_where_the_input_breaks_off",
        defects=(Defect("target_ninox:Completeness._note_state", "says_something and", ""),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "With `process_activate_version_messages: false`, no version says that a stream is complete",
        test="target/test_completeness.py::test_an_activation_that_is_not_to_be_processed_ends_nothing",
        defects=(Defect("target_ninox:Completeness.note", "and self._heeds_activation", ""),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "no `__filter__` in a stream map of the target's own",
        test="target/test_completeness.py::test_a_stream_map_of_the_targets_own_that_filters_is_doubt",
        defects=(Defect("target_ninox:TargetNinox._doubts", "stream_map is not None", "False"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "a multiple of 1,000 rows",
        test="target/test_completeness.py::test_a_state_behind_a_round_number_of_rows_is_no_end",
        defects=(Defect("target_ninox:_Signs.may_go_on", "self.rows_since_schema % _ROUND == 0", "False"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "no other one stands between two rows of the stream, but for such a multiple",
        test="target/test_completeness.py::test_behind_a_tap_that_writes_states_between_rows_the_last_one_is_no_end",
        defects=(
            Defect("target_ninox:_Signs.may_go_on", "self.has_state_inside or", ""),
            Defect("target_ninox:Completeness._note_rows", "signs.has_state_inside = True", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "no other one stands between two rows of the stream, but for such a multiple",
        test="target/test_completeness.py::test_a_tap_that_fails_between_two_groups_of_children_costs_neither_children_"
        "nor_groups",
        defects=(
            Defect("target_ninox:_Signs.may_go_on", "or self.states_between_parts > 1", ""),
            Defect("target_ninox:Completeness._note_state", "or signs.rows_before_state", ""),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "it does not stand behind a file of rows (BATCH)",
        test="target/test_completeness.py::test_a_state_behind_a_file_of_rows_is_no_end",
        defects=(Defect("target_ninox:Completeness._note_rows", "signs.is_in_files = is_file", "pass"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "So a mirror works behind taps that read the full table in every run",
        test="target/test_real_taps.py::test_rows_and_deletions_arrive_right_behind_a_real_tap",
        defects=(
            Defect("target_ninox:_Signs.may_go_on", "self.rows_since_schema % _ROUND == 0", "False"),
            Defect("target_ninox:Completeness.doubts", "if signs.names_bookmark:", "if True:"),
            Defect("target_ninox:RowWriter._plan_write", "if record is None:", "if True:"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "every stream came that `__alias__` puts into the same one",
        test="target/test_completeness.py::test_a_stream_that_is_to_be_made_of_one_that_did_not_come_is_not_whole",
        defects=(Defect("target_ninox:TargetNinox._doubts", "if missing is not None:", "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a row with anything else there (`0`, `None`, `9999-12-31`) is rejected",
        test="target/test_deletions.py::test_a_mark_that_is_no_time_deletes_nothing_and_its_row_is_rejected",
        defects=(
            Defect("target_ninox:is_marked_deleted", "if value is True:", "if not is_blank(value):"),
            Defect(
                "target_ninox:is_marked_deleted",
                "_FIRST_DELETION <= moment.replace(tzinfo=None) <= _tomorrow()",
                "True",
            ),
            Defect("target_ninox:WritePlan.encode", "and is_mark_unclear(record)", "and False"),
        ),
    ),
    Promise(
        "docs/reference/streams.md",
        "A stream to which a stream map gives another name, or another `_id`, does not identify a table.",
        test="target/test_place.py::test_an_id_that_a_stream_map_makes_is_no_record_id",
        defects=(
            Defect("target_ninox:TargetNinox._is_remade", "makes(maps, source, name, RECORD_ID)", "False"),
            Defect("tap_ninox:TableStream.identify", "del message.schema[IDENTITY]", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "While a mirrored stream is under way, from its first row to its end, no state is emitted.",
        test="target/test_completeness.py::test_no_state_goes_out_between_the_first_row_of_a_mirrored_stream_and_its_end",
        defects=(
            Defect(
                "target_ninox:TargetNinox._receive_state",
                "if self._is_under_way()",
                "if not self._is_under_way()",
            ),
            Defect("target_ninox:Completeness.has_ended", "self._ends_in_state and", "True and"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A run that is cut off there leaves the state as it was, and the next one reads the table from its beginning",
        test="target/test_deletions.py::test_a_whole_reading_that_is_cut_off_begins_again_for_a_mirror",
        defects=(Defect("target_ninox:Completeness.has_ended", "self._unfinished.isdisjoint(streams)", "True"),),
    ),
    Promise(
        "docs/guarantees.md",
        "Deletions (`hard_delete`, `mirror`) within `max_deletes`",
        test="target/test_deletions.py::test_a_mirror_that_would_delete_too_much_deletes_nothing",
        defects=(Defect("target_ninox:Limits.reserve_mirror", 'self.reserve("delete", count, what=what)', "pass"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "a mirror deletes at most a tenth of the records that its table had before the run, but 10 of any table",
        test="target/test_deletions.py::test_a_mirror_has_a_limit_of_its_own",
        defects=(
            Defect("target_ninox:Limits.reserve_mirror", 'self._most["delete"] is None and count > most', "False"),
            Defect("target_ninox:RowWriter.find_unseen", "known - created", "known"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "`max_updates` stops a surprise",
        test="target/test_safety.py::test_limits_count_the_whole_run",
        defects=(Defect("target_ninox:Limits.reserve", "self._count[action] + count", "count"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Existing records are read in pages that become smaller if they are too much for the server",
        test="target/test_bad_rows.py::test_records_that_are_too_much_for_the_server_are_read_in_smaller_pages",
        defects=(Defect("ninox_api:PageSize.ask", "self.shrink(asked, error)", "raise"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "the rows went through them before,",
        test="target/test_rejects.py::test_rows_that_went_through_stream_maps_do_not_go_through_them_again",
        defects=(
            Defect("target_ninox:Rejects.add", "if self.is_mapped else {}", "if False else {}"),
            Defect("target_ninox:TargetNinox._receive_schema", "if message.get(MAPPED) and", "if False and"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Without `rejects_path` nothing keeps the rows, which a warning says before and behind the others.",
        test="target/test_rejects.py::test_rejected_rows_that_nothing_keeps_are_told_before_and_behind_the_others",
        defects=(
            Defect("target_ninox:Rejects.warn_if_lost", "self.path is None and", "False and"),
            Defect("target_ninox:Load._find_destination", "or self.rejects.path)", "or True)"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "the state is held back at the first rejected row, so this row and everything after it comes again in each run",
        test="target/test_rejects.py::test_the_last_line_says_that_the_state_is_held_and_what_comes_again",
        defects=(Defect("target_ninox:Rejects.error", "if self.is_dry", "if True"),),
    ),
    Promise(
        "docs/changes.md",
        "Where thousands of records have one key, ten ids are named, and the number of the others.",
        test="target/test_upsert.py::test_a_key_that_very_many_records_have_names_ten_of_them_and_the_number",
        defects=(Defect("ninox_singer:list_ids", "ids[:MOST_IDS]", "ids"),),
    ),
    Promise(
        "docs/changes.md",
        "a bar at a terminal, as wide as that which stderr goes to, from 40 to 400 columns",
        test="unit/test_wording.py::test_the_width_is_that_of_the_terminal_itself_within_reason",
        defects=(
            Defect("ninox_singer:measure_columns", "terminal.fileno()", "1"),
            Defect("ninox_singer:measure_columns", "max(columns, _FEWEST_COLUMNS)", "columns"),
            Defect(
                "ninox_singer:measure_columns", "min(max(columns, _FEWEST_COLUMNS), _MOST_COLUMNS)", "max(columns, 40)"
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "a bar at a terminal, as wide as that which stderr goes to, from 40 to 400 columns",
        test="unit/test_wording.py::test_the_bar_fills_one_line_of_stderr_s_terminal_and_no_more",
        defects=(Defect("ninox_singer:BarDisplay.show", "measure_columns(self._terminal)", "120"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Loading a file shows a progress bar in a terminal",
        test="target/test_progress_of_rows.py::test_the_share_is_that_of_the_file",
        defects=(
            Defect("target_ninox:MessageReader.process_lines", "self._bytes += len(line)", "pass"),
            Defect("target_ninox:RowWriter._save_and_count", "self._account.show_progress()", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "explain each count that does not explain itself",
        test="unit/test_target_report.py::test_each_count_that_does_not_say_it_itself_is_explained",
        defects=(Defect("target_ninox:RunReport.close", "if getattr(total, name):", "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "why rows were skipped",
        test="target/test_upsert.py::test_rows_are_skipped_for_reasons_that_the_report_tells",
        defects=(Defect("target_ninox:StreamAccount._add", 'if outcome == "skipped" and count:', "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "they name row, record and fields but no value",
        test="target/test_dry_run.py::test_elsewhere_no_value_is_shown",
        defects=(
            Defect("target_ninox.dry_run:_details", "if shows_values else", "if True else"),
            Defect("target_ninox.dry_run:_with_along", "if counts else", "if False else"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "With `hard_delete`, the records of rows that have a time in `_sdc_deleted_at` are deleted",
        test="target/test_refused_rows.py::test_a_row_behind_a_deletion_of_its_record_is_rejected_as_it_came",
        defects=(Defect("target_ninox:Row.then", "self.encoded.deleted or later.encoded.deleted", "False"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a write that is waiting for its next try is not sent again",
        test="target/test_sdk_overrides.py::test_a_signal_during_a_write_that_is_refused_lets_no_other_try_follow",
        defects=(Defect("ninox_singer:Stopping.held_back", "if self._exit_code is not None:", "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A defect that concerns no row, in what is looked at beside them, only keeps deletions back:",
        test="target/test_bad_rows.py::test_a_crash_beside_all_rows_keeps_deletions_back_and_ends_nothing",
        defects=(
            Defect("target_ninox:Defects.outlived", "except Exception", "except KeyboardInterrupt"),
            Defect("target_ninox:TargetNinox._receive", "except Exception", "except KeyboardInterrupt"),
            Defect("target_ninox:TargetNinox._doubts_of", "self._defects.doubt is None", "True"),
            Defect("target_ninox:Load.finish", "self._defects.doubt or", ""),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "all rows are loaded, and the run ends with exit code 1.",
        test="target/test_bad_rows.py::test_a_crash_while_another_writer_is_looked_for_ends_nothing_else",
        defects=(Defect("target_ninox:TargetNinox.process_endofpipe", "self._defects.first is not None", "False"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "If a `__filter__` of the target's own left out a row of a table, no record of that table goes along",
        test="target/test_cascade.py::test_records_whose_rows_a_stream_map_left_out_do_not_go_along",
        defects=(
            Defect("target_ninox:ClaimedRecords.note_filtered", "self._filtered.add(stream)", "pass"),
            Defect("target_ninox:TargetNinox._receive_rows", "self._load.claimed.note_filtered(name)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "if it is not even known which table a stream goes to, no mirror deletes any",
        test="target/test_bad_rows.py::test_a_crash_ends_its_stream_and_no_other",
        defects=(
            Defect("target_ninox:TargetNinox._doubts", "in self._load.lost", "in ()"),
            Defect("target_ninox:Load.describe", "except Exception as error", "except KeyboardInterrupt as error"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "nothing is deleted that would take its records along",
        test="target/test_bad_rows.py::test_what_a_stream_that_nobody_could_plan_may_have_loaded_is_not_deleted_along",
        defects=(
            Defect(
                "target_ninox:ClaimedRecords.failed_in",
                "self._failed.get(table_id, self._lost)",
                "self._failed.get(table_id)",
            ),
            Defect(
                "target_ninox:TargetNinox.write_durable_state",
                "self._load.streams.items()",
                "self._load.streams.items() if hasattr(stream, 'plan')",
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "nothing is deleted that would take its records along.",
        test="target/test_cascade.py::test_nothing_is_deleted_with_which_records_of_a_failed_stream_would_go",
        defects=(Defect("target_ninox:ClaimedRecords.stream_that_wrote", "if failed is not None:", "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A new run does not overwrite the rejects file, but renames it.",
        test="target/test_rejects.py::test_rows_of_earlier_runs_are_kept",
        defects=(
            Defect(
                "target_ninox:_new_file", 'path.rename(_unused(path, f"{made_at:%Y%m%dT%H%M%SZ}"))', "path.unlink()"
            ),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "a folder, written with a `/` (`./photos`, `/srv/photos`, `~/photos`), or a host, by its name alone.",
        test="target/test_settings.py::test_a_source_of_files_is_a_folder_by_how_it_is_written",
        defects=(
            Defect("target_ninox:_is_folder", 'source.startswith((".", "~"))', "False"),
            Defect("target_ninox:_is_folder", '"/" in source', "False"),
            Defect("target_ninox:_is_folder", '"/" in source', 'Path(source).is_dir() or "/" in source'),
            Defect("target_ninox:_folder", ".expanduser()", ""),
        ),
    ),
    Promise(
        "docs/changes.md",
        "`target-ninox` holds 20,000 rows or 16 MiB of input of all streams together, and empties the fullest first",
        test="target/test_messages.py::test_many_streams_at_once_hold_no_more_than_one",
        defects=(
            Defect("target_ninox:TargetNinox._receive_rows", "self._buffered.rows > MOST_ROWS_IN_ALL", "False"),
            Defect("target_ninox:TargetNinox._receive_rows", "self._buffered.size > MOST_BYTES_IN_ALL", "False"),
            Defect("target_ninox:TargetNinox._receive_rows", "self._flush(max(", "self._flush(min("),
        ),
    ),
    Promise(
        "docs/changes.md",
        "Short values count by their number, rows of BATCH files count like those of the input",
        test="target/test_messages.py::test_rows_of_many_short_values_are_loaded_before_they_fill_the_memory",
        defects=(Defect("target_ninox:TargetNinox._receive_rows", "+ _VALUE_BYTES * len(row)", ""),),
    ),
    Promise(
        "docs/changes.md",
        "rows of BATCH files count like those of the input",
        test="target/test_batch_files.py::test_large_rows_in_files_are_loaded_before_they_fill_the_memory",
        defects=(
            Defect(
                "target_ninox:TargetNinox._receive_rows",
                "line_bytes + _VALUE_BYTES",
                "1 + _VALUE_BYTES",
            ),
            Defect("target_ninox.messages:_rows", "len(line)", "0"),
        ),
    ),
    Promise(
        "docs/how-to/from-a-spreadsheet.md",
        "with the nearest field and the line to add, ready to paste,",
        test="target/test_plan.py::test_a_setting_that_a_message_proposes_can_be_pasted_into_yaml_and_json",
        defects=(
            Defect(
                "ninox_singer:pasted", "json.dumps(setting, ensure_ascii=False)", "str(setting).replace(chr(39), '')"
            ),
        ),
    ),
]
