// Reports: what was issued, figures of any period, closing, files, and checking an issue.
import { html, t, say, session, api, go, showTime, number, saveFile, fromBase64, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, catalogue, typeOf, Sure } from "../desk/parts.js";
import { Select, Table, periodsOf, reportOf, showPeriod, unitName } from "./parts.js";
import { Figures, Files, fetchIssues, fetchFigures, issueTitle } from "./figures.js";
import { communes } from "./communes.js";
import { OneSent, linkTo } from "./workflow.js";
import { TakenTable } from "./people.js";
import { Explain, Differences } from "./explain.js";

const thisYear = () => new Date().getFullYear();

function Chooser({ report, period, unit }) {
  const reports = catalogue.reports.filter((r) => r.periods.some((p) => p !== "adhoc"));
  const [id, setId] = useState(report || reports[0]?.id || "");
  const [year, setYear] = useState(period ? period.slice(0, 4) : String(thisYear()));
  const [of, setOf] = useState(unit || "");
  const [label, setLabel] = useState(period || "");
  const it = reportOf(reports, id);
  const periods = it ? periodsOf(it, [Number(year)]) : [];
  const now = periods.includes(label) ? label : periods[0] || "";
  const years = Array.from({ length: 12 }, (_, i) => String(thisYear() - i));
  if (!years.includes(year)) years.push(year);
  const submit = (e) => {
    e.preventDefault();
    go(`/reports/figures?${new URLSearchParams({ report: id, period: now, ...(of && it.level === "commune" && { unit: of }) })}`);
  };
  return html`<form class="card" onSubmit=${submit}><h2>${t("reports.choose")}</h2><div class="fields">
      <${Select} name="report" label=${t("hub.report")} value=${id} onChange=${setId} options=${reports.map((r) => ({ value: r.id, label: `${r.id}: ${say(r)}` }))} />
      <${Select} name="year" label=${t("reports.year")} value=${year} onChange=${setYear} options=${years.map((y) => ({ value: y, label: y }))} />
      <${Select} name="period" label=${t("hub.period")} value=${now} onChange=${setLabel} options=${periods.map((p) => ({ value: p, label: showPeriod(p) }))} />
      ${it?.level === "commune" && html`<${Select} name="of" label=${t("reports.of")} value=${of} onChange=${setOf}
        options=${[{ value: "", label: session.unit_name }, ...communes().map((u) => ({ value: u.value, label: u.vi }))]} />`}</div>
    <div class="acts"><button class="main">${t("reports.show")}</button></div></form>`;
}

function Issues({ issues }) {
  if (!issues) return html`<p>${t("loading")}</p>`;
  if (issues.length === 0) return html`<p>${t("issues.none")}</p>`;
  const rows = [...issues].reverse();
  return html`<${Table} label=${t("issues.title")} heads=${[t("hub.report"), t("hub.period"), { num: t("issues.number") }, t("issues.closed"), t("issues.files")]}>
    ${rows.map((i) => html`<tr key=${i.id}><th scope="row"><a href=${`#/reports/issue/${i.id}`}>${i.report}: ${say(reportOf(catalogue.reports, i.report)) || i.report}</a></th>
      <td>${showPeriod(i.period)}</td><td class="num">${i.number}</td><td>${showTime(i.closed)}</td><td>${i.files.length}</td></tr>`)}</${Table}>`;
}

function Checked({ issue }) {
  const [r, set] = useState(null);
  const [busy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    try { set(await api("POST", "/api/rebuild", { issue: issue.id })); } catch (e) { set({ bad: e.message }); }
    setBusy(false);
  };
  const parts = ["files", "digest", "logged", "listed", "cut", "rebuilt"];
  const good = () => (r.rebuilt ? t("check.good") : t(r.traced ? "check.erased" : "check.untraced", { n: r.differing, orders: r.erased_by }));
  return html`<div class="acts"><button onClick=${check} disabled=${busy}>${busy ? t("loading") : t("check.go")}</button></div>
    ${r && html`<${Note} kind=${r.ok ? "ok" : "bad"}><p>${r.bad || (r.ok ? good() : t("check.bad"))}</p>
      ${!r.bad && html`<ul class="list">${parts.map((p) => html`<li>${r[p] ? "✓" : "▲"} ${t(`check.${p}`)}</li>`)}</ul>`}</${Note}>`}`;
}

function Issue({ id }) {
  const [issue, set] = useState(null);
  const [figures, setFigures] = useState(null);
  const [all, setAll] = useState([]);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    fetchIssues().then((all) => {
      setAll(all);
      const it = all.find((i) => String(i.id) === id);
      if (!it) throw new Error(t("issues.missing"));
      set(it);
      return fetchFigures(it).then(setFigures);
    }).catch((e) => setWrong(e.message));
  }, []);
  if (!issue) return html`<${Title}>${t("issues.title")}</${Title}>${wrong ? html`<${Note} kind="bad"><p>${wrong}</p></${Note}>` : html`<p>${t("loading")}</p>`}`;
  return html`<div class="head"><${Title}>${issueTitle(issue)}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button>
      <a class="button" href="#/reports">${t("issues.title")}</a></div></div>
    <p>${say(reportOf(catalogue.reports, issue.report))} · ${t("issues.closed")}: ${showTime(issue.closed)}</p>
    <${Wrong} text=${wrong} />
    <section class="card"><h2>${t("issues.files")}</h2><p class="hint">${t("files.why")}</p><${Files} issue=${issue} /><${Checked} issue=${issue} /></section>
    <${Since} issue=${issue} issues=${all} />${figures && session.role === "statistician" && html`<${Proof} issue=${issue} units=${figures.units} />`}<${Taken} issue=${issue.id} />
    ${figures && html`<${Open} report=${figures} issue=${issue.id} />`}`;
}

/** For a commune: its records are inside these figures, which its own PC can check without a network. */
function Proof({ issue, units }) {
  const [unit, setUnit] = useState("");
  const [told, tell] = useState(null);
  const code = unit || units[0]?.code;
  if (!code) return null;
  const take = async () => {
    tell(null);
    try {
      const r = await api("GET", "/api/proof", { issue: issue.id, unit: code });
      const name = `bang-chung-${issue.report}-${issue.period}-${code}.proof`;
      saveFile(new Blob([fromBase64(r.data)], { type: "application/octet-stream" }), name);
      tell({ text: t("proof.taken", { name }) });
    } catch (e) { tell({ bad: true, text: e.message }); }
  };
  return html`<section class="card"><h2>${t("proof.title")}</h2><p class="hint">${t("proof.why")}</p>${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    <div class="fields"><${Select} name="proof" label=${t("hub.commune")} value=${code} onChange=${setUnit} options=${units.map((u) => ({ value: u.code, label: u.name }))} /></div>
    <div class="acts"><button onClick=${take}>${t("proof.go")}</button></div></section>`;
}

/** Who took which of its files, and when. */
function Taken({ issue }) {
  const [rows, set] = useState(null);
  useEffect(() => { api("GET", "/api/taken", { issue }).then((r) => set(r.taken), () => {}); }, []);
  if (!rows) return null;
  return html`<section class="card"><h2>${t("taken.title")}</h2>${rows.length === 0 ? html`<p>${t("taken.none")}</p>` : html`<${TakenTable} rows=${rows} />`}</section>`;
}

/** Days that cannot be, or lie far from the period: who closes looks at them first. */
function Doubts({ report, period, unit }) {
  const [r, set] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/doubts", { report, period, ...(unit && { unit }) }).then(set, (e) => setWrong(e.message)); }, []);
  if (!r || r.records === 0) return html`<${Wrong} text=${wrong} />`;
  return html`<${Note} kind="warn"><p>${t("close.doubts", { n: number(r.records), units: r.units.map((u) => `${u.name} ${number(u.records)}`).join("; ") })}</p>
    <details class="more"><summary>${t("close.doubts.list")}</summary><ul class="list">${r.rows.map((d) => html`<li key=${`${d.id}${d.field}${d.why}`}>${unitName(d.unit)}:${" "}
      <a class="link" href=${`#/record/${d.id}`}>${say(typeOf(d.type))} ${d.id.slice(0, 8)}</a>, ${say({ vi: d.label_vi, en: d.label_en })} ${say(d)}</li>`)}</ul>
      ${r.more && html`<p>${t("close.doubts.more")}</p>`}</details></${Note}>`;
}

/** Texts that name somebody on record: where they stand and, unless that person must be protected, why they may. */
function Named({ rows, busy, act, cancel }) {
  const [reason, setReason] = useState("");
  const hurt = rows.some((r) => r.protected);
  return html`<${Note} kind="bad"><p><strong>${t("close.names")}</strong></p><ul class="list">
    ${rows.map((r) => html`<li><a class="link" href=${linkTo(r)}>${r.report} ${showPeriod(r.period)}, ${r.name}</a>: ${r.fields.map((k) => t(`flow.text.${k}`)).join("; ")}</li>`)}</ul>
    <p>${t(hurt ? "close.names.hurt" : "close.names.why")}</p></${Note}>
    ${hurt ? html`<div class="acts"><button onClick=${cancel}>${t("close")}</button></div>`
      : html`<div class="field"><label for="names-seen">${t("close.names.reason")}</label><textarea id="names-seen" value=${reason} onInput=${(e) => setReason(e.target.value)}></textarea></div>
        <div class="acts"><${Sure} off=${busy || !reason.trim()} act=${() => act(reason)} cancel=${cancel}>${busy ? t("close.busy") : t("close.names.sure")}</${Sure}></div>`}`;
}

function Closing({ report: r, period, unit }) {
  const [asked, ask] = useState(false);
  const [named, setNamed] = useState(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  if (session.role !== "statistician") return null;
  const close = async (seen) => {
    setBusy(true);
    setWrong("");
    try {
      const i = await api("POST", "/api/close", { report: r.report, period, ...(unit && { unit }), ...(seen && { names_seen: seen }) });
      go(`/reports/issue/${i.id}`);
    } catch (e) {
      setNamed(e.answer?.names || null);
      if (!e.answer?.names) setWrong(e.message);
    }
    setBusy(false);
    ask(false);
  };
  const missing = r.units.filter((u) => u.sent === "nothing");
  return html`<section class="card"><h2>${t("close.title")}</h2><p>${t("close.why")}</p>
    <${Wrong} text=${wrong} />
    ${missing.length > 0 && html`<${Note} kind="warn"><p>${t("close.missing", { names: missing.map((u) => u.name).join("; ") })}</p></${Note}>`}
    <${Doubts} report=${r.report} period=${period} unit=${unit} />
    ${named ? html`<${Named} rows=${named} busy=${busy} act=${close} cancel=${() => setNamed(null)} />`
      : html`<div class="acts">${asked ? html`<${Sure} off=${busy} act=${() => close("")} cancel=${() => ask(false)}>${busy ? t("close.busy") : t("close.sure")}</${Sure}>`
        : html`<button onClick=${() => ask(true)}>${t("close.go")}</button>`}</div>`}</section>`;
}

function Preliminary({ report, period, unit }) {
  const [r, set] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/report", { report, period, ...(unit && { unit }) }).then((x) => set(x.report), (e) => setWrong(e.message)); }, []);
  const title = `${report}, ${showPeriod(period)}`;
  return html`<div class="head"><${Title}>${title}</${Title}><div class="acts"><button onClick=${() => print()}>${t("print")}</button>
      <a class="button" href="#/reports">${t("reports.other")}</a></div></div>
    <${Wrong} text=${wrong} />
    ${!r && !wrong && html`<p>${t("loading")}</p>`}
    ${r && html`<p>${say({ vi: r.label_vi, en: r.label_en })} · ${r.unit_name} · ${t("figures.window", { from: r.first.split("-").reverse().join("/"), to: r.last.split("-").reverse().join("/") })}</p>
      <${Note}><p>${t("figures.preliminary", { n: number(r.cut.position) })}</p></${Note}>
      <${Open} report=${r} period=${period} /><${Closing} report=${r} period=${period} unit=${unit} />`}`;
}

/** The figures of a report; whoever may see records opens what is behind one. */
function Open({ report, issue, period }) {
  const pick = (line, row, c) => go(`/reports/explain?${new URLSearchParams({ ...(issue ? { issue } : { report: report.report, period }), line: line.no, unit: c.unit,
    ...(!row.total && { value: row.value }), ...(!issue && report.unit !== session.unit && { report_unit: report.unit }) })}`);
  return html`<${Figures} report=${report} pick=${session.role === "statistician" ? pick : undefined} />`;
}

/** What came since the closing, and the supplement that says so. */
function Since({ issue, issues }) {
  const [diff, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const [asked, ask] = useState(false);
  const [named, setNamed] = useState(null);
  const [busy, setBusy] = useState(false);
  const newest = !issues.some((i) => i.report === issue.report && i.period === issue.period && i.unit === issue.unit && i.number > issue.number);
  const same = issues.filter((i) => i.report === issue.report && i.unit === issue.unit && i.id !== issue.id).reverse();
  const before = same.find((i) => i.period === issue.period && i.number === issue.number - 1);
  const [other, setOther] = useState("");
  const against = same.find((i) => String(i.id) === other) || before || same[0];
  const look = async (f) => {
    setBusy(true);
    setWrong("");
    try { await f(); } catch (e) {
      setNamed(e.answer?.names || null);
      if (!e.answer?.names) setWrong(e.message);
    }
    setBusy(false);
  };
  const now = () => look(async () => set({ ...await api("GET", "/api/diff", { a: issue.id }), now: true }));
  const compare = () => look(async () => set(await api("GET", "/api/diff", { a: against.id, b: issue.id })));
  const supplement = (seen) => look(async () => {
    const r = await api("POST", "/api/supplement", { report: issue.report, period: issue.period, ...(issue.unit !== session.unit && { unit: issue.unit }), ...(seen && { names_seen: seen }) });
    go(`/reports/issue/${r.issue.id}`);
  });
  return html`<section class="card"><h2>${t("diff.title")}</h2><${Wrong} text=${wrong} />
    <div class="acts"><button onClick=${now} disabled=${busy}>${t("diff.go")}</button></div>
    ${against && html`<div class="ask"><${Select} name="against" label=${t("diff.against")} value=${String(against.id)} onChange=${setOther} options=${same.map((i) => ({ value: String(i.id), label: issueTitle(i) }))} />
      <div class="acts"><button onClick=${compare} disabled=${busy}>${t("diff.compare")}</button></div></div>`}
    ${newest && session.role === "statistician" && html`<p class="hint"><a class="link" href=${`#/orders?${new URLSearchParams({ report: issue.report, period: issue.period,
      ...(issue.unit !== session.unit && { unit: issue.unit }) })}`}>${t("order.reopen.go")}</a></p>`}
    ${diff && html`<${Differences} diff=${diff} />`}
    ${diff?.now && diff.differing > 0 && newest && session.role === "statistician" && html`<p>${t("supplement.why")}</p>
      ${named ? html`<${Named} rows=${named} busy=${busy} act=${supplement} cancel=${() => setNamed(null)} />` : html`<div class="acts">
      ${asked ? html`<${Sure} off=${busy} act=${() => supplement("")} cancel=${() => ask(false)}>${busy ? t("close.busy") : t("supplement.sure")}</${Sure}>`
        : html`<button onClick=${() => ask(true)}>${t("supplement.go")}</button>`}</div>`}`}</section>`;
}

export function Reports({ rest, query }) {
  const [issues, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const list = rest.length === 0;
  useEffect(() => { if (list) fetchIssues().then(set, (e) => setWrong(e.message)); }, []);
  if (rest[0] === "issue") return html`<${Issue} id=${rest[1]} />`;
  if (rest[0] === "sent") return html`<${OneSent} report=${query.get("report") || ""} period=${query.get("period") || ""} unit=${query.get("unit") || ""} />`;
  if (rest[0] === "explain") return html`<${Explain} query=${query} />`;
  if (rest[0] === "figures") return html`<${Preliminary} report=${query.get("report") || ""} period=${query.get("period") || ""} unit=${query.get("unit") || ""} />`;
  return html`<${Title}>${t("hub.reports")}</${Title}><${Wrong} text=${wrong} />
    <${Chooser} /><section><h2>${t("issues.title")}</h2><${Issues} issues=${issues} /></section>`;
}
