"""Promises of what an upgrade keeps: each test goes on from what 0.1.0 left behind."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PAGE = "docs/upgrading.md"
TEST = "upgrade/test_upgrade.py::"

PROMISES = [
    Promise(
        PAGE,
        "streams and properties keep their names, keys and types",
        test=f"{TEST}test_tables_and_columns_keep_their_names_and_types[0.1.0, a finished first load]",
        defects=(
            Defect("ninox_singer:with_part", "- 1)}_{part}", "- 2)}__{part}"),
            Defect("ninox_singer:make_identifier", ".translate(_LETTERS)", ""),
        ),
    ),
    Promise(
        PAGE,
        "the next run continues where the old version stopped, even in the middle of a first load",
        test=f"{TEST}test_no_table_is_read_whole_without_a_reason[0.1.0, an interrupted first load]",
        defects=(
            Defect(
                "tap_ninox:_plan_resumption",
                "replace(_plan_full(bookmark, status), mode=ReadMode.RESUME, snapshot=snapshot, changes=missed)",
                "_plan_full(bookmark, status)",
            ),
        ),
    ),
    Promise(
        PAGE,
        "Edits and deletions made in between arrive",
        test=f"{TEST}test_edits_and_deletions_after_the_upgrade_arrive_and_no_row_is_lost[0.1.0, later runs]",
        defects=(
            Defect("tap_ninox:TableStream._read_changes", "self._write_tombstones(removed, started.sequence)", "pass"),
            Defect("tap_ninox:ChangedRecords.named", "missing = named.copy()", "missing = IdSet()"),
        ),
    ),
    Promise(
        PAGE,
        "No table gets a full refresh that the old version would not have refreshed",
        test=f"{TEST}test_no_table_is_read_whole_without_a_reason[0.1.0, later runs]",
        defects=(Defect("tap_ninox:make_plan", "policy.in_every_run or bookmark.sequence is None", "True"),),
    ),
    Promise(
        PAGE,
        "with every value that was permitted",
        test=f"{TEST}test_the_target_runs_with_every_setting[0.1.0]",
        defects=(Defect("ninox_api:ConnectionConfig.__post_init__", "value < least", "value < least + 10"),),
    ),
    Promise(
        PAGE,
        "reports are shown by `singer-ninox page`",
        test=f"{TEST}test_reports_are_shown[tap-0.1.0]",
        defects=(Defect("ninox_tools.pages:convert_tap_run", 'report["succeeded"]', 'report["ok"]'),),
    ),
]
