"""The `tap-tabular` command: what a user can put right is a line, without a traceback."""

from __future__ import annotations

import logging
import sys

from singer_sdk.exceptions import ConfigValidationError

from tap_tabular.files import TabularError
from tap_tabular.tap import TapTabular


def main() -> None:
    """Run the tap."""
    logger = logging.getLogger("tap-tabular")
    try:
        TapTabular.cli()
    except ConfigValidationError as error:
        for problem in error.errors:
            logger.error("config: %s", problem)  # noqa: TRY400
    except TabularError as error:
        for problem in str(error).splitlines():
            logger.error(problem)  # noqa: TRY400
    else:
        return
    sys.exit(1)


if __name__ == "__main__":
    main()
