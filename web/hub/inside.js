// The frame around all screens of the hub: where we are, what is true at the hub now.
import { html, t, session, refreshSession, api, number, useState, useEffect } from "../desk/base.js";
import { Note, Title, loadCatalogue, catalogue, otherLang, lazy } from "../desk/parts.js";
import { LockedNote } from "../desk/lock.js";
import { Dashboard } from "./dashboard.js";
import { unitName } from "./parts.js";

/** Fetched when they are opened: over a thin line, and most of them are not for everybody. */
const S = {
  Held: lazy(() => import("../desk/held.js"), "Held"),
  Form: lazy(() => import("../desk/form.js"), "Form"),
  Import: lazy(() => import("../desk/import.js"), "Import"),
  Cases: lazy(() => import("../desk/cases.js"), "Cases"),
  Conflicts: lazy(() => import("./conflicts.js"), "Conflicts"),
  Reports: lazy(() => import("./reports.js"), "Reports"),
  Sent: lazy(() => import("./workflow.js"), "Sent"),
  Nodes: lazy(() => import("./nodes.js"), "Nodes"),
  People: lazy(() => import("./people.js"), "People"),
  Records: lazy(() => import("./records.js"), "Records"),
  List: lazy(() => import("./records.js"), "List"),
  Record: lazy(() => import("./records.js"), "Record"),
  Account: lazy(() => import("./account.js"), "Account"),
  Moves: lazy(() => import("./moves.js"), "Moves"),
  Orders: lazy(() => import("./orders.js"), "Orders"),
  System: lazy(() => import("./system.js"), "System"),
  Owes: lazy(() => import("./owes.js"), "Owes"),
  Units: lazy(() => import("./units.js"), "Units"),
  Registers: lazy(() => import("./registers.js"), "Registers"),
  Readers: lazy(() => import("./readers.js"), "Readers"),
  Money: lazy(() => import("./money.js"), "Money"),
  Scores: lazy(() => import("./money.js"), "Scores"),
  Score: lazy(() => import("./money.js"), "Score"),
};

const RETRY_MS = 3000;
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

function Screen({ path, status, refresh }) {
  const [, where, ...rest] = path.split("?")[0].split("/");
  const query = new URLSearchParams(path.split("?")[1] || "");
  const may = (role) => session.role === role;
  const no = html`<${Title}>${t("nopage")}</${Title}>`;
  switch (where) {
    case "sent": return html`<${S.Sent} key=${path} />`;
    case "conflicts": return may("statistician") ? html`<${S.Conflicts} key=${path} status=${status} refresh=${refresh} />
      <${S.Held} at=${status.held} who=${(h) => unitName(h.unit)} when=${(h) => h.received} />` : no;
    case "reports": return html`<${S.Reports} key=${path} rest=${rest} query=${query} status=${status} refresh=${refresh} />`;
    case "moves": return may("statistician") ? html`<${S.Moves} key=${path} />` : no;
    case "units": return may("viewer") ? no : html`<${S.Units} key=${path} />`;
    case "registers": return may("viewer") ? no : html`<${S.Registers} key=${path} />`;
    case "nodes": return html`<${S.Nodes} key=${path} status=${status} />`;
    case "orders": return may("viewer") ? no : html`<${S.Orders} key=${path} query=${query} />`;
    case "readers": return may("viewer") ? no : html`<${S.Readers} key=${path} />`;
    case "cases": return may("statistician") ? html`<${S.Cases} key=${path} unitName=${unitName} />` : no;
    case "system": return may("admin") ? html`<${S.System} key=${path} status=${status} refresh=${refresh} />` : no;
    case "money": return html`<${S.Money} key=${path} />`;
    case "scores": return html`<${S.Scores} key=${path} />`;
    case "score": return html`<${S.Score} key=${path} id=${rest[0]} />`;
    case "owes": return html`<${S.Owes} key=${path} />`;
    case "people": return may("admin") ? html`<${S.People} key=${path} />` : no;
    case "records": return may("statistician") ? html`<${S.Records} key=${path} />` : no;
    case "list": return may("statistician") ? html`<${S.List} key=${path} type=${rest[0]} position=${status.position} />` : no;
    case "record": return may("statistician") ? html`<${S.Record} key=${path} id=${rest[0]} saved=${path.endsWith("?saved")} refresh=${refresh} />` : no;
    case "import": return may("statistician") ? html`<${S.Import} dated=${false} key=${path} type=${rest[0]} refresh=${refresh} />` : no;
    case "new": return may("statistician") ? html`<${S.Form} key=${path} type=${rest[0]} draft=${query.get("draft")} refresh=${refresh} />` : no;
    case "edit": return may("statistician") ? html`<${S.Form} key=${path} id=${rest[0]} refresh=${refresh} who=${LockedNote} />` : no;
    case "account": return html`<${S.Account} key=${path} />`;
    case "": case undefined: return html`<${Dashboard} key=${path} status=${status} />`;
    default: return no;
  }
}

export function Inside({ changeLang }) {
  const path = useHash();
  const [status, refresh, lost] = useStatus();
  const [ready, setReady] = useState(catalogue.edition > 0);
  const edition = status ? status.edition : 0;
  useEffect(() => {
    if (edition > 0 && edition !== catalogue.edition) loadCatalogue().then(() => setReady(true), () => {});
  }, [edition]);
  useEffect(() => { scrollTo(0, 0); }, [path]);
  useEffect(() => { document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); }, [path, !status]);
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
