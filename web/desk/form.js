// A record being written: made from the catalogue, checked by the node as one types, kept as a draft.
import { html, t, say, api, fold, go, useState, useEffect, useRef } from "./base.js";
import { Note, Title, Field, typeOf, toInput } from "./parts.js";

const CHECK_MS = 300;
const DRAFT_MS = 600;
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Records of the same title: perhaps this person is there already. */
function Alike({ type, title }) {
  const [rows, set] = useState([]);
  useEffect(() => {
    let live = true;
    const wait = setTimeout(async () => {
      if (fold(title).length < 4) { set([]); return; }
      const r = await api("GET", "/api/search", { type: type.name, q: title, max: 5 }).catch(() => ({ rows: [] }));
      if (live) set(r.rows);
    }, 400);
    return () => { live = false; clearTimeout(wait); };
  }, [title]);
  if (rows.length === 0) return null;
  return html`<${Note} kind="warn"><p>${t("form.alike")}</p><ul class="list">
    ${rows.map((r) => html`<li><a class="link" href=${`#/record/${r.id}`}>${r.title}${r.values.dob ? `, ${toInput({ kind: "pdate" }, r.values.dob)}` : ""}</a></li>`)}</ul></${Note}>`;
}

/** The typed values, and what of them differs from what is saved. */
function useForm(typeName, id, draftKey) {
  const [form, set] = useState(null);
  const key = id || draftKey || `new-${typeName}-${Date.now().toString(36)}`;
  const kept = useRef(key);
  const load = async (keep) => {
    const record = id ? await api("GET", "/api/record", { id }) : null;
    const type = typeOf(record ? record.type : typeName);
    const saved = {};
    for (const f of type.fields) saved[f.name] = toInput(f, record?.values[f.name]);
    const drafts = (await api("GET", "/api/drafts")).drafts;
    const draft = keep ? { values: keep } : drafts.find((d) => d.key === kept.current)?.draft;
    set({ type, record, saved, base: (!keep && draft?.base) || record?.version, values: { ...saved, ...draft?.values },
      titles: { ...record?.refs, ...draft?.titles }, restored: !keep && !!draft });
  };
  useEffect(() => { load(); }, []);
  return [form, set, kept.current, load];
}

const changed = (form) => Object.fromEntries(Object.entries(form.values).filter(([n, v]) => !same(v, form.saved[n])));

const body = (form, values) => ({ type: form.type.name, values,
  ...(form.record && { id: form.record.id, ...(form.base && { base: form.base }) }) });

export function Form({ type: typeName, id, draft, refresh }) {
  const [form, set, key, reload] = useForm(typeName, id, draft);
  const [check, setCheck] = useState({ hidden: [], missing: [], errors: {} });
  const [touched, setTouched] = useState({});
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState(null);
  const [kept, setKept] = useState("");
  const finished = useRef(false);
  const values = form && changed(form);
  const empty = !values || Object.keys(values).length === 0;

  useEffect(() => {
    if (!form) return undefined;
    let live = true;
    const b = body(form, values);
    delete b.base;
    const wait = setTimeout(() => api("POST", "/api/check", b).then((r) => live && setCheck(r), () => {}), CHECK_MS);
    return () => { live = false; clearTimeout(wait); };
  }, [form?.values]);

  const keep = async () => {
    if (finished.current || !form || empty) return;
    try {
      await api("PUT", "/api/draft", { key, draft: { type: form.type.name, id: form.record?.id, base: form.base, values,
        titles: form.titles, title: String(form.values[form.type.title] || "") } });
      setKept(t("form.kept"));
    } catch (e) { setKept(e.message); }
  };
  useEffect(() => {
    if (!form || empty) return undefined;
    setKept("");
    const wait = setTimeout(keep, DRAFT_MS);
    return () => clearTimeout(wait);
  }, [form?.values]);

  if (!form) return html`<p>${t("loading")}</p>`;
  const change = (f) => (v, title) => set((now) => ({ ...now, values: { ...now.values, [f.name]: v },
    titles: title === undefined ? now.titles : { ...now.titles, [f.name]: title } }));
  const drop = async () => {
    finished.current = true;
    await api("DELETE", "/api/draft", { key });
    go(id ? `/record/${id}` : `/list/${form.type.name}`);
  };
  const save = async (e) => {
    e.preventDefault();
    setTried(true);
    setRefused(null);
    try {
      const r = await api("POST", "/api/put", body(form, values));
      finished.current = true;
      await api("DELETE", "/api/draft", { key });
      refresh();
      go(`/record/${r.id}?saved`);
    } catch (x) {
      setRefused(x);
      const at = x.answer.field && document.getElementById(`f-${x.answer.field}`);
      if (at) at.focus();
    }
  };
  const wrongOf = (f) => {
    const e = check.errors[f.name];
    if (e && (touched[f.name] || tried)) return say(e);
    return tried && check.missing.includes(f.name) ? t("form.missing") : "";
  };
  const visible = form.type.fields.filter((f) => !check.hidden.includes(f.name) || !same(form.values[f.name], toInput(f)));
  const sections = [...new Set(visible.map((f) => f.section))];
  const isNew = !form.record;
  return html`<${Title}>${isNew ? t("form.new", { type: say(form.type) }) : t("form.edit", { type: say(form.type) })}</${Title}>
    ${form.restored && html`<${Note} kind="ok" role="status"><p>${t("form.restored")}</p></${Note}>`}
    ${refused && html`<${Note} kind="bad"><p>${refused.message}</p>${refused.answer.error === "STALE" && html`<div class="acts">
      <button onClick=${() => { setRefused(null); reload(values); }}>${t("form.stale")}</button></div>`}</${Note}>`}
    <form onSubmit=${save} novalidate>
    ${sections.map((s) => html`<section class="card" key=${s}><h2>${s}</h2><div class="fields">
      ${visible.filter((f) => f.section === s).map((f) => html`<${Field} key=${f.name} f=${f} value=${form.values[f.name]}
        title=${form.titles[f.name] || ""} wrong=${wrongOf(f)} onChange=${change(f)}
        onBlur=${() => setTouched((x) => ({ ...x, [f.name]: true }))} />`)}</div>
      ${isNew && s === form.type.fields.find((f) => f.name === form.type.title)?.section
        && html`<${Alike} type=${form.type} title=${form.values[form.type.title] || ""} />`}</section>`)}
    ${tried && check.missing.length > 0 && html`<${Note} kind="bad"><p>${t("form.missing.all", {
      names: form.type.fields.filter((f) => check.missing.includes(f.name)).map(say).join("; ") })}</p></${Note}>`}
    <div class="card"><div class="acts"><button class="main" disabled=${empty}>${t("form.save")}</button>
      <button type="button" onClick=${drop}>${t("form.drop")}</button><span role="status" class="hint">${kept}</span></div></div></form>`;
}
