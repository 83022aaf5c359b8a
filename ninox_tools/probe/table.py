"""The table for people, on the screen: what contradicts the code first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from ninox_singer.wording import measure_columns
from ninox_tools.probe.question import Against
from ninox_tools.probe.report import Reason, Report, Stop

_GAP = 2
_SHARES = (0.26, 0.20, 0.10)
"""Of the width: question, answer, certainty; what is left is for what it changes."""

REASONS: Mapping[Reason, str] = {
    "no_data": "nothing in the tables that were read shows it",
    "refused": "the server refuses the request that would show it",
    "failed": "the request that would show it failed",
    "unreadable": "the answer that would show it has a form that nobody foresaw",
    "stopped": "the probe was stopped before",
    "needs_scratch": "only writing shows it: --scratch",
}
"""Why a question has no answer → in words."""

_STOPPED: Mapping[Stop, str] = {
    "interrupted": "You stopped it: what was asked until then is above.",
    "calls_used_up": "All calls that a probe may make are used up: what was asked until then is above.",
    "fault": "It could not go on: what was asked until then is above.",
}


def print_table(report: Report, output: TextIO) -> None:
    """Print a report."""
    width = measure_columns(output)
    answered = report.answered
    against = [key for key in answered if isinstance(_effect(report, key), Against)]
    seen = [key for key in answered if key not in against]
    missing = [key for key in report.questions if key not in answered]
    nothing = "Nothing contradicts what tap-ninox and target-ninox rely on:"
    if against:
        output.write("What contradicts what tap-ninox and target-ninox rely on:\n\n")
        output.writelines([*_table(report, against, width), "\n"])
    if seen:
        output.write(f"{'As expected, or without consequence:' if against else nothing}\n\n")
        output.writelines([*_table(report, seen, width), "\n"])
    if missing:
        output.write("Not seen:\n\n")
        output.writelines([*_missing(report, missing, width), "\n"])
    output.write(f"{len(answered)} of {len(report.questions)} questions answered, {report.all_calls} calls.\n")
    if report.stopped:
        output.write(f"{_STOPPED[report.stopped]}\n")


def _effect(report: Report, question: str) -> str:
    return report.questions[question].answers[str(report.answer(question))]


def _table(report: Report, keys: Iterable[str], width: int) -> Iterator[str]:
    widths = [int(width * share) for share in _SHARES]
    widths.append(width - sum(widths) - _GAP * len(widths))
    yield from _row(("Question", "Answer", "How sure", "What it changes for you"), widths)
    yield from _row(["-" * each for each in widths], widths)
    for key in keys:
        text, finding = report.questions[key].text, report.findings[key]
        yield from _row((text, str(finding.answer), finding.certainty, _effect(report, key)), widths)


def _missing(report: Report, keys: Iterable[str], width: int) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for key in keys:
        finding = report.findings[key]
        status = f" (HTTP {finding.status})" if finding.status else ""
        by_reason.setdefault(f"{REASONS[finding.reason or 'no_data']}{status}", []).append(key)
    for reason, found in by_reason.items():
        which = f"{len(found)} questions" if reason == REASONS["stopped"] else ", ".join(found)
        yield textwrap.fill(f"{reason}: {which}", width, subsequent_indent="  ") + "\n"


def _row(cells: Iterable[str], widths: list[int]) -> Iterator[str]:
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        line = (
            (lines[number] if number < len(lines) else "").ljust(width)
            for lines, width in zip(wrapped, widths, strict=True)
        )
        yield (" " * _GAP).join(line).rstrip() + "\n"
