// Records that move between units: what was offered to us, what we offered, and what crossed on the way.
import { html, t, say, api, showTime, session, useState, useEffect } from "./base.js";
import { Note, Wrong, Title, Input, typeOf, show, Sure } from "./parts.js";

const UNIT = { kind: "unit", name: "unit", required: true };

function Offer({ m, answer }) {
  const [sure, ask] = useState("");
  const [note, setNote] = useState("");
  const incoming = m.direction === "in";
  const open = ["offered", "overdue", "waiting"].includes(m.state);
  const words = incoming ? ["accept", "refuse"] : ["withdraw"];
  return html`<section class="card"><h2>${m.type_label || say(typeOf(m.type))}: ${t(incoming ? "move.from" : "move.to", { unit: incoming ? m.from_name : m.to_name })}</h2>
    <p class=${`state ${open ? "warn" : ""}`}>${t(`move.${m.state}`)}</p>
    <dl class="values"><dt>${t("move.offered")}</dt><dd>${showTime(m.offered)}</dd>
      ${m.answer_by && html`<dt>${t("move.by")}</dt><dd>${showTime(m.answer_by)}</dd>`}
      ${m.note && html`<dt>${t("move.note")}</dt><dd>${m.note}</dd>`}${m.answer && html`<dt>${t("move.answer")}</dt><dd>${m.answer}</dd>`}
      ${!incoming && html`<dt>${t("record")}</dt><dd><a href=${`#/record/${m.id}`}>${m.id.slice(0, 8)}</a></dd>`}</dl>
    ${open && session.role !== "leader" && (sure ? html`<div class="field"><label for=${`n-${m.transfer}`}>${t("move.why")}</label>
        <input id=${`n-${m.transfer}`} value=${note} onInput=${(e) => setNote(e.target.value)} /></div>
      <div class="acts"><${Sure} act=${() => answer(m, sure, note)} cancel=${() => ask("")}>${t(`move.${sure}.sure`)}</${Sure}></div>`
    : html`<div class="acts">${words.map((w) => html`<button class=${w === "accept" ? "main" : ""} onClick=${() => ask(w)}>${t(`move.${w}`)}</button>`)}</div>`)}</section>`;
}

function Crossed({ c, settle }) {
  return html`<section class="card"><h2>${t("crossed.title", { unit: c.unit_name })}</h2><p>${t(`crossed.${c.state}`)}</p>
    <p><a href=${`#/record/${c.id}`}>${t("record")} ${c.id.slice(0, 8)}</a></p>
    <dl class="values">${Object.entries(c.values).map(([k, v]) => html`<dt>${k}</dt><dd>${String(v ?? t("history.cleared"))}</dd>`)}</dl>
    ${c.state === "open" && c.mine && session.role !== "leader" && html`<div class="acts"><button class="main" onClick=${() => settle(c, true)}>${t("crossed.apply")}</button>
      <button onClick=${() => settle(c, false)}>${t("crossed.aside")}</button></div>`}</section>`;
}

export function Moves({ refresh }) {
  const [moves, setMoves] = useState(null);
  const [crossed, setCrossed] = useState([]);
  const [told, tell] = useState(null);
  const load = () => Promise.all([api("GET", "/api/transfers").then((r) => setMoves(r.transfers)), api("GET", "/api/crossed").then((r) => setCrossed(r.crossed))])
    .catch((x) => tell({ bad: true, text: x.message }));
  useEffect(() => { load(); }, []);
  const act = async (path, body, done) => {
    tell(null);
    try {
      await api("POST", path, body);
      tell({ text: t(done) });
      refresh();
    } catch (x) { tell({ bad: true, text: x.message }); }
    await load();
  };
  const list = (direction) => (moves || []).filter((m) => m.direction === direction);
  const part = (direction) => list(direction).length > 0 && html`<section><h2>${t(`move.${direction}`)}</h2>
    ${list(direction).map((m) => html`<${Offer} key=${m.transfer + m.state} m=${m} answer=${(x, answer, note) => act("/api/transfer/answer", { transfer: x.transfer, answer, note }, "move.done")} />`)}</section>`;
  return html`<${Title}>${t("move.title")}</${Title}><p>${t("move.explain")}</p>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${moves && moves.length + crossed.length === 0 && html`<p>${t("move.none")}</p>`}
    ${part("in")}${part("out")}
    ${crossed.length > 0 && html`<section><h2>${t("crossed")}</h2><p>${t("crossed.explain")}</p>
      ${crossed.map((c) => html`<${Crossed} key=${c.ref} c=${c} settle=${(x, apply) => act("/api/settle", { ref: x.ref, apply }, "move.done")} />`)}</section>`}`;
}

/** In a record: offer it to another unit. */
export function MoveAway({ id, done }) {
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  const [wrong, setWrong] = useState("");
  const send = async (e) => {
    e.preventDefault();
    try {
      await api("POST", "/api/transfer", { id, to, note });
      setOpen(false);
      done();
    } catch (x) { setWrong(x.message); }
  };
  if (!open) return html`<button onClick=${() => setOpen(true)}>${t("move.begin")}</button>`;
  return html`<form class="card" onSubmit=${send}><h2>${t("move.begin")}</h2><p>${t("move.begin.why")}</p>
    <${Wrong} text=${wrong} />
    <div class="fields"><div class="field"><label for="move-to">${t("move.unit")}</label>
      <${Input} f=${UNIT} id="move-to" value=${to} describe=${{}} onChange=${setTo} />${to && html`<p class="hint">${show(UNIT, to)} (${to})</p>`}</div>
      <div class="field"><label for="move-note">${t("move.note")}</label><input id="move-note" value=${note} onInput=${(e) => setNote(e.target.value)} /></div></div>
    <div class="acts"><button class="main" disabled=${!to}>${t("move.go")}</button><button type="button" onClick=${() => setOpen(false)}>${t("cancel")}</button></div></form>`;
}

/** In a record of ours: the units that may see or write it too. */
export function Shares({ id, mayWrite, news }) {
  const [rows, set] = useState([]);
  const [open, setOpen] = useState(false);
  const [to, setTo] = useState("");
  const [access, setAccess] = useState("read");
  const [told, tell] = useState(null);
  const load = () => api("GET", "/api/shares", { id }).then((r) => set(r.shares.filter((x) => x.access !== "none")), () => {});
  useEffect(() => { load(); }, [id, news]); // a share holds once the hub has it
  const share = async (unit, how) => {
    tell(null);
    try {
      await api("POST", "/api/share", { id, unit, access: how });
      tell({ text: t("move.done") });
      setOpen(false);
      setTo("");
    } catch (x) { tell({ bad: true, text: x.message }); }
    await load();
  };
  if (rows.length === 0 && !mayWrite) return null;
  return html`<section class="card noprint"><h2>${t("share")}</h2><p class="hint">${t("share.why")}</p>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${rows.length > 0 && html`<ul class="list">${rows.map((x) => html`<li key=${x.unit}>${x.unit_name || x.unit}: ${t(`share.${x.access}`)}
      ${mayWrite && html` <button onClick=${() => share(x.unit, "none")} aria-label=${`${t("share.end")}: ${x.unit_name || x.unit}`}>${t("share.end")}</button>`}</li>`)}</ul>`}
    ${mayWrite && (open ? html`<form onSubmit=${(e) => { e.preventDefault(); share(to, access); }}><div class="fields"><div class="field"><label for="share-to">${t("share.unit")}</label>
        <${Input} f=${UNIT} id="share-to" value=${to} describe=${{}} onChange=${setTo} />${to && html`<p class="hint">${show(UNIT, to)} (${to})</p>`}</div>
      <div class="field"><label for="share-how">${t("share.how")}</label><select id="share-how" value=${access} onChange=${(e) => setAccess(e.target.value)}>
        <option value="read">${t("share.read")}</option><option value="write">${t("share.write")}</option></select></div></div>
      <div class="acts"><button class="main" disabled=${!to}>${t("share.go")}</button><button type="button" onClick=${() => setOpen(false)}>${t("cancel")}</button></div></form>`
    : html`<div class="acts"><button onClick=${() => setOpen(true)}>${t("share.begin")}</button></div>`)}</section>`;
}
