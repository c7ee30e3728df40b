// Who has sent which report, in time or late: the matrix, and one commune's report with its decision.
import { html, t, say, session, api, showTime, showDate, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue, Sure } from "../desk/parts.js";
import { Select, Table, figure, showPeriod, periodsOf, unitName, reportOf } from "./parts.js";

const shown = (value) => figure({ state: "figure", value: value || null });
const SIGNS = { not_started: "○", draft: "○", submitted: "●", late: "●", returned: "▲", accepted: "✓", locked: "✓", withdrawn: "○" };
const kindOf = (r) => (r.overdue || r.state === "returned" || r.conflict || r.unconfirmed ? "warn" : ["accepted", "locked"].includes(r.state) ? "ok" : "");
const words = (r) => say({ vi: r.state_vi, en: r.state_en });
const lateWords = (r) => (r.overdue ? t("flow.overdue") : r.time === "late" || r.time === "late_unproven" ? say({ vi: r.time_vi, en: r.time_en }) : "");
export const linkTo = (r) => `#/reports/sent?${new URLSearchParams({ report: r.report, period: r.period, unit: r.unit })}`;

const stateText = (r) => `${SIGNS[r.state] || "○"} ${[words(r), r.unconfirmed && t("flow.unconfirmed"), r.other && t("flow.other"), lateWords(r)].filter(Boolean).join(", ")}`;
const State = ({ row }) => html`<span class=${`state ${kindOf(row)}`}>${stateText(row)}</span>`;

/** Units down, reports with their periods across. */
function Matrix({ rows }) {
  const columns = [...new Map(rows.map((r) => [`${r.report} ${r.period}`, r])).values()].sort((a, b) => ((a.due || "9") < (b.due || "9") ? -1 : 1));
  const units = [...new Map(rows.map((r) => [r.unit, r])).values()];
  const cell = (u, c) => rows.find((r) => r.unit === u.unit && r.report === c.report && r.period === c.period);
  return html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("flow.matrix")}><table class="matrix"><thead><tr><th scope="col">${t("hub.commune")}</th>
    ${columns.map((c) => html`<th scope="col">${c.report}<br />${showPeriod(c.period)}${c.due && html`<br /><span class="hint">${t("flow.due", { day: showDate(c.due) })}</span>`}</th>`)}</tr></thead><tbody>
    ${units.map((u) => html`<tr><th scope="row">${u.unit_name}</th>${columns.map((c) => {
      const r = cell(u, c);
      return html`<td>${r ? html`<a href=${linkTo(r)} aria-label=${`${u.unit_name}, ${c.report} ${showPeriod(c.period)}: ${stateText(r)}`}><${State} row=${r} /></a>` : ""}</td>`;
    })}</tr>`)}</tbody></table></div>`;
}

export function Sent() {
  const [answer, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const reports = catalogue.reports.filter((r) => r.level === "commune" && r.periods.some((p) => p !== "adhoc"));
  const [report, setReport] = useState("");
  const [year, setYear] = useState("");
  const [period, setPeriod] = useState("");
  const now = new Date().getFullYear();
  const it = reportOf(reports, report);
  const periods = it && year ? periodsOf(it, [Number(year)]) : [];
  useEffect(() => {
    let live = true;
    setWrong("");
    api("GET", "/api/reports", { ...(report && { report }), ...(period && report && { period }) }).then((r) => { if (live) set(r); }, (e) => live && setWrong(e.message));
    return () => { live = false; };
  }, [report, period]);
  const count = (key, n, kind) => html`<div><dt>${t(key)}</dt><dd class=${n > 0 ? kind : ""}>${number(n)}</dd></div>`;
  const all = { value: "", label: t("filter.all") };
  return html`<div class="head"><${Title}>${t("flow.title")}</${Title}><div class="acts">${session.role === "statistician" && html`<a class="button" href="#/cases">${t("cases.title")}</a>`}<a class="button" href="#/owes">${t("owes.title")}</a>
      <a class="button" href="#/money">${t("money.title")}</a><a class="button" href="#/scores">${t("score.title")}</a></div></div><p>${t("flow.why")}</p>
    <div class="fields filters"><${Select} name="report" label=${t("hub.report")} value=${report} onChange=${(v) => { setReport(v); setPeriod(""); setYear(""); }}
        options=${[all, ...reports.map((r) => ({ value: r.id, label: `${r.id}: ${say(r)}` }))]} />
      ${report && html`<${Select} name="year" label=${t("reports.year")} value=${year} onChange=${(v) => { setYear(v); setPeriod(v ? periodsOf(it, [Number(v)])[0] : ""); }}
        options=${[{ value: "", label: t("flow.now") }, ...Array.from({ length: 12 }, (_, i) => ({ value: String(now - i), label: String(now - i) }))]} />`}
      ${year && html`<${Select} name="period" label=${t("hub.period")} value=${period} onChange=${setPeriod} options=${periods.map((p) => ({ value: p, label: showPeriod(p) }))} />`}</div>
    <${Wrong} text=${wrong} />
    ${answer && html`<dl class="figures">${count("flow.in_time", answer.in_time, "")}${count("flow.late", answer.late + answer.late_unproven, "")}
        ${count("flow.overdue.n", answer.overdue, "bad")}${count("flow.returned", answer.counts.returned || 0, "")}</dl>
      ${answer.rows.length === 0 ? html`<p>${t("flow.none")}</p>` : html`<${Matrix} rows=${answer.rows} />`}`}`;
}

// ---- one report of one commune ----

function Decide({ row, done }) {
  const [asked, ask] = useState("");
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  if (session.role !== "statistician" || !row.version || !["submitted", "late", "accepted", "returned"].includes(row.state)) return null;
  const act = async () => {
    setBusy(true);
    setWrong("");
    const body = { report: row.report, period: row.period, unit: row.unit, version: row.version, ...(asked === "return" && { reason }) };
    try {
      await api("POST", asked === "return" ? "/api/report/return" : "/api/report/accept", body);
      ask("");
      await done();
    } catch (e) { setWrong(e.message); }
    setBusy(false);
  };
  return html`<section class="card"><h2>${t("flow.decide")}</h2>
    <${Wrong} text=${wrong} />
    ${asked === "return" && html`<div class="field"><label for="reason">${t("flow.reason")}</label><p class="hint" id="reason-hint">${t("flow.reason.hint")}</p>
      <textarea id="reason" value=${reason} onInput=${(e) => setReason(e.target.value)} aria-describedby="reason-hint"></textarea></div>`}
    <div class="acts">${asked ? html`<${Sure} off=${busy || (asked === "return" && !reason.trim())} act=${act} cancel=${() => ask("")}>${t(asked === "return" ? "flow.return.sure" : "flow.accept.sure")}</${Sure}>`
      : html`${row.state !== "accepted" && html`<button class="main" onClick=${() => ask("accept")}>${t("flow.accept")}</button>`}
        ${row.state !== "returned" && html`<button onClick=${() => ask("return")}>${t("flow.return")}</button>`}`}</div></section>`;
}

export function OneSent({ report, period, unit }) {
  const [r, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/report/show", { report, period, unit }).then(set, (e) => setWrong(e.message));
  useEffect(() => { load(); }, []);
  const title = `${report}, ${showPeriod(period)}, ${r?.row.unit_name || unitName(unit)}`;
  if (!r) return html`<${Title}>${title}</${Title}>${wrong ? html`<${Note} kind="bad"><p>${wrong}</p></${Note}>` : html`<p>${t("loading")}</p>`}`;
  const row = r.row;
  const behind = (f) => `#/reports/explain?${new URLSearchParams({ report, period, report_unit: unit, line: f.line, unit, ...(!f.total && { value: f.value }) })}`;
  const parts = ["narrative", "difficulties", "proposals", "next_plan", "note"].filter((k) => r.narrative?.[k]);
  const line = (key, value) => value && html`<dt>${t(key)}</dt><dd>${value}</dd>`;
  return html`<div class="head"><${Title}>${title}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button>
      <a class="button" href="#/sent">${t("flow.title")}</a></div></div>
    <section class="card"><dl class="values"><dt>${t("flow.state")}</dt><dd><${State} row=${row} /></dd>
      ${line("flow.dueday", row.due && showDate(row.due))}${line("flow.signed", row.signed_by)}${line("flow.submitted", row.submitted_on && showDate(row.submitted_on))}
      ${line("flow.received", row.received && showTime(row.received))}${row.judged && line("flow.judged", `${t(`flow.${row.judged.verdict}`)}, ${showTime(row.judged.at)}${row.judged.reason ? `: ${row.judged.reason}` : ""}`)}</dl></section>
    ${row.unconfirmed && html`<${Note} kind="warn"><p>${t("flow.unconfirmed.why")}</p></${Note}>`}
    ${row.other ? html`<${Note} kind="warn"><p>${t("flow.other.why")}</p>${session.role === "statistician" && html`<p><a class="link" href=${`#/record/${row.other}`}>${t("flow.other.open")}</a></p>`}</${Note}>`
      : row.conflict && html`<${Note} kind="warn"><p>${t("flow.conflict")}</p></${Note}>`}
    ${r.names?.count > 0 && html`<${Note} kind="warn"><p>${t("flow.names", { n: number(r.names.count), where: r.names.fields.map((k) => t(`flow.text.${k}`)).join("; ") })}</p></${Note}>`}
    <${Decide} row=${row} done=${load} />
    ${r.words === false && html`<p class="hint">${t("flow.quiet")}</p>`}
    ${parts.map((k) => html`<section class="card"><h2>${t(`flow.text.${k}`)}</h2><p class="long">${r.narrative[k]}</p></section>`)}
    ${r.figures?.length > 0 && html`<h2>${t("flow.figures")}</h2>${!r.same && row.version && html`<${Note} kind="warn"><p>${t("flow.differs")}</p></${Note}>`}
      <${Table} label=${t("flow.figures")} heads=${[t("hub.indicator"), { num: t("flow.sent") }, { num: t("flow.hub") }, ""]}>
      ${r.figures.map((f) => html`<tr><th scope="row">${f.line}. ${say({ vi: f.label_vi, en: f.label_en })}${f.value ? `: ${say({ vi: f.value_vi, en: f.value_en })}` : ""}</th>
        <td class="num">${shown(f.sent)}</td><td class="num">${f.hub && session.role === "statistician" ? html`<a class="figure" href=${behind(f)} aria-label=${`${t("flow.hub")}: ${shown(f.hub)}`}>${shown(f.hub)}</a>` : shown(f.hub)}</td><td>${f.differs ? html`<span class="state warn">▲ ${t("pair.differs")}</span>` : ""}</td></tr>`)}</${Table}>`}`;
}
