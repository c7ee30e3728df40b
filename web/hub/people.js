// Logins of this page, tokens of the province, and who did what.
import { html, t, api, session, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, Sure } from "../desk/parts.js";
import { Csv, Text, Select, Table, Sender, allRows, showPeriod } from "./parts.js";

const ROLES = ["statistician", "viewer", "admin"];

function Given({ name, password, done }) {
  return html`<${Note} kind="ok"><p>${t("people.once", { name })}</p><p class="code big">${password}</p><p>${t("people.once.why")}</p>
    <div class="acts"><button onClick=${done}>${t("people.once.done")}</button></div></${Note}>`;
}

function User({ u, change }) {
  const [asked, ask] = useState("");
  const act = (action) => () => { ask(""); change({ action, name: u.name }); };
  const button = (action, sure) => {
    const label = `${t(`people.${action}`)}: ${u.name}`;
    return asked === action ? html`<${Sure} kind="bad" act=${act(action)} cancel=${() => ask("")} label=${label}>${t("people.sure")}</${Sure}>`
      : html`<button onClick=${sure ? () => ask(action) : act(action)} aria-label=${label}>${t(`people.${action}`)}</button>`;
  };
  return html`<tr class=${u.disabled ? "off" : ""}><th scope="row">${u.name}</th><td>${t(`role.${u.role}`)}</td>
    <td>${u.disabled ? t("people.disabled") : u.once ? t("people.waits") : u.authenticator ? t("people.two") : t("people.one")}</td><td>${showTime(u.created)}</td>
    <td><div class="acts tight">${u.disabled ? button("enable") : html`${button("passwd", true)}${u.authenticator && button("authenticator", true)}
      ${u.name !== session.user && button("disable", true)}`}</div></td></tr>`;
}

function Users() {
  const [users, set] = useState([]);
  const [given, give] = useState(null);
  const [role, setRole] = useState("statistician");
  const [wrong, setWrong] = useState("");
  const load = () => api("GET", "/api/users").then((r) => set(r.users), (e) => setWrong(e.message));
  useEffect(() => { load(); }, []);
  const took = (r) => { if (r.password) give(r); load(); };
  const change = async (b) => {
    setWrong("");
    try { took(await api("POST", "/api/users", b)); } catch (e) { setWrong(e.message); }
  };
  return html`<section class="card"><h2>${t("people.users")}</h2>
    <${Wrong} text=${wrong} />
    ${given && html`<${Given} name=${given.name} password=${given.password} done=${() => give(null)} />`}
    <${Table} label=${t("people.users")} heads=${[t("login.name"), t("people.role"), t("people.state"), t("people.created"), ""]}>
      ${users.map((u) => html`<${User} key=${u.name} u=${u} change=${change} />`)}</${Table}>
    <h3>${t("people.add")}</h3>
    <${Sender} path="/api/users" extra=${{ action: "add" }} go=${took}><div class="fields">
      <${Text} name="name" label=${t("people.newname")} autocomplete="off" required />
      <${Select} name="role" label=${t("people.role")} value=${role} onChange=${setRole} options=${ROLES.map((r) => ({ value: r, label: t(`role.${r}`) }))} /></div>
      <p class="hint">${t(`role.${role}.may`)}</p>
      <div class="acts"><button>${t("people.add")}</button></div></${Sender}></section>`;
}

function Tokens() {
  const [tokens, set] = useState([]);
  const [made, setMade] = useState(null);
  const [asked, ask] = useState("");
  const load = () => api("GET", "/api/tokens").then((r) => set(r.tokens), () => {});
  useEffect(() => { load(); }, []);
  const revoke = async (name) => {
    ask("");
    await api("POST", "/api/tokens", { action: "revoke", name });
    load();
  };
  return html`<section class="card"><h2>${t("tokens.title")}</h2><p class="hint">${t("tokens.why")}</p>
    ${made && html`<${Note} kind="ok"><p>${t("tokens.once", { name: made.name })}</p><p class="code">${made.token}</p>
      <div class="acts"><button onClick=${() => setMade(null)}>${t("people.once.done")}</button></div></${Note}>`}
    ${tokens.length > 0 && html`<${Table} label=${t("tokens.title")} heads=${[t("tokens.name"), t("people.created"), t("people.state"), ""]}>
      ${tokens.map((k) => html`<tr class=${k.revoked ? "off" : ""}><th scope="row">${k.name}</th><td>${showTime(k.created)}</td>
        <td>${k.revoked ? t("tokens.revoked", { time: showTime(k.revoked) }) : t("tokens.lives")}</td>
        <td><div class="acts tight">${!k.revoked && (asked === k.name ? html`<${Sure} kind="bad" act=${() => revoke(k.name)} cancel=${() => ask("")} label=${`${t("tokens.revoke")}: ${k.name}`}>${t("people.sure")}</${Sure}>`
          : html`<button onClick=${() => ask(k.name)} aria-label=${`${t("tokens.revoke")}: ${k.name}`}>${t("tokens.revoke")}</button>`)}</div></td></tr>`)}</${Table}>`}
    <${Sender} path="/api/tokens" extra=${{ action: "create" }} go=${(r) => { setMade(r); load(); }}><div class="fields">
      <${Text} name="name" label=${t("tokens.new")} hint=${t("tokens.new.hint")} autocomplete="off" required /></div>
      <div class="acts"><button>${t("tokens.go")}</button></div></${Sender}></section>`;
}

/** Files that left, newest first. `issues`: to name them; without it they are of one issue. */
export const TakenTable = ({ rows, issues }) => html`<${Table} label=${t("taken.title")} heads=${[t("taken.who"), ...(issues ? [t("hub.report")] : []), t("taken.file"), t("taken.last"), { num: t("taken.times") }]}>
  ${rows.map((x) => html`<tr><th scope="row">${x.who}<br /><span class="hint">${t(x.token ? "taken.token" : "taken.login")}</span></th>${issues && html`<td>${issueOf(issues, x.issue)}</td>`}<td class="detail">${x.file}</td>
    <td>${showTime(x.last)}</td><td class="num">${number(x.times)}</td></tr>`)}</${Table}>`;

const issueOf = (issues, id) => {
  const i = issues.find((x) => x.id === id);
  return i ? html`<a href=${`#/reports/issue/${id}`}>${i.report}, ${showPeriod(i.period)}, ${t("issue.n", { n: i.number })}</a>` : String(id);
};

/** What the province's programs took of all issues. */
function Taken() {
  const [rows, set] = useState([]);
  const [issues, setIssues] = useState([]);
  useEffect(() => {
    api("GET", "/api/taken").then((r) => set(r.taken.filter((x) => x.token)), () => {});
    api("GET", "/api/issues").then((r) => setIssues(r.issues), () => {});
  }, []);
  return html`<section class="card"><h2>${t("taken.province")}</h2><p class="hint">${t("taken.why")}</p>
    ${rows.length === 0 ? html`<p>${t("taken.none")}</p>` : html`<${TakenTable} rows=${rows} issues=${issues} />`}</section>`;
}

function Audit() {
  const [rows, set] = useState([]);
  const [more, setMore] = useState(false);
  const [past, setPast] = useState(null);
  const load = (before) => api("GET", "/api/audit", { before }).then((r) => {
    set((have) => (before ? [...have, ...r.rows] : r.rows));
    setMore(r.rows.length >= 500);
    setPast(r.past.rows > 0 ? r.past : null);
  }, () => {});
  useEffect(() => { load(0); }, []);
  const what = (w) => (t(`audit.${w}`) === `audit.${w}` ? w : t(`audit.${w}`));
  const file = async () => [[t("history.when"), t("audit.who"), t("history.what"), t("audit.detail"), t("audit.result")],
    ...(await allRows("/api/audit", {})).map((r) => [showTime(r.at), r.user === "?" ? t("audit.nobody") : r.user, what(r.what), r.detail, t(r.result === "OK" ? "audit.ok" : "audit.refused")])];
  return html`<section class="card"><h2>${t("audit.title")}</h2><p class="hint">${t("audit.why")}</p>
    <${Table} label=${t("audit.title")} heads=${[t("history.when"), t("audit.who"), t("history.what"), t("audit.detail"), t("audit.result")]}>
      ${rows.map((r) => html`<tr><td>${showTime(r.at)}</td><td>${r.user === "?" ? t("audit.nobody") : r.user}</td><td>${what(r.what)}</td><td class="detail">${r.detail}</td>
        <td>${r.result === "OK" ? t("audit.ok") : html`<span class="state warn">▲ ${t("audit.refused")}</span>`}</td></tr>`)}</${Table}>
    <div class="acts">${more && html`<button onClick=${() => load(rows[rows.length - 1].row)}>${t("list.more")}</button>`}<${Csv} name="nhat-ky-viec-lam" label=${t("audit.title")} rows=${file} /></div>
    ${past && html`<p class="hint">${t("audit.past", { n: number(past.rows), time: showTime(past.until) })}</p><p class="code">${past.digest}</p>`}</section>`;
}

export function People() {
  return html`<div class="head"><${Title}>${t("hub.people")}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button></div></div><${Users} /><${Tokens} /><${Taken} /><${Audit} />`;
}
