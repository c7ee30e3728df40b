// Who can read what is written here: everybody it concerns, in plain words, and the sealed fields by name.
import { html, t, say, api, session, useState, useEffect } from "./base.js";
import { Note, Title, FILE_KEY, catalogue, unitName, Sure } from "./parts.js";

const isSealed = (type) => type.fields.some((f) => f.sealed);
const nameOf = (r) => (r.state === "self" ? t("readers.self") : r.kind === "officer" ? t("readers.officer", { name: r.name }) : t("readers.pc", { unit: unitName(r.unit) }));
const reads = (r) => r.state === "self" || r.state === "accepted";

/** Who opens what is sealed in a record of this commune, by name; of a shared one the PCs are those of its units. */
function openers(rows, shared) {
  const own = rows.find((r) => r.state === "self");
  const here = rows.filter((r) => reads(r) && (r.kind === "officer" || (!shared && (r.state === "self" || r.unit === own?.unit))));
  return [...(shared ? [t("readers.pcs.shared")] : []), ...here.map(nameOf)].join("; ");
}

/** At a form: one sentence, and by name who reads what is sealed. `record`: when there is one; `news`: asked anew when it changes. */
export function ReadersNote({ type, record, news }) {
  const sealed = isSealed(type) && (type.name !== "attachment" || !!record?.values.sealed_name); // a file is sealed when its record is
  const [rows, set] = useState(null);
  const [given, give] = useState(record ? null : []);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    const asked = [sealed && api("GET", "/api/readers").then((r) => set(r.readers)),
      record && api("GET", "/api/shares", { id: record.id }).then((r) => give(r.shares))];
    Promise.all(asked).then(() => setWrong(""), (x) => setWrong(x.message));
  }, [type.name, record?.id, news]);
  const shared = given?.some((x) => x.access !== "none") || (record && record.shared !== "none");
  const past = given?.filter((x) => x.access === "none").map((x) => x.unit_name) || []; // who had it once
  const who = t(shared ? "readers.who.shared" : "readers.who.own");
  const words = !sealed ? t("readers.open", { who }) : rows && t("readers.sealed", { names: openers(rows, shared), who });
  return html`<p class="hint who">${wrong || (given !== null && words)}${!wrong && past.length > 0 && ` ${t("readers.past", { units: past.join(", ") })}`} <a href="#/readers">${t("readers.title")}</a></p>`;
}

function Reader({ r, act }) {
  const [sure, ask] = useState(false);
  const keeper = session.role === "keeper" && r.state !== "self" && r.state !== "ended";
  const waits = r.state === "waiting";
  return html`<tr><th scope="row">${nameOf(r)}</th><td>${t(`readers.${reads(r) ? "accepted" : r.state}`)}</td><td class="words">${r.words}</td>
    <td>${keeper && (sure ? html`<div class="acts tight"><${Sure} kind=${waits ? "main" : "bad"} act=${() => { ask(false); act(r, waits); }} cancel=${() => ask(false)}>${t(waits ? "readers.accept.sure" : "readers.drop.sure")}</${Sure}></div>`
    : html`<button onClick=${() => ask(true)} aria-label=${`${t(waits ? "readers.accept" : "readers.drop")}: ${nameOf(r)}`}>${t(waits ? "readers.accept" : "readers.drop")}</button>`)}</td></tr>`;
}

const Table = ({ rows, act, label }) => html`<div class="tablewrap" tabindex="0" role="region" aria-label=${label}><table><thead><tr><th scope="col">${t("readers.who")}</th>
  <th scope="col">${t("list.state")}</th><th scope="col">${t("settings.words")}</th><td></td></tr></thead>
  <tbody>${rows.map((r) => html`<${Reader} key=${r.id} r=${r} act=${act} />`)}</tbody></table></div>`;

function Sealed({ rows, act, again, busy }) {
  const types = catalogue.types.filter(isSealed);
  const own = rows.find((r) => r.state === "self");
  const far = (r) => r.kind === "pc" && own && r.unit !== own.unit && r.state !== "accepted";
  const near = rows.filter((r) => !far(r));
  const alone = rows.filter(reads).length < 2;
  return html`<section class="card"><h2>${t("readers.list")}</h2><p>${t("readers.list.why")}</p>
      <details class="more"><summary>${t("readers.fields")}</summary><ul class="list">${types.map((x) => html`<li>${say(x)}: ${x.fields.filter((f) => f.sealed && f.name !== FILE_KEY).map(say).join("; ")}</li>`)}</ul></details>
      ${alone && html`<${Note} kind="warn"><p>${t("readers.alone")}</p></${Note}>`}
      <${Table} rows=${near} act=${act} label=${t("readers.list")} />
      ${rows.some(far) && html`<details class="more"><summary>${t("readers.far")}</summary><p class="hint">${t("readers.far.why")}</p><${Table} rows=${rows.filter(far)} act=${act} label=${t("readers.far")} /></details>`}
      <p>${t("readers.words.why")}</p>
      ${session.role === "keeper" && html`<div class="acts"><button onClick=${again} disabled=${busy}>${t("readers.again")}</button></div><p class="hint">${t("readers.again.why")}</p>`}</section>`;
}

/** The page: records in general, then those in which something is sealed. */
export function Readers({ refresh }) {
  const [rows, set] = useState(null);
  const [told, tell] = useState(null);
  const [busy, setBusy] = useState(false);
  const load = () => api("GET", "/api/readers").then((r) => set(r.readers), (x) => tell({ bad: true, text: x.message }));
  useEffect(() => { load(); }, []);
  const send = async (path, body, done) => {
    tell({ text: t("readers.working") });
    setBusy(true);
    try {
      const r = await api("POST", path, body);
      tell({ text: `${t(done)} ${t("readers.resealed", { n: r.resealed })}${r.closed > 0 ? ` ${t("readers.closed", { n: r.closed })}` : ""}${r.full > 0 ? ` ${t("readers.full", { n: r.full })}` : ""}` });
      refresh();
    } catch (x) { tell({ bad: true, text: x.message }); }
    setBusy(false);
    await load();
  };
  return html`<${Title}>${t("readers.title")}</${Title}>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    <section class="card"><h2>${t("readers.all")}</h2><ul class="list">${["here", "hub", "others", "province"].map((k) => html`<li>${t(`readers.all.${k}`)}</li>`)}</ul></section>
    ${rows && catalogue.types.some(isSealed) && html`<${Sealed} rows=${rows} busy=${busy} act=${(r, accept) => send("/api/reader", { id: r.id, accept }, accept ? "readers.accepted.done" : "readers.dropped.done")}
      again=${() => send("/api/reseal", {}, "readers.again.done")} />`}`;
}
