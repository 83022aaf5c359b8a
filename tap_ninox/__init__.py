"""Singer tap for Ninox: discovery, snapshot, change feed, state."""

from __future__ import annotations
