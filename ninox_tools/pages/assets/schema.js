const REFERENCES = new Set(["ref", "dchoice", "dmulti"]);
/** How far the diagram can be drawn near, pushed away, and from where on only the tables' names are readable. */
const NEAREST = 2, FARTHEST = 0.08, FAR = 0.6;
/** Pixels of a name seen from afar, before the diagram is made small; below `broken` a long word is parted instead. */
const FAR_SIZES = { largest: 29, broken: 15, smallest: 9 };
/** Pixels of a sheet of paper, A4 or letter, that the diagram may take. */
const PAPER = { width: 690, height: 900 };

const tables = [];
for (const database of facts.databases) {
  database.byId = new Map();
  for (const table of database.tables) {
    Object.assign(table, { database, key: `${database.id}.${table.id}`, place: database.diagram.tables[table.id] });
    table.references = table.fields.filter((field) => REFERENCES.has(field.type) && field.target_table);
    table.words = folded(`${table.name} ${table.stream || ""}`);
    for (const field of table.fields) field.words = folded(`${field.name} ${field.properties.join(" ")}`);
    database.byId.set(table.id, table);
    tables.push(table);
  }
}
const byKey = new Map(tables.map((table) => [table.key, table]));
const referredBy = (table) => table.database.tables.filter((other) => other.references.some((field) => field.target_table === table.id));

const shown = { database: facts.databases.find((database) => database.tables.length) || facts.databases[0], table: null, query: "", view: { x: 0, y: 0, scale: 1 }, isFitted: true, opener: null };

const search = el("input", { type: "search", placeholder: "Search tables and fields", "aria-label": "Search tables and fields", oninput: () => find(search.value) });
const found = el("div", { class: "found", role: "status" });
const list = el("div", { class: "list" });
const menu = el("nav", { "aria-label": "Tables" }, el("div", { class: "search" }, search, found), list);
const stage = el("div", { class: "stage" });
const tools = el("div", { class: "tools" },
  el("button", { title: "Smaller (-)", onclick: () => zoom(1 / 1.25) }, "−"),
  el("button", { title: "Larger (+)", onclick: () => zoom(1.25) }, "+"),
  el("button", { title: "Show all (0)", onclick: fit }, "Fit"));
const canvas = el("main", { tabindex: "0", "aria-label": "Diagram" }, stage, tools);
const panel = el("aside", { "aria-label": "Details" });
const tabs = el("div", { class: "tabs", role: "group", "aria-label": "Databases" });
/** Where the panel lies over the diagram, and over the list as well (schema.css has the same widths). */
const isNarrow = matchMedia("screen and (max-width: 1080px)"), isPhone = matchMedia("screen and (max-width: 640px)");

document.body.append(
  el("header", {}, el("h1", {}, facts.teams.map((team) => team.name).join(", ")),
    el("span", { class: "stats" }, [counted(facts.databases.length, "database"), counted(tables.length, "table"), counted(tables.reduce((sum, table) => sum + table.fields.length, 0), "field")].join(" · ")),
    tabs, el("button", { onclick: () => choose(null, { isOpen: true }) }, "Costs"), themeButton()),
  menu,
  canvas, panel);

function open(database) {
  if (!database) return;
  shown.database = database;
  tabs.replaceChildren(...facts.databases.map((other) => el("button", { "aria-current": String(other === database), onclick: () => { choose(null); open(other); } }, other.name)));
  draw();
  fit();
}

function draw() {
  const { diagram, tables: own } = shown.database;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("width", diagram.width);
  svg.setAttribute("height", diagram.height);
  for (const table of own) table.references.forEach((field, index) => {
    const head = shown.database.byId.get(field.target_table);
    if (!head) return;
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", curve(table.place, head.place, diagram.box, middleOf(table.place.reference_lines, index)));
    path.dataset.ends = `${table.id} ${head.id}`;
    svg.append(path);
  });
  stage.replaceChildren(svg, ...own.map(card));
  stage.style.width = `${diagram.width}px`;
  stage.style.height = `${diagram.height}px`;
  canvas.querySelector(".empty")?.remove();
  if (!own.length) canvas.append(el("div", { class: "empty" }, "This database has no tables."));
  light();
}

/** How many lines of text stand above the middle of one of several names. */
const middleOf = (lines, index) => lines.slice(0, index).reduce((sum, own) => sum + own, 0) + lines[index] / 2;

/** A line from the referring field to the head of the table that is referred to. */
function curve(tail, head, box, lines) {
  const y1 = tail.y + tail.head + box.line * lines + 1, y2 = head.y + head.head / 2;
  if (tail === head) {
    const x = tail.x + box.width;
    return `M${x},${y1} c34,0 34,${y2 - y1} 0,${y2 - y1}`;
  }
  const side = tail.x > head.x + 1 ? -1 : 1, sameColumn = Math.abs(tail.x - head.x) <= 1;
  const x1 = side < 0 ? tail.x : tail.x + box.width;
  const x2 = side < 0 || sameColumn ? head.x + box.width : head.x;
  const bend = sameColumn ? 46 : Math.max(38, Math.abs(x1 - x2) * 0.45);
  return `M${x1},${y1} C${x1 + side * bend},${y1} ${x2 + (side < 0 || sameColumn ? bend : -bend)},${y2} ${x2},${y2}`;
}

function card(table) {
  const { x, y, height, head, name_lines: lines } = table.place, { box } = table.database.diagram;
  const summary = [table.kind === "page" ? "page" : rows(table), counted(table.fields.length, "field")].filter(Boolean).join(" · ");
  const style = `left:${x}px;top:${y}px;width:${box.width}px;height:${height}px;--lines:${lines};--far-size:${largest(table.name, box.width - 18, height - 8)}px`;
  return el("button", { class: `card${table.is_synced ? "" : " left-out"}`, style, "data-key": table.key, tabindex: "-1", title: table.name },
    el("div", { class: "head", style: `height:${head - 1}px` }, el("div", { class: "name" }, table.name), el("div", { class: "facts" }, summary)),
    table.references.length ? el("div", { class: "lines" }, table.references.map((field, index) => el("div", { style: `height:${box.line * table.place.reference_lines[index]}px;line-height:${box.line}px` }, field.name))) : null);
}

const pen = document.createElement("canvas").getContext("2d");

/** The largest font in which a name fits into a box: whole words, unless they would become too small to read. */
function largest(name, width, height) {
  pen.font = `620 100px ${getComputedStyle(document.body).fontFamily}`;
  const wide = (text) => pen.measureText(text).width / 100;
  const words = name.split(/\s+/).filter(Boolean).map(wide), space = wide(" "), longest = Math.max(0, ...words);
  for (let size = FAR_SIZES.largest; size > FAR_SIZES.smallest; size -= 1) {
    if (longest * size > width && size > FAR_SIZES.broken) continue;
    let lines = 1, filled = 0;
    for (const word of words) {
      const own = word * size;
      if (filled && filled + space * size + own > width) [lines, filled] = [lines + 1, 0];
      filled += (filled ? space * size : 0) + own;
      if (filled > width) [lines, filled] = [lines + Math.ceil(filled / width) - 1, filled % width];
    }
    if (lines * size * 1.1 <= height) return size;
  }
  return FAR_SIZES.smallest;
}

const rows = (table) => (table.rows === null ? "" : `${table.is_counted ? "" : "≤ "}${counted(table.rows, "row")}`);

/** Say which cards and lines stand out: those of the chosen table, or those that the search found. */
function light() {
  const near = new Set();
  if (shown.table && shown.table.database === shown.database) {
    near.add(shown.table.id);
    shown.table.references.forEach((field) => near.add(field.target_table));
    referredBy(shown.table).forEach((other) => near.add(other.id));
  }
  const hits = shown.query ? new Set(matches().map((match) => match.table.key)) : null;
  for (const one of stage.querySelectorAll(".card")) {
    const table = byKey.get(one.dataset.key);
    one.classList.toggle("chosen", table === shown.table);
    one.classList.toggle("dim", near.size ? !near.has(table.id) : Boolean(hits) && !hits.has(table.key));
  }
  stage.classList.toggle("focused", near.size > 0);
  for (const path of stage.querySelectorAll("path")) {
    path.classList.toggle("lit", near.size > 0 && path.dataset.ends.split(" ").includes(shown.table.id));
  }
}

function matches() {
  const words = folded(shown.query).split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.includes(word));
  return tables.map((table) => ({ table, isNamed: has(table.words), fields: words.length ? table.fields.filter((field) => has(field.words)) : [] }))
    .filter((match) => match.isNamed || match.fields.length);
}

function find(query) {
  shown.query = query.trim();
  const hits = matches();
  found.textContent = shown.query ? `${counted(hits.length, "table")}, ${counted(hits.reduce((sum, hit) => sum + hit.fields.length, 0), "field")}` : "";
  list.replaceChildren();
  for (const database of facts.databases) {
    const own = hits.filter((hit) => hit.table.database === database);
    if (own.length) list.append(el("h2", {}, database.name), ...own.map(item));
  }
  if (!hits.length) list.append(el("p", { class: "faint", style: "padding:12px 8px" }, "No table or field has this name."));
  light();
}

function item({ table, fields }) {
  const more = fields.length > 4 ? `+ ${fields.length - 4} more` : null;
  return el("button", { class: `item${table.is_synced ? "" : " left-out"}`, "data-key": table.key, "aria-current": String(table === shown.table), title: table.is_synced ? table.stream : table.left_out },
    el("span", {}, table.name), el("span", { class: "number" }, table.rows === null ? "" : number(table.rows)),
    fields.slice(0, 4).map((field) => el("span", { class: "hit" }, ...marked(field.name))), more ? el("span", { class: "hit" }, more) : null);
}

/** Mark what was searched for, where it stands in the name as typed. */
function marked(name) {
  const at = name.toLowerCase().indexOf(shown.query.toLowerCase());
  return at < 0 ? [name] : [name.slice(0, at), el("mark", {}, name.slice(at, at + shown.query.length)), name.slice(at + shown.query.length)];
}

/** Show a table in the panel, or what a sync costs. Where the panel lies over the rest, `isOpen` says whether it does. */
function choose(table, { center = true, isOpen = Boolean(table) } = {}) {
  shown.table = table;
  if (table && table.database !== shown.database) open(table.database);
  document.body.classList.toggle("detailed", isOpen);
  for (const one of list.querySelectorAll(".item")) one.setAttribute("aria-current", String(byKey.get(one.dataset.key) === table));
  history.replaceState(null, "", table ? `#${encodeURIComponent(table.key)}` : "#");
  panel.replaceChildren(...(table ? details(table) : overview()));
  panel.scrollTop = 0;
  light();
  if (table && center) look(table);
  cover();
  moveFocus(isOpen);
}

/** What the panel covers on a phone cannot be reached by keys either. */
function cover() {
  const isCovered = isPhone.matches && document.body.classList.contains("detailed");
  menu.inert = stage.inert = tools.inert = isCovered;
  canvas.tabIndex = isCovered ? -1 : 0;
}

/** Where the panel opens over the rest, the focus goes into it, and back to where it came from when it closes. */
function moveFocus(isOpen) {
  const { opener } = shown;
  if (isNarrow.matches && isOpen) {
    if (!panel.contains(document.activeElement) && document.activeElement !== document.body) shown.opener = document.activeElement;
    panel.querySelector(".close").focus();
  } else if (opener) {
    shown.opener = null;
    opener.focus();
  }
}

const closeButton = () => el("button", { class: "close", title: "Close (Esc)", "aria-label": "Close", onclick: () => choose(null) }, "×");

function details(table) {
  const heads = [...new Set(table.references.map((field) => table.database.byId.get(field.target_table)).filter(Boolean))];
  return [
    closeButton(),
    el("h2", {}, table.name), el("p", { class: "where" }, table.database.name),
    el("p", {}, table.is_synced ? el("span", { class: "badge good" }, "synced") : el("span", { class: "badge" }, table.left_out)),
    el("section", {}, el("dl", {},
      ...pair("Stream", table.stream ? el("code", {}, table.stream) : null), ...pair("Table id", el("code", {}, `${table.database.id}.${table.id}`)),
      ...pair("Records", table.rows === null ? null : `${table.is_counted ? "" : "at most "}${number(table.rows)}`),
      ...pair("Part of", table.database.byId.get(table.master_table)?.name))),
    chips("Refers to", heads), chips("Referred to by", referredBy(table)),
    el("section", {}, el("h3", {}, counted(table.fields.length, "field")), ...table.fields.map((field) => fieldLine(field, table))),
  ].filter(Boolean);
}

const pair = (term, value) => (value ? [el("dt", {}, term), el("dd", {}, value)] : []);
const chips = (title, others) => (others.length ? el("section", {}, el("h3", {}, title), el("div", { class: "chips" }, others.map((other) => el("button", { onclick: () => choose(other) }, other.name)))) : null);

function fieldLine(field, table) {
  const target = field.target_table ? table.database.byId.get(field.target_table) : null;
  const type = (field.type === "fn" ? "formula" : field.type) + (target ? ` → ${target.name}` : "") + (field.required ? ", required" : "");
  return el("div", { class: "field" },
    el("div", { class: "top" }, el("span", {}, ...(shown.query ? marked(field.name) : [field.name])), el("span", { class: "type" }, type)),
    field.properties.length ? el("code", {}, field.properties.join(", ")) : null,
    field.formula ? el("details", {}, el("summary", {}, "Formula"), el("pre", {}, field.formula)) : null,
    field.choices.length ? el("details", {}, el("summary", {}, counted(field.choices.length, "option")), el("div", {}, field.choices.join(" · "))) : null);
}

const range = (least, most) => most === null || most === least ? number(least) : `${number(least)} to ${number(most)}`;

function overview() {
  const { api_calls: calls } = facts;
  const runs = el("input", { type: "number", min: "0.1", step: "any", value: calls.runs_per_day, oninput: estimate });
  const budget = el("input", { type: "number", min: "1", step: "1", placeholder: "1500", oninput: estimate });
  const month = el("td", { class: "number" }), advice = el("p", { class: "note", role: "status" });
  function estimate() {
    const idle = calls.idle_run * runs.value * 30;
    month.textContent = range(idle + calls.refreshes_per_month, idle + calls.refreshes_per_month_at_most);
    const affordable = Math.floor((budget.value - calls.refreshes_per_month_at_most) / 30 / calls.idle_run);
    advice.textContent = !budget.value ? "" : affordable > 0 ? `Enough for ${counted(affordable, "idle run")} a day, before any change is read.` : "Not enough for one run a day.";
  }
  const line = (label, shown) => el("tr", {}, el("th", { scope: "row" }, label), el("td", { class: "number" }, shown));
  estimate();
  const leftOut = tables.filter((table) => !table.is_synced);
  return [
    closeButton(), el("h2", {}, "What a sync costs"),
    el("p", { class: "where" }, "In API calls, which Ninox plans count by the month."),
    el("table", {}, line(calls.is_complete ? "First load" : "First load, at least", range(calls.first_load, calls.first_load_at_most)), line("Run without changes", number(calls.idle_run)),
      el("tr", {}, el("th", { scope: "row" }, "A month of such runs"), month)),
    el("section", {}, el("label", { class: "ask" }, "Runs a day", runs), el("label", { class: "ask" }, "Calls a month in your plan", budget), advice,
      el("p", { class: "note" }, `Changed rows come on top: a call for each, or for each page of them, whichever is fewer.${calls.refreshes_per_month ? ` The month includes ${range(calls.refreshes_per_month, calls.refreshes_per_month_at_most)} calls of scheduled full refreshes.` : ""}${calls.first_load_at_most === null ? "" : " The higher number counts the calls that confirm where each table ends, as far as they may be needed."}`)),
    leftOut.length ? el("section", {}, el("h3", {}, "Not synced"), ...leftOut.map((table) => el("div", { class: "field" }, el("div", { class: "top" }, el("span", {}, table.name), el("span", { class: "type" }, table.left_out))))) : null,
    facts.skipped.length ? el("section", {}, el("h3", {}, "Not readable with this key"), ...facts.skipped.map((name) => el("div", { class: "field" }, name.name))) : null,
    el("section", { class: "keys" }, el("h3", {}, "Keys"), el("div", {}, ...[["/", "search"], ["↑ ↓", "go through the list"], ["Esc", "back"], ["+ − 0", "larger, smaller, all"]].flatMap(([key, what]) => [el("kbd", {}, key), el("span", {}, what)]))),
    el("p", { class: "note" }, `Inspected ${facts.inspected_at.replace("T", " ")} by tap-ninox ${facts.version}, with ${counted(facts.api_calls_used, "API call")}.${tables.every((table) => table.is_counted) ? "" : " Where records could not be counted, their number is an upper bound."}`),
  ].filter(Boolean);
}

function place() {
  const { x, y, scale } = shown.view;
  stage.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  stage.classList.toggle("far", scale < FAR);
  stage.style.setProperty("--name-size", `${Math.min(29, 11 / scale).toFixed(1)}px`);
}

/** Show the whole diagram. */
function fit() {
  const { width, height } = shown.database.diagram, margin = Math.min(36, canvas.clientWidth / 40);
  const scale = Math.min(1, (canvas.clientWidth - 2 * margin) / (width || 1), (canvas.clientHeight - 2 * margin) / (height || 1));
  shown.view = { scale, x: (canvas.clientWidth - width * scale) / 2, y: (canvas.clientHeight - height * scale) / 2 };
  shown.isFitted = true;
  place();
}

/** Show the whole diagram on paper, until it is printed. */
function fitPaper() {
  const { width, height } = shown.database.diagram, { view } = shown;
  const scale = Math.min(1, PAPER.width / (width || 1), PAPER.height / (height || 1));
  canvas.style.setProperty("--print-height", `${Math.ceil(height * scale) + 20}px`);
  shown.view = { scale, x: 8, y: 8 };
  place();
  addEventListener("afterprint", () => { shown.view = view; place(); }, { once: true });
}

function zoom(factor, at = { x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 }) {
  const { view } = shown, scale = Math.min(NEAREST, Math.max(FARTHEST, view.scale * factor)), ratio = scale / view.scale;
  shown.view = { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio };
  shown.isFitted = false;
  place();
}

function look(table) {
  const { box } = shown.database.diagram, scale = Math.max(shown.view.scale, 0.75);
  shown.view = { scale, x: canvas.clientWidth / 2 - (table.place.x + box.width / 2) * scale, y: canvas.clientHeight / 2 - (table.place.y + table.place.height / 2) * scale };
  shown.isFitted = false;
  place();
}

list.addEventListener("click", (event) => {
  const one = event.target.closest(".item");
  if (one) choose(byKey.get(one.dataset.key));
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const { left, top } = canvas.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY * 0.0015), { x: event.clientX - left, y: event.clientY - top });
}, { passive: false });
canvas.addEventListener("pointerdown", (event) => {
  if (event.target.closest(".tools")) return;
  const start = { x: event.clientX, y: event.clientY, view: shown.view };
  let moved = false;
  const move = (next) => {
    const dx = next.clientX - start.x, dy = next.clientY - start.y;
    moved ||= Math.hypot(dx, dy) > 4;
    if (!moved) return;
    canvas.classList.add("dragging");
    shown.view = { ...start.view, x: start.view.x + dx, y: start.view.y + dy };
    shown.isFitted = false;
    place();
  };
  const end = () => {
    removeEventListener("pointermove", move);
    canvas.classList.remove("dragging");
    if (moved) return;
    const one = event.target.closest(".card");
    choose(one ? byKey.get(one.dataset.key) : null, { center: false });
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", end, { once: true });
});
addEventListener("resize", () => (shown.isFitted ? fit() : place()));
isPhone.addEventListener("change", cover);
addEventListener("beforeprint", fitPaper);
addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    if (shown.table || document.body.classList.contains("detailed")) choose(null);
    else if (shown.query) { search.value = ""; find(""); }
    search.blur();
  } else if (event.key === "/" && !isTyping) {
    search.focus();
    search.select();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (!isTyping || event.target === search)) {
    step(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && event.target === search) {
    step(shown.table ? 0 : 1);
  } else if (!isTyping && "+-0".includes(event.key)) {
    if (event.key === "0") fit();
    else zoom(event.key === "+" ? 1.25 : 0.8);
  } else return;
  event.preventDefault();
});

function step(by) {
  const items = [...list.querySelectorAll(".item")];
  const at = items.findIndex((one) => one.getAttribute("aria-current") === "true");
  const next = items[Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
  if (!next) return;
  choose(byKey.get(next.dataset.key));
  next.scrollIntoView({ block: "nearest" });
}

find("");
open(shown.database);
choose(byKey.get(decodeURIComponent(location.hash.slice(1))) || null);
