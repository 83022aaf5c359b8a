"""`Nursery & Webshop`, with English captions and the names that clash with system attributes."""

from __future__ import annotations

from itertools import count, cycle

from ninox_simulator.samples.blattwerk import awkward, rows
from ninox_simulator.samples.blattwerk.notation import Table, choice, field, fields, fn, ref
from ninox_simulator.samples.blattwerk.rows import (
    DELETED_ID,
    Columns,
    Draw,
    RecordIds,
    numbered,
    stretched,
)

LONG_CAPTION = "line price (inc VAT, after discount, rounded to 2 decimals, as shown on the customer's invoice)"
DAYS = rows.days("2020-03-01", "2026-03-27")
MOMENTS = rows.moments("2020-03-01T00:10:00", "2026-03-27T22:59:59", 2_000)
FIRST_SHOPIFY_NUMBER = 6_900_000_000_000


def products(_ids: RecordIds) -> Columns:
    """Products as the shop knows them."""
    draw = Draw("products")
    return {
        "SKU": numbered("SEED-{:04d}"),
        "Name": draw.pick(rows.PLANTS_EN),
        "weight (g) / 1000 seeds": draw.amount(0.01, 400, digits=3, empty=0.1),
        "Price ex. VAT": draw.amount(0.9, 90),
        "Sale state": draw.pick("1234"),
        "Shopify Product #": count(FIRST_SHOPIFY_NUMBER, 32_768),
        "Photos": draw.pick(rows.PHOTOS, empty=0.2),
    }


PRODUCTS = Table(
    "A",
    "Products",
    [
        field("string", "SKU", required=True, hasIndex=True),
        *fields("string", "Name"),
        *fields("number", "weight (g) / 1000 seeds", "Price ex. VAT"),
        choice("Sale state", "on sale", "sold out", "coming soon", "discontinued"),
        field("number", "Shopify Product #", numberFormat="0"),
        *fields("file", "Photos"),
        fn("available quantity", "sum(Variants.'sold quantity') * -1"),
        fn("Price inc. VAT", "round('Price ex. VAT' * 1.2, 2)"),
        fn("variants", "cnt(Variants)"),
        fn("label text", 'SKU + " " + Name'),
    ],
    extra={"icon": "seedling"},
    size=900,
    rows=products,
    awkward={"Name": awkward.TEXTS[:9], "Price ex. VAT": awkward.NUMBERS[:9], "Photos": awkward.FILES[:9]},
)


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


VARIANTS = Table(
    "B",
    "Variants",
    [
        ref("Product", "A", "Variants"),
        *fields("string", "Size", "select"),
        *fields("number", "order"),
        *fields("string", "user"),
        *fields("number", "Hp (0.07)", "Hp (10)"),
        fn("sold quantity", "sum('Order Items'.quantity)"),
        fn("full name", 'Product.Name + " " + Size'),
        fn("is small?", 'Size = "S"'),
        fn("Product SKU", "Product.SKU"),
    ],
    size=3_100,
    rows=variants,
    awkward={
        "select": awkward.TEXTS[4:],
        "order": awkward.NUMBERS,
        "user": ["root", "", None],
        "Product": [None, DELETED_ID],
    },
)


def customers(ids: RecordIds) -> Columns:
    """Customers; three of their captions are also names of system attributes."""
    draw, number = Draw("customers"), len(ids["C"])
    return {
        "Shop-ID": numbered("gid-{:07d}", 5_000_001),
        "BUSINESS ?": draw.flag(),
        "* ADDRESS NAME": draw.pick(rows.FULL_NAMES),
        "Customer type": draw.pick("1234"),
        "Email": draw.pick(rows.MAILBOXES, empty=0.1),
        "createdAt": stretched(DAYS, number),
        "sequence": count(number, -1),
        "id": numbered("legacy-{}"),
        "Country": draw.refs(ids["G"]),
    }


CUSTOMERS = Table(
    "C",
    "Customers",
    [
        field("string", "Shop-ID", hasIndex=True),
        *fields("boolean", "BUSINESS ?"),
        *fields("string", "* ADDRESS NAME"),
        choice("Customer type", "1/ gardener", "2/ florist", "3/ allotment society", "4/ trade"),
        *fields("email", "Email"),
        *fields("date", "createdAt"),
        *fields("number", "sequence"),
        *fields("string", "id"),
        ref("Country", "G", "Customers"),
        fn("orders placed", "cnt(Orders)"),
        fn("turnover", "sum(Orders.total)"),
        fn("country name", "Country.Name"),
        fn("salutation", 'if \'BUSINESS ?\' then "Sirs" else "" end'),
    ],
    extra={"icon": "people"},
    size=6_800,
    jump=True,
    rows=customers,
    awkward={
        "* ADDRESS NAME": awkward.TEXTS,
        "id": ["7", "", "null", "K-1"],
        "sequence": [1, -1, 2**53 + 1, None],
        "createdAt": awkward.DATES,
        "BUSINESS ?": awkward.FLAGS,
    },
)


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
        "Notes": draw.pick(rows.NOTES, empty=0.8),
    }


ORDERS = Table(
    "D",
    "Orders",
    [
        *fields("string", "Order Code"),
        ref("Customer", "C", "Orders"),
        *fields("timestamp", "Time placed"),
        fn("Order state", "if cnt('Shipments & Invoices') > 0 then \"shipped\" else text('state override') end"),
        choice("state override", "paid", "Paid", "2", "on hold; wait, please", "cancelled", deleted=[3]),
        *fields("boolean", "shopify import?"),
        *fields("html", "Notes"),
        fn("total", "sum('Order Items'.'line total')"),
        fn("items", "cnt('Order Items')"),
        fn("year", "year('Time placed')"),
        fn("shop link", "\"https://shop.example.com/orders/\" + 'Order Code'"),
    ],
    extra={"icon": "basket", "afterCreate": "'Order Code' := \"SO-\" + (100000 + number(Id))"},
    size=14_500,
    jump=True,
    rows=orders,
    awkward={
        "Order Code": ["#11931", "SO-1975", "#11931", "SO-1975", "#11932"],
        "Time placed": awkward.TIMESTAMPS,
        "state override": ["1", "2", "4", "3", "5", None],  # paid, Paid, the caption "2", a deleted option, …
        "Notes": ["", "<p>=1+1</p>", awkward.LONG_NOTE],
        "shopify import?": awkward.FLAGS,
    },
)


def order_items(ids: RecordIds) -> Columns:
    """Order lines, about four per order."""
    draw = Draw("order items")
    return {
        "Order": stretched(ids["D"], len(ids["E"])),
        "Variant": draw.refs(ids["B"]),
        "quantity": draw.pick([1, 1, 1, 2, 3, 5, 10, 100]),
        LONG_CAPTION: draw.amount(0.5, 300),
    }


ORDER_ITEMS = Table(
    "E",
    "Order Items",
    [
        ref("Order", "D", "Order Items"),
        ref("Variant", "B", "Order Items"),
        *fields("number", "quantity", LONG_CAPTION),
        fn("line weight", "quantity * Variant.Product.'weight (g) / 1000 seeds'"),
        fn("line total", "round(quantity * Variant.Product.'Price ex. VAT', 2)"),
        fn("SKU", "Variant.Product.SKU"),
    ],
    size=61_000,
    rows=order_items,
    awkward={"quantity": [-1, 0.333, *awkward.NUMBERS], "Variant": [None, DELETED_ID]},
)


def shipments(ids: RecordIds) -> Columns:
    """Shipments, one or two per order."""
    draw, number = Draw("shipments"), len(ids["F"])
    return {
        "Order": stretched(ids["D"], number),
        "shipped on": stretched(DAYS, number),
        "sent to Xero": draw.flag(),
        "label": draw.pick(rows.DOCUMENTS, empty=0.3),
        "Tracking": draw.pick(rows.LINKS, empty=0.2),
    }


SHIPMENTS = Table(
    "F",
    "Shipments & Invoices",
    [
        ref("Order", "D", "Shipments & Invoices"),
        *fields("date", "shipped on"),
        *fields("boolean", "sent to Xero"),
        *fields("file", "label"),
        *fields("link", "Tracking"),
        fn("days to ship", "days(date(Order.'Time placed'), 'shipped on')"),
        fn("Order Code", "Order.'Order Code'"),
    ],
    extra={"icon": "parcel"},
    size=15_200,
    rows=shipments,
    awkward={"label": awkward.FILES, "shipped on": awkward.DATES, "sent to Xero": awkward.FLAGS},
)


def country_codes(_ids: RecordIds) -> Columns:
    """The ISO codes; countries the nursery has never sent to are not spelt out."""
    names = [rows.COUNTRY_NAMES.get(code, (f"Country {code}", f"Land {code}")) for code in rows.COUNTRIES]
    english, german = zip(*names, strict=True)
    return {"ISO": cycle(rows.COUNTRIES), "Name": cycle(english), "Name (de)": cycle(german)}


COUNTRY_CODES = Table(
    "G",
    "Country Codes",
    [
        *fields("string", "ISO", "Name", "Name (de)"),
        fn("caption", 'ISO + " " + Name'),
        fn("customers", "cnt(Customers)"),
    ],
    size=249,
    rows=country_codes,
)


PRINT_QUEUE = Table(
    "H",
    "Print Queue",
    [
        *fields("string", "Document"),
        *fields("number", "Copies"),
        ref("Order", "D", "Print Queue"),
        fn("waiting since", "createdAt"),
    ],
)

NURSERY = [PRODUCTS, VARIANTS, CUSTOMERS, ORDERS, ORDER_ITEMS, SHIPMENTS, COUNTRY_CODES, PRINT_QUEUE]
