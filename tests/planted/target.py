"""Promises that the target keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PROMISES = [
    Promise(
        "README.md",
        "A lost answer, an outage or a kill makes no record twice",
        test="target/test_lost_answers.py::test_b2_a_lost_answer_makes_no_record_twice",
        defects=(
            Defect("target_ninox:Looking.look", "not chunk[0].creates", "True"),
            Defect("target_ninox:BatchWriter._lost", "saved, rest = self._looking.look(rest)", "saved = []"),
        ),
    ),
    Promise(
        "docs/adr/0018-no-record-twice.md",
        "After a timeout or a 504 the server may still be at work, so nothing is sent again in that run",
        test="target/test_lost_answers.py::test_rows_are_not_sent_again_while_the_server_may_still_be_at_work_on_them",
        defects=(Defect("target_ninox:BatchWriter._lost", "not is_slow or not chunk[0].creates", "True"),),
    ),
    Promise(
        "README.md",
        "Rows without a key stop the run instead.",
        test="target/test_lost_answers.py::test_without_a_key_nothing_is_guessed",
        defects=(Defect("target_ninox:Looking._find_new", "raise self._uncertain(keyless)", "pass"),),
    ),
    Promise(
        "README.md",
        "What is equal by meaning is not written, so no script of yours runs",
        test="target/test_upsert.py::test_the_same_input_twice_writes_nothing",
        defects=(Defect("target_ninox:RowWriter._change", "not changes and skips_unchanged", "False"),),
    ),
    Promise(
        "README.md",
        "What is equal by meaning is not written, so no script of yours runs",
        test="target/test_compare.py::test_what_means_the_same",
        defects=(
            Defect("target_ninox:_moment", "parsed.replace(tzinfo=None).isoformat()", "value"),
            Defect("target_ninox:_number", "int(value)", "value.as_tuple()"),
            Defect("target_ninox:_links", "frozenset(", "tuple("),
        ),
    ),
    Promise(
        "README.md",
        "The run ends with exit code 1 and holds the state (`on_reject`).",
        test="target/test_refused_rows.py::test_the_state_passes_rejected_rows_only_if_the_settings_say_so",
        defects=(
            Defect("target_ninox:StreamAccount.reject", "if self._holds_state", "if False"),
            Defect("target_ninox:StreamLoader.first_unsettled", "self.account.blocked_from is not None", "False"),
            Defect("target_ninox:TargetNinox._finish", "error is not None:\n            raise error", "False: pass"),
        ),
    ),
    Promise(
        "README.md",
        "A state goes out when all rows before it are in Ninox",
        test="target/test_messages.py::test_a_state_goes_out_as_soon_as_all_rows_before_it_are_in_ninox",
        defects=(
            Defect("target_ninox:_holds", "> rows", ">= 0"),
            Defect("target_ninox:TableSink.mark_drained", "self.target.write_durable_state()", "pass"),
        ),
    ),
    Promise(
        "docs/adr/0020-state-behind-rows.md",
        "Rows that wait, rows that were rejected (`on_reject: fail`) and deletions of a mirror that are still to come "
        "are unsettled.",
        test="target/test_references.py::test_no_state_passes_a_row_that_waits",
        defects=(Defect("target_ninox:StreamLoader.first_unsettled", "self._held_since is not None", "False"),),
    ),
    Promise(
        "README.md",
        "A report that adds up: read = created + updated + unchanged + deleted + skipped + rejected",
        test="target/test_report.py::test_a_complete_run_that_lost_a_row_fails",
        defects=(
            Defect("target_ninox:RunReport.close", "is_complete and lost", "False"),
            Defect("target_ninox:StreamReport.unaccounted", "self.read - sum(outcomes)", "0"),
        ),
    ),
    Promise(
        "README.md",
        "One bad row in a batch costs no other: it is found by halving, and named",
        test="target/test_refused_rows.py::test_one_bad_row_in_a_thousand",
        defects=(Defect("target_ninox:BatchWriter._refused", "_divided(rest, -(-len(rest) // PARTS))", "[rest[:1]]"),),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "An empty stream deletes nothing, nor does one with rejected rows.",
        test="target/test_deletions.py::test_a_mirror_deletes_nothing_after_an_input_that_is",
        defects=(
            Defect("target_ninox:remove_unseen", "not loader.is_complete", "False"),
            Defect("target_ninox:remove_unseen", "loader.account.report.rejected", "False"),
            Defect("target_ninox:_is_under_way", "bool(state.get(_UNDER_WAY))", "False"),
            Defect("target_ninox:StreamLoader.add", "self.is_complete = False", "pass"),
        ),
    ),
    Promise(
        "docs/how-to/write-into-ninox.md",
        "A whole reading by tap-ninox that was cut off begins again, as the rest alone would not tell what is gone.",
        test="target/test_deletions.py::test_a_whole_reading_that_is_cut_off_begins_again_for_a_mirror",
        defects=(Defect("target_ninox:goes_on_inside", "any(", "False and any("),),
    ),
    Promise(
        "README.md",
        "Deletions (`hard_delete`, `mirror`) only after a complete stream, within `max_deletes`",
        test="target/test_deletions.py::test_a_mirror_that_would_delete_too_much_deletes_nothing",
        defects=(
            Defect("target_ninox:RowWriter._remove", 'self._run.limits.reserve("delete", len(record_ids))', "pass"),
        ),
    ),
    Promise(
        "README.md",
        "`max_creates`, `max_updates`",
        test="target/test_safety.py::test_limits_count_the_whole_run",
        defects=(Defect("target_ninox:Limits.reserve", "self._count[action] + count", "count"),),
    ),
    Promise(
        "README.md",
        "`dry_run` writes nothing and counts as the run will",
        test="target/test_safety.py::test_a_dry_run_counts_links_circles_deletions_and_mirrors_as_a_run_does",
        defects=(
            Defect("target_ninox:open_run", "DryWriter() if settings.dry_run else", ""),
            Defect("target_ninox:DryWriter.save_records", "write.id or self._new_id()", "write.id or 0"),
        ),
    ),
]
