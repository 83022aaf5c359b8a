"""What can go wrong with Ninox, grouped by what the caller should do next.

```text
NinoxError
├── NinoxConfigError (ValueError)     can never work; raised before any request
├── NinoxBudgetError                  the permitted number of API calls is spent
├── BodyTooLargeError                 not sent: larger than the caller permits (`client.py`)
├── KeysetUnusableError               pages do not come in order of id (`paging.py`)
├── NinoxTransportError               no usable answer: connect, cut off, not JSON
│   ├── NinoxUnreachableError         nobody answers at the address
│   ├── NinoxTlsError                 no secure connection; trying again does not help
│   ├── NinoxTimeoutError             it took longer than a request may
│   ├── NinoxSizeError                it is larger than any answer should be
│   └── NinoxDamagedError             it was cut off, or is not JSON
├── NinoxProtocolError                usable JSON, but not what is documented
├── NinoxScriptError                  a script that Ninox could not run
├── NinoxFetchError                   a file that could not be fetched from another host
└── NinoxAPIError                     an answer with an error status: .status .method .path
    ├── NinoxRedirectError            3xx: never followed, the key must not travel
    ├── NinoxAuthenticationError      401
    ├── NinoxPermissionError          403
    ├── NinoxNotFoundError            404
    ├── NinoxRateLimitError           429
    ├── NinoxServerError              5xx
    └── NinoxRequestError             any other 4xx
        └── NinoxTooLargeError        413
```

Messages are complete sentences that say what to do. They hold a method, a path, a status and counts; never a key, a
header, a query string, an answer's body or a record's values.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import TypeVar

import requests.exceptions
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)


class NinoxError(Exception):
    """Root of everything that reaches whoever uses this package; what its own code catches may be another."""


class NinoxConfigError(NinoxError, ValueError):
    """Settings that can never work.

    Attributes:
        errors: One sentence per problem, each naming its setting.
    """

    def __init__(self, errors: str | Sequence[str]) -> None:
        """Join one or several problems into one error."""
        self.errors = [errors] if isinstance(errors, str) else list(errors)
        super().__init__("\n".join(self.errors))


class NinoxBudgetError(NinoxError):
    """The run may make no further API call."""

    def __init__(self, max_api_calls: int) -> None:
        super().__init__(
            f"The {max_api_calls} API {'call' if max_api_calls == 1 else 'calls'} permitted by max_api_calls "
            f"{'is' if max_api_calls == 1 else 'are'} used up. "
            "What was done so far is in the state; the next run continues from there."
        )


class NinoxTransportError(NinoxError):
    """No usable answer arrived."""

    def __init__(self, *, method: str, path: str, problem: str) -> None:
        self.method = method
        self.path = path
        self.problem = problem
        super().__init__(f"{method} {path} brought no usable answer: {problem}.")


class NinoxUnreachableError(NinoxTransportError):
    """Nobody listens there, no such host is known, or what listens there speaks no HTTP."""


class NinoxTlsError(NinoxTransportError):
    """No secure connection could be agreed on, which trying again does not fix."""


class NinoxTimeoutError(NinoxTransportError):
    """The server took longer than a request may; it may still be at work."""


class NinoxSizeError(NinoxTransportError):
    """The answer is larger than it may be; what had arrived was thrown away.

    Attributes:
        record_bytes: Of a record in it, if that is known.
    """

    def __init__(self, *, method: str, path: str, problem: str, record_bytes: int | None = None) -> None:
        super().__init__(method=method, path=path, problem=problem)
        self.record_bytes = record_bytes


class NinoxDamagedError(NinoxTransportError):
    """An answer began, but did not arrive in full, or is not JSON."""


class NinoxProtocolError(NinoxError):
    """An answer that arrived in full but is not what Ninox documents."""


class NinoxScriptError(NinoxError):
    """A script that was sent to `query` could not be run, which Ninox said in an answer without an error status."""

    def __init__(self, *, method: str, path: str) -> None:
        """Name the request; what Ninox says about a script may quote values, so it is not passed on."""
        super().__init__(f"{method} {path}: Ninox could not run the script. Try it in Ninox' own console.")


class NinoxFetchError(NinoxError):
    """A file that could not be fetched from a host that is not Ninox."""

    def __init__(self, *, problem: str) -> None:
        """Say what is wrong, without the address: it is a value of a row."""
        self.problem = problem
        super().__init__(f"The file could not be fetched: {problem}.")


class NinoxAPIError(NinoxError):
    """An answer with an error status.

    Attributes:
        status: HTTP status.
        retry_after_s: Seconds the server asked to wait, if it did.
        form: What the answer's body looks like: `json`, `html`, `text` or `nothing`. The body itself is not kept.
    """

    advice = "Ninox did not accept the request."

    def __init__(
        self, *, method: str, path: str, status: int, retry_after_s: float | None = None, form: str = "nothing"
    ) -> None:
        self.method = method
        self.path = path
        self.status = status
        self.retry_after_s = retry_after_s
        self.form = form
        super().__init__(f"{method} {path} was answered with HTTP {status}. {self.advice}")


class NinoxRedirectError(NinoxAPIError):
    """3xx: the server lives elsewhere."""

    advice = "The server redirects; set api_url to the final address (often https instead of http)."


class NinoxAuthenticationError(NinoxAPIError):
    """401: the key is missing, wrong or revoked."""

    advice = (
        "Check auth_token or auth_token_file: the API key may be mistyped, revoked, or belong to another server than "
        "api_url (a key of Ninox 4 works at go.ninox.com only)."
    )


class NinoxPermissionError(NinoxAPIError):
    """403: the key may not do this."""

    advice = "The key's user lacks the right (role, plan without API access, or a database password is needed)."


class NinoxNotFoundError(NinoxAPIError):
    """404: no such team, database, table or record."""

    advice = "It does not exist (any more), or the key cannot see it."


class NinoxRateLimitError(NinoxAPIError):
    """429: too many calls at once or per month."""

    advice = "Ninox limits parallel and monthly calls; try later."


class NinoxServerError(NinoxAPIError):
    """5xx: the server failed."""

    advice = "The server failed; if it persists, look at the Ninox status page or your private cloud's log."


class NinoxRequestError(NinoxAPIError):
    """Any other 4xx."""

    advice = "Ninox, or a proxy before it, refuses the request as it is; if that persists, report it with this line."


class NinoxTooLargeError(NinoxRequestError):
    """413: what is asked for, or sent, is more than the server takes at once."""

    advice = "It is more than the server, or a proxy before it, takes at once."


_BUSY = frozenset({502, 503})
_GATEWAY_TIMEOUT = 504

_BY_STATUS: dict[int, type[NinoxAPIError]] = {
    401: NinoxAuthenticationError,
    403: NinoxPermissionError,
    404: NinoxNotFoundError,
    413: NinoxTooLargeError,
    429: NinoxRateLimitError,
}
_BY_HUNDREDS: dict[int, type[NinoxAPIError]] = {3: NinoxRedirectError, 4: NinoxRequestError, 5: NinoxServerError}


def make_status_error(
    status: int, *, method: str, path: str, retry_after_s: float | None = None, form: str = "nothing"
) -> NinoxAPIError | NinoxTransportError:
    """Return the error that fits an HTTP status which is not a success."""
    error_class = _BY_STATUS.get(status) or _BY_HUNDREDS.get(status // 100)
    if error_class is None:
        return NinoxTransportError(method=method, path=path, problem=f"unexpected HTTP status {status}")
    return error_class(method=method, path=path, status=status, retry_after_s=retry_after_s, form=form)


def is_busy(error: NinoxError) -> bool:
    """Return whether the server cannot answer now, whatever it is asked."""
    return isinstance(error, NinoxAPIError) and error.status in _BUSY


def is_timeout(error: NinoxError) -> bool:
    """Return whether the server, or a gateway before it, ran out of time."""
    return isinstance(error, NinoxTimeoutError) or (
        isinstance(error, NinoxServerError) and error.status == _GATEWAY_TIMEOUT
    )


def asked_too_much(error: NinoxError) -> bool:
    """Return whether a request may succeed if it asks for less."""
    return is_timeout(error) or isinstance(error, NinoxSizeError | NinoxTooLargeError)


def may_be_refusal(error: NinoxError) -> bool:
    """Return whether the server may refuse what it is asked for; one that is busy does not."""
    return isinstance(error, NinoxRequestError | NinoxServerError) and not is_busy(error)


class AnswerTooLargeError(Exception):
    """The answer does not end within the bytes it may have.

    Attributes:
        max_bytes: So many.
        record_bytes: What a record weighs, if it is a page of them; as far as it arrived.
    """

    def __init__(self, *, max_bytes: int, record_bytes: int | None = None) -> None:
        super().__init__()
        self.max_bytes, self.record_bytes = max_bytes, record_bytes


Value = TypeVar("Value")

_TIMEOUTS = (requests.exceptions.ReadTimeout, ReadTimeoutError)
_TLS = (requests.exceptions.SSLError,)

_PROXY_FAILED = "the proxy {proxy} refused or closed the connection (check {variable} and NO_PROXY)"

_PROBLEMS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((requests.exceptions.InvalidProxyURL,), "the variable {variable} holds no address of a proxy"),
    ((requests.exceptions.ProxyError,), _PROXY_FAILED),
    (
        (requests.exceptions.ConnectTimeout,),
        "nobody answered at {api_url} in time (check api_url and the network)",
    ),
    (_TIMEOUTS, "no answer in time"),
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


_CLOSED = (
    "{api_url} closed the connection without an answer in HTTP (check api_url: something other than Ninox may listen "
    "there)"
)


def make_transport_error(
    error: Exception, *, method: str, path: str, api_url: str, proxy: str | None = None, is_reached: bool = True
) -> NinoxTransportError:
    """Return the error to raise for a library's, whose own text holds the whole URL with its query.

    Args:
        error: Of the library.
        method: Of the request.
        path: Of the request, as it may stand in a message.
        api_url: Where it went.
        proxy: Through which proxy, as it may stand in a message; None for none.
        is_reached: Whether anything was ever answered there.
    """
    if isinstance(error, AnswerTooLargeError):
        problem = f"it is larger than {error.max_bytes / 1024**2:g} MiB"
        return NinoxSizeError(method=method, path=path, problem=problem, record_bytes=error.record_bytes)
    if isinstance(error, _TLS):
        problem = _describe_tls(error, is_direct=proxy is None)
    elif not is_reached and _is_closed(error):
        problem = _PROXY_FAILED if proxy else _CLOSED
    elif _is_unreachable(error) and (why := _find_cause(error)):
        problem = why
    else:
        problem = _find_first(error, _PROBLEMS) or f"the exchange failed ({type(error).__name__})"
    # A load balancer that starts anew closes connections, too, and comes back: that alone is tried as often as ever.
    is_no_server = _is_unreachable(error) or (not is_reached and _speaks_no_http(error))
    kind = NinoxUnreachableError if is_no_server else _find_first(error, _ERRORS) or NinoxTransportError
    variable = f"{api_url.partition(':')[0].upper()}_PROXY"
    problem = problem.format(api_url=api_url, proxy=proxy, variable=variable)
    return kind(method=method, path=path, problem=problem)


def _is_unreachable(error: Exception) -> bool:
    reason = getattr(next(iter(error.args), None), "reason", None)
    is_of_a_proxy = isinstance(error, requests.exceptions.ProxyError)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError) and not is_of_a_proxy


def _is_closed(error: Exception) -> bool:
    """Return whether a connection was made, and closed before the head of an answer came, or with what is none."""
    cause = next(iter(error.args), None)
    return isinstance(error, requests.exceptions.ConnectionError) and isinstance(cause, ProtocolError)


def _speaks_no_http(error: Exception) -> bool:
    """Return whether something came that is no answer in HTTP; a connection that is closed is an `OSError`."""
    return _is_closed(error) and not isinstance(error.args[0].args[-1], OSError)


def _find_cause(error: Exception) -> str | None:
    """Return why there is no connection, where the library says so."""
    reason = error.args[0].reason
    if isinstance(reason, NameResolutionError):
        return "no connection to {api_url}: no host of this name is found (check api_url and the network)"
    if isinstance(reason.__cause__, ConnectionRefusedError):
        return "no connection to {api_url}: it was refused, so nothing listens there (check api_url and the network)"
    return None


def _find_first(error: Exception, table: tuple[tuple[tuple[type[Exception], ...], Value], ...]) -> Value | None:
    return next((value for kinds, value in table if isinstance(error, kinds)), None)


def _describe_tls(error: Exception, *, is_direct: bool) -> str:
    cause: object = error
    while isinstance(cause, BaseException) and not isinstance(cause, ssl.SSLError):
        cause = getattr(cause, "reason", None) or next(iter(cause.args[-1:]), None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = cause.verify_message.replace("{", "").replace("}", "").rstrip(".")
        return (
            f"the certificate of {{api_url}} is not trusted: {reason} (the variable REQUESTS_CA_BUNDLE names the file "
            "of a private authority)"
        )
    if not is_direct:
        return "{api_url} does not speak TLS through the proxy {proxy} (check {variable} and NO_PROXY)"
    return "{api_url} does not speak TLS (is it http, or another port?)"
