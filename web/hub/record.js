// One record as the hub has it. Opening it stands in the audit.
import { html, t, say, api, useState, useEffect } from "../desk/base.js";
import { Note, Title, typeOf, show } from "../desk/parts.js";
import { unitName } from "./parts.js";

export function Values({ type, values }) {
  const sections = [...new Set(type.fields.map((f) => f.section))];
  return sections.map((s) => {
    const fields = type.fields.filter((f) => f.section === s && show(f, values[f.name]) !== "");
    if (fields.length === 0) return null;
    return html`<section class="card"><h2>${s}</h2><dl class="values">${fields.map((f) => html`<dt>${say(f)}</dt>
      <dd>${f.kind === "ref" ? html`<a href=${`#/record/${values[f.name]}`}>${show(f, values[f.name])}</a>` : show(f, values[f.name])}</dd>`)}</dl></section>`;
  });
}

export function Record({ id }) {
  const [record, set] = useState(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { api("GET", "/api/record", { id }).then(set, (e) => setWrong(e.message)); }, []);
  if (wrong) return html`<${Title}>${t("record")}</${Title}><${Note} kind="bad"><p>${wrong}</p></${Note}>`;
  if (!record) return html`<p>${t("loading")}</p>`;
  const type = typeOf(record.type);
  if (!type) return html`<${Title}>${t("record.unknown")}</${Title}>`;
  const title = record.values[type.title] || say(type);
  return html`<div class="head"><${Title}>${title}</${Title}><div class="acts"><button onClick=${() => history.back()}>${t("back")}</button></div></div>
    <p>${say(type)} · ${unitName(record.unit)}${record.deleted ? ` · ${t("record.isdeleted")}` : ""}</p>
    <${Note}><p>${t("record.noted")}</p></${Note}><${Values} type=${type} values=${record.values} />`;
}
