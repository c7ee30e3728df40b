// Corrections that the district asks for, and this commune's answers. A correction changes no record by itself.
import { html, t, say, number, api, showDate, showTime, session, useState, useEffect } from "./base.js";
import { Note, Title, showPeriod, Sure } from "./parts.js";

function One({ c, answer }) {
  const [sure, ask] = useState("");
  const [note, setNote] = useState("");
  const open = c.state === "open";
  return html`<section class="card"><h2>${say({ vi: c.indicator_vi, en: c.indicator_en }) || c.indicator}${c.value ? ` (${c.value})` : ""}</h2>
    <p>${say({ vi: c.report_vi, en: c.report_en }) || c.report}, ${showPeriod(c.period)} <span class="hint">(${c.report}, ${c.indicator})</span></p>
    <p class=${`state ${open ? "warn" : "ok"}`}>${open ? "▲" : "●"} ${t(`correction.${c.state}`)}${c.answered ? `, ${showDate(c.answered)}` : ""}</p>
    <dl class="values"><dt>${t("correction.before")}</dt><dd>${c.before || "–"}</dd><dt>${t("correction.after")}</dt><dd>${c.after}</dd>
      <dt>${t("correction.reason")}</dt><dd>${c.reason}</dd><dt>${t("correction.at")}</dt><dd>${showTime(c.at)}</dd>
      ${c.figure !== undefined && html`<dt>${t("correction.now")}</dt><dd>▲ ${c.figure === null ? "–" : number(c.figure)}: ${t("correction.overtaken")}</dd>`}
      ${c.note && html`<dt>${t("correction.note")}</dt><dd>${c.note}</dd>`}
      ${c.record && html`<dt>${t("correction.record")}</dt><dd><a href=${`#/record/${c.record}`}>${c.record.slice(0, 8)}</a></dd>`}</dl>
    ${open && session.role !== "leader" && (sure ? html`<div class="field"><label for=${`c-${c.id}`}>${t("correction.why")}</label>
        <input id=${`c-${c.id}`} value=${note} onInput=${(e) => setNote(e.target.value)} /></div>
      <div class="acts"><${Sure} off=${sure === "object" && !note.trim()} act=${() => answer(c, sure, note)} cancel=${() => ask("")}>${t(`correction.${sure}.sure`)}</${Sure}></div>`
    : html`<div class="acts"><button onClick=${() => ask("agree")}>${t("correction.agree")}</button><button onClick=${() => ask("object")}>${t("correction.object")}</button></div>`)}</section>`;
}

export function Corrections({ refresh }) {
  const [rows, set] = useState(null);
  const [told, tell] = useState(null);
  const load = () => api("GET", "/api/corrections").then((r) => set(r.corrections), (x) => tell({ bad: true, text: x.message }));
  useEffect(() => { load(); }, []);
  const answer = async (c, word, note) => {
    tell(null);
    try {
      await api("POST", "/api/correction", { id: c.id, answer: word, ...(note.trim() && { note: note.trim() }) });
      tell({ text: t("correction.done") });
      refresh();
    } catch (x) { tell({ bad: true, text: x.message }); }
    await load();
  };
  return html`<${Title}>${t("corrections")}</${Title}><p>${t("corrections.why")}</p>
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${rows && rows.length === 0 && html`<p>${t("corrections.none")}</p>`}
    ${(rows || []).map((c) => html`<${One} key=${c.id + c.state} c=${c} answer=${answer} />`)}`;
}
