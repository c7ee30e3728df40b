// Records that move between units, and alarms: what waits for a person.
import { html, t, say, session, api, showTime, useState, useEffect } from "../desk/base.js";
import { Note, Title } from "../desk/parts.js";
import { Table, unitName } from "./parts.js";

export function Moves() {
  const [rows, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const [asked, ask] = useState("");
  const load = () => api("GET", "/api/transfers", { open: true }).then((r) => set(r.transfers), (e) => setWrong(e.message));
  useEffect(() => { load(); }, []);
  const answer = async (transfer, how) => {
    if (asked !== transfer + how) { ask(transfer + how); return; }
    ask("");
    setWrong("");
    try { await api("POST", "/api/transfers", { transfer, answer: how }); } catch (e) { setWrong(e.message); }
    await load();
  };
  const button = (x, how) => html`<button class=${asked === x.transfer + how ? "main" : ""} onClick=${() => answer(x.transfer, how)}
    aria-label=${`${t(`move.${how}`)}: ${x.type_label} ${x.id.slice(0, 8)}`}>${asked === x.transfer + how ? t("people.sure") : t(`move.${how}`)}</button>`;
  return html`<${Title}>${t("move.title")}</${Title}><p>${t("move.why")}</p>
    ${wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`}
    ${rows && rows.length === 0 && html`<p>${t("move.none")}</p>`}
    ${rows && rows.length > 0 && html`<${Table} label=${t("move.title")} heads=${[t("record"), t("move.from"), t("move.to"), t("move.offered"), t("move.by"), ""]}>
      ${rows.map((x) => html`<tr key=${x.transfer}><th scope="row"><a href=${`#/record/${x.id}`}>${x.type_label} ${x.id.slice(0, 8)}</a></th><td>${unitName(x.from)}</td><td>${unitName(x.to)}</td>
        <td>${showTime(x.offered)}</td><td>${showTime(x.answer_by)}</td><td><div class="acts tight">${button(x, "accept")}${button(x, "refuse")}</div></td></tr>`)}</${Table}>`}`;
}

export function Alarms({ version }) {
  const [r, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/alarms").then(set, () => {});
  useEffect(() => { load(); }, [version]);
  const act = async (path, body) => {
    setWrong("");
    try { await api("POST", path, body); } catch (e) { setWrong(e.message); }
    await load();
  };
  if (!r || (r.alarms.length === 0 && !r.confirm_wanted)) return null;
  const admin = session.role === "admin";
  return html`<section><h2>${t("alarm.title")}</h2>${wrong && html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`}
    ${r.confirm_wanted && html`<${Note} kind="bad"><p>${t("alarm.back")}</p>${admin && html`<div class="acts"><button onClick=${() => act("/api/confirm", {})}>${t("alarm.confirm")}</button></div>`}</${Note}>`}
    ${r.alarms.map((a) => html`<${Note} key=${a.alarm} kind="warn"><p>${say(a)}</p><p class="hint">${t("alarm.when", { first: showTime(a.first), last: showTime(a.last), n: a.times })}${a.node ? ` · ${a.node.slice(0, 16)}` : ""}</p>
      ${admin && html`<div class="acts"><button onClick=${() => act("/api/alarms", { settle: a.alarm })} aria-label=${`${t("alarm.settle")}: ${say(a)}`}>${t("alarm.settle")}</button></div>`}</${Note}>`)}</section>`;
}
