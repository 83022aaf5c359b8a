"""Singer target for Ninox."""

from __future__ import annotations
