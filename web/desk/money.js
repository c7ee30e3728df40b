// The year's money: estimates with their lines, allocations, settlements; each sum beside what was written (docs/cases.md).
import { html, t, say, api, session, toIso, showDate, number, useState, useEffect } from "./base.js";
import { Note, Title, typeOf, catalogue, Sure } from "./parts.js";

const LINES = ["line_activity", "line_allowance", "line_uniform", "line_propaganda", "line_training", "line_point", "line_support", "line_other"];
const YEARS = 12;
const TYPES = ["budget_estimate", "budget_allocation", "allocation_line", "budget_settlement"];
let keptYear = 0; // back from a record, the page is as it was left

const label = (type, name) => say(typeOf(type)?.fields.find((f) => f.name === name)) || name;
const choice = (list, value) => say((catalogue.choices[list] || []).find((c) => c.value === value)) || value || "–";
const dong = (n) => (n === null || n === undefined ? "–" : number(n));
const mayWrite = () => session.role !== "leader";
const maySign = () => session.role !== "clerk";

/** Where the way stands: all states in a row, the one of now marked. */
function Way({ list, states, now }) {
  const way = states.includes(now) ? states : [...states, now];
  return html`<ol class="way">${way.map((s) => html`<li class=${s === now ? "now" : ""} aria-current=${s === now ? "step" : undefined}>${choice(list, s)}</li>`)}</ol>`;
}

/** Asked twice: a step is signed and goes to the district. */
function Step({ word, says = word, name, day, act }) {
  const [asked, ask] = useState(false);
  const [on, setOn] = useState("");
  const id = `on-${word}-${name}`;
  const good = !on.trim() || toIso(on.trim());
  if (!asked) return html`<button onClick=${() => ask(true)}>${t(`money.${says}`)}</button>`;
  return html`<form class="ask" onSubmit=${(e) => { e.preventDefault(); ask(false); act(word, toIso(on.trim())); }}>
    ${day && html`<div class="field"><label for=${id}>${t("money.day")}</label><input id=${id} value=${on} onInput=${(e) => setOn(e.target.value)} inputmode="numeric"
      placeholder=${t("date.hint")} aria-describedby=${`${id}-hint`} /><p class="hint" id=${`${id}-hint`}>${t(good ? "money.day.hint" : "money.day.bad")}</p></div>`}
    <div class="acts"><${Sure} off=${!good} cancel=${() => ask(false)}>${t(`money.${says}.sure`)}</${Sure}></div></form>`;
}

/** What was written must be what the lines add up to. */
function Sum({ written, counted, words }) {
  if (written === null || written === undefined || counted === null || counted === undefined || written === counted) return null;
  return html`<${Note} kind="warn"><p>${t(words, { written: number(written), counted: number(counted), off: number(Math.abs(written - counted)) })}</p></${Note}>`;
}

function Table({ title, rows, total }) {
  return html`<div class="tablewrap" tabindex="0" role="region" aria-label=${title}><table><thead><tr><th scope="col">${t("money.line")}</th><th scope="col" class="num">${t("money.dong")}</th></tr></thead>
    <tbody>${rows.map(([name, amount]) => html`<tr><th scope="row">${name}</th><td class="num">${dong(amount)}</td></tr>`)}</tbody>
    <tfoot><tr><th scope="row">${t("money.total")}</th><td class="num">${dong(total)}</td></tr></tfoot></table></div>`;
}

function Estimate({ e, act }) {
  const title = t("money.estimate", { year: e.year });
  const rows = LINES.filter((k) => e[k]).map((k) => [label("budget_estimate", k), e[k]]);
  const step = (word, day) => html`<${Step} key=${word} word=${word} name=${e.id} day=${day} act=${(w, on) => act(e.id, w, on)} />`;
  return html`<section class="card"><h2>${title}</h2><${Way} list="estimate_state" states=${["draft", "submitted", "approved", "sent"]} now=${e.state || "draft"} />
    ${rows.length > 0 ? html`<${Table} title=${title} rows=${rows} total=${e.total} />` : html`<p>${t("money.nolines")} ${t("money.total")}: ${dong(e.total)}</p>`}
    <${Sum} written=${e.total} counted=${e.lines} words="money.off.estimate" />
    <dl class="values">${[["submitted_on", e.submitted_on], ["hdnd_approved_on", e.hdnd_approved_on], ["sent_to_district_on", e.sent_to_district_on]].filter(([, v]) => v)
      .map(([k, v]) => html`<dt>${label("budget_estimate", k)}</dt><dd>${showDate(v)}</dd>`)}</dl>
    <div class="acts">${(!e.state || e.state === "draft") && mayWrite() && html`<a class="button" href=${`#/edit/${e.id}`}>${t("money.edit")}</a>`}
      ${(!e.state || e.state === "draft") && step("submit", true)}${e.state === "submitted" && maySign() && step("approve", true)}${e.state === "submitted" && step("back")}
      ${e.state === "approved" && step("send", true)}${e.state === "returned" && step("back")}
      <a class="button" href=${`#/record/${e.id}`}>${t("money.record")}</a></div></section>`;
}

function Settlement({ s, a, act }) {
  const open = !s.state || s.state === "none" || s.state === "returned";
  const step = (word, day) => html`<${Step} key=${word} word=${word} says=${word === "submit" ? "hand" : word} name=${s.id} day=${day} act=${(w, on) => act(s.id, w, on)} />`;
  const line = (k, v) => v !== null && v !== undefined && html`<dt>${label("budget_settlement", k)}</dt><dd>${v}</dd>`;
  return html`<h3>${t("money.settlement")}</h3><${Way} list="settlement_state" states=${["none", "submitted", "approved"]} now=${s.state || "none"} />
    <dl class="values">${line("spent", dong(s.spent))}${line("returned", dong(s.returned))}<dt>${t("money.settled")}</dt><dd>${t("money.of", { sum: dong((s.spent || 0) + (s.returned || 0)), all: dong(a.amount) })}</dd>
      ${line("due_on", s.due && showDate(s.due))}${line("submitted_on", s.submitted_on && html`${showDate(s.submitted_on)}${s.late ? html`<span class="mark">▲ ${t("money.late")}</span>` : ""}`)}
      ${line("approved_on", s.approved_on && showDate(s.approved_on))}${s.return_reason && line("return_reason", s.return_reason)}</dl>
    <${Sum} written=${a.amount} counted=${(s.spent || 0) + (s.returned || 0)} words="money.off.settlement" />
    <div class="acts">${open && mayWrite() && html`<a class="button" href=${`#/edit/${s.id}`}>${t("money.edit")}</a>`}${open && maySign() && step("submit", true)}
      ${s.state === "submitted" && maySign() && step("back")}<a class="button" href=${`#/record/${s.id}`}>${t("money.record")}</a></div>`;
}

function Allocation({ a, act }) {
  const name = a.printed || choice("budget_model", a.model);
  const line = (k, v) => v && html`<dt>${label("budget_allocation", k)}</dt><dd>${v}</dd>`;
  return html`<section class="card"><h2>${name}</h2><dl class="values">${line("model", a.printed && choice("budget_model", a.model) !== name && choice("budget_model", a.model))}${line("amount", dong(a.amount))}
      ${line("decided_no", a.decided_no)}${line("decided_on", showDate(a.decided_on))}${line("drawn_on", showDate(a.drawn_on))}${line("settle_due_on", showDate(a.settle_due_on))}</dl>
    ${a.lines.length > 0 && html`<${Table} title=${`${t("money.parts")}: ${name}`} rows=${a.lines.map((l) => [l.printed || choice("budget_model", l.model), l.amount])} total=${a.lines_sum} />
      <${Sum} written=${a.amount} counted=${a.lines_sum} words="money.off.allocation" />`}
    ${a.settlements.map((s) => html`<${Settlement} key=${s.id} s=${s} a=${a} act=${act} />`)}
    ${a.settlements.length === 0 && html`<p>${t("money.unsettled")}</p>${mayWrite() && html`<div class="acts">
      <a class="button" href=${`#/new/budget_settlement?${new URLSearchParams({ allocation: a.id, "allocation.title": name, state: "none" })}`}>${t("money.settle")}</a></div>`}`}</section>`;
}

/** Checks of the catalogue that these records fail. */
function Findings({ rows }) {
  if (rows.length === 0) return null;
  return html`<${Note} kind="warn"><p>${t("money.findings")}</p><ul class="list">${rows.map((c) => html`<li key=${c.check + c.record}><a class="link" href=${`#/record/${c.record}`}>${say(c)}</a></li>`)}</ul></${Note}>`;
}

export function Money({ refresh }) {
  const now = new Date().getFullYear();
  const [year, setYear] = useState(keptYear || now);
  const [r, set] = useState(null);
  const [checks, setChecks] = useState([]);
  const [told, tell] = useState(null);
  const load = () => Promise.all([api("GET", "/api/budget", { year }).then(set),
    api("GET", "/api/cases").then((x) => setChecks(x.checks.filter((c) => TYPES.includes(c.type))))]).catch((x) => tell({ bad: true, text: x.message }));
  useEffect(() => { keptYear = year; set(null); load(); }, [year]);
  const act = async (id, step, on) => {
    tell(null);
    try {
      await api("POST", "/api/budget/step", { id, step, ...(on && { on }) });
      tell({ text: t("money.done") });
      refresh();
    } catch (x) { tell({ bad: true, text: x.message }); }
    await load();
  };
  const given = r ? r.allocations.reduce((n, a) => n + (a.amount || 0), 0) : 0;
  const spent = r ? r.allocations.reduce((n, a) => n + a.settlements.reduce((m, s) => m + (s.spent || 0), 0), 0) : 0;
  const figure = (key, n) => html`<div><dt>${t(key)}</dt><dd>${dong(n)}</dd></div>`;
  return html`<div class="head"><${Title}>${t("money.title")}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button></div></div><p>${t("money.why")}</p>
    <div class="fields ask"><div class="field"><label for="money-year">${t("year")}</label><select id="money-year" value=${year} onChange=${(e) => setYear(Number(e.target.value))}>
      ${Array.from({ length: YEARS }, (_, i) => now + 1 - i).map((y) => html`<option value=${y}>${y}</option>`)}</select></div></div>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${!r && !told && html`<p>${t("loading")}</p>`}
    ${r && html`<${Findings} rows=${checks} /><dl class="figures">${figure("money.estimated", r.estimates.reduce((n, e) => n + (e.total || 0), 0))}${figure("money.given", given)}${figure("money.spent", spent)}</dl>
      ${r.estimates.length === 0 && html`<p>${t("money.noestimate", { year })}</p>`}
      ${r.estimates.map((e) => html`<${Estimate} key=${e.id + e.state} e=${e} act=${act} />`)}
      ${mayWrite() && r.estimates.length === 0 && html`<div class="acts"><a class="button" href=${`#/new/budget_estimate?year=${year}&state=draft`}>${t("money.begin")}</a></div>`}
      <h2>${t("money.allocations")}</h2>${r.allocations.length === 0 && html`<p>${t("money.noallocation", { year })}</p>`}
      ${r.allocations.map((a) => html`<${Allocation} key=${a.id} a=${a} act=${act} />`)}`}`;
}
