// Small parts: notes, the catalogue's values as text, a field of a form.
import { html, t, say, lang, api, fold, showDate, number, shown, vietnam, useState, useEffect, useLayoutEffect, useRef } from "./base.js";

export const Note = ({ kind = "", children, role }) =>
  html`<div class=${`note ${kind}`} role=${role || (kind === "bad" ? "alert" : "status")}>${children}</div>`;

/** What went wrong, when something did. */
export const Wrong = ({ text }) => text && html`<${Note} kind="bad"><p>${text}</p></${Note}>`;

/** The heading of a screen takes the focus, so that keyboard and screen reader begin there: before anybody can type. */
export function Title({ children }) {
  const at = useRef(null);
  const text = typeof children === "string" ? children : "";
  useLayoutEffect(() => { at.current?.focus({ preventScroll: true }); }, []);
  useEffect(() => { document.title = text ? `${text} – Đồng Bộ` : "Đồng Bộ"; });
  return html`<h1 tabindex="-1" ref=${at}>${children}</h1>`;
}

/** The second step of what is asked twice. The way back stands first, where the pointer still is, and has the focus; base.js keeps
 * a double click from both. `act`: what it does; of a form, which it sends, none. */
export function Sure({ kind = "main", act, cancel, off, label, children }) {
  const back = useRef(null);
  useLayoutEffect(() => { back.current.focus({ preventScroll: true }); }, []);
  return html`<button type="button" ref=${back} onClick=${cancel}>${t("cancel")}</button><button type=${act ? "button" : "submit"} class=${`sure ${kind}`} disabled=${off} onClick=${act}
    aria-label=${label}>${children}</button>`;
}

// ---- the catalogue ----

export const catalogue = { edition: 0, types: [], choices: {}, units: [] };

export async function loadCatalogue() {
  Object.assign(catalogue, await api("GET", "/api/catalogue"));
}

/** Written by a page of its own: no form, no list (the program refuses them too). */
export const owned = (name, values) => name === "report" || (name === "correction" && values?.kind === "district");
export const typeOf = (name) => catalogue.types.find((x) => x.name === name);
/** What a code is called today, for all that is about the present; of a code that nothing has today, its newest name. */
export function unitName(code) {
  const day = vietnam(Date.now()).toISOString().slice(0, 10);
  const rows = catalogue.units.filter((u) => u.value === code);
  return (rows.find((u) => u.to >= day) || rows[rows.length - 1])?.vi || code;
}

/** Each name that a unit ever had, to be found by it; behind one of the past stands today's. */
const unitOptions = () => catalogue.units.map((u) => {
  const now = unitName(u.value);
  return { value: u.value, vi: u.vi === now ? now : `${u.vi} → ${now}` };
}).filter((o, i, all) => o.value !== all[i - 1]?.value || o.vi !== all[i - 1].vi);
const optionsOf = (f) => (f.kind === "unit" ? unitOptions() : catalogue.choices[f.list] || []);
const label = (f, value) => (f.kind === "unit" ? unitName(value) : say(optionsOf(f).find((c) => c.value === value))) || value;

/** The field with the key of a sealed file (SPEC 22.11): for programs, no page shows it. */
export const FILE_KEY = "file_key";

/** A value as people read it. `refs`: titles of referred records by field. */
export function show(f, value, refs = {}) {
  if (value === undefined || value === null || value === "") return "";
  if (f.name === FILE_KEY && String(value).startsWith("1 ")) return "•••";
  switch (f.kind) {
    case "bool": return value === true || value === 1 || value === "1" ? t("yes") : t("no");
    case "date": case "pdate": return showDate(value);
    case "choice": case "unit": return label(f, value);
    case "choices": return [].concat(value).map((v) => label(f, v)).join("; ");
    case "int": if (/(^|_)year$/.test(f.name)) return String(value); // falls through
    case "money": return number(value);
    case "decimal": return shown(String(value));
    case "ref": return refs[f.name] || `${t("record")} ${String(value).slice(0, 8)}`;
    default: return String(value);
  }
}

/** A value of the API as the text that stands in its input. */
export function toInput(f, value) {
  if (f.kind === "choices") return [].concat(value ?? []);
  if (value === undefined || value === null) return "";
  if (f.kind === "date" || f.kind === "pdate") return showDate(value);
  if (f.kind === "bool") return value === true || value === 1 ? "1" : "0";
  return String(value);
}

/** Whether the hub has it, in words. */
export function stateOf(r) {
  if (r.conflicts > 0) return ["warn", t("state.conflict")];
  if (r.held > 0) return ["warn", t("state.held")];
  if (r.pending > 0) return ["", t("state.waiting")];
  return ["ok", t("state.delivered")];
}

export function State({ record }) {
  const [kind, text] = stateOf(record);
  return html`<span class=${`state ${kind}`}>${kind === "warn" ? "▲" : kind === "ok" ? "●" : "○"} ${text}</span>`;
}

/** "2023-6M" -> "6 tháng đầu năm 2023" */
export function showPeriod(p) {
  const m = /^(\d{4})(?:-(\d\d|Q\d|6M|9M))?$/.exec(p);
  if (!m) return p.replace(/(\d{4})-(\d\d)-(\d\d)/g, "$3/$2/$1").replace("_", " – ");
  if (!m[2]) return t("period.year", { year: m[1] });
  if (m[2][0] === "Q") return t("period.quarter", { n: m[2][1], year: m[1] });
  if (m[2] === "6M" || m[2] === "9M") return t(m[2] === "6M" ? "period.half" : "period.nine", { year: m[1] });
  return t("period.month", { n: m[2], year: m[1] });
}

// ---- inputs ----

const MANY = 12; // more choices than these are searched by typing

/** Type a few letters, choose with the arrow keys: for references and long lists. */
function Combo({ id, text, search, onPick, ...rest }) {
  const [typed, setTyped] = useState(null);
  const [found, setFound] = useState([]);
  const [at, setAt] = useState(0);
  const [left, setLeft] = useState(""); // typed and nothing chosen: it stays, and says so
  const open = typed !== null;
  useEffect(() => {
    if (!open) return undefined;
    let live = true;
    const wait = setTimeout(() => search(typed).then((r) => { if (live) { setFound(r); setAt(0); } }, () => {}), 120);
    return () => { live = false; clearTimeout(wait); };
  }, [typed]);
  const pick = (o) => { onPick(o); setTyped(null); setLeft(""); };
  const key = (e) => {
    if (e.key === "Escape") { setTyped(null); setLeft(""); return; }
    if (e.key === "ArrowDown" && !open) { setTyped(left); e.preventDefault(); return; }
    if (!open || !["ArrowDown", "ArrowUp", "Enter"].includes(e.key)) return;
    e.preventDefault();
    if (e.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
    if (e.key === "ArrowUp") setAt(Math.max(at - 1, 0));
    if (e.key === "Enter" && found[at]) pick(found[at]);
  };
  const blur = () => {
    if (!open) return;
    if (typed === "" && text) onPick(null);
    const same = typed && found.filter((o) => fold(o.label.split(" → ")[0]) === fold(typed));
    if (same.length === 1) { pick(same[0]); return; }
    setLeft(typed.trim() && typed !== text ? typed : "");
    setTyped(null);
  };
  const unclear = !open && left && { class: "unclear", "aria-invalid": "true", "aria-describedby": `${id}-unclear` };
  return html`<input id=${id} role="combobox" autocomplete="off" aria-autocomplete="list" aria-expanded=${String(open)}
      aria-controls=${`${id}-options`} aria-activedescendant=${open && found[at] ? `${id}-${at}` : undefined}
      value=${open ? typed : left || text} onInput=${(e) => setTyped(e.target.value)} onKeyDown=${key} onBlur=${blur} ...${rest} ...${unclear} />
    ${unclear && html`<p class="wrong" id=${`${id}-unclear`} role="status">${t("combo.unclear")}</p>`}
    <ul class="options" id=${`${id}-options`} role="listbox" aria-label=${t("combo.found")} hidden=${!open}>
      ${open && found.map((o, i) => html`<li role="option" id=${`${id}-${i}`} aria-selected=${String(i === at)}
        onMouseDown=${(e) => { e.preventDefault(); pick(o); }}>${o.label}</li>`)}
      ${open && found.length === 0 && html`<li role="option" aria-selected="false" aria-disabled="true">${t("combo.none")}</li>`}
    </ul>`;
}

const searchRecords = (type) => async (q) =>
  (await api("GET", "/api/search", { type, q, max: 8 })).rows.map((r) => ({ value: r.id, label: r.title || Object.values(r.refs).join(" · ") || r.id.slice(0, 8) }));

const searchOptions = (f) => async (q) =>
  optionsOf(f).filter((o) => fold(say(o)).includes(fold(q))).slice(0, 30).map((o) => ({ value: o.value, label: say(o) }));

export function Input({ f, id, value, title, onChange, describe }) {
  const rest = { "aria-describedby": describe.ids, "aria-invalid": describe.wrong ? "true" : undefined, "aria-required": f.required ? "true" : undefined };
  const set = (e) => onChange(e.target.value);
  switch (f.kind) {
    case "bool": return html`<select id=${id} value=${value} onChange=${set} ...${rest}>
      <option value=""></option><option value="1">${t("yes")}</option><option value="0">${t("no")}</option></select>`;
    case "choice": if (optionsOf(f).length > MANY) return html`<${Combo} id=${id} text=${label(f, value)} search=${searchOptions(f)}
      onPick=${(o) => onChange(o ? o.value : "")} ...${rest} />`;
      return html`<select id=${id} value=${value} onChange=${set} ...${rest}><option value=""></option>
      ${optionsOf(f).map((o) => html`<option value=${o.value}>${say(o)}</option>`)}</select>`;
    case "unit": return html`<${Combo} id=${id} text=${label(f, value)} search=${searchOptions(f)}
      onPick=${(o) => onChange(o ? o.value : "")} ...${rest} />`;
    case "ref": return html`<${Combo} id=${id} text=${title} search=${searchRecords(f.list)}
      onPick=${(o) => onChange(o ? o.value : "", o ? o.label : "")} ...${rest} />`;
    case "date": return html`<input id=${id} value=${value} onInput=${set} inputmode="numeric" placeholder=${t("date.hint")} ...${rest} />`;
    case "pdate": return html`<input id=${id} value=${value} onInput=${set} inputmode="numeric" placeholder=${t("pdate.hint")} ...${rest} />`;
    case "int": case "money": case "decimal": return html`<input id=${id} value=${value} onInput=${set} inputmode="decimal" ...${rest} />`;
    default: return /note|summary|content|narrative|detail|description/.test(f.name)
      ? html`<textarea id=${id} value=${value} onInput=${set} ...${rest}></textarea>`
      : html`<input id=${id} value=${value} onInput=${set} autocomplete="off" ...${rest} />`;
  }
}

/** One field of a form with its label, mark and what is wrong with it. */
export function Field({ f, value, title = "", wrong, onChange, onBlur, children }) {
  const id = `f-${f.name}`;
  const mark = html`${f.sealed && html` <span class="hint">${t("readers.mark")}</span>`}${f.required && html` <span class="must">${t("must")}</span>`}`;
  const error = wrong && html`<p class="wrong" id=${`${id}-wrong`}>${wrong}</p>`;
  if (f.kind === "choices") {
    const flip = (v) => onChange(value.includes(v) ? value.filter((x) => x !== v) : [...value, v]);
    return html`<fieldset class="field wide" aria-describedby=${wrong ? `${id}-wrong` : undefined}><legend>${say(f)}${mark}</legend>
      <div class="checks">${optionsOf(f).map((o) => html`<label><input type="checkbox" checked=${value.includes(o.value)}
        onChange=${() => flip(o.value)} />${say(o)}</label>`)}</div>${error}${children}</fieldset>`;
  }
  return html`<div class="field" onFocusOut=${onBlur}><label for=${id}>${say(f)}${mark}</label>
    <${Input} f=${f} id=${id} value=${value} title=${title} onChange=${onChange} describe=${{ ids: wrong ? `${id}-wrong` : undefined, wrong }} />
    ${error}${children}</div>`;
}

export const otherLang = () => (lang.now === "vi" ? "en" : "vi");

/** A screen of a module that is fetched when the screen is first drawn, or by its fetch(). */
export function lazy(load, name) {
  let Part = null;
  const fetched = async () => { Part = (await load())[name]; };
  function Lazy(given) {
    const [wrong, set] = useState(null);
    useEffect(() => { if (!Part) fetched().then(() => set(false), () => set(true)); }, []);
    return Part ? html`<${Part} ...${given} />` : wrong ? html`<${Note} kind="bad"><p>${t("error.offline")}</p></${Note}>` : html`<p>${t("loading")}</p>`;
  }
  return Object.assign(Lazy, { fetch: fetched });
}
