// The frame around all screens: where we are, the truth that always stands there.
import { html, t, say, session, refreshSession, api, showTime, showDate, lasting, number, go, useState, useEffect } from "./base.js";
import { Note, Title, loadCatalogue, catalogue, otherLang, lazy } from "./parts.js";
import { Home, Join, Compare, DifferNote, comparing } from "./home.js";
import { nextDue } from "./due.js";

/** Fetched once the first screen stands: this program may be stopped, or another version of it, when they are opened. */
const S = {
  List: lazy(() => import("./list.js"), "List"),
  Held: lazy(() => import("./held.js"), "Held"),
  Record: lazy(() => import("./record.js"), "Record"),
  Entry: lazy(() => import("./entry.js"), "Entry"),
  Import: lazy(() => import("./import.js"), "Import"),
  Settings: lazy(() => import("./settings.js"), "Settings"),
  Usb: lazy(() => import("./usb.js"), "Usb"),
  Access: lazy(() => import("./access.js"), "Access"),
  Subject: lazy(() => import("./subject.js"), "Subject"),
  Cases: lazy(() => import("./cases.js"), "Cases"),
  Money: lazy(() => import("./money.js"), "Money"),
  Scores: lazy(() => import("./scores.js"), "Scores"),
  Score: lazy(() => import("./scores.js"), "Score"),
  Readers: lazy(() => import("./readers.js"), "Readers"),
  Moves: lazy(() => import("./moves.js"), "Moves"),
  Corrections: lazy(() => import("./corrections.js"), "Corrections"),
  Reports: lazy(() => import("./reports.js"), "Reports"),
  Report: lazy(() => import("./reports.js"), "Report"),
};

const RETRY_MS = 3000;

function useHash() {
  const [hash, set] = useState(location.hash.slice(1) || "/");
  useEffect(() => {
    const f = () => set(location.hash.slice(1) || "/");
    addEventListener("hashchange", f);
    return () => removeEventListener("hashchange", f);
  }, []);
  return hash;
}

/** Status as it changes: the node sends it as events. */
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
        timer = setTimeout(() => refreshSession().then(() => { if (live && session.user) open(); }, () => { if (live) open(); }), RETRY_MS);
      };
    };
    open();
    return () => { live = false; clearTimeout(timer); events.close(); };
  }, []);
  const refresh = () => api("GET", "/api/status").then(take, (e) => setLost(e.status === 0));
  return [status, refresh, lost];
}

/** The next report that is due, and is not sent yet. */
function useDeadline(status) {
  const [row, set] = useState(null);
  const key = status ? `${status.position} ${status.edition} ${status.log.sets}` : "";
  useEffect(() => {
    if (!status || status.edition === 0) return;
    api("GET", "/api/reports").then((r) => set(nextDue(r.rows)), () => {});
  }, [key]);
  return row;
}

function Syncing({ status, begun }) {
  const state = status.sync.state;
  const left = status.log.waiting;
  const all = Math.max(begun, left);
  const text = t(`sync.${state === "idle" ? "preparing" : state}`, { n: number(left) });
  return html`<span role="status">${text}</span>${state === "syncing" && all > 0
    && html`<progress max=${all} value=${all - left} aria-label=${text}></progress>`}`;
}

function Truth({ status, refresh }) {
  const [wanted, setWanted] = useState(-1);
  const [begun, setBegun] = useState(0);
  const [told, setTold] = useState(null);
  const due = useDeadline(status);
  const running = status.sync.state !== "idle";
  const ended = wanted >= 0 && !running && status.sync.ended > wanted;
  useEffect(() => {
    if (!ended) return;
    setTold(status.sync.last);
    setWanted(-1);
  }, [ended]);
  useEffect(() => { // what was said then need not be true on the next page
    const f = () => setTold(null);
    addEventListener("hashchange", f);
    return () => removeEventListener("hashchange", f);
  }, []);
  const sync = async () => {
    setTold(null);
    setBegun(status.log.waiting);
    try {
      setWanted((await api("POST", "/api/sync", {})).ended);
      refresh();
    } catch (e) { setTold(e.answer); }
  };
  const pair = (name, value, warn) => html`<div class=${warn ? "warn" : ""}><dt>${warn ? "▲ " : ""}${t(name)}</dt><dd>${value}</dd></div>`;
  const busy = wanted >= 0 || running;
  const { last_contact, last_file } = status.session;
  const clock = status.warnings.find((w) => w.code === "clock");
  return html`<section class="truth bar" aria-label=${t("truth")}><div>
      <dl>${pair("truth.written", number(status.log.sets))}${pair("truth.delivered", number(status.log.delivered))}
        ${pair("truth.waiting", number(status.log.waiting))}${pair("truth.held", number(status.log.held), status.log.held > 0)}
        ${(last_contact || !last_file) && pair("truth.contact", showTime(last_contact))}
        ${last_file && (!last_contact || last_contact < last_file) && pair("truth.file", showTime(last_file))}
        ${clock && pair("truth.clock", t(status.session.hub_ahead_ms > 0 ? "truth.slow" : "truth.fast", { n: lasting(status.session.hub_ahead_ms) }), true)}
        ${due && pair(due.days < 0 ? "truth.overdue" : "truth.due", html`<a href=${`#/report/${due.report}/${due.period}`}>${showDate(due.due)}</a>`, due.days < 3)}</dl>
      <span class="grow"></span>
      ${busy && html`<${Syncing} status=${status} begun=${begun} />`}
      <button onClick=${sync} disabled=${busy}>${t("sync.now")}</button></div></section>
    ${told && html`<div class="told"><${Note} kind=${told.error ? "warn" : "ok"} role="status">
      <p>${told.error ? say(told) : t("sync.done", { n: number(status.log.delivered) })}</p>
      <div class="acts">${told.error && html`<a class="button" href="#/usb">${t("usb.instead")}</a>`}
        <button onClick=${() => setTold(null)}>${t("close")}</button></div></${Note}></div>`}`;
}

function Screen({ path, status, refresh }) {
  const [, where, a, b] = path.split("?")[0].split("/");
  const query = new URLSearchParams(path.split("?")[1] || "");
  const key = path;
  switch (where) {
    case "list": return html`<${S.List} key=${key} type=${a} />`;
    case "conflicts": return html`<${S.List} key=${key} conflicts />`;
    case "pending": return html`<${S.List} key=${key} pending />
      <${S.Held} at=${status.log.held} who=${(h) => h.person} when=${(h) => h.at} />`;
    case "record": return html`<${S.Record} key=${key} id=${a} status=${status} refresh=${refresh} />`;
    case "new": return html`<${S.Entry} key=${key} type=${a} draft=${query.get("draft")} preset=${Object.fromEntries(query)} refresh=${refresh} />`;
    case "edit": return html`<${S.Entry} key=${key} id=${a} refresh=${refresh} />`;
    case "import": return html`<${S.Import} key=${key} type=${a} refresh=${refresh} />`;
    case "usb": return html`<${S.Usb} key=${key} status=${status} refresh=${refresh} />`;
    case "reports": return html`<${S.Reports} key=${key} />`;
    case "report": return html`<${S.Report} key=${key} report=${a} period=${b} refresh=${refresh} />`;
    case "cases": return html`<${S.Cases} key=${key} />`;
    case "money": return html`<${S.Money} key=${key} refresh=${refresh} />`;
    case "scores": return html`<${S.Scores} key=${key} refresh=${refresh} go=${go} />`;
    case "score": return html`<${S.Score} key=${key} id=${a} refresh=${refresh} />`;
    case "corrections": return html`<${S.Corrections} key=${key} refresh=${refresh} />`;
    case "moves": return html`<${S.Moves} key=${key} refresh=${refresh} />`;
    case "readers": return html`<${S.Readers} key=${key} refresh=${refresh} />`;
    case "subject": return html`<${S.Subject} key=${key} id=${a} />`;
    case "access": return html`<${S.Access} key=${key} />`;
    case "compare": return html`<${Compare} key=${key} status=${status} refresh=${refresh} />`;
    case "settings": return html`<${S.Settings} key=${key} status=${status} />`;
    case "": case undefined: return html`<${Home} key=${key} status=${status} refresh=${refresh} />`;
    default: return html`<${Title}>${t("nopage")}</${Title}>`;
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
  useEffect(() => { if (status) Object.values(S).forEach((s) => s.fetch().catch(() => {})); }, [!status]);
  const logout = async () => { await api("POST", "/api/logout", {}); await refreshSession(); };
  const link = (to, text, n = 0) => html`<a href=${`#${to}`} aria-current=${path === to ? "page" : undefined}>${text}${n > 0 ? ` (${number(n)})` : ""}</a>`;
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.querySelector("h1")?.focus(); }}>${t("skip")}</a>
    <header class="bar"><div><a class="brand" href="#/">Đồng Bộ</a>
      <span class="unit">${status ? status.unit_name || status.name : ""}</span><span class="grow"></span>
      <nav aria-label=${t("nav")}>${link("/", t("nav.home"))}
        ${status && link("/conflicts", t("nav.conflicts"), status.records_conflict)}
        ${status && link("/pending", t("nav.pending"))}${link("/reports", t("nav.reports"))}${link("/cases", t("nav.cases"), status && status.cases ? status.cases.overdue : 0)}${link("/money", t("nav.money"))}${link("/scores", t("nav.scores"))}${link("/moves", t("nav.moves"))}${link("/usb", t("nav.usb"))}
        ${link("/settings", t("nav.settings"))}</nav>
      <span>${session.user}</span>
      <button onClick=${changeLang} lang=${otherLang()}>${otherLang() === "en" ? "English" : "Tiếng Việt"}</button>
      <button onClick=${logout}>${t("logout")}</button></div></header>
    ${status && html`<${Truth} status=${status} refresh=${refresh} />`}
    <main class="page" id="main">
      ${lost && html`<${Note} kind="bad"><p>${t("error.offline")}</p></${Note}>`}
      ${!status ? html`<p>${t("loading")}</p>` : edition > 0 && !ready ? html`<p>${t("loading")}</p>`
        : (edition === 0 || comparing(status)) && !["settings", "usb"].includes(path.split("/")[1]) ? html`<${Join} status=${status} refresh=${refresh} />`
        : html`${!path.startsWith("/compare") && html`<${DifferNote} status=${status} />`}<${Screen} path=${path} status=${status} refresh=${refresh} />`}</main>`;
}
