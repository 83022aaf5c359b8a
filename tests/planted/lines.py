"""Promises that hang on a single line or a single sign, which a search for such lines once found without a defect."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

DAMAGED = "tap/test_edited_catalogs.py::test_a_damaged_bookmark_is_read_from_the_start_and_the_others_are_not"

PROMISES = [
    Promise(
        "docs/how-to/files.md",
        "A name behind `!` leaves its stream out",
        test="tap/test_files.py::test_a_stream_behind_an_exclamation_mark_is_left_out",
        defects=(
            Defect("tap_ninox:TapSettings.lists_files_of", "is_meant and not", "is_meant or not"),
            Defect(
                "tap_ninox:TapSettings.lists_files_of",
                "return is_meant and not is_left_out(self.file_streams, ids=(), names=(stream,))",
                "return is_meant",
            ),
        ),
    ),
    Promise(
        "docs/changes.md",
        "Table versions are milliseconds",
        test="tap/test_versions.py::test_a_version_is_above_that_of_a_bookmark_that_cannot_be_used",
        defects=(Defect("tap_ninox:Bookmark.from_json", "version if _is_count(version) else None", "None"),),
    ),
    Promise(
        "docs/explanation/sequence.md",
        "A bookmark that cannot be right is reported, and its stream read from the start",
        test=DAMAGED,
        defects=(
            Defect("tap_ninox:_is_usable", "if not isinstance(bookmark, Mapping):", "if False:"),
            Defect("tap_ninox:_is_usable", "if not isinstance(part, Mapping | list):", "if False:"),
            Defect("tap_ninox:_is_usable", "if not all(isinstance(item, Mapping) for item in part):", "if False:"),
            Defect("tap_ninox:_is_usable", "elif not isinstance(part, list):", "elif False:"),
            Defect("tap_ninox:_is_usable", "if isinstance(part, list) and not", "if False and not"),
            Defect("tap_ninox:_is_usable", "version is None or type(version) is int", "True"),
            Defect("tap_ninox:_is_usable", "all(isinstance(text, str | None) for text in texts)", "True"),
        ),
    ),
    Promise(
        "docs/how-to/full-refresh.md",
        "A read that was broken off before a field was there starts over",
        test="tap/test_refresh.py::test_a_refresh_does_not_go_on_where_rows_lack_the_new_field",
        defects=(
            Defect("tap_ninox:make_plan", "if policy.in_this_run and bookmark.is_of_another_schema:", "if False:"),
        ),
    ),
    Promise(
        "docs/how-to/mirror.md",
        "Counting begins anew with each SCHEMA",
        test="target/test_completeness.py::test_a_schema_that_comes_again_begins_to_count_anew",
        defects=(
            Defect(
                "target_ninox:Completeness.note",
                "signs.rows_since_schema = 0",
                "pass",
            ),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A dry run continues beyond a limit, and says once where the run would stop",
        test="target/test_safety.py::test_a_dry_run_goes_on_beyond_a_limit_and_says_so_once",
        defects=(Defect("target_ninox:Limits.reserve", "is_first=self._count[action] <= most", "is_first=True"),),
    ),
    Promise(
        "docs/reference/messages.md",
        "An exponent has at most four digits",
        test="unit/test_writing_values.py::test_a_value_is_written_or_refused",
        defects=(Defect("ninox_singer.types.number:_parse_iso", "_ISO.fullmatch(value)", "value[:1].isdigit()"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If several rows are about one record, the last one wins",
        test="target/test_references.py::test_a_row_that_waits_is_gone_once_a_later_one_of_its_key_was_loaded",
        defects=(Defect("target_ninox:StreamLoader.flush", "self.waiting.discard(identity)", "pass"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "If several rows are about one record, the last one wins, even if a link is part of the key",
        test="target/test_references.py::test_two_rows_whose_key_is_a_link_are_one_record",
        defects=(
            Defect("target_ninox:RowWriter.write", "merge(rows) if self.plan.needs_key else list(rows)", "list(rows)"),
        ),
    ),
]
