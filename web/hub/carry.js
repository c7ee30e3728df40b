// What a commune without a network needs of the district: its files of a stick taken in and answered, and a code
// over the telephone for an officer who forgot the password.
import { html, t, api, number, showTime, saveFile, fromBase64, toBase64, vietnam, useState } from "../desk/base.js";
import { Note, Wrong, Sure } from "../desk/parts.js";
import { Select, Text, unitName } from "./parts.js";

const FILE_MAX = 5 * 1024 * 1024; // bytes of one file, as the hub takes it

const pcs = (nodes) => nodes.filter((n) => !n.revoked).map((n) => ({ value: n.node, label: `${unitName(n.unit)}: ${n.name}` }));
const chosen = (living, node) => (living.some((x) => x.value === node) ? node : living[0].value); // a PC may be revoked meanwhile
const stamp = () => vietnam(Date.now()).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
let given = 0; // files of this page: two of one second have names of their own

/** The file for the commune into the folder of downloads; its name, by the unit and its PC. */
function give(r) {
  given += 1;
  const name = `tra-loi-${r.unit || "xa"}-${r.node.slice(0, 8)}-${stamp()}-${given}.dongbo`;
  saveFile(new Blob([fromBase64(r.file)], { type: "application/octet-stream" }), name);
  return name;
}

/** What a file did, line by line, never more than is true. */
function said(r) {
  const gap = { from: number(r.gap_from), to: number(r.gap_to - 1) };
  const lines = [t("carry.took", { n: number(r.sets_new), known: number(r.sets_known) })];
  if (r.again) lines.unshift(t("carry.again"));
  if (r.joined) lines.unshift(t("carry.joined"));
  if (r.refused) lines.push(t("carry.refused"));
  if (r.apart > 0) lines.push(t("carry.apart", { n: number(r.apart) }));
  if (r.apart_unkept > 0) lines.push(t("carry.unkept", { n: number(r.apart_unkept) }));
  if (r.waits) lines.push(t("carry.waits", gap));
  if (r.unkept) lines.push(t("carry.full", gap));
  if (r.forked) lines.push(t("carry.forked"));
  if (r.page_cut) lines.push(t("carry.cut"));
  return lines;
}

/** What a file is, before anything of it is taken. */
function seen(r, nodes) {
  if (!r.ours) return [t("look.notours")];
  const from = nodes.find((n) => n.node === r.node);
  return [r.joining ? t("look.joining") : t("look.from", { pc: from ? `${unitName(from.unit)}: ${from.name}` : r.node?.slice(0, 16) ?? "?" }),
    t("look.made", { time: showTime(r.made), n: number(r.waiting) }), t(r.whole ? "look.whole" : "look.damaged")];
}

export function Carry({ nodes, load }) {
  const [look, setLook] = useState(false);
  const [told, tell] = useState([]);
  const [busy, setBusy] = useState(false);
  const [node, setNode] = useState("");
  const living = pcs(nodes);
  const take = async (e) => {
    const files = [...e.target.files];
    const out = [];
    setBusy(true);
    for (const file of files) {
      try {
        if (file.size > FILE_MAX) throw new Error(t("usb.large"));
        const r = await api("POST", "/api/bundle/in", { file: await toBase64(file), ...(look && { look }) });
        if (look) {
          out.push({ name: file.name, bad: !r.ours || !r.whole, lines: seen(r, nodes) });
          continue;
        }
        out.push({ name: `${file.name}: ${r.name || unitName(r.unit)}`, lines: [...said(r), ...(r.bytes > 0 ? [t("carry.answer", { name: give(r) })] : [])] });
      } catch (x) { out.push({ name: file.name, bad: true, lines: [x.message] }); }
    }
    e.target.value = "";
    tell(out);
    setBusy(false);
    await load();
  };
  const make = async (e) => {
    e.preventDefault();
    setBusy(true);
    try {
      const r = await api("POST", "/api/bundle/out", { node: chosen(living, node) });
      tell([{ name: r.name || unitName(r.unit), lines: [t("carry.made", { name: give(r) }), ...(r.page_cut ? [t("carry.cut")] : [])] }]);
    } catch (x) { tell([{ name: "", bad: true, lines: [x.message] }]); }
    setBusy(false);
  };
  return html`<section class="card"><h2>${t("carry.title")}</h2><p class="hint">${t("carry.why")}</p>
    <div class="field"><label for="carry-in">${t("carry.file")}</label><p class="hint" id="carry-hint">${t("usb.file.hint")}</p>
      <input id="carry-in" type="file" accept=".dongbo" multiple disabled=${busy} aria-describedby="carry-hint" onChange=${take} />
      <label class="check"><input type="checkbox" checked=${look} onChange=${(e) => setLook(e.target.checked)} /> ${t("look.only")}</label></div>
    <div role="status">${told.map((f) => html`<${Note} key=${f.name} kind=${f.bad ? "bad" : "ok"}>${f.name && html`<p><strong>${f.name}</strong></p>`}${f.lines.map((l) => html`<p>${l}</p>`)}</${Note}>`)}</div>
    ${living.length > 0 && html`<form onSubmit=${make}><div class="fields pickers"><${Select} name="node" label=${t("carry.for")} value=${chosen(living, node)} onChange=${setNode} options=${living} /></div>
      <p class="hint">${t("carry.for.why")}</p><div class="acts"><button disabled=${busy}>${t("carry.go")}</button></div></form>`}</section>`;
}

/** The answer to a forgotten password: it works on that PC alone, for that name and that code of its screen. */
export function Forgot({ nodes }) {
  const [node, setNode] = useState("");
  const [given, give2] = useState(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const living = pcs(nodes);
  if (living.length === 0) return null;
  const send = async (e) => {
    e.preventDefault();
    const f = e.target.elements;
    setWrong("");
    give2(null);
    setBusy(true);
    try { give2(await api("POST", "/api/reset-code", { node: chosen(living, node), name: f.name.value, challenge: f.challenge.value })); } catch (x) { setWrong(x.message); }
    setBusy(false);
  };
  return html`<section class="card"><h2>${t("resetcode.title")}</h2><p class="hint">${t("resetcode.why")}</p><${Wrong} text=${wrong} />
    ${given && html`<${Note} kind="ok"><p>${t("resetcode.code", { name: given.name, pc: `${unitName(given.unit)}: ${given.pc}` })}</p><p class="code big">${given.code}</p><p>${t("resetcode.code.why")}</p>
      <div class="acts"><button onClick=${() => give2(null)}>${t("people.once.done")}</button></div></${Note}>`}
    <form onSubmit=${send}><div class="fields pickers"><${Select} name="node" label=${t("resetcode.pc")} value=${chosen(living, node)} onChange=${setNode} options=${living} />
      <${Text} name="name" label=${t("resetcode.name")} autocomplete="off" required maxlength="60" />
      <${Text} name="challenge" label=${t("resetcode.challenge")} hint=${t("resetcode.challenge.hint")} autocomplete="off" spellcheck="false" required maxlength="20" /></div>
      <div class="acts"><button disabled=${busy}>${t("resetcode.go")}</button></div></form></section>`;
}

/** A PC whose disk somebody may have read: it makes keys of its own anew when it hears of this. */
export function Rekey({ n, done }) {
  const [asked, ask] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    setWrong("");
    setBusy(true);
    try { await api("POST", "/api/keys/demand", { node: n.node, reason: e.target.elements.reason.value }); await done(); } catch (x) { setWrong(x.message); }
    setBusy(false);
  };
  const name = `${unitName(n.unit)}, ${n.name}`;
  if (n.keys_asked) return null;
  if (!asked) return html`<button onClick=${() => ask(true)} aria-label=${`${t("rekey.ask")}: ${name}`}>${t("rekey.ask")}</button>`;
  return html`<form onSubmit=${submit}><${Wrong} text=${wrong} /><p class="hint">${t("rekey.why")}</p><${Text} name="reason" label=${t("rekey.reason", { name })} autocomplete="off" required maxlength="100" />
    <div class="acts"><${Sure} off=${busy} cancel=${() => ask(false)}>${t("rekey.sure")}</${Sure}></div></form>`;
}
