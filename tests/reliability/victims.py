"""A command that comes to harm: as a real process, started in a moment, its outputs read through pipes."""

from __future__ import annotations

import os
import resource
import signal
import threading
from contextlib import suppress

from tests.programs import WAIT_S, become, context


def _limited(program, arguments, stdout, stderr, file_limit):
    if file_limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing then fails as it does on a full disk
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a child of a background job ignores it
    become(program, arguments, None, stdout, stderr)


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
            deaf_after: Bytes of output after which its reader goes away; below 0 before the first.
        """
        self.lines, self._errors = [], []
        pipes = self._pipes = directory / "stdout", directory / "stderr"
        for pipe in pipes:
            os.mkfifo(pipe)
        self._output = output
        stdout = str(output or pipes[0])
        self.process = context.Process(target=_limited, args=(program, arguments, stdout, str(pipes[1]), file_limit))
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

    def send(self, number):
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

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
        heard = 0
        with pipe.open("rb") as file:
            if deaf_after is not None and deaf_after < 0:
                return
            for line in file:
                pieces.append(line)
                heard += len(line)
                if deaf_after is not None and heard > deaf_after:
                    return
