"""Sample companies to serve: fictional, deterministic, and awkward on purpose."""

from __future__ import annotations
