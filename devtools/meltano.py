"""Meltano in a project of its own: a copy of a `meltano.yml`, usually this repository's, in an empty folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devtools.lifetime import tied_program
from devtools.postgres import Postgres
from ninox_simulator.remote import Remote

REPOSITORY = Path(__file__).resolve().parents[1]
RUN_TIMEOUT_S = 1800
_LOG_TAIL = 40
_LOOPBACK = "127.0.0.1,localhost"


class MeltanoError(RuntimeError):
    """A `meltano` command failed; holds the end of its log."""


@dataclass(frozen=True, slots=True)
class MeltanoProject:
    """A Meltano project whose state goes with its folder.

    Attributes:
        environment: Settings of the plugins, as environment variables.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def create(
        cls, folder: Path, environment: Mapping[str, str], definition: Path = REPOSITORY / "meltano.yml"
    ) -> MeltanoProject:
        """Copy the project file into an empty folder."""
        shutil.copy(definition, folder / "meltano.yml")
        return cls(folder, environment)

    @property
    def log(self) -> Path:
        """What all commands wrote so far."""
        return self.folder / "meltano.log"

    def run(self, *arguments: str) -> None:
        """Run a `meltano` command to its end.

        Raises:
            MeltanoError: It failed.
        """
        command = [sys.executable, "-m", "meltano.cli", *arguments]
        with self.log.open("ab") as log:
            # Killed, not asked to end: nobody is left to read what it would still load.
            run = tied_program(
                command, stop=signal.SIGKILL,
                cwd=self.folder, env=self.variables(), stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            with run as process:
                exit_code = process.wait(RUN_TIMEOUT_S)
        if exit_code:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_TAIL:])
            message = f"meltano {' '.join(arguments)} ended with exit code {exit_code}:\n{tail}"
            raise MeltanoError(message)

    def variables(self) -> dict[str, str]:
        """Return an environment without settings of the user's own Ninox, and without calls to the outside."""
        foreign = ("TAP_", "TARGET_", "MELTANO_", "PYTHONDONTWRITEBYTECODE")
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        # The simulator is on this machine, which no proxy reaches. Where both spellings are set, the lower one counts.
        without_proxy = ",".join(filter(None, [os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), _LOOPBACK]))
        return {
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "MELTANO_PROJECT_ROOT": str(self.folder),
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            "NO_PROXY": without_proxy,
            "no_proxy": without_proxy,
            **self.environment,
        }


def plugin_settings(ninox: Remote, postgres: Postgres) -> dict[str, str]:
    """Return the settings that connect a simulator with a PostgreSQL."""
    return {
        "TAP_NINOX_API_URL": ninox.url,
        "TAP_NINOX_AUTH_TOKEN": ninox.token,
        "TARGET_POSTGRES_HOST": postgres.host,
        "TARGET_POSTGRES_PORT": str(postgres.port),
        "TARGET_POSTGRES_USER": postgres.user,
        "TARGET_POSTGRES_PASSWORD": postgres.password,
        "TARGET_POSTGRES_DATABASE": postgres.database,
    }
