"""Ninox to PostgreSQL through Meltano, on this machine alone: `python -m demo`."""

from __future__ import annotations
