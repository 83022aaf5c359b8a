"""The summary of a run as a file, for people and programs that watch it: counts and names, never a value."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ninox_api.errors import NinoxConfigError
from ninox_singer.output_files import write_private

if TYPE_CHECKING:
    from tap_ninox.report import RunReport, StreamReport


def write_report(path: Path, report: RunReport) -> None:
    """Write the file whole or not at all: a reader never sees half of it.

    Raises:
        NinoxConfigError: It cannot be written there.
    """
    try:
        write_private(path, json.dumps(_document(report), ensure_ascii=False, indent=2).encode() + b"\n")
    except (OSError, ValueError) as error:  # ValueError: a path that no system takes
        reason = getattr(error, "strerror", None) or "no path looks so"
        message = f"report_path: {path} cannot be written ({reason})."
        raise NinoxConfigError(message) from None


def _document(report: RunReport) -> dict[str, Any]:
    streams = report.streams
    return {
        "started_at": report.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(report.seconds, 3),
        "succeeded": report.succeeded,
        "interrupted": report.interrupted,
        "api_calls": report.api_calls,
        "rows": sum(stream.emitted for stream in streams.values()),
        "deleted": sum(stream.deleted for stream in streams.values()),
        "streams": {name: _stream(stream) for name, stream in streams.items()},
        "problems": list(report.problems),
        "drift": [asdict(drift) for drift in report.drift],
    }


def _stream(report: StreamReport) -> dict[str, Any]:
    return {
        "outcome": report.outcome.value,
        "rows": report.sent,
        "filtered": report.filtered,
        "deleted": report.deleted,
        "gone": report.gone,
        "nulled": dict(report.bad.nulled),
        "repaired": dict(report.bad.repaired),
        "bad_records": dict(report.bad.records),
        "uncomputed": dict(report.uncomputed),
        "api_calls": report.api_calls,
        "seconds": round(report.seconds, 3),
        "error": str(report.error) if report.error else None,
    }
