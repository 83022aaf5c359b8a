"""Promises that the tap keeps: what there is, and what it is called."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

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
        "docs/how-to/schema-changes.md",
        "go their own way, and a line of the log says so",
        test="tap/test_edited_catalogs.py::test_a_replication_method_for_all_streams_stops_none_that_has_but_one",
        defects=(Defect("tap_ninox:method_problems", "if method in (*METHODS,)", "if False"),),
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
        test="tap/test_edited_catalogs.py::test_a_catalog_without_ids_may_show_the_names_of_now",
        defects=(
            Defect("tap_ninox:TableNames.keys", "*self.shown.values()", ""),
            Defect("tap_ninox:TableNames.find_column", "(self.used[key], self.shown[key])", "(self.used[key],)"),
        ),
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
        "docs/reference/streams.md",
        "caption of the table or field, `x-ninox` has the ids",
        test="tap/test_renamed_in_ninox.py::test_with_a_saved_catalog_nothing_changes_but_the_report_names_both",
        defects=(Defect("tap_ninox.discovery.entries:_followed", "table_name=name", "table_name=saved.table_name"),),
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
        "docs/how-to/schema-changes.md",
        "another key if `deletes` is `stream` or `ignore`",
        test="tap/test_edited_catalogs.py::test_another_key_that_someone_chose_stays_where_no_deletion_needs_the_id",
        defects=(Defect("tap_ninox:key_problems", "and sends_tombstones", "and False"),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "A table or field keeps the name under which it was first read",
        test="tap/test_names_belong_to_ids.py::"
        "test_a_selected_table_that_is_renamed_goes_on_under_its_name_with_one_warning[stream]",
        defects=(
            Defect("tap_ninox:name_streams", "if key in kept}", "if False}"),
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
                "{key: kept[key] for key in wanted if",
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
        "rows that were loaded before keep their old form: each run names these tables",
        test="tap/test_what_shapes_values.py::test_a_time_zone_is_told_until_the_table_was_read_whole",
        defects=(
            Defect("tap_ninox:Description.write_to", "if shape is None:", "if True:"),
            Defect("tap_ninox:Bookmark.begin_snapshot", "self.description.write_shape_to(self.schema)", "pass"),
        ),
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
]
