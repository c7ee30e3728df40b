// Small parts of the hub's and the province's page: a field, a table, a QR code, charts with their tables.
import { html, t, say, lang, session, api, number, saveFile, vietnam, useState } from "../desk/base.js";
import { Note, Wrong, show as showValue, unitName } from "../desk/parts.js";

let ids = 0;
const useId = () => useState(() => `i${(ids += 1)}`)[0];

export function Text({ name, label, hint, ...rest }) {
  const id = useId();
  return html`<div class="field"><label for=${id}>${label}</label>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    <input id=${id} name=${name} aria-describedby=${hint ? `${id}-hint` : undefined} ...${rest} /></div>`;
}

export function Select({ name, label, value, options, onChange }) {
  const id = useId();
  return html`<div class="field"><label for=${id}>${label}</label>
    <select id=${id} name=${name} value=${value} onChange=${(e) => onChange(e.target.value)}>
    ${options.map((o) => html`<option value=${o.value} selected=${o.value === value}>${o.label}</option>`)}</select></div>`;
}

/** Empty what was typed. What was chosen stays, in the page's state and on the screen alike. */
export function clear(form) {
  for (const e of form.elements) if (e.tagName === "TEXTAREA" || (e.tagName === "INPUT" && e.type !== "checkbox")) e.value = "";
}

/** A form that posts what stands in it, and says what came of it. */
export function Sender({ path, extra, done, children, go }) {
  const [told, tell] = useState(null);
  const submit = async (e) => {
    e.preventDefault();
    const form = e.target;
    tell(null);
    try {
      const r = await api("POST", path, { ...Object.fromEntries(new FormData(form)), ...extra });
      clear(form);
      if (done) tell({ text: done });
      go?.(r);
    } catch (x) { tell({ bad: true, text: x.message }); }
  };
  return html`<form onSubmit=${submit}>${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}${children}</form>`;
}

export const Table = ({ label, heads, children }) => html`<div class="tablewrap" tabindex="0" role="region" aria-label=${label}><table>
  <thead><tr>${heads.map((h) => (h === "" ? html`<td></td>` : html`<th scope="col" class=${h.num ? "num" : ""}>${h.num || h}</th>`))}</tr></thead>
  <tbody>${children}</tbody></table></div>`;

/** What a spreadsheet would take for a formula gets an apostrophe, as in the programs' own files. */
const cell = (v) => { const s = String(v ?? ""); return `"${(/^[=+\-@\t\r\n＝＋－＠]/.test(s) ? `'${s}` : s).replace(/"/g, '""')}"`; };

/** A table as a file that Excel opens. `rows()`: lists of texts, the first one the heads. */
export function Csv({ name, rows, label }) {
  const [wrong, setWrong] = useState("");
  const take = async () => {
    setWrong("");
    try {
      const text = (await rows()).map((r) => r.map(cell).join(",")).join("\r\n");
      saveFile(new Blob([`\ufeff${text}\r\n`], { type: "text/csv;charset=utf-8" }), `${name}-${vietnam(Date.now()).toISOString().slice(0, 10)}.csv`);
    } catch (e) { setWrong(e.message); }
  };
  return html`<button onClick=${take} aria-label=${`${t("csv.take")}: ${label}`}>${t("csv.take")}</button><${Wrong} text=${wrong} />`;
}

/** All pages of a list that is asked for backwards, 500 rows at a time. */
export async function allRows(path, query) {
  const rows = [];
  for (let before = 0; ;) {
    const r = await api("GET", path, { ...query, ...(before && { before }) });
    rows.push(...r.rows);
    if (r.rows.length < 500) return rows;
    before = r.rows[r.rows.length - 1].row;
  }
}

/** Values by field name as people read them; `type`: of the catalogue, may be unknown. */
export const Values = ({ type, values }) => html`<dl class="values">${Object.entries(values).map(([name, v]) => {
  const f = type?.fields.find((x) => x.name === name);
  return html`<dt>${f ? say(f) : name === "(existence)" ? t("crossed.existence") : name}</dt><dd>${(f ? showValue(f, v) : String(v ?? "")) || "–"}</dd>`;
})}</dl>`;

/** Rows of 0 and 1 as squares. */
export function Qr({ rows, label }) {
  const n = rows.length;
  if (n === 0) return null;
  const path = rows.flatMap((row, y) => [...row.matchAll(/1+/g)].map((m) => `M${m.index + 4} ${y + 4}h${m[0].length}v1h-${m[0].length}z`)).join("");
  return html`<svg class="qr" viewBox=${`0 0 ${n + 8} ${n + 8}`} role="img" aria-label=${label}><rect width=${n + 8} height=${n + 8} fill="#fff" />
    <path d=${path} fill="#000" /></svg>`;
}

// ---- figures and charts ----

/** A canonical figure ("87.5", "-3", null, "<5") as people read it. */
export function figure(cell) {
  if (!cell || cell.state === "nothing_sent") return t("hub.nothing");
  if (cell.state === "no_base" || cell.value === null) return "–";
  const m = /^(-?)(\d+)(?:\.(\d+))?$/.exec(cell.value);
  if (!m) return cell.value;
  const whole = m[2].replace(/\B(?=(\d{3})+$)/g, lang.now === "en" ? "," : ".");
  return `${m[1]}${whole}${m[3] ? (lang.now === "en" ? "." : ",") + m[3] : ""}`;
}

/** The number behind a figure; NaN where there is none. */
export const plain = (cell) => (cell && cell.state === "figure" && cell.value !== null && /^-?[\d.]+$/.test(cell.value) ? Number(cell.value) : NaN);

/** Round steps from 0 (or below) to over the largest value. */
function scale(values) {
  const known = values.filter((v) => !Number.isNaN(v));
  const high = Math.max(1, ...known);
  const low = Math.min(0, ...known);
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough), high <= 4 ? 1 : 0);
  const from = Math.floor(low / step) * step;
  const steps = [];
  for (let v = from; v < high + step; v += step) steps.push(Math.round(v * 1e6) / 1e6);
  return { steps, from, to: steps[steps.length - 1] };
}

const show = (v) => (Number.isNaN(v) ? "–" : figure({ state: "figure", value: String(Math.round(v * 10) / 10) }));

/** A figure; what can be opened is a link to what is behind it. */
const Value = ({ text, link }) => (link ? html`<a class="figure" href=${link}>${text}</a>` : text);

function DataTable({ caption, head, points, series }) {
  return html`<details><summary>${t("chart.table")}</summary><${Table} label=${caption} heads=${[head, ...series.map((s) => ({ num: s.name }))]}>
    ${points.map((p, i) => html`<tr><th scope="row">${p}</th>${series.map((s) => html`<td class="num"><${Value} text=${s.texts ? s.texts[i] : show(s.values[i])} link=${s.links?.[i]} /></td>`)}</tr>`)}</${Table}></details>`;
}

const H = 240;
/** Charts are drawn as wide as they are shown, so that their letters keep their size. */
const width = () => Math.max(280, Math.min(680, document.documentElement.clientWidth - 72));
const LEFT = 52;
const BOTTOM = 34;

function Grid({ s, y, W }) {
  return s.steps.map((v) => html`<g key=${v}><line class="grid" x1=${LEFT} x2=${W - 8} y1=${y(v)} y2=${y(v)} />
    <text class="tick" x=${LEFT - 8} y=${y(v) + 4} text-anchor="end">${show(v)}</text></g>`);
}

/** Figures over time, with a line for what was aimed at. `series`: [{name, values, texts, kind}]. */
export function LineChart({ title, points, series }) {
  const W = width();
  const s = scale(series.flatMap((x) => x.values));
  const y = (v) => 10 + (H - 10 - BOTTOM) * (1 - (v - s.from) / (s.to - s.from));
  const x = (i) => LEFT + 24 + (points.length === 1 ? (W - LEFT - 56) / 2 : (i * (W - LEFT - 56)) / (points.length - 1));
  const line = (values) => values.map((v, i) => (Number.isNaN(v) ? "" : `${i === 0 || Number.isNaN(values[i - 1]) ? "M" : "L"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`)).join("");
  return html`<figure class="chart"><figcaption>${title}</figcaption>
    <svg viewBox=${`0 0 ${W} ${H}`} role="img" aria-label=${`${title}. ${t("chart.see")}`}><${Grid} s=${s} y=${y} W=${W} />
    ${points.map((p, i) => html`<text class="tick" x=${x(i)} y=${H - 12} text-anchor="middle">${p}</text>`)}
    ${series.map((one) => html`<path class=${`line ${one.kind}`} d=${line(one.values)} />
      ${one.values.map((v, i) => !Number.isNaN(v) && html`<circle class=${`dot ${one.kind}`} cx=${x(i)} cy=${y(v)} r=${one.kind === "aim" ? 3 : 4.5} />`)}`)}</svg>
    <${Legend} series=${series} /><${DataTable} caption=${title} head=${t("hub.period")} points=${points} series=${series} /></figure>`;
}

const Legend = ({ series }) => html`<p class="legend">${series.map((s) => html`<span><svg viewBox="0 0 24 8" aria-hidden="true">
  <line class=${`line ${s.kind}`} x1="0" x2="24" y1="4" y2="4" /></svg> ${s.name}</span>`)}</p>`;

/** One bar per commune, beside what it should be. */
export function BarChart({ title, points, series }) {
  const [have, aim] = series;
  const known = series.flatMap((s) => s.values).filter((v) => !Number.isNaN(v));
  const high = Math.max(1, ...known);
  const low = Math.min(0, ...known);
  const W = width();
  const row = 26;
  const name = W < 500 ? 118 : 190;
  const x = (v) => name + ((v - low) / (high - low)) * (W - name - 80);
  const height = points.length * row + 8;
  return html`<figure class="chart"><figcaption>${title}</figcaption>
    <svg viewBox=${`0 0 ${W} ${height}`} role="img" aria-label=${`${title}. ${t("chart.see")}`}>
    <line class="grid" x1=${x(0)} x2=${x(0)} y1="0" y2=${height} />
    ${points.map((p, i) => {
      const y = i * row + 4;
      const v = have.values[i];
      return html`<g key=${p}><text class="tick" x=${name - 10} y=${y + 15} text-anchor="end">${p}</text>
        ${!Number.isNaN(v) && html`<rect class="bar-have" x=${Math.min(x(0), x(v))} y=${y} width=${Math.max(1, Math.abs(x(v) - x(0)))} height=${row - 8} rx="2" />`}
        <text class="value" x=${(Number.isNaN(v) ? x(0) : Math.max(x(v), x(0))) + 6} y=${y + 15}>${have.texts[i]}</text>
        ${aim && !Number.isNaN(aim.values[i]) && html`<line class="line aim" x1=${x(aim.values[i])} x2=${x(aim.values[i])} y1=${y - 3} y2=${y + row - 5} />`}</g>`;
    })}</svg>${aim && html`<${Legend} series=${[aim]} />`}
    <${DataTable} caption=${title} head=${t("hub.commune")} points=${points} series=${series} /></figure>`;
}

const SPARK = { w: 120, h: 30 };

/** Every commune over all periods, with what was aimed at: a small line beside its figures. `rows`: [{name, values, texts, aims, links}]. */
export function Sparks({ title, points, rows }) {
  const s = scale(rows.flatMap((r) => [...r.values, ...r.aims]));
  const x = (i) => 4 + (points.length === 1 ? (SPARK.w - 8) / 2 : (i * (SPARK.w - 8)) / (points.length - 1));
  const y = (v) => 3 + (SPARK.h - 6) * (1 - (v - s.from) / (s.to - s.from));
  const line = (values) => values.map((v, i) => (Number.isNaN(v) ? "" : `${i === 0 || Number.isNaN(values[i - 1]) ? "M" : "L"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`)).join("");
  const met = (r, i) => !Number.isNaN(r.aims[i]) && !Number.isNaN(r.values[i]) && html`<span class="aim">${t("chart.aim")} ${show(r.aims[i])}</span>`;
  return html`<section><h3>${title}</h3><${Table} label=${title} heads=${[t("hub.commune"), t("chart.course"), ...points.map((p) => ({ num: p }))]}>
    ${rows.map((r) => html`<tr key=${r.name}><th scope="row">${r.name}</th><td><svg class="spark" viewBox=${`0 0 ${SPARK.w} ${SPARK.h}`} aria-hidden="true">
      <path class="line aim" d=${line(r.aims)} /><path class="line have" d=${line(r.values)} />${r.values.map((v, i) => !Number.isNaN(v) && html`<circle class="dot have" cx=${x(i)} cy=${y(v)} r="2.5" />`)}</svg></td>
      ${r.values.map((v, i) => html`<td class=${`num${Number.isNaN(v) ? " nothing" : ""}`}><${Value} text=${r.texts[i]} link=${r.links[i]} />${met(r, i)}</td>`)}</tr>`)}</${Table}></section>`;
}

// ---- periods ----

export { showPeriod } from "../desk/parts.js";

/** Orders periods by the month they end in: 2023-Q1, 2023-6M, 2023-9M, 2023. */
export function periodKey(p) {
  const [year, part] = p.split("-");
  const month = !part ? 12 : part[0] === "Q" ? 3 * Number(part[1]) : parseInt(part, 10);
  return `${year}-${String(month).padStart(2, "0")} ${p}`;
}

/** The month in which a period begins: "2026-Q2" -> "2026-04". */
const beginning = (label) => `${label.slice(0, 4)}-${/-Q/.test(label) ? String(label[6] * 3 - 2).padStart(2, "0") : /^\d{4}-\d\d$/.test(label) ? label.slice(5) : "01"}`;

/** The labels of the periods of a report that lie in these years, newest first; behind them those that have not begun. */
export function periodsOf(report, years) {
  const make = {
    month: (y) => Array.from({ length: 12 }, (_, i) => `${y}-${String(12 - i).padStart(2, "0")}`),
    quarter: (y) => [4, 3, 2, 1].map((q) => `${y}-Q${q}`),
    half: (y) => [`${y}-6M`], nine: (y) => [`${y}-9M`], year: (y) => [String(y)],
  };
  const all = years.flatMap((y) => ["year", "nine", "half", "quarter", "month"].filter((k) => report.periods.includes(k)).flatMap((k) => make[k](y)));
  const now = vietnam(Date.now()).toISOString().slice(0, 7);
  const begun = (label) => beginning(label) <= now;
  return [...all.filter(begun), ...all.filter((label) => !begun(label))];
}

export const reportOf = (reports, id) => reports.find((r) => r.id === id);
export const ago = (stamp) => (stamp ? (Date.now() - new Date(stamp)) / 86400000 : Infinity);
export { number, unitName };
