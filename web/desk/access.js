// Who logged in and who looked at what, on this PC.
import { html, t, say, api, showTime, useState, useEffect } from "./base.js";
import { Wrong, Title, typeOf } from "./parts.js";

export function Access() {
  const [rows, set] = useState([]);
  const [more, setMore] = useState(true);
  const [wrong, setWrong] = useState("");
  const ask = async (before) => {
    try {
      const r = await api("GET", "/api/access", before ? { before } : {});
      set((now) => [...(before ? now : []), ...r.rows]);
      setMore(r.rows.length === 100);
    } catch (x) { setWrong(x.message); setMore(false); }
  };
  useEffect(() => { ask(0); }, []);
  return html`<${Title}>${t("access")}</${Title}><p>${t("access.why")}</p>
    <${Wrong} text=${wrong} />
    ${rows.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("access")}><table><thead><tr><th scope="col">${t("history.when")}</th>
      <th scope="col">${t("access.who")}</th><th scope="col">${t("history.what")}</th></tr></thead><tbody>
      ${rows.map((r) => html`<tr key=${r.no}><td>${showTime(r.at)}</td><td>${r.user === "?" ? t("access.nobody") : r.user}</td><td>${t(`access.${r.what}`)}${r.type ? `: ${say(typeOf(r.type)) || r.type} ` : ""}
        ${r.id && html`<a href=${`#/record/${r.id}`}>${r.id.slice(0, 8)}</a>`}${r.why ? html`<br /><span class="hint">${r.why}</span>` : ""}</td></tr>`)}</tbody></table></div>`}
    ${more && rows.length > 0 && html`<div class="acts"><button onClick=${() => ask(rows[rows.length - 1].no)}>${t("list.more")}</button></div>`}`;
}
