"""Every setting, and a test that fails where the program does not see it: one line each.

The defect of each is the same, `Ignored`: the program is started without the setting, whatever the test asked for.
"""
# ruff: noqa: E501 (one line for each setting)

from __future__ import annotations

from dataclasses import dataclass

from tap_ninox.tap import TapNinox
from target_ninox.target import TargetNinox


@dataclass(frozen=True)
class Ignored:
    """A setting that has no effect.

    Attributes:
        of: `tap`, `target`, or `stream` for what the target knows of each stream.
        setting: Its name.
    """

    of: str
    setting: str

    def __str__(self):
        return f"{self.of} ignores {self.setting}"

    def plant(self):
        """Take the setting away from whatever the program is started with, for the rest of this process."""
        program = TapNinox if self.of == "tap" else TargetNinox
        as_it_was = program.__init__

        def without(itself, *args, config=None, **more):
            as_it_was(itself, *args, config=self._less(config or {}), **more)

        program.__init__ = without

    def _less(self, config):
        if self.of != "stream":
            return {name: value for name, value in config.items() if name != self.setting}
        streams = (config.get("streams") or {}).items()
        less = {stream: {k: v for k, v in known.items() if k != self.setting} for stream, known in streams}
        return {**config, "streams": less}


TAP = {
    "auth_token": "tap/test_first_load.py::test_every_row_arrives_once_with_its_values",
    "auth_token_file": "settings/test_connection_settings.py::test_the_key_may_be_in_a_file",
    "api_url": "tap/test_first_load.py::test_every_row_arrives_once_with_its_values",
    "team": "tap/test_discovery.py::test_a_team_by_id_works_where_teams_are_not_listed",
    "database_passwords": "tap/test_private_cloud.py::test_first_load_and_changes_through_everything_a_firm_puts_in_between",
    "max_parallel_requests": "tap/test_parallel.py::test_a_table_without_gaps_costs_no_call_more_than_one_page_after_the_other",
    "calls_per_month": "tap/test_where_calls_went.py::test_the_most_frequent_schedule_that_fits_is_told",
    "max_api_calls": "tap/test_parallel.py::test_a_budget_that_runs_out_wastes_no_page_that_was_paid_for",
    "databases": "tap/test_discovery.py::test_a_name_that_names_nothing_is_one_sentence_with_what_there_is",
    "tables": "tap/test_discovery.py::test_a_name_that_names_nothing_is_one_sentence_with_what_there_is",
    "stream_name_format": "tap/test_teams.py::test_equal_names_are_told_apart_where_the_team_is_left_out",
    "aliases": "tap/test_drift_since_state.py::test_an_alias_gives_the_name_back",
    "formulas": "tap/test_formulas_for_power_bi.py::test_the_values_are_those_of_the_screen_for_twenty_rows_of_each_table",
    "queries": "tap/test_queries.py::test_objects_become_rows_typed_by_the_given_schema_for_one_call",
    "files": "tap/test_files.py::test_metadata_of_all_records_for_a_call_each_and_none_of_them_twice",
    "timezone": "tap/test_field_values.py::test_moments_are_of_the_zone_that_the_settings_name",
    "deletes": "tap/test_deleted_records.py::test_where_a_deletion_goes",
    "full_refresh_interval_hours": "tap/test_full_refresh.py::test_a_table_is_read_whole_again_when_it_is_due",
    "refresh": "tap/test_refresh.py::test_one_stream_is_read_whole_and_the_others_stay_as_they_are",
    "report_path": "tap/test_report_file.py::test_it_holds_what_the_log_says",
    "emit_activate_version_messages": "tap/test_whole_streams.py::test_no_stream_does_where_it_is_not_asked_for",
}

TARGET = {
    "auth_token": "target/test_upsert.py::test_rows_are_created_changed_and_left_alone",
    "auth_token_file": "settings/test_connection_settings.py::test_the_key_may_be_in_a_file",
    "api_url": "target/test_upsert.py::test_rows_are_created_changed_and_left_alone",
    "team": "target/test_messages.py::test_what_is_not_found_is_named_with_what_there_is",
    "database_passwords": "settings/test_connection_settings.py::test_a_locked_database_opens_for_its_password_alone",
    "database": "target/test_upsert.py::test_rows_are_created_changed_and_left_alone",
    "streams": "target/test_values_of_an_erp_and_a_spreadsheet.py::test_a_german_spreadsheet",
    "dry_run": "target/test_pictures_of_products.py::test_a_dry_run_uploads_nothing",
    "limit_rows": "target/test_limit_rows.py::test_the_first_rows_of_each_stream_are_written_and_the_others_are_not",
    "on_reject": "target/test_pictures_of_products.py::test_a_picture_that_is_gone_is_a_reject_of_its_row",
    "rejects_path": "target/test_refused_rows.py::test_rejected_rows_are_fed_in_again_after_repair",
    "report_path": "target/test_before_and_after.py::test_a_dry_run_writes_nothing_and_counts_as_the_real_run",
    "max_updates": "target/test_before_and_after.py::test_a_limit_stops_a_surprise_before_it_happens",
    "max_deletes": "target/test_deletions.py::test_a_mirror_that_would_delete_too_much_deletes_nothing",
    "hard_delete": "target/test_every_switch.py::test_the_same_records_are_stored_whatever_nobody_knows",
    "file_sources": "target/test_pictures_of_products.py::test_pictures_arrive_once",
}

STREAM = {
    "table": "target/test_pictures_of_products.py::test_pictures_arrive_once",
    "mode": "target/test_upsert.py::test_modes_that_only_add_or_only_change",
    "match_on": "target/test_upsert.py::test_records_are_found_by_what_the_settings_name_instead_of_the_key",
    "fields": "target/test_upsert.py::test_properties_go_to_the_fields_that_the_settings_name",
    "references": "target/test_every_switch.py::test_the_same_records_are_stored_whatever_nobody_knows",
    "on_missing": "target/test_references.py::test_a_missing_linked_record_is_left_empty_if_the_settings_say_so",
    "null": "target/test_values_of_an_erp_and_a_spreadsheet.py::test_empty_cells_clear_or_keep",
    "number_format": "target/test_values_of_an_erp_and_a_spreadsheet.py::test_a_german_spreadsheet",
    "timezone": "target/test_values_of_an_erp_and_a_spreadsheet.py::test_a_german_spreadsheet",
}

PROOFS = {
    Ignored(of, setting): test
    for of, proofs in (("tap", TAP), ("target", TARGET), ("stream", STREAM))
    for setting, test in proofs.items()
}
