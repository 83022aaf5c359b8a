"""The `target-ninox` command."""

from __future__ import annotations

from collections.abc import Callable

from ninox_singer.cli import run_command


def main() -> None:
    """Run the target."""
    run_command("target-ninox", _load, files="--config")


def _load() -> Callable[[], object]:
    from target_ninox.target import TargetNinox  # noqa: PLC0415 (slow to import)

    return TargetNinox.cli


if __name__ == "__main__":
    main()
