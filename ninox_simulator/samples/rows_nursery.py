"""Ordinary rows of `Nursery & Webshop`."""

from __future__ import annotations

from itertools import count, cycle

from ninox_simulator.samples import pools
from ninox_simulator.samples.columns import Columns, Draw, RecordIds, numbered, stretched
from ninox_simulator.samples.schema_nursery import LONG_CAPTION

DAYS = pools.days("2020-03-01", "2026-03-27")
MOMENTS = pools.moments("2020-03-01T00:10:00", "2026-03-27T22:59:59", 2_000)
FIRST_SHOPIFY_NUMBER = 6_900_000_000_000


def products(_ids: RecordIds) -> Columns:
    """Products as the shop knows them."""
    draw = Draw("products")
    return {
        "SKU": numbered("SEED-{:04d}"),
        "Name": draw.pick(pools.PLANTS_EN),
        "weight (g) / 1000 seeds": draw.amount(0.01, 400, digits=3, empty=0.1),
        "Price ex. VAT": draw.amount(0.9, 90),
        "Sale state": draw.pick("1234"),
        "Shopify Product #": count(FIRST_SHOPIFY_NUMBER, 32_768),
        "Photos": draw.pick(pools.PHOTOS, empty=0.2),
    }


def variants(ids: RecordIds) -> Columns:
    """Variants, three or four per product."""
    draw = Draw("variants")
    return {
        "Product": stretched(ids["A"], len(ids["B"])),
        "Size": draw.pick(["S", "M", "L", "9 cm pot", "1 l", "500 seeds"]),
        "select": draw.pick(["yes", "no", "*"], empty=0.5),
        "order": count(1),
        "user": draw.pick(["shop", "office"], empty=0.5),
        "Hp (0.07)": draw.amount(0, 7, empty=0.4),
        "Hp (10)": draw.amount(0, 10, empty=0.4),
    }


def customers(ids: RecordIds) -> Columns:
    """Customers; three of their captions are also names of system attributes."""
    draw, number = Draw("customers"), len(ids["C"])
    return {
        "Shop-ID": numbered("gid-{:07d}", 5_000_001),
        "BUSINESS ?": draw.flag(),
        "* ADDRESS NAME": draw.pick(pools.FULL_NAMES),
        "Customer type": draw.pick("1234"),
        "Email": draw.pick(pools.MAILBOXES, empty=0.1),
        "createdAt": stretched(DAYS, number),
        "sequence": count(number, -1),
        "id": numbered("legacy-{}"),
        "Country": draw.refs(ids["G"]),
    }


def orders(ids: RecordIds) -> Columns:
    """Orders from the shop and by phone."""
    draw, number = Draw("orders"), len(ids["D"])
    codes = (f"#{11_900 + row}" if row % 3 else f"SO-{1_970 + row}" for row in count(40))
    return {
        "Order Code": codes,
        "Customer": draw.refs(ids["C"], empty=0.02),
        "Time placed": stretched(MOMENTS, number),
        "state override": draw.pick("12456", empty=0.7),
        "shopify import?": draw.flag(empty=0.2),
        "Notes": draw.pick(pools.NOTES, empty=0.8),
    }


def order_items(ids: RecordIds) -> Columns:
    """Order lines, about four per order."""
    draw = Draw("order items")
    return {
        "Order": stretched(ids["D"], len(ids["E"])),
        "Variant": draw.refs(ids["B"]),
        "quantity": draw.pick([1, 1, 1, 2, 3, 5, 10, 100]),
        LONG_CAPTION: draw.amount(0.5, 300),
    }


def shipments(ids: RecordIds) -> Columns:
    """Shipments, one or two per order."""
    draw, number = Draw("shipments"), len(ids["F"])
    return {
        "Order": stretched(ids["D"], number),
        "shipped on": stretched(DAYS, number),
        "sent to Xero": draw.flag(),
        "label": draw.pick(pools.DOCUMENTS, empty=0.3),
        "Tracking": draw.pick(pools.LINKS, empty=0.2),
    }


def country_codes(_ids: RecordIds) -> Columns:
    """The ISO codes; countries the nursery has never sent to are not spelt out."""
    names = [pools.COUNTRY_NAMES.get(code, (f"Country {code}", f"Land {code}")) for code in pools.COUNTRIES]
    english, german = zip(*names, strict=True)
    return {"ISO": cycle(pools.COUNTRIES), "Name": cycle(english), "Name (de)": cycle(german)}


NURSERY = {
    "A": products,
    "B": variants,
    "C": customers,
    "D": orders,
    "E": order_items,
    "F": shipments,
    "G": country_codes,
}
