// Deletions: why a record is deleted (out of the catalogue's list, asked at every deletion, shown with what is deleted),
// and what names it.
import { html, t, api, number, useState, useEffect } from "./base.js";
import { Field, Note, catalogue, show, Sure } from "./parts.js";

const REASON = () => ({ kind: "choice", name: "reason", list: "delete_reason", required: true, vi: t("reason"), en: t("reason") });
const asked = (type) => type?.scope !== "hub" && (catalogue.choices.delete_reason || []).length > 0;

/** In words; a program of before says nothing. */
export const reasonName = (reason) => (reason ? show(REASON(), reason) : t("reason.none"));

/** What an event of the history says of it; "" for any other write. */
export const reasonWrite = (w) => (w.field === "(reason)" && w.value ? `${t("reason")}: ${reasonName(w.value)}` : "");

/** Beside a reference whose record was deleted or is not here. */
export const LostMark = ({ record, f }) => record.lost?.[f.name] && html` <span class="mark">▲ ${t(`ref.${record.lost[f.name]}`)}</span>`;

/** What names the record stays and counts: said before, nothing is refused. */
function Referring({ id }) {
  const [n, set] = useState(0);
  useEffect(() => { api("GET", "/api/referring", { id }).then((r) => set(r.records), () => {}); }, [id]);
  return n > 0 && html`<${Note} kind="warn"><p>${t("record.referring", { n: number(n) })}</p></${Note}>`;
}

/** Delete, once it is said why. `known`: a reason that stands there already. */
export function Deleting({ id, type, known, act, cancel }) {
  const [reason, choose] = useState(known || "");
  const needed = asked(type);
  return html`<${Referring} id=${id} />${needed && html`<${Field} f=${REASON()} value=${reason} onChange=${choose} />`}
    <div class="acts"><${Sure} kind="bad" off=${needed && !reason} act=${() => act({ action: "delete", ...(reason && { reason }) })} cancel=${cancel}>${t("record.delete.sure")}</${Sure}></div>`;
}
