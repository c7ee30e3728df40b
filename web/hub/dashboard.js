// The first screen: alarms, what needs somebody, the communes, and indicators against targets.
import { html, t, say, session, api, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue } from "../desk/parts.js";
import { Table, ago } from "./parts.js";
import { communes, worries } from "./communes.js";
import { fetchIssues, Charts } from "./figures.js";

const OWN = { 4: "alarm.damaged", 6: "alarm.quarantine" }; // kinds (SPEC 15) whose words name a command
const alarmText = (a) => (OWN[a.kind] ? t(OWN[a.kind]) : say(a));

function Alarms({ version }) {
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
  return html`<section><h2>${t("alarm.title")}</h2><${Wrong} text=${wrong} />
    ${r.confirm_wanted && html`<${Note} kind="bad"><p>${t("alarm.back")}</p>${session.role !== "viewer" && html`<p><a href="#/orders">${t("alarm.confirm")}</a></p>`}</${Note}>`}
    ${r.alarms.map((a) => html`<${Note} key=${a.alarm} kind="warn"><p>${alarmText(a)}${a.kind === 6 && html` <a href="#/nodes">${t("alarm.see")}</a>`}</p><p class="hint">${t("alarm.when", { first: showTime(a.first), last: showTime(a.last), n: a.times })}${a.node ? ` · ${a.node.slice(0, 16)}` : ""}</p>
      ${admin && html`<div class="acts"><button onClick=${() => act("/api/alarms", { settle: a.alarm })} aria-label=${`${t("alarm.settle")}: ${alarmText(a)}`}>${t("alarm.settle")}</button></div>`}</${Note}>`)}</section>`;
}

function Commune({ unit, nodes, edition, due }) {
  const living = nodes.filter((n) => !n.revoked);
  const contact = living.map((n) => n.contact).filter(Boolean).sort().pop();
  const sum = (key) => living.reduce((a, n) => a + n[key], 0);
  const words = living.flatMap((n) => worries(n, edition));
  const fresh = ago(contact);
  return html`<tr><th scope="row">${unit.vi}</th>
    <td>${living.length === 0 ? html`<span class="state">○ ${t(nodes.length > 0 ? "node.revoked" : "node.notjoined")}</span>`
      : html`<span class=${`state ${fresh < 7 ? "ok" : "warn"}`}>${fresh < 7 ? "●" : "▲"} ${showTime(contact)}</span>`}</td>
    <td class="num">${living.length ? number(sum("waiting")) : "–"}</td><td class="num">${living.length ? number(sum("delivered")) : "–"}</td>
    ${due && html`<td>${due}</td>`}
    <td>${[...new Set(words)].map((w) => html`<span class="state warn">▲ ${w}</span> `)}
      ${living.length > 0 && words.length === 0 && html`<span class="state ok">● ${t("node.fine")}</span>`}</td></tr>`;
}

function Todo({ status, late }) {
  const rows = [];
  if (late > 0) rows.push(html`<a href="#/sent">${t("todo.overdue", { n: number(late) })}</a>`);
  const people = status.pairs;
  if (session.role === "statistician" && status.conflicts > 0) rows.push(html`<a href="#/conflicts">${t("todo.conflicts", { n: number(status.conflicts) })}</a>`);
  if (session.role === "statistician" && people > 0) rows.push(html`<a href="#/conflicts">${t("todo.pairs", { n: number(people) })}</a>`);
  if (status.held > 0) rows.push(session.role === "statistician" ? html`<a href="#/conflicts">${t("todo.held", { n: number(status.held) })}</a>` : t("todo.held", { n: number(status.held) }));
  const row = (n, to, key) => { if (n > 0) rows.push(html`<a href=${`#${to}`}>${t(key, { n: number(n) })}</a>`); };
  if (session.role === "statistician") {
    row(status.cases?.overdue, "/cases", "todo.cases.overdue");
    row(status.cases?.soon, "/cases", "todo.cases.soon");
    row(status.cases?.wrong, "/cases", "todo.cases.wrong");
    row(status.cases?.failed, "/cases", "todo.cases.failed");
    row(status.requests_overdue, "/registers", "todo.requests");
  }
  if (session.role !== "viewer") {
    row(status.quarantine, "/nodes", "todo.quarantine");
    row(status.breaches_overdue, "/registers", "todo.breaches.overdue");
    if (!status.breaches_overdue) row(status.warnings.filter((w) => w.code === "breaches_running").length, "/registers", "todo.breaches.running");
  }
  if (rows.length === 0) return null;
  return html`<${Note} kind="warn"><ul class="list">${rows.map((r) => html`<li>${r}</li>`)}</ul></${Note}>`;
}

export function Dashboard({ status }) {
  const [nodes, setNodes] = useState([]);
  const [issues, setIssues] = useState(null);
  const [due, setDue] = useState([]);
  useEffect(() => {
    api("GET", "/api/nodes").then((r) => setNodes(r.nodes), () => {});
    api("GET", "/api/reports").then((r) => setDue(r.rows), () => {});
    fetchIssues().then(setIssues, () => setIssues([]));
  }, [status.position, status.nodes]);
  const units = communes();
  const living = nodes.filter((n) => !n.revoked);
  const inTouch = new Set(living.filter((n) => ago(n.contact) < 7).map((n) => n.unit));
  const late = due.filter((r) => r.overdue).length;
  const done = (u) => {
    const rows = due.filter((r) => r.unit === u);
    return rows.length === 0 ? "–" : t("due.done", { n: rows.filter((r) => ["submitted", "late", "accepted", "locked"].includes(r.state)).length, all: rows.length });
  };
  const one = (key, n) => html`<div><dt>${t(key)}</dt><dd>${n}</dd></div>`;
  return html`<${Title}>${t("hub.dashboard")}</${Title}>
    <${Alarms} version=${status.alarms} /><${Todo} status=${status} late=${late} />
    <dl class="figures">${one("count.touch", `${units.filter((u) => inTouch.has(u.value)).length}/${units.length}`)}
      ${one("count.waiting", number(living.reduce((a, n) => a + n.waiting, 0)))}
      ${one("count.records", number(status.records))}${one("count.issues", issues ? number(issues.length) : "…")}</dl>
    <section><h2>${t("hub.communes")}</h2>
    <${Table} label=${t("hub.communes")} heads=${[t("hub.commune"), t("node.contact"), { num: t("node.waiting") }, { num: t("node.delivered") }, t("due.title"), t("node.state")]}>
      ${units.map((u) => html`<${Commune} key=${u.value} unit=${u} nodes=${nodes.filter((n) => n.unit === u.value)} edition=${status.edition} due=${done(u.value)} />`)}</${Table}></section>
    <section><h2>${t("chart.title")}</h2>${issues && html`<${Charts} issues=${issues} reports=${catalogue.reports} />`}</section>`;
}
