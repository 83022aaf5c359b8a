"""Promises that the target keeps: what goes where, and in which form."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
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
        "docs/reference/streams.md",
        "A mapper between tap and target that renames it is noticed by `stream`",
        test="target/test_place.py::test_a_stream_that_a_mapper_between_has_renamed_goes_where_its_new_name_says",
        defects=(Defect("target_ninox:Identity.of", "said.get(STREAM, stream) != stream", "False"),),
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
        "(`public_orders` for `public-orders`) stop the run before it starts.",
        test="target/test_place.py::test_settings_for_a_stream_that_is_spelled_otherwise_end_the_run_before_a_row_is_written",
        defects=(Defect("target_ninox:Planner._refuse_other_spelling", "slug_of(key) == slug", "False"),),
    ),
    Promise(
        "docs/reference/types.md",
        "A caption that several options have is rejected with their ids",
        test="unit/test_writing_values.py::test_a_value_is_written_or_refused",
        defects=(Defect("ninox_singer.types:Options.find", "if given in self.twins:", "if False:"),),
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
]
