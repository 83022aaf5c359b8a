"""The SDK's own suite: the floor. It checks form; what is right is checked elsewhere.

The suite builds the tap while pytest collects, before any fixture exists, so the simulator starts with the module.
"""

from __future__ import annotations

import atexit

from singer_sdk.testing import SuiteConfig, get_tap_test_class

from ninox_simulator.server import Simulator
from tap_ninox.tap import TapNinox

_simulator = Simulator(seed="blattwerk", profile="s")
_simulator.__enter__()
atexit.register(_simulator.__exit__, None, None, None)

TestTapNinox = get_tap_test_class(
    TapNinox,
    config={
        "api_url": _simulator.url,
        "auth_token": _simulator.token,
        "databases": ["Nursery*"],
        "tables": ["Products", "Customers", "Country Codes"],
        "deletes": "ignore",  # the suite takes the mark of deletion, which SCHEMA declares, for a stray property
    },
    include_stream_attribute_tests=True,
    suite_config=SuiteConfig(max_records_limit=500),
    parse_env_config=False,
)
