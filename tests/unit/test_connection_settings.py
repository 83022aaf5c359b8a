"""The connection settings: what is refused, in which words, and what is taken."""

from __future__ import annotations

import pytest

from ninox_api.config import ConnectionConfig
from ninox_api.errors import NinoxConfigError
from tests.helpers.cases import cases


def problems(**settings):
    with pytest.raises(NinoxConfigError) as caught:
        ConnectionConfig.from_settings({"auth_token": "key", **settings})
    return caught.value.errors


@pytest.mark.parametrize("case", [case for case in cases("settings") if case["of"] == "both"], ids=str)
def test_what_cannot_work_is_refused_by_name(case):
    (problem,) = problems(**case["settings"])
    assert problem.startswith(case["told"])


def test_a_key_that_is_not_set_is_missing():
    (problem,) = problems(auth_token=None)
    assert problem.startswith("auth_token: missing.")


def test_every_problem_is_told_at_once():
    assert len(problems(auth_token="", api_url="x", max_retries=-1)) == 3


@pytest.mark.parametrize("secret", ["Bearer s3cret-canary", "s3cret canary", "s3cret-canary\u00e4"])
def test_a_refused_key_is_not_quoted(secret):
    assert "s3cret" not in str(problems(auth_token=secret))


def test_a_password_in_the_address_is_not_quoted():
    assert "s3cret" not in str(problems(api_url="https://me:s3cret@host/v1"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8900/v1", "http://localhost/v1", "http://[::1]:8900/v1"])
def test_plain_http_is_fine_on_this_machine(url):
    assert ConnectionConfig.from_settings({"auth_token": "key", "api_url": url}).api_url == url


def test_a_private_cloud_keeps_its_port_and_prefix():
    config = ConnectionConfig.from_settings({"auth_token": "key", "api_url": " https://ninox.lan:8443/acme/v1/ "})
    assert config.api_url == "https://ninox.lan:8443/acme/v1"


def test_absent_and_null_settings_take_defaults():
    config = ConnectionConfig.from_settings({"auth_token": " key ", "api_url": None, "max_retries": None, "tables": []})
    assert (config.auth_token, config.max_retries, config.request_timeout_s) == ("key", 7, 60.0)


def test_secrets_do_not_show_in_the_object():
    config = ConnectionConfig.from_settings({"auth_token": "s3cret", "database_passwords": {"Archiv": "s3cret"}})
    assert "s3cret" not in repr(config)
