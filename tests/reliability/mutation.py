"""JSON of almost the right form: a real answer with one value of it replaced, added or taken away."""

from __future__ import annotations

import random

import msgspec

_STRANGE = (
    None, True, False, 0, -1, 1.5, 2**31, 2**63, 2**64, -(2**70), "", "x", "0", "A", "\x00", "\u202e", "é" * 300,
    "../../x", [], [[]], [None], {}, {"": {}}, {"id": None}, [1] * 50, "2026-13-45", "NaN", "1e9999",
)  # fmt: skip
_RAW = (b"1e9999", b"-1e-9999", b"9" * 400, b"1" + b"0" * 30 + b".5", b"[" * 5000 + b"]" * 5000, b'"\\ud83d"')
_MARK = "@@ raw @@"


def mutated(content, seed):
    """Return a whole answer with one thing wrong in it, drawn by a seed."""
    chance = random.Random(seed)
    document = [msgspec.json.decode(content)]
    holder, key = chance.choice(list(_places(document)))
    raw = None
    if chance.random() < 0.2:
        raw, holder[key] = chance.choice(_RAW), _MARK
    elif chance.random() < 0.2 and holder is not document:
        del holder[key]
    else:
        holder[key] = chance.choice(_STRANGE)
    text = msgspec.json.encode(document[0])
    return text if raw is None else text.replace(msgspec.json.encode(_MARK), raw)


def _places(value):
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in list(keys):
        yield value, key
        yield from _places(value[key])
