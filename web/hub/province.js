// The province's page: issued reports of this hub, read-only, counts only.
import { html, render, t, say, lang, loadWords, wordFiles, session, onSession, refreshSession, api, logIn, showTime,
  useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, otherLang } from "../desk/parts.js";
import { Text, Table, showPeriod } from "./parts.js";
import { Figures, Files, Charts, fetchIssues, fetchFigures, issueTitle } from "./figures.js";
import { Verify } from "./verify.js";

function Door() {
  const [wrong, setWrong] = useState("");
  const submit = async (e) => {
    e.preventDefault();
    setWrong("");
    try { await logIn("/api/token", Object.fromEntries(new FormData(e.target))); } catch (x) { setWrong(x.message); }
  };
  return html`<main class="page narrow" id="main"><${Title}>${t("province.title")}</${Title}><p>${t("province.why")}</p>
    <${Wrong} text=${wrong} />
    <form class="card" onSubmit=${submit}><div class="fields"><${Text} name="token" label=${t("province.token")} hint=${t("province.token.hint")} type="password" autocomplete="off" required /></div>
      <div class="acts"><button class="main">${t("province.go")}</button></div></form><p class="hint">${t("province.curl")}</p></main>`;
}

function Issue({ issue, figures, close }) {
  return html`<section class="card"><div class="head"><h2>${issueTitle(issue)}</h2><div class="acts"><button onClick=${close}>${t("close")}</button></div></div>
    <p>${t("issues.closed")}: ${showTime(issue.closed)}</p><${Files} issue=${issue} />${figures && html`<${Figures} report=${figures} />`}</section>`;
}

function Inside() {
  const [issues, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const [open, setOpen] = useState(null);
  const [names, setNames] = useState({});
  useEffect(() => {
    fetchIssues().then(async (all) => {
      set(all);
      const one = new Map(all.map((i) => [i.report, i]));
      const known = await Promise.all([...one.values()].map((i) => fetchFigures(i).then((f) => [i.report, { id: i.report, vi: f.label_vi, en: f.label_en }], () => [i.report, { id: i.report, vi: i.report, en: i.report }])));
      setNames(Object.fromEntries(known));
    }, (e) => setWrong(e.message));
  }, []);
  const look = async (issue) => {
    setOpen({ issue });
    try { setOpen({ issue, figures: await fetchFigures(issue) }); } catch (e) { setWrong(e.message); }
  };
  if (!issues) return html`<main class="page" id="main"><${Title}>${t("province.title")}</${Title}>${wrong ? html`<${Note} kind="bad"><p>${wrong}</p></${Note}>` : html`<p>${t("loading")}</p>`}</main>`;
  const reports = Object.values(names);
  return html`<main class="page" id="main"><${Title}>${t("province.of", { hub: session.unit_name })}</${Title}>
    <${Wrong} text=${wrong} />
    <section><h2>${t("issues.title")}</h2>${issues.length === 0 ? html`<p>${t("issues.none")}</p>` : html`
      <${Table} label=${t("issues.title")} heads=${[t("hub.report"), t("hub.period"), { num: t("issues.number") }, t("issues.closed"), ""]}>
      ${[...issues].reverse().map((i) => html`<tr key=${i.id}><th scope="row">${i.report}: ${say(names[i.report]) || ""}</th><td>${showPeriod(i.period)}</td><td class="num">${i.number}</td>
        <td>${showTime(i.closed)}</td><td><button onClick=${() => look(i)} aria-label=${`${t("province.open")}: ${issueTitle(i)}`}>${t("province.open")}</button></td></tr>`)}</${Table}>`}</section>
    ${open && html`<${Issue} key=${open.issue.id} issue=${open.issue} figures=${open.figures} close=${() => setOpen(null)} />`}
    <${Verify} issues=${issues} />
    ${reports.length > 0 && html`<section><h2>${t("chart.title")}</h2><${Charts} issues=${issues} reports=${reports} /></section>`}</main>`;
}

function App() {
  const [, again] = useState(0);
  useEffect(() => onSession(() => again((n) => n + 1)), []);
  const changeLang = async () => {
    await loadWords(otherLang());
    again((n) => n + 1);
  };
  const leave = async () => { await api("POST", "/api/logout", {}); await refreshSession(); };
  const inside = session.stage === "province" || session.stage === "in";
  return html`<a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.querySelector("h1")?.focus(); }}>${t("skip")}</a>
    <header class="bar"><div><span class="brand">Đồng Bộ</span><span class="unit">${session.unit_name}</span><span class="grow"></span>
      ${inside && html`<span>${session.user}</span>`}
      <button onClick=${changeLang} lang=${otherLang()}>${otherLang() === "en" ? "English" : "Tiếng Việt"}</button>
      ${inside && html`<button onClick=${leave}>${t("logout")}</button>`}</div></header>
    ${inside ? html`<${Inside} />` : html`<${Door} />`}`;
}

async function start() {
  wordFiles[1] = "/i18n/hub-";
  await Promise.all([loadWords(lang.now), refreshSession()]);
  const at = document.getElementById("app");
  at.textContent = "";
  render(html`<${App} />`, at);
}
start();
