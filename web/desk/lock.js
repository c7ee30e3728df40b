// Fields that no imported list overwrites: marked, put on and taken off by people, named where somebody edits them.
import { html, t, say } from "./base.js";
import { Note } from "./parts.js";

const locked = (record, f) => (record?.locks || []).includes(f.name);

/** What an event of the history says of it; "" for any other write. */
export const lockWrite = (w, type) => (w.field !== "(lock)" ? ""
  : `${t(w.value ? "lock.on" : "lock.off")}: ${say(type.fields.find((f) => f.name === w.element)) || w.element}`);

/** Beside the value of a field. */
export const LockMark = ({ record, f }) => locked(record, f) && html`<span class="mark">🔒 ${t("lock.mark")}</span>`;

/** In the form: a person may, a list may not. */
export function LockedNote({ type, record }) {
  const names = type.fields.filter((f) => locked(record, f)).map(say);
  return names.length > 0 && html`<${Note} kind="warn"><p>🔒 ${t("lock.hand", { names: names.join("; ") })}</p></${Note}>`;
}

/** A switch for each field. */
export function Locks({ type, record, put }) {
  const flip = (f) => put({ [locked(record, f) ? "unlock" : "lock"]: [f.name] }, locked(record, f) ? "lock.opened" : "lock.closed");
  const count = type.fields.filter((f) => locked(record, f)).length;
  return html`<section class="card"><h2>${t("lock.title")}</h2><p class="hint" id="lock-why">${t("lock.why")}</p>
    <details class="more"><summary>${t("lock.count", { n: count })}</summary><div class="checks" role="group" aria-label=${t("lock.title")}>
    ${type.fields.map((f) => html`<label key=${f.name}><input type="checkbox" checked=${locked(record, f)} aria-describedby="lock-why"
      onChange=${() => flip(f)} />${say(f)}${locked(record, f) && html` <span aria-hidden="true">🔒</span>`}</label>`)}</div></details></section>`;
}
