// Is this file as the hub issued it? The file stays in the browser: its hash is computed here and the
// signature is checked here, or by the hub where the browser knows no Ed25519.
import { html, t, api, useState } from "../desk/base.js";
import { Note } from "../desk/parts.js";
import { blake2b } from "./blake2b.js";

const FILE_MAX = 32 * 1024 * 1024;

const bytes64 = (text) => Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
const hex = (b) => [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
const joined = (...parts) => Uint8Array.from(parts.flatMap((p) => [...p]));

/** The four lines of a .minisig; throws when it is none. */
export function readSignature(text) {
  const lines = text.replace(/\r/g, "").split("\n");
  const sig = bytes64(lines[1] || "");
  const whole = bytes64(lines[3] || "");
  const mark = "trusted comment: ";
  if (sig.length !== 74 || whole.length !== 64 || sig[0] !== 0x45 || sig[1] !== 0x44 || !lines[2].startsWith(mark)) throw new Error("form");
  return { id: hex(sig.slice(2, 10)), sig: sig.slice(10), trusted: lines[2].slice(mark.length), whole };
}

/** A public key: the 56 letters of the official letter, or a file with them in its second line. */
export function readKey(text) {
  const line = text.trim().split("\n").pop();
  const key = bytes64(line);
  if (key.length !== 42 || key[0] !== 0x45 || key[1] !== 0x64) throw new Error("key");
  return { id: hex(key.slice(2, 10)), raw: key.slice(10) };
}

async function checkHere(key, signature, hash) {
  const k = await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
  const good = (sig, data) => crypto.subtle.verify({ name: "Ed25519" }, k, sig, data);
  return key.id === signature.id && await good(signature.sig, hash)
    && await good(signature.whole, joined(signature.sig, new TextEncoder().encode(signature.trusted)));
}

async function check(file, minisig, keyText) {
  const signature = readSignature(minisig);
  const hash = blake2b(new Uint8Array(await file.arrayBuffer()));
  const key = readKey(keyText || await (await fetch("/api/v1/pubkey")).text());
  try {
    return { good: await checkHere(key, signature, hash), trusted: signature.trusted, here: true };
  } catch (e) {
    if (keyText) throw new Error(t("verify.old"));
    return { ...await api("POST", "/api/verify", { hash: hex(hash), minisig }), here: false };
  }
}

export function Verify({ issues }) {
  const [result, set] = useState(null);
  const [over, setOver] = useState(false);
  const [key, setKey] = useState("");
  const take = async (list) => {
    const files = [...list];
    const sig = files.find((f) => f.name.endsWith(".minisig"));
    const file = files.find((f) => f !== sig);
    set({ busy: true });
    try {
      if (!file || file.size > FILE_MAX) throw new Error(t(file ? "verify.large" : "verify.nofile"));
      const issue = issues.find((i) => i.files.some((f) => f.name === file.name));
      if (!sig && !issue) throw new Error(t("verify.nosig"));
      const text = sig ? await sig.text() : await (await fetch(`/api/v1/issues/${issue.id}/${file.name}.minisig`)).text();
      set({ name: file.name, ...await check(file, text, key.trim()) });
    } catch (e) {
      set({ name: file?.name, wrong: e.message === "form" ? t("verify.form") : e.message === "key" || e.name === "InvalidCharacterError" ? t("verify.key") : e.message });
    }
  };
  const drop = (e) => { e.preventDefault(); setOver(false); take(e.dataTransfer.files); };
  return html`<section class="card"><h2>${t("verify.title")}</h2>
    <div class=${`drop${over ? " over" : ""}`} onDragOver=${(e) => { e.preventDefault(); setOver(true); }} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      <label for="verify-file">${t("verify.drop")}</label><p class="hint" id="verify-hint">${t("verify.drop.hint")}</p>
      <input id="verify-file" type="file" multiple aria-describedby="verify-hint" onChange=${(e) => { take(e.target.files); e.target.value = ""; }} /></div>
    <div class="field"><label for="verify-key">${t("verify.letter")}</label><p class="hint" id="key-hint">${t("verify.letter.hint")}</p>
      <input id="verify-key" value=${key} onInput=${(e) => setKey(e.target.value)} autocomplete="off" spellcheck="false" aria-describedby="key-hint" /></div>
    <div role="status">${result?.busy && html`<p>${t("verify.busy")}</p>`}
    ${result?.wrong && html`<${Note} kind="bad"><p>${result.wrong}</p></${Note}>`}
    ${result && result.good === true && html`<${Note} kind="ok"><p><strong>${t("verify.good", { name: result.name })}</strong></p><p class="code">${result.trusted}</p>
      <p>${t(result.here ? "verify.here" : "verify.there")}</p></${Note}>`}
    ${result && result.good === false && html`<${Note} kind="bad"><p><strong>${t("verify.bad", { name: result.name })}</strong></p><p>${t("verify.bad.do")}</p></${Note}>`}</div>
    <p class="hint">${t("verify.proof")}</p><pre class="code">minisign -V -P '${t("verify.keyplace")}' -m ${result?.name || issues[0]?.files[0]?.name || "BC.pdf"}</pre></section>`;
}
