"""A schema of the size of a real one: 97 tables, 2,143 fields, 727 formulas (figures observed, names made up)."""

from __future__ import annotations

import random
from itertools import product

from ninox_simulator.seeds import field_id, table_id
from tests.helpers.seeds import field, table

TABLES, FIELDS, FORMULAS, REFERENCES = 97, 2143, 727, 246
_AREAS = ("Sales", "Purchase", "Stock", "Payroll", "Property", "Tax", "Bank", "Project", "Asset", "Contract", "Service")
_THINGS = ("orders", "order lines", "invoices", "payments", "contacts", "documents", "rates", "periods", "settings")
_WORDS = ("Date", "Number", "Amount", "Status", "Remark", "Net", "Gross", "Due on", "Owner", "Reference", "Weight")
_TYPES = ("string", "number", "date", "boolean", "choice", "email", "phone", "html", "location", "timestamp", "time")


def accounting():
    """Return the tables by id, always the same ones."""
    chance = random.Random(97)
    captions = [f"{area} {thing}" for area, thing in product(_AREAS, _THINGS)][:TABLES]
    ids = [table_id(number) for number in range(TABLES)]
    types = {table_id: table(caption) for table_id, caption in zip(ids, captions, strict=True)}
    for _ in range(REFERENCES):
        _refer(types, chance, ids)
    kinds = ["fn"] * FORMULAS
    kinds += [chance.choice(_TYPES) for _ in range(FIELDS - FORMULAS - sum(len(t["fields"]) for t in types.values()))]
    chance.shuffle(kinds)
    for number, kind in enumerate(kinds):
        _add(types[ids[number % TABLES]], chance, kind)
    return types


def _refer(types, chance, ids):
    """Let a table refer to another one, to one of the first ones of its area more often than not."""
    number = chance.randrange(TABLES)
    hub = (number // len(_THINGS)) * len(_THINGS) if chance.random() < 0.7 else chance.choice((0, 9, 27, 45, 63))
    target = ids[min(TABLES - 1, hub + chance.randrange(3))]
    caption = f"{types[target]['caption']} {len(types[ids[number]]['fields'])}"
    types[ids[number]]["fields"][_next(types[ids[number]])] = field("ref", caption, refTypeId=target)


def _add(definition, chance, kind):
    caption = f"{chance.choice(_WORDS)} {len(definition['fields'])}"
    more = {"fn": "round(Amount * 1.19, 2)"} if kind == "fn" else {}
    if kind == "choice":
        more = {"values": {str(n): {"caption": f"Option {n}", "order": n} for n in range(1, 6)}}
    definition["fields"][_next(definition)] = field(kind, caption, **more)


def _next(definition):
    return field_id(len(definition["fields"]))
