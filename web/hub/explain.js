// What is behind a figure, and where two issues of a report differ.
import { html, t, say, lang, session, api, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title } from "../desk/parts.js";
import { Table, figure, showPeriod, unitName } from "./parts.js";

const cellLink = (of, c) => `#/reports/explain?${new URLSearchParams({ ...(of.id ? { issue: of.id } : { report: of.report, period: of.period, ...(of.unit !== session.unit && { report_unit: of.unit }) }),
  line: c.line, unit: c.unit, ...(!c.total && { value: c.value }) })}`;

/** One signed save: when, where, who; behind it what finds it in the log. */
const Save = ({ s }) => html`<details class="save"><summary>${s.made ? showTime(s.made) : t("explain.notinlog")} · ${writer(s)}</summary>
  <p class="hint">${t("explain.position", { n: number(s.position) })}${s.received ? ` · ${t("explain.received", { time: showTime(s.received) })}` : ""}</p>
  ${s.log && html`<p class="hint">${t("explain.log", { log: s.log, seq: number(s.seq) })}</p>`}<p class="hint">${t("explain.hash")} <code>${s.hash}</code></p></details>`;

const writer = (s) => `${s.by_hub ? session.unit_name : unitName(s.unit || "")} · ${(s.person || "").slice(0, 8)}`;

const does = (x) => say({ vi: x.does_vi, en: x.does_en });

/** Records of a cell with the change sets that made them what they are. `query`: the request. */
export function Explain({ query }) {
  const [r, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const ask = Object.fromEntries(query);
  useEffect(() => { api("GET", "/api/explain", ask).then(set, (e) => setWrong(e.message)); }, []);
  const more = async () => {
    try {
      const next = await api("GET", "/api/explain", { ...ask, after: r.next });
      set({ ...next, records: [...r.records, ...next.records] });
    } catch (e) { setWrong(e.message); }
  };
  if (!r) return html`<${Title}>${t("explain.title")}</${Title}>${wrong ? html`<${Note} kind="bad"><p>${wrong}</p></${Note}>` : html`<p>${t("loading")}</p>`}`;
  return html`<div class="head"><${Title}>${t("explain.of", { value: shown(r.cell) })}</${Title}><div class="acts"><button onClick=${() => history.back()}>${t("back")}</button></div></div>
    <${Wrong} text=${wrong} />
    <section class="card"><h2>${say({ vi: r.rule.label_vi, en: r.rule.label_en })}</h2><p>${r.of.report} · ${showPeriod(r.of.period)} · ${r.cell.unit_name || r.cell.unit}</p>
      <p>${say({ vi: r.rule.measure_vi, en: r.rule.measure_en })}</p>${r.rule.measured_vi && lang.now === "vi" && html`<p class="hint">${t("explain.unit", { what: r.rule.measured_vi })}</p>`}
      <details><summary>${t("explain.sql")}</summary><pre class="code" lang="en">${r.rule.sql}</pre></details></section>
    ${(r.corrections || []).map((c) => html`<${Note} key=${c.id}><p>${t("explain.correction", { id: c.id.slice(0, 8), unit: unitName(c.unit), before: c.before ?? "*", after: c.after ?? "*" })}</p></${Note}>`)}
    <h2>${t("explain.records", { n: number(r.cell.record_count) })}</h2>
    ${!r.parts && html`<p class="hint">${t("explain.noparts")}</p>`}${r.rest_den > 0 && html`<p>${t("explain.rest", { n: number(r.rest_den) })}</p>`}
    ${r.records.length > 0 && html`<${Table} label=${t("explain.title")} heads=${[t("record"), t("hub.commune"), ...(r.parts ? [t("explain.does")] : []), t("explain.sets"), t("explain.since")]}>
      ${r.records.map((x) => html`<tr key=${x.id}><th scope="row"><a href=${`#/record/${x.id}`}>${x.type_vi} ${x.id.slice(0, 8)}</a></th><td>${unitName(x.unit)}</td>
        ${r.parts && html`<td>${x.den > 0 && x.met === false ? html`<span class="state warn">▲ ${does(x)}</span>` : does(x)}</td>`}<td>${x.sets.map((s) => html`<${Save} key=${s.hash} s=${s} />`)}</td>
        <td>${x.since === "same" ? "" : html`<span class="state warn">▲ ${t(`explain.${x.since}`)}</span>`}</td></tr>`)}</${Table}>`}
    ${r.more && html`<div class="acts"><button onClick=${more}>${t("list.more")}</button></div>`}`;
}

const shown = (x) => (x ? figure({ state: x.state, value: x.text || null }) : "–");

/** Cells that differ: before, after, and the records that made the difference. */
export function Differences({ diff }) {
  const label = (c) => {
    const x = c.a || c.b;
    return `${say({ vi: c.label_vi, en: c.label_en })}${x.value ? `: ${x.value}` : ""}`;
  };
  const cases = session.role === "statistician";
  const value = (of, c) => (c && cases && c.state === "figure" ? html`<a class="figure" href=${cellLink(of, c)} aria-label=${`${of.id ? t("issue.n", { n: of.number }) : t("diff.now")}: ${shown(c)}`}>${shown(c)}</a>` : shown(c));
  const why = (c, k) => c[k]?.count > 0 && html`<details class="save"><summary>${t(`diff.${k}`, { n: number(c[k].count) })}</summary>${c[k].deleted?.map((d) => html`<p>${t("diff.deleted", { reason: say({ vi: d.label_vi, en: d.label_en }), n: number(d.count) })}</p>`)}${c[k].records.map((r) => html`<p>${cases
    ? html`<a class="link" href=${`#/record/${r.id}`}>${t("record")} ${r.id.slice(0, 8)}</a>` : `${t("record")} ${r.id.slice(0, 8)}`}</p>${r.sets?.map((s) => html`<${Save} key=${s.hash} s=${s} />`)}`)}
    ${c[k].count > c[k].records.length && html`<p class="hint">${t("catalogue.more", { n: number(c[k].count - c[k].records.length) })}</p>`}</details>`;
  const other = (c) => c.causes.filter((x) => !["added", "removed", "changed"].includes(x)).map((x) => t(`diff.cause.${x}`)).join("; ");
  if (diff.differing === 0) return html`<p>${t("diff.same")}</p>`;
  return html`<p>${t("diff.n", { n: number(diff.differing), same: number(diff.same) })}</p><${Table} label=${t("diff.title")}
      heads=${[t("hub.indicator"), t("hub.commune"), { num: t("diff.before") }, { num: t("diff.after") }, t("diff.why")]}>
    ${diff.cells.map((c) => html`<tr><th scope="row">${label(c)}</th><td>${(c.a || c.b).unit === session.unit ? t("hub.total") : (c.a || c.b).unit_name || (c.a || c.b).unit}</td>
      <td class="num">${value(diff.a, c.a)}</td><td class="num">${value(diff.b, c.b)}</td>
      <td>${other(c)}${["added", "removed", "changed"].map((k) => why(c, k))}</td></tr>`)}</${Table}>
    ${diff.more && html`<p class="hint">${t("diff.more")}</p>`}`;
}
