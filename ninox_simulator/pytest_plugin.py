"""The fixture `ninox_simulator`, for the tests of any project that talks to Ninox.

```python
@pytest.mark.ninox(seed="blattwerk", switches={"removes": "objects"})
def test_my_integration(ninox_simulator):
    run_my_integration(url=ninox_simulator.url, key=ninox_simulator.token)
    assert [entry.method for entry in ninox_simulator.log.entries] == ["GET", "POST"]
```
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ninox_simulator.server import Simulator


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "ninox(seed, profile, switches, token): what the fixture ninox_simulator is started with"
    )


@pytest.fixture
def ninox_simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    """A simulator on a free port, for one test; the marker `ninox` takes the arguments of `Simulator`."""
    from ninox_simulator.server import Simulator  # noqa: PLC0415 (pytest loads this module even if nobody asks for it)

    marker = request.node.get_closest_marker("ninox")
    with Simulator(*(marker.args if marker else ()), **(marker.kwargs if marker else {})) as simulator:
        yield simulator
