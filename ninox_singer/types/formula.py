"""Formulas: computed by Ninox, so they come with no record and cannot be written.

Their values are of another type, which `Computed` of that type asks for and reads; one that is only listed is text.
"""

from __future__ import annotations

from ninox_api.schema import FORMULA
from ninox_singer.types.base import FieldType
from ninox_singer.types.text import TEXT_PART

TYPES = {FORMULA: FieldType(parts=(TEXT_PART,), is_stored=False, read_only="a formula")}
