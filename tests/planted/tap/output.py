"""Promises that the tap keeps: what is written, and said of it."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

ALONE = "tap/test_formulas_alone.py"

PROMISES = [
    Promise(
        "docs/architecture.md",
        "an entry in a module of `ninox_singer/types/`, or a new module",
        test="tap/test_a_new_type.py::test_the_target_writes_and_compares_a_type_that_is_one_entry",
        defects=(
            Defect("target_ninox:Assignment.make", "known = field_type(field.type)", 'known = field_type("string")'),
            Defect(
                "target_ninox:plan_stream",
                "make_meaning(mapping.fields[field_id], formats.zone)",
                "str",
            ),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "There is no other, and lists have theirs",
        test="tap/test_edited_catalogs.py::test_another_replication_method_is_refused",
        defects=(
            Defect("tap_ninox:TableStream.apply_catalog", "method_problems(", "() and method_problems("),
            Defect("tap_ninox:_given_method", 'about.get("replication-method")', "None"),
            Defect("tap_ninox:_given_method", 'about.get("forced-replication-method")', "None"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "There is no other, and lists have theirs",
        test="tap/test_edited_catalogs.py::test_what_no_list_can_do_is_refused_before_any_row",
        defects=(
            Defect(
                "tap_ninox:TapNinox._refuse_what_catalog_asks",
                "not isinstance(stream, QueryStream)",
                "isinstance(stream, TableStream)",
            ),
            Defect("tap_ninox:list_problems", "set(key) != set(own_key)", "False"),
            Defect("tap_ninox:list_problems", "replication_key is not None", "False"),
            Defect("tap_ninox:list_problems", "name not in own", "False", case="ninox_deleted_records"),
            Defect("tap_ninox:list_problems", "elif not takes(wanted, own[name])", "elif False"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "is an error of that stream alone",
        test="tap/test_edited_catalogs.py::test_a_catalog_that_a_query_does_not_fit_any_more_is_an_error_of_that_query",
        defects=(
            Defect("tap_ninox:TapNinox._refuse_what_catalog_asks", "if not isinstance(stream, QueryStream)", ""),
            Defect(
                "tap_ninox:RecordStream.apply_catalog",
                ' if self.mask["properties", name]',
                "",
                case="a property that is gone, deselected",
            ),
            Defect("tap_ninox:QueryStream.run", "if self.problems", "if False", case="another type"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "is the table or field that goes by this name in the state, or that `--discover` shows under it",
        test="tap/test_edited_catalogs.py::test_a_catalog_without_ids_is_read_by_names",
        defects=(
            Defect(
                "tap_ninox:TapNinox.look_around", "identify_streams(self._saved_catalog,", "() and identify_streams("
            ),
            Defect("tap_ninox:TableNames.find", "keys[0] if len(keys) == 1 else None", "None"),
            Defect("tap_ninox:TableNames.find_column", "if column.name == name", "if False"),
            Defect("tap_ninox:bring_into_form", "metadata[()] = {**UNSAID}", "metadata[()] = {}"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "or means the table that is called so now. An alias fixes the name for such rules",
        test="tap/test_edited_catalogs.py::"
        "test_a_rule_that_hits_another_table_since_one_was_renamed_is_told_with_the_alias",
        defects=(Defect("tap_ninox:TapNinox._refuse_what_catalog_asks", "{self._why_so_called(s)}", ""),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "an answer that no longer fits ends this stream in an error that names the setting",
        test="tap/test_queries.py::test_what_does_not_fit_the_type_that_a_property_had_is_an_error_that_names_the_setting",
        defects=(
            Defect("tap_ninox:QueryStream._convert", "if not self._query.types:", "if False:"),
            Defect("tap_ninox:_warn_of_other_types", "QUERY_TYPES[before] != QUERY_TYPES[word]", "False"),
        ),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "and an empty answer changes nothing",
        test="tap/test_queries.py::test_without_a_schema_properties_keep_the_types_that_they_had",
        defects=(
            Defect("tap_ninox:_as_known", "or {**known}", ""),
            Defect("tap_ninox:_as_known", "known.get(name, word)", "word"),
            Defect("tap_ninox:with_known_types", "{**shown, **own}", "shown"),
        ),
    ),
    Promise(
        "docs/reference/streams.md",
        "`x-ninox` has the ids",
        test="tap/test_identity_of_streams.py::test_each_schema_says_which_table_it_is_of",
        defects=(
            Defect("tap_ninox:TableStream._write_tombstones", "self.identify(message)", "pass"),
            Defect("tap_ninox:TableEntry.identify", '"title": self.table_name, ', ""),
            Defect("tap_ninox:TableStream._write_schema_of", "message.schema[IDENTITY][ROWS] = FORMULAS_ALONE", "pass"),
        ),
    ),
    Promise(
        "docs/reference/streams.md",
        "`x-ninox` has the ids",
        test="tap/test_identity_of_streams.py::test_the_catalog_says_the_same_and_what_tools_need_beside_it",
        defects=(
            Defect("tap_ninox:TapNinox._catalog_streams", 'stream.entry.identify(entry["schema"])', "pass"),
            Defect("tap_ninox.discovery:column_metadata", 'ninox["choices"] = dict(column.captions)', "pass"),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "`ninox_fields` names the table, unless it is in another database",
        test="tap/test_catalog_alone.py::test_a_reference_into_another_database_is_named_in_no_list_as_one_of_this",
        defects=(
            Defect(
                "ninox_api:_parse_raw_field",
                'None if foreign else _read_id(raw, "refTypeId"',
                '_read_id(raw, "refTypeId"',
            ),
            Defect("ninox_api:_find_offered_table", "if len(found) == 1", "if False"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "a property that is made a string has its values sent as text",
        test="tap/test_edited_catalogs.py::"
        "test_what_a_schema_in_the_catalog_makes_of_a_property_holds_for_its_values[a string of a number]",
        defects=(Defect("tap_ninox:TableStream._make_converter", "as_text=self._as_text", "as_text=()"),),
    ),
    Promise(
        "docs/reference/types.md",
        "The same goes for names of files and results of queries",
        test="tap/test_stored_forms.py::test_half_a_character_in_an_answer_of_a_query_or_a_database_s_name_costs_itself",
        defects=(
            Defect("ninox_api:NinoxClient.list_databases", "repair_text(database.name)", "database.name"),
            Defect("tap_ninox:QueryStream._convert", "if is_damaged(value)", "if False"),
            Defect("tap_ninox:rows_of", "repair_text(name): value", "name: value"),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "a file under such a name cannot be fetched, and the run says so",
        test="tap/test_stored_forms.py::test_half_a_character_in_a_file_s_name_costs_itself",
        defects=(
            Defect("tap_ninox.streams.files:_row", "row[name] = repair_text(value)", "pass"),
            Defect("tap_ninox:FileDownloader._fetch", "is_deleted=DAMAGE not in file.name", "is_deleted=True"),
        ),
    ),
    Promise(
        "docs/reference/messages.md",
        "Run the command that the message shows to backfill old rows.",
        test="tap/test_names_belong_to_ids.py::test_a_table_that_was_renamed_is_refreshed_by_its_name",
        defects=(
            Defect(
                "tap_ninox:TapNinox.discover_streams",
                "if settings.file_streams: "
                'self._note_problems(choose(self._by_stream, settings.file_streams, setting="files")[1])',
                'self._note_problems(choose(self._by_stream, settings.refresh, setting="refresh")[1])',
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "the number from *before* reading. Whatever changed while pages came in is above it, and comes again in "
        "the next run.",
        test="tap/test_first_load.py::test_a_row_changed_after_it_was_read_comes_in_the_next_run",
        defects=(
            Defect(
                "tap_ninox:TableStream._read_in_full",
                "reached = prepared.pages.size.cap, started.sequence",
                "reached = prepared.pages.size.cap, self._feed.current_sequence()",
            ),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "Deleted rows keep their values and get `_sdc_deleted_at`",
        test="tap/test_changes.py::test_changed_added_and_deleted_rows_arrive_whatever_form_the_feed_has",
        defects=(
            Defect("ninox_api:FeedReader._note_removals", ".removed.add(records[0][1])", ""),
            Defect("tap_ninox:TableStream._read_changes", "self._write_tombstones(removed, started.sequence)", "pass"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "An incomplete read is never mistaken for a deletion",
        test="tap/test_we_deleted_wrong_invoices.py::test_a_refresh_that_is_cut_off_marks_none",
        defects=(
            Defect(
                "tap_ninox:TableStream._read_in_full",
                "share = snapshot.share_read(plan.last_id)",
                "share = self.activate(snapshot.table_version)",
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "So the end is confirmed before a new version of the table is activated",
        test="tap/test_end_of_a_table.py::test_an_empty_page_anywhere_loses_no_row",
        defects=(
            Defect("ninox_api:judge_end", "if newest_id > reading.last_id:", "if False:"),
            Defect("ninox_api:judge_end", "reading.last_id + 1 >= next_id", "True"),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "one page by number shows whether there are more rows than were read",
        test="tap/test_order_of_lists.py::test_rows_that_are_listed_behind_greater_ids_come_all_the_same",
        defects=(
            Defect("ninox_api:Tally.note", "self._has_gaps = True", "pass"),
            Defect(
                "ninox_api:ListOrder.note",
                "if changes != sorted(changes):",
                "if True:",
            ),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "if so, the table is read by numbered pages instead",
        test="tap/test_order_of_lists.py::test_rows_that_an_interrupted_reading_passed_over_come_in_the_next_run",
        defects=(Defect("tap_ninox:TableStream._read_in_full", "snapshot.is_in_doubt = page.is_in_doubt", "pass"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "if nobody can tell, rows and bookmark are kept, and a warning says that no version was activated",
        test="tap/test_end_of_a_table.py::test_a_server_that_ignores_new_confirms_nothing_rows_and_bookmark_stand",
        defects=(
            Defect("ninox_api:judge_end", "reading.first_id in {None, newest_id}", "False"),
            Defect("tap_ninox:TableStream._read_in_full", "if not is_confirmed:", "if False:"),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "A table that had rows and shows none counts as emptied only if the feed names removals.",
        test="tap/test_end_of_a_table.py::test_a_role_that_sees_no_rows_any_more_empties_nothing",
        defects=(Defect("ninox_api:judge_end", "reading.last_id == 0 and may_be_empty", "reading.last_id == 0"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "If a feed cannot be read, because its form is unknown, it is too large or it never arrives in time,",
        test="unit/test_change_feed.py::test_a_key_of_another_form_makes_the_feed_unreadable_and_is_never_skipped",
        defects=(Defect("ninox_api:DatabaseFeedReader._find", "if not splits and not", "if False and not"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "no list of tables or fields without it is activated",
        test="tap/test_not_readable.py::test_no_list_without_it_is_activated",
        defects=(Defect("tap_ninox:CatalogueStream.get_records", "if is_complete:", "if True:"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "A database or table that was read before, and that the key may not read now or that is no longer listed",
        test="tap/test_not_readable.py::test_a_table_that_was_read_before_and_cannot_be_fails_until_it_is_left_out",
        defects=(
            Defect("tap_ninox:TableStream._read", "if was_read or report.emitted:", "if False:"),
            Defect("tap_ninox:ChangedRecords.named", "if unexpected and self.vanished > before:", "if False:"),
        ),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "Only a table that a readable schema no longer lists has been removed.",
        test="tap/test_not_readable.py::test_a_table_of_a_saved_catalog_that_was_removed_stands_in_the_report_as_that",
        defects=(Defect("tap_ninox:TableStream._read", "if self._is_removed:", "if False:"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "`!` before one leaves it out. Default: all that the key can read.",
        test="tap/test_not_readable.py::test_left_out_by_the_line_that_the_message_prints_it_fails_no_longer",
        defects=(
            Defect("ninox_singer:choose", "for pattern in excluded for item in", "for pattern in () for item in"),
            Defect("ninox_singer:is_left_out", "split(patterns)[1]", "()"),
        ),
    ),
    Promise(
        "docs/reference/streams.md",
        "a `RECORD` for each row that the change feed names as deleted, in a full refresh too; then the `SCHEMA` of "
        "the rows once more.",
        test="tap/test_saved_catalog.py::test_full_table_reads_everything_every_time_under_a_new_version",
        defects=(
            Defect("tap_ninox:TableStream._write_tombstones", "if is_narrow:", "if False:"),
            Defect("tap_ninox:TableStream._read_in_full", "self._write_tombstones(removed, started.sequence)", "pass"),
        ),
    ),
    Promise(
        "docs/reference/streams.md",
        "Records have a `version` where `ACTIVATE_VERSION` is sent (`emit_activate_version_messages`), and none "
        "otherwise.",
        test="tap/test_tombstones.py::test_no_message_has_a_version_that_is_never_activated",
        defects=(Defect("tap_ninox:RecordStream.send_version", "if self.tap.settings.activates_versions", "if True"),),
    ),
    Promise(
        "docs/reference/streams.md",
        "by Ninox's clock if the machine's own is behind or more than a minute ahead.",
        test="tap/test_versions.py::test_a_run_without_a_state_has_higher_versions_whatever_the_clock_says",
        defects=(
            Defect("ninox_api:ServerClock.now_ms", "now_s > server_s + _MOST_AHEAD_S", "False"),
            Defect("ninox_api:ServerClock.now_ms", "max(now_s, server_s)", "now_s"),
        ),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "So the formulas of all rows are read again every 24 hours",
        test="tap/test_formulas.py::test_changed_rows_bring_their_formulas_and_all_rows_get_them_after_a_day",
        defects=(
            Defect("tap_ninox:TableStream._make_policy", "formula_interval = FORMULA_REFRESH_INTERVAL", "pass"),
            Defect("tap_ninox:TablePages.join", "self.formulas.join(page)", "page"),
        ),
    ),
    Promise(
        "docs/loaders.md",
        "the `SCHEMA` of the rows again, even if the run fails there",
        test=f"{ALONE}::test_whatever_goes_wrong_the_schema_of_the_rows_is_the_last",
        defects=(Defect("tap_ninox:TableStream._read_formulas", "except Exception:", "except NinoxError:"),),
    ),
    Promise(
        "docs/adr/0025-formulas-alone.md",
        "rows keep what they have, and the next run asks once more",
        test=f"{ALONE}::test_where_no_script_runs_rows_keep_what_they_have_and_each_run_asks_once_more[500]",
        defects=(Defect("tap_ninox:TableStream._read_formulas", "if reached == last_id:", "if True:"),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "rows then come complete, in a full refresh, for two calls per page",
        test=f"{ALONE}::"
        "test_rows_come_complete_where_others_would_lose_columns_or_a_full_refresh_is_asked_for[{'deletes': 'full'}]",
        defects=(Defect("tap_ninox:TapSettings.sends_narrow_rows", "and not self.marks_deletions_in_full", ""),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "with stream maps, flattening or `batch_config`",
        test=f"{ALONE}::test_rows_of_batch_files_come_complete",
        defects=(Defect("tap_ninox:TableStream.sends_formulas_alone", 'and not self.config.get("batch_config")', ""),),
    ),
    Promise(
        "docs/how-to/formulas.md",
        "if a field is called `Id`",
        test=f"{ALONE}::test_rows_come_complete_where_a_field_is_called_id_as_what_a_range_is_asked_by",
        defects=(Defect("tap_ninox:TableStream._make_policy", "and formulas.can_read_ranges", ""),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "If more than half of a table's fields disappear at once, the table is not read until you say so (`refresh`)",
        test="tap/test_drift_since_state.py::test_a_table_that_lost_most_of_its_fields_is_not_read_until_someone_says_so",
        defects=(Defect("tap_ninox:TableStream._read", "raise refusal", "pass"),),
    ),
    Promise(
        "docs/how-to/restore.md",
        "Files are listed anew with their table, also if that",
        test="tap/test_files.py::test_a_run_that_sees_a_set_back_and_ends_before_it_lists_files_begins_anew_with_them",
        defects=(
            Defect("tap_ninox:TapNinox.note_set_back", "files.note_set_back(entry)", "pass"),
            Defect("tap_ninox:_must_begin", " or mark.last_id == 0", ""),
            Defect("tap_ninox:_plan_full", " or status.is_lost", ""),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "With `max_api_calls`, the first load takes several runs, each continuing where the last one stopped.",
        test="tap/test_files.py::test_an_interrupted_first_reading_goes_on_at_its_record_and_downloads_nothing_twice",
        defects=(
            Defect("tap_ninox:FilesStream._list_all", "IdRange(mark.last_id)", "IdRange()"),
            Defect("tap_ninox:FileDownloader.fetch", "self._store.has(known)", "False"),
        ),
    ),
    Promise(
        "README.md",
        "every row exactly once, deletions included.",
        test="tap/test_changes.py::test_a_row_deleted_and_made_again_is_a_row_and_no_tombstone",
        defects=(Defect("tap_ninox:TableStream._convert", "if removed:", "if False:"),),
    ),
    Promise(
        "README.md",
        "every row exactly once, deletions included.",
        test="tap/test_full_refresh.py::test_pages_by_number_are_read_again_where_a_deletion_moves_rows_forward",
        defects=(Defect("ninox_api:iter_passes", "ids == last_ids or", "True or"),),
    ),
    Promise(
        "README.md",
        "every row exactly once, deletions included.",
        test="unit/test_paging.py::test_pages_cut_by_id_bring_every_row_once",
        defects=(Defect("ninox_api:iter_counted_pages", "cursor = reached", "cursor = reached + 1"),),
    ),
    Promise(
        "docs/reference/streams.md",
        "puts rows into files (`BATCH`); state never gets ahead of them.",
        test="tap/test_batches.py::test_no_state_is_ahead_of_the_files",
        defects=(Defect("tap_ninox:Batches._state_if_due", "and not self._in_hand", ""),),
    ),
    Promise(
        "docs/changes.md",
        "`rows` of the whole run, and those in the log's last line, are the sum of the streams' `rows`",
        test="tap/test_what_shapes_values.py::test_rows_of_all_are_the_sum_of_rows_of_each_whatever_filters_left_out",
        defects=(Defect("tap_ninox:RunReport.sent", "report.sent for", "report.emitted for"),),
    ),
    Promise(
        "docs/changes.md",
        "The tap's `report_path` replaces no device, pipe or link (as root, `/dev/null` became a file), follows none",
        test="tap/test_report_file.py::test_what_is_no_plain_file_is_neither_replaced_nor_written_to",
        defects=(
            Defect("ninox_singer:_may_be_replaced", "stat.S_ISREG(path.lstat().st_mode)", "path.parent.is_dir()"),
        ),
    ),
    Promise(
        "docs/upgrading.md",
        "Only its owner may read the tap's `report_path` (0600)",
        test="tap/test_report_file.py::test_it_is_for_its_owner_alone_and_follows_no_link_that_was_laid_for_it",
        defects=(
            Defect(
                "ninox_singer:write_private",
                'handle, unfinished = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)',
                'unfinished = str(path.with_name(f".{path.name}.{os.getpid()}"))\n'
                "        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT)",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "Of a table that was read, and of a saved catalog, the tap keeps only a description",
        test="tap/test_memory_of_tables.py::test_of_a_table_that_was_read_nothing_stays_that_read_it",
        defects=(Defect("tap_ninox:TableStream._read", "self._prepared = None", "pass"),),
    ),
    Promise(
        "docs/changes.md",
        "stream maps are kept for no stream whose turn it is not",
        test="tap/test_memory_of_tables.py::test_stream_maps_are_kept_for_no_stream_whose_turn_it_is_not",
        defects=(
            Defect("tap_ninox:TapNinox.setup_mapper", "self.mapper.stream_maps.pop(stream.name)", "pass"),
            Defect("tap_ninox:TapNinox.__init__", 'quieten(logging.getLogger("singer_sdk.mapper"))', "pass"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "8 requests in flight for 8 tables of 2,000 fields took 168 MB and take 147 MB",
        test="tap/test_memory_of_tables.py::test_of_an_answer_that_is_cut_off_the_error_keeps_nothing",
        defects=(Defect("ninox_api:read_body", "body.clear()", "pass"),),
    ),
    Promise(
        "docs/reference/streams.md",
        "In a local folder only their owner may read them (0600), so the target must run as the same user.",
        test="tap/test_batches.py::test_files_are_for_their_owner_alone",
        defects=(Defect("tap_ninox:Batches._batch", "self._folder is not None", "False"),),
    ),
    Promise(
        "docs/changes.md",
        "Downloaded files and BATCH files are written likewise.",
        test="tap/test_batches.py::test_no_file_is_written_through_a_link",
        defects=(
            Defect("tap_ninox:Batches._batch", "self._folder is not None", "False"),
            Defect("ninox_singer:write_below", "folder.is_symlink()", "False"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "BATCH files in a folder whose path has a blank are found by targets of the SDK",
        test="tap/test_batches.py::test_a_target_finds_files_in_a_folder_with_a_blank",
        defects=(Defect("tap_ninox:_as_url", '"://" in root', "True"),),
    ),
    Promise(
        "docs/reference/types.md",
        "A value that no program can hold",
        test="tap/test_monstrous_values.py::test_what_is_next_to_a_monster_stays_as_it_was",
        defects=(Defect("ninox_api.body:mark_monsters", "if depth == DEEPEST + 1:", "if depth == DEEPEST:"),),
    ),
    Promise(
        "docs/changes.md",
        "The log has a line where something happened: a run in which nothing did writes a handful, whatever the number",
        test="tap/test_quiet_logs.py::test_an_idle_run_of_the_tap_is_a_dozen_lines_however_many_tables_there_are",
        defects=(
            Defect("ninox_singer:EventLogger.log", "if self._is_event() else", "if True else"),
            Defect("tap_ninox:RecordStream.run", "self.logger.debug(", "self.logger.info("),
            Defect("tap_ninox:_log_stream", "logging.INFO if report.is_eventful else logging.DEBUG", "logging.INFO"),
            Defect("tap_ninox:StreamReport.is_eventful", "any(counts)", "False"),
            Defect(
                "ninox_singer:log_names",
                "logger.info(text, list_names(names))",
                "[logger.info(text, name) for name in names]",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "The log has a line where something happened: a run in which nothing did writes a handful, whatever the number",
        test="tap/test_quiet_logs.py::test_an_idle_run_of_the_target_is_a_dozen_lines_however_many_streams_there_are",
        defects=(
            Defect("target_ninox:StreamLoader._encode", "if notices.are_due:", "if False:"),
            Defect("target_ninox:RunReport.close", "logging.INFO if is_event else logging.DEBUG", "logging.INFO"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "Memory no longer grows with the size of rows: pages become smaller after a large answer",
        test="tap/test_page_size.py::test_pages_become_smaller_after_a_large_one_before_one_fails_and_grow_again",
        defects=(
            Defect("ninox_api:PageSize.note", "if delivery.weight > self._good_bytes:", "if False:"),
            Defect("ninox_api:PageSize.note", "self._next = min(self._most, asked * _GROWTH)", "pass"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "one beyond 16 MiB is cut off and asked for again in a size that fits",
        test="tap/test_page_size.py::test_an_answer_that_is_too_large_is_cut_off_and_asked_for_in_a_size_that_fits",
        defects=(
            Defect("ninox_api:Transport._exchange", "max_bytes=request.max_bytes", "max_bytes=None"),
            Defect("ninox_api:PageSize.shrink", "self._good_bytes // error.record_bytes", "size // 2"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "none is held while the next one is on its way",
        test="unit/test_pages_let_go.py::test_no_page_is_held_while_the_next_is_read_by_id",
        defects=(Defect("ninox_api:iter_counted_pages", "del records", "pass"),),
    ),
    Promise(
        "docs/changes.md",
        "none is held while the next one is on its way",
        test="unit/test_pages_let_go.py::test_of_a_table_that_the_target_knows",
        defects=(Defect("target_ninox:TableReader.pages", "del page", "pass"),),
    ),
    Promise(
        "docs/changes.md",
        "A change feed is read while it arrives",
        test="unit/test_members.py::test_of_a_long_one_nothing_waits_to_be_decoded_at_once",
        defects=(
            Defect("ninox_api:Members._take_some", "if self._take(taker, body, place + 1):", "if False:"),
            Defect(
                "ninox_api:Members._take_some", "if self._take(taker, body, self._at + found.start()):", "if False:"
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "A change feed is read while it arrives",
        test="unit/test_members.py::test_wherever_it_is_cut",
        defects=(Defect("ninox_api:Members._open", 'bytes(body[: self._at]) + _CLOSING[bracket] + b"}"', 'b"{}"'),),
    ),
    Promise(
        "docs/changes.md",
        "A change feed is read while it arrives",
        test="unit/test_members.py::test_a_body_is_bounded_by_all_that_came",
        defects=(Defect("ninox_api:read_body", "if came > bound", "if len(body) > bound"),),
    ),
    Promise(
        "docs/changes.md",
        "A change feed is read while it arrives",
        test="unit/test_change_feed.py::test_a_key_that_fits_two_tables_is_a_candidate_of_both_to_be_looked_at",
        defects=(Defect("ninox_api:FeedReader._note_updates", "if len(records) == 1:", "if records:"),),
    ),
    Promise(
        "docs/changes.md",
        "Short values count by their number",
        test="tap/test_page_size.py::test_pages_of_many_short_values_are_smaller_than_their_bytes_say",
        defects=(Defect("ninox_api:weigh", "values * BYTES_PER_VALUE", "0"),),
    ),
]
