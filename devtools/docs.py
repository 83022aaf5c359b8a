"""What stands in files about settings, made of their one description: `make docs` writes it anew.

A setting is described once, in `tap_ninox/settings.py`, `target_ninox/settings.py` or `ninox_singer/connection.py`.
From there come the table of the README, the page of settings, the definitions for Meltano and its hub, `meltano.yml`,
`.env.example`, `sample_config.json` and the list of what is gone in `docs/upgrading.md`; a test compares them. What
`docs/guarantees.md` says of planted defects comes from `tests/planted`, the tables of `docs/simulator.md` from the
simulator, the questions of `docs/explanation/known-and-unknown.md` from the probe.

Which keys, kinds and capabilities a definition may have is the hub's: github.com/meltano/hub, `schemas/`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import yaml
from singer_sdk import typing as th
from singer_sdk.about import AboutInfo

from devtools import simulator_page
from ninox_singer.environment import GUARDS, LOST
from ninox_tools.probe.question import Against
from ninox_tools.probe.run import QUESTIONS, WRITTEN
from tap_ninox import settings as of_tap
from tap_ninox.tap import TapNinox
from target_ninox import settings as of_target
from target_ninox.target import TargetNinox
from tests.planted import api as planted_in_api
from tests.planted import calls as planted_in_calls
from tests.planted import lines as planted_in_lines
from tests.planted import names as planted_in_names
from tests.planted import probe as planted_in_probe
from tests.planted import tabular as planted_in_tabular
from tests.planted import tap as planted_in_tap
from tests.planted import target as planted_in_target
from tests.planted import upgrade as planted_in_upgrades

Document = dict[str, Any]

ROOT = Path(__file__).parents[1]

SAMPLE = {"auth_token": "simulator-key", "api_url": "http://127.0.0.1:8900/v1", "team": "Blattwerk GmbH"}
"""A configuration for the simulator as `ninox-simulator --port 8900` starts it."""

EIGHT = {
    "tap-ninox": ("auth_token", "team", "databases", "formulas", "files", "deletes"),
    "target-ninox": ("database", "streams"),
}
"""The settings that people set."""

SDK_SETTINGS = (
    "stream_maps",
    "stream_map_config",
    "flattening_enabled",
    "flattening_max_depth",
)
"""Of the SDK's own settings those that every user of Meltano knows."""

_AREAS = (
    planted_in_api, planted_in_tap, planted_in_target, planted_in_upgrades, planted_in_tabular, planted_in_calls,
    planted_in_names, planted_in_lines, planted_in_probe,
)  # fmt: skip

_COMMON: Document = {
    "variant": "singer-ninox",
    "pip_url": "singer-ninox",
    "domain_url": "https://ninox.com",
    "maintenance_status": "beta",
    "quality": "unknown",  # the hub's people rate
    "supported_python_versions": [
        classifier.rpartition(" ")[2]
        for classifier in metadata("singer-ninox").get_all("Classifier") or ()
        if classifier.startswith("Programming Language :: Python :: 3.")
    ],
    "keywords": ["meltano_sdk", "ninox", "low-code", "database"],
}

TAP: Document = {
    "name": "tap-ninox",
    "namespace": "tap_ninox",
    "label": "Ninox",
    "description": "Low-code database",
    "definition": "loads the databases of a Ninox workspace and follows their changes, deletions included",
    **_COMMON,
    "executable": "tap-ninox",
    "logo_url": "/assets/logos/extractors/ninox.svg",
    "select": ["*.*"],
    "commands": {
        "inspect": {
            "args": "inspect",
            "executable": "singer-ninox",
            "description": "Show what the key can see, and what syncing it would cost in API calls",
        },
        "probe": {
            "args": "probe",
            "executable": "singer-ninox",
            "description": "Ask a live Ninox what nobody outside knows about its API, and print what that changes",
        },
    },
    "settings_group_validation": [["auth_token"], ["auth_token_file"]],
    "prereq": "An API key, made in Ninox under Settings > Integrations, of a plan with API access.\n",
    "settings_preamble": "With one workspace the key is the only setting needed. "
    "`singer-ninox inspect` shows what the key can see and what syncing it costs in API calls.\n",
    "usage": "People change tables and fields in Ninox all the time: set `use_cached_catalog: false`, or new ones "
    "are not noticed.\n",
}

TARGET: Document = {
    "name": "target-ninox",
    "namespace": "target_ninox",
    "label": "Ninox",
    "description": "Low-code database",
    "definition": "writes streams into the tables of a Ninox database: matched by key, and only what differs",
    **_COMMON,
    "executable": "target-ninox",
    "logo_url": "/assets/logos/loaders/ninox.svg",
    "settings_group_validation": [["auth_token", "database"], ["auth_token_file", "database"]],
    "prereq": "An API key, made in Ninox under Settings > Integrations, of a plan with API access. Writing runs the "
    "database's own triggers; try it with `dry_run: true` first.\n",
    "settings_preamble": "A stream goes to the table of the same name, unless `streams` says otherwise.\n",
}

INTRODUCTION = """# Settings

Set them under `config` in `meltano.yml`, in a JSON file given with `--config`, or, with `--config=ENV`, as environment
variables: prefix and name in capitals (`TAP_NINOX_AUTH_TOKEN`), lists and objects as JSON, booleans as `true` or
`false`. Variables may also be in a file `.env`, in the current folder or above it; those of the shell take precedence.

What you write is what arrives, through Meltano, too: keys with dots are put together again where Meltano takes them
apart.

An address that is lost because its variable is undefined is an error: no key goes to a public default instead. The same
goes for `dry_run`. Meltano silently drops settings that are null or whose variable is undefined. The plugins therefore
look into `meltano.yml`: a setting that has no value there is an error if they would then read or write more than was
asked for, or elsewhere: {never_null}.
`ff: {strict_env_var_mode: true}` makes Meltano refuse all such variables.

With `--config=ENV`, an empty variable counts as not given, except for {never_empty}:
for these it is an error, since it is often what is left of a variable that refers to another.

A variable that looks like a setting but is none is named in a warning, with the nearest setting. It is an error with
`--config=ENV`, always if the setting it resembles would keep something from being written (`TARGET_NINOX_DRYRUN`), and
under Meltano also if more would be read without it, or elsewhere (`TAP_NINOX_DATABSES`). The same goes
for one of an earlier version that is gone (`TAP_NINOX_TEAMS`).
Without `--config=ENV` variables are not read, so a setting that would keep something from being written is an error
there, too.

If Meltano ends with `'str' object does not support item assignment`, one key begins like another (`db.A` and `db.A.B`):
give the whole object as JSON text in single quotes.

## Names

The same rules apply wherever a setting names a team, database, table, field, property or stream:

* **Ids** match exactly, letter by letter.
* **Names** match whatever has that name; upper and lower case and surrounding blanks make no difference, unless names
  differ in nothing else: then the exact spelling counts. If one thing is wanted and several have the name, that is an
  error that lists their ids. A table or field to write into may also be given by the name that the tap would make of
  its caption (`groessen` for *Größen*).
* **Globs.** Where several things may be meant (`databases`, `tables`, `team`, `refresh`, `files`, `formulas`,
  `streams`), `*` stands for any characters and `?` for one; brackets stand for themselves. A text is a glob only if
  nothing has it as its name.
* **Precedence.** A name takes precedence over a glob, and of several globs the first one counts.
* **Exclusion.** In lists, `!` leaves out what is named after it. What a name leaves out with `!` must exist: under
  another name, it would be read. Ids of things that are gone may stay.
* **Mistakes.** A name that matches nothing is an error that suggests the nearest one. If other names match, what they
  name is read first, and the run ends with exit code 1, as `--discover` does. (With Meltano, `--discover` only warns:
  after a failed discovery Meltano loads nothing, so one missing table would keep all others from the warehouse. The run
  itself ends with exit code 1.) Settings for streams that do not arrive may be for another tap, so the target only
  warns about them; what looks like a slip is an error, too, once all rows are loaded. In `stream_maps`, the tap
  refuses, before it reads, an entry for a table that a database lacks; the target refuses what looks like a slip.
"""

ENV_EXAMPLE = """# Copy to .env and fill in; .env is never committed. What begins with # is rarely needed.

# Reading from Ninox:
{tap}
# The PostgreSQL database that the tables go to:
TARGET_POSTGRES_HOST=
TARGET_POSTGRES_PORT=5432
TARGET_POSTGRES_USER=
TARGET_POSTGRES_PASSWORD=
TARGET_POSTGRES_DATABASE=

# Writing into Ninox; which database, meltano.yml says (`database`), or the variable, which overrides it:
{target}
# Reading from PostgreSQL, to write into Ninox:
{postgres}"""


def definitions() -> dict[str, Document]:
    """Return the definitions for Meltano by the plugin's name."""
    return {
        "tap-ninox": _definition(TAP, TapNinox._get_about_info()),  # noqa: SLF001 (what `--about` prints)
        "target-ninox": _definition(TARGET, TargetNinox._get_about_info()),  # noqa: SLF001
    }


def _definition(facts: Document, about: AboutInfo) -> Document:
    """Return the definition of a plugin: what people wrote, and what its command says of itself."""
    properties = about.settings["properties"]
    writes_batches = facts["name"] == "tap-ninox"
    of_the_sdk = (*SDK_SETTINGS, *(["batch_config"] if writes_batches else []))
    own = [name for name in properties if not name.startswith(("faker_config", "flattening_", "batch_", "stream_map"))]
    return {
        **facts,
        "capabilities": sorted({capability.value for capability in about.capabilities}),
        "settings": [
            _setting(name, properties[name]) for name in (*own, *(name for name in of_the_sdk if name in properties))
        ],
    }


def _setting(name: str, schema: Mapping[str, Any]) -> Document:
    setting = {
        "name": name,
        "label": schema.get("title", name),
        "description": schema.get("description", ""),
        "kind": _type(schema) if name in (*SDK_SETTINGS, "process_activate_version_messages") else _kind(schema),
    }
    if schema.get("secret"):
        setting["sensitive"] = True
    if schema.get("enum"):
        values = [value for value in schema["enum"] if value is not None]
        setting["options"] = [{"label": value.replace("_", " ").capitalize(), "value": value} for value in values]
    if "default" in schema:
        setting["value"] = schema["default"]
    return setting


def _type(schema: Mapping[str, Any]) -> str:
    kinds = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    return "string" if "string" in kinds else next(iter(kinds - {"null"}))


def _kind(schema: Mapping[str, Any]) -> str:
    kind = _type(schema)
    if kind in {"array", "boolean", "integer", "number"}:
        # The plugin reads the text. Meltano 4.4 takes each text that it does not know for false, `dry_run: Ja` too, and
        # ends with a traceback on a fraction, or `a, b`, in a variable.
        return "string"
    if schema.get("enum"):
        return "options"
    return "password" if schema.get("secret") and kind == "string" else kind


def as_text(document: Document) -> str:
    """Return a definition as YAML."""
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return text


def table(items: Iterable[th.Property[Any]], *, prefix: Mapping[str, str] | None = None) -> str:
    """Return a table of settings, each with its default and meaning."""
    lines = ["| Setting | Default | Meaning |", "|---|---|---|"]
    for item in items:
        schema = item.to_dict()[item.name]
        default = "required" if not item.optional else _default(schema)
        secret = ", secret" if item.secret else ""
        of = f"{(prefix or {})[item.name]}: " if prefix and item.name in prefix else ""
        lines.append(f"| {of}`{item.name}`{secret} | {default} | {schema['description']} |")
    return "\n".join(lines) + "\n"


def _default(schema: Mapping[str, Any], name: str = "default") -> str:
    if name not in schema:
        return "–"  # noqa: RUF001 (a cell without a value)
    value = schema[name]
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _page() -> str:
    sections = [_section(document) for document in definitions().values()]
    of_streams = "## Of each stream, under `streams.<stream>` of target-ninox\n\n" + table(of_target.STREAM_PROPERTIES)
    return "\n".join([_introduction(), *sections, of_streams])


def _introduction() -> str:
    """Return what stands above the tables, with the names of the settings that are guarded."""
    never_null = ", ".join(f"`{name}`" for name, guard in GUARDS.items() if guard.never_null)
    never_empty = ", ".join(f"`{name}`" for name, guard in GUARDS.items() if guard.never_empty)
    return INTRODUCTION.replace("{never_null}", never_null).replace("{never_empty}", never_empty)


def _section(document: Document) -> str:
    lines = [f"## {document['name']}", "", "| Setting | Kind | Default | Meaning |", "|---|---|---|---|"]
    for setting in document["settings"]:
        options = " \\| ".join(f"`{option['value']}`" for option in setting.get("options", ()))
        known = _all(document["name"]).get(setting["name"])
        kind = options or (_type(known.type_dict) if known and setting["kind"] == "string" else setting["kind"])
        default = "required" if setting["name"] == "database" else _default(setting, "value")
        secret = ", secret" if setting.get("sensitive") else ""
        lines.append(f"| `{setting['name']}`{secret} | {kind} | {default} | {setting['description']} |")
    return "\n".join(lines) + "\n"


def _all(program: str) -> dict[str, th.Property[Any]]:
    if program == "tap-ninox":
        return {item.name: item for item in (*of_tap.CONNECTION_PROPERTIES, *of_tap.TAP_PROPERTIES)}
    return {item.name: item for item in (*of_target.CONNECTION_PROPERTIES, *of_target.TARGET_PROPERTIES)}


def _readme(text: str) -> str:
    items = [_all(program)[name] for program, names in EIGHT.items() for name in names]
    return _between(text, "settings", table(items, prefix=dict.fromkeys(EIGHT["target-ninox"], "target-ninox")))


def _known_and_unknown(text: str) -> str:
    """Put in the questions of the probe, from the files that ask them."""
    rows = ["| Question | Id | Answers | Asked by |\n|---|---|---|---|\n"]
    for question in QUESTIONS:
        answers = ", ".join(
            f"**`{answer}`**" if isinstance(effect, Against) else f"`{answer}`"
            for answer, effect in question.answers.items()
        )
        by = "writing" if question in WRITTEN else "reading"
        rows.append(f"| {question.text} | `{question.id}` | {answers} | {by} |\n")
    return _between(text, "questions", "".join(rows))


def _guarantees(text: str) -> str:
    """Put in which sentence is broken where, from `tests/planted`."""
    rows = ["| Sentence | Test that must fail | What is broken |\n|---|---|---|\n"]
    for area in _AREAS:
        for promise in area.PROMISES:
            page = os.path.relpath(ROOT / promise.page, ROOT / "docs")
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(promise.sentence.split())).replace("|", "\\|")
            file, _, name = promise.test.partition("::")
            broken = ", ".join(dict.fromkeys(f"`{defect.function.partition(':')[2]}`" for defect in promise.defects))
            rows.append(f"| [{words}]({page}) | [{name.partition('[')[0]}](../tests/{file}) | {broken} |\n")
    return _between(text, "planted", "".join(rows))


def _upgrading(text: str) -> str:
    """Put the settings that are gone before the other differences."""
    gone = {**of_tap.REMOVED_SETTINGS, **of_target.REMOVED_SETTINGS}
    rows = []
    for name, advice in gone.items():
        of = [kind for kind, removed in (("tap", of_tap), ("target", of_target)) if name in removed.REMOVED_SETTINGS]
        rows.append(f"| 0.2 | setting | `{name}` | {'' if len(of) > 1 else f'{of[0]}: '}{advice} |\n")
    place = re.compile(r"(<!-- differences: begin -->\n(?:\|[^\n]*\n){2})(.*?)(?=<!-- differences: end -->)", re.DOTALL)

    def written(found: re.Match[str]) -> str:
        others = [line for line in found[2].splitlines(keepends=True) if not _is_about_one(line, gone)]
        return found[1] + "".join([*rows, *others])

    return place.sub(written, text)


def _is_about_one(line: str, gone: Iterable[str]) -> bool:
    return any(line.startswith(f"| 0.2 | setting | `{name}` |") for name in gone)


def _meltano(text: str) -> str:
    """Write the list of settings of our two plugins; the rest of the project's file is people's."""
    for name, document in definitions().items():
        place = re.compile(rf"(?<=\n)(  - name: {name}\n(?:    [^\n]*\n)*?    settings:\n)(?:    (?:- |  )[^\n]*\n)+")
        lines = "".join(f"    - {_in_one_line(setting)}\n" for setting in document["settings"])
        found = place.search(text)
        if found:
            text = text[: found.start()] + found[1] + lines + text[found.end() :]
    return text


def _in_one_line(setting: Document) -> str:
    short: Document = {key: setting[key] for key in ("name", "kind", "sensitive", "options") if key in setting}
    if short["kind"] == "string":
        del short["kind"]
    if setting["name"] in LOST:
        short["value"] = setting["value"]  # where none arrives, its variable is not defined
    line: str = yaml.safe_dump(short, sort_keys=False, allow_unicode=True, default_flow_style=True, width=10_000)
    return line.strip()


def _env_example() -> str:
    def variables(program: str, names: Iterable[str], *, needed: Collection[str]) -> str:
        prefix = program.upper().replace("-", "_")
        return "".join(f"{'' if name in needed else '# '}{prefix}_{name.upper()}=\n" for name in names)

    tap = ("auth_token", "team", "api_url")
    target = ("auth_token", "database", "api_url")
    return ENV_EXAMPLE.format(
        tap=variables("tap-ninox", tap, needed=["auth_token"]),
        target=variables("target-ninox", target, needed=["auth_token"]),
        postgres=variables("tap-postgres", ("host", "port", "user", "password", "database"), needed=[]),
    )


def _between(text: str, name: str, content: str) -> str:
    place = re.compile(f"(?<=<!-- {name}: begin -->\n).*?(?=<!-- {name}: end -->)", re.DOTALL)
    return place.sub(lambda _: content, text)


def _simulator(page: str) -> str:
    for name, table in simulator_page.TABLES.items():
        page = _between(page, name, table())
    return page


def files() -> dict[Path, str]:
    """Return what each file should hold."""
    rewritten = {
        "README.md": _readme,
        "docs/explanation/known-and-unknown.md": _known_and_unknown,
        "docs/guarantees.md": _guarantees,
        "docs/simulator.md": _simulator,
        "docs/upgrading.md": _upgrading,
        "meltano.yml": _meltano,
    }
    made = {ROOT / name: rewrite((ROOT / name).read_text(encoding="utf-8")) for name, rewrite in rewritten.items()}
    made |= {ROOT / "docs" / "hub" / f"{name}.yml": as_text(document) for name, document in definitions().items()}
    return {
        **made,
        ROOT / "docs" / "reference" / "settings.md": _page(),
        ROOT / ".env.example": _env_example(),
        ROOT / "sample_config.json": json.dumps(SAMPLE, indent=2) + "\n",
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
