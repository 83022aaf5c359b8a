"""Who is to blame for a request that failed: the rows or records in it, or the server."""

from __future__ import annotations

from typing import TypeGuard

from ninox_api.errors import NinoxError, NinoxProtocolError, NinoxRequestError, NinoxServerError, NinoxTransportError

MOST_REFUSED_IN_A_ROW = 100
"""After so many it is not the rows, nor the records."""

_FAULT = 500
"""What Ninox answers to a row with an unknown or a read-only field (observed), and where a script of the table fails
(assumed); 502 to 504 come from proxies."""

_LOCKED = 423


class RefusesEverythingError(NinoxError):
    """So many rows in a row were refused that going on would only spend calls."""


def is_refusal(error: NinoxError) -> TypeGuard[NinoxRequestError | NinoxServerError]:
    """Return whether rows or records are to blame: by themselves, for a lock or a script of theirs, or their number."""
    return isinstance(error, NinoxRequestError) or (isinstance(error, NinoxServerError) and error.status == _FAULT)


def is_outage(error: NinoxError) -> bool:
    """Return whether it is the server that fails, or the way to it."""
    return isinstance(error, NinoxTransportError) or (isinstance(error, NinoxServerError) and not is_refusal(error))


def is_lost(error: NinoxError) -> bool:
    """Return whether nobody knows what a failed request has done."""
    return is_outage(error) or isinstance(error, NinoxProtocolError)


def describe_refusal(status: int) -> str:
    """Return what may be wrong with a row that was refused, and what to do."""
    cause = "its record may be locked" if status == _LOCKED else "a field may not take its value, or a trigger fails"
    return f"Ninox refused the row with HTTP {status}: {cause}. Try it by hand in Ninox."
