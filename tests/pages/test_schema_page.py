"""The page of `singer-ninox inspect --as=html` in a real browser, with a schema of the size of a real one."""

from __future__ import annotations

import pytest

from ninox_simulator.server import Simulator
from ninox_tools.inspection.forms import format_page
from ninox_tools.inspection.survey import inspect
from tests.helpers.accounting import FIELDS, TABLES, accounting
from tests.helpers.run import new_tap
from tests.helpers.seeds import DATABASE_ID, database, field, table, team

pytestmark = pytest.mark.e2e

PRESS = """
const press = (key, target = document.activeElement) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const all = (selector) => [...document.querySelectorAll(selector)];
const texts = (selector) => all(selector).map((one) => one.textContent);
"""


def page_of(*databases):
    with Simulator(seed=team(*databases)) as simulator:
        return format_page(inspect(new_tap(simulator), runs_per_day=24))


@pytest.fixture(scope="module")
def large():
    return page_of(database(accounting(), name="Accounting"), database({}, id="db2", name="Empty"))


@pytest.mark.parametrize("size", ["1500,940", "1920,1080"])
def test_every_table_of_a_large_schema_is_on_the_screen_and_its_name_is_readable(large, look_at, size):
    seen = look_at(
        large,
        PRESS
        + """
        const frame = document.querySelector("main").getBoundingClientRect();
        const inside = (box) =>
          box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
        const names = all(".card .name");
        const scale = shown.view.scale;
        return {
          cards: all(".card").length,
          inside: all(".card").filter((one) => inside(one.getBoundingClientRect())).length,
          pixels: Math.min(...names.map((one) => parseFloat(getComputedStyle(one).fontSize) * scale)),
          cut: names.filter((one) =>
            one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1).length,
          lines: all(".stage path").length,
          stats: texts(".stats")[0],
        };
        """,
        size=size,
    )
    assert (seen["cards"], seen["inside"]) == (TABLES, TABLES)
    assert seen["stats"] == f"2 databases · {TABLES} tables · {FIELDS:,} fields"
    assert seen["lines"] > 200
    assert seen["cut"] == 0
    assert seen["pixels"] >= 8


def test_typing_finds_tables_by_their_fields_and_dims_the_others(large, look_at):
    seen = look_at(
        large,
        PRESS
        + """
        press("/", document.body);
        const focused = document.activeElement === search;
        search.value = "bank pay";
        search.dispatchEvent(new Event("input"));
        const named = texts(".item > span:first-child"), told = found.textContent;
        const bright = all(".card:not(.dim)").map((one) => one.title);
        search.value = "due on 3";
        search.dispatchEvent(new Event("input"));
        const marked = texts(".item .hit mark");
        press("Escape", search);
        return { focused, named, told, bright, marked: [...new Set(marked)], after: all(".item").length };
        """,
    )
    assert seen["focused"] is True
    assert seen["named"][0] == "Bank payments"
    assert set(seen["bright"]) == set(seen["named"])
    assert seen["told"].startswith(f"{len(seen['named'])} table")
    assert seen["marked"] == ["Due on 3"]
    assert seen["after"] == TABLES


def test_keys_choose_a_table_and_its_neighbours_stand_out(look_at):
    tables = {
        "A": table("Customers", A=field("string", "Name")),
        "B": table("Orders", A=field("ref", "Buyer", refTypeId="A"), B=field("fn", "Total", fn="sum(Lines.Price)")),
        "C": table("Lines", A=field("ref", "Order", refTypeId="B")),
        "D": table("Weather", A=field("choice", "Sky", values={"1": {"caption": "blue"}})),
    }
    seen = look_at(
        page_of(database(tables)),
        PRESS
        + """
        press("ArrowDown", document.body);
        press("ArrowDown", document.body);
        const details = texts("aside h2")[0], chips = texts("aside .chips button"), formula = texts("aside pre")[0];
        const dim = all(".card.dim").map((one) => one.title), lit = all("path.lit").length, where = location.hash;
        press("Escape", document.body);
        const after = texts("aside h2")[0], dimAfter = all(".card.dim").length;
        return { details, chips, formula, dim, lit, where, after, dimAfter };
        """,
    )
    assert seen == {
        "details": "Orders",
        "chips": ["Customers", "Lines"],
        "formula": "sum(Lines.Price)",
        "dim": ["Weather"],
        "lit": 2,
        "where": f"#{DATABASE_ID}.B",
        "after": "What a sync costs",
        "dimAfter": 0,
    }


def test_an_address_leads_to_a_table_and_captions_stay_text(look_at):
    caption = "<img src=x onerror=document.title='broken'> & Söhne"
    seen = look_at(
        page_of(database({"A": table(caption, A=field("string", "</script><b>Name"))})),
        PRESS + "return { title: document.title, details: texts('aside h2')[0], field: texts('.field span')[0] };",
        fragment=f"#{DATABASE_ID}.A",
    )
    assert seen == {"title": "Team · Ninox", "details": caption, "field": "</script><b>Name"}


def test_the_schedule_can_be_changed_and_a_budget_is_turned_into_runs(large, look_at):
    seen = look_at(
        large,
        PRESS
        + """
        const [runs, budget] = all("aside input");
        const set = (input, value) => { input.value = value; input.dispatchEvent(new Event("input")); };
        set(runs, 2);
        set(budget, 1500);
        const month = texts("aside tr:last-child td")[0], advice = texts("aside .note[role]")[0];
        return { month, advice, idle: facts.api_calls };
        """,
    )
    idle = seen["idle"]["idle_run"]
    assert seen["month"] == f"{idle * 60:,}"
    assert seen["advice"].startswith(f"Enough for {1500 // 30 // idle} idle runs a day")


def test_dark_and_light_are_both_readable_and_can_be_switched(look_at):
    seen = look_at(
        page_of(database({"A": table("Customers", A=field("string", "Name"))})),
        PRESS
        + """
        const linear = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        const channels = (text) => text.match(/[0-9]+/g).map((value) => linear(value / 255));
        const light = (text) => channels(text).reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
        const paper = () => light(getComputedStyle(document.querySelector("aside")).backgroundColor);
        const contrast = (one) => {
          const pair = [light(getComputedStyle(one).color), paper()].sort((a, b) => b - a);
          return (pair[0] + 0.05) / (pair[1] + 0.05);
        };
        const measure = () => [".where", "aside .note", "aside h2"].map((one) => contrast(document.querySelector(one)));
        const button = all("header > button")[1];
        const before = measure();
        button.click();
        return { before, after: measure(), theme: document.documentElement.dataset.theme };
        """,
    )
    assert seen["theme"] == "dark"
    assert min(*seen["before"], *seen["after"]) >= 4.5
