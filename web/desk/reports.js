// Reports of this commune: what is due, this period's figures, the text, and sending it.
import { html, t, say, lang, api, showDate, showTime, number, session, saveFile, shown, useState, useEffect } from "./base.js";
import { Note, Wrong, Title, Sure } from "./parts.js";
import { Failed } from "./cases.js";
import { OPEN } from "./due.js";
import { useKept } from "./kept.js";

const TEXTS = ["narrative", "difficulties", "proposals", "next_plan"];

const periodOf = (r) => (lang.now === "en" ? r.period : r.period_vi) || r.period;
const label = (r) => (lang.now === "en" && r.label_en ? r.label_en : r.label_vi);
const state = (r) => (lang.now === "en" && r.state_en ? r.state_en : r.state_vi);

function When({ row }) {
  if (!row.due) return html`<span>–</span>`;
  if (!OPEN.includes(row.state)) return html`<span>${showDate(row.due)}</span>`;
  if (row.before) return html`<span>${showDate(row.due)}<br />${t("due.before")}</span>`;
  const text = row.days < 0 ? t("due.over", { n: number(-row.days) }) : row.days === 0 ? t("due.today") : t("due.left", { n: number(row.days) });
  return html`<span>${showDate(row.due)}<br /><span class=${`state ${row.days < 3 ? "warn" : ""}`}>${row.days < 3 ? "▲ " : ""}${text}</span></span>`;
}

function Mark({ row }) {
  const kind = ["returned", "late"].includes(row.state) || (row.overdue && !row.before) || row.unconfirmed || row.other ? "warn" : ["submitted", "accepted", "locked"].includes(row.state) ? "ok" : "";
  return html`<span class=${`state ${kind}`}>${kind === "warn" ? "▲" : kind === "ok" ? "●" : "○"} ${[state(row), row.unconfirmed && t("report.mark.unconfirmed"), row.other && t("report.mark.other")].filter(Boolean).join(", ")}</span>`;
}

const YEARS = 12;
let keptYear = ""; // back from a report, the list is as it was left

export function Reports() {
  const [rows, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const [year, setYear] = useState(keptYear);
  const [toAnswer, setToAnswer] = useState(0);
  useEffect(() => { api("GET", "/api/corrections").then((r) => setToAnswer(r.corrections.filter((c) => c.state === "open").length), () => {}); }, []);
  useEffect(() => {
    let live = true;
    keptYear = year;
    setWrong("");
    set(null); // never the rows of another year
    const days = year ? { from: `${year}-01-01`, to: `${Number(year) + 1}-06-30` } : {}; // what is of a year may be due in the next
    api("GET", "/api/reports", days).then((r) => { if (live) set(r.rows.filter((x) => x.period.startsWith(year))); }, (e) => live && setWrong(e.message));
    return () => { live = false; };
  }, [year]);
  const [lacks, setLacks] = useState([]);
  const calendar = async () => {
    setWrong("");
    try {
      const r = await api("GET", "/api/calendar");
      saveFile(new Blob([r.ics], { type: "text/calendar" }), "dongbo.ics");
      setLacks(r.failed);
    } catch (x) { setWrong(x.message); }
  };
  const now = new Date().getFullYear();
  const open = (rows || []).filter((r) => OPEN.includes(r.state));
  const done = (rows || []).filter((r) => !OPEN.includes(r.state));
  const table = (list, title) => list.length > 0 && html`<section><h2>${title}</h2><div class="tablewrap" tabindex="0" role="region" aria-label=${title}><table><thead><tr>
      <th scope="col">${t("report.name")}</th><th scope="col">${t("report.period")}</th><th scope="col">${t("report.due")}</th><th scope="col">${t("list.state")}</th></tr></thead>
    <tbody>${list.map((r) => html`<tr key=${r.report + r.period}><th scope="row"><a href=${`#/report/${r.report}/${r.period}`}>${label(r)}</a></th>
      <td>${periodOf(r)}</td><td><${When} row=${r} /></td><td><${Mark} row=${r} /></td></tr>`)}</tbody></table></div></section>`;
  return html`<div class="head"><${Title}>${t("reports.title")}</${Title}><div class="acts"><a class="button" href="#/corrections">${t("corrections")}${toAnswer > 0 ? ` (${number(toAnswer)})` : ""}</a><button onClick=${calendar}>${t("reports.calendar")}</button></div></div>
    <p>${t("reports.why")}</p>
    <div class="fields ask"><div class="field"><label for="reports-year">${t("reports.year")}</label><select id="reports-year" value=${year} onChange=${(e) => setYear(e.target.value)}>
      <option value="">${t("reports.now")}</option>${Array.from({ length: YEARS }, (_, i) => String(now - i)).map((y) => html`<option value=${y}>${y}</option>`)}</select></div></div>
    <${Wrong} text=${wrong} /><${Failed} rules=${lacks} words="calendar.failed" />
    ${!rows && !wrong && html`<p>${t("loading")}</p>`}
    ${rows && rows.length === 0 && html`<p>${t(year ? "reports.none.year" : "reports.none")}</p>`}
    ${table(open, t("reports.open"))}${table(done, t("reports.done"))}`;
}

const MET = { yes: "ok", no: "warn", null: "", unclear: "", running: "" };

/** "≥ 90 %", and whether the figure of now reaches it. */
function Target({ of }) {
  if (!of) return "–";
  const per = of.ratio ? " %" : "";
  const words = of.op === "band" ? `${shown(of.value)} – ${shown(of.high)}${per}` : t(`aim.${of.op}`, { n: shown(of.value), base: shown(of.base), per });
  return html`${words}<br /><span class=${`state ${MET[of.met]}`}>${of.met === "yes" ? "● " : of.met === "no" ? "▲ " : ""}${of.progress ? t("met.progress", { n: shown(of.progress) }) : t(`met.${of.met}`)}</span>`;
}

function Figures({ figures, open }) {
  const target = figures.some((f) => f.target);
  const name = (f) => `${label(f)}${f.value_vi ? ` – ${lang.now === "en" && f.value_en ? f.value_en : f.value_vi}` : ""}`;
  return html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("report.figures")}><table><thead><tr><th scope="col">${t("report.line")}</th>
      <th scope="col" class="num">${t("report.now")}</th>${target && html`<th scope="col" class="num">${t("report.target")}</th>`}<th scope="col" class="num">${t("report.sent")}</th></tr></thead><tbody>
    ${figures.map((f) => html`<tr key=${`${f.line} ${f.value}`}><th scope="row">${f.line}. ${name(f)}</th>
      <td class="num">${open && f.hub && f.hub !== "0" ? html`<button class="plain" onClick=${() => open(f)} aria-label=${`${t("report.records")}: ${name(f)}: ${shown(f.hub)}`}>${shown(f.hub)}</button>` : shown(f.hub)}</td>
      ${target && html`<td class="num"><${Target} of=${f.target} /></td>`}
      <td class="num">${shown(f.sent)}${f.sent !== undefined && f.sent !== null && f.differs ? html`<span class="mark">▲ ${t("report.differs")}</span>` : ""}</td></tr>`)}</tbody></table></div>`;
}

function Behind({ figure, records, close }) {
  return html`<section class="card"><h2>${t("report.behind", { name: label(figure) })}</h2>
    ${!records ? html`<p>${t("loading")}</p>` : html`<p>${t("list.count", { n: number(records.total) })}</p><ul class="list">
      ${records.rows.map((r) => html`<li><a class="link" href=${`#/record/${r.id}`}>${r.title || r.id.slice(0, 8)}</a></li>`)}</ul>`}
    <div class="acts"><button onClick=${close}>${t("close")}</button></div></section>`;
}

/** The words go to the district and further: no names of people with sensitive records. */
function Names({ names }) {
  if (names === null || names === undefined) return html`<${Note} kind="warn"><p>${t("report.names.unknown")}</p></${Note}>`;
  if (names.count === 0) return null;
  return html`<${Note} kind="warn"><p><strong>${t("report.names", { n: number(names.count) })}</strong></p><ul class="list">
    ${names.rows.map((r) => html`<li key=${r.id}><a class="link" href=${`#/record/${r.id}`}>${r.title || r.id.slice(0, 8)}</a></li>`)}</ul><p>${t("report.names.why")}</p></${Note}>`;
}

/** What may be done now, and why not. */
function Acts({ row, names, dirty, save, submit, withdraw }) {
  const [sure, ask] = useState("");
  const mayText = session.role !== "leader" && OPEN.includes(row.state);
  const maySubmit = session.role !== "clerk" && ["draft", "returned", "withdrawn"].includes(row.state);
  const mayBack = session.role !== "clerk" && ["submitted", "late"].includes(row.state);
  return html`<div class="acts">${mayText && html`<button onClick=${save} class=${maySubmit ? "" : "main"}>${t("report.save")}</button>`}
    ${maySubmit && (sure === "submit" ? html`<${Sure} act=${() => { ask(""); submit(); }} cancel=${() => ask("")}>${t("report.submit.sure")}</${Sure}>`
      : html`<button class="main" disabled=${dirty} onClick=${() => ask("submit")}>${t("report.submit")}</button>`)}
    ${mayBack && (sure === "back" ? html`<${Sure} kind="bad" act=${() => { ask(""); withdraw(); }} cancel=${() => ask("")}>${t("report.withdraw.sure")}</${Sure}>`
      : html`<button onClick=${() => ask("back")}>${t("report.withdraw")}</button>`)}
    <button onClick=${() => print()}>${t("print")}</button></div>
    ${dirty && maySubmit && html`<p class="hint">${t("report.dirty")}</p>`}
    ${sure === "submit" && html`<${Note}><p>${t("report.submit.why")}</p></${Note}>${names !== null && names.count > 0 && html`<${Note} kind="bad"><p>${t("report.names.submit", { n: number(names.count) })}</p></${Note}>`}`}`;
}

/** A word to the district beside the report, in any state: it changes no figure and opens nothing that was sent. */
function Remark({ note, save }) {
  const [text, set] = useState(note);
  useEffect(() => set(note), [note]);
  return html`<details><summary>${t("report.note.write")}</summary><div class="field"><label for="r-note">${t("report.note")}</label>
    <textarea id="r-note" value=${text} onInput=${(e) => set(e.target.value)}></textarea><p class="hint">${t("report.note.why")}</p></div>
    <div class="acts"><button disabled=${text === note} onClick=${save({ note: text })}>${t("report.note.save")}</button></div></details>`;
}

export function Report({ report, period, refresh }) {
  const [r, set] = useState(null);
  const [typed, setTyped, drop] = useKept(`report-${report}-${period}`, { at: `/report/${report}/${period}`, title: r ? `${label(r.row)}, ${periodOf(r.row)}` : report });
  const [told, tell] = useState(null);
  const [behind, setBehind] = useState(null);
  const texts = Object.fromEntries(TEXTS.map((k) => [k, typed[k] ?? r?.narrative?.[k] ?? ""]));
  const load = async () => {
    try { set(await api("GET", "/api/report", { report, period })); } catch (x) { tell({ bad: true, text: x.message }); }
  };
  useEffect(() => { load(); }, []);
  const act = (path, body, done) => async () => {
    tell(null);
    try {
      await api("POST", path, { report, period, ...body });
      tell({ text: t(done) });
      if (path === "/api/report/draft") drop();
      refresh();
      await load();
    } catch (x) { tell({ bad: true, text: x.message }); }
  };
  const drill = async (f) => {
    setBehind({ figure: f });
    try {
      setBehind({ figure: f, records: await api("GET", "/api/report/records", { report, period, line: f.line, ...(f.total ? { all: true } : { value: f.value }) }) });
    } catch (x) { setBehind(null); tell({ bad: true, text: x.message }); }
  };
  if (!r) return html`<${Title}>${t("reports.title")}</${Title}>${told ? html`<${Note} kind="bad"><p>${told.text}</p></${Note}>` : html`<p>${t("loading")}</p>`}`;
  const row = r.row;
  const dirty = TEXTS.some((k) => (texts[k] || "") !== (r.narrative?.[k] || ""));
  const writable = session.role !== "leader" && OPEN.includes(row.state);
  return html`<div class="head"><${Title}>${label(row)}</${Title}><div class="acts"><a class="button" href="#/reports">${t("reports.title")}</a><button onClick=${() => print()}>${t("print")}</button></div></div>
    <dl class="values"><dt>${t("report.period")}</dt><dd>${periodOf(row)} (${showDate(row.data_from)} – ${showDate(row.data_to)})</dd>
      <dt>${t("settings.unit")}</dt><dd>${row.unit_name}</dd><dt>${t("report.due")}</dt><dd><${When} row=${row} /></dd>
      <dt>${t("list.state")}</dt><dd><${Mark} row=${row} /></dd>
      ${row.submitted_on && html`<dt>${t("report.submitted")}</dt><dd>${showDate(row.submitted_on)}${row.signed_by ? `, ${row.signed_by}` : ""}</dd>`}</dl>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${row.judged && row.judged.verdict === "returned" && html`<${Note} kind="warn"><p>${t("report.returned", { when: showTime(row.judged.at) })}</p><p>${row.judged.reason}</p></${Note}>`}
    ${row.asked && html`<${Note}><p>${t("report.asked")}: ${row.asked.text}</p></${Note}>`}
    ${row.unconfirmed && html`<${Note} kind="warn"><p>${t("report.unconfirmed")}</p></${Note}>`}
    ${row.other ? html`<${Note} kind="warn"><p>${t("report.other")}</p><p><a class="link" href=${`#/record/${row.other}`}>${t("report.other.open")}</a></p></${Note}>`
      : row.conflict && html`<${Note} kind="warn"><p>${t("report.conflict")}</p></${Note}>`}
    <section><h2>${t("report.figures")}</h2><p class="hint">${t("report.figures.why")}</p><${Figures} figures=${r.figures} open=${drill} /></section>
    ${behind && html`<${Behind} ...${behind} close=${() => setBehind(null)} />`}
    <section class="card"><h2>${t("report.text")}</h2>${TEXTS.map((k) => (writable ? html`<div class="field"><label for=${`r-${k}`}>${t(`report.${k}`)}</label>
      <textarea id=${`r-${k}`} value=${texts[k]} onInput=${(e) => { const v = e.target.value; setTyped((now) => ({ ...now, [k]: v })); }}></textarea><p class="pre onpaper">${texts[k] || "–"}</p></div>`
    : html`<h3>${t(`report.${k}`)}</h3><p class="pre">${texts[k] || "–"}</p>`))}
    ${r.narrative?.note && html`<h3>${t("report.note")}</h3><p class="pre">${r.narrative.note}</p>`}
    ${row.state !== "not_started" && session.role !== "leader" && html`<${Remark} note=${r.narrative?.note || ""} save=${(values) => act("/api/report/note", { values }, "report.note.saved")} />`}
    ${OPEN.includes(row.state) && html`<${Names} names=${r.names} />`}
    <${Acts} row=${row} names=${r.names} dirty=${dirty} save=${act("/api/report/draft", { values: texts }, "report.saved")}
      submit=${act("/api/report/submit", {}, "report.sent.done")} withdraw=${act("/api/report/withdraw", {}, "report.withdrawn")} /></section>`;
}
