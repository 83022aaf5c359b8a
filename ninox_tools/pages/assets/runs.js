const LABELS = { rows: "rows", read: "read", seconds: "time", api_calls: "API calls" };
const seconds = (value) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(value < 10 ? 1 : 0)} s`);
const GOOD = new Set(["succeeded"]);

document.body.append(el("main", { class: "sheet" },
  el("div", { class: "bar" }, el("h1", {}, "What the run did"), themeButton()),
  ...facts.runs.map(runSection), rejects()));

function runSection(run) {
  const kinds = Object.keys(run.counts);
  const parts = kinds.filter((kind) => kind !== "read" && run.counts[kind]);
  return el("section", { class: "run", "aria-label": run.command },
    el("div", { class: "head" }, el("h2", {}, run.command),
      el("span", { class: `badge ${GOOD.has(run.status) ? "good" : run.status.startsWith("dry") ? "warn" : "bad"}` }, run.status),
      el("span", { class: "when" }, [run.started_at?.replace("T", " "), run.name].filter(Boolean).join(" · "))),
    ...run.problems.map((problem) => el("p", { class: "note bad problem" }, problem)),
    el("div", { class: "tiles" },
      ...kinds.map((kind) => el("div", {}, el("b", {}, number(run.counts[kind])), el("span", {}, kind === "read" ? null : el("i", { class: `legend ${kind}` }), LABELS[kind] || kind))),
      el("div", {}, el("b", {}, number(run.api_calls)), el("span", {}, "API calls")),
      el("div", {}, el("b", {}, seconds(run.seconds)), el("span", {}, "in all"))),
    parts.length > 1 ? el("div", { class: "share", role: "img", "aria-label": parts.map((kind) => `${run.counts[kind]} ${kind}`).join(", ") }, parts.map((kind) => el("i", { class: kind, style: `flex-grow:${run.counts[kind]}`, title: `${number(run.counts[kind])} ${kind}` }))) : null,
    run.drift.length ? el("h3", {}, "Schema changes in Ninox") : null,
    run.drift.length ? el("ul", {}, run.drift.map((drift) => el("li", {}, drift.message))) : null,
    ...run.streams.flatMap(samples),
    streamTable(run, kinds));
}

/** Some of the records that a dry run would write, with their values before and after. */
function samples(stream) {
  if (!stream.samples.length) return [];
  const change = ([before, after], action) => (action === "create" ? el("dd", {}, after) : el("dd", {}, el("del", {}, before), " → ", el("ins", {}, after)));
  return [el("h3", { class: "stream" }, `Examples from ${stream.name}`), el("ul", {}, stream.samples.map(({ action, record, fields, notes }) => el("li", { class: "sample" },
    el("span", { class: `badge ${{ create: "good", update: "warn", delete: "bad" }[action] || ""}` }, action), el("b", {}, record), notes.map((note) => el("span", { class: "note" }, note)),
    Object.keys(fields).length ? el("dl", {}, Object.entries(fields).flatMap(([name, values]) => [el("dt", {}, name), change(values, action)])) : null)))];
}

/** How much a stream has to say: 2 where it failed, 1 where something happened, 0 where nothing did. */
function weight(stream) {
  if (stream.error) return 2;
  return stream.notes.length || Object.values(stream.counts).some(Boolean) ? 1 : 0;
}

/** The streams of a run: failures first, then what happened, then those without anything; a click on a heading sorts. */
function streamTable(run, kinds) {
  const columns = [...kinds.map((kind) => [kind, (stream) => stream.counts[kind]]), ["api_calls", (stream) => stream.api_calls], ["seconds", (stream) => stream.seconds]];
  const slowest = Math.max(...run.streams.map((stream) => stream.seconds), 0.001);
  const body = el("tbody");
  const heads = [];
  let order = null, query = "";
  const fill = () => {
    const words = folded(query).split(/\s+/).filter(Boolean);
    const shown = run.streams.filter((stream) => words.every((word) => folded(stream.name).includes(word)));
    shown.sort(order ? (a, b) => order.sign * (order.of(b) > order.of(a) ? 1 : order.of(b) < order.of(a) ? -1 : 0) : (a, b) => weight(b) - weight(a));
    body.replaceChildren(...shown.map((stream) => line(stream, columns, slowest)));
  };
  const sorter = (label, of, isNumber) => {
    const head = el("th", { class: isNumber ? "number" : null, "aria-sort": "none" }, el("button", { onclick: () => {
      order = { of, sign: order?.of === of ? -order.sign : isNumber ? 1 : -1 };
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", order.sign > 0 ? "descending" : "ascending");
      fill();
    } }, label));
    heads.push(head);
    return head;
  };
  const table = el("table", {}, el("thead", {}, el("tr", {}, sorter("stream", (stream) => stream.name, false), columns.map(([key, of]) => sorter(LABELS[key] || key, of, true)))), body);
  fill();
  const search = run.streams.length > 8 ? el("input", { class: "find", type: "search", placeholder: "Search streams", "aria-label": "Search streams", oninput: (event) => { query = event.target.value; fill(); } }) : null;
  return el("div", {}, search, scroller(`Streams of ${run.command}`, table));
}

/** What may be wider than a phone, and can be moved by keys as well. */
function scroller(label, table) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);
}

function line(stream, columns, slowest) {
  const cells = columns.map(([key, of]) => key === "seconds"
    ? el("td", { class: "number time" }, seconds(of(stream)), el("i", { style: `width:${Math.round((100 * stream.seconds) / slowest)}%;margin-left:auto` }))
    : el("td", { class: `number${of(stream) ? "" : " zero"}` }, number(of(stream))));
  return el("tr", { class: stream.error ? "failed" : null },
    el("td", { class: "stream" }, stream.name, stream.error ? el("span", { class: "note bad" }, stream.error) : null, stream.notes.map((note) => el("span", { class: "note" }, note))), cells);
}

function rejects() {
  const streams = Object.entries(facts.rejects);
  if (!streams.length) return null;
  const shown = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));
  return el("section", { class: "run", "aria-label": "Rejected rows" }, el("h2", {}, "Rejected rows"), ...streams.flatMap(([name, stream]) => [
    el("h3", { class: "stream" }, name), el("p", { class: "soft" }, Object.entries(stream.codes).map(([code, count]) => `${number(count)} × ${code}`).join(", ")),
    scroller(`Rejected rows of ${name}`, el("table", {}, el("thead", {}, el("tr", {}, ["row", "key", "property", "why"].map((label) => el("th", {}, label)))),
      el("tbody", {}, stream.rows.map((row) => el("tr", {}, el("td", {}, shown(row.row)), el("td", {}, shown(row.key)), el("td", {}, shown(row.property)), el("td", {}, row.reason, row.allowed?.length ? el("span", { class: "note" }, `Allowed: ${row.allowed.join(" · ")}`) : null)))))),
    stream.count > stream.rows.length ? el("p", { class: "soft" }, `and ${counted(stream.count - stream.rows.length, "row")} more`) : null,
  ]));
}
