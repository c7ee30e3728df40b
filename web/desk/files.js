// Pictures and scans of a record: add, list with where each one is, fetch, look at.
import { html, t, say, api, session, number, saveFile, showDate, toIso, fromBase64, toBase64, useState, useEffect } from "./base.js";
import { Note, Wrong, catalogue } from "./parts.js";

const BYTES_MAX = 4 * 1024 * 1024; // of one file, as the node takes it
const KINDS = ".jpg,.jpeg,.png,.webp,.heic,.tif,.tiff,.pdf,image/jpeg,image/png,image/webp,image/heic,image/tiff,application/pdf";
const SHOWN = ["image/jpeg", "image/png", "image/webp"];
const ENDS = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic", "image/tiff": "tif", "application/pdf": "pdf" };
const TONE = { delivered: "ok", waiting: "", fetching: "", at_hub: "", refused: "warn", damaged: "warn", unknown: "warn" };
const SIGN = { ok: "●", "": "○", warn: "▲" };

const size = (n) => (n >= 1048576 ? `${number((n / 1048576).toFixed(1)).replace(/\.(\d)$/, ",$1")} MiB` : `${number(Math.max(1, Math.round(n / 1024)))} KiB`);
const kindName = (k) => say((catalogue.choices.attachment_kind || []).find((c) => c.value === k)) || k;

function Add({ id, done }) {
  const [file, setFile] = useState(null);
  const [name, setName] = useState("");
  const [taken, setTaken] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState(false);
  if (!open) return html`<div class="acts"><button onClick=${() => setOpen(true)}>${t("files.add")}</button></div>`;
  const pick = (e) => {
    const f = e.target.files[0];
    setWrong("");
    setFile(f || null);
    if (f) setName(f.name.normalize("NFC").slice(0, 120));
    if (f && f.size > BYTES_MAX) setWrong(t("files.large", { size: size(f.size) }));
  };
  const badDay = taken.trim() !== "" && !toIso(taken.trim());
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    setWrong("");
    try {
      const r = await api("POST", "/api/attachment", { record: id, name: name.trim() || file.name, data: await toBase64(file), ...(taken.trim() && { taken_on: toIso(taken.trim()) }) });
      setOpen(false);
      setFile(null);
      setTaken("");
      done(t(r.cleaned ? "files.added.clean" : "files.added") + (r.sealed ? ` ${t("files.sealed")}` : ""));
    } catch (x) { setWrong(x.message); }
    setBusy(false);
  };
  return html`<form onSubmit=${submit}><div class="fields"><div class="field wide"><label for="file-new">${t("files.file")}</label><p class="hint" id="file-hint">${t("files.limits")}</p>
      <input id="file-new" type="file" accept=${KINDS} aria-describedby="file-hint" onChange=${pick} /></div>
    <div class="field"><label for="file-name">${t("files.name")}</label><input id="file-name" value=${name} autocomplete="off" onInput=${(e) => setName(e.target.value)} /></div>
    <div class="field"><label for="file-day">${t("files.taken")}</label><input id="file-day" value=${taken} inputmode="numeric" placeholder=${t("date.hint")} aria-invalid=${badDay ? "true" : undefined}
      onInput=${(e) => setTaken(e.target.value)} />${badDay && html`<p class="wrong">${t("money.day.bad")}</p>`}</div></div>
    <${Wrong} text=${wrong} />
    <div class="acts"><button class="main" disabled=${!file || file.size > BYTES_MAX || badDay || busy}>${t("files.go")}</button><button type="button" onClick=${() => setOpen(false)}>${t("cancel")}</button></div></form>`;
}

export function Files({ id, mayAdd, news, refresh }) {
  const [rows, set] = useState([]);
  const [next, setNext] = useState(null);
  const [told, tell] = useState(null);
  const [seen, see] = useState(null); // {row, url}
  const load = () => api("GET", "/api/attachments", { record: id }).then((r) => { set(r.attachments); setNext(r.next || null); }, () => {});
  const more = () => api("GET", "/api/attachments", { record: id, after: next }).then((r) => { set((now) => [...now, ...r.attachments]); setNext(r.next || null); }, () => {});
  useEffect(() => { load(); }, [id, news]);
  useEffect(() => () => { if (seen) URL.revokeObjectURL(seen.url); }, [seen]);
  const open = async (row) => {
    tell(null);
    see(null);
    try {
      const r = await api("GET", "/api/attachment", { id: row.id });
      const blob = new Blob([fromBase64(r.data)], { type: r.media });
      if (SHOWN.includes(r.media)) see({ row, url: URL.createObjectURL(blob) });
      else {
        const name = /\.\w+$/.test(row.name) ? row.name : `${row.name}.${ENDS[r.media] || "bin"}`;
        saveFile(blob, name);
        tell({ text: t("files.taken.out", { name }) });
      }
    } catch (x) {
      tell({ bad: x.answer?.error !== "AGAIN", text: x.message });
      load();
    }
  };
  if (rows.length === 0 && !mayAdd) return null;
  return html`<section class="card noprint"><h2>${t("files")}</h2>${rows.length === 0 && html`<p class="hint">${t("files.none")}</p>`}
    ${told && html`<${Note} kind=${told.bad ? "bad" : "ok"}><p>${told.text}</p></${Note}>`}
    ${rows.length > 0 && html`<div class="tablewrap" tabindex="0" role="region" aria-label=${t("files")}><table><thead><tr><th scope="col">${t("files.name")}</th><th scope="col">${t("files.kind")}</th>
        <th scope="col" class="num">${t("files.size")}</th><th scope="col">${t("list.state")}</th><td></td></tr></thead><tbody>
      ${rows.map((r) => html`<tr key=${r.id}><th scope="row">${r.name}${r.sealed && r.readable ? html` <span class="hint">${t("readers.mark")}</span>` : ""}${r.taken_on ? html`<br /><span class="hint">${showDate(r.taken_on)}</span>` : ""}</th><td>${kindName(r.kind)}</td>
        <td class="num">${r.bytes ? size(Number(r.bytes)) : "–"}</td><td><span class=${`state ${TONE[r.state] || ""}`}>${SIGN[TONE[r.state] || ""]} ${t(`files.${r.state}`)}</span>${r.why_vi ? html`<br /><span class="hint">${say({ vi: r.why_vi, en: r.why_en })}. ${t("files.next")}: ${say({ vi: r.next_vi, en: r.next_en })}.</span>` : ""}${r.stands_open ? html`<br /><span class="state warn">▲ ${t("files.stands.open")}</span>` : ""}</td>
        <td>${!r.readable ? html`<span class="hint">${t("files.unreadable")}</span>` : html`<button onClick=${() => open(r)} aria-label=${`${t(r.state === "at_hub" ? "files.fetch" : "files.open")}: ${r.name}`}>${t(r.state === "at_hub" ? "files.fetch" : "files.open")}</button>`}</td></tr>`)}</tbody></table></div>`}
    ${next && html`<div class="acts"><button onClick=${more}>${t("list.more")}</button></div>`}
    ${seen && html`<figure class="seen"><img src=${seen.url} alt=${seen.row.name} /><figcaption>${seen.row.name}</figcaption><div class="acts"><button onClick=${() => see(null)}>${t("close")}</button></div></figure>`}
    ${mayAdd && session.role !== "leader" && html`<${Add} id=${id} done=${(text) => { tell({ text }); load(); refresh(); }} />`}</section>`;
}
