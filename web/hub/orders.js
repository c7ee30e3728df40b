// What nobody may do alone: officers with keys of their own, erasure, reopening a period, confirming a restore. Keys are opened
// here in the browser; the hub gets signatures only.
import { html, t, say, api, session, saveFile, fromBase64, number, showTime, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, typeOf, Sure } from "../desk/parts.js";
import { Text, Table, clear, unitName, showPeriod } from "./parts.js";
import { PASSPHRASE_MIN, canSign, hex, makeKey, openKey, unhex } from "./officer.js";

const ROLES = [["erase", 1], ["reopen", 2], ["restore", 4], ["keys", 8]];
const FREE = 2; // officers who are recorded without the root key
const le32 = (n) => new Uint8Array(new Uint32Array([n]).buffer);

function Progress({ done }) {
  if (!done) return null; // nothing slow has begun
  return html`<p role="status">${t("officer.opening")} <progress max="1" value=${done} aria-label=${t("officer.opening")}></progress></p>`;
}

/** A form that does something slow; says what went wrong. `act(form, tell)` -> words. */
function Doer({ act, children, go, main }) {
  const [told, tell] = useState(null);
  const [done, setDone] = useState(null);
  const submit = async (e) => {
    e.preventDefault();
    const form = e.target;
    tell(null);
    setDone(0);
    try {
      const words = await act(form, setDone);
      if (form.isConnected) clear(form);
      tell(words ? { text: words } : null);
    } catch (x) { tell({ bad: true, text: x.message }); }
    setDone(null);
  };
  return html`<form onSubmit=${submit}>${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}${children}
    <${Progress} done=${done} /><div class="acts"><button class=${main ? "main" : ""} disabled=${done !== null}>${go}</button></div></form>`;
}

const fileText = async (form, name) => {
  const file = form.elements[name].files[0];
  if (!file || file.size > 1000) throw new Error(t("officer.nofile"));
  return file.text();
};

/** Sign the bytes of an order with the key of the form. */
async function signature(form, order, tell) {
  const key = await openKey(await fileText(form, "key"), form.elements.passphrase.value, tell);
  return { pk: hex(key.public), signature: hex(await key.sign("dongbo/order/1", fromBase64(order))) };
}

const KeyFields = () => html`<div class="fields"><${Text} name="key" label=${t("officer.key")} hint=${t("officer.key.hint")} type="file" required />
  <${Text} name="passphrase" label=${t("officer.passphrase")} type="password" autocomplete="off" required /></div>`;

// ---- officers ----

/** The root key of a file `dongbo-key/1 root SECRET PUBLIC` vouches for the third officer and on. */
async function vouch(form, parts) {
  const [magic, use, seed] = (await fileText(form, "root")).trim().split(" ");
  if (magic !== "dongbo-key/1" || use !== "root") throw new Error(t("officer.noroot"));
  const pkcs8 = new Uint8Array([...unhex("302e020100300506032b657004220420"), ...fromBase64(seed)]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  const message = new Uint8Array([...new TextEncoder().encode("dongbo/vouch/1"), 0, 0, ...parts.flatMap((p) => [...p])]);
  return hex(new Uint8Array(await crypto.subtle.sign("Ed25519", key, message)));
}

function AddOfficer({ hub, recorded, done }) {
  const [roles, setRoles] = useState(15);
  const act = async (form, tell) => {
    const v = Object.fromEntries(new FormData(form));
    const name = v.name.normalize("NFC").trim();
    if (v.passphrase !== v.again) throw new Error(t("first.differ"));
    if (new TextEncoder().encode(v.passphrase).length < PASSPHRASE_MIN) throw new Error(t("officer.short"));
    if (roles === 0) throw new Error(t("officer.noroles"));
    const key = await makeKey(v.passphrase, tell);
    const parts = [unhex(hub), key.public, le32(roles), new TextEncoder().encode(name)];
    const proof = hex(await key.sign("dongbo/officer/1", ...parts));
    const root = recorded >= FREE ? await vouch(form, parts) : undefined;
    await api("POST", "/api/officers", { action: "add", name, roles, pk: hex(key.public), proof, ...(root && { root }) });
    saveFile(new Blob([key.file]), "dongbo-officer.key");
    await done();
    return t("officer.added", { name });
  };
  return html`<h3>${t("officer.add")}</h3><p class="hint">${t("officer.add.why")}</p><${Doer} act=${act} go=${t("officer.go")}><div class="fields">
      <${Text} name="name" label=${t("login.name")} autocomplete="off" required maxlength="60" />
      <${Text} name="passphrase" label=${t("officer.passphrase")} hint=${t("officer.short")} type="password" autocomplete="new-password" required />
      <${Text} name="again" label=${t("officer.again")} type="password" autocomplete="new-password" required />
      ${recorded >= FREE && html`<${Text} name="root" label=${t("officer.root")} hint=${t("officer.root.hint")} type="file" required />`}</div>
    <fieldset class="field wide"><legend>${t("officer.roles")}</legend><div class="checks">${ROLES.map(([name, bit]) => html`<label>
      <input type="checkbox" checked=${(roles & bit) !== 0} onChange=${() => setRoles(roles ^ bit)} />${t(`order.${name}`)}</label>`)}</div></fieldset></${Doer}>`;
}

function Officers({ it, load, able }) {
  const [asked, ask] = useState("");
  const [wrong, setWrong] = useState("");
  const admin = session.role === "admin";
  const revoke = async (name, reason) => {
    setWrong("");
    try { await api("POST", "/api/officers", { action: "revoke", name, reason }); ask(""); } catch (e) { setWrong(e.message); }
    await load();
  };
  const submit = (name) => (e) => { e.preventDefault(); revoke(name, e.target.elements.reason.value); };
  return html`<section class="card"><h2>${t("officer.title")}</h2><p class="hint">${t("officer.why")}</p>
    <${Wrong} text=${wrong} />
    ${it.officers.length > 0 && html`<${Table} label=${t("officer.title")} heads=${[t("login.name"), t("officer.roles"), t("people.state"), ""]}>
      ${it.officers.map((o) => html`<tr key=${o.pk} class=${o.revoked ? "off" : ""}><th scope="row">${o.name}</th><td>${o.roles.map((r) => t(`order.${r}`)).join("; ")}</td>
        <td>${o.revoked ? t("officer.revoked", { why: o.why || "–" }) : t("officer.lives")}</td>
        <td>${admin && !o.revoked && asked !== o.name && html`<button onClick=${() => ask(o.name)} aria-label=${`${t("officer.revoke")}: ${o.name}`}>${t("officer.revoke")}</button>`}</td></tr>`)}</${Table}>`}
    ${asked && html`<form onSubmit=${submit(asked)}><div class="fields"><${Text} key=${asked} name="reason" label=${t("officer.revoke.why", { name: asked })} autocomplete="off" required maxlength="60" /></div>
      <div class="acts"><${Sure} kind="bad" cancel=${() => ask("")}>${t("officer.revoke")}</${Sure}></div></form>`}
    ${admin && able && html`<${AddOfficer} hub=${it.hub} recorded=${it.officers.length} done=${load} />`}</section>`;
}

// ---- orders ----

const kindOf = (kind) => (t(`order.${kind}`) === `order.${kind}` ? kind : t(`order.${kind}`));

function What({ what }) {
  const line = (key, value) => value !== undefined && html`<dt>${t(key)}</dt><dd>${value}</dd>`;
  return html`<dl class="values">${line("hub.report", what.report)}${line("hub.period", what.period && showPeriod(what.period))}
    ${what.report && line("hub.unit", unitName(what.unit))}${what.report && line("issues.number", what.number)}
    ${what.records?.length > 0 && html`<dt>${t("order.records", { n: number(what.records.length) })}</dt><dd>${what.records.map((r) => html`<div>${say(typeOf(r.type)) || r.type || ""} ${String(r.id).slice(0, 8)} · ${unitName(r.unit || "")}</div>`)}</dd>`}
    ${line("order.back", what.went_back && showTime(what.went_back))}${line("order.finished", what.finished === undefined ? undefined : t("order.synced.of", { n: number(what.finished), all: number(what.nodes) }))}
    ${line("order.synced", what.called === undefined ? undefined : t("order.synced.of", { n: number(what.called), all: number(what.nodes) }))}
    ${what.unfinished?.length > 0 && html`<dt>${t("order.unfinished")}</dt><dd>${what.unfinished.map((name) => html`<div>${name}</div>`)}</dd>`}
    ${what.missing?.length > 0 && html`<dt>${t("order.missing")}</dt><dd>${what.missing.map((name) => html`<div>${name}</div>`)}</dd>`}
    ${line("reader.name", what.reader)}${line("reader.words", what.key_words)}${line("reader.may", what.reads === undefined ? undefined : t(what.reads ? "reader.reads" : "reader.readsnot"))}
    ${what.ops?.length > 0 && html`<dt>${t("order.ops")}</dt><dd>${what.ops.map((o) => html`<div>${o.log}:${o.seq}:${o.op}</div>`)}</dd>`}</dl>`;
}

function Order({ o, able, load, tell }) {
  const [shown, show] = useState(null);
  const [wrong, setWrong] = useState("");
  const open = o.state === "proposed";
  const look = () => api("GET", "/api/order", { id: o.id }).then(show, (e) => setWrong(e.message));
  const approve = async (form, progress) => {
    await api("POST", "/api/orders", { action: "approve", id: o.id, ...await signature(form, shown.order, progress) });
    show(null);
    tell("order.done");
    await load();
    return "";
  };
  const withdraw = async () => {
    try { await api("POST", "/api/orders", { action: "withdraw", id: o.id }); await load(); } catch (e) { setWrong(e.message); }
  };
  return html`<section class="card"><div class="head"><h3>${kindOf(o.kind)}</h3><span class=${`state ${open ? "warn" : "ok"}`}>${open ? "▲" : "✓"} ${t(open ? "order.open" : "order.approved")}</span></div>
    <${Wrong} text=${wrong} />
    <dl class="values"><dt>${t("order.basis")}</dt><dd>${o.basis}</dd><dt>${t("order.signed")}</dt><dd>${o.signed_by.join(", ")}</dd>
      <dt>${t("order.made")}</dt><dd>${showTime(o.made)}${o.approved ? ` · ${t("order.approved")}: ${showTime(o.approved)}` : ""}</dd><dt>${t("order.words")}</dt><dd>${o.words}</dd></dl>
    <${What} what=${o.what} />
    ${open && !shown && html`<div class="acts">${able && html`<button onClick=${look}>${t("order.second")}</button>`}<button onClick=${withdraw}>${t("order.withdraw")}</button></div>`}
    ${open && shown && html`<p>${t("order.second.why")}</p><${Doer} act=${approve} go=${t("order.sign")} main=${true}><${KeyFields} /></${Doer}>`}</section>`;
}

/** A new order: drafted by the hub, looked at, signed here. `draft()` -> {order, what}; `leave()`: nothing is drafted after all. */
export function Propose({ title, why, draft, children, load, tell, leave }) {
  const [drafted, set] = useState(null);
  const ask = async (form, progress) => { set(await draft(Object.fromEntries(new FormData(form)), progress)); return ""; };
  const sign = async (form, progress) => {
    await api("POST", "/api/orders", { action: "propose", order: drafted.order, ...await signature(form, drafted.order, progress) });
    set(null);
    tell("order.proposed");
    await load();
    return "";
  };
  return html`<section class="card"><h2>${title}</h2><p class="hint">${why}</p>
    ${drafted ? html`<p>${t("order.look")}</p>${drafted.what && html`<${What} what=${drafted.what} />`}<${Doer} key="sign" act=${sign} go=${t("order.sign")} main=${true}><${KeyFields} /></${Doer}>
        <div class="acts"><button onClick=${() => set(null)}>${t("cancel")}</button></div>`
      : html`<${Doer} key="draft" act=${ask} go=${t("order.draft")}><div class="fields">${children}<${Text} name="basis" label=${t("order.basis")} hint=${t("order.basis.hint")} autocomplete="off" required maxlength="180" /></div></${Doer}>${leave && html`<div class="acts"><button onClick=${leave}>${t("cancel")}</button></div>`}`}</section>`;
}

export function Orders({ query }) {
  const [officers, setOfficers] = useState(null);
  const [orders, setOrders] = useState([]);
  const [able, setAble] = useState(true);
  const [back, setBack] = useState(false); // the hub went back, and nobody confirmed it yet
  const [wrong, setWrong] = useState("");
  const [told, tell] = useState("");
  const load = () => Promise.all([api("GET", "/api/officers").then(setOfficers), api("GET", "/api/orders").then((r) => setOrders(r.orders)),
    api("GET", "/api/alarms").then((r) => setBack(r.confirm_wanted))]).catch((e) => setWrong(e.message));
  useEffect(() => { load(); canSign().then(setAble); }, []);
  const cases = session.role === "statistician";
  const reopen = query.get("report") && { report: query.get("report"), period: query.get("period"), ...(query.get("unit") && { unit: query.get("unit") }) };
  const erase = (v) => api("POST", "/api/erase", { ids: v.ids.trim().split(/[\s,;]+/), basis: v.basis });
  const confirm = (v) => api("POST", "/api/confirm", { reason: v.basis });
  const again = (v) => api("POST", "/api/reopen", { ...reopen, reason: v.basis }).then((r) => ({ ...r, what: { ...reopen, unit: reopen.unit || session.unit, number: r.number } }));
  const [open, past] = [orders.filter((o) => o.state === "proposed"), orders.filter((o) => o.state !== "proposed")];
  return html`<${Title}>${t("order.title")}</${Title}><p>${t("order.why")}</p>
    <${Wrong} text=${wrong} />
    ${told && html`<${Note} kind="ok"><p>${t(told)}</p></${Note}>`}
    ${!able && html`<${Note} kind="warn"><p>${t("officer.old")}</p></${Note}>`}
    ${cases && able && reopen && html`<${Propose} title=${t("order.reopen")} why=${t("order.reopen.why", { report: reopen.report, period: showPeriod(reopen.period) })} draft=${again} load=${load} tell=${tell} />`}
    ${able && back && html`<${Propose} title=${t("order.restore")} why=${t("order.restore.why")} draft=${confirm} load=${load} tell=${tell} />`}
    <h2>${t("order.waiting", { n: number(open.length) })}</h2>${open.length === 0 && html`<p>${t("order.none")}</p>`}
    ${open.map((o) => html`<${Order} key=${o.id} o=${o} able=${able} load=${load} tell=${tell} />`)}
    ${cases && able && !back && html`<${Propose} title=${t("order.erase")} why=${t("order.erase.why")} draft=${erase} load=${load} tell=${tell}>
      <${Text} name="ids" label=${t("order.erase.ids")} hint=${t("order.erase.ids.hint")} value=${query.get("erase") || ""} autocomplete="off" required /></${Propose}>`}
    <p><a href="#/readers">${t("reader.title")}</a></p>
    ${officers && html`<${Officers} it=${officers} load=${load} able=${able} />`}
    ${past.length > 0 && html`<h2>${t("order.past")}</h2>${past.map((o) => html`<${Order} key=${o.id} o=${o} able=${able} load=${load} tell=${tell} />`)}`}`;
}
