"""Promises that the probe keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

PAGE = "docs/how-to/probe.md"
TESTS = "tools/test_probe.py"
SCRATCH = "tools/test_probe_scratch.py"
STOPPED = "tools/test_probe_stopped.py"
PROMISES = [
    Promise(
        PAGE,
        "It makes at most 60 calls",
        test=f"{TESTS}::test_repeated_requests_count_and_end_it_at_sixty",
        defects=(Defect("ninox_tools.probe:Reader.__init__", "self._transport.budget = self.budget", "pass"),),
    ),
    Promise(
        PAGE,
        "No other request is made;",
        test=f"{TESTS}::test_every_request_stands_in_the_page_and_the_page_names_no_other",
        defects=(Defect("ninox_tools.probe.feed:beyond_head", '"changes", sinceSq', '"views", sinceSq'),),
    ),
    Promise(
        PAGE,
        "It only reads, unless you name a table with `--scratch`.",
        test=f"{TESTS}::test_without_a_scratch_table_it_only_reads_and_with_one_it_writes_into_that_alone",
        defects=(Defect("ninox_tools.probe:Reader.query", '("query",)', '("exec",)'),),
    ),
    Promise(
        PAGE,
        "The report holds no name, caption, value, record id, address, mail address or key.",
        test=f"{TESTS}::test_the_report_holds_nothing_of_the_data",
        defects=(
            Defect("ninox_tools.probe:Report.__init__", "_kind_of(api_url)", "api_url"),
            Defect("ninox_tools.probe:Report._describe", '"id": question', '"id": str(found)'),
        ),
    ),
    Promise(
        PAGE,
        "and anything else is refused.",
        test=f"{TESTS}::test_no_answer_can_be_said_that_the_table_of_its_question_does_not_have",
        defects=(Defect("ninox_tools.probe:Report.say", "answer not in self.questions[question].answers", "False"),),
    ),
    Promise(
        PAGE,
        "and anything else is refused.",
        test=f"{TESTS}::test_no_word_is_written_that_is_not_the_probes_own",
        defects=(Defect("ninox_tools.probe:Report._word", "word not in self._words", "False"),),
    ),
    Promise(
        PAGE,
        "Ctrl-C stops it at any moment; what was found out until then is printed.",
        test=f"{STOPPED}::test_answers_from_before_ctrl_c_stay",
        defects=(
            Defect(
                "ninox_tools.probe:print_table",
                "answered = report.answered",
                "answered = [] if report.stopped else report.answered",
            ),
        ),
    ),
    Promise(
        PAGE,
        "Ctrl-C stops it at any moment; what was found out until then is printed.",
        test="unit/test_leaving.py::test_ctrl_c_while_a_command_starts_ends_it_with_130",
        defects=(Defect("ninox_singer.cli:run_command", "SIGNAL_EXIT_CODE + signal.SIGINT", "1"),),
    ),
    Promise(
        PAGE,
        "counts as an answer only if it comes twice.",
        test=f"{STOPPED}::test_one_failure_of_the_server_is_no_answer",
        defects=(
            Defect("ninox_tools.probe:Reader._read", "reply.status < FAILURE", "True"),
            Defect("ninox_tools.probe:status_of", "status < FAILURE", "True"),
        ),
    ),
    Promise(
        PAGE,
        "The same goes for a connection that fails in the middle.",
        test=f"{STOPPED}::test_faults_in_the_middle_leave_a_report_of_what_was_seen",
        defects=(Defect("ninox_tools.probe:_Run._ask", 'self._leave(step, "failed")', "raise KeyError"),),
    ),
    Promise(
        PAGE,
        "Answers that contradict something that tap-ninox or target-ninox relies on come first, with their consequence",
        test=f"{TESTS}::test_what_contradicts_the_code_comes_first_with_the_setting_that_helps",
        defects=(Defect("ninox_tools.probe:print_table", "isinstance(_effect(report, key), Against)", "False"),),
    ),
    Promise(
        PAGE,
        "The table is refused at once, before anything is written, if it holds a record, if another table links to it",
        test=f"{SCRATCH}::test_a_table_that_is_not_made_for_it_is_refused_before_anything_is_written",
        defects=(
            Defect("ninox_tools.probe:find_scratch_table", "if problems:", "if problems is None:"),
            Defect("ninox_tools.probe:find_scratch_table", "refuse_records(sight, named[0])", "pass"),
            Defect("ninox_tools.probe:_problems", "other.id != table.id", "other.id == table.id"),
            Defect("ninox_tools.probe:_problems", "_is_harmless(table, key, script)", "True"),
            Defect("ninox_tools.probe:_is_harmless", "key not in _TRIGGERS or ", ""),
            Defect("ninox_tools.probe:_is_harmless", "bool(meant) and ", ""),
        ),
    ),
    Promise(
        PAGE,
        "Before the first write the probe looks a second time whether the table is empty.",
        test=f"{SCRATCH}::test_a_table_that_holds_a_record_at_the_second_look_only_is_refused_too",
        defects=(Defect("ninox_tools.probe:Scratch.__init__", "refuse_records(sight, table)", "pass"),),
    ),
    Promise(
        PAGE,
        "sets the first text field, which holds the mark, or a link is refused, too.",
        test=f"{SCRATCH}::test_a_table_that_is_not_made_for_it_is_refused_before_anything_is_written",
        defects=(
            Defect("ninox_tools.probe:_is_harmless", "field is not mark", "True"),
            Defect("ninox_tools.probe:_is_harmless", "field.type in _PLAIN", "True"),
        ),
    ),
    Promise(
        PAGE,
        "since nobody can tell whether it is yours or the probe's own without its mark.",
        test=f"{SCRATCH}::test_records_without_the_mark_are_said_to_be_uncertain_and_end_with_1",
        defects=(Defect("ninox_tools.probe.command:_end", "not left.is_empty", "left.own"),),
    ),
    Promise(
        PAGE,
        "sent if the table was just seen to hold a record without the mark.",
        test=f"{SCRATCH}::test_a_server_that_empties_the_table_at_a_list_of_ids_is_not_sent_one_where_there_is_a_record_of_"
        "somebody_else",
        defects=(Defect("ninox_tools.probe.removals:delete_many", " or scratch.others != 0", ""),),
    ),
    Promise(
        PAGE,
        "at most seven scripts of four forms, which only read",
        test=f"{TESTS}::test_at_most_seven_scripts_are_sent_however_many_formulas_there_are",
        defects=(Defect("ninox_tools.probe.queries:formulas", "found[:_MOST_FORMULAS]", "found"),),
    ),
    Promise(
        PAGE,
        "nothing is named whose caption holds anything but letters, digits, blanks and `_.,()&+-`",
        test=f"{TESTS}::test_a_caption_that_may_end_its_quotes_is_put_into_no_script",
        defects=(Defect("ninox_tools.probe.queries:_name", "PUT_IN.fullmatch(f\"'{item.name}'\")", "True"),),
    ),
    Promise(
        PAGE,
        "behind such a page, and the same request brings as many a second time: it is never the size of a table.",
        test=f"{TESTS}::test_the_size_of_a_page_that_is_that_of_a_table_is_not_told",
        defects=(
            Defect("ninox_tools.probe:largest_page", "len(again) == len(page)", "again"),
            Defect("ninox_tools.probe:largest_page", " and _goes_on(sight, table_id, page)", ""),
            Defect("ninox_tools.probe:_goes_on", ").status == OK", ")"),
        ),
    ),
    Promise(
        PAGE,
        "since 0 for a table of less than 100 records and for the scratch table",
        test=f"{TESTS}::test_the_feed_of_a_long_table_is_never_asked_from_the_start_on",
        defects=(Defect("ninox_tools.probe.feed:recent", "max(0, sight.head - _RECENT)", "0"),),
    ),
    Promise(
        PAGE,
        "deleted again: at the end, after Ctrl-C, when the terminal is closed, and when the connection fails.",
        test=f"{STOPPED}::test_ctrl_c_at_any_request_leaves_a_report_and_an_empty_table",
        defects=(Defect("ninox_tools.probe:_Run.clean", "left = scratch.clean()", "left = Left([], 0)"),),
    ),
    Promise(
        PAGE,
        "Only records that carry the probe's mark are deleted; whatever else turns up in the table stays.",
        test=f"{SCRATCH}::test_records_that_somebody_else_makes_in_the_scratch_table_stay",
        defects=(Defect("ninox_tools.probe:Scratch._ours", 'record["id"] in self.own', 'record["id"]'),),
    ),
    Promise(
        PAGE,
        "deleted again: at the end, after Ctrl-C, when the terminal is closed, and when the connection fails.",
        test=f"{STOPPED}::test_a_terminal_that_is_closed_leaves_an_empty_table_and_a_report",
        defects=(
            Defect("ninox_tools.probe.interrupts:taken", "*([_HANGUP] if _HANGUP else ())", ""),
            Defect("ninox_tools.probe:Interrupts.take", "signum == _HANGUP", "False"),
            Defect("ninox_tools.probe.command:_say", "suppress(OSError)", "nullcontext()"),
        ),
    ),
    Promise(
        PAGE,
        "Only records that carry the probe's mark are deleted; whatever else turns up in the table stays.",
        test=f"{TESTS}::test_a_writer_changes_nothing_but_its_own_records",
        defects=(
            Defect("ninox_tools.probe:Writer._check", "not self.own.issuperset(record_ids)", "False"),
            Defect("ninox_tools.probe:Writer.save", 'one.get("_id", self.free) != self.free', "False"),
        ),
    ),
    Promise(
        PAGE,
        "and not at all if somebody else has made a record by then.",
        test=f"{SCRATCH}::test_a_record_of_somebody_else_under_the_id_that_the_probe_chose_stays_and_is_said",
        defects=(
            Defect("ninox_tools.probe:Scratch.choose_id", "self.others == 0", "True", case="empties_a_field-1"),
            Defect(
                "ninox_tools.probe:Scratch._is_ours", 'record["id"] == self.given', "False", case="has_the_chosen_id-1"
            ),
            Defect(
                "ninox_tools.probe.removals:delete",
                "scratch.own.discard(scratch.given)",
                "pass",
                case="has_the_chosen_id-2",
            ),
        ),
    ),
    Promise(
        PAGE,
        "Ctrl-C waits for the answer to a write, and so does a closed terminal.",
        test=f"{STOPPED}::test_ctrl_c_waits_for_a_write_and_once_for_the_table_to_be_emptied",
        defects=(
            Defect("ninox_tools.probe:Interrupts.take", "not self._holds or self._is_waiting", "True"),
            Defect(
                "ninox_tools.probe:Interrupts.held",
                "self._holds, self._is_waiting = True, False",
                "self._holds = False",
            ),
        ),
    ),
    Promise(
        PAGE,
        "If something could not be removed, the last lines say which records.",
        test=f"{SCRATCH}::test_what_cannot_be_removed_is_said",
        defects=(Defect("ninox_tools.probe:Scratch.clean", "sorted(ids_of(self._ours(page)))", "[]"),),
    ),
    Promise(
        "docs/explanation/known-and-unknown.md",
        "Every switch of the simulator, at every value, is named by one of them",
        test="tools/test_probe_switches.py::test_the_probe_names_every_value_of_every_switch",
        defects=(
            Defect("ninox_tools.probe:_form_of_removal", 'return "mapping"', 'return "other"'),
            Defect("ninox_tools.probe:since_id", '"inclusive" if middle in answer else "exclusive"', '"exclusive"'),
        ),
    ),
    Promise(
        "docs/explanation/known-and-unknown.md",
        "a second probe of it gives the same answers.",
        test="tools/test_probe_like.py::test_a_server_like_the_report_gives_the_same_report",
        defects=(Defect("ninox_simulator.switches:like", "switches.update(meant)", "pass"),),
    ),
]
