"""HTTP statuses → errors."""

from __future__ import annotations

import pytest

from ninox_api import errors


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, errors.NinoxRedirectError),
        (400, errors.NinoxRequestError),
        (401, errors.NinoxAuthenticationError),
        (403, errors.NinoxPermissionError),
        (404, errors.NinoxNotFoundError),
        (418, errors.NinoxRequestError),
        (429, errors.NinoxRateLimitError),
        (500, errors.NinoxServerError),
        (503, errors.NinoxServerError),
        (100, errors.NinoxTransportError),
        (999, errors.NinoxTransportError),
    ],
)
def test_a_status_has_one_class(status, kind):
    error = errors.make_status_error(status, method="GET", path="/teams")
    assert type(error) is kind
    assert "GET /teams" in str(error)
    assert str(status) in str(error)
    assert str(error).endswith(".")


def test_a_config_error_is_also_a_value_error_with_a_line_per_problem():
    error = errors.NinoxConfigError(["a: bad.", "b: bad."])
    assert isinstance(error, ValueError)
    assert str(error) == "a: bad.\nb: bad."
    assert errors.NinoxConfigError("a: bad.").errors == ["a: bad."]
