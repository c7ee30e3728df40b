// A list: search without tone marks, conditions, order, columns, and initials where names are sensitive.
import { html, t, say, lang, api, apiFile, saveFile, number, session, vietnam, useState, useEffect } from "./base.js";
import { Note, Wrong, Title, State, Input, owned, typeOf, show } from "./parts.js";

const PAGE = 50;
const kept = {}; // what was asked last of each list, so that "back" comes back to it

const OPS = {
  text: ["filled", "empty"],
  date: ["from", "to", "is", "filled", "empty"],
  other: ["is", "filled", "empty"],
};
const NUMBERS = ["int", "money", "decimal"];
const opsOf = (f) => (f.kind === "text" ? OPS.text : ["date", "pdate", ...NUMBERS].includes(f.kind) ? OPS.date : OPS.other);
const needsValue = (op) => op !== "empty" && op !== "filled";

/** One condition: field, what about it, value. */
function Condition({ type, c, n, change, drop }) {
  const f = type.fields.find((x) => x.name === c.field) || type.fields[0];
  const id = `where-${n}`;
  const pick = (e) => {
    const g = type.fields.find((x) => x.name === e.target.value);
    change({ field: g.name, op: opsOf(g)[0], value: "", title: "" });
  };
  const shown = f.kind === "choices" ? { ...f, kind: "choice" } : f;
  return html`<div class="condition"><div class="field"><label for=${`${id}-f`}>${t("where.field")}</label>
      <select id=${`${id}-f`} value=${f.name} onChange=${pick}>${type.fields.map((x) => html`<option value=${x.name}>${say(x)}</option>`)}</select></div>
    <div class="field"><label for=${`${id}-o`}>${t("where.op")}</label>
      <select id=${`${id}-o`} value=${c.op} onChange=${(e) => change({ ...c, op: e.target.value })}>
      ${opsOf(f).map((o) => html`<option value=${o}>${t(`op.${o}`)}</option>`)}</select></div>
    ${needsValue(c.op) && html`<div class="field"><label for=${id}>${t("where.value")}</label>
      <${Input} key=${f.name} f=${{ ...shown, required: false }} id=${id} value=${c.value} title=${c.title || ""} describe=${{}}
        onChange=${(value, title) => change({ ...c, value, title })} /></div>`}
    <button type="button" onClick=${drop} aria-label=${`${t("where.drop")}: ${say(f)}`}>${t("where.drop")}</button></div>`;
}

function Conditions({ type, where, set }) {
  const first = () => ({ field: type.fields[0].name, op: opsOf(type.fields[0])[0], value: "" });
  return html`<section class="card" aria-label=${t("list.filter")}>
    ${where.map((c, i) => html`<${Condition} key=${i} type=${type} c=${c} n=${i}
      change=${(v) => set(where.map((x, k) => (k === i ? v : x)))} drop=${() => set(where.filter((x, k) => k !== i))} />`)}
    <div class="acts"><button type="button" onClick=${() => set([...where, first()])} disabled=${where.length >= 8}>${t("where.add")}</button>
      ${where.length > 0 && html`<button type="button" onClick=${() => set([])}>${t("where.none")}</button>`}</div></section>`;
}

function Columns({ type, names, set }) {
  const flip = (n) => set(names.includes(n) ? names.filter((x) => x !== n) : type.fields.map((f) => f.name).filter((x) => x === n || names.includes(x)));
  const sections = [...new Set(type.fields.map((f) => f.section))];
  return html`<section class="card" aria-label=${t("list.columns")}>${sections.map((s) => html`<fieldset class="field wide"><legend>${s}</legend>
      <div class="checks">${type.fields.filter((f) => f.section === s).map((f) => html`<label><input type="checkbox" checked=${names.includes(f.name)}
        disabled=${names.length === 1 && names[0] === f.name} onChange=${() => flip(f.name)} />${say(f)}</label>`)}</div></fieldset>`)}
    <div class="acts"><button type="button" onClick=${() => set(null)}>${t("list.columns.usual")}</button></div></section>`;
}

/** The whole list as a file. Names of a sensitive list only when they are wanted, and that is noted. */
function Export({ ask, type, masked, total }) {
  const [names, setNames] = useState(false);
  const [told, tell] = useState(null);
  const get = (format) => async () => {
    tell({ text: t("export.making") });
    try {
      const blob = await apiFile("POST", "/api/export", { ...ask, type: type.name, format, names, english: lang.now === "en" });
      saveFile(blob, `${type.name}-${vietnam(Date.now()).toISOString().slice(0, 10)}.${format}`);
      tell({ text: t("export.done", { n: number(total) }) });
    } catch (x) { tell({ bad: true, text: x.message }); }
  };
  return html`<section class="card" aria-label=${t("list.export")}><p>${t("export.why")}</p>
    ${masked && html`<div class="checks"><label><input type="checkbox" checked=${names} onChange=${(e) => setNames(e.target.checked)} />${t("export.names")}</label></div>`}
    <div class="acts"><button class="main" onClick=${get("xlsx")}>${t("export.xlsx")}</button><button onClick=${get("csv")}>${t("export.csv")}</button></div>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}</section>`;
}

function Row({ row, columns, reveal }) {
  const type = typeOf(row.type);
  const cells = columns || [];
  const text = (f) => show(f, row.values[f.name], row.refs) || "–";
  const name = columns ? text(cells[0]) : `${say(type)}: ${row.title || Object.values(row.refs).join(" · ") || row.id.slice(0, 8)}`;
  return html`<tr><th scope="row"><a href=${`#/record/${row.id}`}>${name}</a></th>
    ${cells.slice(1).map((f) => html`<td class=${NUMBERS.includes(f.kind) ? "num" : ""}>${text(f)}</td>`)}
    <td><${State} record=${row} /></td>
    <td>${row.masked && html`<button onClick=${() => reveal(row.id)} aria-label=${`${t("list.show")} ${name}`}>${t("list.show")}</button>`}</td></tr>`;
}

function Head({ columns, q, order }) {
  const mark = (f) => (q.sort === f.name ? (q.down ? " ▼" : " ▲") : "");
  return html`<tr>${(columns || [null]).map((f) => (f ? html`<th scope="col" aria-sort=${q.sort === f.name ? (q.down ? "descending" : "ascending") : undefined}>
      <button class="plain often" onClick=${() => order(f)}>${say(f)}${mark(f)}</button></th>` : html`<th scope="col">${t("record")}</th>`))}
    <th scope="col">${t("list.state")}</th><td></td></tr>`;
}

function Pager({ found, at, go }) {
  const last = at + found.rows.length;
  if (found.total <= PAGE) return null;
  return html`<nav class="acts" aria-label=${t("pager")}><button class="often" onClick=${() => go(Math.max(0, at - PAGE))} disabled=${at === 0}>${t("pager.before")}</button>
    <span>${t("pager.at", { from: number(at + 1), to: number(last), n: number(found.total) })}</span>
    <button class="often" onClick=${() => go(at + PAGE)} disabled=${last >= found.total}>${t("pager.next")}</button></nav>`;
}

const ready = (where) => where.filter((c) => !needsValue(c.op) || c.value !== "").map(({ field, op, value }) => ({ field, op, ...(needsValue(op) && { value }) }));

/** Members of the question, as /api/search and /api/export take them. */
function asked(q, type, conflicts, pending) {
  return { q: q.text, ...(type && { type: type.name }), ...(conflicts && { conflicts: true }), ...(pending && { pending: true }),
    ...(q.sort && { sort: q.sort, down: q.down }), ...(q.columns && { columns: q.columns.join(",") }) };
}

export function List({ type: name, conflicts, pending }) {
  const type = name && typeOf(name);
  const key = name || (conflicts ? " conflicts" : " pending");
  const [q, setQ] = useState(kept[key] || { text: "", where: [], sort: "", down: false, columns: null, at: 0 });
  const [open, setOpen] = useState("");
  const [found, setFound] = useState(null);
  const [wrong, setWrong] = useState("");
  const change = (v) => setQ((now) => ({ ...now, at: 0, ...v }));
  const where = ready(q.where);
  const ask = asked(q, type, conflicts, pending);
  useEffect(() => {
    kept[key] = q;
    let live = true;
    const find = () => api("GET", "/api/search", { ...ask, max: PAGE, offset: q.at, ...(where.length > 0 && { where: JSON.stringify(where) }) })
      .then((r) => { if (live) { setFound(r); setWrong(""); } }, (e) => live && setWrong(e.message));
    const wait = setTimeout(find, found ? 150 : 0);
    return () => { live = false; clearTimeout(wait); };
  }, [JSON.stringify([ask, where, q.at])]);
  const reveal = async (id) => {
    const r = await api("POST", "/api/reveal", { id });
    setFound({ ...found, rows: found.rows.map((x) => (x.id === id ? { ...x, values: r.values, refs: r.refs, title: r.title, masked: false } : x)) });
  };
  if (name && !type) return html`<${Title}>${t("nopage")}</${Title}>`;
  const columns = type && found ? found.columns.map((n) => type.fields.find((f) => f.name === n)) : null;
  const title = type ? say(type) : t(conflicts ? "list.conflicts" : "list.pending");
  const masked = found && found.rows.some((r) => r.masked);
  const order = (f) => change(q.sort === f.name ? { down: !q.down } : { sort: f.name, down: false });
  const toggle = (what) => html`<button aria-expanded=${String(open === what)} onClick=${() => setOpen(open === what ? "" : what)}>
    ${t(`list.${what}`)}${what === "filter" && where.length > 0 ? ` (${where.length})` : ""}</button>`;
  const mayWrite = type && type.scope === "own" && !owned(name) && session.role !== "leader";
  return html`<div class="head"><${Title}>${title}</${Title}>
      <div class="acts">${mayWrite && html`<a class="button main" href=${`#/new/${name}`}>${t("list.new")}</a>
        <a class="button" href=${`#/import/${name}`}>${t("list.import")}</a>`}
        <button onClick=${() => print()}>${t("print")}</button></div></div>
    <${Wrong} text=${wrong} />
    ${conflicts && html`<p>${t("list.conflicts.why")}</p>`}${pending && html`<p>${t("list.pending.why")}</p>`}
    <div class="ask"><div class="field"><label for="q">${t("list.search")}</label>
      <input id="q" type="search" value=${q.text} onInput=${(e) => change({ text: e.target.value })} aria-describedby="q-hint" />
      <p class="hint" id="q-hint">${t("list.search.hint")}</p></div>
      ${type && html`<div class="acts">${toggle("filter")}${toggle("columns")}${toggle("export")}</div>`}</div>
    ${open === "filter" && html`<${Conditions} type=${type} where=${q.where} set=${(v) => change({ where: v })} />`}
    ${open === "columns" && columns && html`<${Columns} type=${type} names=${q.columns || columns.map((f) => f.name)} set=${(v) => change({ columns: v })} />`}
    ${open === "export" && found && html`<${Export} ask=${{ ...ask, where }} type=${type} masked=${masked} total=${found.total} />`}
    ${found && html`<p role="status">${found.total === 0 ? t(q.text || where.length > 0 ? "list.none" : type ? "list.empty" : conflicts ? "list.conflicts.none" : "list.pending.none") : t("list.count", { n: number(found.total) })}</p>
    ${masked && html`<${Note}><p>${t("list.masked")}</p></${Note}>`}
    ${found.rows.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${title}><table><thead>
      <${Head} columns=${columns} q=${q} order=${order} /></thead>
      <tbody>${found.rows.map((row) => html`<${Row} key=${row.id} row=${row} columns=${columns} reveal=${reveal} />`)}</tbody></table></div>`}
    <${Pager} found=${found} at=${q.at} go=${(at) => { setQ((now) => ({ ...now, at })); scrollTo(0, 0); }} />`}`;
}
