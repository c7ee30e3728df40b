// The communes' PCs: state, and invitations for new ones.
import { html, t, session, api, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Title, catalogue } from "../desk/parts.js";
import { Text, Select, Table, Qr, Sender, ago, unitName } from "./parts.js";

/** Communes of this hub as they are now; of a hub whose unit has ended, as they were last. */
export function communes() {
  const mine = catalogue.units.filter((u) => u.parent === session.unit);
  const today = new Date().toISOString().slice(0, 10);
  const last = mine.map((u) => u.to).sort().pop() || today;
  const day = last < today ? last : today;
  return mine.filter((u) => u.from <= day && day <= u.to);
}

export const CLOCK_MS = 300000;

/** What is worth knowing about a PC, in words; [] when all is well. */
export function worries(n, edition) {
  if (n.revoked) return [];
  const words = [];
  if (!n.contact) words.push(t("node.never"));
  else if (ago(n.contact) > 7) words.push(t("node.silent", { n: Math.floor(ago(n.contact)) }));
  if (Math.abs(n.clock_off_ms) > CLOCK_MS) words.push(t("node.clock", { n: Math.round(Math.abs(n.clock_off_ms) / 60000) }));
  if (n.contact && n.edition < edition) words.push(t("node.edition"));
  return words;
}

function Sheet({ it, close }) {
  return html`<section class="card sheet"><h2>${t("sheet.title", { unit: it.name })}</h2>
    <p>${t("sheet.why", { hub: session.unit_name })}</p>
    <div class="sheetrow"><${Qr} rows=${it.qr} label=${t("sheet.qr")} />
      <dl class="values"><dt>${t("sheet.unit")}</dt><dd>${it.name} (${it.unit})</dd><dt>${t("sheet.address")}</dt><dd>${it.address}</dd>
        <dt>${t("sheet.expires")}</dt><dd>${showTime(it.expires)}</dd></dl></div>
    <h3>${t("sheet.text")}</h3><p class="code">${it.invitation}</p>
    <h3>${t("sheet.steps")}</h3><ol class="steps"><li>${t("sheet.step1")}</li><li>${t("sheet.step2")}</li><li>${t("sheet.step3")}</li><li>${t("sheet.step4")}</li></ol>
    <${Note} kind="warn"><p>${t("sheet.secret")}</p></${Note}>
    <div class="acts"><button class="main" onClick=${() => print()}>${t("print")}</button><button onClick=${close}>${t("sheet.done")}</button></div></section>`;
}

function Invite() {
  const [sheet, setSheet] = useState(null);
  const [unit, setUnit] = useState(communes()[0]?.value || session.unit);
  if (sheet) return html`<${Sheet} it=${sheet} close=${() => setSheet(null)} />`;
  return html`<section class="card"><h2>${t("invite.title")}</h2><p class="hint">${t("invite.why")}</p>
    <${Sender} path="/api/invite" extra=${{ days: 7 }} go=${setSheet}><div class="fields">
      <${Select} name="unit" label=${t("invite.unit")} value=${unit} onChange=${setUnit}
        options=${[...communes(), ...catalogue.units.filter((u) => u.value === session.unit).slice(-1)].map((u) => ({ value: u.value, label: u.vi }))} />
      <${Text} name="address" label=${t("invite.address")} hint=${t("invite.address.hint")} autocomplete="off" /></div>
      <div class="acts"><button class="main">${t("invite.go")}</button></div></${Sender}></section>`;
}

export function Nodes({ status }) {
  const [nodes, set] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/nodes").then((r) => set(r.nodes), (e) => setWrong(e.message)); }, [status.position, status.nodes]);
  return html`<div class="head"><${Title}>${t("hub.nodes")}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button></div></div>
    ${wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`}
    ${session.role === "admin" && html`<${Invite} />`}
    ${nodes && nodes.length === 0 && html`<${Note}><p>${t("node.none")}</p></${Note}>`}
    ${nodes && nodes.length > 0 && html`<p>${t("node.words.why")}</p>
    <${Table} label=${t("hub.nodes")} heads=${[t("hub.commune"), t("node.name"), t("node.contact"), { num: t("node.waiting") }, { num: t("node.delivered") }, t("node.words"), t("node.state")]}>
      ${nodes.map((n) => html`<tr key=${n.node} class=${n.revoked ? "off" : ""}><th scope="row">${unitName(n.unit)}</th><td>${n.name}</td><td>${showTime(n.contact)}</td>
        <td class="num">${number(n.waiting)}</td><td class="num">${number(n.delivered)}</td><td class="words">${n.words}</td>
        <td>${n.revoked ? t("node.revoked") : worries(n, status.edition).map((w) => html`<span class="state warn">▲ ${w}</span> `)}
          ${!n.revoked && worries(n, status.edition).length === 0 && html`<span class="state ok">● ${t("node.fine")}</span>`}</td></tr>`)}</${Table}>`}`;
}
