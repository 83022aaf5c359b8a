"""What must be in the warehouse, worked out from the simulator's store without any code of the tap.

Values are those of PostgreSQL's `to_jsonb`: dates and times as text, numbers with all digits.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

TEXT = {"string", "email", "phone", "link", "html", "icon", "color", "user", "file", "image", "signature"}


def expected_rows(records, stream, *, hidden=(), zone=None):
    """Yield the rows of a table, given its stored records, its entry in the catalog, unreadable fields, and a zone."""
    columns = list(_columns(stream))
    for record in records:
        row = {
            "_id": record.id,
            "_sequence": record.sequence,
            "_created_at": record.created_at,
            "_created_by": record.created_by or None,
            "_modified_at": record.modified_at,
            "_modified_by": record.modified_by or None,
        }
        for name, ninox in columns:
            value = None if ninox["field_id"] in hidden else record.fields.get(ninox["field_id"])
            row[name] = _expected(ninox, value, zone)
        yield row


def _columns(stream):
    for item in stream["metadata"]:
        ninox = item["metadata"].get("ninox")
        if item["breadcrumb"] and ninox and item["metadata"]["inclusion"] != "unsupported":
            yield item["breadcrumb"][-1], ninox


def _expected(ninox, value, zone):
    if value is None or value in ("", []):
        return None
    kind, part, captions = ninox["type"], ninox.get("part", ""), ninox.get("choices", {})
    if kind in TEXT:
        return value
    if kind == "choice":
        return value if part == "id" else captions.get(value)
    if kind == "multi":
        return value if part == "ids" else [captions[option] for option in value if option in captions]
    if kind == "timeinterval":
        return value if part == "text" else _seconds(value)
    if kind == "appointment":
        return _moment(value.split(" - ")[0 if part == "start" else 1], zone)
    if kind == "timestamp":
        return _moment(value, zone)
    if kind == "location":
        return _location(value, part)
    return Decimal(repr(value)) if isinstance(value, float) else value


def _moment(text, zone):
    if zone is None:
        return text
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return (local.replace(tzinfo=None) - local.utcoffset()).isoformat() + "Z"


def _seconds(text):
    hours, minutes, rest = text.lstrip("-").split(":") if text.count(":") == 2 else (*text.lstrip("-").split(":"), "0")
    total = int(hours) * 3600 + int(minutes) * 60 + Decimal(rest)
    return -total if text.startswith("-") else total


def _location(value, part):
    address, _, coordinates = value.partition("<")
    numbers = re.findall(r"-?[\d.]+", coordinates)
    if part:
        return Decimal(numbers[part == "longitude"]) if numbers else None
    return address.strip("\n") or None
