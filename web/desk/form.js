// A record being written: made from the catalogue, checked by the node as one types, kept as a draft.
import { html, t, say, api, session, fold, go, number, typedAt, unkept, useState, useEffect, useRef } from "./base.js";
import { Note, Title, Field, FILE_KEY, typeOf, toInput, Sure, show } from "./parts.js";

const CHECK_MS = 300;
const DRAFT_MS = 600;
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Name and number of a new record, folded: what tells a person apart. */
function marksOf(form) {
  if (!form || form.record) return ["", ""];
  return [form.type.title, form.type.fields.find((f) => f.identity)?.name].map((n) => (n && fold(String(form.values[n] || ""))) || "");
}

/** Records of the same title or the same number: perhaps this person is there already. */
export async function findAlike(type, marks) {
  const columns = type.fields.filter((f) => f.class < 3).slice(0, 60).map((f) => f.name).join(",");
  const find = (q) => (q.length < 4 ? { rows: [] } : api("GET", "/api/search", { type: type.name, q, max: 5, columns }).catch(() => ({ rows: [] })));
  const found = await Promise.all(marks.map(find));
  return [...new Map(found.flatMap((r) => r.rows).map((r) => [r.id, r])).values()].slice(0, 6);
}

function useAlike(form) {
  const [rows, set] = useState([]);
  const marks = marksOf(form);
  useEffect(() => {
    let live = true;
    const wait = setTimeout(() => (form ? findAlike(form.type, marks) : Promise.resolve([])).then((r) => live && set(r)), 400);
    return () => { live = false; clearTimeout(wait); };
  }, [marks.join("|")]);
  return rows;
}

/** So alike that one asks before saving: the same number, or the same name and nothing that differs. */
export function sameAs(form, row) {
  const type = form.type;
  const id = type.fields.find((f) => f.identity)?.name;
  if (id && form.values[id] && row.values[id]) return form.values[id].replace(/\D/g, "") === row.values[id];
  if (fold(row.values[type.title] || "") !== fold(String(form.values[type.title] || ""))) return false;
  return !form.values.dob || !row.values.dob || String(form.values.dob).endsWith(row.values.dob.slice(0, 4));
}

export const aboutRow = (r) => `${r.title}${r.values.dob ? `, ${toInput({ kind: "pdate" }, r.values.dob)}` : ""}`;

function Alike({ rows }) {
  if (rows.length === 0) return null;
  return html`<${Note} kind="warn"><p>${t("form.alike")}</p><ul class="list">
    ${rows.map((r) => html`<li key=${r.id}><a class="link" href=${`#/record/${r.id}`}>${aboutRow(r)}</a></li>`)}</ul></${Note}>`;
}

/** Asked once before saving; the focus goes to it. */
function Twice({ rows, other }) {
  const at = useRef(null);
  useEffect(() => { at.current?.focus(); }, []);
  return html`<div class="note warn" role="alertdialog" aria-labelledby="twice" tabindex="-1" ref=${at}><p id="twice"><strong>${t("form.twice")}</strong></p>
    <div class="acts">${rows.map((r) => html`<a class="button" href=${`#/record/${r.id}`}>${t("form.twice.open")} ${aboutRow(r)}</a>`)}
      <button type="button" onClick=${other}>${t("form.twice.other")}</button></div></div>`;
}

/** Somebody wrote this field meanwhile: what stands there now, beside what is typed here. Saved is what a person chose. */
const Theirs = ({ f, form, take }) => html`<${Note} kind="warn"><p>${t("form.theirs", { value: show(f, form.record.values[f.name], form.record.refs) || t("history.cleared") })}</p>
  <div class="acts"><button type="button" onClick=${() => take(form.saved[f.name])} aria-label=${`${t("form.theirs.take")}: ${say(f)}`}>${t("form.theirs.take")}</button>
    <button type="button" onClick=${() => take(form.values[f.name])} aria-label=${`${t("form.theirs.mine")}: ${say(f)}`}>${t("form.theirs.mine")}</button></div></${Note}>`;

/** The typed values, and what of them differs from what is saved. */
function useForm(typeName, id, draftKey, preset) {
  const [form, set] = useState(null);
  const at = useRef(typedAt(location.hash)).current;
  const lost = useRef(unkept.get(at)).current;
  const kept = useRef(lost?.key || id || draftKey || `new-${typeName}-${Date.now().toString(36)}`);
  /** `had`: the form as it is, to be laid over the record as it is now. */
  const load = async (had) => {
    const record = id ? await api("GET", "/api/record", { id }) : null;
    const type = typeOf(record ? record.type : typeName);
    const saved = {};
    for (const f of type.fields) saved[f.name] = toInput(f, record?.values[f.name]);
    const drafts = (await api("GET", "/api/drafts")).drafts;
    const draft = had ? { values: changed(had), titles: had.titles } : lost?.draft || drafts.find((d) => d.key === kept.current)?.draft;
    const given = Object.fromEntries(record ? [] : type.fields.filter((f) => preset?.[f.name]).map((f) => [f.name, preset[f.name]]));
    const names = Object.fromEntries(Object.keys(given).filter((n) => preset[`${n}.title`]).map((n) => [n, preset[`${n}.title`]]));
    const theirs = Object.keys(had ? draft.values : {}).filter((n) => !same(saved[n], draft.values[n]) && (had.restored || !same(saved[n], had.saved[n])));
    set({ type, record, saved, base: (!had && draft?.base) || record?.version, values: { ...saved, ...given, ...draft?.values },
      titles: { ...record?.refs, ...names, ...draft?.titles }, given, theirs, restored: !had && !!draft });
  };
  useEffect(() => { load(); }, []);
  return [form, set, kept.current, load, at];
}

const changed = (form) => Object.fromEntries(Object.entries(form.values).filter(([n, v]) => !same(v, form.saved[n])));

const body = (form, values) => ({ type: form.type.name, values,
  ...(form.record && { id: form.record.id, ...(form.base && { base: form.base }) }) });

/** `preset`: values of a new record that another screen knows already, and `FIELD.title` of a reference; `who`: says who can read it. */
export function Form({ type: typeName, id, draft, preset, refresh, who: Who }) {
  const [form, set, key, reload, at] = useForm(typeName, id, draft, preset);
  const [check, setCheck] = useState({ hidden: [], missing: [], errors: {} });
  const [touched, setTouched] = useState({});
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState(null);
  const [kept, setKept] = useState("");
  const [twice, setTwice] = useState(null); // records that look the same, until answered
  const [dropping, setDropping] = useState(false);
  const [isOther, setOther] = useState(false);
  const alike = useAlike(form);
  const finished = useRef(false);
  const writing = useRef(false);
  const keeping = useRef(null); // the draft on its way: what drops it comes behind it
  const values = form && changed(form);
  const empty = !values || Object.keys(values).length === 0;

  const checkNow = () => {
    const b = body(form, values);
    delete b.base;
    return api("POST", "/api/check", b);
  };
  useEffect(() => {
    if (!form) return undefined;
    let live = true;
    const wait = setTimeout(() => checkNow().then((r) => live && setCheck(r), () => {}), CHECK_MS);
    return () => { live = false; clearTimeout(wait); };
  }, [form?.values]);

  const keep = async () => {
    if (finished.current || !form || empty) return;
    try {
      const mine = unkept.get(at);
      keeping.current = api("PUT", "/api/draft", mine);
      await keeping.current;
      if (unkept.get(at) === mine) unkept.delete(at);
      setKept(t("form.kept"));
    } catch (e) { setKept(e.message); }
  };
  useEffect(() => {
    if (empty) unkept.delete(at);
    if (!form || empty || same(values, form.given)) return undefined; // nothing was typed yet
    setKept("");
    unkept.set(at, { key, draft: { type: form.type.name, id: form.record?.id, base: form.base, values,
      titles: form.titles, title: String(form.values[form.type.title] || "") } });
    const wait = setTimeout(keep, DRAFT_MS);
    return () => clearTimeout(wait);
  }, [form?.values]);

  useEffect(() => () => { // who leaves at once: kept too
    const mine = session.user && unkept.get(at);
    if (!mine) return;
    unkept.delete(at);
    api("PUT", "/api/draft", mine).catch(() => unkept.set(at, mine));
  }, []);

  if (!form) return html`<p>${t("loading")}</p>`;
  const change = (f) => (v, title) => set((now) => ({ ...now, values: { ...now.values, [f.name]: v },
    titles: title === undefined ? now.titles : { ...now.titles, [f.name]: title } }));
  const settle = (name, value) => set((now) => ({ ...now, theirs: now.theirs.filter((n) => n !== name), values: { ...now.values, [name]: value },
    titles: value === now.saved[name] ? { ...now.titles, [name]: now.record.refs?.[name] } : now.titles }));
  const forget = async () => {
    finished.current = true;
    unkept.delete(at);
    await keeping.current?.catch(() => {});
    await api("DELETE", "/api/draft", { key });
  };
  const drop = async () => {
    await forget();
    go(id ? `/record/${id}` : `/list/${form.type.name}`);
  };
  const write = async (sure, confirmed) => {
    setTried(true);
    setRefused(null);
    setTwice(null);
    const now = await checkNow().catch(() => check); // now, not as it was a moment ago: who types fast presses before the answer
    setCheck(now);
    const bad = now.missing.length > 0 || Object.keys(now.errors).length > 0; // the node will say so
    const found = form.record || sure || bad ? [] : await findAlike(form.type, marksOf(form));
    const rows = found.filter((r) => sameAs(form, r));
    if (rows.length > 0) { setTwice(rows); return; }
    try {
      const r = await api("POST", "/api/put", { ...body(form, values), ...(confirmed && { confirm_dates: true }) });
      await forget();
      refresh();
      go(`/record/${r.id}?saved`);
    } catch (x) {
      setRefused(x);
      const at = x.answer.field && document.getElementById(`f-${x.answer.field}`);
      if (at) at.focus();
    }
  };
  const save = (e, sure = isOther, confirmed = false) => {
    e?.preventDefault();
    if (writing.current) return; // pressed twice is saved once
    const unclear = document.querySelector("form .unclear"); // typed, and nothing chosen
    if (unclear) { unclear.focus(); return; }
    writing.current = true;
    write(sure, confirmed).finally(() => { writing.current = false; });
  };
  const wrongOf = (f) => {
    const e = check.errors[f.name];
    if (e && (touched[f.name] || tried)) return say(e);
    return tried && check.missing.includes(f.name) ? t("form.missing") : "";
  };
  const visible = form.type.fields.filter((f) => f.name !== FILE_KEY).filter((f) => !check.hidden.includes(f.name) || form.theirs.includes(f.name) || !same(form.values[f.name], toInput(f)));
  const sections = [...new Set(visible.map((f) => f.section))];
  const isNew = !form.record;
  return html`<${Title}>${isNew ? t("form.new", { type: say(form.type) }) : t("form.edit", { type: say(form.type) })}</${Title}>
    ${form.restored && html`<${Note} kind="ok" role="status"><p>${t("form.restored")}</p></${Note}>`}
    ${form.theirs.length > 0 && html`<${Note} kind="warn"><p>${t("form.theirs.all", { n: number(form.theirs.length) })}</p></${Note}>`}
    ${refused && html`<${Note} kind="bad"><p>${refused.message}</p>${refused.answer.error === "STALE" && html`<div class="acts">
      <button onClick=${() => { setRefused(null); reload(form); }}>${t("form.stale")}</button></div>`}${refused.answer.confirm && html`<div class="acts">
      <button onClick=${() => save(null, true, true)}>${t("form.dates")}</button></div>`}</${Note}>`}
    ${Who && html`<${Who} type=${form.type} record=${form.record} />`}
    <form onSubmit=${save} novalidate>
    ${sections.map((s) => html`<section class="card" key=${s}><h2>${s}</h2><div class="fields">
      ${visible.filter((f) => f.section === s).map((f) => html`<${Field} key=${f.name} f=${f} value=${form.values[f.name]}
        title=${form.titles[f.name] || ""} wrong=${wrongOf(f)} onChange=${change(f)}
        onBlur=${() => setTouched((x) => ({ ...x, [f.name]: true }))}>
        ${form.theirs.includes(f.name) && html`<${Theirs} f=${f} form=${form} take=${(v) => settle(f.name, v)} />`}</${Field}>`)}</div>
      ${isNew && s === form.type.fields.find((f) => f.name === form.type.title)?.section
        && html`<${Alike} rows=${alike} />`}</section>`)}
    ${tried && check.missing.length > 0 && html`<${Note} kind="bad"><p>${t("form.missing.all", {
      names: form.type.fields.filter((f) => check.missing.includes(f.name)).map(say).join("; ") })}</p></${Note}>`}
    ${twice && html`<${Twice} rows=${twice} other=${() => { setOther(true); save(null, true); }} />`}
    <div class="card"><div class="acts"><button class="main" disabled=${empty || form.theirs.length > 0}>${t("form.save")}</button>
      <button type="button" onClick=${empty ? drop : () => setDropping(true)}>${t(empty ? "cancel" : "form.drop")}</button><span role="status" class="hint">${kept}</span></div>
      ${dropping && html`<${Note} kind="warn"><p>${t("form.drop.ask")}</p><div class="acts"><${Sure} kind="bad" act=${drop} cancel=${() => setDropping(false)}>${t("form.drop.sure")}</${Sure}></div></${Note}>`}</div></form>`;
}
