"""What a user reads when no answer arrived: one sentence for each kind of failure, with the setting that helps.

A library's own text holds the whole URL with its query, so it is never passed on.
"""

from __future__ import annotations

import ssl
from typing import TypeVar

import requests.exceptions
from urllib3.exceptions import HTTPError, ReadTimeoutError

from ninox_api.body import AnswerTooLargeError
from ninox_api.errors import NinoxDamagedError, NinoxSizeError, NinoxTimeoutError, NinoxTlsError, NinoxTransportError

Value = TypeVar("Value")

_TIMEOUTS = (requests.exceptions.ReadTimeout, ReadTimeoutError)
_TLS = (requests.exceptions.SSLError,)

_PROBLEMS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (requests.exceptions.ProxyError,),
        "the proxy refused the connection (the environment's HTTPS_PROXY and NO_PROXY say which one is used)",
    ),
    ((requests.exceptions.ConnectTimeout, *_TIMEOUTS), "no answer in time"),
    ((HTTPError,), "the answer was cut off or damaged"),
    (
        (requests.exceptions.ConnectionError,),
        "no connection to {api_url}, or it was closed (check api_url and the network)",
    ),
)
"""The first that fits, so the narrower ones stand first."""

_ERRORS: tuple[tuple[tuple[type[Exception], ...], type[NinoxTransportError]], ...] = (
    (_TLS, NinoxTlsError),
    (_TIMEOUTS, NinoxTimeoutError),
    ((HTTPError,), NinoxDamagedError),
)


def failure_of(error: Exception, *, method: str, path: str, api_url: str) -> NinoxTransportError:
    """Return the error to raise for a library's."""
    if isinstance(error, AnswerTooLargeError):
        problem = f"it is larger than {error.max_bytes / 1024**2:g} MiB"
        return NinoxSizeError(method=method, path=path, problem=problem, record_bytes=error.record_bytes)
    if isinstance(error, _TLS):
        problem = _tls_problem(error)
    else:
        problem = _first_that_fits(error, _PROBLEMS) or f"the exchange failed ({type(error).__name__})"
    kind = _first_that_fits(error, _ERRORS) or NinoxTransportError
    return kind(method=method, path=path, problem=problem.format(api_url=api_url))


def _first_that_fits(error: Exception, table: tuple[tuple[tuple[type[Exception], ...], Value], ...]) -> Value | None:
    return next((value for kinds, value in table if isinstance(error, kinds)), None)


def _tls_problem(error: Exception) -> str:
    cause: object = error
    while isinstance(cause, BaseException) and not isinstance(cause, ssl.SSLError):
        cause = getattr(cause, "reason", None) or next(iter(cause.args[-1:]), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = cause.verify_message.replace("{", "").replace("}", "").rstrip(".")
        return (
            f"the certificate of {{api_url}} is not trusted: {reason} (the variable REQUESTS_CA_BUNDLE names the file "
            "of a private authority)"
        )
    return "{api_url} does not speak TLS (is it http, or another port?)"
