"""Promises that the tap keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

ALONE = "tap/test_formulas_alone.py"

PROMISES = [
    Promise(
        "docs/how-to/schema-changes.md",
        "A field whose type was another one in the backup gets a property of its own there, too",
        test="tap/test_names_belong_to_ids.py::"
        "test_a_restored_database_that_goes_on_under_the_old_names_changes_no_column_s_type",
        defects=(Defect("tap_ninox:known_by_key", "known[heir.key] = heir", "pass"),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "a property of which nothing says which field it is",
        test="tap/test_edited_catalogs.py::test_a_property_of_which_nothing_says_which_field_it_is_is_refused",
        defects=(Defect("tap_ninox:unknown_properties", "if name not in known", "if False"),),
    ),
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
        "go their own way, and a line of the log says so",
        test="tap/test_edited_catalogs.py::test_a_replication_method_for_all_streams_stops_none_that_has_but_one",
        defects=(Defect("tap_ninox:method_problems", "if method in (*METHODS,)", "if False"),),
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
        "docs/changes.md",
        "is read by the names of streams and properties",
        test="tap/test_edited_catalogs.py::test_a_catalog_without_ids_is_read_by_names",
        defects=(
            Defect("tap_ninox:SavedCatalog._with_ids", "self.unidentified[name]", "None", case="names and types"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "what a SCHEMA of the tap shows is one, too",
        test="tap/test_edited_catalogs.py::test_what_the_tap_has_sent_is_a_catalog",
        defects=(Defect("tap_ninox:unknown_properties", "DELETED_AT,", ""),),
    ),
    Promise(
        "docs/changes.md",
        "a table that is hidden in Ninox is read if the catalog says so",
        test="tap/test_edited_catalogs.py::test_a_table_that_is_hidden_in_ninox_is_not_read_because_nothing_is_said_of_it",
        defects=(Defect("tap_ninox:TableNames.identify", "not self.used[key].is_hidden", "True"),),
    ),
    Promise(
        "docs/changes.md",
        "a field that it leaves out under one of two names is left out",
        test="tap/test_edited_catalogs.py::test_a_schema_that_is_given_under_the_name_of_the_state_holds_for_the_property_that_was_renamed",
        defects=(Defect("tap_ninox:TableNames.identify", "elif is_chosen", "elif True"),),
    ),
    Promise(
        "docs/changes.md",
        "a name that may mean two things is refused where it is selected",
        test="tap/test_edited_catalogs.py::test_a_name_that_means_two_things_is_refused",
        defects=(
            Defect("tap_ninox:TableNames.identify", "is_read=is_chosen and is_stream_read", "is_read=is_chosen"),
            Defect(
                "tap_ninox:TableNames.identify",
                "is_read=is_chosen and is_stream_read",
                "is_read=is_stream_read",
            ),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "so null is one of the types of each property, whatever the catalog says",
        test="tap/test_edited_catalogs.py::test_every_property_but_the_key_may_be_empty_whatever_the_schema_says",
        defects=(
            Defect("tap_ninox:_nullable", '[*kinds, "null"]', "kinds"),
            Defect("tap_ninox:bring_into_form", 'schema.pop("required", None)', "pass"),
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
        "is the table or field that goes by this name in the state, or that `--discover` shows under it",
        test="tap/test_edited_catalogs.py::test_a_catalog_without_ids_may_show_the_names_of_now",
        defects=(
            Defect("tap_ninox:TableNames.keys", "*self.shown.values()", ""),
            Defect("tap_ninox:TableNames.find_column", "(self.used[key], self.shown[key])", "(self.used[key],)"),
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
        "docs/how-to/schema-changes.md",
        "the run names both and reads nothing",
        test="tap/test_edited_catalogs.py::test_a_name_that_means_two_things_is_refused",
        defects=(
            Defect("tap_ninox:TableNames.find", "len(keys) > 1", "False"),
            Defect("tap_ninox:TableNames.find_column", "len(places) > 1", "False"),
        ),
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
        "docs/reference/streams.md",
        "caption of the table or field, `x-ninox` has the ids",
        test="tap/test_renamed_in_ninox.py::test_with_a_saved_catalog_nothing_changes_but_the_report_names_both",
        defects=(Defect("tap_ninox.discovery.entries:_followed", "table_name=name", "table_name=saved.table_name"),),
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
        test="tap/test_identity_of_streams.py::test_each_property_of_each_schema_says_which_field_it_is",
        defects=(
            Defect(
                "tap_ninox:TableEntry.identify",
                "{**properties[column.name], **column.identity}",
                "properties[column.name]",
            ),
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
        "docs/how-to/schema-changes.md",
        "another key if `deletes` is `stream` or `ignore`",
        test="tap/test_edited_catalogs.py::test_another_key_that_someone_chose_stays_where_no_deletion_needs_the_id",
        defects=(Defect("tap_ninox:key_problems", "and sends_tombstones", "and False"),),
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
        "A table or field keeps the name under which it was first read",
        test="tap/test_names_belong_to_ids.py::"
        "test_a_selected_table_that_is_renamed_goes_on_under_its_name_with_one_warning[stream]",
        defects=(
            Defect("tap_ninox:name_streams", "if key in known and key not in by_alias", "if False"),
            Defect("tap_ninox:_FollowedTable.follows", "self.was_read and is_missed", "False"),
            Defect("tap_ninox:_FollowedTable.reads", "return read_before is True", "return False"),
            Defect("tap_ninox:_FollowedTable.reads_system_property", "return not was_left_out", "return False"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "A table or field keeps the name under which it was first read",
        test="tap/test_rules_after_a_renaming.py::test_a_new_field_is_left_out_by_the_name_that_the_catalog_has",
        defects=(
            Defect(
                "tap_ninox:_follow",
                "{breadcrumb: item for breadcrumb, item in given.items() if breadcrumb not in shown}",
                "given",
            ),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "nobody else ever gets it",
        test="tap/test_names_belong_to_ids.py::test_a_name_that_an_alias_has_replaced_goes_to_no_other_table",
        defects=(Defect("tap_ninox:name_streams", "for name in owners:", "for name in ():"),),
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
        "docs/how-to/schema-changes.md",
        "The same goes for a formula whose type in `formulas` you change",
        test="tap/test_retyped_fields.py::"
        "test_a_formula_that_was_not_read_for_a_while_has_left_a_column_of_its_type[caption]",
        defects=(
            Defect("tap_ninox:_out_of_use", "for column in columns if column.is_readable}", "for column in columns}"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "or a formula that `formulas` names later. It is reported like a new field",
        test="tap/test_retyped_fields.py::test_a_formula_that_is_read_later_is_told_and_has_a_type_from_then_on",
        defects=(
            Defect("tap_ninox:Description.write_to", "or key not in {TIME_ZONE, *shape}", ""),
            Defect("tap_ninox.discovery.drift:values_reshaped", "if key in fields else []", "if False else []"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "of a formula's type where no other column is needed, rows that were loaded before keep their old form",
        test="tap/test_what_shapes_values.py::"
        "test_a_formula_that_is_not_read_any_more_is_in_no_row_and_no_refresh_is_due",
        defects=(
            Defect("tap_ninox.discovery.drift:values_reshaped", "(key != TIME_ZONE and new is None)", "False"),
            Defect("tap_ninox:Description.write_to", "if key in seen}", "}"),
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
        "the state knows it by its id, even if your select rules use the old name",
        test="tap/test_names_belong_to_ids.py::"
        "test_a_selected_field_that_is_renamed_goes_on_under_its_name_with_one_warning[by name]",
        defects=(
            Defect("tap_ninox:_FollowedTable.reads", "self.was_read and read_before and heir.name != name", "False"),
            Defect("tap_ninox:columns_of", "kept.setdefault(fld.id, {})[column.part] = column", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "A database with another id is another database",
        test="tap/test_names_belong_to_ids.py::test_a_copied_database_takes_no_name[smaller-meltano-all]",
        defects=(
            Defect(
                "tap_ninox:name_streams",
                "{key: known[key] for key in wanted if",
                "{} and {key: key for key in wanted if",
            ),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "each table that would otherwise have another name is reported once",
        test="tap/test_names_belong_to_ids.py::test_another_format_of_names_is_told_once_and_renames_no_stream[none]",
        defects=(
            Defect(
                "tap_ninox.discovery.drift:Comparison.differences",
                'not in {"", known.plain_name}',
                'in {"", known.plain_name}',
            ),
            Defect("tap_ninox:Description.write_to", "keys.PLAIN_NAME: self.plain_name or", "keys.PLAIN_NAME:"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "To deselect a table after it was renamed",
        test="tap/test_names_belong_to_ids.py::"
        "test_a_table_that_was_deselected_under_its_name_is_not_read_again[renamed later]",
        defects=(
            Defect("tap_ninox:SchemaWatch.mark_unread", "[keys.IS_DESELECTED] = True", "[keys.IS_DESELECTED] = None"),
            Defect("tap_ninox:_FollowedTable.was_read", "and not self._was_deselected", ""),
        ),
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
        "docs/how-to/schema-changes.md",
        "rows that were loaded before keep their old form: each run names these tables",
        test="tap/test_what_shapes_values.py::test_a_time_zone_is_told_until_the_table_was_read_whole",
        defects=(
            Defect("tap_ninox:Description.write_to", "if shape is None:", "if True:"),
            Defect("tap_ninox:Bookmark.begin_snapshot", "self.description.write_shape_to(self.schema)", "pass"),
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
        "docs/guarantees.md",
        "Deleted rows keep their values and get `_sdc_deleted_at`",
        test="tap/test_changes.py::test_changed_added_and_deleted_rows_arrive_whatever_form_the_feed_has",
        defects=(
            Defect("ninox_api:FeedReader._note_removals", ".removed.add(records[0][1])", ""),
            Defect("tap_ninox:TableStream._read_changes", "self._write_tombstones(removed, started.sequence)", "pass"),
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
        "docs/explanation/sequence.md",
        "So the end is confirmed before a new version of the table is activated",
        test="tap/test_end_of_a_table.py::test_an_empty_page_anywhere_loses_no_row",
        defects=(
            Defect("ninox_api:judge_end", "if newest_id > reading.last_id:", "if False:"),
            Defect("ninox_api:judge_end", "reading.last_id + 1 >= next_id", "True"),
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
        "docs/explanation/sequence.md",
        "If a feed cannot be read, because its form is unknown, it is too large or it never arrives in time,",
        test="unit/test_change_feed.py::test_a_key_of_another_form_makes_the_feed_unreadable_and_is_never_skipped",
        defects=(Defect("ninox_api:DatabaseFeedReader._find", "if not splits and not", "if False and not"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "keeps its rows: the run names it and ends with an error until it is left out",
        test="tap/test_not_readable.py::test_a_database_that_cannot_be_read_is_a_failed_stream_and_the_others_are_read",
        defects=(
            Defect("tap_ninox:SchemaWatch.unread", "unread[stream] = NotReadError", "NotReadError"),
            Defect("tap_ninox:SchemaWatch.is_unread", "if database_id in discovery.listed:", "if True:"),
        ),
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
        "docs/reference/streams.md",
        "`RECORD`s of new and changed rows, in which `_sdc_deleted_at` is null: a row that comes back loses its mark.",
        test="tap/test_tombstones.py::test_every_row_says_that_it_is_not_deleted_whether_pages_are_written_whole_or_not",
        defects=(
            Defect("tap_ninox:RecordForm.record", "[*self.names, *self._empty]", "self.names"),
            Defect("tap_ninox:RecordStream.write_record", "{**mapped, **dict.fromkeys(self.added)}", "mapped"),
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
        "docs/loaders.md",
        "the `SCHEMA` of the rows again, even if the run fails there",
        test=f"{ALONE}::test_whatever_goes_wrong_the_schema_of_the_rows_is_the_last",
        defects=(Defect("tap_ninox:TableStream._read_formulas", "except Exception:", "except NinoxError:"),),
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
        "rows keep what they have, and the next run asks once more",
        test=f"{ALONE}::test_where_no_script_runs_rows_keep_what_they_have_and_each_run_asks_once_more[500]",
        defects=(Defect("tap_ninox:TableStream._read_formulas", "if reached == last_id:", "if True:"),),
    ),
    Promise(
        "docs/adr/0025-formulas-alone.md",
        "A long range that is too much makes ranges short again, and pages no smaller.",
        test=f"{ALONE}::test_a_long_range_that_is_too_much_says_nothing_of_those_behind",
        defects=(Defect("tap_ninox:refresh_formulas", "or stretch == 1:", "or True:"),),
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
        "docs/how-to/schema-changes.md",
        "If more than half of a table's fields disappear at once, the table is not read until you say so (`refresh`)",
        test="tap/test_drift_since_state.py::test_a_table_that_lost_most_of_its_fields_is_not_read_until_someone_says_so",
        defects=(Defect("tap_ninox:TableStream._read", "raise refusal", "pass"),),
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
        "docs/changes.md",
        "values of formulas are not taken for what the server answered",
        test="tap/test_formulas.py::"
        "test_the_first_record_that_has_more_than_formulas_shows_that_fields_are_keyed_by_captions",
        defects=(Defect("tap_ninox:Converter._check_keys", "fields.keys() - self._joined_ids", "fields.keys()"),),
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
        "Of a table that was read, and of a saved catalog, the tap keeps only a description",
        test="tap/test_memory_of_tables.py::test_a_saved_catalog_is_kept_as_text_alone",
        defects=(
            Defect(
                "tap_ninox:EntriesOnDemand.get_stream",
                "self._last = None",
                "self.setdefault(stream_id, self._last); self._last = None",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "Of a table that was read, and of a saved catalog, the tap keeps only a description",
        test="tap/test_memory_of_tables.py::test_of_a_catalog_in_a_file_one_stream_is_decoded_at_a_time",
        defects=(
            Defect("tap_ninox:SavedCatalog.read", "map(_decode, streams)", "[_decode(stream) for stream in streams]"),
        ),
    ),
    Promise(
        "docs/changes.md",
        "8 requests in flight for 8 tables of 2,000 fields took 168 MB and take 147 MB",
        test="tap/test_memory_of_tables.py::test_classes_of_wide_tables_that_were_read_do_not_wait_for_python_to_look_for_them",
        defects=(Defect("tap_ninox:_Compiled.note", "gc.collect()", "pass"),),
    ),
    Promise(
        "docs/changes.md",
        "8 requests in flight for 8 tables of 2,000 fields took 168 MB and take 147 MB",
        test="tap/test_memory_of_tables.py::test_of_an_answer_that_is_cut_off_the_error_keeps_nothing",
        defects=(Defect("ninox_api:read_body", "body.clear()", "pass"),),
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
        test="tap/test_monstrous_values.py::test_a_value_that_nothing_can_hold_is_a_bad_value",
        defects=(
            Defect("ninox_api.transport:_decode", "if readable == received.content:", "if True:"),
            Defect("ninox_singer.types:read_number", "and _is_bounded(value)", ""),
            Defect("ninox_singer.types:read_numbers", "if Decimal in types:", "if False:"),
            Defect("ninox_singer.types:read_text", "if MARK in shown:", "if False:"),
            Defect("ninox_api.body:_is_monstrous", "len(number) > LONGEST_NUMBER or is_beyond", "is_beyond"),
        ),
    ),
    Promise(
        "docs/reference/types.md",
        "A value that no program can hold",
        test="tap/test_monstrous_values.py::test_what_is_next_to_a_monster_stays_as_it_was",
        defects=(Defect("ninox_api.body:mark_monsters", "if depth == DEEPEST + 1:", "if depth == DEEPEST:"),),
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
        "Memory no longer grows with the size of rows: pages become smaller after a large answer",
        test="unit/test_read_ahead.py::test_nobody_reads_on_while_large_pages_wait",
        defects=(Defect("tap_ninox:ReadAhead._hand_over", "self._kept.number <= MOST_KEPT_BYTES", "True"),),
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
        test="unit/test_pages_let_go.py::test_no_page_is_held_of_a_table_that_the_tap_reads",
        defects=(
            Defect("tap_ninox:FullTable._range", "del records", "pass"),
            Defect("tap_ninox:FullTable._by_id", "del page", "pass"),
        ),
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
    Promise(
        "docs/changes.md",
        "Short values count by their number",
        test="tap/test_page_size.py::test_pages_of_many_short_values_are_smaller_than_their_bytes_say",
        defects=(Defect("ninox_api:weigh", "values * BYTES_PER_VALUE", "0"),),
    ),
]
