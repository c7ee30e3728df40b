// The communes' PCs: state, and invitations for new ones.
import { html, t, say, session, api, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, typeOf, Sure } from "../desk/parts.js";
import { Text, Select, Table, Qr, Sender, Values, unitName } from "./parts.js";
import { communes, worries } from "./communes.js";
import { Carry, Forgot, Rekey } from "./carry.js";

function Sheet({ it, close }) {
  return html`<section class="card sheet"><h2>${t("sheet.title", { unit: it.name })}</h2>
    ${it.warning_vi && say({ vi: it.warning_vi, en: it.warning_en }).split("\n").map((words) => html`<${Note} kind="warn"><p>${words}</p></${Note}>`)}
    <p>${t("sheet.why", { hub: session.unit_name })}</p>
    <div class="sheetrow"><${Qr} rows=${it.qr} label=${t("sheet.qr")} />
      <dl class="values"><dt>${t("sheet.unit")}</dt><dd>${it.name} (${it.unit})</dd><dt>${t("sheet.address")}</dt><dd>${it.address}</dd>
        <dt>${t("sheet.expires")}</dt><dd>${showTime(it.expires)}</dd></dl></div>
    <h3>${t("sheet.text")}</h3><p class="code">${it.invitation}</p>
    <h3>${t("sheet.steps")}</h3><ol class="steps"><li>${t("sheet.step1")}</li><li>${t("sheet.step2")}</li><li>${t("sheet.step3")}</li><li>${t("sheet.step4")}</li></ol>
    <${Note} kind="warn"><p>${t("sheet.secret")}</p></${Note}>
    <div class="acts"><button class="main" onClick=${() => print()}>${t("print")}</button><button onClick=${close}>${t("sheet.done")}</button></div></section>`;
}

/** Invitations that nobody used yet; a lost one is made again, and the old one is worth nothing. */
function Invited({ again }) {
  const [rows, set] = useState([]);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/invites").then((r) => set(r.invites.filter((x) => x.state !== "used").reverse()), (e) => setWrong(e.message)); }, []);
  const renew = async (unit) => {
    try { again(await api("POST", "/api/invite", { unit, days: 7, again: true })); } catch (e) { setWrong(e.message); }
  };
  if (rows.length === 0) return null;
  return html`<h3>${t("invite.open")}</h3><${Wrong} text=${wrong} />
    <${Table} label=${t("invite.open")} heads=${[t("hub.unit"), t("people.created"), t("sheet.expires"), ""]}>${rows.slice(0, 20).map((x) => html`<tr class=${x.state === "over" ? "off" : ""}>
      <th scope="row">${x.name}</th><td>${showTime(x.created)}</td><td>${x.state === "over" ? t("invite.over") : showTime(x.expires)}</td>
      <td><button onClick=${() => renew(x.unit)} aria-label=${`${t("invite.again")}: ${x.name}`}>${t("invite.again")}</button></td></tr>`)}</${Table}>`;
}

/** A stolen or lost PC: from now on nothing of it is taken. */
function Revoke({ n, done }) {
  const [asked, ask] = useState(false);
  const [wrong, setWrong] = useState("");
  const submit = async (e) => {
    e.preventDefault();
    setWrong("");
    try { await api("POST", "/api/revoke", { node: n.node, reason: e.target.elements.reason.value }); await done(); } catch (x) { setWrong(x.message); }
  };
  const name = `${unitName(n.unit)}, ${n.name}`;
  if (!asked) return html`<button class="bad" onClick=${() => ask(true)} aria-label=${`${t("node.revoke")}: ${name}`}>${t("node.revoke")}</button>`;
  return html`<form onSubmit=${submit}><${Wrong} text=${wrong} /><${Text} name="reason" label=${t("node.revoke.why", { name })} autocomplete="off" required maxlength="100" />
    <div class="acts"><${Sure} kind="bad" cancel=${() => ask(false)}>${t("node.revoke.sure")}</${Sure}></div></form>`;
}

function Invite() {
  const [sheet, setSheet] = useState(null);
  const [unit, setUnit] = useState(communes()[0]?.value || session.unit);
  if (sheet) return html`<${Sheet} it=${sheet} close=${() => setSheet(null)} />`;
  return html`<section class="card"><h2>${t("invite.title")}</h2><p class="hint">${t("invite.why")}</p>
    <${Invited} again=${setSheet} />
    <${Sender} path="/api/invite" extra=${{ days: 7 }} go=${setSheet}><div class="fields">
      <${Select} name="unit" label=${t("invite.unit")} value=${unit} onChange=${setUnit}
        options=${[...communes().map((u) => ({ value: u.value, label: u.vi })), { value: session.unit, label: unitName(session.unit) }]} />
      <${Text} name="address" label=${t("invite.address")} hint=${t("invite.address.hint")} autocomplete="off" /></div>
      <div class="acts"><button class="main">${t("invite.go")}</button></div></${Sender}></section>`;
}

export function Nodes({ status }) {
  const [nodes, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/nodes").then((r) => set(r.nodes), (e) => setWrong(e.message));
  useEffect(() => { load(); }, [status.position, status.nodes]);
  const admin = session.role === "admin";
  return html`<div class="head"><${Title}>${t("hub.nodes")}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button></div></div>
    <${Wrong} text=${wrong} />
    ${session.role === "admin" && html`<${Invite} />`}
    ${nodes && nodes.length === 0 && html`<${Note}><p>${t("node.none")}</p></${Note}>`}
    ${nodes && nodes.length > 0 && html`<p>${t("node.words.why")}</p>
    <${Table} label=${t("hub.nodes")} heads=${[t("hub.commune"), t("node.name"), t("node.contact"), { num: t("node.waiting") }, { num: t("node.delivered") }, t("node.words"), t("node.state"), ...(admin ? [""] : [])]}>
      ${nodes.map((n) => html`<tr key=${n.node} class=${n.revoked ? "off" : ""}><th scope="row">${unitName(n.unit)}</th><td>${n.name}</td><td>${showTime(n.contact)}</td>
        <td class="num">${number(n.waiting)}</td><td class="num">${number(n.delivered)}</td><td class="words">${n.words}</td>
        <td>${n.revoked ? t("node.revoked") : worries(n, status.edition).map((w) => html`<span class="state warn">▲ ${w}</span> `)}
          ${!n.revoked && worries(n, status.edition).length === 0 && html`<span class="state ok">● ${t("node.fine")}</span>`}</td>
        ${admin && html`<td>${!n.revoked && html`<div class="acts tight"><${Rekey} n=${n} done=${load} /><${Revoke} n=${n} done=${load} /></div>`}</td>`}</tr>`)}</${Table}>`}
    ${nodes && session.role !== "viewer" && html`<${Carry} nodes=${nodes} load=${load} />`}${nodes && admin && html`<${Forgot} nodes=${nodes} />`}
    <${Quarantine} some=${nodes?.some((n) => n.revoked)} />`;
}

/** Writes of an op by field; elements of a set together. */
const written = (values) => values.reduce((all, v) => {
  const name = v.name || String(v.field);
  return { ...all, [name]: v.element === undefined ? v.value : [...(all[name] || []), v.element] };
}, {});

/** What stands in the sets of a parcel: looking at it is noted. */
const Content = ({ sets }) => sets.map((s) => html`<div class="conflict"><p class="hint">${showTime(s.clock)} · ${t("quarantine.set", { n: number(s.seq) })} · ${s.person.slice(0, 8)}</p>
  ${s.ops.map((o) => html`<p><strong>${t(`quarantine.${o.kind}`)}</strong> ${o.record ? `${o.type_vi} ${o.record.slice(0, 8)}` : ""}</p>
    ${o.values?.length > 0 && html`<${Values} type=${typeOf(o.type)} values=${written(o.values)} />`}`)}</div>`);

/** What a revoked PC still sent: kept apart until somebody decides. */
function Quarantine({ some }) {
  const [rows, set] = useState([]);
  const [all, setAll] = useState(false);
  const [content, setContent] = useState({});
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/quarantine", all ? { all: 1 } : {}).then((r) => set(r.parcels), () => {});
  useEffect(() => { if (session.role !== "viewer") load(); }, [all]);
  const look = async (parcel) => {
    setWrong("");
    try { const r = await api("GET", "/api/quarantine/show", { parcel }); setContent({ ...content, [parcel]: r.content }); } catch (x) { setWrong(x.message); }
  };
  const decide = (parcel) => async (e) => {
    e.preventDefault();
    setWrong("");
    try { await api("POST", "/api/quarantine", { parcel, action: e.submitter.value, reason: e.target.elements.reason.value }); } catch (x) { setWrong(x.message); }
    await load();
  };
  if (session.role === "viewer" || (rows.length === 0 && !some)) return null;
  if (rows.length === 0) return html`<div class="acts"><button onClick=${() => setAll(!all)}>${t(all ? "quarantine.hide" : "quarantine.past")}</button>${all && html`<span>${t("quarantine.none")}</span>`}</div>`;
  return html`<section class="card"><h2>${t("quarantine.title")}</h2><p class="hint">${t("quarantine.why")}</p><${Wrong} text=${wrong} />
    ${rows.map((p) => html`<section key=${p.parcel}><h3>${p.unit_name}, ${p.name}</h3><p>${t("quarantine.what", { n: number(p.sets), time: showTime(p.at), why: p.revoked_why })}</p>
      ${content[p.parcel] && html`<${Content} sets=${content[p.parcel]} />`}
      ${session.role === "statistician" && !content[p.parcel] && html`<div class="acts"><button onClick=${() => look(p.parcel)} aria-label=${`${t("quarantine.look")}: ${p.unit_name}, ${p.name}`}>${t("quarantine.look")}</button></div>`}
      ${p.state !== "waits" ? html`<p>${t(`quarantine.${p.state}`)}: ${p.by}, ${p.reason}</p>` : session.role === "admin" && html`<form onSubmit=${decide(p.parcel)}><div class="fields">
        <${Text} name="reason" label=${t("hub.reason")} autocomplete="off" required maxlength="100" /></div><div class="acts"><button value="release">${t("quarantine.release")}</button>
        <button class="bad" value="discard">${t("quarantine.discard")}</button></div></form>`}</section>`)}
    <div class="acts"><button onClick=${() => setAll(!all)}>${t(all ? "quarantine.hide" : "quarantine.past")}</button></div></section>`;
}
