"""What is installed: a command, its types, and nothing of Ninox."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tap_tabular.__main__ import main
from tap_tabular.files import TabularError
from tap_tabular.tap import TapTabular

PLUGIN = Path(__file__).parents[1]


def test_the_wheel_holds_the_package_and_its_command(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=PLUGIN, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
        entry_points = wheel.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()
    sources = {path.relative_to(PLUGIN).as_posix() for path in (PLUGIN / "tap_tabular").glob("*.py")}
    assert {name for name in names if ".dist-info" not in name} == {*sources, "tap_tabular/py.typed"}
    assert "tap-tabular = tap_tabular.__main__:main" in entry_points


def test_it_knows_nothing_of_ninox():
    for path in (PLUGIN / "tap_tabular").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "ninox" not in text.casefold()
        roots = {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            )
        }
        assert (
            roots
            - sys.stdlib_module_names
            - {"tap_tabular", "singer_sdk", "simplejson", "python_calamine", "typing_extensions"}
            == set()
        )


def test_the_command_says_what_is_wrong_in_one_line(tmp_path):
    (tmp_path / "config.json").write_text('{"files": [{"path": "no.xlsx", "stream": "a"}]}', encoding="utf-8")
    command = [sys.executable, "-m", "tap_tabular", "--config", "config.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no.xlsx: there is no such file, seen from" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("config", "told"),
    [
        (
            rb'{"files": [{"path": "C:\Users\Anna\list.xlsx", "stream": "a"}]}',
            r"Write folders of Windows with / or \\.",
        ),
        (b'{"files": [', "A file of --config config.json is not JSON in UTF-8: Expecting value"),
        (b'\xff\xfe{"files"', "is not JSON in UTF-8: 'utf-8' codec can't decode byte 0xff"),
        (None, "There is no file 'config.json', seen from"),
    ],
)
def test_a_configuration_that_cannot_be_read(tmp_path, monkeypatch, caplog, config, told):
    if config is not None:
        (tmp_path / "config.json").write_bytes(config)
    monkeypatch.setattr("sys.argv", ["tap-tabular", "--config", "config.json"])
    monkeypatch.setattr("logging.setLogRecordFactory", lambda _: None)
    monkeypatch.setattr("tap_tabular.__main__.os.dup2", lambda *_: None)
    with pytest.raises(SystemExit):
        main()
    assert told in caplog.text


def test_a_name_with_an_apostrophe_is_told_in_full(monkeypatch, caplog):
    monkeypatch.setattr("sys.argv", ["tap-tabular", "--config", "it's.json"])
    monkeypatch.setattr("logging.setLogRecordFactory", lambda _: None)
    with pytest.raises(SystemExit):
        main()
    assert """There is no file "it's.json", seen from""" in caplog.text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is full")
def test_an_output_that_takes_nothing(tmp_path):
    (tmp_path / "list.csv").write_text("No\n1\n", encoding="utf-8")
    (tmp_path / "config.json").write_text('{"files": [{"path": "list.csv", "stream": "a"}]}', encoding="utf-8")
    command = [sys.executable, "-m", "tap_tabular", "--config", "config.json"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "The output or a file cannot be used: [Errno 28] No space left on device." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("config", [{}, {"files": []}])
def test_settings_without_files_are_refused_with_an_example(config):
    with pytest.raises(TabularError, match=r"^files: missing\. Say what to read, such as"):
        TapTabular(config=config)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"key_property": ["Nr"]}, "files[1]: there is no setting 'key_property'. Did you mean 'key_properties'?"),
        ({"Sheets": "a"}, "files[1]: there is no setting 'Sheets'. Did you mean 'sheet'?"),
        ({"xyz": 1}, "files[1]: there is no setting 'xyz'. There are path, stream, key_properties, sheet, header_row,"),
        ({"key_properties": "Größe"}, 'files[1].key_properties: give a list, such as ["Größe"].'),
    ],
)
def test_a_misspelt_setting_of_a_file_is_told_with_what_was_meant(entry, told):
    files = [{"path": "list.csv", "stream": "a"}, {"path": "list.csv", "stream": "a", **entry}]
    with pytest.raises(TabularError) as caught:
        TapTabular(config={"files": files})
    [problem] = caught.value.problems
    assert problem.startswith(told)


def test_no_name_of_a_file_sheet_or_column_steers_a_terminal_or_forges_a_line(tmp_path, monkeypatch, capfd):
    attack = "\x1b[2J\u202eabc"
    book = openpyxl.Workbook()
    book.active.title = "\u202esheet"
    for cells in ([f"No{attack}", f"Name{attack}"], ["x", 2]):
        book.active.append([text.replace("\x1b", "_x001B_") if isinstance(text, str) else text for text in cells])
    name = f"a{attack}\nERROR forged.xlsx"
    book.save(tmp_path / name)
    entries = [
        {"path": name, "stream": "a", "key_properties": ["nothing"]},
        {"path": name, "stream": f"b{attack}", "types": {f"No{attack}": "integer"}},
        {"path": f"{attack}\nERROR forged", "stream": "a", "key_properties": ["nothing"]},
    ]
    (tmp_path / "config.json").write_text(json.dumps({"files": entries}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["tap-tabular", "--config", "config.json"])
    handlers, factory = logging.getLogger().handlers[:], logging.getLogRecordFactory()
    try:
        with pytest.raises(SystemExit):
            main()
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.setLogRecordFactory(factory)
    told = capfd.readouterr().err
    assert told.count("| ERROR") == 3
    assert not {"\x1b", "\u202e"} & set(told)
    assert not [line for line in told.splitlines() if line.lstrip().startswith("ERROR")]
    assert r"\x1b[2J\u202eabc" in told
