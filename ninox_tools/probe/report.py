"""The report: for people as a table, for an issue as JSON. It can hold nothing but words of the tables of questions."""

from __future__ import annotations

import ipaddress
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, TextIO
from urllib.parse import urlsplit

from ninox_singer.wording import measure_columns
from ninox_tools.probe.question import REASONS, Against, Finding, Question

VERSION = 1

_PUBLIC, _PRIVATE = "api.ninox.com", (".ninox.com", ".ninoxdb.de", ".ninoxdb.com")
_GAP = 2
_SHARES = (0.26, 0.20, 0.10)
"""Of the width: question, answer, certainty; what is left is for what it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a probe found out.

    Attributes:
        questions: All, in the order of the report.
        findings: Question → what became of it.
        calls: Question → calls that were made for it, and for what was asked along.
        all_calls: Made in all.
        latencies_ms: Median and longest time of an answer.
        stopped: Why not everything was asked: `interrupted`, `calls_used_up`, `fault`; None if it was.
        wrote: Whether there was a scratch table.
    """

    questions: Mapping[str, Question]
    findings: Mapping[str, Finding]
    calls: Mapping[str, int]
    api_url: str
    all_calls: int
    latencies_ms: tuple[int, int] | None
    stopped: str | None
    wrote: bool

    @property
    def contradictions(self) -> list[str]:
        """Questions whose answer contradicts what the code relies on."""
        return [key for key in self.questions if isinstance(self._effect(key), Against)]

    def _effect(self, key: str) -> str:
        finding = self.findings[key]
        return "" if finding.answer is None else self.questions[key].effect(finding.answer)

    def as_json(self) -> str:
        """Return the report for an issue."""
        median, longest = self.latencies_ms or (None, None)
        document: dict[str, Any] = {
            "version": VERSION,
            "program": version("singer-ninox"),
            "server": {
                "kind": _kind(self.api_url), "calls": self.all_calls, "median_ms": median, "longest_ms": longest,
            },
            "scratch": self.wrote,
            "stopped": self.stopped,
            "answers": [_answer(key, self.findings[key], self.calls.get(key, 0)) for key in self.questions],
        }  # fmt: skip
        return json.dumps(document, indent=1) + "\n"

    def print(self, output: TextIO) -> None:
        """Print the table, what contradicts the code first."""
        against = self.contradictions
        seen = [key for key in self.questions if self.findings[key].answer is not None and key not in against]
        missing = [key for key in self.questions if self.findings[key].answer is None]
        if against:
            output.write("What contradicts what tap-ninox and target-ninox rely on:\n\n")
            output.writelines(self._table(against, measure_columns(output)))
            output.write("\n")
        if seen:
            nothing = "Nothing contradicts what tap-ninox and target-ninox rely on:"
            output.write(f"{'As expected, or without consequence:' if against else nothing}\n\n")
            output.writelines(self._table(seen, measure_columns(output)))
            output.write("\n")
        if missing:
            output.write("Not seen:\n\n")
            output.writelines(self._missing(missing, measure_columns(output)))
            output.write("\n")
        output.write(
            f"{len(seen) + len(against)} of {len(self.questions)} questions answered, {self.all_calls} calls.\n"
        )
        if self.stopped:
            output.write(f"{STOPPED[self.stopped]}\n")

    def _table(self, keys: Iterable[str], width: int) -> Iterator[str]:
        widths = [int(width * share) for share in _SHARES]
        widths.append(width - sum(widths) - _GAP * len(widths))
        yield from _row(("Question", "Answer", "How sure", "What it changes for you"), widths)
        yield from _row(["-" * each for each in widths], widths)
        for key in keys:
            finding, question = self.findings[key], self.questions[key]
            yield from _row((question.text, str(finding.answer), finding.certainty, self._effect(key)), widths)

    def _missing(self, keys: Iterable[str], width: int) -> Iterator[str]:
        by_reason: dict[str, list[str]] = {}
        for key in keys:
            finding = self.findings[key]
            status = f" (HTTP {finding.status})" if finding.status else ""
            by_reason.setdefault(f"{REASONS[finding.reason or 'no_data']}{status}", []).append(key)
        for reason, found in by_reason.items():
            yield textwrap.fill(f"{reason}: {', '.join(found)}", width, subsequent_indent="  ") + "\n"


STOPPED = {
    "interrupted": "You stopped it: what was asked until then is above.",
    "calls_used_up": "All calls that a probe may make are used up: what was asked until then is above.",
    "fault": "Too many requests failed: what was asked until then is above.",
}


def _answer(key: str, finding: Finding, calls: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": key, "answer": finding.answer, "certainty": finding.certainty, "calls": calls}
    if finding.answer is None:
        answer["reason"] = finding.reason
    if finding.status is not None:
        answer["status"] = finding.status
    return answer


def _kind(api_url: str) -> str:
    """Return what kind of server it is; its address is not told."""
    host = urlsplit(api_url).hostname or ""
    if host == _PUBLIC:
        return "public_cloud"
    if host.endswith(_PRIVATE):
        return "private_cloud"
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    return "this_machine" if is_here else "another_host"


def _row(cells: Iterable[str], widths: list[int]) -> Iterator[str]:
    wrapped = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        line = (
            (lines[number] if number < len(lines) else "").ljust(width)
            for lines, width in zip(wrapped, widths, strict=True)
        )
        yield (" " * _GAP).join(line).rstrip() + "\n"
