"""Tables of `Nursery & Webshop`, with English captions and the names that clash with system attributes."""

from __future__ import annotations

from ninox_simulator.samples.notation import Table, choice, field, fields, fn, ref

LONG_CAPTION = "line price (inc VAT, after discount, rounded to 2 decimals, as shown on the customer's invoice)"

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
    ],
    extra={"icon": "seedling"},
)

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
    ],
)

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
    ],
    extra={"icon": "people"},
)

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
    ],
    extra={"icon": "basket", "afterCreate": "'Order Code' := \"SO-\" + (100000 + number(Id))"},
)

ORDER_ITEMS = Table(
    "E",
    "Order Items",
    [
        ref("Order", "D", "Order Items"),
        ref("Variant", "B", "Order Items"),
        *fields("number", "quantity", LONG_CAPTION),
        fn("line weight", "quantity * Variant.Product.'weight (g) / 1000 seeds'"),
    ],
)

SHIPMENTS = Table(
    "F",
    "Shipments & Invoices",
    [
        ref("Order", "D", "Shipments & Invoices"),
        *fields("date", "shipped on"),
        *fields("boolean", "sent to Xero"),
        *fields("file", "label"),
        *fields("link", "Tracking"),
    ],
    extra={"icon": "parcel"},
)

COUNTRY_CODES = Table("G", "Country Codes", fields("string", "ISO", "Name", "Name (de)"))

PRINT_QUEUE = Table(
    "H",
    "Print Queue",
    [
        *fields("string", "Document"),
        *fields("number", "Copies"),
        ref("Order", "D", "Print Queue"),
    ],
)

NURSERY = [PRODUCTS, VARIANTS, CUSTOMERS, ORDERS, ORDER_ITEMS, SHIPMENTS, COUNTRY_CODES, PRINT_QUEUE]
