// What is behind a figure, and where two issues of a report differ.
import { html, t, say, session, api, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Title } from "../desk/parts.js";
import { Table, figure, unitName } from "./parts.js";

const writer = (s) => `${s.by_hub ? session.unit_name : unitName(s.unit || "")} · ${(s.person || "").slice(0, 8)}`;

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
    ${wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`}
    <section class="card"><h2>${say({ vi: r.rule.label_vi, en: r.rule.label_en })}</h2><p>${r.of.report} · ${r.of.period} · ${unitName(r.cell.unit)}</p>
      <p>${say({ vi: r.rule.measure_vi, en: r.rule.measure_en })}</p>${r.rule.words && html`<p class="hint">${r.rule.words}</p>`}
      <details><summary>${t("explain.sql")}</summary><pre class="code">${r.rule.sql}</pre></details></section>
    <h2>${t("explain.records", { n: number(r.cell.record_count) })}</h2>
    ${r.records.length > 0 && html`<${Table} label=${t("explain.title")} heads=${[t("record"), t("hub.commune"), t("explain.sets"), t("explain.since")]}>
      ${r.records.map((x) => html`<tr key=${x.id}><th scope="row"><a href=${`#/record/${x.id}`}>${x.type_vi} ${x.id.slice(0, 8)}</a></th><td>${unitName(x.unit)}</td>
        <td>${x.sets.map((s) => html`<div>${s.made ? showTime(s.made) : ""} · ${writer(s)} · ${t("explain.position", { n: number(s.position) })}</div>`)}</td>
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
  const count = (c, k) => (c[k]?.count ? t(`diff.${k}`, { n: number(c[k].count) }) : "");
  if (diff.differing === 0) return html`<p>${t("diff.same")}</p>`;
  return html`<p>${t("diff.n", { n: number(diff.differing), same: number(diff.same) })}</p><${Table} label=${t("diff.title")}
      heads=${[t("hub.indicator"), t("hub.commune"), { num: t("diff.before") }, { num: t("diff.after") }, t("diff.why")]}>
    ${diff.cells.map((c) => html`<tr><th scope="row">${label(c)}</th><td>${(c.a || c.b).unit === session.unit ? t("hub.total") : unitName((c.a || c.b).unit)}</td>
      <td class="num">${shown(c.a)}</td><td class="num">${shown(c.b)}</td>
      <td>${["added", "removed", "changed"].map((k) => count(c, k)).filter(Boolean).join("; ")}</td></tr>`)}</${Table}>`;
}
