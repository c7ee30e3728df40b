// Who reads sealed fields (docs/sealed.md): the communes' own PCs, and officers whom two officers named. The officer's
// reading key is made here in the browser, out of the key file; the hub learns its public half alone.
import { html, t, api, session, number, useState, useEffect } from "../desk/base.js";
import { Note, Wrong, Title } from "../desk/parts.js";
import { Text, Table, unitName } from "./parts.js";
import { Propose } from "./orders.js";
import { canSign, hex, readingKey } from "./officer.js";

/** The public half: typed, or of the key file of the form. */
async function readingOf(v, progress) {
  const typed = v.reading.replace(/\s/g, "").toLowerCase();
  if (typed) return typed;
  if (!v.file?.size || v.file.size > 1000) throw new Error(t("reader.nokey"));
  return hex(await readingKey(await v.file.text(), v.secret, progress));
}

function Row({ r, sealed, end }) {
  const part = sealed?.readers.find((x) => x.public_key === r.public_key)?.records;
  const officer = r.kind === "officer";
  return html`<tr><th scope="row">${r.name}</th><td>${officer ? t("reader.officer") : `${t("reader.pc")} ${unitName(r.unit)}`}</td><td class="words">${r.words}</td>
    <td class="num">${part === undefined ? "…" : officer && part < sealed.sealed ? html`<span class="state warn">▲ ${t("reader.of", { n: number(part), all: number(sealed.sealed) })}</span>` : number(part)}</td>
    <td>${officer && end && html`<button onClick=${() => end(r)} aria-label=${`${t("reader.end")}: ${r.name}`}>${t("reader.end")}</button>`}</td></tr>`;
}

export function Readers() {
  const [rows, set] = useState(null);
  const [sealed, setSealed] = useState(null);
  const [able, setAble] = useState(true);
  const [ending, end] = useState(null);
  const [wrong, setWrong] = useState("");
  const [told, tell] = useState("");
  const load = () => Promise.all([api("GET", "/api/readers").then((r) => set(r.readers)), api("GET", "/api/readers/sealed").then(setSealed)]).catch((e) => setWrong(e.message));
  useEffect(() => { load(); canSign().then(setAble); }, []);
  const draft = (body) => api("POST", "/api/readers", body);
  const name = async (v, progress) => draft({ name: v.name.normalize("NFC").trim(), key: await readingOf(v, progress), reason: v.basis });
  const stop = (v) => draft({ name: ending.name, key: ending.public_key, reason: v.basis, end: true });
  const signed = (words) => { end(null); tell(words); };
  const cases = session.role === "statistician";
  return html`<div class="head"><${Title}>${t("reader.title")}</${Title}><div class="acts"><a class="button" href="#/orders">${t("hub.orders")}</a><button onClick=${() => print()}>${t("print")}</button></div></div>
    <p>${t("reader.why")}</p><${Wrong} text=${wrong} />
    ${told && html`<${Note} kind="ok"><p>${t(told)}</p><div class="acts"><a class="button" href="#/orders">${t("reader.second")}</a></div></${Note}>`}
    ${!able && html`<${Note} kind="warn"><p>${t("officer.old")}</p></${Note}>`}
    ${!rows && !wrong && html`<p>${t("loading")}</p>`}
    ${sealed && html`<p role="status">${t("reader.sealed", { n: number(sealed.sealed) })}</p>${sealed.open > 0 && html`<${Note} kind="warn"><p>${t("reader.open", { n: number(sealed.open) })}</p></${Note}>`}`}
    ${rows && rows.length === 0 && html`<p>${t("reader.none")}</p>`}
    ${rows && rows.length > 0 && html`<${Table} label=${t("reader.title")} heads=${[t("reader.name"), t("reader.kind"), t("node.words"), { num: t("reader.records") }, ""]}>
      ${rows.map((r) => html`<${Row} key=${r.public_key} r=${r} sealed=${sealed} end=${cases && able ? end : null} />`)}</${Table}><p class="hint">${t("reader.records.why")}</p>`}
    ${ending && html`<${Propose} key=${ending.public_key} title=${t("reader.end.title", { name: ending.name })} why=${t("reader.end.why")} draft=${stop} load=${load} tell=${signed} leave=${() => end(null)} />`}
    ${cases && able && !ending && html`<${Propose} title=${t("reader.add")} why=${t("reader.add.why")} draft=${name} load=${load} tell=${signed}>
      <${Text} name="name" label=${t("reader.add.name")} autocomplete="off" required maxlength="60" />
      <${Text} name="file" label=${t("reader.file")} hint=${t("reader.file.hint")} type="file" /><${Text} name="secret" label=${t("reader.secret")} type="password" autocomplete="off" />
      <${Text} name="reading" label=${t("reader.key")} hint=${t("reader.key.hint")} autocomplete="off" spellcheck="false" maxlength="100" /></${Propose}>`}`;
}
