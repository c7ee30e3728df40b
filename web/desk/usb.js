// Without a network: files on a stick, out to the hub and in from it.
import { html, t, api, number, showTime, saveFile, fromBase64, toBase64, vietnam, useState } from "./base.js";
import { Note, Wrong, Title } from "./parts.js";

const FILE_MAX = 5 * 1024 * 1024; // bytes of one file, as the node takes it
const RENEW = 1; // verdicts of a hello (SPEC 7.5)
const BACK = 3;

const stamp = () => vietnam(Date.now()).toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-");

function Out({ status }) {
  const [made, setMade] = useState(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const make = (next) => async () => {
    setBusy(true);
    setWrong("");
    try {
      const r = await api("POST", "/api/bundle/out", { next });
      const name = `${r.joining ? "ghi-danh" : "gui-trung-tam"}-${status.unit || "may"}-${stamp()}.dongbo`;
      saveFile(new Blob([fromBase64(r.file)], { type: "application/octet-stream" }), name);
      setMade({ ...r, file: "", name });
    } catch (x) { setWrong(x.message); }
    setBusy(false);
  };
  return html`<section class="card"><h2>${t("usb.out")}</h2><p>${status.log.waiting > 0 ? t("usb.out.why", { n: number(status.log.waiting) }) : t(status.joined ? "usb.out.none" : "usb.out.join")}</p>
    <div class="acts"><button class="main" onClick=${make(false)} disabled=${busy}>${t(status.joined ? "usb.out.go" : "usb.join.go")}</button></div>
    <${Wrong} text=${wrong} />
    ${made && html`<${Note} kind="ok"><p>${made.joining ? t("usb.made.joining", { name: made.name }) : t("usb.made", { n: number(made.sets), name: made.name })}</p>
      <p>${t(made.joining ? "usb.made.next.joining" : "usb.made.next")}</p>
      ${made.damaged && html`<p>${t("usb.damaged")}</p>`}
      ${made.more && html`<p>${t("usb.more")}</p><div class="acts"><button onClick=${make(true)} disabled=${busy}>${t("usb.more.go")}</button></div>`}</${Note}>`}</section>`;
}

/** What a file did, line by line, never more than is true. */
function said(r) {
  const lines = [];
  if (r.again) lines.push(t("usb.again"));
  if (r.joined) lines.push(t("usb.joined"));
  if (r.refused !== 0) lines.push(t("usb.refused", { n: r.refused }));
  lines.push(t("usb.receipts", { n: number(r.delivered) }));
  const page = r.page === "none" && r.verdict === BACK && !r.hub_back ? "epoch" : r.page;
  if (page !== "none") lines.push(t(`usbpage.${page}`, { n: number(r.records) }));
  if (r.hub_back) lines.push(t("usb.back"));
  if (r.repaired) lines.push(t("usb.repaired")); else if (r.ahead || r.verdict === RENEW) lines.push(t("usb.ahead"));
  if (r.revoked) lines.push(t("usb.revoked"));
  return lines;
}

function In({ refresh }) {
  const [told, tell] = useState([]);
  const read = async (e) => {
    const files = [...e.target.files];
    const out = [];
    for (const file of files) {
      try {
        if (file.size > FILE_MAX) throw new Error(t("usb.large"));
        const r = await api("POST", "/api/bundle/in", { file: await toBase64(file) });
        out.push({ name: file.name, lines: [...said(r), ...(r.made ? [t("usb.when", { when: showTime(r.made) })] : [])] });
      } catch (x) { out.push({ name: file.name, bad: true, lines: [x.message] }); }
    }
    e.target.value = "";
    tell(out);
    refresh();
  };
  return html`<section class="card"><h2>${t("usb.in")}</h2><p>${t("usb.in.why")}</p>
    <div class="field"><label for="usb-in">${t("usb.file")}</label><p class="hint" id="usb-hint">${t("usb.file.hint")}</p>
      <input id="usb-in" type="file" accept=".dongbo" multiple aria-describedby="usb-hint" onChange=${read} /></div>
    ${told.map((f) => html`<${Note} key=${f.name} kind=${f.bad ? "bad" : "ok"}><p><strong>${f.name}</strong></p>${f.lines.map((l) => html`<p>${l}</p>`)}</${Note}>`)}</section>`;
}

export function Usb({ status, refresh }) {
  return html`<${Title}>${t("usb.title")}</${Title}><p>${t("usb.why")}</p>
    ${status.hub === "" ? html`<${Note} kind="warn"><p>${t("usb.first")}</p></${Note}>` : html`<${Out} status=${status} />`}
    <${In} refresh=${refresh} />`;
}
