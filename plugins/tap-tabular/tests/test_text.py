"""CSV and its kin: encodings and delimiters are found out where nobody can be wrong, else asked for."""

from __future__ import annotations

import pytest

GERMAN = "Nr;Ort;Straße\n1;Köln;Gößweg 3 – „Süd“\n"
READ = [{"Nr": "1", "Ort": "Köln", "Straße": "Gößweg 3 – „Süd“"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings_that_are_found_out(read, text, encoding):
    assert read(text(GERMAN, encoding=encoding), key_properties=["Nr"]).rows == READ


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman", "cp1250"])
def test_encodings_that_have_to_be_said(read, text, encoding):
    content = "Nr;Ort\n1;Aachen\n2;Köln, Łódź\n" if encoding == "cp1250" else "Nr;Ort\n1;Aachen\n2;Köln\n"
    path = text(content, encoding=encoding)
    assert "its encoding is uncertain: it is not UTF-8, and line 3 looks wrong in Windows-1252." in read(path).error
    assert read(path, encoding=encoding).rows[1]["Ort"] in {"Köln", "Köln, Łódź"}


@pytest.mark.parametrize(
    "content",
    [
        "Kundennr.;Firma;Ort\nT-1;Müller;Süd\nT-2;Grün;Nürnberg\nT-3;Büro;Fü\n".encode()[:-2],
        "Nr;Firma\n1;Müller\n".encode() + "2;Schäfer\n".encode("cp1252"),
        "Nr;Preis\n1;Schäfer\n".encode("cp1252") + "2;5 €\n".encode(),
    ],
)
def test_utf_8_with_a_line_that_is_not(read, text, content):
    run = read(text(content))
    assert "its encoding is uncertain: line " in run.error
    assert "export it anew as UTF-8, or set `encoding`" in run.error
    assert not run.messages


@pytest.mark.parametrize(
    "word", ["Straße", "Österreich", "Ötztal", "Öhringen", "weißer", "Meißner", "Großmann", "schließen"]
)
def test_text_in_the_encoding_of_dos_is_noticed_by_its_words(read, text, word):
    path = text(f"Nr;Ort\n1;{word}\n", encoding="cp850")
    assert "line 2 looks wrong in Windows-1252" in read(path).error
    assert read(path, encoding="cp850").rows == [{"Nr": "1", "Ort": word}]


@pytest.mark.parametrize(
    "words",
    [
        "café naïve Ávila niño Málaga São NÃO MANHÃ Sebastián coágulo área Saá Mauá cuál diáfano Iguazú Zürich",
        "„Spaß“ «CAFÉ» „MENÜ“ Bø Århus Ærø Reykjavík Brontë Gîte à Besançon œuvre – Marke™ 20 °C ½ l, 5 m²",
        "Élysée, Œuvre, Ça va? L’été; Straße, Fuß, groß, weiß, Maß, ÄÖÜ, O’Brien, 5 €, §7, ‚x‘, …",
    ],
)
def test_words_of_windows_1252(read, text, words):
    assert read(text(f"No\tText\n1\t{words}\n", encoding="cp1252")).rows == [{"No": "1", "Text": words}]


def test_french_in_windows_1252(read, text):
    path = text("N°;Libellé\n1;L’œuvre d’été à Besançon, où? «Là» 5 €\n", encoding="cp1252")
    assert read(path).rows == [{"N°": "1", "Libellé": "L’œuvre d’été à Besançon, où? «Là» 5 €"}]


def test_an_encoding_that_does_not_fit(read, text):
    run = read(text("Nr;Ort\n1;K\x81ln\n", encoding="latin-1"), encoding="ascii")
    assert "is not ascii" in run.error
    assert "Set `encoding`" in run.error
    assert "Python knows none that is called 'utf9'" in read(text("a"), encoding="utf9").error


@pytest.mark.parametrize("encoding", ["base64", "rot13", "undefined", "\0"])
def test_what_python_knows_and_is_no_encoding_of_text(read, text, encoding):
    error = read(text(GERMAN), encoding=encoding).error
    assert error.startswith(f"list.csv: encoding: Python knows none that is called {encoding!r}; usual are utf-8")


def test_utf_16_without_the_mark_that_was_said(read, text):
    error = read(text("Nr;a\n1;ü\n"), encoding="utf-16").error
    assert error.startswith("list.csv: it is not utf-16: ")  # how Python goes on, depends on its version
    assert error.endswith(". Set `encoding`.")


@pytest.mark.parametrize("delimiter", ['"', "\n", "\r", "\0"])
def test_what_cannot_be_a_delimiter(read, text, delimiter):
    error = read(text(GERMAN), delimiter=delimiter).error
    assert error == f"list.csv: delimiter: {delimiter!r} cannot be one; usual are ';', ',', '\\t' and '|'."


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiters_are_found_by_the_keys(read, text, delimiter):
    path = text(f"No{delimiter}a;b,c\td|e\n1{delimiter}\n".replace(delimiter, "\x01").replace("\x01", delimiter))
    assert "No" in read(path, key_properties=["No"]).rows[0]


def test_the_delimiter_may_be_in_quotes_and_texts(read, text):
    path = text('a,b,c;No\n"x;y";1\n')
    assert read(path, key_properties=["No"]).rows == [{"a,b,c": "x;y", "No": "1"}]


def test_without_keys_the_delimiter_is_what_cuts_all_lines_alike(read, text):
    assert read(text("a;b\n1,5;2\n3;4\n")).rows == [{"a": "1,5", "b": "2"}, {"a": "3", "b": "4"}]
    assert read(text("a\n1\n")).rows == [{"a": "1"}]


def test_a_delimiter_can_be_said(read, text):
    assert read(text("a~b\n1~2\n"), delimiter="~").rows == [{"a": "1", "b": "2"}]


def test_excel_says_the_delimiter_in_the_first_line(read, text):
    run = read(text("sep=;\r\na,b;c\r\n1,5;2\r\n"))
    assert run.rows == [{"a,b": "1,5", "c": "2"}]
    assert run.lines == [3]


@pytest.mark.parametrize("first", ["sep=", 'sep="', "sep=;;"])
def test_a_first_line_that_says_no_delimiter(read, text, first):
    assert read(text(f"{first}\r\nNo;a\r\n1,5;2\r\n"), key_properties=["No"]).rows == [{"No": "1,5", "a": "2"}]


def test_rows_are_named_by_the_line_where_they_begin(read, text):
    run = read(text('a;b\n1;"x\ny"\n\n2;z\n'))
    assert run.rows == [{"a": "1", "b": "x\ny"}, {"a": "2", "b": "z"}]
    assert run.lines == [2, 5]


def test_more_fields_than_headings(read, text):
    run = read(text("a;b\n1;2\n3;4;5\n"))
    assert "field 3 of line 3 in a column without a heading. Headings are merged or missing, or a text has" in run.error
    assert not run.messages


def test_fewer_fields_than_headings_are_empty(read, text, caplog):
    assert read(text("a;b\n1\n2;x\n3;\n")).rows == [{"a": "1", "b": None}, {"a": "2", "b": "x"}, {"a": "3", "b": None}]
    assert "fewer fields than headings, the missing ones are sent as null: line 2." in caplog.text


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-32"])
def test_a_file_that_was_cut_off(read, text, encoding):
    run = read(text("Nr;Name;Ort\n1;Böhm;Köln\n2;Mü", encoding=encoding))
    assert "its last line has fewer fields than there are headings, and no line break: it looks cut off." in run.error
    assert not run.messages
    assert read(text("Nr;Name;Ort\n1;Böhm;Köln\n2;Mü\n", encoding=encoding)).rows[1]["Name"] == "Mü"


def test_a_last_line_without_a_line_break_is_a_line(read, text, caplog):
    assert read(text("Nr;Ort\n1\n2;Köln")).rows == [{"Nr": "1", "Ort": None}, {"Nr": "2", "Ort": "Köln"}]
    assert "line 3" not in caplog.text
    assert read(text("Nr;Ort")).rows == []


@pytest.mark.parametrize("content", ['a;b\n1;2\n2;"x\n3;y\n', 'a;b\n1;2\n2;"x"y;3\n'])
def test_a_quotation_mark_that_is_missing_or_odd(read, text, content):
    run = read(text(content))
    assert "the row from line 3 on cannot be read: " in run.error
    assert "Is a quotation mark missing or odd?" in run.error
    assert not run.messages


@pytest.mark.parametrize("size", ["y", "y;of 2"])
def test_lines_that_are_one_row_by_stray_quotation_marks_are_an_error(read, text, size):
    """`"Enorma` begins a text in quotation marks, and `5"`, lines below, ends it: a mirror would delete the Rake."""
    run = read(text(f'No;Name;Size\n1;"Enorma;x\n2;Rake;{size}\n3;Pipe;5"\n4;Hoe;"z\nz"\n'))
    assert run.error.endswith(
        "list.csv: lines that are one row by their quotation marks, though each of them looks like a row: 2 to 4. "
        "Look for a quotation mark that is missing or odd; where they are one row, save the list as .xlsx."
    )
    assert not run.messages


@pytest.mark.parametrize("rows", ['1;"a\nb;c\n\nd";x\n2;"a\nb";"c\nd"\n', '1;x;"a\nb"\n2;y;"a;b\nc"\n'])
def test_a_text_of_several_lines_is_none_of_these(read, text, rows):
    assert len(read(text(f"No;Name;Size\n{rows}")).rows) == 2


def test_fields_of_blanks_alone_are_empty(read, text):
    assert read(text("No;a\n \t;x\n1; \u00a0\n"), key_properties=["No"]).rows == [
        {"No": None, "a": "x"}, {"No": "1", "a": None},
    ]  # fmt: skip


def test_the_character_nul(read, text):
    assert "line 3 holds the character NUL" in read(text("a;b\n1;2\n3;\0\n")).error


def test_quotation_marks_within_a_text(read, text):
    assert read(text('a;b\n1;Rohr 5"\n2;"sagt ""Ja"""\n')).rows == [
        {"a": "1", "b": 'Rohr 5"'},
        {"a": "2", "b": 'sagt "Ja"'},
    ]


def test_an_encoding_that_is_said_does_not_put_the_mark_into_the_first_heading(read, text):
    path = text("Nr;a\n1;x\n", encoding="utf-8-sig")
    assert read(path, encoding="UTF-8", key_properties=["Nr"]).rows == [{"Nr": "1", "a": "x"}]
