"""Day 3: somebody tidies the schema up."""

from __future__ import annotations

from ninox_simulator.samples.blattwerk import BUERO_ID
from ninox_simulator.samples.scribe import Office, field_id_of

RENAMED_TABLE = ("O", "Teilnahmen")
RENAMED_FIELDS = {("A", "E_Mail"): "E-Mail (alt)", ("D", "Freigabe am"): "freigegeben am"}
RENAMED_CHOICE = ("D", "Status", "5", "in Ausführung")
NEW_FIELD = ("D", "Y8", "Priorität")
NEW_FORMULA = ("D", "Z8", "Budget brutto")
REMOVED_FIELD = ("A", "Strasse")
RETYPED_FIELD = ("D", "Tags", "string")
PRIORITISED = 5


def drift(office: Office) -> None:
    """Rename, add, remove and retype, then fill the new and the retyped field of a few projects."""
    _rename(office)
    _add(office)
    _remove_and_retype(office)
    _prioritise(office)
    office.book.notes += [
        "a table, two fields and an option were renamed",
        "a field and a formula are new",
        "a field was deleted",
        "Tags became text",
    ]


def _rename(office: Office) -> None:
    database = office.buero.database
    database.rename_table(*RENAMED_TABLE)
    for (table, caption), new in RENAMED_FIELDS.items():
        database.rename_field(table, _field(table, caption), new)
    table, caption, option, new = RENAMED_CHOICE
    database.rename_choice(table, _field(table, caption), option, new)


def _add(office: Office) -> None:
    table, field_id, caption = NEW_FIELD
    office.buero.database.add_field(table, field_id, {"base": "number", "caption": caption})
    table, field_id, caption = NEW_FORMULA
    formula = {"base": "fn", "caption": caption, "fn": "round(Budget * 1.19, 2)"}
    office.buero.database.add_field(table, field_id, formula)


def _remove_and_retype(office: Office) -> None:
    table, caption = REMOVED_FIELD
    office.buero.database.remove_field(table, _field(table, caption))
    table, caption, base = RETYPED_FIELD
    office.buero.database.retype_field(table, _field(table, caption), base)


def _prioritise(office: Office) -> None:
    table, field_id, _ = NEW_FIELD
    for rid in office.buero.ids(table)[10 : 10 + PRIORITISED]:
        office.buero.database.update(table, rid, {field_id: 1, _field(table, RETYPED_FIELD[1]): "eilig, Garantie"})
        office.book.note_updated((BUERO_ID, table), rid)


def _field(table: str, caption: str) -> str:
    return field_id_of(BUERO_ID, table, caption)
