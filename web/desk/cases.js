// What runs out and what does not add up: clocks and checks of the catalogue over this unit's records (docs/cases.md).
import { html, t, say, api, number, showDate, useState, useEffect } from "./base.js";
import { Note, Wrong, Title, typeOf } from "./parts.js";

const TONE = { overdue: "warn", soon: "warn", undated: "warn", running: "", done: "ok", done_late: "warn", done_unknown: "warn" };
const SIGN = { warn: "▲", ok: "●", "": "○" };

function left(r) {
  if (r.left === undefined || r.left === null || r.state.startsWith("done")) return "";
  const days = r.left < 0 ? t("cases.since", { n: number(-r.left) }) : r.left === 0 ? t("due.today") : t("cases.left", { n: number(r.left) });
  return r.guessed ? `${days} (${t("cases.guessed")})` : days;
}

/** What the record is called: its kind, and its name (initials where lists of it show initials). */
const called = (r) => `${say(typeOf(r.type)) || t("record")}${r.title ? `: ${r.title}` : ` ${r.record.slice(0, 8)}`}`;

function Row({ r, unitName }) {
  return html`<tr><td><span class=${`state ${TONE[r.state]}`}>${SIGN[TONE[r.state]]} ${t(`cases.${r.state}`)}</span></td><td>${r.due ? showDate(r.due) : "–"}</td><td>${left(r)}</td>
    <th scope="row">${say(r)}</th>${unitName && html`<td>${unitName(r.unit)}</td>`}<td><a href=${`#/record/${r.record}`}>${called(r)}</a></td></tr>`;
}

/** Rules of the catalogue that do not work: what they say is missing in what is shown. */
export const Failed = ({ rules, words }) => rules.length > 0 && html`<${Note} kind="bad"><p>${t(words)}</p><ul class="list">${rules.map((f) => html`<li>${say(f)}: ${f.why}</li>`)}</ul></${Note}>`;

/** `unitName`: at the district, where rows are of several units. */
export function Cases({ unitName }) {
  const [list, setList] = useState(null);
  const [all, setAll] = useState(false);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    api("GET", "/api/cases", { titles: true, ...(all && { all: true }) }).then(setList, (x) => setWrong(x.message));
  }, [all]);
  const title = t("cases.title");
  const n = list && Object.fromEntries(Object.entries(list.counts).map(([k, v]) => [k, number(v)]));
  const head = ["cases.state", "cases.due", "cases.days", "cases.what", ...(unitName ? ["hub.unit"] : []), "record"];
  return html`<div class="head"><${Title}>${title}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button></div></div><p>${t("cases.why")}</p>
    <${Wrong} text=${wrong} />${!list && !wrong && html`<p>${t("loading")}</p>`}
    ${list && html`<p role="status"><strong>${t("cases.counts", n)}</strong></p>
    <${Failed} rules=${list.failed} words="cases.failed" />
    <div class="checks"><label><input type="checkbox" checked=${all} onChange=${(e) => setAll(e.target.checked)} /> ${t("cases.show")}</label></div>
    ${list.rows.length === 0 ? html`<p>${t("cases.none")}</p>` : html`<div class="tablewrap" tabindex="0" role="region" aria-label=${title}><table><thead><tr>
      ${head.map((k) => html`<th scope="col">${t(k)}</th>`)}</tr></thead><tbody>${list.rows.map((r) => html`<${Row} key=${r.clock + r.record} r=${r} unitName=${unitName} />`)}</tbody></table></div>`}
    ${list.checks.length > 0 && html`<section class="card"><h2>${t("cases.wrong")}</h2><p>${t("cases.wrong.why")}</p><ul class="list">${list.checks.map((c) => html`<li key=${c.check + c.record + (c.field || "")}>${say(c)}:
      <a class="link" href=${`#/record/${c.record}`}>${called(c)}</a>${c.check === "ref_deleted" && html` · <a class="link" href=${`#/record/${c.target}`}>${t("cases.target")}</a>`}</li>`)}</ul></section>`}`}`;
}
