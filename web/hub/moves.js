// Records that move between units: offers, and writes that crossed a move.
import { html, t, say, api, showTime, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, typeOf, Sure } from "../desk/parts.js";
import { Select, Table, Text, Values, clear, unitName } from "./parts.js";
import { communes } from "./communes.js";

const STATES = { offered: "▲", overdue: "▲", accepted: "✓", refused: "○", withdrawn: "○", void: "○" };
const others = (unit) => communes().filter((u) => u.value !== unit).map((u) => ({ value: u.value, label: u.vi }));
const nameOf = (x) => `${say(typeOf(x.type)) || x.type_label} ${x.id.slice(0, 8)}`;

/** Answered in the name of a unit that does not answer; the reason goes to both. */
function Answer({ x, done }) {
  const [how, ask] = useState("");
  const [wrong, setWrong] = useState("");
  const send = async (e) => {
    e.preventDefault();
    setWrong("");
    try { await api("POST", "/api/transfers", { transfer: x.transfer, answer: how, note: e.target.elements.note.value }); await done(); } catch (y) { setWrong(y.message); }
  };
  if (!how) return html`<div class="acts tight">${["accept", "refuse", "withdraw"].map((a) => html`<button onClick=${() => ask(a)} aria-label=${`${t(`move.${a}`)}: ${nameOf(x)}`}>${t(`move.${a}`)}</button>`)}</div>`;
  return html`<form onSubmit=${send}><${Wrong} text=${wrong} /><${Text} name="note" label=${t("move.note")} autocomplete="off" maxlength="100" />
    <div class="acts tight"><${Sure} cancel=${() => ask("")}>${t(`move.${how}.sure`)}</${Sure}></div></form>`;
}

function Offers() {
  const [rows, set] = useState(null);
  const [which, choose] = useState("open");
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/transfers", which === "all" ? {} : { [which]: true }).then((r) => set(r.transfers), (e) => setWrong(e.message));
  useEffect(() => { load(); }, [which]);
  const waits = (x) => x.state === "offered" || x.state === "overdue";
  return html`<section><h2>${t("move.offers")}</h2><p>${t("move.why")}</p><${Wrong} text=${wrong} />
    <div class="fields filters"><${Select} name="which" label=${t("move.which")} value=${which} onChange=${choose} options=${["open", "overdue", "all"].map((w) => ({ value: w, label: t(`move.which.${w}`) }))} /></div>
    ${rows && rows.length === 0 && html`<p>${t("move.none")}</p>`}
    ${rows && rows.length > 0 && html`<${Table} label=${t("move.offers")} heads=${[t("record"), t("move.from"), t("move.to"), t("move.offered"), t("people.state"), ""]}>
      ${rows.map((x) => html`<tr key=${x.transfer}><th scope="row"><a href=${`#/record/${x.id}`}>${nameOf(x)}</a></th><td>${unitName(x.from)}</td><td>${unitName(x.to)}</td>
        <td>${showTime(x.offered)}${x.note && html`<br /><span class="hint">${x.note}</span>`}</td>
        <td><span class=${`state ${waits(x) ? "warn" : x.state === "accepted" ? "ok" : ""}`}>${STATES[x.state] || "○"} ${t(`move.state.${x.state}`)}</span>
          <br /><span class="hint">${waits(x) ? x.answer_by && t("move.until", { time: showTime(x.answer_by) }) : showTime(x.answered)}${x.answer ? `: ${x.answer}` : ""}</span></td>
        <td>${waits(x) && html`<${Answer} x=${x} done=${load} />`}</td></tr>`)}</${Table}>`}</section>`;
}

/** What a unit wrote before it heard that the record had left. What it says is fetched when asked for. */
function Crossed() {
  const [rows, set] = useState([]);
  const [all, setAll] = useState(false);
  const [shown, show] = useState({});
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/crossed", { brief: true, ...(!all && { open: true }) }).then((r) => set(r.crossed), (e) => setWrong(e.message));
  useEffect(() => { load(); }, [all]);
  const act = async (f) => {
    setWrong("");
    try { await f(); } catch (e) { setWrong(e.message); }
  };
  const look = (x) => act(async () => show({ ...shown, [x.ref]: (await api("GET", "/api/crossed", { ref: x.ref })).crossed[0].values }));
  const settle = (x, apply) => act(async () => { await api("POST", "/api/crossed", { ref: x.ref, apply }); await load(); });
  return html`<section><h2>${t("crossed.title")}</h2><p>${t("crossed.why")}</p><${Wrong} text=${wrong} />
    ${rows.length === 0 && html`<p>${t("crossed.none")}</p>`}
    ${rows.map((x) => html`<section class="card" key=${x.ref}><div class="head"><h3><a href=${`#/record/${x.id}`}>${nameOf(x)}</a></h3>
        <span class=${`state ${x.state === "open" ? "warn" : "ok"}`}>${x.state === "open" ? "▲" : "✓"} ${t(`crossed.${x.state}`)}</span></div>
      <p>${t(x.why === "step" ? "crossed.step" : "crossed.who", { from: unitName(x.unit), to: unitName(x.owner) })}</p>
      ${shown[x.ref] && html`<${Values} type=${typeOf(x.type)} values=${shown[x.ref]} />`}
      <div class="acts">${!shown[x.ref] && html`<button onClick=${() => look(x)} aria-label=${`${t("crossed.look")}: ${nameOf(x)}`}>${t("crossed.look")}</button>`}
        ${x.state === "open" && shown[x.ref] && html`<button class="main" onClick=${() => settle(x, true)}>${t("crossed.apply")}</button><button onClick=${() => settle(x, false)}>${t("crossed.leave")}</button>`}</div></section>`)}
    <div class="acts"><button onClick=${() => setAll(!all)}>${t(all ? "crossed.onlyopen" : "crossed.all")}</button></div></section>`;
}

export function Moves() {
  return html`<div class="head"><${Title}>${t("move.title")}</${Title}><div class="acts"><a class="button" href="#/units">${t("units.title")}</a></div></div>
    <${Offers} /><${Crossed} />`;
}

// ---- from the record's own screen ----

/** Who has the record; to offer it to another unit, or share it. */
export function Move({ record, type }) {
  const [scope, setScope] = useState([]);
  const [to, setTo] = useState("");
  const [access, setAccess] = useState("read");
  const [told, tell] = useState(null);
  const load = () => api("GET", "/api/scope", { id: record.id }).then((r) => setScope(r.units), () => {});
  useEffect(() => { load(); }, []);
  const units = others(record.unit);
  const unit = to || units[0]?.value;
  const act = (path, body, words) => async (e) => {
    e.preventDefault();
    tell(null);
    const note = e.target.elements.note?.value;
    try { await api("POST", path, { id: record.id, ...body, ...(note && { note }) }); clear(e.target); tell({ text: t(words) }); } catch (x) { tell({ bad: true, text: x.message }); }
    await load();
  };
  if (type.scope !== "own" || units.length === 0) return null;
  const choose = html`<${Select} name="unit" label=${t("move.to")} value=${unit} onChange=${setTo} options=${units} />`;
  return html`<details><summary>${t("move.record")}</summary><section class="card">${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${scope.length > 0 && html`<p>${t("move.has", { names: scope.filter((u) => u.left === null).map((u) => `${unitName(u.unit)} (${t(`move.as.${u.as}`)})`).join("; ") })}</p>`}
    <form onSubmit=${act("/api/offer", { to: unit }, "move.sent")}><div class="fields">${choose}<${Text} name="note" label=${t("move.note")} autocomplete="off" maxlength="100" /></div>
      <p class="hint">${t("move.offer.why")}</p><div class="acts"><button>${t("move.offer")}</button></div></form>
    <form onSubmit=${act("/api/share", { unit, access }, "move.shared")}><div class="fields"><${Select} name="with" label=${t("move.share.with")} value=${unit} onChange=${setTo} options=${units} />
      <${Select} name="access" label=${t("move.access")} value=${access} onChange=${setAccess} options=${["read", "write", "none"].map((a) => ({ value: a, label: t(`move.access.${a}`) }))} /></div>
      <div class="acts"><button>${t("move.share")}</button></div></form></section></details>`;
}
