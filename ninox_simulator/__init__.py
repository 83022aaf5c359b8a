"""A stand-in for the Ninox REST API that speaks real HTTP on loopback."""

from __future__ import annotations
