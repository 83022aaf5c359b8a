"""What all planted defects share."""

from __future__ import annotations

import pytest

from tests.planted.trial import Trials


@pytest.fixture(scope="session")
def trials(request, tmp_path_factory):
    """The process from which trials are forked; it has read whatever the parameters `test` and `tests` name."""
    given = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    asked_for = {test for params in given for test in (params.get("test"), *params.get("tests", ())) if test}
    with Trials(asked_for, tmp_path_factory.mktemp("trials")) as running:
        yield running
