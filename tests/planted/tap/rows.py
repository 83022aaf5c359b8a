"""Promises that the tap keeps: values."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "docs/architecture.md",
        "an entry in a module of `ninox_singer/types/`, or a new module",
        test="tap/test_a_new_type.py::test_the_tap_reads_a_type_that_is_one_entry",
        defects=(
            Defect("tap_ninox:_part", "field_type(ninox_type).parts", 'field_type("string").parts'),
            Defect("tap_ninox:_columns", "known = field_type(fld.type)", 'known = field_type("string")'),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "Half an emoji, a byte that is not UTF-8, and NUL become U+FFFD",
        test="tap/test_stored_forms.py::test_half_a_character_costs_itself_and_no_row[the first half of an emoji]",
        defects=(
            Defect("ninox_api:replace_broken_characters", "if escape[1] else", "if False else"),
            Defect("ninox_singer.types:read_texts", "or DAMAGE in", "or 'never' in"),
            Defect("tap_ninox:BadValues.note_repaired", "self.repaired[name] += 1", "pass"),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "a text may be a bit mask and becomes null",
        test="tap/test_stored_forms.py::test_milliseconds_are_no_date_and_a_mask_is_no_id",
        defects=(
            Defect("ninox_singer.types:read_links", "if isinstance(value, str):", "if False:"),
            Defect("tap_ninox:BadValues._note", "records.append(record_id)", "pass"),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "nor do dates and times in a form that Ninox does not write, and ids of more than 53 bits",
        test="unit/test_reading_values.py::test_a_value_is_read_as_it_was_sent_or_refused_without_being_quoted",
        defects=(
            Defect("ninox_singer.types:_parse_day", "if not _PLAIN_DATE.fullmatch(value):", "if False:"),
            Defect("ninox_singer.types:_parse_time", "if not _TIME.fullmatch(value):", "if False:"),
            Defect("ninox_singer.types:_parse_moment", "if not _ISO.fullmatch(value):", "if False:"),
            Defect("ninox_singer.types:_read_record_id", "-_MOST < value < _MOST", "True"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "nobody else ever gets it",
        test="tap/test_names_belong_to_ids.py::"
        "test_a_new_field_does_not_get_the_name_of_one_that_is_gone[meltano-number]",
        defects=(
            Defect("tap_ninox:_keeps_its_name", "before.field_id != column.field_id", "False"),
            Defect("tap_ninox:columns_of", "left.setdefault(column.name.casefold(), column)", "left.clear()"),
            Defect("tap_ninox:_not_for", "(column.field_id, column.json_type) != (field_id, json_type)", "False"),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "| as returned | string |",
        test="tap/test_retyped_fields.py::test_a_text_that_was_a_choice_is_no_option_whatever_it_says",
        defects=(Defect("tap_ninox.rows:_columns", "if known.has_options else {}", ""),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "The same goes for a formula whose type in `formulas` you change",
        test="tap/test_retyped_fields.py::test_a_formula_that_is_stored_now_goes_on_in_no_column_of_another_type",
        defects=(Defect("tap_ninox:_keeps_its_name", "(before is None or part.schema == before.json_type)", "True"),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "the field gets a new property, such as `amount_string` after `amount`; the old column keeps its values",
        test="tap/test_retyped_fields.py::test_the_old_column_keeps_its_values_and_refresh_fills_the_new_one",
        defects=(Defect("tap_ninox:_keeps_its_name", "part.schema == column.json_type)", "True)"),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "The same goes for a formula whose type in `formulas` you change",
        test="tap/test_retyped_fields.py::test_a_formula_read_as_another_type_gets_a_property_of_its_own[none]",
        defects=(
            Defect("tap_ninox:apart_by_type", "if column.computed_as and", "if False and"),
            Defect("tap_ninox:apart_by_type", "base = root if is_free else", "base ="),
            Defect("tap_ninox:Description.write_to", ", **new}, bookmark)", "}, bookmark)"),
            Defect("tap_ninox.discovery.entries:_names", "roots.get(column.field_id, column.name)", "column.name"),
            Defect("tap_ninox.discovery.drift:Comparison._compare_field", "and not is_read_otherwise:", ":"),
            Defect("tap_ninox:SchemaWatch.drifts", "not in retyped", "is not None"),
        ),
    ),
    Promise(
        "docs/reference/streams.md",
        "`RECORD`s of new and changed rows, in which `_sdc_deleted_at` is null: a row that comes back loses its mark.",
        test="tap/test_tombstones.py::test_every_row_says_that_it_is_not_deleted_whether_pages_are_written_whole_or_not",
        defects=(
            Defect("tap_ninox:RecordForm.record", "[*self.names, *self._empty]", "self.names"),
            Defect("tap_ninox:RecordStream.write_record", "{**mapped, **dict.fromkeys(self.added)}", "mapped"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "values of formulas are not taken for what the server answered",
        test="tap/test_formulas.py::"
        "test_the_first_record_that_has_more_than_formulas_shows_that_fields_are_keyed_by_captions",
        defects=(Defect("tap_ninox:Converter._check_keys", "fields.keys() - self._joined_ids", "fields.keys()"),),
    ),
    Promise(
        "docs/changes.md",
        "8 requests in flight for 8 tables of 2,000 fields took 168 MB and take 147 MB",
        test="tap/test_memory_of_tables.py::test_classes_of_wide_tables_that_were_read_do_not_wait_for_python_to_look_for_them",
        defects=(Defect("tap_ninox:_Compiled.note", "gc.collect()", "pass"),),
    ),
    Promise(
        "docs/reference/types.md",
        "A value that no program can hold",
        test="tap/test_monstrous_values.py::test_a_value_that_nothing_can_hold_is_a_bad_value",
        defects=(
            Defect("ninox_api.transport:_decode", "if readable == received.content:", "if True:"),
            Defect("ninox_singer.types:read_number", "and _is_bounded(value)", ""),
            Defect("ninox_singer.types:read_numbers", "if Decimal in types:", "if False:"),
            Defect("ninox_singer.types:read_text", "if MARK in shown:", "if False:"),
            Defect("ninox_api.body:_is_monstrous", "len(number) > LONGEST_NUMBER or is_beyond", "is_beyond"),
        ),
    ),
]
