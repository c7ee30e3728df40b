// What runs out and what does not add up: clocks and checks of the catalogue over this unit's records (docs/cases.md).
import { html, t, say, api, showDate, useState, useEffect } from "./base.js";
import { Note, Title } from "./parts.js";

const TONE = { overdue: "warn", soon: "warn", undated: "warn", running: "", done: "ok", done_late: "warn" };

function left(r) {
  if (r.left === undefined || r.state === "done" || r.state === "done_late") return "";
  const days = r.left < 0 ? t("cases.since", { n: -r.left }) : t("cases.left", { n: r.left });
  return r.guessed ? `${days} (${t("cases.guessed")})` : days;
}

function Row({ r }) {
  return html`<tr><td><span class=${`state ${TONE[r.state]}`}>${t(`cases.${r.state}`)}</span></td><td>${r.due ? showDate(r.due) : "–"}</td><td>${left(r)}</td>
    <td>${say(r)}</td><td><a href=${`#/record/${r.record}`}>${t("record")} ${r.record.slice(0, 8)}</a></td></tr>`;
}

export function Cases() {
  const [list, setList] = useState(null);
  const [all, setAll] = useState(false);
  const [told, tell] = useState(null);
  useEffect(() => {
    api("GET", `/api/cases${all ? "?all=1" : ""}`).then(setList).catch((x) => tell({ bad: true, text: x.message }));
  }, [all]);
  const title = t("cases.title");
  const table = () => html`<div class="tablewrap" tabindex="0" role="region" aria-label=${title}><table><thead><tr>
      <th>${t("cases.state")}</th><th>${t("cases.due")}</th><th>${t("cases.days")}</th><th>${t("cases.what")}</th><th>${t("record")}</th></tr></thead>
      <tbody>${list.rows.map((r) => html`<${Row} key=${r.clock + r.record} r=${r} />`)}</tbody></table></div>`;
  const wrong = () => html`<section class="card"><h2>${t("cases.wrong")}</h2><ul>${list.checks.map((c) => html`<li key=${c.check + c.record}>${say(c)}:
      <a href=${`#/record/${c.record}`}>${t("record")} ${c.record.slice(0, 8)}</a></li>`)}</ul></section>`;
  return html`<${Title}>${title}</${Title}>${told && html`<${Note} kind="bad"><p>${told.text}</p></${Note}>`}
    ${list && html`<p>${t("cases.counts", list.counts)}</p>`}
    <p><label><input type="checkbox" checked=${all} onChange=${(e) => setAll(e.target.checked)} /> ${t("cases.all")}</label></p>
    ${list && (list.rows.length > 0 ? table() : html`<p>${t("cases.none")}</p>`)}
    ${list && list.checks.length > 0 && wrong()}`;
}
