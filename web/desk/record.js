// One record: values, what waits, what is in conflict, its history.
import { html, t, say, api, session, showTime, useState, useEffect } from "./base.js";
import { Files } from "./files.js";
import { ReadersNote } from "./readers.js";
import { MoveAway, Shares } from "./moves.js";
import { Deleting, LostMark, reasonName, reasonWrite } from "./reason.js";
import { LockMark, Locks, lockWrite } from "./lock.js";
import { Note, Wrong, Title, State, owned, typeOf, unitName, show, Sure } from "./parts.js";

/** A name; who saved on another PC is known here by an id only. */
const who = (person) => (/^[0-9a-f]{16}$/.test(person) ? t("person.other", { id: person.slice(0, 8) }) : person);

/** Which list brought it: its file, on this PC, and its day. */
const listOf = (i) => `${t("history.list", { name: i.source || i.id })}${i.as_of ? `, ${t("history.asof", { day: show({ kind: "date" }, i.as_of) })}` : ""}`;

function History({ events, type, refs }) {
  if (!events) return html`<p>${t("loading")}</p>`;
  const what = (w) => {
    const f = type.fields.find((x) => x.name === w.field);
    if (!f) return reasonWrite(w) || lockWrite(w, type);
    const element = w.element ? show({ ...f, kind: "choice" }, w.element) : "";
    return `${say(f)}: ${element ? `${element} ${w.value ? "✓" : "✗"}` : show(f, w.value, refs) || t("history.cleared")}`;
  };
  return html`<section class="card"><h2>${t("history")}</h2><p class="hint">${t("history.why")}</p>
    ${events.length === 0 && html`<p>${t("history.none")}</p>`}
    ${events.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("history")}><table><thead><tr><th scope="col">${t("history.when")}</th><th scope="col">${t("history.who")}</th>
      <th scope="col">${t("history.what")}</th><th scope="col">${t("history.hub")}</th></tr></thead><tbody>
    ${[...events].reverse().map((e) => html`<tr><td>${showTime(e.at)}</td><td>${who(e.person)}</td>
      <td><strong>${t(`kind.${e.kind}`)}</strong>${e.elsewhere ? ` ${t("history.elsewhere")}` : ""}${e.import ? html`<br />${listOf(e.import)}` : ""}${e.writes.map(what).filter(Boolean).map((x) => html`<br />${x}`)}</td>
      <td>${e.delivered ? t("history.has", { verdict: t(`verdict.${e.verdict}`) }) : t("history.waits")}</td></tr>`)}
    </tbody></table></div>`}</section>`;
}

/** The value before the open ones, as far as this PC's own saves tell. */
function baseOf(events, f, heads) {
  const first = heads.map((x) => x.at).sort()[0];
  const before = (events || []).filter((e) => e.at < first).flatMap((e) => e.writes.filter((w) => w.field === f.name).map((w) => ({ ...e, value: w.value })));
  if (before.length > 0) return before[before.length - 1];
  const made = (events || []).find((e) => e.kind === "create" && e.at < first);
  return made && { ...made, value: null }; // it had none when it was made here
}

function Conflict({ f, mark, record, events, settle }) {
  const mayWrite = session.role !== "leader";
  const [chosen, choose] = useState(-1);
  const base = baseOf(events, f, mark.heads);
  return html`<section class="card"><h2>${t("conflict.of", { field: say(f) })}</h2>
    <div class="tablewrap" tabindex="0" role="region" aria-label=${t("conflict.of", { field: say(f) })}><table><thead><tr><th scope="col">${t("conflict.value")}</th><th scope="col">${t("history.who")}</th><th scope="col">${t("history.when")}</th>
      <th scope="col">${t("conflict.where")}</th><td></td></tr></thead><tbody>
    ${!base && html`<tr><td>?</td><td></td><td></td><td>${t("conflict.nobase")}</td><td></td></tr>`}
    ${base && html`<tr><td>${show(f, base.value, record.refs) || t("history.cleared")}</td><td>${base.person}</td><td>${showTime(base.at)}</td><td>${t("conflict.base")}</td><td></td></tr>`}
    ${mark.heads.map((head, i) => html`<tr><th scope="row">${show(f, head.value, {}) || t("history.cleared")}</th><td>${who(head.person)}</td><td>${showTime(head.at)}</td>
      <td>${head.pending ? t("conflict.here") : t("conflict.hub")}</td>
      <td class="acts tight">${!mayWrite ? "" : chosen === i ? html`<${Sure} act=${() => settle(f, head.value)} cancel=${() => choose(-1)}>${t("conflict.confirm")}</${Sure}>`
        : html`<button onClick=${() => choose(i)} aria-label=${`${t("conflict.choose")}: ${show(f, head.value, {})}`}>${t("conflict.choose")}</button>`}</td></tr>`)}
    </tbody></table></div></section>`;
}

function Values({ type, record }) {
  const sections = [...new Set(type.fields.map((f) => f.section))];
  const mark = (f) => {
    const m = record.marks[f.name];
    if (!m) return null;
    return html`<span class="mark">${m.conflict ? `▲ ${t("state.conflict")}` : `○ ${t("state.waiting")}`}</span>`;
  };
  return sections.map((s) => {
    const fields = type.fields.filter((f) => f.section === s && show(f, record.values[f.name], record.refs) !== "");
    if (fields.length === 0) return null;
    return html`<section class="card"><h2>${s}</h2><dl class="values">${fields.map((f) => html`<dt>${say(f)}${f.sealed ? ` ${t("readers.mark")}` : ""}</dt>
      <dd>${f.kind === "ref" ? html`<a href=${`#/record/${record.values[f.name]}`}>${show(f, record.values[f.name], record.refs)}</a>`
        : show(f, record.values[f.name], record.refs)}<${LostMark} record=${record} f=${f} />${mark(f)}<${LockMark} record=${record} f=${f} /></dd>`)}</dl></section>`;
  });
}

export function Record({ id, status, refresh }) {
  const [record, set] = useState(null);
  const [events, setEvents] = useState(null);
  const [wrong, setWrong] = useState("");
  const [asked, ask] = useState(false);
  const [told, tell] = useState(location.hash.endsWith("?saved") ? "record.saved" : "");
  const load = () => Promise.all([api("GET", "/api/record", { id }).then(set, (e) => setWrong(e.message)),
    api("GET", "/api/history", { id }).then((r) => setEvents(r.events), () => setEvents((had) => had || []))]);
  useEffect(() => { load(); }, [status.log.delivered, status.position]);
  const put = async (b, done) => {
    setWrong("");
    try {
      await api("POST", "/api/put", { id, base: record.version, ...b });
      tell(done);
      refresh();
    } catch (e) { setWrong(e.message); }
    ask(false);
    await load();
  };
  if (!record) return wrong ? html`<${Title}>${t("record")}</${Title}><${Note} kind="bad"><p>${wrong}</p></${Note}>` : html`<p>${t("loading")}</p>`;
  const type = typeOf(record.type);
  if (!type) return html`<${Title}>${t("record.unknown")}</${Title}>`;
  const open = type.fields.filter((f) => record.marks[f.name]?.conflict);
  const settle = (f, value) => put({ type: type.name, values: { [f.name]: value }, settle: true }, "conflict.settled");
  const mayWrite = session.role !== "leader" && !record.frozen;
  const mayEdit = mayWrite && !owned(type.name, record.values);
  const existence = record.conflicts > open.length;
  return html`<div class="head"><${Title}>${record.title || Object.values(record.refs).join(" · ") || say(type)}</${Title}>
      <div class="acts">${!record.deleted && mayEdit && html`<a class="button main" href=${`#/edit/${id}`}>${t("record.edit")}</a>`}
        <a class="button" href=${`#/list/${type.name}`}>${t("record.list")}</a>${session.role !== "clerk" && type.fields.some((f) => f.identity) && html`<a class="button" href=${`#/subject/${id}`}>${t("subject.open")}</a>`}<button onClick=${() => print()}>${t("print")}</button></div></div>
    <p>${say(type)} · <${State} record=${record} /></p>
    ${told && html`<${Note} kind="ok"><p>${t(told)}</p></${Note}>`}
    <${Wrong} text=${wrong} />
    ${record.frozen && html`<${Note} kind="warn"><p>${t("record.frozen", { unit: unitName(record.unit) })}</p></${Note}>`}
    ${open.length > 0 && html`<${Note} kind="warn"><p>${t("conflict.why")}</p></${Note}>`}
    ${open.map((f) => html`<${Conflict} key=${f.name} f=${f} mark=${record.marks[f.name]} record=${record} events=${events} settle=${settle} />`)}
    ${existence && html`<${Note} kind="warn"><p>${t("conflict.deleted")} ${t("record.why", { reason: reasonName(record.reason) })}</p>${asked
      ? html`<${Deleting} id=${id} type=${type} known=${record.reason} act=${(b) => put(b, "record.deleted")} cancel=${() => ask(false)} />` : html`<div class="acts">
      <button onClick=${() => put({ action: "restore" }, "record.restored")}>${t("record.keep")}</button>
      <button class="bad" onClick=${() => ask(true)}>${t("record.delete")}</button></div>`}</${Note}>`}
    ${record.deleted && !existence && html`<${Note}><p>${t("record.isdeleted")} ${t("record.why", { reason: reasonName(record.reason) })}</p><div class="acts">
      <button onClick=${() => put({ action: "restore" }, "record.restored")}>${t("record.restore")}</button></div></${Note}>`}
    <${Values} type=${type} record=${record} />
    <${ReadersNote} key=${id} type=${type} record=${record} news=${status.position} />
    ${!record.deleted && type.name !== "attachment" && html`<${Files} id=${id} mayAdd=${mayWrite && !!typeOf("attachment")} news=${`${status.log.delivered} ${status.position} ${status.sync.ended}`} refresh=${refresh} />`}
    ${!record.deleted && mayEdit && html`<${Locks} type=${type} record=${record} put=${put} />`}
    <${History} events=${events} type=${type} refs=${record.refs} />
    ${!record.deleted && html`<${Shares} id=${id} mayWrite=${mayWrite && type.scope === "own" && record.shared === "none"} news=${status.position} />`}
    ${!record.deleted && mayWrite && (asked
      ? html`<${Deleting} id=${id} type=${type} act=${(b) => put(b, "record.deleted")} cancel=${() => ask(false)} />`
      : html`<div class="acts">${mayEdit && html`<${MoveAway} id=${id} done=${() => { tell("move.offered.done"); refresh(); }} />`}<button class="bad" onClick=${() => ask(true)}>${t("record.delete")}</button></div>`)}`;
}
