"""Older workbooks are read in a process apart: their reader may end its process, or take all memory.

python-calamine is made of Rust, and holds a sheet as a whole. Where a damaged file asks for more memory than there
is, no Python exception comes of it: the process is gone. So the tap starts this module as a process of its own, with a
bound on its memory, asks it for sheets by name, and says in a sentence if it ends.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from tap_tabular.files import TALL, Remarks, Row, TabularError, letters

MOST_MEMORY_MIB = 1024
"""That the process may take for a workbook, where the system can bound it (not on Windows and macOS)."""

_ENDED = "its reader ended: it is damaged, or takes more than {} MiB of memory. Save it anew as .xlsx."
_AT_ONCE = 500
_OK, _REFUSED = "ok", "refused"
_ROWS = "rows"


@dataclass(frozen=True, slots=True)
class OlderSheet:
    """A sheet of a workbook that another process reads."""

    workbook: OlderWorkbook
    name: str
    is_visible: bool
    remarks: Remarks = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> Iterator[Row]:
        """Yield rows that are not empty."""
        self.remarks.clear()
        yield from self.workbook.rows(self.name)
        self.remarks[TALL] = self.workbook.ask(TALL, self.name)


class OlderWorkbook:
    """The process that reads a workbook, seen from outside."""

    def __init__(self, path: Path) -> None:
        """Start it; it opens the workbook.

        Raises:
            TabularError: It cannot be read.
        """
        self._process = subprocess.Popen(  # noqa: S603 (this module, by this Python)
            [sys.executable, "-m", "tap_tabular.apart", str(path), str(MOST_MEMORY_MIB)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a panic says is for who wrote the reader
        )
        try:
            self.sheets = [OlderSheet(self, name, is_visible) for name, is_visible in self._answer()]
        except TabularError:
            self.close()
            raise

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a sheet; what nobody wants to have of it is read over."""
        rows: list[Row] = self.ask(_ROWS, name)
        try:
            while rows:
                yield from rows
                rows = self._answer()
        except GeneratorExit:
            with suppress(TabularError):
                while self._answer():
                    pass
            raise

    def ask(self, what: str, name: str) -> Any:
        """Ask for something of a sheet; return the first answer."""
        sent, _ = self._pipes()
        with suppress(BrokenPipeError):
            pickle.dump((what, name), sent)
            sent.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        for pipe in self._pipes():
            with suppress(BrokenPipeError):
                pipe.close()
        self._process.kill()
        self._process.wait()

    def _answer(self) -> Any:
        _, received = self._pipes()
        try:
            kind, content = pickle.load(received)  # noqa: S301 (of our own process)
        except (EOFError, pickle.UnpicklingError):
            raise TabularError(_ENDED.format(MOST_MEMORY_MIB)) from None
        if kind == _REFUSED:
            raise TabularError(content)
        return content

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None  # noqa: S101 (it was asked for)
        assert self._process.stdout is not None  # noqa: S101
        return self._process.stdin, self._process.stdout


def serve(path: Path, asked: IO[bytes], output: IO[bytes]) -> None:
    """Open a workbook, and write the sheets that are asked for until nothing more is."""

    def answer(kind: str, content: object) -> None:
        pickle.dump((kind, content), output, protocol=pickle.HIGHEST_PROTOCOL)
        output.flush()

    from tap_tabular.older import ReadSheet, open_older  # noqa: PLC0415 (the tap itself does not need them)

    sheets: list[ReadSheet] = []

    def work(what: str, name: str) -> None:
        if not what:
            sheets.extend(open_older(path))
            answer(_OK, [(sheet.name, sheet.is_visible) for sheet in sheets])
            return
        sheet = next(sheet for sheet in sheets if sheet.name == name)
        if what == TALL:
            merged = [place for place in sheet.merged() if place[0] < place[2]]
            answer(_OK, [f"{letters(c)}{r + 1}:{letters(d)}{s + 1}" for r, c, s, d in merged])
            return
        rows = sheet.rows()
        while some := list(islice(rows, _AT_ONCE)):
            answer(_OK, some)
        answer(_OK, [])

    asks = ("", "")
    with suppress(EOFError):  # nothing more is asked for
        while True:
            try:
                work(*asks)
            except TabularError as error:
                answer(_REFUSED, str(error))
            except MemoryError:
                answer(_REFUSED, _ENDED.format(MOST_MEMORY_MIB))
            asks = pickle.load(asked)  # noqa: S301 (of the tap)


def _bound_memory(most_mib: int) -> None:
    """Let the system refuse more memory than that, where it can: its address space, beside what is there already."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 (not on Windows)

        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + most_mib * 2**20, resource.RLIM_INFINITY))


if __name__ == "__main__":
    _bound_memory(int(sys.argv[2]))
    with suppress(BrokenPipeError):
        serve(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
