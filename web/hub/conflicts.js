// Conflicts between communes: every value with who and when, decided in two clicks; and pairs of
// records that may be one person.
import { html, t, say, api, fold, showTime, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title, typeOf, show, catalogue, Sure } from "../desk/parts.js";
import { Deleting, reasonName } from "../desk/reason.js";
import { Select, Table, unitName } from "./parts.js";

const who = (x) => t("conflict.person", { unit: x.unit ? unitName(x.unit) : t("conflict.nounit"), person: (x.person || "").slice(0, 8) });
const fieldOf = (c, f) => typeOf(c.type)?.fields.find((x) => x.name === f.field);
const text = (c, f, value) => {
  const field = fieldOf(c, f);
  if (f.field === "existence") return value === null ? t("conflict.kept") : t("conflict.gone", { reason: reasonName(c.reason) });
  return (field ? show(field, value) : String(value ?? "")) || t("history.cleared");
};
const keyOf = (c, f) => `${c.id} ${f.field}`;

function Field({ c, f, decide, marked, mark }) {
  const [chosen, choose] = useState(null);
  const [busy, setBusy] = useState(false);
  const name = () => say(fieldOf(c, f)) || (f.field === "existence" ? t("conflict.existence") : f.label);
  const act = async (body) => { setBusy(true); await decide(c, f, chosen, body); setBusy(false); choose(null); };
  const exists = f.field === "existence";
  const button = (n, label) => (chosen === n
    ? html`<${Sure} off=${busy} act=${() => act()} cancel=${() => choose(null)} label=${`${t("conflict.confirm")}: ${label}`}>${t("conflict.confirm")}</${Sure}>`
    : html`<button onClick=${() => choose(n)} aria-label=${`${t("conflict.choose")}: ${label}`}>${t("conflict.choose")}</button>`);
  return html`<div class="conflict"><div class="head"><h3>${name()}</h3>
      ${!exists && html`<label class="check"><input type="checkbox" checked=${marked} onChange=${mark} aria-label=${t("conflict.mark", { what: `${c.label || ""} ${name()}` })} /> ${t("conflict.marked")}</label>`}</div>
    <${Table} label=${`${c.label || c.id}: ${name()}`} heads=${[t("conflict.value"), t("history.who"), t("history.when"), t("conflict.received"), ""]}>
    ${f.base && html`<tr><td>${text(c, f, f.base.value)}</td><td>${who(f.base)}</td><td>${showTime(f.base.at)}</td><td>${showTime(f.base.received)}</td><td class="hint">${t("conflict.before")}</td></tr>`}
    ${f.heads.map((h) => html`<tr key=${h.n}><th scope="row">${text(c, f, h.value)}</th><td>${who(h)}</td><td>${showTime(h.at)}</td><td>${showTime(h.received)}</td>
      <td>${!exists && html`<div class="acts tight">${button(h.n, text(c, f, h.value))}</div>`}</td></tr>`)}</${Table}>
    ${exists && (chosen === "delete" && !c.reason ? html`<${Deleting} id=${c.id} type=${typeOf(c.type)} act=${act} cancel=${() => choose(null)} />`
      : html`<div class="acts">${button("keep", t("record.keep"))} <span>${t("record.keep")}</span>${button("delete", t("record.delete"))} <span>${t("record.delete")}</span></div>`)}</div>`;
}

function Bulk({ marked, clear, run }) {
  const [rule, setRule] = useState("");
  const [at, setAt] = useState(-1);
  const [sure, setSure] = useState(false);
  if (marked.length === 0) return null;
  const go = async () => {
    setSure(false);
    await run(rule, setAt);
    setAt(-1);
  };
  const rules = ["", "newest", "first"];
  return html`<section class="card sticky-bulk"><div class="fields"><${Select} name="bulk" label=${t("bulk.title", { n: number(marked.length) })} value=${rule} onChange=${(v) => { setRule(v); setSure(false); }}
      options=${rules.map((r) => ({ value: r, label: r ? t(`bulk.${r}`) : t("bulk.none") }))} /></div>
    <div class="acts">${sure ? html`<${Sure} act=${go} cancel=${() => setSure(false)}>${t("bulk.sure", { n: number(marked.length) })}</${Sure}>`
        : html`<button class="main" disabled=${!rule || at >= 0} onClick=${() => setSure(true)}>${t("bulk.go")}</button>`}
      <button onClick=${clear}>${t("bulk.clear")}</button><span role="status">${at >= 0 ? t("bulk.progress", { n: number(at), all: number(marked.length) }) : ""}</span></div></section>`;
}

// ---- pairs ----

function Pair({ p, decide }) {
  const [chosen, choose] = useState("");
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const type = typeOf("person");
  const [a, b] = [p.person_a || {}, p.person_b || {}];
  const fields = type ? type.fields.filter((f) => show(f, a[f.name]) !== "" || show(f, b[f.name]) !== "") : [];
  const act = async () => { setBusy(true); await decide(p, chosen, reason); setBusy(false); };
  const why = t(`pair.${p.why}`) === `pair.${p.why}` ? p.why : t(`pair.${p.why}`);
  return html`<section class="card"><h3>${t("pair.title", { a: a[type?.title] || "?", b: b[type?.title] || "?" })}</h3><p>${p.inside && `${t("pair.inside")} `}${why}</p>
    <${Table} label=${`${t("pair.compare")}: ${p.id}`} heads=${[t("pair.field"), unitName(p.unit_a), unitName(p.unit_b), ""]}>
    ${fields.map((f) => {
      const [x, y] = [show(f, a[f.name]), show(f, b[f.name])];
      return html`<tr><th scope="row">${say(f)}</th><td>${x || "–"}</td><td>${y || "–"}</td><td>${x && y && x !== y ? html`<span class="state warn">▲ ${t("pair.differs")}</span>` : ""}</td></tr>`;
    })}</${Table}>
    ${chosen ? html`<${Note} kind=${chosen === "same" ? "warn" : ""}><p>${t(`pair.${chosen}.preview`)}</p></${Note}>
      <div class="field"><label for=${`why-${p.id}`}>${t("pair.reason")}</label><input id=${`why-${p.id}`} value=${reason} onInput=${(e) => setReason(e.target.value)} /></div>
      <div class="acts"><${Sure} off=${busy} act=${act} cancel=${() => choose("")}>${t(`pair.${chosen}.sure`)}</${Sure}></div>`
    : html`<div class="acts"><button onClick=${() => choose("same")}>${t("pair.same")}</button><button onClick=${() => choose("different")}>${t("pair.different")}</button></div>`}</section>`;
}

/** What was decided about pairs before, each with its undo. */
function Links({ version, undo }) {
  const [rows, set] = useState([]);
  const [asked, ask] = useState("");
  useEffect(() => { api("GET", "/api/list", { type: "person_link", max: 50 }).then((r) => set(r.rows), () => {}); }, [version]);
  if (rows.length === 0) return null;
  const type = typeOf("person_link");
  const decision = type?.fields.find((f) => f.name === "decision");
  return html`<section class="card"><h2>${t("links.title")}</h2><p class="hint">${t("links.why")}</p>
    <${Table} label=${t("links.title")} heads=${[t("links.decision"), t("links.persons"), t("pair.reason"), ""]}>
    ${rows.map((r) => html`<tr key=${r.id}><th scope="row">${decision ? show(decision, r.values.decision) : r.values.decision}</th>
      <td><a href=${`#/record/${r.values.person_a}`}>${t("links.a")}</a> <a href=${`#/record/${r.values.person_b}`}>${t("links.b")}</a></td><td>${r.values.reason || ""}</td>
      <td><div class="acts tight">${asked === r.id ? html`<${Sure} kind="bad" act=${() => undo(r.id)} cancel=${() => ask("")}>${t("links.sure")}</${Sure}>` : html`<button onClick=${() => ask(r.id)}>${t("links.undo")}</button>`}</div></td></tr>`)}</${Table}></section>`;
}

// ---- the screen ----

export function Conflicts({ status, refresh }) {
  const [all, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const [told, tell] = useState(null);
  const [unit, setUnit] = useState("");
  const [type, setType] = useState("");
  const [q, setQ] = useState("");
  const [marks, setMarks] = useState({});
  const [version, setVersion] = useState(0);
  const load = () => api("GET", "/api/conflicts").then(set, (e) => setWrong(e.message));
  useEffect(() => { load(); }, [status.position]);
  const done = async (words, undoId) => {
    tell({ words, undoId });
    setVersion((n) => n + 1);
    await load();
    refresh();
  };
  const attempt = async (f) => {
    setWrong("");
    tell(null);
    try { await f(); } catch (e) { setWrong(e.message); await load(); }
  };
  const body = (c, f, n) => (f.field === "existence" ? { id: c.id, action: n === "keep" ? "restore" : "delete" } : { id: c.id, field: f.field, take: n });
  const decide = (c, f, n, more) => attempt(async () => {
    await api("POST", "/api/resolve", { ...body(c, f, n), ...more });
    await done(t("conflict.settled"));
  });
  const decidePair = (p, decision, reason) => attempt(async () => {
    const r = await api("POST", "/api/resolve", { id: p.id, decision, ...(reason && { reason }) });
    await done(t(`pair.${decision}.done`), r.id);
  });
  const undo = (id) => attempt(async () => {
    await api("POST", "/api/resolve", { id, action: "undo" });
    await done(t("links.undone"));
  });
  if (!all) return html`<${Title}>${t("hub.conflicts")}</${Title}>${wrong ? html`<${Note} kind="bad"><p>${wrong}</p></${Note}>` : html`<p>${t("loading")}</p>`}`;
  const fits = (c) => (!unit || c.unit === unit) && (!type || c.type === type) && (!q || fold(`${c.label || ""} ${c.id}`).includes(fold(q)));
  const rows = all.conflicts.filter(fits);
  const pairs = all.pairs.filter((p) => !type && (!unit || p.unit_a === unit || p.unit_b === unit)
    && (!q || fold(`${p.person_a?.full_name || ""} ${p.person_b?.full_name || ""}`).includes(fold(q))));
  const fields = rows.flatMap((c) => c.fields.map((f) => ({ c, f, key: keyOf(c, f) })));
  const marked = fields.filter((x) => marks[x.key] && x.f.field !== "existence");
  const run = (rule, progress) => attempt(async () => {
    let n = 0;
    for (const { c, f } of marked) {
      progress(n);
      await api("POST", "/api/resolve", { id: c.id, field: f.field, take: rule });
      n += 1;
    }
    setMarks({});
    await done(t("bulk.done", { n: number(n) }));
  });
  const options = (list, label, none) => [{ value: "", label: none }, ...[...new Set(list)].map((v) => ({ value: v, label: label(v) }))];
  return html`<${Title}>${t("hub.conflicts")}</${Title}><p>${t("conflicts.why")}</p>
    <${Wrong} text=${wrong} />
    ${told && html`<${Note} kind="ok"><p>${told.words}</p>${told.undoId && html`<div class="acts"><button onClick=${() => undo(told.undoId)}>${t("links.undo")}</button></div>`}</${Note}>`}
    <div class="fields filters"><${Select} name="unit" label=${t("hub.commune")} value=${unit} onChange=${setUnit} options=${options(all.conflicts.map((c) => c.unit), unitName, t("filter.all"))} />
      <${Select} name="type" label=${t("filter.type")} value=${type} onChange=${setType} options=${options(all.conflicts.map((c) => c.type), (v) => say(typeOf(v)) || v, t("filter.all"))} />
      <div class="field"><label for="q">${t("list.search")}</label><input id="q" type="search" value=${q} onInput=${(e) => setQ(e.target.value)} /></div></div>
    <h2>${t("conflicts.records", { n: number(rows.length) })}</h2>
    ${rows.length === 0 && html`<p>${t("conflicts.none")}</p>`}
    <${Bulk} marked=${marked} clear=${() => setMarks({})} run=${run} />
    ${rows.map((c) => html`<section class="card" key=${c.id}><h3 class="record"><a class="link" href=${`#/record/${c.id}`}>${c.label || say(typeOf(c.type)) || c.type}</a></h3>
      <p class="hint">${say(typeOf(c.type)) || c.type} · ${unitName(c.unit)}</p>
      ${c.fields.map((f) => html`<${Field} key=${keyOf(c, f)} c=${c} f=${f} decide=${decide} marked=${!!marks[keyOf(c, f)]}
        mark=${() => setMarks((m) => ({ ...m, [keyOf(c, f)]: !m[keyOf(c, f)] }))} />`)}</section>`)}
    <h2>${t("pairs.title", { n: number(pairs.length) })}</h2>${pairs.length === 0 && html`<p>${t("pairs.none")}</p>`}
    ${pairs.map((p) => html`<${Pair} key=${p.id} p=${p} decide=${decidePair} />`)}
    <${Links} version=${version} undo=${undo} />`;
}
