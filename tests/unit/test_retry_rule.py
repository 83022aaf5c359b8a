"""Which requests are repeated, how often, and after which pause."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ninox_api import retry
from ninox_api.errors import NinoxConfigError, NinoxProtocolError, NinoxTransportError, make_status_error


def status(code, **more):
    return make_status_error(code, method="GET", path="/x", **more)


TRANSPORT = NinoxTransportError(method="GET", path="/x", problem="cut off")


@pytest.mark.parametrize(
    ("error", "repeatable", "tries"),
    [
        (TRANSPORT, True, 8),
        (TRANSPORT, False, 1),
        (status(429), True, 8),
        (status(429), False, 8),  # refused before anything was done
        (status(429, retry_after_s=300), True, 8),
        (status(429, retry_after_s=301), True, 1),
        (status(502), True, 8),
        (status(503), True, 8),
        (status(504), True, 8),
        (status(408), True, 8),
        (status(408), False, 1),
        (status(502), False, 1),
        (status(500), True, 3),
        (status(500), False, 1),
        (status(400), True, 1),
        (status(401), True, 1),
        (status(403), True, 1),
        (status(404), True, 1),
        (status(302), True, 1),
        (NinoxProtocolError("odd"), True, 1),
        (NinoxConfigError("bad"), True, 1),
    ],
)
def test_an_error_is_repeated_as_often_as_its_request_permits(error, repeatable, tries):
    assert retry.count_tries(error, repeatable=repeatable, max_tries=8) == tries


def test_the_configured_bound_holds_everywhere():
    assert retry.count_tries(status(500), repeatable=True, max_tries=1) == 1


def pauses(errors):
    return [retry.draw_wait(error, tries) for tries, error in enumerate(errors, start=1)]


def test_pauses_double_up_to_a_bound_with_the_upper_half_at_random():
    taken = pauses([TRANSPORT] * 12)
    longest = [min(retry.MAX_WAIT_S, 2.0**attempt) for attempt in range(12)]
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(taken, longest, strict=True))


def test_the_servers_wish_is_taken_as_it_is():
    assert pauses([TRANSPORT, status(429, retry_after_s=17.0), status(503, retry_after_s=0.0)])[1:] == [17.0, 0.0]


NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 5 ", 5),
        ("Sat, 31 Jan 2026 12:01:00 GMT", 60),
        ("Sat, 31 Jan 2026 11:00:00 GMT", 0),
        ("Sat, 31 Jan 2026 12:01:00", 60),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_both_forms_of_retry_after(header, seconds):
    assert retry.parse_retry_after(header, now=NOW) == seconds


@given(st.text(max_size=40))
@example("0\x1f")
def test_a_strange_header_is_never_fatal(header):
    seconds = retry.parse_retry_after(header, now=NOW)
    assert seconds is None or seconds >= 0
