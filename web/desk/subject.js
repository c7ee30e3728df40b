// Everything that this PC holds about one person, to be read, printed and handed to who asks (docs/subject.md).
import { html, t, say, api, saveFile, showDate, showTime, number, useState } from "./base.js";
import { Note, Wrong, Title, typeOf, unitName, show } from "./parts.js";

/** A value as people read it; of a reference the title, where it may be told, of a set its words. */
const text = (type, f, value, titles) => show(type.fields.find((x) => x.name === f.field) || { kind: "text", name: f.field }, value, { [f.field]: titles[value] });

function One({ r, titles }) {
  const type = typeOf(r.type);
  if (!type) return html`<section class="card"><h2>${r.type} ${r.id.slice(0, 8)}</h2></section>`;
  const called = r.why === "attached" ? ["sealed_name", "name"].map((n) => r.fields.find((f) => f.field === n)?.values?.[0]).find(Boolean) : r.title;
  const wrote = (w) => {
    const f = type.fields.find((x) => x.name === w.field);
    return f && !w.element ? `${say(f)}: ${text(type, w, w.value, titles) || t("history.cleared")}` : f ? say(f) : "";
  };
  return html`<section class="card"><h2>${say(type)}${called ? `: ${called}` : ""}</h2><p class="soft">${t(`subject.${r.why}`)} · ${unitName(r.unit)}${r.deleted ? ` · ${t("subject.deleted")}` : ""}</p>
    <dl class="values">${r.fields.map((f) => html`<dt>${say({ vi: f.label_vi, en: f.label_en })}</dt><dd>${f.withheld ? html`<em>${t("subject.withheld")}</em>`
      : f.values.map((v) => text(type, f, v, titles) || "–").join(` ${t("subject.or")} `)}</dd>`)}</dl>
    ${r.events.length > 0 && html`<h3>${t("history")}</h3><div class="tablewrap" tabindex="0" role="region" aria-label=${`${t("history")}: ${say(type)} ${r.id.slice(0, 8)}`}><table><thead><tr><th scope="col">${t("history.when")}</th><th scope="col">${t("history.who")}</th><th scope="col">${t("history.what")}</th></tr></thead><tbody>
      ${r.events.map((e) => html`<tr><td>${showTime(e.at)}</td><td>${e.person}</td><td>${t(`kind.${e.kind}`)}${e.writes.map(wrote).filter(Boolean).map((x) => html`<br />${x}`)}</td></tr>`)}</tbody></table></div>`}</section>`;
}

function Answer({ a }) {
  const save = () => saveFile(new Blob([JSON.stringify(a, null, 1)], { type: "application/json" }), `du-lieu-ca-nhan-${a.id.slice(0, 8)}.json`);
  return html`<${Note} kind="warn"><p>${t("subject.read")}</p></${Note}>
    <dl class="values"><dt>${t("subject.holder")}</dt><dd>${unitName(a.holder)}</dd><dt>${t("subject.made")}</dt><dd>${showTime(a.made)}, ${a.by}</dd><dt>${t("subject.reason")}</dt><dd>${a.reason}</dd>
      <dt>${t("subject.count")}</dt><dd>${number(a.records.length)}</dd></dl>
    <div class="acts"><button class="main" onClick=${() => print()}>${t("print")}</button><button onClick=${save}>${t("subject.file")}</button></div>
    ${a.records.map((r) => html`<${One} key=${r.id} r=${r} titles=${a.titles} />`)}
    <section class="card"><h2>${t("subject.reads")}</h2>${a.reads.length === 0 ? html`<p>${t("subject.reads.none")}</p>` : html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("subject.reads")}><table><thead><tr><th scope="col">${t("history.when")}</th><th scope="col">${t("access.who")}</th>
      <th scope="col">${t("history.what")}</th></tr></thead><tbody>${a.reads.map((x) => html`<tr><td>${showTime(x.at)}</td><td>${x.user}</td><td>${t(`access.${x.what}`)}: ${say(typeOf(x.type)) || x.type}</td></tr>`)}</tbody></table></div>`}</section>
    ${a.drafts.length > 0 && html`<section class="card"><h2>${t("subject.drafts")}</h2><ul class="list">${a.drafts.map((d) => html`<li>${d.user}, ${showTime(d.saved)}</li>`)}</ul></section>`}`;
}

export function Subject({ id }) {
  const [reason, setReason] = useState("");
  const [hold, setHold] = useState(true);
  const [a, set] = useState(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    setWrong("");
    try { set(await api("POST", "/api/subject", { id, reason: reason.trim(), ...(hold && { max_class: 3 }) })); } catch (x) { setWrong(x.message); }
    setBusy(false);
  };
  return html`<div class="head"><${Title}>${t("subject")}</${Title}><div class="acts"><a class="button" href=${`#/record/${id}`}>${t("subject.back")}</a></div></div>
    <${Wrong} text=${wrong} />
    ${a ? html`<${Answer} a=${a} />` : html`<p>${t("subject.why")}</p><form class="card" onSubmit=${submit}><div class="field"><label for="subject-reason">${t("subject.reason")}</label>
      <p class="hint" id="subject-hint">${t("subject.reason.hint")}</p><input id="subject-reason" value=${reason} maxlength="200" autocomplete="off" aria-describedby="subject-hint" onInput=${(e) => setReason(e.target.value)} /></div>
      <div class="checks"><label><input type="checkbox" checked=${hold} onChange=${(e) => setHold(e.target.checked)} />${t("subject.hold")}</label></div>
      <div class="acts"><button class="main" disabled=${!reason.trim() || busy}>${t("subject.go")}</button></div></form>`}`;
}
