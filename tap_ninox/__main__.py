"""The `tap-ninox` command."""

from __future__ import annotations

from collections.abc import Callable

from ninox_singer.cli import run_command


def main() -> None:
    """Run the tap."""
    run_command("tap-ninox", _load, files="--config, --catalog or --state")


def _load() -> Callable[[], object]:
    from tap_ninox.tap import TapNinox  # noqa: PLC0415 (slow to import)

    return TapNinox.cli


if __name__ == "__main__":
    main()
