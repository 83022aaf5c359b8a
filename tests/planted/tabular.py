"""Promises that the tap for spreadsheets keeps."""

from __future__ import annotations

from tests.planted.plant import Defect
from tests.planted.promise import Promise

README = "plugins/tap-tabular/README.md"
TESTS = "../plugins/tap-tabular/tests"
PROMISES = [
    Promise(
        README,
        "text, as it is shown: `01097`, `K-00017`",
        test="tabular/test_lists.py::test_a_list_becomes_what_a_person_would_type[de_kunden]",
        defects=(
            Defect("tap_tabular:show_by", "zeros >= FEWEST_ZEROS", "zeros > 9"),
            Defect("tap_tabular:Code.__call__", 'rjust(self.zeros, "0")', "lower()"),
        ),
    ),
    Promise(
        README,
        "without `.0`; others with the 15 digits that Excel shows (0.30000000000000004 is 0.3)",
        test=f"{TESTS}/test_values.py::test_numbers_are_whole_if_they_are_and_have_no_more_digits_than_excel_shows",
        defects=(
            Defect("tap_tabular:plain", "int(number) if number.is_integer() else number", "number"),
            Defect("tap_tabular:plain", 'f"{number:.15g}"', "number"),
        ),
    ),
    Promise(
        README,
        "ISO, as much of it as the format shows, of both calendars (1900, 1904)",
        test=f"{TESTS}/test_values.py::test_a_number_is_what_its_format_shows",
        defects=(
            Defect("tap_tabular:Moment.__call__", "number < _LEAP_DAY_THAT_NEVER_WAS", "False"),
            Defect("tap_tabular:Moment.__call__", "if self.since_1904:", "if False:"),
            Defect("tap_tabular:Moment.__call__", "moment if self.has_clock else moment.date()", "moment"),
        ),
    ),
    Promise(
        README,
        "their result; one without (never calculated) is an error that names the cell",
        test=f"{TESTS}/test_broken_files.py::test_formulas_that_nobody_calculated",
        defects=(
            Defect(
                "tap_tabular:_RowReader._value",
                'Uncalculated() if self._is_formula and kind != "str" else None',
                "None",
            ),
        ),
    ),
    Promise(
        README,
        "null, named in a warning",
        test=f"{TESTS}/test_values.py::test_errors_are_named",
        defects=(Defect("tap_tabular:_Columns.finish", 'if self._counts["errors"]:', "if False:"),),
    ),
    Promise(
        README,
        "sent: the loader rejects them, with their line",
        test="tabular/test_lists.py::test_a_list_becomes_what_a_person_would_type[de_lager]",
        defects=(
            Defect("tap_tabular:_is_blank", "all(value is None", "any(value is None"),
            Defect("target_ninox:_explain", "if not isinstance(file, str) or not isinstance(line, int):", "if True:"),
        ),
    ),
    Promise(
        README,
        "**nothing is sent of any file**",
        test=f"{TESTS}/test_messages.py::test_nothing_is_sent_as_long_as_one_file_cannot_be_read_and_all_are_named",
        defects=(Defect("tap_tabular:TapTabular.discover_streams", "if problems:", "if False:"),),
    ),
    Promise(
        README,
        "lines\nthat quotation marks make one row though each looks like a row of its own",
        test="tabular/test_mirror.py::test_a_file_that_cannot_be_read_to_its_end_deletes_nothing[a row in another]",
        defects=(Defect("tap_tabular:TextSheet.rows", "min(lines.cuts) >= cuts", "False"),),
    ),
    Promise(
        README,
        "ACTIVATE_VERSION follows the last row of the last file of a stream, and STATE holds no bookmarks",
        test="tabular/test_mirror.py::test_what_left_the_list_is_deleted",
        defects=(Defect("tap_tabular:TabularStream.get_records", "self.ABORT_AT_RECORD_COUNT is None", "False"),),
    ),
    Promise(
        README,
        "a loader may delete what no longer comes.",
        test=f"{TESTS}/test_messages.py::test_the_end_is_said_behind_the_last_row_of_the_last_file",
        defects=(Defect("tap_tabular:TabularStream.emit_activate_version_messages", "return False", "return True"),),
    ),
    Promise(
        README,
        "Found are UTF-8 and UTF-16, with or without a mark, and Windows-1252; else it is an error that asks.",
        test=f"{TESTS}/test_text.py::test_encodings_that_have_to_be_said",
        defects=(Defect("tap_tabular:_encoding_of", "if _is_odd(line):", "if False:"),),
    ),
    Promise(
        README,
        "So is a file that is UTF-8 in one line and not in another",
        test=f"{TESTS}/test_text.py::test_utf_8_with_a_line_that_is_not",
        defects=(Defect("tap_tabular:_encoding_of", "if mixed := _mixed(file):", "if mixed := None:"),),
    ),
    Promise(
        README,
        "words that only DOS (cp850) leaves so",
        test=f"{TESTS}/test_text.py::test_text_in_the_encoding_of_dos_is_noticed_by_its_words",
        defects=(Defect("tap_tabular:_is_odd", "_ODD_IN_WINDOWS_1252.search(", "re.search(r'[šŽ]', "),),
    ),
    Promise(
        README,
        "a value in a column without a heading (merged headings)",
        test=f"{TESTS}/test_headings.py::test_headings_that_cannot_be_names",
        defects=(Defect("tap_tabular:_Columns.take", "chain(self._nameless, range(self._width, width))", "()"),),
    ),
    Promise(
        README,
        "a file that changes while it is read",
        test=f"{TESTS}/test_broken_files.py::test_a_file_that_another_program_is_writing",
        defects=(Defect("tap_tabular:Table._read", "_state_of(path) != before", "False"),),
    ),
    Promise(
        README,
        "last line has too few fields and no line break (it looks cut off)",
        test=f"{TESTS}/test_text.py::test_a_file_that_was_cut_off",
        defects=(
            Defect("tap_tabular:Table._read_sheet", "and columns.is_last_short and", "and False and"),
            Defect("tap_tabular:TextSheet.ends_within_a_line", '.rstrip(b"\\0")', ""),
        ),
    ),
    Promise(
        README,
        "sent: a loader keeps the last. Named in a warning, by their lines",
        test=f"{TESTS}/test_values.py::test_rows_of_one_key_are_sent_and_named_by_their_lines",
        defects=(Defect("tap_tabular:_Columns._look_for_twin", "earlier[1] == exact", "False"),),
    ),
    Promise(
        README,
        "sent as they are: a loader makes two records. Named in a warning, by their lines",
        test=f"{TESTS}/test_values.py::test_keys_that_differ_only_in_blanks_or_case_are_named_by_their_lines",
        defects=(Defect("tap_tabular:_without_case_and_blanks", "caption(text).casefold()", "text"),),
    ),
    Promise(
        README,
        "the value is in the first row, null in the others. Named in a warning",
        test=f"{TESTS}/test_values.py::test_cells_that_are_merged_over_several_rows_are_named",
        defects=(
            Defect("tap_tabular:_RowReader.start", 'elif name == "mergeCell":', "elif False:"),
            Defect("tap_tabular:_Columns.finish", "> self._heading_line", "> 0"),
        ),
    ),
    Promise(
        README,
        "No name of a file, sheet or column can forge a line of the log or steer a terminal.",
        test=f"{TESTS}/test_distribution.py::test_no_name_of_a_file_sheet_or_column_steers_a_terminal_or_forges_a_line",
        defects=(
            Defect(
                "tap_tabular.__main__:_EscapedRecord.getMessage",
                "return _UNSAFE.sub(",
                "return super().getMessage() or _UNSAFE.sub(",
            ),
            Defect(
                "tap_tabular.__main__:main", "for problem in error.problems", "for problem in str(error).splitlines()"
            ),
        ),
    ),
    Promise(
        README,
        "whose reader breaks down, is an error, too.",
        test=f"{TESTS}/test_broken_files.py::test_an_old_workbook_that_ends_its_reader",
        defects=(Defect("tap_tabular:OlderWorkbook._answer", "(EOFError, pickle.UnpicklingError)", "KeyError"),),
    ),
    Promise(
        README,
        "one that takes more than a gibibyte there",
        test=f"{TESTS}/test_broken_files.py::test_a_workbook_takes_no_more_memory_than_it_may",
        defects=(Defect("tap_tabular:OlderWorkbook.__init__", "str(MOST_MEMORY_MIB)", "'8000'"),),
    ),
    Promise(
        README,
        "A file or sheet that has headings and no rows is named in a warning",
        test=f"{TESTS}/test_messages.py::test_a_file_or_sheet_without_rows_is_named",
        defects=(Defect("tap_tabular:Table._read_sheet", "self.count == before", "self.count == 0"),),
    ),
    Promise(
        README,
        "so are sheets that are not read, hidden or called otherwise, though",
        test=f"{TESTS}/test_messages.py::test_hidden_sheets_that_look_like_the_one_that_is_read_are_named",
        defects=(Defect("tap_tabular:_passed_over", "sheet not in wanted and", "sheet.is_visible and"),),
    ),
    Promise(
        README,
        "All of this holds for xlsx, xlsm and ods",
        test=f"{TESTS}/test_opendocument.py::test_a_value_is_what_its_style_shows",
        defects=(
            Defect("tap_tabular:_Styles.shown_by", "found.zeros >= FEWEST_ZEROS", "False"),
            Defect("tap_tabular:_Styles.shown_by", "range(_MOST_PARENTS)", "range(1)"),
            Defect("tap_tabular.ods:_moment", "if not style.has_clock:", "if False:"),
            Defect("tap_tabular.ods:_clock", "style.is_length if", "True if"),
        ),
    ),
    Promise(
        README,
        "whose texts keep their tabs and line breaks",
        test=f"{TESTS}/test_opendocument.py::test_texts_are_whole",
        defects=(
            Defect("tap_tabular:_CellReader._start_in_cell", "self._add(_KEPT[name] * count)", "pass"),
            Defect("tap_tabular:_CellReader.start", "name in _NOT_OF_THE_CELL or", ""),
        ),
    ),
    Promise(
        README,
        "and so is one of blanks alone",
        test=f"{TESTS}/test_text.py::test_fields_of_blanks_alone_are_empty",
        defects=(Defect("tap_tabular:_Columns.take", "or (isinstance(value, str) and value.isspace())", ""),),
    ),
    Promise(
        README,
        "So are results that are all 0 where the program that wrote them left the calculating to Excel",
        test=f"{TESTS}/test_broken_files.py::test_formulas_whose_results_are_all_0_where_excel_is_left_to_calculate",
        defects=(
            Defect("tap_tabular:Xlsx.rows", "if self._leaves_calculating and", "if False and"),
            Defect("tap_tabular:Xlsx.rows", "not reader.has_results", "True"),
            Defect("tap_tabular:Xlsx.rows", "if self._leaves_calculating and", "if"),
        ),
    ),
    Promise(
        README,
        "a link to a file that is not there",
        test=f"{TESTS}/test_messages.py::test_a_link_to_a_file_that_is_not_there",
        defects=(Defect("tap_tabular:matching", "file.is_symlink() and", "False and"),),
    ),
    Promise(
        "docs/how-to/from-a-spreadsheet.md",
        "counts the values of both kinds.",
        test="tools/test_suggest.py::test_numbers_that_may_be_thousands_are_told",
        defects=(
            Defect("ninox_tools.suggest:_advise_formats", "elif german <= iso and", "elif True and"),
            Defect("ninox_tools.suggest:_advise_formats", "_is_unclear(value) for", "False for"),
        ),
    ),
    Promise(
        "docs/how-to/from-a-spreadsheet.md",
        "counts the values of both kinds.",
        test="tools/test_suggest.py::test_text_for_a_field_of_html_is_told",
        defects=(Defect("ninox_tools.suggest:_iter_remarks", 'if target.type == "html":', "if False:"),),
    ),
    Promise(
        "docs/how-to/from-a-spreadsheet.md",
        "what is doubtful in the values",
        test="tools/test_suggest.py::test_keys_that_only_a_machine_tells_apart_are_told",
        defects=(Defect("ninox_tools.suggest:_advise_key", ".casefold()", ""),),
    ),
]
