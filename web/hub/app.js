// The hub's page: who is logged in, where we are, what is true at the hub now.
import { html, render, t, lang, loadWords, wordFiles, session, onSession, refreshSession, api, number,
  useState, useEffect } from "../desk/base.js";
import { Note, Title, loadCatalogue, catalogue, otherLang } from "../desk/parts.js";
import { Login } from "./login.js";
import { Dashboard } from "./dashboard.js";
import { Conflicts } from "./conflicts.js";
import { Held } from "../desk/held.js";
import { Reports } from "./reports.js";
import { Sent } from "./workflow.js";
import { Nodes } from "./nodes.js";
import { People } from "./people.js";
import { Records, List, Record } from "./records.js";
import { Form } from "../desk/form.js";
import { LockedNote } from "../desk/lock.js";
import { Account } from "./account.js";
import { Moves } from "./moves.js";
import { Orders } from "./orders.js";
import { System } from "./system.js";
import { Owes } from "./owes.js";
import { Units } from "./units.js";
import { unitName } from "./parts.js";
import { Registers } from "./registers.js";
import { Readers } from "./readers.js";
import { Cases } from "../desk/cases.js";
import { Money, Scores, Score } from "./money.js";

const RETRY_MS = 3000;
/** Not fetched before it is asked for. */
const importScreen = () => import("../desk/import.js");
/** Screens that the bar does not name, and the one that leads to them. */
const WITHIN = { list: "records", import: "records", record: "records", new: "records", edit: "records", owes: "sent", cases: "sent", money: "sent", scores: "sent", score: "sent", units: "moves", readers: "orders" };

function useHash() {
  const [hash, set] = useState(location.hash.slice(1) || "/");
  useEffect(() => {
    const f = () => set(location.hash.slice(1) || "/");
    addEventListener("hashchange", f);
    return () => removeEventListener("hashchange", f);
  }, []);
  return hash;
}

/** Status as it changes: the hub sends it as events. */
function useStatus() {
  const [status, set] = useState(null);
  const [lost, setLost] = useState(false);
  const take = (s) => { set(s); setLost(false); };
  useEffect(() => {
    let live = true, events, timer;
    const open = () => {
      events = new EventSource("/api/events");
      events.addEventListener("status", (e) => take(JSON.parse(e.data)));
      events.addEventListener("ended", () => refreshSession().catch(() => {}));
      events.onerror = () => {
        setLost(true);
        if (events.readyState !== EventSource.CLOSED) return; // it tries again by itself
        timer = setTimeout(() => refreshSession().then(() => { if (live && session.stage === "in") open(); }, () => { if (live) open(); }), RETRY_MS);
      };
    };
    open();
    return () => { live = false; clearTimeout(timer); events.close(); };
  }, []);
  const refresh = () => api("GET", "/api/status").then(take, (e) => setLost(e.status === 0));
  return [status, refresh, lost];
}

function Import(given) {
  const [shown, set] = useState({});
  useEffect(() => { importScreen().then((m) => set({ Part: m.Import }), () => set({ wrong: true })); }, []);
  return shown.Part ? html`<${shown.Part} dated=${false} ...${given} />` : shown.wrong ? html`<${Note} kind="bad"><p>${t("error.offline")}</p></${Note}>` : html`<p>${t("loading")}</p>`;
}

function Screen({ path, status, refresh }) {
  const [, where, ...rest] = path.split("?")[0].split("/");
  const query = new URLSearchParams(path.split("?")[1] || "");
  const may = (role) => session.role === role;
  const no = html`<${Title}>${t("nopage")}</${Title}>`;
  switch (where) {
    case "sent": return html`<${Sent} key=${path} />`;
    case "conflicts": return may("statistician") ? html`<${Conflicts} key=${path} status=${status} refresh=${refresh} />
      <${Held} at=${status.held} who=${(h) => unitName(h.unit)} when=${(h) => h.received} />` : no;
    case "reports": return html`<${Reports} key=${path} rest=${rest} query=${query} status=${status} refresh=${refresh} />`;
    case "moves": return may("statistician") ? html`<${Moves} key=${path} />` : no;
    case "units": return may("viewer") ? no : html`<${Units} key=${path} />`;
    case "registers": return may("viewer") ? no : html`<${Registers} key=${path} />`;
    case "nodes": return html`<${Nodes} key=${path} status=${status} />`;
    case "orders": return may("viewer") ? no : html`<${Orders} key=${path} query=${query} />`;
    case "readers": return may("viewer") ? no : html`<${Readers} key=${path} />`;
    case "cases": return may("statistician") ? html`<${Cases} key=${path} unitName=${unitName} />` : no;
    case "system": return may("admin") ? html`<${System} key=${path} status=${status} refresh=${refresh} />` : no;
    case "money": return html`<${Money} key=${path} />`;
    case "scores": return html`<${Scores} key=${path} />`;
    case "score": return html`<${Score} key=${path} id=${rest[0]} />`;
    case "owes": return html`<${Owes} key=${path} />`;
    case "people": return may("admin") ? html`<${People} key=${path} />` : no;
    case "records": return may("statistician") ? html`<${Records} key=${path} />` : no;
    case "list": return may("statistician") ? html`<${List} key=${path} type=${rest[0]} position=${status.position} />` : no;
    case "record": return may("statistician") ? html`<${Record} key=${path} id=${rest[0]} saved=${path.endsWith("?saved")} refresh=${refresh} />` : no;
    case "import": return may("statistician") ? html`<${Import} key=${path} type=${rest[0]} refresh=${refresh} />` : no;
    case "new": return may("statistician") ? html`<${Form} key=${path} type=${rest[0]} draft=${query.get("draft")} refresh=${refresh} />` : no;
    case "edit": return may("statistician") ? html`<${Form} key=${path} id=${rest[0]} refresh=${refresh} who=${LockedNote} />` : no;
    case "account": return html`<${Account} key=${path} />`;
    case "": case undefined: return html`<${Dashboard} key=${path} status=${status} />`;
    default: return no;
  }
}

function Inside({ changeLang }) {
  const path = useHash();
  const [status, refresh, lost] = useStatus();
  const [ready, setReady] = useState(catalogue.edition > 0);
  const edition = status ? status.edition : 0;
  useEffect(() => {
    if (edition > 0 && edition !== catalogue.edition) loadCatalogue().then(() => setReady(true), () => {});
  }, [edition]);
  useEffect(() => { scrollTo(0, 0); }, [path]);
  const logout = async () => { await api("POST", "/api/logout", {}); location.hash = "/"; await refreshSession(); };
  const first = path.split("?")[0].split("/")[1];
  const at = `/${WITHIN[first] || first}`;
  const link = (to, text, n = 0) => html`<a href=${`#${to}`} aria-current=${at === to ? "page" : undefined}>${text}${n > 0 ? ` (${number(n)})` : ""}</a>`;
  const open = status ? status.conflicts + status.pairs : 0;
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.querySelector("h1")?.focus(); }}>${t("skip")}</a>
    <header class="bar"><div><a class="brand" href="#/">Đồng Bộ</a>
      <span class="unit">${session.unit_name}</span><span class="grow"></span>
      <a class="link" href="#/account">${session.user}</a>
      <button onClick=${changeLang} lang=${otherLang()}>${otherLang() === "en" ? "English" : "Tiếng Việt"}</button>
      <button onClick=${logout}>${t("logout")}</button></div>
      <div class="navrow"><nav aria-label=${t("nav")}>${link("/", t("hub.dashboard"))}${link("/reports", t("hub.reports"))}${link("/sent", t("hub.sent"))}
        ${session.role === "statistician" && html`${link("/records", t("hub.records"))}${link("/conflicts", t("hub.conflicts"), open)}${link("/moves", t("hub.moves"))}`}${link("/nodes", t("hub.nodes"))}
        ${session.role !== "viewer" && html`${link("/orders", t("hub.orders"))}${link("/registers", t("hub.registers"))}`}
        ${session.role === "admin" && html`${link("/people", t("hub.people"))}${link("/system", t("hub.system"))}`}</nav></div></header>
    <main class="page" id="main">
      ${lost && html`<${Note} kind="bad"><p>${t("error.offline")}</p></${Note}>`}
      ${!status || (edition > 0 && !ready) ? html`<p>${t("loading")}</p>` : html`<${Screen} path=${path} status=${status} refresh=${refresh} />`}</main>`;
}

function App() {
  const [, again] = useState(0);
  useEffect(() => onSession(() => again((n) => n + 1)), []);
  const changeLang = async () => {
    await loadWords(otherLang());
    again((n) => n + 1);
  };
  return session.stage === "in" ? html`<${Inside} changeLang=${changeLang} />` : html`<${Login} changeLang=${changeLang} />`;
}

async function start() {
  wordFiles[1] = "/i18n/hub-";
  await Promise.all([loadWords(lang.now), refreshSession()]);
  const at = document.getElementById("app");
  at.textContent = "";
  render(html`<${App} />`, at);
}
start();
