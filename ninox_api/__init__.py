"""A client for the Ninox REST API."""

from __future__ import annotations
