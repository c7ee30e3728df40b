// Records at the hub: the types, a list with initials where names are sensitive, and one record as the
// hub has it. They are written with the same form as at a commune.
import { html, t, say, api, fold, session, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue, typeOf, show } from "../desk/parts.js";
import { Deleting, LostMark, reasonName, reasonWrite } from "../desk/reason.js";
import { LockMark, Locks, lockWrite } from "../desk/lock.js";
import { Select, Table, unitName } from "./parts.js";
import { communes } from "./communes.js";
import { Move } from "./moves.js";
import { Attachments, Subject } from "./registers.js";

const PAGE = 50;
const mine = (type) => type.scope !== "own"; // the district writes these, communes the others

function Drafts() {
  const [drafts, set] = useState([]);
  const load = () => api("GET", "/api/drafts").then((r) => set(r.drafts), () => {});
  useEffect(() => { load(); }, []);
  const drop = async (key) => { await api("DELETE", "/api/draft", { key }); load(); };
  const name = (d) => `${say(typeOf(d.draft.type))}: ${d.draft.title || t("drafts.untitled")}`;
  if (drafts.length === 0) return null;
  return html`<section class="card"><h2>${t("drafts")}</h2><${Table} label=${t("drafts")} heads=${[t("record"), t("history.when"), ""]}>
    ${drafts.map((d) => html`<tr key=${d.key}><th scope="row"><a href=${d.draft.id ? `#/edit/${d.draft.id}` : `#/new/${d.draft.type}?draft=${d.key}`}>${name(d)}</a></th>
      <td>${showTime(d.saved)}</td><td><button onClick=${() => drop(d.key)} aria-label=${`${t("drafts.drop")}: ${name(d)}`}>${t("drafts.drop")}</button></td></tr>`)}</${Table}></section>`;
}

export function Records() {
  const [q, setQ] = useState("");
  const found = catalogue.types.filter((x) => fold(say(x)).includes(fold(q)));
  const types = (rows) => html`<ul class="types">${rows.map((x) => html`<li><a href=${`#/list/${x.name}`}>${say(x)}</a></li>`)}</ul>`;
  const [ours, theirs] = [found.filter(mine), found.filter((x) => !mine(x))];
  return html`<${Title}>${t("hub.records")}</${Title}><${Drafts} />
    <div class="field"><label for="types-q">${t("home.find")}</label><input id="types-q" type="search" value=${q} onInput=${(e) => setQ(e.target.value)} /></div>
    ${ours.length > 0 && html`<section><h2>${t("hub.records.ours", { name: session.unit_name })}</h2>${types(ours)}</section>`}
    ${theirs.length > 0 && html`<section><h2>${t("hub.records.theirs")}</h2>${types(theirs)}</section>`}
    ${found.length === 0 && html`<p>${t("home.notype")}</p>`}`;
}

function Pager({ found, at, go }) {
  const last = at + found.rows.length;
  if (found.total <= PAGE) return null;
  return html`<nav class="acts" aria-label=${t("pager")}><button onClick=${() => go(Math.max(0, at - PAGE))} disabled=${at === 0}>${t("pager.before")}</button>
    <span>${t("pager.at", { from: number(at + 1), to: number(last), n: number(found.total) })}</span>
    <button onClick=${() => go(at + PAGE)} disabled=${last >= found.total}>${t("pager.next")}</button></nav>`;
}

/** Initials of a file's number say nothing: then whom it is about. */
const nameOf = (row) => (row.masked && /^\d/.test(row.title) ? "" : row.title) || Object.values(row.refs).filter(Boolean).join(" · ") || row.id.slice(0, 8);

export function List({ type: name, position }) {
  const type = typeOf(name);
  const [q, setQ] = useState({ text: "", unit: "", at: 0 });
  const [found, setFound] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    let live = true;
    const find = () => api("GET", "/api/search", { type: name, q: q.text, max: PAGE, offset: q.at, ...(q.unit && { unit: q.unit }) })
      .then((r) => { if (live) { setFound(r); setWrong(""); } }, (e) => live && setWrong(e.message));
    const wait = setTimeout(find, found ? 200 : 0);
    return () => { live = false; clearTimeout(wait); };
  }, [q, position]);
  const reveal = async (id) => {
    try {
      const r = await api("POST", "/api/reveal", { id });
      setFound({ ...found, rows: found.rows.map((x) => (x.id === id ? { ...x, values: r.values, refs: r.refs, title: r.title, masked: false } : x)) });
    } catch (e) { setWrong(e.message); }
  };
  if (!type) return html`<${Title}>${t("nopage")}</${Title}>`;
  const columns = found ? found.columns.map((n) => type.fields.find((f) => f.name === n)) : [];
  const others = columns.filter((f) => f.name !== type.title);
  const masked = found && found.rows.some((r) => r.masked);
  const units = [{ value: "", label: t("filter.all") }, { value: session.unit, label: session.unit_name }, ...communes().map((u) => ({ value: u.value, label: u.vi }))];
  return html`<div class="head"><${Title}>${say(type)}</${Title}><div class="acts">${type.scope === "down" && html`<a class="button main" href=${`#/new/${name}`}>${t("list.new")}</a>
      <a class="button" href=${`#/import/${name}`}>${t("list.import")}</a>`}
      <a class="button" href="#/records">${t("hub.records")}</a></div></div>
    <${Wrong} text=${wrong} />
    <div class="fields filters"><div class="field"><label for="q">${t("list.search")}</label><input id="q" type="search" value=${q.text} aria-describedby="q-hint"
        onInput=${(e) => setQ({ ...q, at: 0, text: e.target.value })} /><p class="hint" id="q-hint">${t("list.search.hint")}</p></div>
      <${Select} name="unit" label=${t("hub.unit")} value=${q.unit} onChange=${(unit) => setQ({ ...q, at: 0, unit })} options=${units} /></div>
    ${masked && html`<${Note} kind="warn"><p>${t("list.masked")}</p></${Note}>`}
    ${!found && !wrong && html`<p>${t("loading")}</p>`}
    ${found && html`<p role="status">${found.total === 0 ? t(q.text ? "list.none" : "list.empty") : t("list.count", { n: number(found.total) })}</p>`}
    ${found && found.rows.length > 0 && html`<${Table} label=${say(type)} heads=${[t("record"), t("hub.unit"), ...others.map((f) => say(f)), ""]}>
      ${found.rows.map((r) => html`<tr key=${r.id}><th scope="row"><a href=${`#/record/${r.id}`}>${nameOf(r)}</a>${r.conflicts > 0 && html` <span class="state warn">▲ ${t("state.conflict")}</span>`}</th>
        <td>${unitName(r.unit)}</td>${others.map((f) => html`<td>${show(f, r.values[f.name], r.refs) || "–"}</td>`)}
        <td>${r.masked && html`<button onClick=${() => reveal(r.id)} aria-label=${`${t("list.show")} ${nameOf(r)}`}>${t("list.show")}</button>`}</td></tr>`)}</${Table}>
      <${Pager} found=${found} at=${q.at} go=${(at) => setQ({ ...q, at })} />`}`;
}

// ---- one record ----

function Values({ type, record }) {
  const sections = [...new Set(type.fields.map((f) => f.section))];
  const text = (f) => show(f, record.values[f.name], record.refs);
  return sections.map((s) => {
    const fields = type.fields.filter((f) => f.section === s && text(f) !== "");
    if (fields.length === 0) return null;
    return html`<section class="card"><h2>${s}</h2><dl class="values">${fields.map((f) => html`<dt>${say(f)}</dt>
      <dd>${f.kind === "ref" ? html`<a href=${`#/record/${record.values[f.name]}`}>${text(f)}</a>` : text(f)}<${LostMark} record=${record} f=${f} /><${LockMark} record=${record} f=${f} /></dd>`)}</dl></section>`;
  });
}

const who = (e) => (e.by_hub ? [session.unit_name, e.name || e.person.slice(0, 8)] : [unitName(e.unit), e.name, e.person.slice(0, 8)]).filter(Boolean).join(" · ");

/** What an event wrote, a line for each field. */
const wrote = (e, type, refs) => e.writes.flatMap((w) => {
  const f = type.fields.find((x) => x.name === w.field);
  const about = f ? "" : reasonWrite(w) || lockWrite(w, type);
  if (!f) return about ? html`<br />${about}` : [];
  const value = w.sealed ? t("history.sealed") : w.element ? `${show({ ...f, kind: "choice" }, w.element)} ${w.value ? "✓" : "✗"}` : show(f, w.value, refs) || t("history.cleared");
  return html`<br />${say(f)}: ${value}`;
});

/** Looked at when somebody wants it: it stands in the audit like the record itself. */
function History({ record, type }) {
  const [r, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/history", { id: record.id }).then(set, (e) => setWrong(e.message));
  return html`<section class="card"><h2>${t("history")}</h2><p class="hint">${t("history.why")}</p><${Wrong} text=${wrong} />
    ${!r ? html`<div class="acts"><button onClick=${load}>${t("history.look")}</button></div>`
      : html`<${Table} label=${t("history")} heads=${[t("history.when"), t("history.who"), t("history.what"), t("history.hub")]}>
        ${[...r.events].reverse().map((e) => html`<tr><td>${showTime(e.at)}</td><td>${who(e)}</td><td><strong>${t(`kind.${e.kind}`)}</strong>${wrote(e, type, record.refs)}</td>
          <td>${showTime(e.received)}: ${t(`verdict.${e.verdict}`)}</td></tr>`)}</${Table}>${r.more && html`<p class="hint">${t("history.more")}</p>`}`}</section>`;
}

/** Opening it stands in the audit. */
export function Record({ id, saved, refresh }) {
  const [record, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const [told, tell] = useState(saved ? "record.saved" : "");
  const [asked, ask] = useState(false);
  const load = () => api("GET", "/api/record", { id }).then(set, (e) => setWrong(e.message));
  useEffect(() => { load(); }, []);
  if (!record) return wrong ? html`<${Title}>${t("record")}</${Title}><${Note} kind="bad"><p>${wrong}</p></${Note}>` : html`<p>${t("loading")}</p>`;
  const type = typeOf(record.type);
  if (!type) return html`<${Title}>${t("record.unknown")}</${Title}>`;
  const act = async (body, words) => {
    setWrong("");
    ask(false);
    try { await api("POST", "/api/put", { id, base: record.version, ...body }); tell(words); refresh(); } catch (e) { setWrong(e.message); }
    await load();
  };
  return html`<div class="head"><${Title}>${nameOf(record) === id.slice(0, 8) ? say(type) : nameOf(record)}</${Title}>
      <div class="acts">${!record.deleted && html`<a class="button main" href=${`#/edit/${id}`}>${t("record.edit")}</a>`}
        <a class="button" href=${`#/list/${record.type}`}>${t("record.list")}</a><button onClick=${() => print()}>${t("print")}</button>
        <button onClick=${() => history.back()}>${t("back")}</button></div></div>
    <p>${say(type)} · ${unitName(record.unit)}</p>
    ${told && html`<${Note} kind="ok"><p>${t(told)}</p></${Note}>`}<${Wrong} text=${wrong} />
    ${record.conflicts > 0 && html`<${Note} kind="warn"><p>${t("hub.record.conflict")}</p><div class="acts"><a class="button" href="#/conflicts">${t("hub.conflicts")}</a></div></${Note}>`}
    ${record.deleted && html`<${Note}><p>${t("record.isdeleted")} ${t("record.why", { reason: reasonName(record.reason) })}</p><div class="acts"><button onClick=${() => act({ action: "restore" }, "record.restored")}>${t("record.restore")}</button></div></${Note}>`}
    <${Note}><p>${t("record.noted")}</p></${Note}><${Values} type=${type} record=${record} />
    ${!record.deleted && html`<${Locks} type=${type} record=${record} put=${act} />`}<${Attachments} id=${id} /><${History} key=${record.version} record=${record} type=${type} />
    ${!record.deleted && html`<${Move} record=${record} type=${type} />`}${type.person && html`<${Subject} id=${id} />`}
    <p class="hint">${t("record.id")} <code>${id}</code> · <a class="link" href=${`#/orders?erase=${id}`}>${t("order.erase.record")}</a></p>
    ${!record.deleted && (asked ? html`<${Deleting} id=${id} type=${type} act=${(body) => act(body, "record.deleted")} cancel=${() => ask(false)} />`
      : html`<div class="acts"><button class="bad" onClick=${() => ask(true)}>${t("record.delete")}</button></div>`)}`;
}
