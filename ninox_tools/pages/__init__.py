"""HTML pages, one file each, that need no network. Knows neither Ninox nor Singer, only the facts it is given."""

from __future__ import annotations
