"""The target's settings: what is refused in which words, and that tap and target are connected alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from ninox_api.errors import NinoxConfigError
from tap_ninox import settings as tap
from target_ninox import settings as target
from target_ninox.settings import StreamSettings, TargetSettings

LEAST = {"database": "Shop"}


def described(properties):
    return {item.name: (item.optional, item.secret, item.to_dict()) for item in properties}


def test_tap_and_target_are_connected_by_the_same_settings():
    of_tap, of_target = described(tap.CONNECTION_PROPERTIES), described(target.CONNECTION_PROPERTIES)
    assert of_target.keys() < of_tap.keys()
    assert {name: of_tap[name] for name in of_target if name != "team"} == {
        name: known
        for name, known in of_target.items()
        if name != "team"  # the target writes to one
    }


def test_every_setting_is_described_and_the_schema_is_one():
    Draft202012Validator.check_schema(target.CONFIG_JSONSCHEMA)
    for item in (*target.CONNECTION_PROPERTIES, *target.TARGET_PROPERTIES, *target.STREAM_PROPERTIES):
        assert item.to_dict()[item.name]["description"].endswith((".", "`"))


@pytest.mark.parametrize(
    "settings",
    [
        {"streams": {"a": {"modus": "insert"}}},
        {"streams": {"a": {"mode": "replace"}}},
        {"streams": {"a": {"null": "ignore"}}},
        {"streams": {"a": {"references": {"kunde": {}}}}},
        {"streams": {"a": {"references": {"kunde": {"match_on": "Nr"}}}}},
        {"streams": {"a": {"references": {"kunde": ""}}}},
        {"streams": {"a": {"on_missing": "create"}}},
        {"on_reject": "replace"},
        {"databse": "Shop"},
    ],
    ids=repr,
)
def test_what_is_misspelled_does_not_pass_the_schema(settings):
    validator = Draft202012Validator(target.CONFIG_JSONSCHEMA)
    assert validator.is_valid({"auth_token": "x", **LEAST})
    assert not validator.is_valid({"auth_token": "x", **LEAST, **settings})


def test_every_problem_is_told_at_once(tmp_path):
    with pytest.raises(NinoxConfigError) as caught:
        TargetSettings.from_settings(
            {
                "rejects_path": str(tmp_path / "gone" / "rejects.jsonl"),
                "file_sources": [str(tmp_path / "gone"), "img.example.org:80"],
                "streams": {"a": {"timezone": "Berlin"}, "b": {"timezone": "../etc/passwd"}},
            }
        )
    unknown = "is not a zone of the IANA list, such as Europe/Berlin."
    no_host = (
        "is no host; give its name alone, such as images.example.org. A folder is written with a /, such as ./photos."
    )
    assert caught.value.errors == [
        f"streams.a.timezone: 'Berlin' {unknown} Did you mean 'Europe/Berlin'?",
        f"streams.b.timezone: '../etc/passwd' {unknown}",
        f"rejects_path: there is no folder {tmp_path}/gone.",
        f"file_sources: there is no folder {tmp_path}/gone. A host is named without a path.",
        f"file_sources: 'img.example.org:80' {no_host}",
        "database: missing. Give the id or name of the database to load into.",
    ]


def test_streams_are_settled_by_their_name_and_then_by_globs_of_which_the_first_counts_more():
    streams = {"B*": {"mode": "insert"}, "*": {"mode": "mirror", "null": "keep"}, " Bonn": {"null": "clear"}}
    settings = TargetSettings.from_settings({**LEAST, "streams": streams})
    found = {name: settings.stream(name) for name in ("bonn", "berlin", "köln")}
    assert {name: (stream.mode, stream.keeps_on_null) for name, stream in found.items()} == {
        "bonn": ("insert", False), "berlin": ("insert", True), "köln": ("mirror", True),
    }  # fmt: skip


def test_a_stream_whose_name_looks_like_a_pattern_is_itself():
    settings = TargetSettings.from_settings({**LEAST, "streams": {"Kunden [alt]": {"mode": "insert"}}})
    assert [settings.stream(name).mode for name in ("Kunden [alt]", "Kunden a")] == ["insert", "upsert"]


@pytest.mark.parametrize("given", ["", ".", "/dev/null"])
@pytest.mark.parametrize("name", ["rejects_path", "report_path"])
def test_what_is_no_file_is_refused_before_it_is_put_aside(name, given):
    """A rejects file of an earlier run is renamed, and a report takes the place of the older one."""
    with pytest.raises(NinoxConfigError) as caught:
        TargetSettings.from_settings({**LEAST, name: given})
    assert caught.value.errors == [f"{name}: {given!r} is a folder, a link or a device; give a file."]


def test_a_source_of_files_is_a_folder_by_how_it_is_written(tmp_path, monkeypatch):
    """A host's name stays one where a folder is called like it, and a folder never becomes a host."""
    (tmp_path / "photos").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "link").symlink_to("photos")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    given = ["photos", "./photos", "photos/", "~/photos", "link/", ".", ".hidden", str(tmp_path)]
    settings = TargetSettings.from_settings({**LEAST, "file_sources": given})
    root = tmp_path.resolve()
    assert settings.file_hosts == ("photos",)
    assert settings.file_folders == (*[root / "photos"] * 4, root, root / ".hidden", root)


def test_null_settings_take_their_defaults():
    nothing = dict.fromkeys(item.name for item in target.TARGET_PROPERTIES)
    assert TargetSettings.from_settings({**nothing, **LEAST}) == TargetSettings.from_settings(LEAST)
    nothing = dict.fromkeys(item.name for item in target.STREAM_PROPERTIES)
    assert StreamSettings.from_settings(nothing) == StreamSettings.from_settings({}) == StreamSettings()


def test_the_schema_s_defaults_are_the_object_s():
    defaults = {
        item.name: schema["default"]
        for item in target.TARGET_PROPERTIES
        if "default" in (schema := item.to_dict()[item.name])
    }
    assert TargetSettings.from_settings({**LEAST, **defaults}) == TargetSettings.from_settings(LEAST)


def test_settings_become_what_they_mean(tmp_path):
    settings = TargetSettings.from_settings(
        {
            **LEAST,
            "on_reject": "continue",
            "rejects_path": "~/rejects.jsonl",
            "file_sources": [str(tmp_path), "IMG.example.org", "::1", "nas"],
            "streams": {
                "a": {
                    "match_on": ["Nr"],
                    "null": "keep",
                    "timezone": "Europe/Berlin",
                    "references": {"kunde": "Nr"},
                    "on_missing": "null",
                }
            },
        }
    )
    assert not settings.fails_on_reject
    assert settings.rejects_path == Path.home() / "rejects.jsonl"
    assert settings.file_folders == (tmp_path.resolve(),)
    assert settings.file_hosts == ("img.example.org", "::1", "nas")
    stream = settings.stream("a")
    assert (stream.match_on, stream.keeps_on_null, str(stream.zone)) == (("Nr",), True, "Europe/Berlin")
    assert (stream.references, stream.links_may_be_empty) == ({"kunde": "Nr"}, True)
