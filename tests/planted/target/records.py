"""Promises that the target keeps: finding and linking records."""

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
        "docs/adr/0018-no-record-twice.md",
        "Of two runs, the one that creates later sees the ids of the other.",
        test="target/test_another_writer.py::test_few_keys_that_were_looked_up_in_a_large_table_are_noticed_too",
        defects=(Defect("target_ninox:TableReader._read_newest", "self._end = self.highest_id", "self._end = None"),),
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
        "docs/how-to/mirror.md",
        "no record is beyond those that were read or made",
        test="target/test_deletions.py::test_a_mirror_deletes_nothing_if_its_table_was_not_read_to_its_end",
        defects=(Defect("target_ninox:TableReader.ends_at", "return newest[0].id == record_id", "return True"),),
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
        "docs/how-to/write-into-ninox.md",
        "a value of more than 1,000 characters is never put into a request's address",
        test="target/test_bad_rows.py::test_a_key_that_is_too_long_for_an_address_is_not_looked_up",
        defects=(Defect("target_ninox:Matcher._filters", "len(str(filters)) <= _LONGEST", "True"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "but for one that the record links to already",
        test="target/test_references.py::test_a_link_by_id_that_its_record_has_already_is_not_looked_for",
        defects=(Defect("target_ninox:Links.resolve", "self._with_links_as_they_are(rows)", "rows"),),
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
        "rows whose keys wait for each other are rejected.",
        test="target/test_references.py::test_keys_that_wait_for_each_other_are_rejected_and_nothing_is_created",
        defects=(
            Defect("target_ninox:Links.without_missing", "if not self._missing_of_key(row, found)", "if True"),
            Defect("target_ninox:_load_circles", "late.refuse_circular()", "pass"),
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
]
