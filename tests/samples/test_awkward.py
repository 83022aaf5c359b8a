"""Each awkward value really is in the small profile, where the larger ones have it too."""

from __future__ import annotations

from collections import Counter

import pytest

from ninox_simulator.samples.blattwerk import awkward


def test_a_title_can_be_any_text(buero, values):
    titles = values(buero, "D", "Titel")
    assert set(awkward.TEXTS) <= set(titles)
    assert {"Grünfläche", "Gru\u0308nfla\u0308che"} <= set(titles)


def test_a_note_can_be_sixty_kilobytes_long(buero, values):
    assert max(len(note.encode()) for note in values(buero, "A", "Bemerkung") if note) >= 60_000


@pytest.mark.parametrize("number", [0, -0.01, 0.1 + 0.2, 1e21, 4006381333931, 2**53 + 1, 33.333333333333336])
def test_a_budget_can_be_any_number(buero, values, number):
    assert number in values(buero, "D", "Budget")


def test_an_ean_has_thirteen_digits(buero, values):
    assert sum(len(str(ean)) == 13 for ean in values(buero, "H", "EAN") if ean) > 10


@pytest.mark.parametrize(
    "day", ["1899-12-31", "1969-12-31", "2024-02-29", "2026-03-29", "2026-10-25", "9999-12-31", None]
)
def test_a_birthday_can_be_any_day(buero, values, day):
    assert day in values(buero, "B", "Geburtstag")


@pytest.mark.parametrize("moment", ["2026-03-29T00:00:00", "2026-10-25T23:59:59", "2026-10-25T02:30:00", None])
def test_a_movement_can_be_at_any_moment(buero, values, moment):
    assert moment in values(buero, "K", "gebucht am")


@pytest.mark.parametrize("appointment", awkward.APPOINTMENTS, ids=str)
def test_an_appointment_can_have_no_length_or_many_days(buero, values, appointment):
    assert appointment in values(buero, "N", "Termin")
    assert appointment in values(buero, "D", "Zeitraum")


@pytest.mark.parametrize("interval", ["00:00:00.000", "36:00:00.000", "123:25:16.123", "-01:30:00.000", None])
def test_an_interval_can_be_long_or_negative(buero, values, interval):
    assert interval in values(buero, "J", "Lieferzeit")
    assert interval in values(buero, "M", "Pause")


def test_a_shift_can_end_before_it_begins(buero, values):
    assert ("22:00:00", "04:30:00") in set(zip(values(buero, "M", "Beginn"), values(buero, "M", "Ende"), strict=True))


@pytest.mark.parametrize(
    ("table", "caption", "option"), [("A", "Anrede", "3"), ("E", "Status", "4"), ("D", "Status", "99")]
)
def test_a_deleted_option_is_still_stored(buero, values, table, caption, option):
    definitions = buero.schema["types"][table]["fields"].values()
    options = next(d["values"] for d in definitions if d["caption"] == caption and d["base"] == "choice")
    assert option not in options
    assert option in values(buero, table, caption)


def test_a_multiple_choice_can_be_unset_empty_one_or_all(buero, values):
    chosen = values(buero, "A", "Interessen")
    for expected in (None, [], ["2"], list("1234567")):
        assert expected in chosen


def test_a_reference_can_be_unset_lost_or_to_itself(buero, values):
    rids = [row.id for row in buero.records["D"]]
    parents = dict(zip(rids, values(buero, "D", "Übergeordnetes Projekt"), strict=True))
    assert parents[1] == 1
    assert (parents[2], parents[3]) == (3, 2)
    assert parents[4] == 10
    assert 10 not in parents
    assert parents[5] is None


def test_a_reference_leads_to_an_unreadable_table(buero, values):
    assert set(values(buero, "L", "Aktuelles Gehalt")) <= {row.id for row in buero.records["YB"]}


def test_a_box_can_be_ticked_unticked_or_never_touched(buero, values):
    assert values(buero, "A", "Newsletter")[:3] == [True, False, None]


def test_a_user_can_be_active_deleted_or_nobody(buero, values):
    assert values(buero, "A", "Betreuer")[:3] == awkward.ACCOUNTS


def test_files_have_the_names_people_give_them(buero, values):
    names = values(buero, "E", "PDF")
    assert {"100%.pdf", "Plan #2.pdf", "Plan+Anlage.pdf", "ohne-endung", "Gru\u0308nfla\u0308che.pdf"} <= set(names)
    assert Counter(names)["Plan.pdf"] >= 2


@pytest.mark.parametrize("place", awkward.LOCATIONS, ids=str)
def test_a_location_can_lack_either_half(buero, values, place):
    assert place in values(buero, "A", "Ort")


def test_a_visit_can_have_coordinates_only(buero, values):
    assert "<52.5200,13.4050>" in values(buero, "P", "GPS")


def test_customer_numbers_repeat_in_three_pairs_and_a_triple(buero, values):
    repeated = Counter(values(buero, "A", "Kundennr."))
    assert sorted(count for count in repeated.values() if count > 1) == [2, 2, 2, 3]
    assert repeated["K-00017"] == 3


def test_order_codes_repeat(nursery, values):
    repeated = Counter(values(nursery, "D", "Order Code"))
    assert repeated["#11931"] >= 2
    assert repeated["SO-1975"] >= 2


def test_payments_have_long_purposes_and_many_lack_an_invoice(buero, values):
    assert max(len(text or "") for text in values(buero, "G", "Verwendungszweck")) >= 500
    assert 0.2 < sum(ref is None for ref in values(buero, "G", "Rechnung")) / 103 < 0.4


def test_sixty_percent_of_movements_lack_a_voucher(buero, values):
    assert 0.5 < sum(voucher is None for voucher in values(buero, "K", "Beleg")) / 1_200 < 0.7


def test_the_old_import_mixes_its_encodings(buero):
    heap = {value for row in buero.records["S"] for value in row.fields.values()}
    assert {"PM", "500 mt", "1.234,56", "MÃ¼ller", "Gr\ufffdn"} <= heap
