"""`singer-ninox page report.json … > run.html`: the reports of tap and target, brought into one form for a page."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ninox_api.errors import NinoxError
from ninox_singer.wording import list_names
from ninox_tools.pages.page import render_page

JsonObject = Mapping[str, Any]

OUTCOMES = ("created", "updated", "unchanged", "deleted", "skipped", "rejected")
_MOST_REJECTS = 500
"""Rejected rows shown one by one for each stream; the others are counted."""


class UnknownReportError(NinoxError):
    """A file is neither a report of the tap nor one of the target."""


def convert_tap_run(name: str, report: JsonObject) -> dict[str, Any]:
    """Bring a report of the tap into the form of the page."""
    return {
        "name": name,
        "command": "tap-ninox",
        "status": "succeeded" if report["succeeded"] else "interrupted" if report.get("interrupted") else "failed",
        "started_at": report.get("started_at"),
        "seconds": report["seconds"],
        "api_calls": report["api_calls"],
        "counts": {"rows": report["rows"], "deleted": report["deleted"]},
        "streams": [
            {
                "name": stream,
                "counts": {"rows": counts["rows"], "deleted": counts["deleted"]},
                "api_calls": counts["api_calls"],
                "seconds": counts["seconds"],
                "error": counts.get("error"),
                "notes": list(_iter_tap_notes(counts)),
                "samples": [],
            }
            for stream, counts in report["streams"].items()
        ],
        "problems": [*filter(None, [report.get("interrupted")]), *report.get("problems", ())],
        "drift": [{"kind": drift["kind"], "message": drift["message"]} for drift in report.get("drift", ())],
    }


_OUTCOMES = {
    "not_begun": "not begun: the run ended before",
    "not_permitted": "never read: this key may not read it",
    "removed": "its table is no longer in Ninox",
}


_WARNINGS = {
    "nulled": ("value", "did not fit the type, null was sent"),
    "uncomputed": ("value", "could not be computed by Ninox, null was sent"),
    "repaired": ("text", "had characters that no database stores"),
}
"""What the tap counts for each property of a stream, under the keys of `_WARNINGS` in `tap_ninox/report.py`."""


def _iter_tap_notes(counts: JsonObject) -> Iterable[str]:
    if counts.get("outcome") in _OUTCOMES:
        yield _OUTCOMES[counts["outcome"]]
    if counts.get("filtered"):
        yield f"{_counted(counts['filtered'], 'row')} left out by stream maps"
    if counts.get("gone"):
        yield f"{_counted(counts['gone'], 'changed record')} had vanished when it came to reading"
    for kind, (noun, reason) in _WARNINGS.items():
        for property_name, count in counts.get(kind, {}).items():
            yield f"{property_name}: {_counted(count, noun)} {reason}"


def convert_target_run(name: str, report: JsonObject) -> dict[str, Any]:
    """Bring a report of the target into the form of the page."""
    total = report["total"]
    status = "succeeded" if report["complete"] else "did not come to its end"
    return {
        "name": name,
        "command": "target-ninox",
        "status": "dry run, nothing was written" if report["dry_run"] else status,
        "started_at": None,
        "seconds": total["seconds"],
        "api_calls": total["api_calls"],
        "counts": _count_outcomes(total),
        "streams": [
            {
                "name": stream,
                "counts": _count_outcomes(counts),
                "api_calls": counts.get("api_calls", 0),
                "seconds": counts.get("seconds", 0.0),
                "error": None,
                "notes": list(_iter_target_notes(counts)),
                "samples": [
                    {
                        "action": sample["action"],
                        "record": sample["record"],
                        "fields": sample["fields"],
                        "notes": list(_iter_deleted_along(sample)),
                    }
                    for sample in counts.get("samples", ())
                ],
            }
            for stream, counts in report["streams"].items()
        ],
        "problems": [],
        "drift": [],
    }


def _count_outcomes(counts: JsonObject) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in ("read", *OUTCOMES)}


def _iter_target_notes(counts: JsonObject) -> Iterable[str]:
    if counts.get("removed"):
        yield f"{_counted(counts['removed'], 'record')} deleted because no row came for it"
    yield from _iter_deleted_along(counts)
    for field, count in counts.get("overridden", {}).items():
        yield f"{field}: a script of Ninox overrode what was sent, in {_counted(count, 'record')}"
    for field, count in counts.get("not_shown", {}).items():
        yield f"{field}: written, and not shown in {_counted(count, 'record')}: perhaps hidden from the key's role"
    if counts.get("not_loaded"):
        yield f"not loaded, as no field is called so: {list_names(counts['not_loaded'])}"
    if counts.get("left_out"):
        yield f"{_counted(counts['left_out'], 'row')} left out by limit_rows"
    if counts.get("unlinked"):
        yield f"{_counted(counts['unlinked'], 'link')} left empty, as no record has the value (on_missing)"
    if counts.get("uploaded"):
        yield f"{_counted(counts['uploaded'], 'file')} uploaded"
    yield from (f"nothing deleted, because {doubt}" for doubt in counts.get("doubts", ()))
    if counts.get("recovered"):
        yield f"{_counted(counts['recovered'], 'record')} found again after an answer was lost"
    missing = counts.get("read", 0) - sum(counts.get(name, 0) for name in OUTCOMES)
    if missing:
        yield f"{_counted(missing, 'row')} read but not written"


def _iter_deleted_along(counts: JsonObject) -> Iterable[str]:
    for table, count in counts.get("deleted_along", {}).items():
        yield f"{_counted(count, 'record')} of {table} deleted along by Ninox"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def convert_run(name: str, report: Any) -> dict[str, Any]:
    """Find out whose report it is, and bring it into the form of the page.

    Raises:
        UnknownReportError: Nobody's.
    """
    try:
        return convert_target_run(name, report) if "total" in report else convert_tap_run(name, report)
    except (KeyError, TypeError, AttributeError):
        message = f"{name} is not a report that tap-ninox or target-ninox writes to report_path."
        raise UnknownReportError(message) from None


def gather_rejects(messages: Iterable[JsonObject]) -> dict[str, Any]:
    """Gather rejected rows by stream: why, and which row; of its values the key alone."""
    streams: dict[str, Any] = {}
    for message in messages:
        if message.get("type") == "RECORD":
            stream = streams.setdefault(message["stream"], {"count": 0, "codes": Counter(), "rows": []})
            stream["count"] += 1
            stream["codes"][message.get("code") or "other"] += 1
            if len(stream["rows"]) < _MOST_REJECTS:
                stream["rows"].append(
                    {name: message.get(name) for name in ("row", "key", "property", "reason", "allowed")}
                )
    return streams


def print_page(paths: Sequence[Path]) -> None:
    """Print the page.

    Args:
        paths: Files that `report_path` named; those in `.jsonl` that `rejects_path` named.

    Raises:
        NinoxError: A file is no report.
        OSError: A file cannot be read.
    """
    try:
        facts = _gather_facts(paths)
    except msgspec.DecodeError:
        message = "A file is not JSON; give the files that report_path and rejects_path named."
        raise NinoxError(message) from None  # its message may quote a value
    page = render_page("runs", title="Run report · Ninox", facts=facts)
    sys.stdout.buffer.write(page.encode())  # as the page says itself, whatever the system's encoding


def _gather_facts(paths: Sequence[Path]) -> dict[str, Any]:
    lists = [path for path in paths if path.suffix == ".jsonl"]
    lines = [line for path in lists for line in path.read_bytes().splitlines() if line.strip()]
    return {
        "runs": [convert_run(path.name, msgspec.json.decode(path.read_bytes())) for path in paths if path not in lists],
        "rejects": gather_rejects(msgspec.json.decode(line) for line in lines),
    }
