// A list: search without tone marks, columns, and initials where names are sensitive.
import { html, t, say, api, number, useState, useEffect } from "./base.js";
import { Note, Title, State, typeOf, show } from "./parts.js";

const PAGE = 50;

function Row({ row, columns, reveal }) {
  const type = typeOf(row.type);
  const cells = columns || [];
  const text = (f) => show(f, row.values[f.name], row.refs) || "–";
  const name = columns ? text(cells[0]) : `${say(type)}: ${row.title || Object.values(row.refs).join(" · ") || row.id.slice(0, 8)}`;
  return html`<tr><th scope="row"><a href=${`#/record/${row.id}`}>${name}</a></th>
    ${cells.slice(1).map((f) => html`<td class=${["int", "money"].includes(f.kind) ? "num" : ""}>${text(f)}</td>`)}
    <td><${State} record=${row} /></td>
    <td>${row.masked && html`<button onClick=${() => reveal(row.id)} aria-label=${`${t("list.show")} ${name}`}>${t("list.show")}</button>`}</td></tr>`;
}

function columnsOf(type, rows) {
  if (!type) return null;
  const title = type.fields.find((f) => f.name === type.title && f.required);
  const others = type.fields.filter((f) => f !== title);
  const order = [...(title ? [title] : []), ...others.filter((f) => f.required), ...others.filter((f) => !f.required)].slice(0, 5);
  return order.filter((f, i) => i === 0 || f.required || rows.some((r) => r.values[f.name] !== undefined));
}

export function List({ type: name, conflicts, pending }) {
  const type = name && typeOf(name);
  const [q, setQ] = useState("");
  const [found, setFound] = useState(null);
  const [wrong, setWrong] = useState("");
  const ask = (offset) => api("GET", "/api/search", { q, max: PAGE, offset, ...(name && { type: name }),
    ...(conflicts && { conflicts: true }), ...(pending && { pending: true }) });
  useEffect(() => {
    let live = true;
    const wait = setTimeout(() => ask(0).then((r) => { if (live) { setFound(r); setWrong(""); } }, (e) => live && setWrong(e.message)), found ? 150 : 0);
    return () => { live = false; clearTimeout(wait); };
  }, [q]);
  const more = async () => {
    const r = await ask(found.rows.length);
    setFound({ ...r, rows: [...found.rows, ...r.rows] });
  };
  const reveal = async (id) => {
    const r = await api("POST", "/api/reveal", { id });
    setFound({ ...found, rows: found.rows.map((x) => (x.id === id ? { ...x, values: r.values, refs: r.refs, title: r.title, masked: false } : x)) });
  };
  if (name && !type) return html`<${Title}>${t("nopage")}</${Title}>`;
  const columns = found && columnsOf(type, found.rows);
  const title = type ? say(type) : t(conflicts ? "list.conflicts" : "list.pending");
  return html`<div class="head"><${Title}>${title}</${Title}>
      ${type && type.scope === "own" && html`<div class="acts"><a class="button main" href=${`#/new/${name}`}>${t("list.new")}</a>
        <a class="button" href=${`#/import/${name}`}>${t("list.import")}</a>
        <button onClick=${() => print()}>${t("print")}</button></div>`}</div>
    ${wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`}
    ${conflicts && html`<p>${t("list.conflicts.why")}</p>`}${pending && html`<p>${t("list.pending.why")}</p>`}
    <div class="field"><label for="q">${t("list.search")}</label>
      <input id="q" type="search" value=${q} onInput=${(e) => setQ(e.target.value)} aria-describedby="q-hint" />
      <p class="hint" id="q-hint">${t("list.search.hint")}</p></div>
    ${found && html`<p role="status">${found.total === 0 ? t(q ? "list.none" : "list.empty") : t("list.count", { n: number(found.total) })}</p>
    ${found.rows.some((r) => r.masked) && html`<${Note}><p>${t("list.masked")}</p></${Note}>`}
    ${found.rows.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${title}><table><thead><tr>
      ${(columns || [null]).map((f) => html`<th scope="col">${f ? say(f) : t("record")}</th>`)}
      <th scope="col">${t("list.state")}</th><td></td></tr></thead>
      <tbody>${found.rows.map((row) => html`<${Row} key=${row.id} row=${row} columns=${columns} reveal=${reveal} />`)}</tbody></table></div>`}
    ${found.rows.length < found.total && html`<div class="acts"><button onClick=${more}>${t("list.more")}</button></div>`}`}`;
}
