// The commune scores itself against the scheme, criterion by criterion, and hands the sheet in (docs/cases.md).
import { html, t, say, api, session, showDate, shown, useState, useEffect } from "./base.js";
import { Note, Wrong, Title, catalogue, Sure } from "./parts.js";
import { useKept } from "./kept.js";

const YEARS = 6;
const LATER = { draft: "", self_scored: "ok", appraised: "ok", published: "ok" };
const stateName = (s) => say((catalogue.choices.score_state || []).find((c) => c.value === s)) || s;
const className = (s) => say((catalogue.choices.score_class || []).find((c) => c.value === s)) || s || "–";
const State = ({ sheet }) => html`<span class=${`state ${LATER[sheet.state] || ""}`}>${sheet.state === "draft" ? "○" : "●"} ${stateName(sheet.state)}</span>`;
const isDemo = (sheet) => sheet.scheme === "DEMO";
const Demo = () => html`<${Note} kind="warn"><p>${t("score.demo")}</p></${Note}>`;

export function Scores({ refresh, go }) {
  const now = new Date().getFullYear();
  const [sheets, set] = useState(null);
  const [year, setYear] = useState(now);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/score").then((r) => set(r.sheets), (x) => setWrong(x.message)); }, []);
  const start = async (e) => {
    e.preventDefault();
    setWrong("");
    try {
      const r = await api("POST", "/api/score/start", { year: String(year) });
      refresh();
      go(`/score/${r.id}`);
    } catch (x) { setWrong(x.message); }
  };
  return html`<${Title}>${t("score.title")}</${Title}><p>${t("score.why")}</p>
    <${Wrong} text=${wrong} />${!sheets && !wrong && html`<p>${t("loading")}</p>`}
    ${sheets && sheets.length === 0 && html`<p>${t("score.none")}</p>`}
    ${sheets && sheets.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("score.title")}><table><thead><tr><th scope="col">${t("year")}</th><th scope="col">${t("score.scheme")}</th>
        <th scope="col" class="num">${t("score.own")}</th><th scope="col" class="num">${t("score.district")}</th><th scope="col">${t("score.class")}</th><th scope="col">${t("list.state")}</th></tr></thead><tbody>
      ${sheets.map((s) => html`<tr key=${s.id}><th scope="row"><a href=${`#/score/${s.id}`} aria-label=${t("score.of", { year: s.year })}>${s.year}</a></th><td>${s.scheme} ${s.version || ""}</td>
        <td class="num">${shown(s.self_total)}</td><td class="num">${shown(s.district_total)}</td><td>${className(s.result_class)}</td><td><${State} sheet=${s} /></td></tr>`)}</tbody></table></div>`}
    ${session.role !== "leader" && sheets && html`<form class="card" onSubmit=${start}><h2>${t("score.start")}</h2><div class="ask"><div class="field"><label for="score-year">${t("year")}</label>
      <select id="score-year" value=${year} onChange=${(e) => setYear(Number(e.target.value))}>${Array.from({ length: YEARS }, (_, i) => now - i).map((y) => html`<option value=${y}>${y}</option>`)}</select></div>
      <div class="acts"><button class="main">${t("score.start")}</button></div></div></form>`}`;
}

/** One criterion: what it asks, the year's figure, what the commune gives, what the district said. */
function Criterion({ line, typed, change, open }) {
  const id = `s-${line.code}`;
  const name = say({ vi: line.name_vi, en: line.name_en });
  const value = (k, was) => typed[k] ?? was ?? "";
  return html`<section class="card"><h2>${line.code}. ${name}</h2>
    <p class="hint">${t("score.most", { n: shown(line.most) })}${line.method ? ` · ${line.method}` : ""}${line.evidence_wanted ? ` · ${t("score.wanted")}: ${line.evidence_wanted}` : ""}</p>
    ${line.figure !== undefined && html`<p>${t("score.figure", { name: say({ vi: line.figure_vi, en: line.figure_en }) })}: <strong>${shown(line.figure)}</strong></p>`}
    ${open ? html`<div class="fields"><div class="field"><label for=${id}>${t("score.points", { code: line.code })}</label>
        <input id=${id} inputmode="decimal" autocomplete="off" value=${value("score", line.self_score?.replace(".", ","))} onInput=${(e) => change("score", e.target.value)} /></div>
      <div class="field"><label for=${`${id}-why`}>${t("score.reason", { code: line.code })}</label><input id=${`${id}-why`} autocomplete="off" value=${value("reason", line.reason)} onInput=${(e) => change("reason", e.target.value)} /></div>
      <div class="field"><label for=${`${id}-proof`}>${t("score.evidence", { code: line.code })}</label><input id=${`${id}-proof`} autocomplete="off" value=${value("evidence", line.evidence)} onInput=${(e) => change("evidence", e.target.value)} /></div></div>`
    : html`<dl class="values"><dt>${t("score.own")}</dt><dd>${shown(line.self_score)}</dd>${line.reason && html`<dt>${t("score.why.own")}</dt><dd>${line.reason}</dd>`}
      ${line.evidence && html`<dt>${t("score.proof")}</dt><dd>${line.evidence}</dd>`}</dl>`}
    ${(line.district_score || line.district_note) && html`<dl class="values"><dt>${t("score.district")}</dt><dd>${shown(line.district_score)}${line.difference && line.difference !== "0" ? html`<span class="mark">▲ ${t("score.differs", { n: shown(line.difference) })}</span>` : ""}</dd>
      ${line.district_note && html`<dt>${t("score.why.district")}</dt><dd>${line.district_note}</dd>`}</dl>`}</section>`;
}

const KEYS = { score: "self_score", reason: "reason", evidence: "evidence" };
/** What a line's typed texts change, as the API takes it; null: nothing, or no score yet. */
function changeOf(line, typed = {}) {
  const now = Object.fromEntries(Object.entries(KEYS).map(([k, of]) => [k, (typed[k] ?? line[of] ?? "").trim()]));
  now.score = now.score.replace(",", ".");
  const differs = Object.entries(KEYS).some(([k, of]) => now[k] !== (line[of] || ""));
  return differs ? now : null;
}

/** Hundredths, so that 12,1 and 0,2 add up. */
const parts = (text) => (/^\d+([.,]\d{1,2})?$/.test(text || "") ? Math.round(Number(text.replace(",", ".")) * 100) : 0);

export function Score({ id, refresh }) {
  const [sheet, set] = useState(null);
  const [told, tell] = useState(null);
  const [sure, ask] = useState("");
  const title = sheet ? t("score.of", { year: sheet.year }) : t("score.title");
  const [typed, setTyped, drop] = useKept(`score-${id}`, { at: `/score/${id}`, title });
  const load = () => api("GET", "/api/score", { id }).then(set, (x) => tell({ bad: true, text: x.message }));
  useEffect(() => { load(); }, []);
  if (!sheet) return html`<${Title}>${t("score.title")}</${Title}>${told ? html`<${Note} kind="bad"><p>${told.text}</p></${Note}>` : html`<p>${t("loading")}</p>`}`;
  const draft = sheet.state === "draft";
  const open = draft && session.role !== "leader";
  const changes = sheet.lines.map((l) => [l, open ? changeOf(l, typed[l.code]) : null]).filter(([, c]) => c);
  const sum = sheet.lines.reduce((n, l) => n + parts(open ? typed[l.code]?.score ?? l.self_score : l.self_score), 0) / 100;
  const missing = sheet.lines.filter((l) => !l.self_score).length;
  const save = async () => {
    tell(null);
    try {
      for (const [l, c] of changes) {
        await api("POST", "/api/score/line", { id, code: l.code, score: c.score, ...((c.reason || l.reason) && { reason: c.reason }), ...((c.evidence || l.evidence) && { evidence: c.evidence }) });
        setTyped((now) => { const rest = { ...now }; delete rest[l.code]; return rest; });
      }
      drop();
      tell({ text: t("score.saved") });
    } catch (x) { tell({ bad: true, text: x.message }); }
    refresh();
    await load();
  };
  const step = async (word) => {
    ask("");
    tell(null);
    try {
      await api("POST", "/api/score/step", { id, step: word });
      tell({ text: t(word === "submit" ? "score.submitted" : "score.withdrawn") });
      refresh();
    } catch (x) { tell({ bad: true, text: x.message }); }
    await load();
  };
  const signs = session.role !== "clerk";
  return html`<div class="head"><${Title}>${title}</${Title}><div class="acts"><a class="button" href="#/scores">${t("score.title")}</a><button onClick=${() => print()}>${t("print")}</button></div></div>
    ${isDemo(sheet) && html`<${Demo} />`}
    <p>${say({ vi: sheet.label_vi, en: sheet.label_en })} · <${State} sheet=${sheet} /></p>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${sheet.district_note && html`<${Note} kind=${draft ? "warn" : ""}><p>${t("score.why.district")}: ${sheet.district_note}</p></${Note}>`}
    <dl class="figures"><div><dt>${t("score.own")} / ${shown(sheet.most)}</dt><dd>${shown(String(sum))}</dd></div>
      ${sheet.appraised_on && html`<div><dt>${t("score.district")}</dt><dd>${shown(sheet.district_total)}</dd></div><div><dt>${t("score.class")}</dt><dd>${className(sheet.result_class)}</dd></div>`}</dl>
    ${sheet.published_on && html`<p>${t("score.published", { day: showDate(sheet.published_on) })}</p>`}
    ${sheet.lines.map((l) => html`<${Criterion} key=${l.code} line=${l} open=${open} typed=${typed[l.code] || {}} change=${(k, v) => setTyped((now) => ({ ...now, [l.code]: { ...now[l.code], [k]: v } }))} />`)}
    ${(draft || (sheet.state === "self_scored" && signs)) && html`<div class="card"><div class="acts">${open && html`<button class="main" onClick=${save} disabled=${changes.length === 0}>${t("score.save")}</button>`}
      ${draft && signs && (sure ? html`<${Sure} act=${() => step("submit")} cancel=${() => ask("")}>${t("score.submit.sure")}</${Sure}>`
        : html`<button onClick=${() => ask("submit")} disabled=${changes.length > 0 || missing > 0}>${t("score.submit")}</button>`)}
      ${sheet.state === "self_scored" && signs && (sure ? html`<${Sure} kind="bad" act=${() => step("withdraw")} cancel=${() => ask("")}>${t("score.withdraw.sure")}</${Sure}>`
        : html`<button onClick=${() => ask("withdraw")}>${t("score.withdraw")}</button>`)}</div>
      ${draft && missing > 0 && html`<p class="hint">${t("score.missing", { n: missing })}</p>`}
      ${draft && changes.length > 0 && html`<p class="hint">${t("score.dirty")}</p>`}
      ${draft && !signs && missing === 0 && html`<p class="hint">${t("score.leader")}</p>`}</div>`}`;
}
