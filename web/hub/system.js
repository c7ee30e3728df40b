// The hub itself: its health, backups, and the catalogue as files that people edit in Excel.
import { html, t, say, api, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, loadCatalogue, Sure } from "../desk/parts.js";
import { Text, Table } from "./parts.js";

const PLACES = { quarantine: "/nodes", requests_overdue: "/registers", breaches_overdue: "/registers", breaches_running: "/registers" };

/** A warning of the status in the page's own words, with the way to where it is dealt with. Alarms stand on the first screen. */
function Warning({ w }) {
  const own = t(`warning.${w.code}`);
  return html`<${Note} kind="warn"><p>${own === `warning.${w.code}` ? say(w) : own} ${PLACES[w.code] && html`<a href=${`#${PLACES[w.code]}`}>${t("warning.see")}</a>`}</p></${Note}>`;
}

function Health({ status }) {
  const shown = status.warnings.filter((w) => w.code !== "alarm");
  const line = (key, value) => html`<dt>${t(key)}</dt><dd>${value}</dd>`;
  return html`<section class="card"><h2>${t("system.health")}</h2>
    ${status.warnings.length === 0 ? html`<p><span class="state ok">● ${t("system.fine")}</span></p>` : shown.map((w) => html`<${Warning} key=${w.code} w=${w} />`)}
    ${status.alarms > 0 && html`<${Note} kind="warn"><p><a href="#/">${t("system.alarms", { n: number(status.alarms) })}</a></p></${Note}>`}
    <dl class="values">${line("system.position", number(status.position))}${line("system.edition", number(status.edition))}${line("count.records", number(status.records))}
      ${line("system.issue", html`<span class="code">${status.issue_key}</span>`)}
      ${status.certificate_until && line("system.certificate", showTime(status.certificate_until))}${line("system.disk", t(status.disk_encrypted === null ? "system.disk.unknown" : status.disk_encrypted ? "system.disk.yes" : "system.disk.no"))}</dl></section>`;
}

function Backup({ backup: b, refresh }) {
  const [wrong, setWrong] = useState("");
  const start = async (e) => {
    e.preventDefault();
    setWrong("");
    try { await api("POST", "/api/backup", { path: e.target.elements.path.value.trim() }); } catch (x) { setWrong(x.message); }
    refresh();
  };
  return html`<section class="card"><h2>${t("backup.title")}</h2><p class="hint">${t("backup.why")}</p>
    <${Wrong} text=${wrong} />${b.failed && html`<${Note} kind="bad"><p>${t("backup.failed", { why: b.failed })}</p></${Note}>`}
    <p role="status">${b.running ? html`${t("backup.running", { name: b.to })} <progress max=${Math.max(1, b.pages)} value=${b.copied} aria-label=${t("backup.title")}></progress>`
      : b.last ? t("backup.last", { time: showTime(b.last), name: b.last_name }) : t("backup.never")}</p>
    <form onSubmit=${start}><div class="fields"><${Text} name="path" label=${t("backup.path")} hint=${t("backup.path.hint")} autocomplete="off" required /></div>
      <div class="acts"><button disabled=${b.running}>${t("backup.go")}</button></div></form></section>`;
}

/** What came of the last check of the whole log, in words. */
function Checked({ last }) {
  const seconds = number(Math.max(1, Math.round(last.took_ms / 1000)));
  return html`<${Note} kind=${last.ok ? "ok" : "bad"} role="status"><p><strong>${t(last.ok ? "whole.ok" : "whole.bad", { n: number(last.finding_count || 1) })}</strong></p>
    <p>${t("whole.at", { time: showTime(last.at), sets: number(last.sets), records: number(last.records), seconds })}</p>
    ${!last.ok && html`<p>${t("whole.bad.do")}</p>${last.findings.length > 0 && html`<ul class="list">${last.findings.map((f) =>
      html`<li>${say(f)}${f.table ? `: ${f.table}` : f.position > 0 ? ` (${t("whole.position", { n: number(f.position) })})` : ""}</li>`)}</ul>`}`}</${Note}>`;
}

/** The whole log against itself, now; and when the hub last looked through it by itself. */
function Check({ checks: c, refresh }) {
  const [wrong, setWrong] = useState("");
  const start = async () => {
    setWrong("");
    try { await api("POST", "/api/verify-log", {}); } catch (x) { setWrong(x.message); }
    refresh();
  };
  return html`<section class="card"><h2>${t("whole.title")}</h2><p class="hint">${t("whole.why")}</p>
    <${Wrong} text=${wrong} />${c.failed && !c.running && html`<${Note} kind="bad"><p>${say(c.failed)}</p></${Note}>`}
    ${c.running ? html`<p role="status">${t("whole.running", { time: showTime(c.began) })} <progress max=${Math.max(c.of, c.done, 1)} value=${c.done} aria-label=${t("whole.title")}></progress></p>`
      : c.last ? html`<${Checked} last=${c.last} />` : html`<p role="status">${t("whole.never")}</p>`}
    <p>${c.scrub ? t(c.scrub_findings > 0 ? "scrub.bad" : "scrub.ok", { time: showTime(c.scrub), n: number(c.scrub_findings) }) : t("scrub.never")}</p>
    <div class="acts"><button onClick=${start} disabled=${c.running}>${t("whole.go")}</button></div></section>`;
}

// ---- the catalogue ----

/** What the edited files change, as the hub tells it: rows that came or went, and cells. */
function Changes({ said }) {
  const sign = { came: "+", file_came: "+", gone: "−", file_gone: "−", order: "↕" };
  return html`<p role="status">${t("catalogue.changes", { n: number(said.change_count) })}</p>
    <${Table} label=${t("catalogue.title")} heads=${["±", t("catalogue.row"), t("diff.before"), t("diff.after")]}>
      ${said.changes.map((c) => html`<tr><td>${sign[c.what] || "≠"}</td><th scope="row" class="code-cell">${c.file}${c.row > 0 && `:${c.row}`} ${c.key} ${c.column}</th>
        <td class="code-cell">${c.was}</td><td class="code-cell">${c.is}</td></tr>`)}</${Table}>`;
}

/** What a chosen file is called in the catalogue: indicators stand in a folder of their own. */
const nameOf = (file) => (file.name.endsWith(".sql") ? `indicators/${file.name}` : file.name);

function Catalogue({ refresh }) {
  const [now, setNow] = useState(null);
  const [files, setFiles] = useState(null);
  const [said, say2] = useState(null);
  const [sure, setSure] = useState(false);
  const load = () => api("GET", "/api/catalogue/files").then(setNow, (e) => say2({ bad: e.message }));
  useEffect(() => { load(); }, []);
  const send = async (publish, changed = files) => {
    say2(null);
    setSure(false);
    try {
      const r = await api("POST", "/api/catalogue/files", { edition: now.edition, files: changed, ...(publish && { publish: true }) });
      if (r.change_count === 0) { setFiles(null); say2({ good: t("catalogue.same") }); return; }
      say2({ good: publish ? t("catalogue.published", { n: number(r.edition) }) : t("catalogue.right"), checked: !publish && r });
      if (publish) { setFiles(null); await load(); await loadCatalogue(); refresh(); }
    } catch (e) { say2({ bad: e.message, mistakes: e.answer.mistakes }); }
  };
  const take = async (list) => {
    const read = await Promise.all([...list].map(async (f) => [nameOf(f), (await f.text()).replace(/^\ufeff/, "")]));
    const changed = Object.fromEntries(read.filter(([name, text]) => text !== now.files[name]));
    setFiles(changed);
    if (Object.keys(changed).length > 0) await send(false, changed); else say2({ good: t("catalogue.same") });
  };
  const names = files ? Object.keys(files) : [];
  return html`<section class="card"><h2>${t("catalogue.title")}</h2><p class="hint">${t("catalogue.why")}</p>
    ${said?.bad && html`<${Note} kind="bad"><p>${said.bad}</p>${said.mistakes?.map((m) => html`<p>${m.file}, ${t("catalogue.at", { row: m.row, column: m.column || "–" })}: ${say(m)}</p>`)}</${Note}>`}
    ${said?.good && html`<${Note} kind="ok"><p>${said.good}</p></${Note}>`}
    ${now && html`<div class="field"><label for="cat-files">${t("catalogue.choose")}</label><p class="hint" id="cat-hint">${t("catalogue.choose.hint")}</p>
      <input id="cat-files" type="file" multiple accept=".csv,.sql" aria-describedby="cat-hint" onChange=${(e) => { take(e.target.files); e.target.value = ""; }} /></div>
      ${names.length > 0 && said?.checked && html`<${Changes} said=${said.checked} /><div class="acts">${sure ? html`<${Sure} act=${() => send(true)} cancel=${() => setSure(false)}>${t("catalogue.sure", { n: number(now.edition + 1) })}</${Sure}>` : html`<button onClick=${() => setSure(true)}>${t("catalogue.go")}</button>`}</div>`}
      <details><summary>${t("catalogue.files", { n: number(now.edition) })}</summary><ul class="files">${Object.keys(now.files).map((n) => html`<li>
        <a class="link" href=${`data:text/csv;charset=utf-8,${encodeURIComponent(n.endsWith(".csv") ? `\ufeff${now.files[n]}` : now.files[n])}`} download=${n.split("/").pop()}>${n}</a></li>`)}</ul></details>`}</section>`;
}

/** Behind a warning of the browser: how to be rid of it, once on each PC. */
function Certificate() {
  const [it, set] = useState(null);
  useEffect(() => { api("GET", "/api/authority").then(set, () => {}); }, []);
  if (!it) return null;
  return html`<section class="card"><h2>${t("cert.title")}</h2><p class="hint">${t("cert.why")}</p><p class="code">${it.sha256}</p>
    <div class="acts"><a class="button" href="/cai-dat">${t("cert.guide")}</a></div></section>`;
}

export function System({ status, refresh }) {
  return html`<${Title}>${t("hub.system")}</${Title}><${Health} status=${status} /><${Check} checks=${status.checks} refresh=${refresh} /><${Backup} backup=${status.backup} refresh=${refresh} /><${Catalogue} refresh=${refresh} /><${Certificate} />`;
}
