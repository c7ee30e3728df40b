// The frame: who is logged in, where we are, the truth that always stands there.
import { html, render, t, lang, loadWords, session, onSession, refreshSession, api, showTime, number,
  useState, useEffect, useRef } from "./base.js";
import { Note, Title, loadCatalogue, catalogue, otherLang } from "./parts.js";
import { Login } from "./login.js";
import { Home, Join } from "./home.js";
import { List } from "./list.js";
import { Record } from "./record.js";
import { Form } from "./form.js";
import { Import } from "./import.js";
import { Settings } from "./settings.js";

const POLL_MS = 5000;
const POLL_SYNC_MS = 400;

function useHash() {
  const [hash, set] = useState(location.hash.slice(1) || "/");
  useEffect(() => {
    const f = () => set(location.hash.slice(1) || "/");
    addEventListener("hashchange", f);
    return () => removeEventListener("hashchange", f);
  }, []);
  return hash;
}

/** Status, asked again and again; faster while a session with the hub runs. */
function useStatus() {
  const [status, set] = useState(null);
  const [lost, setLost] = useState(false);
  const again = useRef(() => {});
  useEffect(() => {
    let live = true;
    let timer;
    const ask = async () => {
      clearTimeout(timer);
      let next = POLL_MS;
      try {
        const s = await api("GET", "/api/status");
        if (!live) return;
        set(s);
        setLost(false);
        if (s.sync.state !== "idle") next = POLL_SYNC_MS;
      } catch (e) {
        if (live) setLost(e.status === 0);
      }
      if (live) timer = setTimeout(ask, next);
    };
    again.current = ask;
    ask();
    return () => { live = false; clearTimeout(timer); };
  }, []);
  return [status, () => again.current(), lost];
}

function Truth({ status, refresh }) {
  const [wanted, setWanted] = useState(-1);
  const [told, setTold] = useState(null);
  const running = status.sync.state !== "idle";
  useEffect(() => {
    if (wanted < 0 || running || status.sync.ended <= wanted) return;
    setTold(status.sync.last);
    setWanted(-1);
  }, [status]);
  const sync = async () => {
    setTold(null);
    try {
      setWanted((await api("POST", "/api/sync", {})).ended);
      refresh();
    } catch (e) { setTold(e.answer); }
  };
  const pair = (name, value) => html`<div><dt>${t(name)}</dt><dd>${value}</dd></div>`;
  const busy = wanted >= 0 || running;
  return html`<section class="truth bar" aria-label=${t("truth")}><div>
      <dl>${pair("truth.written", number(status.log.sets))}${pair("truth.delivered", number(status.log.delivered))}
        ${pair("truth.waiting", number(status.log.waiting))}${pair("truth.held", number(status.log.held))}
        ${pair("truth.contact", showTime(status.session.last_contact))}</dl>
      <span class="grow"></span>
      <span role="status">${busy ? t(`sync.${running ? status.sync.state : "preparing"}`, { n: number(status.log.waiting) }) : ""}</span>
      <button onClick=${sync} disabled=${busy}>${t("sync.now")}</button></div></section>
    ${told && html`<div class="told"><${Note} kind=${told.error ? "warn" : "ok"} role="status">
      <p>${told.error ? (lang.now === "en" ? told.en : told.vi) : t("sync.done", { n: number(status.log.delivered) })}</p>
      <div class="acts"><button onClick=${() => setTold(null)}>${t("close")}</button></div></${Note}></div>`}`;
}

function Screen({ path, status, refresh }) {
  const [, where, a] = path.split("?")[0].split("/");
  const query = new URLSearchParams(path.split("?")[1] || "");
  const key = path;
  switch (where) {
    case "list": return html`<${List} key=${key} type=${a} />`;
    case "conflicts": return html`<${List} key=${key} conflicts />`;
    case "pending": return html`<${List} key=${key} pending />`;
    case "record": return html`<${Record} key=${key} id=${a} status=${status} refresh=${refresh} />`;
    case "new": return html`<${Form} key=${key} type=${a} draft=${query.get("draft")} refresh=${refresh} />`;
    case "edit": return html`<${Form} key=${key} id=${a} refresh=${refresh} />`;
    case "import": return html`<${Import} key=${key} type=${a} refresh=${refresh} />`;
    case "settings": return html`<${Settings} key=${key} status=${status} />`;
    case "": case undefined: return html`<${Home} key=${key} status=${status} />`;
    default: return html`<${Title}>${t("nopage")}</${Title}>`;
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
  const logout = async () => { await api("POST", "/api/logout", {}); await refreshSession(); };
  const link = (to, text, n = 0) => html`<a href=${`#${to}`} aria-current=${path === to ? "page" : undefined}>${text}${n > 0 ? ` (${number(n)})` : ""}</a>`;
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.querySelector("h1")?.focus(); }}>${t("skip")}</a>
    <header class="bar"><div><a class="brand" href="#/">Đồng Bộ</a>
      <span class="unit">${status ? status.unit_name || status.name : ""}</span><span class="grow"></span>
      <nav aria-label=${t("nav")}>${link("/", t("nav.home"))}
        ${status && link("/conflicts", t("nav.conflicts"), status.records_conflict)}
        ${status && link("/pending", t("nav.pending"))}${link("/settings", t("nav.settings"))}</nav>
      <span>${session.user}</span>
      <button onClick=${changeLang} lang=${otherLang()}>${otherLang() === "en" ? "English" : "Tiếng Việt"}</button>
      <button onClick=${logout}>${t("logout")}</button></div></header>
    ${status && html`<${Truth} status=${status} refresh=${refresh} />`}
    <main class="page" id="main">
      ${lost && html`<${Note} kind="bad"><p>${t("error.offline")}</p></${Note}>`}
      ${!status ? html`<p>${t("loading")}</p>` : edition > 0 && !ready ? html`<p>${t("loading")}</p>`
        : edition === 0 && path.split("/")[1] !== "settings" ? html`<${Join} status=${status} refresh=${refresh} />`
        : html`<${Screen} path=${path} status=${status} refresh=${refresh} />`}</main>`;
}

function App() {
  const [, again] = useState(0);
  useEffect(() => onSession(() => again((n) => n + 1)), []);
  const changeLang = async () => {
    await loadWords(otherLang());
    again((n) => n + 1);
  };
  return session.user ? html`<${Inside} changeLang=${changeLang} />` : html`<${Login} changeLang=${changeLang} />`;
}

async function start() {
  await Promise.all([loadWords("vi"), refreshSession()]);
  const at = document.getElementById("app");
  at.textContent = "";
  render(html`<${App} />`, at);
}
start();
