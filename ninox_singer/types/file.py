"""Fields of files: their value is a file's name; the file itself goes through the stream of files, and uploads."""

from __future__ import annotations

from dataclasses import replace

from ninox_singer.types.base import FieldType, is_nothing, means
from ninox_singer.types.text import TEXT_PART, text_meaning, write_text

_FILE = FieldType(
    parts=(TEXT_PART,),
    decoded_as=str | None,
    write=lambda _field, _formats: write_text,
    is_empty=is_nothing,
    meaning=means(text_meaning),
    takes_files=True,
)

TYPES = {"file": _FILE, "image": _FILE, "signature": replace(_FILE, takes_files=False)}
