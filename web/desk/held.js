// Changes that the hub holds: why, whose turn it is, what comes next. The hub's page shows the same of all communes.
import { html, t, say, api, showTime, useState, useEffect } from "./base.js";
import { Note } from "./parts.js";

const both = (h, key) => say({ vi: h[`${key}vi`], en: h[`${key}en`] });

/** `who` and `when` say of one row who wrote it and when; `at`: asked again when it changes. */
export function Held({ who, when, at }) {
  const [r, set] = useState({ held: [] });
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/held").then((x) => { set(x); setWrong(""); }, (x) => setWrong(x.message)); }, [at]);
  if (wrong) return html`<${Note} kind="bad"><p>${wrong}</p></${Note}>`;
  if (r.held.length === 0) return null;
  return html`<section><h2>${t("held.title")}</h2><p class="hint">${t("held.hint")}</p>
    <div class="tablewrap" tabindex="0" role="region" aria-label=${t("held.title")}><table><thead><tr><th scope="col">${t("held.what")}</th>
      <th scope="col">${t("history.when")}</th><th scope="col">${t("held.why")}</th><th scope="col">${t("held.turn")}</th><th scope="col">${t("held.next")}</th></tr></thead><tbody>
      ${r.held.map((h, i) => html`<tr key=${h.ref || i}><th scope="row">${h.id ? html`<a href=${`#/record/${h.id}`}>${h.id.slice(0, 8)}</a>` : "–"}<br />${who(h)}</th>
        <td>${showTime(when(h))}</td><td>${both(h, "")}</td><td>${both(h, "owner_")}</td><td>${both(h, "next_")}</td></tr>`)}</tbody></table></div>
    ${r.more && html`<p>${t("held.more")}</p>`}</section>`;
}
