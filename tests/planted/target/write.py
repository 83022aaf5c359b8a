"""Promises that the target keeps: writing and deleting."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
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
        "Ids betray it without a call",
        test="target/test_another_writer.py::test_who_is_alone_makes_no_call_for_it",
        defects=(Defect("target_ninox:find_other_writer", "not (table.gaps and keyed)", "not keyed"),),
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
        "docs/adr/0020-state-behind-rows.md",
        "Rows that wait, rows that were rejected (`on_reject: fail`) and deletions of a mirror that are still to come "
        "are unsettled.",
        test="target/test_references.py::test_no_state_passes_a_row_that_waits",
        defects=(Defect("target_ninox:StreamLoader.first_unsettled", "self.waiting.first_since,", ""),),
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
        defects=(
            Defect("target_ninox:StreamDeleter.delete_or_wait", "to_delete.pop(record_id)", "to_delete[record_id]"),
        ),
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
        "docs/guarantees.md",
        "It is rejected with its number, property and reason; all others are written.",
        test="target/test_bad_rows.py::test_a_value_that_nobody_thought_of_costs_its_row",
        defects=(Defect("target_ninox:StreamLoader._encode", "except _UNFORESEEN as", "except KeyboardInterrupt as"),),
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
        "missing there too, a warning and the report (`not_shown`) name it, with the line that leaves it out.",
        test="target/test_fields_not_shown.py::test_a_field_that_is_written_again_in_every_run_is_named_from_the_second_on_and_leaving_it_out_helps",
        defects=(
            Defect("target_ninox:ReadBack.look_for_unshown", "if self._plan.needs_key else", "if False else"),
            Defect("target_ninox:ReadBack.look_for_unshown", "and outcome.record_id not in account.created", ""),
            Defect("target_ninox:ReadBack._compare", "if field_id not in unshown:", "if True:"),
            Defect("target_ninox:Matcher._read_page", "self.note_shown(page)", "self.unshown = frozenset()"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A column that was merely empty costs that one call",
        test="target/test_fields_not_shown.py::test_one_call_for_all_batches_tells_a_column_that_was_empty_from_one_that_is_hidden",
        defects=(Defect("target_ninox:ReadBack._compare", ".note_shown(page)", ".note_shown([])"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "the first records changed in it are read back once",
        test="target/test_fields_not_shown.py::test_fields_of_other_records_are_each_looked_for_in_one_that_was_sent_them",
        defects=(
            Defect(
                "target_ninox:ReadBack.look_for_unshown", "and not wanted.isdisjoint(outcome.intent.write.fields)", ""
            ),
            Defect("target_ninox:ReadBack._compare", "self._account.looked_for.add(field_id)", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "the first records changed in it are read back once",
        test="target/test_fields_not_shown.py::test_a_server_that_sends_other_records_is_asked_once_and_blamed_for_nothing",
        defects=(Defect("target_ninox:ReadBack.look_for_unshown", "account.looked_for |= wanted", "pass"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "a warning and the report (`not_shown`) name it",
        test="target/test_fields_not_shown.py::test_a_table_with_scripts_is_read_back_no_more_often_for_it_and_names_the_field_once",
        defects=(Defect("target_ninox:ReadBack._compare", "elif field_id not in self._account.looked_for:", "else:"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "fields that are shown cost none",
        test="target/test_fields_not_shown.py::test_a_field_that_any_record_has_shown_costs_no_call",
        defects=(Defect("target_ninox:Matcher._read_page", "self.note_shown(page)", "pass"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A dry run makes no such call, and shows `(empty or hidden)` for such values.",
        test="target/test_fields_not_shown.py::test_a_dry_run_asks_for_nothing_more_and_does_not_claim_that_the_field_is_empty",
        defects=(
            Defect("target_ninox:Preview._add", "_UNSHOWN if field_id in unshown else", ""),
            Defect("target_ninox:RowWriter._save_and_count", "if not self._preview: # before", "if True: # before"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A key that is a number with more digits than Ninox keeps is tried in the same way.",
        test="target/test_deletions.py::test_a_number_with_more_digits_than_ninox_keeps_is_tried_as_a_key_with_one_record",
        defects=(Defect("target_ninox:BatchWriter._judge", "shown not in {None, intent.row.encoded.key}", "False"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "With `hard_delete`, the records of rows that have a time in `_sdc_deleted_at` are deleted",
        test="target/test_logs.py::test_the_table_follows_the_log_wherever_a_run_is_cut_off",
        defects=(Defect("target_ninox:RowWriter._delete", "elif record is None:", "elif False:"),),
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
        "If it neither arrives nor exists, the row is rejected",
        test="target/test_references.py::test_a_row_whose_record_waits_for_what_never_comes_is_not_missing_for_those_that_link_to_it",
        defects=(
            Defect("target_ninox:LateLoader.keys_to_come", "row.encoded.record_id if is_by_id else", "", case="_id"),
            Defect("target_ninox:LateLoader.keys_to_come", "self.waiting.blocks() if to_this else ()", "()", case="No"),
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
]
