// The communes' money and scores at the district: settlements approved or returned, sheets appraised and published. What a
// commune wrote stands beside what the district says; neither side can write the other's (docs/cases.md).
import { html, t, say, session, api, toIso, showDate, shown, number, useRef, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue, Sure } from "../desk/parts.js";
import { Select, Table, Text, unitName } from "./parts.js";

const YEARS = 12;
const choice = (list, value) => say((catalogue.choices[list] || []).find((c) => c.value === value)) || value || "–";
const dong = (n) => (n === null || n === undefined ? "–" : number(n));
const may = () => session.role === "statistician";
const years = () => Array.from({ length: YEARS }, (_, i) => String(new Date().getFullYear() + 1 - i)).map((y) => ({ value: y, label: y }));

/** A state: waiting for the district stands out. */
const State = ({ list, value, waits }) => html`<span class=${`state ${waits ? "warn" : ""}`}>${waits ? "▲" : "●"} ${choice(list, value)}</span>`;

/** A step that is asked twice, with a day or a reason. `act(values)` */
function Step({ word, what, day, reason, act }) {
  const [asked, ask] = useState(false);
  const [wrong, setWrong] = useState("");
  const submit = async (e) => {
    e.preventDefault();
    const f = e.target.elements;
    const on = day ? f.on.value.trim() : "";
    setWrong("");
    if (on && !toIso(on)) { setWrong(t("money.day.bad")); return; }
    try { await act({ step: word, ...(on && { on: toIso(on) }), ...(reason && { reason: f.reason.value.trim() }) }); ask(false); } catch (x) { setWrong(x.message); }
  };
  const label = t(`money.${word}`);
  if (!asked) return html`<button onClick=${() => ask(true)} aria-label=${`${label}: ${what}`}>${label}</button>`;
  return html`<form onSubmit=${submit}><${Wrong} text=${wrong} />
    ${day && html`<${Text} name="on" label=${t("money.day")} hint=${t("money.day.hint")} inputmode="numeric" autocomplete="off" />`}
    ${reason && html`<${Text} name="reason" label=${t("hub.reason")} autocomplete="off" required maxlength="300" />`}
    <div class="acts"><${Sure} cancel=${() => ask(false)}>${t(`money.${word}.sure`)}</${Sure}></div></form>`;
}

/** Both sums were written by hand: what does not add up is said. */
const Off = ({ a, s }) => {
  const off = (a.amount || 0) - (s.spent || 0) - (s.returned || 0);
  return off !== 0 && a.amount !== null && s.spent !== null && html` <span class="state warn">▲ ${t("money.off", { n: number(Math.abs(off)) })}</span>`;
};

function Settlement({ a, s, act }) {
  const name = a.printed || choice("budget_model", a.model);
  const what = `${unitName(a.unit)}, ${name}`;
  const id = s ? s.id : a.id;
  return html`<tr><th scope="row">${unitName(a.unit)}</th><td>${may() ? html`<a href=${`#/record/${id}`}>${name}</a>` : name}</td><td class="num">${dong(a.amount)}</td>
    <td class="num">${dong(s?.spent)}</td><td class="num">${dong(s?.returned)}</td><td>${a.settle_due_on ? showDate(a.settle_due_on) : "–"}</td>
    <td>${s ? html`<${State} list="settlement_state" value=${s.state || "none"} waits=${s.state === "submitted"} />${s.late ? html` <span class="state warn">▲ ${t("money.late")}</span>` : ""}
      <${Off} a=${a} s=${s} />${s.return_reason && s.state === "returned" && html`<p class="hint">${s.return_reason}</p>`}` : html`<span class="state">○ ${t("money.unsettled")}</span>`}</td>
    ${may() && html`<td>${s?.state === "submitted" && html`<div class="acts tight"><${Step} word="approve" what=${what} day act=${(v) => act(s.id, v)} />
      <${Step} word="return" what=${what} reason act=${(v) => act(s.id, v)} /></div>`}</td>`}</tr>`;
}

function Estimate({ e, act }) {
  const name = unitName(e.unit);
  return html`<tr><th scope="row">${may() ? html`<a href=${`#/record/${e.id}`}>${name}</a>` : name}</th><td class="num">${dong(e.total)}</td>
    <td><${State} list="estimate_state" value=${e.state || "draft"} waits=${e.state === "sent"} />${e.lines && e.total !== e.lines ? html` <span class="state warn">▲ ${t("money.off", { n: number(Math.abs((e.total || 0) - e.lines)) })}</span>` : ""}</td>
    <td>${e.hdnd_approved_on ? showDate(e.hdnd_approved_on) : "–"}</td><td>${e.sent_to_district_on ? showDate(e.sent_to_district_on) : "–"}</td>
    ${may() && html`<td>${e.state === "sent" && html`<${Step} word="return" what=${name} reason act=${(v) => act(e.id, v)} />`}</td>`}</tr>`;
}

export function Money() {
  const [year, setYear] = useState(String(new Date().getFullYear()));
  const [r, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const now = useRef(year);
  now.current = year;
  const mine = (f) => (x) => { if (now.current === year) f(x); }; // a slow answer of the year before is nobody's
  const load = () => api("GET", "/api/budget", { year }).then(mine((x) => { set(x); setWrong(""); }), mine((e) => setWrong(e.message)));
  useEffect(() => { set(null); load(); }, [year]);
  const act = async (id, values) => { await api("POST", "/api/budget/step", { id, ...values }); await load(); };
  const acts = may() ? [""] : [];
  const sum = (list, f) => list.reduce((n, x) => n + (f(x) || 0), 0);
  const one = (key, n) => html`<div><dt>${t(key)}</dt><dd>${dong(n)}</dd></div>`;
  const rows = r ? r.allocations.flatMap((a) => (a.settlements.length > 0 ? a.settlements.map((s) => [a, s]) : [[a, null]])) : [];
  return html`<div class="head"><${Title}>${t("money.title")}</${Title}><div class="acts">${may() && html`<a class="button main" href="#/new/budget_allocation">${t("money.allocate")}</a>`}<a class="button" href="#/scores">${t("score.title")}</a>
      <button onClick=${() => print()}>${t("print")}</button></div></div><p>${t("money.why")}</p>
    <div class="fields filters"><${Select} name="year" label=${t("year")} value=${year} onChange=${setYear} options=${years()} /></div>
    <${Wrong} text=${wrong} />${!r && !wrong && html`<p>${t("loading")}</p>`}
    ${r && html`<dl class="figures">${one("money.estimated", sum(r.estimates, (e) => e.total))}${one("money.given", sum(r.allocations, (a) => a.amount))}
      ${one("money.spent", sum(r.allocations, (a) => sum(a.settlements, (s) => s.spent)))}</dl>
      <h2>${t("money.allocations")}</h2>
      ${rows.length === 0 ? html`<p>${t("money.noallocation", { year })}</p>` : html`<${Table} label=${t("money.allocations")}
        heads=${[t("hub.commune"), t("money.line"), { num: t("money.amount") }, { num: t("money.used") }, { num: t("money.back") }, t("money.due"), t("list.state"), ...acts]}>
        ${rows.map(([a, s]) => html`<${Settlement} key=${(s || a).id} a=${a} s=${s} act=${act} />`)}</${Table}>`}
      <h2>${t("money.estimates")}</h2>${r.estimates.length === 0 ? html`<p>${t("money.noestimate", { year })}</p>` : html`<${Table} label=${t("money.estimates")}
        heads=${[t("hub.commune"), { num: t("money.total") }, t("list.state"), t("money.council"), t("money.sent"), ...acts]}>
        ${r.estimates.map((e) => html`<${Estimate} key=${e.id} e=${e} act=${act} />`)}</${Table}>`}`}`;
}

// ---- scores ----

const WAITS = ["self_scored", "appraised"]; // for the district to appraise, to publish

export function Scores() {
  const [sheets, set] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/score").then((r) => set(r.sheets), (x) => setWrong(x.message)); }, []);
  return html`<div class="head"><${Title}>${t("score.title")}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button><a class="button" href="#/money">${t("money.title")}</a></div></div><p>${t("score.why")}</p>
    <${Wrong} text=${wrong} />${!sheets && !wrong && html`<p>${t("loading")}</p>`}
    ${sheets && sheets.length === 0 && html`<p>${t("score.none")}</p>`}
    ${sheets && sheets.length > 0 && html`<${Table} label=${t("score.title")} heads=${[t("hub.commune"), t("year"), t("score.scheme"), { num: t("score.own") }, { num: t("score.district") }, t("score.class"), t("list.state")]}>
      ${sheets.map((s) => html`<tr key=${s.id}><th scope="row"><a href=${`#/score/${s.id}`} aria-label=${`${unitName(s.unit)}: ${t("score.of", { year: s.year })}`}>${unitName(s.unit)}</a></th><td>${s.year}</td><td>${s.scheme} ${s.version || ""}</td>
        <td class="num">${shown(s.self_total)}</td><td class="num">${shown(s.district_total)}</td><td>${choice("score_class", s.result_class)}</td>
        <td><${State} list="score_state" value=${s.state} waits=${WAITS.includes(s.state)} /></td></tr>`)}</${Table}>`}`;
}

/** One criterion: what the commune says, the year's figure, and a place for the district's word. */
function Criterion({ line: l, open }) {
  const row = (label, value) => value && html`<dt>${label}</dt><dd>${value}</dd>`;
  return html`<section class="card"><h2>${l.code}. ${say({ vi: l.name_vi, en: l.name_en })}</h2>
    <p class="hint">${t("score.most", { n: shown(l.most) })}${l.method ? ` · ${l.method}` : ""}</p>
    <dl class="values">${l.figure !== undefined && row(t("score.figure", { name: say({ vi: l.figure_vi, en: l.figure_en }) }), shown(l.figure))}${row(t("score.own"), shown(l.self_score))}
      ${row(t("score.why.own"), l.reason)}${row(t("score.proof"), l.evidence)}
      ${!open && row(t("score.district"), html`${shown(l.district_score)}${l.difference && l.difference !== "0" ? html` <span class="state warn">▲ ${t("score.differs", { n: shown(l.difference) })}</span>` : ""}`)}
      ${!open && row(t("score.why.district"), l.district_note)}</dl>
    ${open && l.id && html`<div class="fields"><${Text} name=${`score ${l.code}`} label=${t("score.points", { code: l.code })} inputmode="decimal" autocomplete="off" defaultValue=${(l.district_score || l.self_score || "").replace(".", ",")} />
      <${Text} name=${`note ${l.code}`} label=${t("score.note", { code: l.code })} autocomplete="off" maxlength="300" defaultValue=${l.district_note || ""} /></div>`}</section>`;
}

/** What the form says about the lines, as the API takes it: only what is another word than before. */
function given(sheet, form) {
  const text = (name) => (form.get(name) || "").trim();
  return Object.fromEntries(sheet.lines.filter((l) => l.id).map((l) => [l, text(`score ${l.code}`).replace(",", "."), text(`note ${l.code}`)])
    .filter(([l, score, note]) => score !== (l.district_score || l.self_score || "") || note !== (l.district_note || ""))
    .map(([l, score, note]) => [l.code, { score, note }]));
}

function Appraise({ sheet, send }) {
  const chosen = sheet.appraised_on && sheet.result_class !== sheet.points_class; // by a person, against the points
  const [klass, setClass] = useState(chosen ? sheet.result_class : "");
  const [wrong, setWrong] = useState("");
  const submit = async (e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    const note = form.get("note").trim();
    setWrong("");
    try { await send("/api/score/appraise", { lines: given(sheet, form), note, ...(klass && { class: klass }) }, "score.appraised"); } catch (x) { setWrong(x.message); }
  };
  const classes = [{ value: "", label: t("score.bypoints") }, ...(catalogue.choices.score_class || []).map((c) => ({ value: c.value, label: say(c) }))];
  return html`<form onSubmit=${submit}>${sheet.lines.map((l) => html`<${Criterion} key=${l.code} line=${l} open />`)}
    <section class="card"><h2>${t("score.result")}</h2><div class="fields"><${Select} name="class" label=${t("score.class")} value=${klass} onChange=${setClass} options=${classes} />
      <${Text} name="note" label=${t("score.remark")} hint=${t("score.remark.hint")} autocomplete="off" maxlength="300" defaultValue=${sheet.district_note || ""} /></div>
      <${Wrong} text=${wrong} /><div class="acts"><button class="main">${t("score.appraise")}</button></div></section></form>`;
}

export function Score({ id }) {
  const [sheet, set] = useState(null);
  const [told, tell] = useState(null);
  const [again, setAgain] = useState(false); // an appraised sheet is appraised anew: it cannot be published meanwhile
  const load = () => api("GET", "/api/score", { id }).then(set, (x) => tell({ bad: true, text: x.message }));
  useEffect(() => { load(); }, []);
  const send = async (path, body, words) => {
    tell(null);
    await api("POST", path, { id, ...body });
    await load();
    setAgain(false);
    tell({ text: t(words) });
    scrollTo(0, 0);
  };
  if (!sheet) return html`<${Title}>${t("score.title")}</${Title}>${told ? html`<${Note} kind="bad"><p>${told.text}</p></${Note}>` : html`<p>${t("loading")}</p>`}`;
  const title = `${unitName(sheet.unit)}: ${t("score.of", { year: sheet.year })}`;
  const open = may() && (sheet.state === "self_scored" || (sheet.state === "appraised" && again));
  const step = (words) => (values) => send("/api/score/step", values, words);
  return html`<div class="head"><${Title}>${title}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button><a class="button" href="#/scores">${t("score.title")}</a></div></div>
    ${sheet.scheme === "DEMO" && html`<${Note} kind="warn"><p>${t("score.demo")}</p></${Note}>`}
    <p>${say({ vi: sheet.label_vi, en: sheet.label_en })} · <${State} list="score_state" value=${sheet.state} waits=${WAITS.includes(sheet.state)} /></p>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    <dl class="figures"><div><dt>${t("score.own")} / ${shown(sheet.most)}</dt><dd>${shown(sheet.self_total || sheet.self_sum)}</dd></div>
      ${sheet.appraised_on && html`<div><dt>${t("score.district")}</dt><dd>${shown(sheet.district_total)}</dd></div><div><dt>${t("score.class")}</dt><dd>${choice("score_class", sheet.result_class)}</dd></div>`}</dl>
    ${sheet.published_on && html`<p>${t("score.published", { day: showDate(sheet.published_on) })}</p>`}${sheet.same === false && html`<${Note} kind="warn"><p>${t("score.changed")}</p></${Note}>`}
    ${sheet.district_note && !open && html`<p>${t("score.why.district")}: ${sheet.district_note}</p>`}
    ${may() && sheet.state === "appraised" && !again && html`<section class="card"><h2>${t("score.publish.title")}</h2><p class="hint">${t("score.publish.why")}</p><${Step} word="publish" what=${title} day act=${step("score.done")} />
      <div class="acts"><button onClick=${() => setAgain(true)}>${t("score.again")}</button></div></section>`}
    ${open ? html`<${Appraise} key=${sheet.state + sheet.district_total} sheet=${sheet} send=${send} />` : sheet.lines.map((l) => html`<${Criterion} key=${l.code} line=${l} />`)}
    ${may() && sheet.state === "self_scored" && html`<section class="card"><h2>${t("score.back.title")}</h2><${Step} word="return" what=${title} reason act=${step("score.returned")} /></section>`}`;
}
