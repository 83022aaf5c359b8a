"""A command that comes to harm: as a real process, started in a moment, its outputs read through pipes."""

from __future__ import annotations

import os
import threading

from tests.helpers.commands import WAIT_S, context
from tests.reliability.harms import become_limited


class Victim:
    """One run of a command.

    Attributes:
        lines: What it wrote to its standard output, whole lines only.
        told: What it wrote to its standard error.
    """

    def __init__(self, directory, program, arguments, *, file_limit=None, output=None, deaf_after=None):
        """Start it.

        Args:
            directory: For its pipes.
            program: A console script.
            arguments: Its arguments.
            file_limit: Bytes after which every file it writes is full.
            output: A file to write to instead of a pipe.
            deaf_after: Lines of output after which its reader goes away.
        """
        self.lines, self._errors = [], []
        pipes = self._pipes = directory / "stdout", directory / "stderr"
        for pipe in pipes:
            os.mkfifo(pipe)
        self._output = output
        stdout = str(output or pipes[0])
        arguments = (program, arguments, None, stdout, str(pipes[1]), file_limit)
        self.process = context.Process(target=become_limited, args=arguments)
        self.process.start()
        self._readers = [threading.Thread(target=self._listen, args=(pipes[1], self._errors, None), daemon=True)]
        if output is None:
            self._readers.append(
                threading.Thread(target=self._listen, args=(pipes[0], self.lines, deaf_after), daemon=True)
            )
        for reader in self._readers:
            reader.start()

    @property
    def told(self):
        return b"".join(self._errors).decode(errors="replace")

    @property
    def pid(self):
        return self.process.pid

    def end(self):
        """Wait for its end; return its exit code, negative for a signal."""
        self.process.join(WAIT_S)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
        for reader in self._readers:
            reader.join(5)
        for pipe in self._pipes:
            pipe.unlink()
        assert code is not None, f"it hangs: {self.told[-4000:]}"
        if self._output is not None and self._output.is_file():
            self.lines += self._output.read_bytes().splitlines(keepends=True)
        self.lines = [line for line in self.lines if line.endswith(b"\n")]
        return code

    @staticmethod
    def _listen(pipe, pieces, deaf_after):
        with pipe.open("rb") as file:
            if deaf_after == 0:
                return
            for number, line in enumerate(file, start=1):
                pieces.append(line)
                if number == deaf_after:
                    return
