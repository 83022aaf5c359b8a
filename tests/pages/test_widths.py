"""Both HTML pages on a phone, a tablet and a large screen, by keys alone, on paper, and as axe-core sees them."""

from __future__ import annotations

from importlib.resources import files

import pytest

from ninox_tools.pages.page import render_page
from ninox_tools.pages.runs import convert_run
from tests.helpers.seeds import database, field, table
from tests.pages.test_run_page import tap_stream
from tests.pages.test_schema_page import page_of

pytestmark = pytest.mark.e2e

PHONE, TABLET, SCREEN = (
    {"size": "390,844", "is_phone": True},
    {"size": "820,1180", "is_phone": True},
    {"size": "1920,1080"},
)
WIDTHS = pytest.mark.parametrize("view", [PHONE, TABLET, SCREEN], ids=["phone", "tablet", "screen"])
LONG = "Donaudampfschifffahrtsgesellschaft und Kapitäne"
TOOLS = """
const all = (selector) => [...document.querySelectorAll(selector)];
const button = (text) => all("button").find((one) => one.textContent === text);
const isCut = (one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1;
/** What lies on top of something, at points all over what can be seen of it, and is no part of it. */
const covers = (one) => {
  const { left, top, right, bottom } = one.getBoundingClientRect(), found = new Set();
  for (let x = left + 4; x < Math.min(right, innerWidth); x += 16) {
    for (let y = top + 4; y < Math.min(bottom, innerHeight); y += 8) {
      const upper = document.elementFromPoint(x, y);
      if (!one.contains(upper)) found.add(upper?.outerHTML.slice(0, 80));
    }
  }
  return [...found];
};
"""


@pytest.fixture(scope="module")
def schema_page():
    """Two databases, so many tables that the list scrolls, and names as long as they come."""
    tables = {f"T{number}": table(f"Table {number}", A=field("string", "Name")) for number in range(40)}
    tables["A"] = table(LONG, A=field("ref", f"Verweis auf die {LONG}", refTypeId="T1"), B=field("fn", "Sum", fn="1+1"))
    tables["B"] = table("Rechnungspositionen", A=field("ref", "Kunde", refTypeId="A"))
    return page_of(database(tables, name="Buchhaltung"), database({}, id="db2", name="A database with a long name"))


@pytest.fixture(scope="module")
def run_page():
    report = {
        "started_at": "2026-11-29T12:00:00Z", "seconds": 2.0, "succeeded": False, "interrupted": None, "api_calls": 40,
        "rows": 5, "deleted": 1, "problems": [],
        "drift": [{"kind": "added", "message": f"Field 'VAT id' is new: {LONG.replace(' ', '_') * 2}"}],
        "streams": {f"s{n}": tap_stream(rows=n) for n in range(20)} | {"x": tap_stream(error="HTTP 403 " * 20)},
    }  # fmt: skip
    counts = {"read": 2, "created": 1, "rejected": 1, "seconds": 1.0, "api_calls": 3}
    samples = [{"action": "update", "record": "K", "fields": {"Name": ["before", "after"]}}]
    target = {"dry_run": True, "complete": True, "total": counts, "streams": {"s": counts | {"samples": samples}}}
    rejected = {"row": 1, "key": ["K"], "property": "status", "reason": "it is no option.", "allowed": ["open"]}
    rejects = {"s": {"count": 1, "codes": {"unknown_choice": 1}, "rows": [rejected]}}
    runs = [convert_run("tap.json", report), convert_run("target.json", target)]
    return render_page("runs", title="Run", facts={"runs": runs, "rejects": rejects})


@WIDTHS
def test_nothing_lies_on_the_panel_and_costs_are_reached_at_every_width(schema_page, look_at, view):
    seen = look_at(
        schema_page,
        TOOLS
        + """
        const panel = document.querySelector("aside"), shown = [];
        const look = () => {
          all("[inert]").forEach((one) => (one.inert = false));  // or the browser looks through it
          const { left, top, right, bottom } = panel.getBoundingClientRect();
          const isSeen = left >= 0 && right <= innerWidth && right - left > 300 && top > 0 && bottom <= innerHeight;
          shown.push([panel.querySelector("h2").textContent, isSeen && bottom - top > 500, covers(panel)]);
        };
        document.querySelector(".list").scrollTop = 300;  // a heading sticks
        all(".item")[2].click(); look();
        panel.querySelector(".close").click();
        button("Costs").click(); look();
        return { shown, width: document.documentElement.scrollWidth, monthly: panel.textContent.includes("A month") };
        """,
        **view,
    )
    assert seen["shown"] == [["Table 0", True, []], ["What a sync costs", True, []]]
    assert seen["width"] <= int(view["size"].split(",")[0])
    assert seen["monthly"] is True


@WIDTHS
def test_no_name_is_cut_that_has_room(schema_page, look_at, view):
    seen = look_at(
        schema_page,
        TOOLS
        + """
        const cut = () => all(".card .name, .card .lines div, .item, .tabs, .tabs button, h1")
          .filter((one) => getComputedStyle(one).visibility !== "hidden" && isCut(one)).map((one) => one.textContent);
        const far = cut();
        zoom(20);
        return { far, near: cut(), isNear: !stage.classList.contains("far") };
        """,
        **view,
    )
    assert seen == {"far": [], "near": [], "isNear": True}


@WIDTHS
def test_no_text_about_a_run_goes_beyond_its_edge(run_page, look_at, view):
    seen = look_at(run_page, TOOLS + "return all('.run').filter(isCut).map((one) => one.textContent);", **view)
    assert seen == []


@WIDTHS
def test_keys_alone_open_a_table_and_come_back(schema_page, open_page, view):
    focus = "return document.activeElement.textContent || document.activeElement.type;"
    with open_page(schema_page, **view) as tab:
        order = []
        while "Table 0" not in "".join(order):
            tab.press("Tab")
            order.append(tab.run(focus))
            assert len(order) < 9, order
        tab.press("Enter")
        opened = tab.run(TOOLS + "return [document.querySelector('aside h2').textContent, location.hash !== ''];")
        if view is not SCREEN:  # there it lies over what was in use, and takes the focus
            assert tab.run("return document.activeElement.ariaLabel;") == "Close"
        tab.press("Escape")
        back = tab.run(focus)
    assert opened == ["Table 0", True]
    assert back.startswith("Table 0")


def test_on_a_phone_keys_do_not_reach_what_the_panel_covers(schema_page, open_page):
    with open_page(schema_page, **PHONE) as tab:
        tab.run(TOOLS + "button('Costs').click();")
        for _ in range(12):
            tab.press("Tab")
            inside = tab.run("return document.activeElement.closest('nav, main .stage, main .tools') === null;")
            assert inside, tab.run("return document.activeElement.outerHTML;")


def test_on_paper_the_whole_diagram_is_shown_in_the_colours_of_paper(schema_page, open_page, tmp_path):
    look = TOOLS + """
      const frame = document.querySelector("main").getBoundingClientRect();
      const isInside = ({ left, top, right, bottom }) =>
        left >= frame.left && top >= frame.top && right <= frame.right && bottom <= frame.bottom;
      return {
        outside: all(".card").filter((one) => !isInside(one.getBoundingClientRect())).length,
        lost: ["nav", ".tools", "header button"].filter((one) => document.querySelector(one).offsetParent !== null),
        costs: document.querySelector("aside").textContent.includes("A month"),
        ink: getComputedStyle(document.body).color,
      };
    """  # fmt: skip
    with open_page(schema_page, size="720,1000", scheme="dark") as tab:
        tab.run("document.documentElement.dataset.theme = 'dark'; zoom(9);")
        before = tab.run("return stage.style.transform;")
        tab.emulate(media="print", scheme="dark")
        tab.run("dispatchEvent(new Event('beforeprint'));")
        seen = tab.run(look)
        tab.run("dispatchEvent(new Event('afterprint'));")
        assert tab.run("return stage.style.transform;") == before
        tab.print_to(tmp_path / "page.pdf")
        assert tab.run("return stage.style.transform;") == before
    assert seen == {"outside": 0, "lost": [], "costs": True, "ink": "rgb(29, 33, 38)"}


@pytest.mark.parametrize(
    ("view", "act"),
    [
        (PHONE, "button('Costs').click();"),
        (TABLET | {"scheme": "dark"}, "all('.item')[0].click();"),
        (SCREEN, "search.value = 'name'; find('name');"),
        (SCREEN | {"scheme": "dark"}, "choose(tables[40]);"),
    ],
    ids=["phone-costs", "tablet-dark-table", "screen-search", "screen-dark-table"],
)
def test_axe_finds_nothing_on_the_page_of_a_schema(schema_page, open_page, view, act):
    with open_page(schema_page, **view) as tab:
        tab.run(TOOLS + act)
        assert findings(tab) == []


@pytest.mark.parametrize("view", [PHONE, SCREEN | {"scheme": "dark"}], ids=["phone", "screen-dark"])
def test_axe_finds_nothing_on_the_page_of_runs(run_page, open_page, view):
    with open_page(run_page, **view) as tab:
        assert findings(tab) == []


def findings(tab):
    """Return what axe-core has against a page, its rules of good practice included."""
    tab.call("Runtime.evaluate", expression=(files("axe_core_python") / "axe.min.js").read_text("utf-8"))
    return tab.run(
        "const { violations } = await axe.run(), told = (one) => one.failureSummary + one.html.slice(0, 90);"
        "return violations.map(({ id, nodes }) => [id, nodes.map(told)]);"
    )
