// Figures of a report as a table; issued files; charts of what was issued.
import { html, t, say, lang, session, number, showTime, useState, useEffect } from "../desk/base.js";
import { figure, plain, showPeriod, periodKey, Select, LineChart, BarChart, Sparks } from "./parts.js";

const KINDS = { xlsx: "kind.file.xlsx", pdf: "kind.file.pdf", docx: "kind.file.docx", csv: "kind.file.csv", xml: "kind.file.adx" };
const ORDER = ["kind.file.pdf", "kind.file.xlsx", "kind.file.docx", "kind.file.csv", "kind.file.json", "kind.file.adx", "kind.file.dhis2",
  "kind.file.registrations", "kind.file.manifest"];

/** The name of the file with the canonical figures. */
export const figuresFile = (i) => `BC_${i.report}_${i.period}_${i.unit}_${i.number}.json`;

function kindOf(issue, name) {
  const end = name.split(".").slice(1);
  if (name === figuresFile(issue)) return "kind.file.json";
  if (end.includes("manifest")) return "kind.file.manifest";
  if (end.includes("registrations")) return "kind.file.registrations";
  if (end.includes("dhis2")) return "kind.file.dhis2";
  return KINDS[end[end.length - 1]] || "kind.file.json";
}

const size = (n) => (n < 10240 ? `${(n / 1024).toFixed(1).replace(".", lang.now === "en" ? "." : ",")} kB` : `${number(Math.round(n / 1024))} kB`);

export async function fetchIssues() {
  const reply = await fetch("/api/v1/issues");
  if (!reply.ok) throw new Error(t("error.unknown"));
  return (await reply.json()).issues;
}

export async function fetchFigures(issue) {
  const reply = await fetch(`/api/v1/issues/${issue.id}/${figuresFile(issue)}?view=1`);
  if (!reply.ok) throw new Error(t("error.unknown"));
  return reply.json();
}

export function Files({ issue }) {
  const files = issue.files.map((f) => ({ ...f, kind: kindOf(issue, f.name) })).sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  const at = (name) => `/api/v1/issues/${issue.id}/${name}`;
  return html`<ul class="files">${files.map((f) => html`<li key=${f.name}><a class="button" href=${at(f.name)} download=${f.name}>${t(f.kind)}</a>
    <span class="hint">${size(f.size)}</span> <a class="link" href=${at(`${f.name}.minisig`)} download=${`${f.name}.minisig`} aria-label=${`${t("file.signature")}: ${t(f.kind)}`}>${t("file.signature")}</a></li>`)}</ul>`;
}

const aim = (x) => `${{ ge: "≥", le: "≤", gt: ">", lt: "<", eq: "=", between: "", ">=": "≥", "<=": "≤" }[x.op] ?? x.op} ${figure({ state: "figure", value: x.value })}${x.value_hi ? ` – ${figure({ state: "figure", value: x.value_hi })}` : ""}`.trim();

/** All lines of a report; `pick(line, row, cell)` makes figures that can be opened. */
export function Figures({ report: r, pick }) {
  const columns = r.lines[0]?.rows[0]?.cells.map((c) => c.unit) || [];
  const name = (code) => (code === r.unit ? t("hub.total") : r.units.find((u) => u.code === code)?.name || code);
  const order = [...columns.filter((c) => c === r.unit), ...columns.filter((c) => c !== r.unit)];
  const target = (line, unit) => r.targets.find((x) => x.line === line.no && x.unit === unit);
  const label = (x) => (lang.now === "en" && x.label_en) || x.label_vi;
  const cell = (line, row, unit) => {
    const c = row.cells.find((x) => x.unit === unit);
    const g = row.total && c.state !== "nothing_sent" && target(line, unit);
    const text = figure(c);
    const open = pick && c.state === "figure";
    return html`<td class=${`num${c.state === "nothing_sent" ? " nothing" : ""}`}>${open
      ? html`<button class="figure" onClick=${() => pick(line, row, c)} aria-label=${`${label(line)}, ${name(unit)}: ${text}`}>${text}</button>` : text}
      ${g && html`<span class=${`aim ${g.status === "met" ? "ok" : g.status === "not_met" ? "warn" : ""}`}>${g.status === "met" ? "✓" : g.status === "not_met" ? "▲" : ""} ${aim(g)}${g.status === "running" ? html`<br />${g.progress ? t("figures.progress", { n: figure({ state: "figure", value: g.progress }) }) : t("figures.running")}` : g.status === "partial" ? html`<br />${t("figures.partial", { n: g.units_sent, of: g.units_of })}` : ""}</span>`}</td>`;
  };
  const title = say({ vi: r.label_vi, en: r.label_en });
  return html`<div class="tablewrap" tabindex="0" role="region" aria-label=${title}><table class="figures-table"><thead><tr><th scope="col">${t("hub.indicator")}</th>
    ${order.map((c) => html`<th scope="col" class="num">${name(c)}</th>`)}</tr></thead><tbody>
    ${r.lines.map((line) => line.rows.map((row, i) => html`<tr key=${`${line.no}-${i}`} class=${i ? "part" : ""}>
      <th scope="row">${i ? label(row) || t("hub.unstated") : html`<span class="no">${line.no}</span> ${label(line)}${line.measure.startsWith("ratio") ? " (%)" : ""}`}</th>${order.map((c) => cell(line, row, c))}</tr>`))}
    </tbody></table></div>
    <p class="hint">${t("figures.legend")}</p>`;
}

/** The newest issue of each period of a report, oldest period first. */
export function series(issues, report) {
  const by = new Map();
  for (const i of issues.filter((x) => x.report === report)) {
    const have = by.get(i.period);
    if (!have || i.number > have.number) by.set(i.period, i);
  }
  return [...by.values()].sort((a, b) => (periodKey(a.period) < periodKey(b.period) ? -1 : 1)).slice(-8);
}

/** Indicators against targets: over time for one unit, and by commune for the newest issue. */
export function Charts({ issues, reports }) {
  const known = reports.filter((r) => issues.some((i) => i.report === r.id));
  const [report, setReport] = useState(known[0]?.id || "");
  const [data, setData] = useState([]);
  const [no, setNo] = useState("");
  const [unit, setUnit] = useState("");
  const [of, setOf] = useState("");
  useEffect(() => {
    let live = true;
    Promise.all(series(issues, report).map(async (i) => ({ ...await fetchFigures(i), issue: i.id }))).then((d) => {
      if (!live) return;
      setData(d);
      const last = d[d.length - 1];
      const aimed = last?.targets[0]?.line ?? last?.lines[0]?.no;
      setNo(String(aimed ?? ""));
      setUnit(last?.unit || "");
      setOf(last?.period || "");
    }, () => {});
    return () => { live = false; };
  }, [report, issues.length]);
  if (known.length === 0) return html`<p class="hint">${t("chart.none")}</p>`;
  const last = data.find((d) => d.period === of) || data[data.length - 1];
  const line = last?.lines.find((l) => String(l.no) === no);
  const name = (r) => `${r.id}: ${say(r)}`;
  const pickers = html`<div class="fields pickers"><${Select} name="report" label=${t("hub.report")} value=${report} onChange=${setReport} options=${known.map((r) => ({ value: r.id, label: name(r) }))} />
    ${last && html`<${Select} name="line" label=${t("hub.indicator")} value=${no} onChange=${setNo}
      options=${last.lines.map((l) => ({ value: String(l.no), label: `${l.no}. ${(lang.now === "en" && l.label_en) || l.label_vi}` }))} />
    <${Select} name="unit" label=${t("chart.unit")} value=${unit} onChange=${setUnit}
      options=${[{ value: last.unit, label: last.unit_name }, ...last.units.map((u) => ({ value: u.code, label: u.name }))]} />
    <${Select} name="of" label=${t("chart.of")} value=${last.period} onChange=${setOf} options=${data.map((d) => ({ value: d.period, label: showPeriod(d.period) }))} />`}</div>`;
  if (!line) return pickers;
  const label = (lang.now === "en" && line.label_en) || line.label_vi;
  const cellOf = (d, code) => d.lines.find((l) => l.indicator === line.indicator)?.rows[0].cells.find((c) => c.unit === code);
  const aimOf = (d, code) => {
    const x = d.targets.find((g) => g.indicator === line.indicator && g.unit === code);
    return x && /^-?[\d.]+$/.test(x.value) ? Number(x.value) : NaN;
  };
  const time = data.map((d) => cellOf(d, unit));
  const aims = data.map((d) => aimOf(d, unit));
  const cells = last.units.map((u) => cellOf(last, u.code));
  const unitAims = last.units.map((u) => aimOf(last, u.code));
  const set = (values, texts, kind, links) => ({ name: t(`chart.${kind}`), values, texts, kind, links });
  const link = (d, code) => (session.role === "statistician" && cellOf(d, code)?.state === "figure" ? `#/reports/explain?${new URLSearchParams({ issue: d.issue,
    line: d.lines.find((l) => l.indicator === line.indicator).no, unit: code })}` : undefined);
  const withAim = (have, want) => (want.some((v) => !Number.isNaN(v)) ? [have, set(want, null, "aim")] : [have]);
  return html`${pickers}<${LineChart} title=${t("chart.time", { what: label })} points=${data.map((d) => d.period)}
      series=${withAim(set(time.map(plain), time.map(figure), "have", data.map((d) => link(d, unit))), aims)} />
    ${last.units.length > 1 && html`<${BarChart} title=${t("chart.communes", { what: label, period: showPeriod(last.period) })} points=${last.units.map((u) => u.name)}
      series=${withAim(set(cells.map(plain), cells.map(figure), "have", last.units.map((u) => link(last, u.code))), unitAims)} />
      ${data.length > 1 && html`<${Sparks} title=${t("chart.all", { what: label })} points=${data.map((d) => d.period)} rows=${last.units.map((u) => {
        const row = data.map((d) => cellOf(d, u.code));
        return { name: u.name, values: row.map(plain), texts: row.map(figure), aims: data.map((d) => aimOf(d, u.code)), links: data.map((d) => link(d, u.code)) };
      })} />`}`}`;
}

export const issueTitle = (i) => t("issue.title", { report: i.report, period: showPeriod(i.period), n: i.number });
export { showTime };
