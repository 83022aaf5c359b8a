"""Promises that the target keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "keys that exist twice end the run with both ids and exit code 1.",
        test="target/test_another_writer.py::test_keys_that_somebody_else_creates_meanwhile_are_named_with_both_ids",
        defects=(
            Defect("target_ninox:TargetTable.note_created", "record_id > self._end + 1", "record_id > self._end + 9"),
            Defect(
                "target_ninox:find_other_writer",
                "if not _has_created(sharing, record.id)",
                "if _has_created(sharing, record.id)",
            ),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "No record twice by one run, whatever is lost, out of order or killed; another writer who makes one is noticed",
        test="target/test_another_writer.py::test_another_run_with_the_same_rows_is_noticed",
        defects=(
            Defect(
                "target_ninox:Load.finish",
                "self._report.error(), other_writer)",
                "self._report.error())",
            ),
        ),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "Of two runs, the one that creates later sees the ids of the other.",
        test="target/test_another_writer.py::test_few_keys_that_were_looked_up_in_a_large_table_are_noticed_too",
        defects=(Defect("target_ninox:TableReader._read_newest", "self._end = self.highest_id", "self._end = None"),),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "Ids betray it without a call",
        test="target/test_another_writer.py::test_who_is_alone_makes_no_call_for_it",
        defects=(Defect("target_ninox:find_other_writer", "not (table.gaps and keyed)", "not keyed"),),
    ),
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
        "docs/how-to/write-into-ninox.md",
        "A table is never found by another part of its name,",
        test="target/test_place.py::test_a_part_of_a_name_or_an_id_is_no_name",
        defects=(
            Defect("target_ninox:_named", "if table.name == name]", "if name in {table.id, table.name}]"),
            Defect("target_ninox:_by_slug", "slug_of(table.name) == slug", "slug.endswith(slug_of(table.name) or '?')"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a word that begins the name of any table is not taken for a schema",
        test="target/test_place.py::test_what_is_before_a_hyphen_is_no_schema_where_that_would_be_a_guess",
        defects=(Defect("target_ninox:_behind_schema", "if name and not is_word", "if name"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a mirror behind a schema other than `public` must have its `table` named.",
        test="target/test_place.py::test_a_mirror_asks_for_the_table_where_only_a_part_of_the_name_tells_it",
        defects=(Defect("target_ninox:Planner._refuse_to_delete_by_guess", 'what == "a mirror" or', ""),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "So must `hard_delete`.",
        test="target/test_place.py::test_hard_delete_asks_for_the_table_where_only_a_part_of_the_name_tells_it",
        defects=(
            Defect("target_ninox:Planner._refuse_to_delete_by_guess", "self._settings.deletes_marked and", "False and"),
            Defect(
                "target_ninox:Planner.plan",
                "self._refuse_to_delete_by_guess(described, chosen, database, settings)",
                "pass",
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "What you name must exist, or nothing is written; if two things have the same name, give the id.",
        test="target/test_place.py::test_two_tables_under_one_name_are_an_error_that_says_what_to_give",
        defects=(Defect("target_ninox:_set_table", "if len(found) > 1:", "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "What `tap-ninox` read says itself which table and field it is from, and goes there whatever it is called.",
        test="target/test_place.py::test_tables_and_fields_of_one_name_are_told_apart_by_their_ids",
        defects=(
            Defect("target_ninox:_candidates", "(identity.table_id, identity.caption)", "None"),
            Defect("target_ninox:FieldNames.find", "same is not None and same.name == caption", "False"),
            Defect("tap_ninox:TableStream.identify", "message.stream == self.name", "False"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Two streams go into one table only if you name it for one of them, by its own name",
        test="target/test_place.py::test_two_streams_share_a_table_only_where_a_setting_says_so",
        defects=(Defect("target_ninox:Planner._may_share", "bool(by_name) and", ""),),
    ),
    Promise(
        "docs/loaders.md",
        "only of records that are there: no record is made of formulas",
        test="target/test_formulas_alone.py::test_a_field_takes_them_in_records_that_are_there",
        defects=(
            Defect("target_ninox:_plan_formulas", "creates_records=False", "creates_records=True"),
            Defect("target_ninox:RowWriter._plan_write", "not self.plan.creates_records", "False"),
        ),
    ),
    Promise(
        "docs/loaders.md",
        "Without such a field, or without what records are found by",
        test="target/test_formulas_alone.py::test_whole_rows_behind_them_are_loaded_as_ever",
        defects=(
            Defect("target_ninox:Planner.plan", "if holds_formulas_alone(described.schema):", "if False:"),
            Defect("target_ninox:StreamLoader._encode", "if self._leaves_rows_out:", "if False:"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A key `_id`, as MongoDB has it, is not taken for Ninox's record id",
        test="target/test_place.py::test_an_id_of_another_product_is_not_taken_for_the_record_id",
        defects=(Defect("target_ninox:_plan_key", "(given is not None or has_own_ids)", "True"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A key `_id`, as MongoDB has it, is not taken for Ninox's record id",
        test="target/test_place.py::test_an_id_is_the_record_id_where_the_tap_read_this_very_table",
        defects=(Defect("target_ninox:Identity.is_in", "database.name.id", "self.database_id"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "those of another table or product are skipped.",
        test="target/test_place.py::test_a_deletion_under_a_narrow_schema_is_by_the_record_id_only_of_this_very_table",
        defects=(Defect("target_ninox:_plan_key", "(given is not None or has_own_ids)", "True"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "those of another table or product are skipped.",
        test="target/test_place.py::test_deletions_of_another_database_behind_rows_of_this_one_are_an_error",
        defects=(Defect("target_ninox:_for_schema", "if identity == chosen.identity:", "if True:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "What `tap-ninox` read from another database has links that lead elsewhere here",
        test="target/test_place.py::test_ids_of_another_database_are_no_links_of_this_one",
        defects=(Defect("target_ninox:_guessed_links", "if is_foreign and", "if False and"),),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "An empty answer may come by mistake, most likely in an outage, and proves nothing",
        test="target/test_lost_answers.py::test_an_empty_page_behind_a_lost_answer_makes_no_record_twice",
        defects=(Defect("target_ninox:_descend_from", "ids[:1] == [record_id]", "ids[:1] in ([], [record_id])"),),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "nothing was made only if the newest records begin with the highest id known and descend from there",
        test="target/test_refused_rows.py::test_no_record_is_made_twice_where_a_refused_batch_was_saved_and_then_seems_not_to_be",
        defects=(
            Defect("target_ninox:_descend_from", "ids[:1] == [record_id]", "ids[:1] in ([], [record_id])"),
            Defect("target_ninox:_descend_from", "ids == sorted(ids, reverse=True)", "True"),
        ),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "A server that answers with an empty list twice, though a record of the table is known that still exists, ends "
        "the run.",
        test="target/test_refused_rows.py::test_no_record_is_made_twice_where_a_refused_batch_was_saved_and_then_seems_not_to_be",
        defects=(Defect("target_ninox:TargetTable._read_beyond", "self.find(known_id) is not None", "False"),),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "A deletion counts if lists show that the record is gone: a server may answer 404 to every single record.",
        test="target/test_deletions.py::test_a_record_that_is_answered_with_404_and_listed_does_not_count_as_deleted",
        defects=(
            Defect("target_ninox:TableReader.read_again", "while left:", "while left and False:"),
            Defect("target_ninox:TableDeleter._delete_one", '"HTTP 404"', '"HTTP 200"'),
        ),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "a 404 is believed only of a server that has handed out a single record of the table.",
        test="target/test_deletions.py::test_a_record_that_is_answered_with_404_and_listed_does_not_count_as_deleted",
        defects=(Defect("target_ninox:TableReader._may_believe_404", "self._serves_singly or not listed", "True"),),
    ),
    Promise(
        "docs/adr/0019-matching-by-counted-calls.md",
        "One that finds nothing is asked once more",
        test="target/test_matching.py::test_an_empty_answer_to_a_look_up_by_mistake_makes_no_record_twice",
        defects=(Defect("target_ninox:TableReader.look_up", " or self._ask(filters=filters).records", ""),),
    ),
    Promise(
        "docs/guarantees.md",
        "A lost answer, an outage or a kill makes no record twice",
        test="target/test_lost_answers.py::test_a_lost_answer_makes_no_record_twice",
        defects=(
            Defect("target_ninox:find_saved_rows", "not chunk[0].creates", "True"),
            Defect(
                "target_ninox:BatchWriter._send",
                "saved, sending.rest = self._look(sending.rest)",
                "saved = []",
            ),
        ),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "After a timeout or a 504 the server may still be at work, so nothing is sent again in that run",
        test="target/test_lost_answers.py::test_rows_are_not_sent_again_while_the_server_may_still_be_at_work_on_them",
        defects=(Defect("target_ninox:BatchWriter._send", "sending.is_slow and sending.rest[0].creates", "False"),),
    ),
    Promise(
        "docs/guarantees.md",
        "Rows without a key stop the run instead.",
        test="target/test_lost_answers.py::test_without_a_key_nothing_is_guessed",
        defects=(Defect("target_ninox:_find_new", "raise _uncertain(table, keyless)", "pass"),),
    ),
    Promise(
        "docs/guarantees.md",
        "What is equal by meaning is not written, so no script of yours runs",
        test="target/test_upsert.py::test_the_same_input_twice_writes_nothing",
        defects=(Defect("target_ninox:RowWriter._plan_write", "not changes:", "False:"),),
    ),
    Promise(
        "docs/guarantees.md",
        "What is equal by meaning is not written, so no script of yours runs",
        test="unit/test_comparing_values.py::test_what_is_stored_and_what_is_sent_mean_the_same_or_not",
        defects=(
            Defect("ninox_singer.types:interpret_moment", "parsed.replace(tzinfo=None).isoformat()", "value"),
            Defect("ninox_singer.types.number:_meaning", "int(value)", "value.as_tuple()"),
            Defect("ninox_singer.types:_links_meaning", "frozenset(", "tuple("),
            Defect("ninox_singer.types.boolean:_meaning", "read_boolean(value)", "spell_json(value)"),
            Defect("ninox_singer.types:_convert_milliseconds", ".astimezone(zone)", ""),
            Defect("ninox_singer.types:_day_meaning", "_convert_milliseconds(value, UTC)", "None"),
            Defect("ninox_singer.types:_day_meaning", "at.time() == time()", "True"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "They mean the same as the usual forms",
        test="target/test_every_switch.py::test_the_same_records_are_stored_whatever_nobody_knows",
        defects=(
            Defect("ninox_singer.types:_multi_meaning", "members(value)", "list_members(value)", case="multi-text"),
            Defect("ninox_singer.types:_moment_meaning", "parsed is None", "True", case="dates-milliseconds"),
            Defect("ninox_singer.types:_link_meaning", "or _is_none(value)", "", case="dynamic_choices-stored"),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "a text such as `1,3` is read if only one set of options can make it",
        test="unit/test_reading_values.py::test_a_value_is_read_as_it_was_sent_or_refused_without_being_quoted",
        defects=(
            Defect("ninox_singer.types:_read_stored_options", "len(ways) == 1", "ways"),
            Defect("ninox_singer.types:_find_ways_to_join", "max(0, end - most)", "end - 1"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "German numbers and dates, zones, choices by id or caption",
        test="target/test_values_of_all_types.py::test_all_values_are_stored_or_refused_and_not_written_again",
        defects=(
            Defect("ninox_singer.types:_convert_to_wall_clock", "parsed.astimezone(formats.zone)", "parsed"),
            Defect("ninox_singer.types:write_boolean", "return value == 1", "return True"),
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
        "docs/adr/0020-state-behind-rows.md",
        "Rows that wait, rows that were rejected (`on_reject: fail`) and deletions of a mirror that are still to come "
        "are unsettled.",
        test="target/test_references.py::test_no_state_passes_a_row_that_waits",
        defects=(Defect("target_ninox:StreamLoader.first_unsettled", "self.waiting.first_since,", ""),),
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
        "docs/guarantees.md",
        "One bad row in a batch costs no other: it is found by dividing the batch, and named",
        test="target/test_refused_rows.py::test_one_bad_row_in_a_thousand",
        defects=(Defect("target_ninox:BatchWriter._divide", "range(0, len(rest), size)", "range(0, size, size)"),),
    ),
    Promise(
        "docs/guarantees.md",
        "Whatever order or ids a save is answered with, no later row, link or file lands on another record",
        test="target/test_answers.py::test_a_later_row_changes_the_record_of_its_key",
        defects=(
            Defect("target_ninox:assign", "record_id <= highest_id", "False"),
            Defect("target_ninox:assign", "len(set(ids)) != len(ids)", "False"),
            Defect("target_ninox:assign", "return _by_keys(answers, keys, wanted)", "return Answers(answers, True)"),
            Defect("target_ninox:assign", "are_certain=len(chunk) == 1", "are_certain=True"),
            Defect("target_ninox:Matcher.find_all", "self.table.read_unread()", "pass"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "Whatever order or ids a save is answered with, no later row, link or file lands on another record",
        test="target/test_answers.py::test_a_file_lands_on_the_record_of_its_row",
        defects=(
            Defect("target_ninox:BatchWriter._judge", "self._ids_matter and not checked.are_certain", "False"),
            Defect("target_ninox:BatchWriter.save", "if creates and intent.row.encoded.files", "if False"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "Any doubt means that nothing is deleted; a warning names it,",
        test="target/test_deletions.py::test_a_mirror_deletes_nothing_after_an_input_that_is",
        defects=(
            Defect("target_ninox:_certainly_unseen", "if not reasons:", "if True:"),
            Defect("target_ninox:_certainly_unseen", "if loader.account.report.rejected:", "if False:"),
            Defect("target_ninox:Completeness.note", "self._ends_in_state = False", "pass"),
            Defect("target_ninox:Completeness.doubts", "if signs.names_bookmark:", "if False:"),
            Defect("target_ninox:Completeness._note_state", "not state.get(_UNDER_WAY)", "True"),
            Defect(
                "target_ninox:Completeness._note_rows",
                "signs.is_open, signs.activated = True, None",
                "signs.is_open = True",
            ),
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
        "A mirror keeps a record that a row of the same input links to, with what would take it along",
        test="target/test_cascade.py::test_a_record_that_a_row_links_to_stays",
        defects=(
            Defect("target_ninox:_without_linked", "removal.without(linked)", "removal"),
            Defect("target_ninox:RowWriter._count", "if self._account.may_mirror:", "if False:"),
            Defect("target_ninox:TargetSettings.has_mirror", '== "mirror"', '== "none"'),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "one that somebody has changed since it was read",
        test="target/test_deletions.py::test_a_record_that_somebody_changes_while_a_mirror_runs_stays",
        defects=(
            Defect("target_ninox:_without_changed", "removal.without(takes_changed)", "removal"),
            Defect("target_ninox:RecordIndex.is_as_read", "record.sequence in (None, sequence)", "True"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A deletion of `hard_delete` that has waited reads its record once more",
        test="target/test_cascade.py::test_a_record_that_somebody_renumbers_while_its_deletion_waits_stays",
        defects=(Defect("target_ninox:StreamDeleter.delete_waiting", "self._keep_renumbered(to_delete)", "pass"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "If one of the same 5,000 is about that record and is rejected, the record stays",
        test="target/test_deletions.py::test_a_row_that_is_rejected_keeps_its_record_from_the_deletion_before_it",
        defects=(Defect("target_ninox:StreamDeleter.delete_or_wait", "del to_delete[record_id]", "continue"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A record that somebody else creates while the run is under way stays until the next run.",
        test="target/test_another_writer.py::test_a_mirror_deletes_nothing_that_somebody_else_creates_meanwhile",
        defects=(
            Defect("target_ninox:RowWriter.find_unseen", "last_id is None or number <= last_id", "True"),
            Defect("target_ninox:TableReader._read_newest", "newest[0].id >= self.highest_id", "False"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "at least one row came that stands for a record",
        test="target/test_completeness.py::test_files_without_a_row_are_no_stream",
        defects=(Defect("target_ninox:_certainly_unseen", "or loader.account.seen", "or True"),),
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
        "docs/how-to/mirror.md",
        "a record that was there before shows a value to match by",
        test="target/test_deletions.py::test_a_mirror_does_not_delete_records_of_which_none_shows_a_key",
        defects=(Defect("target_ninox:_certainly_unseen", "not unseen.keys_are_shown", "False"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "Nor is anything deleted that would take along records for which the same input had rows, rejected or not",
        test="target/test_cascade.py::test_what_a_rejected_row_is_about_does_not_go_along",
        defects=(
            Defect("target_ninox:StreamDeleter._takes_rows", "stream_that_keeps", "stream_that_wrote"),
            Defect("target_ninox:_refuse_to_take_rows", "stream_that_keeps", "stream_that_wrote"),
            Defect("target_ninox:StreamLoader._may_be_rejected", "self.account.has_nameless_rejects or", ""),
            Defect("target_ninox:StreamAccount.reject", "self.has_nameless_rejects = True", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "with `hard_delete`, that row is rejected.",
        test="target/test_cascade.py::test_hard_delete_does_not_take_records_along_for_which_rows_came",
        defects=(
            Defect("target_ninox:StreamDeleter._takes_rows", "is not None", "is False"),
            Defect("target_ninox:TargetSettings.may_delete", "self.deletes_marked or", ""),
        ),
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
        "docs/how-to/write-into-ninox.md",
        "it would be created again in every run",
        test="target/test_deletions.py::test_where_no_record_shows_a_key_one_is_made_and_looked_at_before_any_other",
        defects=(Defect("target_ninox:ReadBack.check_key", "if shown is None:", "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "because a script rewrites it or Ninox keeps it in another form, no further row of that stream is loaded",
        test="target/test_deletions.py::test_a_key_that_is_kept_in_another_form_ends_its_stream_with_the_record_that_is_tried",
        defects=(Defect("target_ninox:ReadBack.check_key", "if shown != key:", "if False:"),),
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
        "docs/reference/streams.md",
        "A mapper between tap and target that renames it is noticed by `stream`",
        test="target/test_place.py::test_a_stream_that_a_mapper_between_has_renamed_goes_where_its_new_name_says",
        defects=(Defect("target_ninox:Identity.of", "said.get(STREAM, stream) != stream", "False"),),
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
        "docs/how-to/mirror.md",
        "no record is beyond those that were read or made",
        test="target/test_deletions.py::test_a_mirror_deletes_nothing_if_its_table_was_not_read_to_its_end",
        defects=(Defect("target_ninox:TableReader.ends_at", "return newest[0].id == record_id", "return True"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A record counts as deleted when it has been looked for and is gone, whatever the answer to the deletion was.",
        test="target/test_deletions.py::test_a_deletion_that_was_not_done_whole_is_looked_at_and_done_again",
        defects=(
            Defect("target_ninox:TableDeleter._left_of", "there = self._table.still_there(batch)", "there = set()"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A record counts as deleted when it has been looked for and is gone, whatever the answer to the deletion was.",
        test="target/test_order_of_lists.py::test_a_record_that_is_listed_behind_greater_ids_does_not_count_as_deleted",
        defects=(Defect("target_ninox:TableReader.read_again", "tally.is_in_doubt and", "False and"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A record counts as deleted when it has been looked for and is gone, whatever the answer to the deletion was.",
        test="target/test_deletions.py::test_an_empty_page_by_mistake_does_not_make_records_deleted",
        defects=(Defect("target_ninox:TableReader.read_again", "self.ends_at(before)", "True"),),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "keys that exist twice end the run with both ids and exit code 1.",
        test="target/test_another_writer.py::test_records_of_others_are_found_in_whatever_order_they_are_listed",
        defects=(Defect("target_ninox:TargetTable.read_gaps", "and self._order.is_by_id", ""),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A record counts as deleted when it has been looked for and is gone, whatever the answer to the deletion was.",
        test="target/test_deletions.py::test_a_deletion_that_is_answered_and_never_done_does_not_count",
        defects=(Defect("target_ninox:TableDeleter._delete_singly", "self._table.still_there(done)", "set()"),),
    ),
    Promise(
        "docs/guarantees.md",
        "Records gone from all tables are the records announced",
        test="target/test_cascade.py::test_records_gone_from_all_tables_are_the_records_announced",
        defects=(
            Defect("target_ninox:find_cascade", "todo = frozenset(found - known)", "todo = frozenset()"),
            Defect("target_ninox:StreamDeleter._delete_counted", "self._account.report.add_deleted_along", "str"),
            Defect("ninox_api:_parse_raw_field", 'raw.get("cascade", links_to_parent)', 'raw.get("cascade")'),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "What did not go along, though the schema says so, is not counted, and named in a warning.",
        test="target/test_cascade.py::test_only_a_reference_that_cascades_takes_along",
        defects=(
            Defect("target_ninox:StreamDeleter._find_left", "find_left(self._destination, announced)", "set()"),
            Defect("target_ninox:StreamDeleter._find_left", "self._log_left(left)", "pass"),
            Defect("target_ninox.report:_line", "report.deleted_along.items()", "()"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "or some single ones where a server lists in another order than by id",
        test="target/test_cascade.py::test_a_look_for_what_went_along_costs_some_calls_where_lists_are_in_another_order",
        defects=(Defect("target_ninox:find_left", "table.is_unsorted", "False"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "If nobody can look, all of it counts.",
        test="target/test_cascade.py::test_a_look_that_fails_takes_back_no_deletion",
        defects=(Defect("target_ninox:StreamDeleter._find_left", "return set()", "raise"),),
    ),
    Promise(
        "docs/guarantees.md",
        "Records gone from all tables are the records announced",
        test="target/test_cascade.py::test_a_child_that_says_itself_that_it_is_deleted_is_counted_once",
        defects=(
            Defect("target_ninox:StreamDeleter._delete_counted", "in_count |= along", "in_count |= along | left"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "They are part of `max_deletes`, of a dry run, of the log and of the report",
        test="target/test_cascade.py::test_what_goes_along_is_part_of_max_deletes",
        defects=(
            Defect("target_ninox:remove_unseen", "len(unseen.record_ids) + len(along)", "len(unseen.record_ids)"),
            Defect("target_ninox:StreamDeleter._delete_rows", "len(to_delete) + len(along)", "len(to_delete)"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "Nothing is deleted if they cannot be counted",
        test="target/test_cascade.py::test_what_cannot_be_counted_is_not_deleted",
        defects=(Defect("target_ninox:_cascading_references", "not is_known and (referring or back)", "False"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "Nor is anything deleted that would take along records for which the same input had rows",
        test="target/test_cascade.py::test_a_mirror_does_not_take_records_along_for_which_rows_came",
        defects=(
            Defect("target_ninox:_refuse_to_take_rows", "stream is not None", "False"),
            Defect("target_ninox:TargetSettings.may_delete", "or self.has_mirror", ""),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "A deletion that takes others along waits for the end of the input, so that rows behind it count",
        test="target/test_cascade.py::test_a_deletion_waits_for_rows_of_what_would_go_along",
        defects=(
            Defect("target_ninox:StreamDeleter.delete_or_wait", "may_cascade(self._destination, table_id)", "False"),
            Defect(
                "target_ninox:Load.finish",
                "delete_waiting(loaders, doubt=doubt)",
                "pass",
            ),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "They are part of `max_deletes`, of a dry run",
        test="target/test_cascade.py::test_a_dry_run_knows_what_its_own_rows_would_have_linked",
        defects=(
            Defect("target_ninox:RowWriter.write", "read_cascading_links(self._destination, self.plan.table)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "If the input breaks off, it waits for the next run",
        test="target/test_cascade.py::test_what_waits_to_be_deleted_is_not_where_the_input_breaks_off",
        defects=(Defect("target_ninox:delete_waiting", "if doubt is not None:", "if False:"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "until then no state passes it",
        test="target/test_cascade.py::test_no_state_passes_a_deletion_that_waits",
        defects=(Defect("target_ninox:StreamLoader.first_unsettled", "self.deleter.waiting.first_since,", ""),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "and a record that comes back stays",
        test="target/test_cascade.py::test_a_record_that_comes_back_behind_its_deletion_stays_with_all_that_it_has",
        defects=(
            Defect(
                "target_ninox:StreamDeleter.delete_waiting",
                "or self._claimed.stream_that_wrote( self.plan.table.id, record_id )",
                "",
            ),
            Defect("target_ninox:StreamDeleter._let_wait", "earlier is not None", "False"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "and a record that comes back stays",
        test="target/test_cascade.py::test_the_last_row_about_a_record_decides_across_batches",
        defects=(Defect("target_ninox:RowWriter._delete", "self._account.seen.discard(record.id)", "pass"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "and a record that comes back stays",
        test="target/test_cascade.py::test_a_row_that_is_rejected_keeps_its_record_from_an_earlier_deletion",
        defects=(Defect("target_ninox:StreamDeleter._is_in_rejected", "> row.encoded.number", "> 9"),),
    ),
    Promise(
        "docs/guarantees.md",
        "Records gone from all tables are the records announced",
        test="target/test_cascade.py::test_a_child_that_says_itself_that_it_is_deleted_is_counted_once",
        defects=(
            Defect("target_ninox:StreamDeleter.delete_waiting", "in deleted or record_id in to_delete", "in set()"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "`max_updates` stops a surprise",
        test="target/test_safety.py::test_limits_count_the_whole_run",
        defects=(Defect("target_ninox:Limits.reserve", "self._count[action] + count", "count"),),
    ),
    Promise(
        "docs/guarantees.md",
        "`dry_run` writes nothing and counts as the run will",
        test="target/test_safety.py::test_a_dry_run_counts_links_circles_deletions_and_mirrors_as_a_run_does",
        defects=(
            Defect("target_ninox:Load._find_destination", "DryWriter() if settings.dry_run else", ""),
            Defect("target_ninox:DryWriter.save_records", "write.id or self._new_id()", "write.id or 0"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "It is counted; with `hard_delete` its record is deleted.",
        test="target/test_deletions.py::test_without_hard_delete_they_are_only_counted",
        defects=(Defect("target_ninox:StreamLoader._encode", "and not self._settings.deletes_marked", "and False"),),
    ),
    Promise(
        "docs/guarantees.md",
        "The row is rejected with their ids: none of these records is changed.",
        test="target/test_upsert.py::test_a_key_that_several_records_have_is_rejected_with_their_ids",
        defects=(Defect("target_ninox:RowWriter._find_record", "len(records) > 1", "False"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "An absent property never does anything.",
        test="target/test_upsert.py::test_an_absent_property_changes_nothing_and_null_clears",
        defects=(
            Defect(
                "target_ninox:Assignment.put",
                "if value is _ABSENT: return",
                "value = None if value is _ABSENT else value",
            ),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "Text is never written into a choice.",
        test="target/test_values_of_all_types.py::test_all_values_are_stored_or_refused_and_not_written_again",
        defects=(
            Defect(
                "ninox_singer.types:write_option", "raise options.refuse(values.values())", 'return str(values[""])'
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Texts are compared letter by letter, also as keys; other values by meaning: `1.0` is 1, `12:30` is "
        "`12:30:00`, options in another order are the same options.",
        test="unit/test_comparing_values.py::test_what_is_stored_and_what_is_sent_mean_the_same_or_not",
        defects=(Defect("ninox_singer.types:interpret_text", "return written if", "return written.casefold() if"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A whole JSON number becomes an integer in a text field, too (`4711.0` is `4711`)",
        test="unit/test_writing_values.py::test_a_value_is_written_or_refused",
        defects=(Defect("ninox_singer.types:write_text", "value == value.to_integral_value()", "False"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "An umlaut is the same whether it is stored as one character or as two.",
        test="target/test_same_meaning.py::test_texts_are_looked_up_in_both_forms_of_unicode",
        defects=(
            Defect("ninox_singer.types:interpret_text", 'unicodedata.normalize("NFC", written)', "written"),
            Defect("target_ninox.records.matcher:_spellings", "if decomposed != composed:", "if False:"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "other values by meaning",
        test="target/test_same_meaning.py::test_a_key_in_another_spelling_finds_its_record",
        defects=(Defect("target_ninox:Matcher._filters", "self._key.has_one_spelling and", ""),),
    ),
    Promise(
        "docs/guarantees.md",
        "It is rejected with its number, property and reason; all others are written.",
        test="target/test_bad_rows.py::test_a_value_that_nobody_thought_of_costs_its_row",
        defects=(Defect("target_ninox:StreamLoader._encode", "except _UNFORESEEN as", "except KeyboardInterrupt as"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Existing records are read in pages that become smaller if they are too much for the server",
        test="target/test_bad_rows.py::test_records_that_are_too_much_for_the_server_are_read_in_smaller_pages",
        defects=(Defect("ninox_api:PageSize.ask", "self.shrink(asked, error)", "raise"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a value of more than 1,000 characters is never put into a request's address",
        test="target/test_bad_rows.py::test_a_key_that_is_too_long_for_an_address_is_not_looked_up",
        defects=(Defect("target_ninox:Matcher._filters", "len(str(filters)) <= _LONGEST", "True"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If a record just created or changed does not hold the key that was sent",
        test="target/test_answers.py::test_a_script_that_changes_the_key_of_what_is_created_ends_the_stream_with_its_first_request",
        defects=(
            Defect("target_ninox:ReadBack._compare", "if changed_key is not None and", "if False and"),
            Defect(
                "target_ninox:StreamLoader.working",
                "except KeyChangedError as error:",
                "except ZeroDivisionError as error:",
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "An id (`references: {customer: _id}`) is looked for likewise",
        test="target/test_references.py::test_a_link_by_id_to_a_record_that_is_not_there_is_rejected_left_empty_or_waits",
        defects=(
            Defect("target_ninox:plan_references", "field_type(field.type).is_reference and table", "False and table"),
            Defect("target_ninox:Links._find", "is_by_id and item.id in handed_out", "False"),
            Defect("target_ninox:RowWriter._find_record", "records[0].id in self._table.handed_out", "False"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "but for one that the record links to already",
        test="target/test_references.py::test_a_link_by_id_that_its_record_has_already_is_not_looked_for",
        defects=(Defect("target_ninox:Links.resolve", "self._with_links_as_they_are(rows)", "rows"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Keys that differ only in what Ninox does not keep",
        test="target/test_keys.py::test_keys_that_differ_only_in_what_ninox_does_not_keep_are_two_and_the_second_is_rejected",
        defects=(
            Defect("target_ninox:StreamLoader._encode", "self.plan.uncut_of_key and", "False and"),
            Defect("ninox_singer:_read_uncut", "local.fold, digits", "digits"),
            Defect("ninox_singer:_read_uncut", 'fraction[1].rstrip("0")', "fraction[1]"),
        ),
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
        "Answers to saves show it and, if the table",
        test="target/test_answers.py::test_a_script_that_changes_few_keys_ends_the_stream_where_an_answer_shows_it",
        defects=(
            Defect("target_ninox:BatchWriter._judge", "shown not in {None, intent.row.encoded.key}", "False"),
            Defect("target_ninox:ReadBack.check_keys", "raise self._changed(record.id, key)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If a field contains something other than what was sent, a warning and the report (`overridden`) name it",
        test="target/test_overrides.py::test_a_script_that_overrides_created_records_is_named_with_field_number_and_setting",
        defects=(
            Defect(
                "target_ninox:ReadBack.look_for_overrides",
                "if written:",
                "if False:",
            ),
            Defect("target_ninox:ReadBack._compare", "or by_key.get(plan.key_of(record.fields))", ""),
            Defect("target_ninox:TableReader.page_from", "record_id - 1", "record_id"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "name it, also one that was equal before and not sent:",
        test="target/test_overrides.py::test_a_script_that_overrides_what_an_update_did_not_send_is_named_at_once",
        defects=(
            Defect(
                "target_ninox:ReadBack._compare",
                "certain = {outcome.record_id: outcome.intent.row.encoded",
                "certain = {outcome.record_id: outcome.intent.write",
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "the first records that a run creates and changes are read back once",
        test="target/test_overrides.py::test_a_script_that_overrides_changed_records_is_named_too",
        defects=(
            Defect(
                "target_ninox:ReadBack.look_for_overrides", "for creates in (True, False):", "for creates in (True,):"
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If a table has scripts",
        test="target/test_overrides.py::test_a_table_without_scripts_costs_no_call",
        defects=(Defect("target_ninox:ReadBack.look_for_overrides", "self._plan.table.may_have_scripts and", ""),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "An id above 2^40 rejects its row",
        test="target/test_place.py::test_an_id_that_no_table_has_makes_no_record",
        defects=(Defect("target_ninox:WritePlan.encode", "(record_id or 0) > _LARGEST_ID", "False"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A number is no link by itself",
        test="target/test_references.py::test_a_number_is_no_link_unless_something_says_of_what",
        defects=(
            Defect("target_ninox:plan_stream", "if not (key.is_record_id or chosen.has_own_ids):", "if False:"),
            Defect("target_ninox:plan_references", "wanted == RECORD_ID and", "False and"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Nor is a property named `status_id` the id of an option of *Status*",
        test="target/test_plan.py::test_a_name_alone_does_not_make_a_property_the_id_of_an_option",
        defects=(
            Defect("target_ninox:plan_stream", "problems += _guessed_options(mapping, properties, settings)", "pass"),
            Defect("target_ninox:_guessed_options", "name in settings.fields or", ""),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a glob such as `*` names a table for one stream, and the second one that it would send there ends the run.",
        test="target/test_place.py::test_a_glob_names_a_table_for_one_stream",
        defects=(Defect("target_ninox:Planner._may_share", "and not by_glob", "or by_glob"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "with their key, everything that is wrong with them and what would be allowed",
        test="target/test_rejects.py::test_a_row_is_rejected_with_its_key_all_its_faults_and_its_line_in_the_file",
        defects=(
            Defect("target_ninox:WritePlan.encode", "faults[assignment.field.id] = fault", "raise"),
            Defect("target_ninox:StreamAccount.reject", "error.key if row.encoded.key is None else", ""),
            Defect("target_ninox:_source_of", '!= ""', "is None"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "the state is held back at the first rejected row, so this row and everything after it comes again in each run",
        test="target/test_rejects.py::test_the_last_line_says_that_the_state_is_held_and_what_comes_again",
        defects=(Defect("target_ninox:Rejects.error", "if self.is_dry else 'were'", "if True else 'were'"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "(`public_orders` for `public-orders`) stop the run before it starts.",
        test="target/test_place.py::test_settings_for_a_stream_that_is_spelled_otherwise_end_the_run_before_a_row_is_written",
        defects=(Defect("target_ninox:Planner._refuse_other_spelling", "slug_of(key) == slug", "False"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A key that is a number with more digits than Ninox keeps is tried in the same way.",
        test="target/test_deletions.py::test_a_number_with_more_digits_than_ninox_keeps_is_tried_as_a_key_with_one_record",
        defects=(Defect("target_ninox:BatchWriter._judge", "shown not in {None, intent.row.encoded.key}", "False"),),
    ),
    Promise(
        "docs/reference/types.md",
        "A caption that several options have is rejected with their ids",
        test="unit/test_writing_values.py::test_a_value_is_written_or_refused",
        defects=(Defect("ninox_singer.types:Options.find", "if given in self.twins:", "if False:"),),
    ),
    Promise(
        "docs/changes.md",
        "Where thousands of records have one key, ten ids are named, and the number of the others.",
        test="target/test_upsert.py::test_a_key_that_very_many_records_have_names_ten_of_them_and_the_number",
        defects=(Defect("ninox_singer:list_ids", "ids[:MOST_IDS]", "ids"),),
    ),
    Promise(
        "docs/changes.md",
        "Where thousands of records have one key, ten ids are named, and the number of the others.",
        test="target/test_references.py::test_several_records_with_the_linked_key_are_not_guessed_at",
        defects=(
            Defect(
                "target_ninox:Links._refuse_ambiguous", 'f"{list_ids(ids)}."', "f\"ids {', '.join(map(str, ids))}.\""
            ),
        ),
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
        test="target/test_logs.py::test_the_table_follows_the_log_wherever_a_run_is_cut_off",
        defects=(Defect("target_ninox:RowWriter._delete", "elif record is None:", "elif False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "With `hard_delete`, the records of rows that have a time in `_sdc_deleted_at` are deleted",
        test="target/test_refused_rows.py::test_a_row_behind_a_deletion_of_its_record_is_rejected_as_it_came",
        defects=(Defect("target_ninox:Row.then", "self.encoded.deleted or later.encoded.deleted", "False"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "An empty page does not prove that a table ends",
        test="target/test_lost_answers.py::test_an_empty_page_that_comes_by_mistake_makes_no_record_twice",
        defects=(
            Defect("target_ninox:TableReader._by_id", "if newest_id <= cursor:", "if True:"),
            Defect("target_ninox:TableReader._by_id", "self.find_newest_id()", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a record that the server withholds stops the run before it could be created again",
        test="target/test_lost_answers.py"
        "::test_records_that_a_server_does_not_hand_out_end_the_run_before_they_are_created_again",
        defects=(Defect("target_ninox:TableReader._confirm_end", "raise make_end_error(self.id, last_id)", "pass"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a record that the server withholds stops the run before it could be created again",
        test="target/test_lost_answers.py::test_a_server_that_answers_each_page_with_the_first_one_ends_the_run",
        defects=(
            Defect(
                "target_ninox:TableReader.pages",
                "self._confirm_end(cursor) raise make_pages_error(self.id) from None if after_id == 0: "
                "self._confirm_end(cursor)",
                "pass",
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "one page by number shows whether there are more records than were read",
        test="target/test_order_of_lists.py::test_records_that_are_listed_behind_greater_ids_are_not_made_again",
        defects=(
            Defect(
                "target_ninox:TableReader.pages", "not tally.is_in_doubt or self._has_all(", "True or self._has_all("
            ),
            Defect("target_ninox:TableReader.pages", "if record.id > after_id", "if record.id > cursor"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "one page by number shows whether there are more records than were read",
        test="target/test_order_of_lists.py"
        "::test_a_deletion_of_this_run_does_not_make_up_for_a_record_that_was_passed_over",
        defects=(Defect("target_ninox:TargetTable.note_deleted", "self._deleted += 1", "pass"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a server that has none ends the run before it writes",
        test="target/test_order_of_lists.py::test_without_the_pages_that_would_show_it_nothing_is_written",
        defects=(Defect("target_ninox:TableReader.pages", "raise make_pages_error(self.id) from None", "pass"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a write that is waiting for its next try is not sent again",
        test="target/test_sdk_overrides.py::test_a_signal_during_a_write_that_is_refused_lets_no_other_try_follow",
        defects=(Defect("ninox_singer:Stopping.held_back", "if self._exit_code is not None:", "if False:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "So does an empty part of a composite key.",
        test="target/test_bad_rows.py::test_an_empty_part_of_a_key_costs_its_row_and_no_other",
        defects=(
            Defect("target_ninox:WritePlan.encode", "leaving_out={*faults, *references}", "leaving_out=()"),
            Defect("target_ninox:WritePlan._shown_key", "parts.count(None) == len(parts)", "None in parts"),
            Defect("target_ninox:WritePlan.encode", "key is None and self.needs_key and not deleted", "False"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If a defect of `target-ninox` ends a stream, all others are loaded.",
        test="target/test_bad_rows.py::test_a_crash_ends_its_stream_and_no_other",
        defects=(
            Defect(
                "target_ninox:StreamLoader.working",
                "except Exception as error",
                "except KeyboardInterrupt as error",
            ),
            Defect("target_ninox:_leave_waiting", "failed is not None and not loader.has_failed", "False"),
            Defect("target_ninox:StreamLoader.first_unsettled", "self._failed_from,", ""),
            Defect("target_ninox:RunReport.error", "if not failed:", "if True:"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If a defect of `target-ninox` ends a stream, all others are loaded.",
        test="target/test_bad_rows.py::test_a_crash_at_a_later_schema_ends_its_stream_and_no_other",
        defects=(Defect("target_ninox:StreamLoader.describe", "with self.working():", "if True:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If a mirror ends like this, none of its own records is deleted",
        test="target/test_bad_rows.py::test_a_crash_of_a_mirror_deletes_nothing_of_its_own_and_ends_no_other",
        defects=(
            Defect("target_ninox:_certainly_unseen", "with loader.working():", "if True:"),
            Defect("target_ninox:remove_unseen", "with removal.loader.working(): # again", "if True: # again"),
            Defect("target_ninox:_certainly_unseen", "loader.has_failed and not reasons", "False"),
        ),
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
        "a mirror of which no row is about any record that its table holds writes nothing",
        test="target/test_deletions.py::test_a_mirror_that_matches_nothing_would_replace_its_table_and_writes_nothing",
        defects=(
            Defect("target_ninox:StreamLoader.load", "and not self.replaces_all(rows)", ""),
            Defect("target_ninox:StreamLoader.__init__", "settings.max_deletes is not None", "False"),
        ),
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
        "docs/how-to/mirror.md",
        "A record of which another stream of the input has a row, written or rejected, stays.",
        test="target/test_cascade.py::test_a_record_of_which_another_stream_has_a_rejected_row_is_not_deleted",
        defects=(
            Defect(
                "target_ninox:StreamDeleter._is_in_rejected",
                "but_for=self.plan.stream) is not None",
                "but_for=self.plan.stream) is self",
            ),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "So does one in a table into which several streams go.",
        test="target/test_deletions.py::"
        "test_a_record_of_which_another_stream_has_a_row_stays_in_a_table_that_nothing_goes_along_with",
        defects=(Defect("target_ninox:StreamDeleter.delete_or_wait", "or self._claimed.is_shared(table_id)", ""),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "So its rows wait until one of them is about a record that is there.",
        test="target/test_deletions.py::test_a_mirror_writes_all_rows_once_one_of_them_is_about_a_record_that_is_there",
        defects=(Defect("target_ninox:RowWriter.is_about_any", "any(self._match(rows).values())", "False"),),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "a mirror of which no row is about any record that its table holds writes nothing",
        test="target/test_references.py::test_a_mirror_in_circles_that_matches_nothing_writes_nothing",
        defects=(
            Defect("target_ninox:StreamLoader.load", "if self.replaces_all(ready):", "if False:"),
            Defect("target_ninox:LateLoader.write_unlinked", "if self.loader.replaces_all(written):", "if False:"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "Rows that link to its records wait for the next run",
        test="target/test_references.py::test_rows_that_link_to_a_mirror_that_matches_nothing_wait",
        defects=(Defect("target_ninox:load_waiting", "late.loader.refuse_to_replace_all()", "pass"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If a defect of `target-ninox` ends a stream, all others are loaded.",
        test="target/test_bad_rows.py::test_a_crash_while_rows_wait_ends_its_stream_and_leaves_what_waits_for_it",
        defects=(
            Defect("target_ninox:LateLoader.keys_to_come", "with self.loader.working():", "if True:"),
            Defect("target_ninox:load_waiting", "if _leave_waiting(streams, claimed):  # again", "if False:  # again"),
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
        "A row whose linked record has not come yet waits for it, in a temporary file if there are many.",
        test="target/test_references.py::test_chains_of_rows_that_wait_for_each_other_need_few_rounds",
        defects=(
            Defect("target_ninox:WaitingRows.discard_all", "if row.identity not in kept:", "if True:"),
            Defect("target_ninox:WaitingRows.blocks", "first, last = 1,", "first, last = 2,"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A row whose linked record has not come yet waits for it, in a temporary file if there are many.",
        test="target/test_references.py::test_rows_about_one_record_that_waits_are_one_row",
        defects=(
            Defect("target_ninox:WaitingRows.discard", "does_wait and len(alike) == 1", "len(alike) == 1"),
            Defect("target_ninox:StreamLoader._with_earlier", "[earlier] if earlier is not None else []", "[]"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        'with `on_missing: "null"` (the quotes are needed) it is loaded and that link is left empty, which the report',
        test="target/test_references.py::test_a_missing_linked_record_is_left_empty_if_the_settings_say_so",
        defects=(
            Defect("target_ninox:Links.give_up", "if not self.plan.may_stay_empty(name)", "if True"),
            Defect("target_ninox:Links._leave_empty", "+= emptied", "+= 0"),
            Defect("target_ninox:LateLoader.give_up", "self.waiting.put(row)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If it neither arrives nor exists, the row is rejected",
        test="target/test_references.py::test_a_row_whose_record_waits_for_what_never_comes_is_not_missing_for_those_that_link_to_it",
        defects=(
            Defect("target_ninox:LateLoader.keys_to_come", "row.encoded.record_id if is_by_id else", "", case="_id"),
            Defect("target_ninox:LateLoader.keys_to_come", "self.waiting.blocks() if to_this else ()", "()", case="No"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If the key may not read the linked table, ids are written unseen, with a warning.",
        test="target/test_references.py::test_links_by_id_to_a_table_that_may_not_be_read_are_written_unseen_with_a_warning",
        defects=(
            Defect("target_ninox:Links._find", "if reference.match_field is not None:", "if True:"),
            Defect("target_ninox:StreamAccount.warn_once", "logger.warning(message)", "pass"),
            Defect("target_ninox:StreamAccount.warn_once", "self._warned.add(message)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A linked record whose own row was rejected is missing, too",
        test="target/test_references.py::test_a_record_of_a_circle_that_is_refused_is_missing_for_the_others",
        defects=(Defect("target_ninox:Links.resolve_or_leave_empty", "self._leave_empty(row, missing)", "row"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A link that is part of the key is never left empty",
        test="target/test_references.py::test_a_link_that_is_part_of_the_key_is_never_left_empty",
        defects=(
            Defect(
                "target_ninox:WritePlan.may_stay_empty",
                "and not self.is_part_of_key(field_id)",
                "",
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "rows whose keys wait for each other are rejected.",
        test="target/test_references.py::test_keys_that_wait_for_each_other_are_rejected_and_nothing_is_created",
        defects=(
            Defect("target_ninox:Links.without_missing", "if not self._missing_of_key(row, found)", "if True"),
            Defect("target_ninox:_load_circles", "late.refuse_circular()", "pass"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "Links by a key of the other table; children before parents, circles, links to itself",
        test="target/test_references.py::test_rows_whose_key_is_a_link_into_a_circle_are_loaded_once_it_is_there",
        defects=(
            Defect("target_ninox:_load_circles", "while sum(", "if sum("),
            Defect("target_ninox:LateLoader.write_unlinked", "not in self._unlinked]", "not in ()]"),
        ),
    ),
    Promise(
        "docs/guarantees.md",
        "Links by a key of the other table; children before parents, circles, links to itself",
        test="target/test_references.py::test_rows_that_link_to_themselves_or_in_a_circle_are_linked_in_a_second_pass",
        defects=(Defect("target_ninox:_load_circles", "late.link_unlinked()", "pass"),),
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
        "no link in a folder leads out of it.",
        test="target/test_files.py::test_a_link_does_not_lead_out_of_the_folder",
        defects=(
            Defect(
                "target_ninox:FileSources._path",
                "path.is_relative_to(folder) and path.is_file()",
                "path.is_file()",
            ),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "A path in a row is looked up in each folder, in their order",
        test="target/test_files.py::test_a_path_is_looked_for_in_each_folder_in_their_order",
        defects=(
            Defect("target_ninox:FileSources._path", "in self.folders", "in self.folders[:1]"),
            Defect("target_ninox:FileSources._path", "in self.folders", "in reversed(self._folders)"),
            Defect(
                "target_ninox:FileSources._path",
                "path.is_relative_to(folder)",
                "any(path.is_relative_to(known) for known in self.folders)",
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
        "docs/reliability.md",
        "what may be repeated is tried eight times",
        test="target/test_files.py::test_an_upload_is_tried_as_often_as_the_settings_say_with_pauses",
        defects=(Defect("target_ninox:FileLoader._upload", "if it in lost else 1", "if False else 1"),),
    ),
    Promise(
        "docs/reliability.md",
        "what may be repeated is tried eight times",
        test="target/test_files.py::test_a_lost_answer_is_looked_after_not_sent_again",
        defects=(
            Defect(
                "target_ninox:FileLoader._send_if_missing",
                "if lost and self._is_there(record_id, upload):",
                "if False:",
            ),
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
        "docs/changes.md",
        "what is known of the records of all tables is in one temporary file",
        test="unit/test_record_index.py::test_the_values_of_many_tables_take_no_more_memory_than_those_of_one",
        defects=(
            Defect(
                "target_ninox:RecordIndex.__init__",
                "self._database = database",
                "self._database = database = TemporaryDatabase()",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "A bad row in every ten is no longer taken for a table that takes no row",
        test="target/test_refused_rows.py::test_a_bad_row_in_every_ten_is_no_table_that_takes_no_row",
        defects=(Defect("target_ninox:BatchWriter._divide", "self._refused_in_a_row = 0", "pass"),),
    ),
    Promise(
        "docs/how-to/files.md",
        "and a record that does not show its file, as when it is locked, cost their row and no other.",
        test="target/test_files.py::test_a_file_that_its_record_does_not_show_is_a_reject_not_the_end",
        defects=(
            Defect(
                "target_ninox:FileLoader._show",
                "except (NinoxRequestError, NinoxServerError)",
                "except ZeroDivisionError",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "A file whose field Ninox does not set, behind 200, is a rejected row",
        test="target/test_files.py::test_a_field_that_is_not_set_behind_200_is_a_reject",
        defects=(
            Defect("target_ninox:FileLoader._show", "if answer.error is None", ""),
            Defect("target_ninox:FileLoader._show", "!= [record_id]", "== []"),
            Defect("target_ninox:FileLoader._show", "except NinoxProtocolError", "except ZeroDivisionError"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "A file that Ninox refuses, or fails with (HTTP 500) as often as it is sent,",
        test="target/test_files.py::test_a_file_that_ninox_does_not_take_is_a_reject_not_the_end",
        defects=(
            Defect("target_ninox:FileLoader._judged", "if is_outage(error):", "if True:"),
            Defect("target_ninox:FileLoader._send_if_missing", "except _REFUSALS", "except ZeroDivisionError"),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "cost their row and no other.",
        test="target/test_files.py::test_a_record_whose_files_are_not_listed_is_a_reject_while_its_table_can_be_read",
        defects=(
            Defect(
                "target_ninox:FileLoader._listed",
                "self.destination.table(self.plan.table.id).check_is_readable()",
                "pass",
            ),
        ),
    ),
    Promise(
        "docs/how-to/files.md",
        "Where a hundred rows in a row fail so, the run ends: then it is not the files.",
        test="target/test_files.py::test_a_server_that_fails_with_the_files_of_all_rows_ends_the_run",
        defects=(
            Defect("target_ninox:FileLoader._blamed", "self._failed_in_a_row += 1", "pass"),
            Defect("target_ninox:FileLoader.load", "self._failed_in_a_row = 0", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "What Ninox says of a row that it refuses is repeated nowhere, unless it is known to quote no row",
        test="target/test_refused_rows.py::test_what_ninox_says_of_a_row_is_not_repeated_as_it_may_quote_it",
        defects=(Defect("target_ninox.write.batches:_reason", "error in _KNOWN_ERRORS", "True"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "the reason has the status, and the fields that were sent.",
        test="target/test_refused_rows.py::test_what_ninox_is_known_to_say_of_a_row_is_repeated",
        defects=(Defect("target_ninox:RowWriter._reject", " Sent: {names or 'no field'}.", ""),),
    ),
    Promise(
        "docs/changes.md",
        "So does a file of a folder that may not be read.",
        test="target/test_files.py::test_a_file_of_a_folder_that_may_not_be_read_is_a_reject_not_the_end",
        defects=(
            Defect("target_ninox.write.files:_read", "(PermissionError, FileNotFoundError)", "PermissionError"),
            Defect("target_ninox.write.files:_read", "(PermissionError, FileNotFoundError)", "FileNotFoundError"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "again behind the counts of their stream, and in the report (`not_loaded`).",
        test="target/test_before_and_after.py::"
        "test_a_column_that_no_field_is_called_like_is_named_before_the_rows_and_behind_them",
        defects=(
            Defect("target_ninox:Notices.log_plan", "named += [", "_ = ["),
            Defect("target_ninox.report:RunReport.close", 'if report.not_loaded else ""', 'if False else ""'),
            Defect("target_ninox.mapping.plan:_warnings", "key=lambda item: item[1] is not None", "key=lambda item: 0"),
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
