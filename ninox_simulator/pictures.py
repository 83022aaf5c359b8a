"""Content for files of the sample data, and thumbnails: real pictures, by Pillow."""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, UnidentifiedImageError

THUMBNAIL_PIXELS = (200, 200)

_PICTURES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
_MAX_PIXELS = 50_000_000


def made_up(name: str, size: int) -> bytes:
    """Return the bytes of a file of the sample data: a picture where its name says so and there is room.

    Args:
        name: File name; the same one always gives the same bytes.
        size: Number of bytes; pictures may differ from it.
    """
    form = _PICTURES.get(Path(name).suffix.lower())
    seed = hashlib.sha256(name.encode()).digest()
    if form and size:
        return _picture(form, (seed[0], seed[1], seed[2]))
    return (seed * (size // len(seed) + 1))[:size]


@lru_cache(maxsize=256)
def _picture(form: str, colour: tuple[int, int, int]) -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(picture, form)
    return picture.getvalue()


def thumbnail(path: Path) -> bytes | None:
    """Return a small JPEG of a picture, or None if the file is none."""
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > _MAX_PIXELS:
                return None
            picture.thumbnail(THUMBNAIL_PIXELS)
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    return small.getvalue()
