"""HTTP statuses → errors."""

from __future__ import annotations

import re

import pytest

import ninox_api
from ninox_api import errors
from ninox_api.paging import KeysetUnusableError


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


def test_whoever_uses_the_package_meets_one_family_and_its_tree_has_them_all():
    public = {item for item in vars(ninox_api).values() if isinstance(item, type) and issubclass(item, Exception)}
    family = {KeysetUnusableError, *public, *(item for name, item in vars(errors).items() if name.startswith("Ninox"))}
    assert {kind.__name__ for kind in family if not issubclass(kind, errors.NinoxError)} == set()
    lines = re.findall(r"^([│ ├└─]*)(\w+Error)\b", errors.__doc__, re.MULTILINE)
    above, drawn = [], {}
    for indent, name in lines:
        above[len(indent) // 4 :] = [name]
        drawn[name] = above[:-1][-1:]
    assert drawn == {kind.__name__: [kind.__bases__[0].__name__] * (kind is not errors.NinoxError) for kind in family}
