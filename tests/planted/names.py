"""Promises about the names that settings use and give."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

NAMES = "tap/test_names_belong_to_ids.py"
RULES = "tap/test_rules_after_a_renaming.py"
ALIAS = "An alias under which another table or field is read already, or a stream of the tap's own, is refused."

PROMISES = [
    Promise(
        "docs/changes.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_that_is_the_name_of_another_table_is_refused",
        defects=(
            Defect("tap_ninox:_refuse_aliases_of_others", "owners.get(alias.casefold())", "owners.get(alias)"),
            Defect("tap_ninox:name_streams", "if key in wanted or key in others", "if False"),
            Defect("tap_ninox:name_streams", "used = {**shown, ", "used = {"),
        ),
    ),
    Promise(
        "docs/changes.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_that_is_the_name_of_another_field_is_refused",
        defects=(
            Defect("tap_ninox:columns_of", "others += [column for parts in", "others += [column for parts in () and"),
        ),
    ),
    Promise(
        "docs/changes.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_takes_no_name_of_a_table_that_is_left_out",
        defects=(
            Defect("tap_ninox:name_streams", " or key in others", ""),
            Defect("tap_ninox:followed_entries", "table_id in databases[database_id].schema.by_id", "False"),
        ),
    ),
    Promise(
        "docs/changes.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_takes_the_place_of_a_table_that_is_gone_in_its_very_letters",
        defects=(
            Defect("tap_ninox:_refuse_aliases_of_others", "spelled.get(alias.casefold(), alias)", "alias"),
            Defect("tap_ninox:name_streams", "if key in wanted or key in others", "if True"),
        ),
    ),
    Promise(
        "docs/changes.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_takes_no_name_of_a_field_that_a_catalog_does_not_list",
        defects=(Defect("tap_ninox:_followed", "if column.field_id in unread", "if False"),),
    ),
    Promise(
        "docs/changes.md",
        ALIAS,
        test=f"{NAMES}::test_aliases_whose_parts_would_have_one_name_are_refused",
        defects=(Defect("tap_ninox:columns_of", "columns.get(field_id, ())", "()"),),
    ),
    Promise(
        "docs/changes.md",
        ALIAS,
        test=f"{NAMES}::test_an_alias_that_is_a_stream_of_every_tap_is_refused",
        defects=(Defect("tap_ninox:_refuse_aliases_of_others", "if alias in reserved:", "if False:"),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "A table or field that is new makes room for an alias: it gets the longer name, and one line says so.",
        test=f"{NAMES}::test_a_new_table_makes_room_for_an_alias",
        defects=(
            Defect("tap_ninox:name_streams", "if are_in_use and", "if"),
            Defect("tap_ninox:log_displaced", "if before is None and", "if"),
            Defect("tap_ninox:log_displaced", "not in {*aliases, *fields}", "not in aliases"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "To continue with a restored database under the old names, leave the old database out and set an alias",
        test=f"{NAMES}::test_an_alias_may_be_a_name_that_another_copy_wants_and_cannot_get",
        defects=(Defect("tap_ninox:name_streams", " and name not in owned}", "}"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "a setting that would keep something from being written is an error there, too.",
        test="unit/test_environment.py::test_what_keeps_rows_from_being_written_may_not_stand_where_nobody_reads_it",
        defects=(
            Defect("ninox_singer:ConfiguredPlugin._check_variables", "HOLDS_BACK & properties.keys()", "()"),
            Defect("ninox_singer:ConfiguredPlugin._check_variables", "if self._config.get(name) is None:", "if True:"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "is read first, and the run ends with exit code 1, as `--discover` does.",
        test="tap/test_idle_names.py::test_a_name_of_nothing_is_told_once_and_discovery_ends_in_an_error",
        defects=(
            Defect("tap_ninox:TapNinox.refuse_absent", "*summarize_problems(self._problems),", ""),
            Defect("tap_ninox:TapNinox.run_discovery", 'not name_meltano_variable("", prefix=ENV_PREFIX)', "True"),
            Defect("tap_ninox.report:RunReport.close", "*summarize_problems(self.problems)", "*self.problems"),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "is read first, and the run ends with exit code 1, as `--discover` does.",
        test="tap/test_idle_names.py::test_a_query_that_cannot_be_described_ends_a_discovery_in_an_error",
        defects=(Defect("tap_ninox.report:RunReport.undiscovered", "report.error is not None", "False"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "is read first, and the run ends with exit code 1, as `--discover` does.",
        test="tap/test_inspection.py::test_a_table_of_nothing_ends_it_in_an_error_behind_what_is_shown",
        defects=(Defect("ninox_tools.inspection.forms:print_inspection", "tap.refuse_absent()", "pass"),),
    ),
    Promise(
        "docs/reference/settings.md",
        "In `stream_maps`, the tap refuses, before it reads, an entry for a table that a database lacks",
        test="tap/test_idle_maps.py::test_of_a_database_that_is_read_whole_a_map_is_for_no_other_run",
        defects=(
            Defect("tap_ninox:check_maps", "_database_part(source) in databases", "False"),
            Defect("tap_ninox:TapNinox.setup_mapper", "is_complete and", ""),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "the target refuses what looks like a slip.",
        test="target/test_upsert.py::test_a_map_whose_stream_is_mistyped_ends_the_run",
        defects=(
            Defect(
                "target_ninox:TargetNinox.process_endofpipe",
                "maps, self.mapper.stream_maps)",
                "{}, self.mapper.stream_maps)",
            ),
            Defect("target_ninox:check_unused", "if stream not in maps", ""),
        ),
    ),
    Promise(
        "docs/reference/settings.md",
        "A name that matches nothing is an error that suggests the nearest one.",
        test="target/test_upsert.py::test_settings_that_miss_the_database_in_a_stream_s_name_end_the_run",
        defects=(Defect("ninox_singer:probably_meant", "len(with_part) == 1", "False"),),
    ),
    Promise(
        "SECURITY.md",
        "Captions, options, messages of servers and lines of input can neither forge a line of the log nor steer a "
        "terminal.",
        test="e2e/test_escaping.py::test_suggestions_forge_nothing",
        defects=(
            Defect(
                "ninox_tools.suggest:suggest",
                'escape(line)}\\n" for line in _iter_lines(stream',
                'line}\\n" for line in _iter_lines(stream',
            ),
        ),
    ),
    *(
        Promise(
            "docs/how-to/schema-changes.md",
            "What was left out is not read because somebody renames it",
            test=f"{RULES}::test_what_was_left_out_by_name_stays_out_whatever_is_renamed[*-{renamed}]",
            defects=defects,
        )
        for renamed, defects in {
            "field": (
                Defect("tap_ninox:_FollowedTable.reads", "if read_before is False and", "if False and"),
                Defect("tap_ninox:_FollowedTable._is_renamed", "self.is_moved or name not in", "name in"),
                Defect("tap_ninox:_follow", "if left_out or table.stays_out:", "if False:"),
            ),
            "table": (
                Defect("tap_ninox:_FollowedTable._is_renamed", "self.is_moved or", ""),
                Defect(
                    "tap_ninox:_FollowedTable.reads_system_property",
                    "return False if was_left_out and",
                    "return False if False and",
                ),
                Defect(
                    "tap_ninox:_FollowedTable.overrules",
                    "self.is_selected and selected is not False and chosen is False",
                    "False",
                ),
            ),
        }.items()
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "What was left out is not read because somebody renames it",
        test=f"{RULES}::test_what_was_left_out_by_name_stays_out_whatever_is_renamed[shop__customers-table]",
        defects=(
            Defect("tap_ninox:_FollowedTable.reads", "return read_before is True", "return True"),
            Defect("tap_ninox:_FollowedTable.reads_system_property", "return not was_left_out", "return True"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "What was left out is not read because somebody renames it",
        test=f"{RULES}::test_a_part_of_a_field_that_was_left_out_stays_out",
        defects=(Defect("tap_ninox:_FollowedTable._was_read", "if column.part == heir.part", "if True"),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "What was left out is not read because somebody renames it",
        test=f"{RULES}::test_a_table_that_was_left_out_is_not_read_because_it_is_renamed",
        defects=(
            Defect("tap_ninox:_FollowedTable.stays_out", "return is_deselected and", "return False and"),
            Defect("tap_ninox:_FollowedTable.stays_out", "not self.rules.names_stream(self.before.stream)", "True"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "the alias that the line shows",
        test=f"{RULES}::test_the_alias_that_is_told_lets_rules_decide_again[both]",
        defects=(
            Defect("tap_ninox.discovery.drift:stays_left_out", "if column is not None and name != other:", "if False:"),
            Defect("tap_ninox.discovery.drift:stays_left_out", "{} if shown == entry.stream else", "{} if True else"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "Under Meltano, a rule that names it as it is called now, without a `*`, counts at once",
        test=f"{RULES}::test_who_names_it_by_its_name_of_now_reads_it_or_leaves_it_out[field]",
        defects=(
            Defect("tap_ninox:_FollowedTable.reads", "and not is_meant", ""),
            Defect("tap_ninox:SelectRules.names_property", "(stream, name) in self.included", "True"),
            Defect("tap_ninox:_FollowedTable.reads", "or self.rules.excludes(self.before.stream, name)", ""),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "exclude it by its name of now under Meltano",
        test=f"{RULES}::test_a_table_that_goes_on_is_left_out_by_a_rule_for_its_name_of_now[True]",
        defects=(Defect("tap_ninox:_FollowedTable.follows", "and not self.rules.excludes(self.before.stream)", ""),),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "A field that is new in such a table is not read",
        test=f"{RULES}::test_a_field_that_is_new_in_a_table_that_goes_on_is_told_and_an_alias_reads_it",
        defects=(
            Defect("tap_ninox:_FollowedTable.reads", "return read_before is True", "return read_before is not False"),
            Defect("tap_ninox:_FollowedTable.misses", "self.follows and", "False and"),
            Defect("tap_ninox:TapNinox._compare_with_state", "if drift.key not in noted", ""),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "What they asked for goes on",
        test=f"{RULES}::test_what_a_catalog_asked_for_goes_on_when_the_table_is_renamed",
        defects=(
            Defect("tap_ninox:_as_asked_before", "method = asked[METHOD]", "pass"),
            Defect("tap_ninox:_as_asked_before", "if KEY in asked and", "if False and"),
            Defect("tap_ninox:_as_asked_before", "in asked.keys() - {METHOD, KEY}", "in ()"),
            Defect("tap_ninox:_as_asked_before", 'properties[name].pop("format", None)', "pass"),
            Defect("tap_ninox:Description._write_shape", "{**shape, **asked}", "shape"),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "until an alias, or a rule for the name of now, says something else",
        test=f"{RULES}::test_what_a_catalog_asked_for_ends_where_somebody_says_so[by the new name]",
        defects=(
            Defect("tap_ninox:_as_asked_before", "if METHOD in asked and not any", "if METHOD in asked or any"),
            Defect("tap_ninox:_as_asked_before", "and plain_schema(properties[name]) == own.get(name)", ""),
        ),
    ),
    Promise(
        "docs/how-to/schema-changes.md",
        "until an alias, or a rule for the name of now, says something else",
        test=f"{RULES}::test_what_a_catalog_asked_for_ends_where_somebody_says_so[before the renaming]",
        defects=(Defect("tap_ninox:Description.write_to", "if key in seen}", "}"),),
    ),
]
