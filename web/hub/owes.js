// Who owes what: late reports, corrections that wait for a commune's answer, reports asked for out of turn.
import { html, t, say, session, api, saveFile, showDate, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue } from "../desk/parts.js";
import { Failed } from "../desk/cases.js";
import { Text, Select, Table, Sender, clear, showPeriod, periodsOf, unitName } from "./parts.js";
import { communes } from "./communes.js";

const linesOf = (report) => [...new Map((catalogue.reports.find((r) => r.id === report)?.lines || []).map((l) => [l.indicator, l])).values()];
const indicator = (report, id) => say(linesOf(report).find((l) => l.indicator === id)) || id;
const units = () => communes().map((u) => ({ value: u.value, label: u.vi }));

function Ask({ done }) {
  const forms = catalogue.reports.filter((r) => r.periods.includes("adhoc"));
  const [report, setReport] = useState(forms[0]?.id || "");
  const [unit, setUnit] = useState("*");
  const iso = (v) => v.trim().split("/").reverse().join("-");
  const [wrong, setWrong] = useState("");
  const [told, tell] = useState("");
  if (forms.length === 0) return null;
  const submit = async (e) => {
    e.preventDefault();
    const f = e.target.elements;
    setWrong("");
    try {
      await api("POST", "/api/ask", { report, unit, period: `${iso(f.from.value)}_${iso(f.to.value)}`, ...(f.due.value && { due: iso(f.due.value) }), text: f.text.value });
      clear(e.target);
      tell(t("ask.done"));
      await done();
    } catch (x) { setWrong(x.message); }
  };
  return html`<section class="card"><h2>${t("ask.title")}</h2><p class="hint">${t("ask.why")}</p><${Wrong} text=${wrong} />
    ${told && html`<${Note} kind="ok"><p>${told}</p></${Note}>`}<form onSubmit=${submit}><div class="fields">
      <${Select} name="report" label=${t("hub.report")} value=${report} onChange=${setReport} options=${forms.map((r) => ({ value: r.id, label: `${r.id}: ${say(r)}` }))} />
      <${Select} name="unit" label=${t("hub.unit")} value=${unit} onChange=${setUnit} options=${[{ value: "*", label: t("filter.all") }, ...units()]} />
      <${Text} name="from" label=${t("ask.from")} placeholder=${t("date.hint")} autocomplete="off" required /><${Text} name="to" label=${t("ask.to")} placeholder=${t("date.hint")} autocomplete="off" required />
      <${Text} name="due" label=${t("ask.due")} placeholder=${t("date.hint")} autocomplete="off" /><${Text} name="text" label=${t("ask.text")} autocomplete="off" required maxlength="200" /></div>
      <div class="acts"><button>${t("ask.go")}</button></div></form></section>`;
}

/** What the records give now, where that is not what was corrected. */
const by = (c) => (c.figure === undefined ? "" : `; ${c.figure === null ? t("corrections.nofigure") : t("corrections.figure", { n: number(c.figure) })}`);

function Correct({ done }) {
  const forms = catalogue.reports.filter((r) => r.level === "commune" && r.periods.some((p) => p !== "adhoc"));
  const [report, setReport] = useState(forms[0]?.id || "");
  const [unit, setUnit] = useState(units()[0]?.value || "");
  const [line, setLine] = useState("");
  const now = new Date().getFullYear();
  const [year, setYear] = useState(String(now));
  const [period, setPeriod] = useState("");
  const lines = linesOf(report);
  const of = forms.find((r) => r.id === report);
  const periods = of ? periodsOf(of, [Number(year)]) : [];
  const chosen = { report, unit, indicator: lines.some((l) => l.indicator === line) ? line : lines[0]?.indicator, period: periods.includes(period) ? period : periods[0] };
  return html`<section class="card"><h2>${t("correct.title")}</h2><p class="hint">${t("correct.why")}</p>
    <${Sender} path="/api/corrections" extra=${chosen} done=${t("correct.done")} go=${done}><div class="fields">
      <${Select} name="of" label=${t("hub.report")} value=${report} onChange=${setReport} options=${forms.map((r) => ({ value: r.id, label: `${r.id}: ${say(r)}` }))} />
      <${Select} name="who" label=${t("hub.unit")} value=${unit} onChange=${setUnit} options=${units()} />
      <${Select} name="year" label=${t("reports.year")} value=${year} onChange=${setYear} options=${Array.from({ length: 12 }, (_, i) => ({ value: String(now - i), label: String(now - i) }))} />
      <${Select} name="of_period" label=${t("hub.period")} value=${chosen.period} onChange=${setPeriod} options=${periods.map((p) => ({ value: p, label: showPeriod(p) }))} />
      <${Select} name="line" label=${t("hub.indicator")} value=${chosen.indicator} onChange=${setLine} options=${lines.map((l) => ({ value: l.indicator, label: `${l.no}. ${say(l)}` }))} />
      <${Text} name="before" label=${t("correct.before")} inputmode="decimal" autocomplete="off" required /><${Text} name="after" label=${t("correct.after")} inputmode="decimal" autocomplete="off" required />
      <${Text} name="reason" label=${t("hub.reason")} autocomplete="off" required maxlength="200" /></div><div class="acts"><button>${t("correct.go")}</button></div></${Sender}></section>`;
}

/** Rules that call for a report out of turn, looked at for one day. */
function Triggers() {
  const [r, set] = useState(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const look = async (e) => {
    e.preventDefault();
    const day = e.target.elements.on.value.trim().split("/").reverse().join("-");
    setBusy(true);
    setWrong("");
    try { set(await api("GET", "/api/triggers", day ? { on: day } : {})); } catch (x) { set(null); setWrong(x.message); }
    setBusy(false);
  };
  return html`<section class="card"><h2>${t("trigger.title")}</h2><p class="hint">${t("trigger.why")}</p><${Wrong} text=${wrong} />
    <form onSubmit=${look}><div class="fields"><${Text} name="on" label=${t("trigger.on")} placeholder=${t("date.hint")} hint=${t("trigger.on.hint")} autocomplete="off" /></div>
      <div class="acts"><button disabled=${busy}>${busy ? t("loading") : t("trigger.go")}</button></div></form>
    ${r && r.triggers.length === 0 && html`<p role="status">${t("trigger.none", { day: showDate(r.on) })}</p>`}
    ${r && r.triggers.length > 0 && html`<p role="status">${t("trigger.found", { n: number(r.triggers.length), day: showDate(r.on) })}</p><${Table} label=${t("trigger.title")} heads=${[t("hub.commune"), t("trigger.rule"), { num: t("trigger.count") }, t("hub.records")]}>
      ${r.triggers.map((x) => html`<tr><th scope="row">${unitName(x.unit)}</th><td>${say(x)}</td><td class="num">${x.of > x.count ? t("trigger.of", { n: number(x.count), of: number(x.of) }) : number(x.count)}</td>
        <td>${x.records.slice(0, 5).map((id) => html`<a href=${`#/record/${id}`}>${id.slice(0, 8)}</a> `)}${x.records.length > 5 && t("trigger.more", { n: number(x.records.length - 5) })}</td></tr>`)}</${Table}>`}</section>`;
}

export function Owes() {
  const [r, set] = useState(null);
  const [corrections, setCorrections] = useState([]);
  const [wrong, setWrong] = useState("");
  const load = () => Promise.all([api("GET", "/api/owes").then(set), api("GET", "/api/corrections").then((x) => setCorrections(x.corrections || []))]).catch((e) => setWrong(e.message));
  useEffect(() => { load(); }, []);
  const [lacks, setLacks] = useState([]);
  const calendar = async () => {
    setWrong("");
    try {
      const got = await api("GET", "/api/calendar");
      saveFile(new Blob([got.ics], { type: "text/calendar" }), "han-nop.ics");
      setLacks(got.failed);
    } catch (e) { setWrong(e.message); }
  };
  const cases = session.role === "statistician";
  const sent = (x) => `#/reports/sent?${new URLSearchParams({ report: x.report, period: x.period, unit: x.unit })}`;
  return html`<div class="head"><${Title}>${t("owes.title")}</${Title}><div class="acts"><button onClick=${calendar}>${t("owes.calendar")}</button><a class="button" href="#/sent">${t("hub.sent")}</a></div></div>
    <${Wrong} text=${wrong} /><${Failed} rules=${lacks} words="calendar.failed" />${!r && !wrong && html`<p>${t("loading")}</p>`}
    ${r && html`<h2>${t("owes.units")}</h2>${r.units.length === 0 ? html`<p>${t("owes.none")}</p>` : html`<${Table} label=${t("owes.units")}
        heads=${[t("hub.commune"), { num: t("flow.overdue.n") }, { num: t("owes.soon") }, { num: t("flow.returned") }, { num: t("owes.corrections") }]}>
        ${r.units.map((u) => html`<tr><th scope="row">${u.name}</th><td class="num">${number(u.overdue)}</td><td class="num">${number(u.soon)}</td><td class="num">${number(u.returned)}</td><td class="num">${number(u.corrections)}</td></tr>`)}</${Table}>`}
      ${r.cut && html`<p>${t("owes.cut", { day: showDate(r.from) })}</p>`}<h2>${t("owes.mine")}</h2>${r.district.to_judge.length === 0 ? html`<p>${t("owes.mine.none")}</p>` : html`<ul class="list">${r.district.to_judge.map((x) => html`<li>
        <a class="link" href=${sent(x)}>${t("owes.judge", { unit: x.name || unitName(x.unit), report: x.report, period: showPeriod(x.period) })}</a></li>`)}</ul>`}`}
    <h2>${t("corrections.title")}</h2>${corrections.length === 0 ? html`<p>${t("corrections.none")}</p>` : html`<${Table} label=${t("corrections.title")}
      heads=${[t("hub.commune"), t("hub.report"), t("hub.indicator"), { num: t("correct.before") }, { num: t("correct.after") }, cases && t("hub.reason"), t("people.state")].filter(Boolean)}>
      ${corrections.map((c) => html`<tr key=${c.id}><th scope="row">${unitName(c.unit)}</th><td>${c.report}, ${showPeriod(c.period)}</td><td>${indicator(c.report, c.indicator)}</td><td class="num">${c.before}</td><td class="num">${c.after}</td>
        ${cases && html`<td>${c.reason}</td>`}<td>${c.state === "open" || c.state === "overtaken" ? html`<span class="state warn">▲ ${t(`corrections.${c.state}`)}</span>` : t(`corrections.${c.state}`)}${c.answered ? `, ${showDate(c.answered)}` : ""}${by(c)}${c.note ? `: ${c.note}` : ""}</td></tr>`)}</${Table}>`}
    ${cases && html`<${Correct} done=${load} /><${Triggers} /><${Ask} done=${load} />`}`;
}
