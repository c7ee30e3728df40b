// What the law on personal data asks for: requests and breaches with their clocks, who read what, and
// everything held about one person.
import { html, t, say, session, api, apiFile, saveFile, showDate, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue, Sure } from "../desk/parts.js";
import { Csv, Select, Table, Text, allRows, clear } from "./parts.js";

const LATE = ["overdue", "done_late", "closed_late", "notified_late"];
const WAITS = ["received", "open", "to_notify", "notified"];
const sign = (s) => (LATE.includes(s) || s === "to_notify" ? "▲" : WAITS.includes(s) ? "○" : "✓");
const State = ({ state, words }) => html`<span class=${`state ${LATE.includes(state) || state === "to_notify" ? "warn" : WAITS.includes(state) ? "" : "ok"}`}>${sign(state)} ${words}</span>`;
const iso = (v) => v.trim().split("/").reverse().join("-");
const kindOf = (list, value, label) => say((catalogue.choices[list] || []).find((c) => c.value === value)) || label;

function useRegister(path) {
  const [r, set] = useState(null);
  const [open, setOpen] = useState(true);
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", path, open ? { open: true } : {}).then(set, (e) => setWrong(e.message));
  useEffect(() => { load(); }, [open]);
  const bad = wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`;
  const more = html`<button onClick=${() => setOpen(!open)}>${t(open ? "register.all" : "register.open")}</button>`;
  /** Each entry, for the file: also those that are done. */
  const all = async () => (await api("GET", path)).rows;
  return { r, load, bad, more, all };
}

const left = (n, still, over) => (n === null || n === undefined ? "" : n < 0 ? t(over, { n: number(-n) }) : t(still, { n: number(n) }));

function Requests() {
  const { r, bad, more, all } = useRegister("/api/requests");
  const heads = [t("request.who"), t("request.what"), t("hub.unit"), t("request.received"), t("request.due"), t("request.done"), t("people.state"), t("record.id")];
  const rows = async () => [heads, ...(await all()).map((x) => [x.values.requester, kindOf("request_kind", x.values.kind, x.kind_label), x.unit_name, showDate(x.values.received_on),
    showDate(x.state === "received" && x.answer_by ? x.answer_by : x.due), showDate(x.values.done_on), t(`request.state.${x.state}`), x.id])];
  return html`<section><h2>${t("request.title")}</h2><p>${t("request.why")}</p>${bad}
    ${r && html`<p role="status">${t("register.count", { open: number(r.open), overdue: number(r.overdue) })}</p>`}
    ${r && r.rows.length > 0 && html`<${Table} label=${t("request.title")} heads=${[t("request.who"), t("request.what"), t("request.received"), t("request.due"), t("people.state")]}>
      ${r.rows.map((x) => html`<tr key=${x.id}><th scope="row"><a href=${`#/record/${x.id}`}>${x.values.requester || x.id.slice(0, 8)}</a></th><td>${kindOf("request_kind", x.values.kind, x.kind_label)}<br /><span class="hint">${x.unit_name}</span></td>
        <td>${showDate(x.values.received_on)}</td><td>${x.done ? showDate(x.values.done_on) : html`${showDate(x.state === "received" && x.answer_by ? x.answer_by : x.due)}<br /><span class="hint">${left(x.days_left, "days.left", "days.over")}</span>`}</td>
        <td><${State} state=${x.state} words=${t(`request.state.${x.state}`)} />${x.order_state !== "none" && html`<br /><span class=${["proposed", "approved"].includes(x.order_state) ? "hint" : "state warn"}>${t(`request.order.${x.order_state}`)}</span>`}</td></tr>`)}</${Table}>`}
    <div class="acts"><a class="button" href="#/new/data_request">${t("request.add")}</a>${more}${r && html`<${Csv} name="so-yeu-cau" label=${t("request.title")} rows=${rows} />`}</div></section>`;
}

/** The notice to the authority, noted with its day and hour: that stops the clock. */
function Told({ x, done }) {
  const [asked, ask] = useState(false);
  const [wrong, setWrong] = useState("");
  const send = async (e) => {
    e.preventDefault();
    setWrong("");
    const f = e.target.elements;
    try {
      await api("POST", "/api/breaches", { action: "set", id: x.id, values: { notified_on: f.on.value, notified_at: f.at.value, notified_to: f.to.value, ...(f.late && { late_why: f.late.value }) } });
      await done();
    } catch (y) { setWrong(y.message); }
  };
  if (!asked) return html`<button onClick=${() => ask(true)} aria-label=${`${t("breach.told")}: ${showDate(x.values.detected_on)}`}>${t("breach.told")}</button>`;
  return html`<form onSubmit=${send}><${Wrong} text=${wrong} /><${Text} name="on" label=${t("breach.told.on")} placeholder=${t("date.hint")} autocomplete="off" required />
    <${Text} name="at" label=${t("breach.told.at")} placeholder="16:00" autocomplete="off" required /><${Text} name="to" label=${t("breach.told.to")} autocomplete="off" required />
    ${x.state === "overdue" && html`<${Text} name="late" label=${t("breach.late")} autocomplete="off" required />`}
    <div class="acts tight"><${Sure} cancel=${() => ask(false)}>${t("breach.told.go")}</${Sure}></div></form>`;
}

function AddBreach({ done }) {
  const kinds = (catalogue.choices.breach_kind || []).map((c) => ({ value: c.value, label: say(c) }));
  const [kind, setKind] = useState(kinds[0]?.value || "");
  const [wrong, setWrong] = useState("");
  const send = async (e) => {
    e.preventDefault();
    setWrong("");
    const f = e.target.elements;
    const values = { kind, detected_on: f.on.value, detected_at: f.at.value, people: f.people.value, node: f.node.value, data_kinds: f.data.value };
    try {
      await api("POST", "/api/breaches", { action: "add", values: Object.fromEntries(Object.entries(values).filter(([, v]) => v !== "")) });
      clear(e.target);
      await done();
    } catch (x) { setWrong(x.message); }
  };
  return html`<details><summary>${t("breach.add")}</summary><form class="card" onSubmit=${send}><${Wrong} text=${wrong} /><div class="fields">
      <${Select} name="kind" label=${t("breach.kind")} value=${kind} onChange=${setKind} options=${kinds} />
      <${Text} name="on" label=${t("breach.on")} placeholder=${t("date.hint")} autocomplete="off" required /><${Text} name="at" label=${t("breach.at")} placeholder="08:30" autocomplete="off" />
      <${Text} name="people" label=${t("breach.people")} inputmode="numeric" autocomplete="off" /><${Text} name="node" label=${t("breach.node")} autocomplete="off" />
      <${Text} name="data" label=${t("breach.data")} hint=${t("breach.data.hint")} autocomplete="off" /></div><div class="acts"><button>${t("breach.go")}</button></div></form></details>`;
}

function Breaches() {
  const { r, load, bad, more, all } = useRegister("/api/breaches");
  const open = session.role === "statistician";
  const name = (x) => kindOf("breach_kind", x.values.kind, x.kind_label);
  const heads = [t("breach.kind"), t("hub.unit"), t("breach.found"), t("breach.people"), t("breach.by"), t("breach.told.on"), t("breach.told.to"), t("people.state"), t("record.id")];
  const rows = async () => [heads, ...(await all()).map((x) => [name(x), x.unit_name, `${showDate(x.values.detected_on)} ${x.values.detected_at || ""}`.trim(), x.values.people, x.notify_by ? showTime(x.notify_by) : "",
    `${showDate(x.values.notified_on)} ${x.values.notified_at || ""}`.trim(), x.values.notified_to, t(`breach.state.${x.state}`), x.id])];
  return html`<section><h2>${t("breach.title")}</h2><p>${t("breach.why")}</p>${bad}
    ${r && html`<p role="status">${t("register.count", { open: number(r.open), overdue: number(r.overdue) })}</p>`}
    ${r && r.rows.length > 0 && html`<${Table} label=${t("breach.title")} heads=${[t("breach.kind"), t("breach.found"), { num: t("breach.people") }, t("breach.by"), t("people.state"), ""]}>
      ${r.rows.map((x) => html`<tr key=${x.id}><th scope="row">${open ? html`<a href=${`#/record/${x.id}`}>${name(x)}</a>` : name(x)}<br /><span class="hint">${x.unit_name}</span></th>
        <td>${showDate(x.values.detected_on)} ${x.values.detected_at || ""}</td><td class="num">${x.values.people === undefined ? "–" : number(x.values.people)}</td>
        <td>${x.notify_by ? showTime(x.notify_by) : "–"}<br /><span class="hint">${left(x.hours_left, "hours.left", "hours.over")}</span></td><td><${State} state=${x.state} words=${t(`breach.state.${x.state}`)} /></td>
        <td>${(x.state === "to_notify" || x.state === "overdue") && html`<${Told} x=${x} done=${load} />`}</td></tr>`)}</${Table}>`}
    <${AddBreach} done=${load} /><div class="acts">${more}${r && html`<${Csv} name="so-vi-pham" label=${t("breach.title")} rows=${rows} />`}</div></section>`;
}

// ---- who read what ----

function Reads() {
  const [r, set] = useState(null);
  const [by, setBy] = useState("");
  const [id, setId] = useState("");
  const [wrong, setWrong] = useState("");
  const load = async (before) => {
    setWrong("");
    try {
      const next = await api("GET", "/api/reads", { ...(by && { by }), ...(id && { id }), ...(before && { before }) });
      set((have) => (before ? { ...next, rows: [...have.rows, ...next.rows] } : next));
    } catch (e) { setWrong(e.message); }
  };
  useEffect(() => { load(0); }, []);
  const find = (e) => { e.preventDefault(); load(0); };
  const heads = [t("history.when"), t("audit.who"), t("history.what"), t("hub.reason"), t("reads.class"), t("hub.records")];
  const rows = async () => [heads, ...(await allRows("/api/reads", { ...(by && { by }), ...(id && { id }) }))
    .map((x) => [showTime(x.at), x.user || t("audit.nobody"), say(x), x.reason, x.class, x.count === 1 ? x.records[0] : x.count])];
  return html`<section><h2>${t("reads.title")}</h2><p>${t("reads.why")}</p><${Wrong} text=${wrong} />
    <form onSubmit=${find}><div class="fields filters"><${Text} name="by" label=${t("reads.by")} value=${by} onInput=${(e) => setBy(e.target.value)} autocomplete="off" />
      <${Text} name="id" label=${t("reads.id")} value=${id} onInput=${(e) => setId(e.target.value.trim())} autocomplete="off" /></div><div class="acts"><button>${t("reads.go")}</button></div></form><div class="acts"><${Csv} name="nhat-ky-doc" label=${t("reads.title")} rows=${rows} /></div>
    ${r && html`<p><span class=${`state ${r.whole ? "ok" : "warn"}`}>${r.whole ? "●" : "▲"} ${r.whole ? t("reads.whole", { n: number(r.kept) }) : t("reads.broken", { n: number(r.wrong) })}</span></p>
      ${r.rows.length === 0 ? html`<p>${t("reads.none")}</p>` : html`<${Table} label=${t("reads.title")} heads=${[t("history.when"), t("audit.who"), t("history.what"), t("hub.reason"), { num: t("reads.class") }, { num: t("hub.records") }]}>
        ${r.rows.map((x) => html`<tr key=${x.row}><td>${showTime(x.at)}</td><th scope="row">${x.user || t("audit.nobody")}</th><td>${say(x)}</td><td>${x.reason || "–"}</td><td class="num">${x.class}</td>
          <td class="num">${x.count === 1 ? html`<code>${x.records[0].slice(0, 8)}</code>` : number(x.count)}</td></tr>`)}</${Table}>`}
      ${r.rows.length >= 500 && html`<div class="acts"><button onClick=${() => load(r.rows[r.rows.length - 1].row)}>${t("list.more")}</button></div>`}
      ${r.dropped > 0 && html`<p class="hint">${t("reads.dropped", { n: number(r.dropped), time: showTime(r.dropped_until) })}</p>`}`}</section>`;
}

export function Registers() {
  const cases = session.role === "statistician";
  return html`<div class="head"><${Title}>${t("hub.registers")}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button></div></div>${cases && html`<${Requests} />`}<${Breaches} />${!cases && html`<${Reads} />`}`;
}

// ---- from the record's own screen ----

/** Everything held about the person, as a file for who asked; the act stands in the access log. */
export function Subject({ id }) {
  const [most, setMost] = useState("4");
  const [told, tell] = useState(null);
  const [busy, setBusy] = useState(false);
  const send = async (e) => {
    e.preventDefault();
    const format = e.submitter.value;
    const body = { id, reason: e.target.elements.reason.value, max_class: Number(most), format };
    setBusy(true);
    tell(null);
    try {
      const file = await apiFile("POST", "/api/subject", body);
      saveFile(file, `du-lieu-${id.slice(0, 8)}.${format}`);
      tell({ text: t("subject.done") });
    } catch (x) { tell({ bad: true, text: x.message }); }
    setBusy(false);
  };
  return html`<details><summary>${t("subject.title")}</summary><form class="card" onSubmit=${send}>${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    <p class="hint">${t("subject.why")}</p><div class="fields"><${Text} name="reason" label=${t("subject.reason")} hint=${t("subject.reason.hint")} autocomplete="off" required maxlength="100" />
      <${Select} name="most" label=${t("subject.most")} value=${most} onChange=${setMost} options=${["4", "3", "2"].map((c) => ({ value: c, label: t(`subject.most.${c}`) }))} /></div>
    <div class="acts"><button class="main" value="xlsx" disabled=${busy}>${busy ? t("loading") : t("subject.xlsx")}</button><button value="json" disabled=${busy}>${t("subject.json")}</button></div></form></details>`;
}

/** Pictures and scans that a commune put beside the record. */
export function Attachments({ id }) {
  const [rows, set] = useState([]);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/attachments", { id }).then((r) => set(r.attachments), () => {}); }, []);
  const take = async (a) => {
    setWrong("");
    try {
      const reply = await fetch(`/api/attachment?${new URLSearchParams({ id: a.id, digest: a.digest })}`);
      if (!reply.ok) throw new Error(say(await reply.json().catch(() => null)) || t("error.unknown"));
      const name = /filename="([^"]+)"/.exec(reply.headers.get("Content-Disposition") || "");
      saveFile(await reply.blob(), name ? name[1] : a.digest.slice(0, 8));
    } catch (e) { setWrong(e.message); }
  };
  if (rows.length === 0) return null;
  return html`<section class="card"><h2>${t("attach.title")}</h2><p class="hint">${t("attach.why")}</p><${Wrong} text=${wrong} />
    <${Table} label=${t("attach.title")} heads=${[t("attach.file"), { num: t("attach.size") }, t("attach.at"), ""]}>${rows.map((a, i) => html`<tr key=${a.digest}><th scope="row"><a href=${`#/record/${a.id}`}>${t("attach.one", { n: number(i + 1) })}</a></th>
      <td class="num">${number(Math.ceil(a.bytes / 1024))} kB</td><td>${showTime(a.at)}</td>
      <td>${a.state === "whole" && a.sealed ? html`<span class="hint">${t("attach.sealed")}</span>` : a.state === "whole" ? html`<button onClick=${() => take(a)} aria-label=${`${t("attach.get")}: ${t("attach.one", { n: number(i + 1) })}`}>${t("attach.get")}</button>` : t("attach.part", { n: number(Math.floor((100 * a.here) / a.bytes)) })}</td></tr>`)}</${Table}></section>`;
}
