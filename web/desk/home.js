// The first screen: what is true now, drafts, and the record types.
import { html, t, say, api, session, fold, go, showTime, number, useState, useEffect } from "./base.js";
import { Note, Wrong, Title, catalogue, owned, typeOf, Sure } from "./parts.js";
import { Text, askLast } from "./login.js";
import { grouped } from "./groups.js";

export function Warnings({ status, refresh }) {
  const words = (w) => (t(`warning.${w.code}`) === `warning.${w.code}` ? say(w) : t(`warning.${w.code}`));
  const settle = async (w) => { await api("POST", "/api/alarm", { settle: w.alarm }).catch(() => {}); refresh(); };
  return status.warnings.filter((w) => w.code !== "words_differ").map((w) => html`<${Note} kind="warn"><p>${words(w)}</p>
    ${w.code === "alarm" && session.role === "keeper" && html`<div class="acts"><button onClick=${() => settle(w)}>${t("alarm.settle")}</button></div>`}</${Note}>`);
}

function Drafts() {
  const [drafts, set] = useState([]);
  const load = () => api("GET", "/api/drafts").then((r) => set(r.drafts), () => {});
  useEffect(() => { load(); }, []);
  const drop = async (key) => { await api("DELETE", "/api/draft", { key }); load(); };
  if (drafts.length === 0) return null;
  return html`<section class="card"><h2>${t("drafts")}</h2><p class="hint">${t("drafts.why")}</p><table><tbody>
    ${drafts.map((d) => html`<tr key=${d.key}><th scope="row"><a href=${d.draft.at ? `#${d.draft.at}` : d.draft.id ? `#/edit/${d.draft.id}` : `#/new/${d.draft.type}?draft=${d.key}`}>
      ${d.draft.at ? d.draft.title : `${say(typeOf(d.draft.type))}: ${d.draft.title || t("drafts.untitled")}`}</a></th><td>${showTime(d.saved)}</td>
      <td><button onClick=${() => drop(d.key)} aria-label=${`${t("drafts.drop")}: ${d.draft.title || t("drafts.untitled")}`}>${t("drafts.drop")}</button></td></tr>`)}
    </tbody></table></section>`;
}

/** Nothing is here yet: what to do, in order. */
function FirstRecord() {
  const person = catalogue.types.find((x) => x.name === "person" && x.scope === "own") || catalogue.types.find((x) => x.scope === "own");
  if (!person || session.role === "leader") return null;
  return html`<section class="card guide"><h2>${t("guide.title")}</h2><ol>
    <li>${t("guide.one", { type: say(person) })}</li><li>${t("guide.two")}</li><li>${t("guide.three")}</li></ol>
    <div class="acts"><a class="button main" href=${`#/new/${person.name}`}>${t("guide.go", { type: say(person) })}</a>
      <a class="button" href=${`#/import/${person.name}`}>${t("list.import")}</a></div></section>`;
}

const Types = ({ types, used }) => html`<ul class="types">${types.map((x) => html`<li key=${x.name}><a href=${`#/list/${x.name}`}>${say(x)}</a>
  ${used[x.name] > 0 && html`<span class="hint">${number(used[x.name])}</span>`}</li>`)}</ul>`;

export function Home({ status, refresh }) {
  const [q, setQ] = useState("");
  const [used, setUsed] = useState(null);
  useEffect(() => { api("GET", "/api/used").then((r) => setUsed(r.used), () => setUsed((now) => now || {})); }, [status.records]);
  const types = catalogue.types.filter((x) => x.scope === "own" && !owned(x.name) && fold(say(x)).includes(fold(q)));
  const figure = (key, n) => html`<div><dt>${t(key)}</dt><dd>${number(n)}</dd></div>`;
  return html`<${Title}>${t("home.title")}</${Title}>
    <${Warnings} status=${status} refresh=${refresh} />
    <dl class="figures">${figure("figure.records", status.records)}${figure("figure.conflict", status.records_conflict)}
      ${figure("figure.waiting", status.log.waiting)}${figure("figure.held", status.log.held)}</dl>
    ${status.records === 0 && html`<${FirstRecord} />`}
    <${Drafts} />
    <section><h2>${t("home.types")}</h2>
    <div class="field"><label for="types-q">${t("home.find")}</label>
      <input id="types-q" type="search" value=${q} onInput=${(e) => setQ(e.target.value)} /></div>
    ${used && (q.trim() ? html`<${Types} types=${types} used=${used} />`
      : grouped(types, used).map(([name, of]) => html`<h3 key=${name}>${t(`group.${name}`)}</h3><${Types} key=${`${name}-types`} types=${of} used=${used} />`))}
    ${types.length === 0 && html`<p>${t("home.notype")}</p>`}</section>`;
}

/** What a person said of the six words is kept by the program. Until they agree nothing is done here; where something was
 * written already, one may still come to it. */
const differs = (status) => status.compared === "differ";
export const comparing = (status) => (status.compared === "ask" && session.role === "keeper") || (differs(status) && status.log.sets === 0);

/** They differ: what is safe, and what to do, in order. */
function Differ({ status, again }) {
  const [sure, ask] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const written = status.log.sets > 0;
  const unjoin = async () => {
    setWrong("");
    setBusy(true);
    try { await askLast("/api/unjoin", {}); } catch (x) {
      setWrong(x.message);
      setBusy(false);
      ask(false);
    }
  };
  return html`<${Note} kind="bad"><p>${t("differ.stop")}</p><p>${t(written ? "differ.sent" : "differ.safe")}</p></${Note}>
    <${Wrong} text=${wrong} />
    <section class="card"><h2>${t("differ.do")}</h2><p class="sixwords">${status.words}</p>
    ${session.role !== "keeper" ? html`<p>${t("differ.keeper")}</p>` : html`<ol class="list"><li>${t("differ.again")}</li><li>${t("differ.revoke")}</li>
      <li>${written ? t("differ.written", { n: number(status.log.sets) }) : t("differ.unjoin")}</li></ol>
      ${busy ? html`<p role="status">${t("differ.busy")}</p>` : html`<div class="acts"><button class="main" onClick=${again}>${t("join.compare")}</button>
      ${!written && (sure ? html`<${Sure} kind="bad" act=${unjoin} cancel=${() => ask(false)}>${t("differ.sure")}</${Sure}>`
        : html`<button onClick=${() => ask(true)}>${t("differ.go")}</button>`)}</div>`}`}</section>`;
}

/** The words are compared when the hub shows them too: once it knows this PC. */
export function Words({ status, refresh, done }) {
  const [again, setAgain] = useState(false);
  const [wrong, setWrong] = useState("");
  const answer = (said) => async () => {
    try { await api("POST", "/api/compare", { said }); } catch (x) { setWrong(x.message); return; }
    setAgain(false);
    if (done && said === "same") done();
    refresh();
  };
  if (differs(status) && !again) return html`<${Differ} status=${status} again=${() => setAgain(true)} />`;
  return html`<${Wrong} text=${wrong} /><section class="card"><h2>${t("join.words")}</h2><p class="sixwords">${status.words}</p>
    <ol class="list"><li>${t("join.words.call")}</li><li>${t("join.words.read")}</li></ol>
    <div class="acts"><button class="main" onClick=${answer("same")}>${t("join.same")}</button><button class="bad" onClick=${answer("differ")}>${t("join.not")}</button></div></section>`;
}

/** Above every screen, as long as it is so. */
export const DifferNote = ({ status }) => differs(status) && html`<${Note} kind="bad"><p>${t("differ.stop")}</p>
  <div class="acts"><a class="button" href="#/compare">${t("differ.do")}</a></div></${Note}>`;

export const Compare = ({ status, refresh }) => html`<div class="narrow"><${Title}>${t("join.words")}</${Title}>
  <${Words} status=${status} refresh=${refresh} done=${() => go("/")} /></div>`;

function Invitation({ status, refresh }) {
  const [wrong, setWrong] = useState("");
  const [text, setText] = useState("");
  const [name, setName] = useState(status.name);
  const [busy, setBusy] = useState(false);
  /** An invitation as a file: its text is looked for, whatever stands around it. */
  const fromFile = async (e) => {
    const file = e.target.files[0];
    const found = file && file.size < 65536 ? (await file.text()).match(/dongbo1:[A-Za-z0-9_-]+/) : null;
    e.target.value = ""; // so that the same file can be chosen again
    setWrong(found || !file ? "" : t("join.file.none"));
    if (found) setText(found[0]);
  };
  const submit = async (e) => {
    e.preventDefault();
    setWrong("");
    setBusy(true);
    try {
      await api("POST", "/api/join", { ...Object.fromEntries(new FormData(e.target)), ask: true });
      await api("POST", "/api/sync", {});
    } catch (x) { setWrong(x.message); }
    setBusy(false);
    refresh();
  };
  return html`<${Wrong} text=${wrong} /><p>${t("join.why")}</p>
    <form class="card" onSubmit=${submit}><div class="fields">
      <${Text} name="invitation" label=${t("join.invitation")} hint=${t("join.invitation.hint")} autocomplete="off" required
        value=${text} onInput=${(e) => setText(e.target.value)} />
      <div class="field"><label for="t-file">${t("join.file")}</label><input id="t-file" type="file" accept=".txt,text/plain" onChange=${fromFile} /></div>
      <${Text} name="name" label=${t("join.name")} hint=${t("join.name.hint")} autocomplete="off" value=${name} onInput=${(e) => setName(e.target.value)} /></div>
      <div class="acts"><button class="main" disabled=${busy}>${t("join.go")}</button></div></form>`;
}

/** Before the first record: the invitation, the first sync, the six words. */
export function Join({ status, refresh }) {
  const [other, setOther] = useState(""); // the hub whose invitation came to nothing
  const step = status.hub === "" || (other === status.hub && !status.joined) ? (session.role === "keeper" ? html`<${Invitation} status=${status} refresh=${refresh} />` : html`<p>${t("join.keeper")}</p>`)
    : comparing(status) && (status.joined || differs(status)) ? html`<${Words} status=${status} refresh=${refresh} />`
    : html`<section class="card"><p role="status">${t(status.joined ? "join.catalogue" : "join.waiting")}</p><p>${t("join.nonet")}</p>
      <div class="acts"><a class="button" href="#/usb">${t("usb.title")}</a>
      ${!status.joined && session.role === "keeper" && html`<button onClick=${() => setOther(status.hub)}>${t("join.other")}</button>`}</div></section>`;
  return html`<div class="narrow"><${Title}>${t("join.title")}</${Title}>${step}</div>`;
}
