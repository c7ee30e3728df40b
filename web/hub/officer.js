// An officer's own key, in the browser and nowhere else: its file (SPEC 12.2) is opened with its passphrase,
// signs, and is forgotten. Ed25519 is the browser's own.
import { t, fromBase64 } from "../desk/base.js";
import { blake2b } from "./blake2b.js";

const MAGIC = "dongbo-officer/1";
const OPS = 3; // of files made here
const KIB = 65536;
const PKCS8 = Uint8Array.from("302e020100300506032b657004220420".match(/../g), (h) => parseInt(h, 16));
const X25519 = PKCS8.map((b, i) => (i === 11 ? 0x6e : b)); // the same form of the other curve
export const PASSPHRASE_MIN = 10;

const text = new TextEncoder();
export const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
export const unhex = (s) => Uint8Array.from(s.match(/../g) || [], (h) => parseInt(h, 16));
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** The key of the box, out of the passphrase, beside the page. */
function boxKey(passphrase, salt, ops, kib, tell) {
  return new Promise((good, bad) => {
    const worker = new Worker("/hub/argon2.js", { type: "module" });
    worker.onmessage = ({ data }) => {
      if (data.done !== undefined) { tell(data.done); return; }
      worker.terminate();
      good(data.key);
    };
    worker.onerror = () => { worker.terminate(); bad(new Error(t("officer.slow"))); };
    worker.postMessage({ password: text.encode(passphrase.normalize("NFC")), salt, ops, kib, length: 32 });
  });
}

// ---- XSalsa20-Poly1305 of 32 bytes ----

const SIGMA = new Uint32Array(text.encode("expand 32-byte k").buffer);
const words = (bytes) => new Uint32Array(bytes.slice().buffer);

/** Salsa20's core over key (8 words) and input (4 words); `hashed`: HSalsa20. */
function salsa(key, input, hashed) {
  const x = Uint32Array.of(SIGMA[0], ...key.subarray(0, 4), SIGMA[1], ...input, SIGMA[2], ...key.subarray(4), SIGMA[3]);
  const before = x.slice();
  const step = (a, b, c, n) => { const v = (x[b] + x[c]) >>> 0; x[a] ^= (v << n) | (v >>> (32 - n)); };
  const quarter = (a, b, c, d) => { step(b, a, d, 7); step(c, b, a, 9); step(d, c, b, 13); step(a, d, c, 18); };
  for (let i = 0; i < 10; i++) {
    for (const [a, b, c, d] of [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11]]) quarter(a, b, c, d);
    for (const [a, b, c, d] of [[0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]]) quarter(a, b, c, d);
  }
  if (hashed) return Uint32Array.of(x[0], x[5], x[10], x[15], x[6], x[7], x[8], x[9]);
  return x.map((v, i) => v + before[i]);
}

const number = (bytes) => [...bytes].reduceRight((n, b) => (n << 8n) | BigInt(b), 0n);

function poly1305(key, message) {
  const prime = (1n << 130n) - 5n;
  const r = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const part = message.subarray(at, at + 16);
    sum = ((sum + number(part) + (1n << BigInt(8 * part.length))) * r) % prime;
  }
  sum += number(key.subarray(16, 32));
  return Uint8Array.from({ length: 16 }, (_, i) => Number((sum >> BigInt(8 * i)) & 255n));
}

/** The 64 bytes of the stream: the first 32 are the tag's key, the others hide the seed. */
function stream(key, nonce) {
  const n = words(nonce);
  const inner = salsa(words(key), n.subarray(0, 4), true);
  return new Uint8Array(salsa(inner, [n[4], n[5], 0, 0], false).buffer);
}

const xor = (a, b) => a.map((v, i) => v ^ b[i]);

// ---- the file ----

async function keyOf(seed) {
  const der = new Uint8Array([...PKCS8, ...seed]);
  const secret = await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]);
  const x = (await crypto.subtle.exportKey("jwk", secret)).x.replace(/-/g, "+").replace(/_/g, "/");
  der.fill(0);
  /** Signature over the domain, padded to 16 bytes, and the parts. */
  const sign = async (domain, ...parts) => {
    const message = new Uint8Array(16 + parts.reduce((n, p) => n + p.length, 0));
    message.set(text.encode(domain));
    parts.reduce((at, p) => { message.set(p, at); return at + p.length; }, 16);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", secret, message));
  };
  return { public: fromBase64(`${x}=`), sign };
}

/** Can this browser do it? */
export async function canSign() {
  try {
    await crypto.subtle.importKey("pkcs8", new Uint8Array([...PKCS8, ...new Uint8Array(32)]), "Ed25519", false, ["sign"]);
    return true;
  } catch { return false; }
}

/** A new key and the text of its file. */
export async function makeKey(passphrase, tell) {
  const [salt, nonce, seed] = [16, 24, 32].map((n) => crypto.getRandomValues(new Uint8Array(n)));
  const key = await keyOf(seed);
  const s = stream(await boxKey(passphrase, salt, OPS, KIB, tell), nonce);
  const hidden = xor(seed, s.subarray(32));
  seed.fill(0);
  const box = new Uint8Array([...poly1305(s, hidden), ...hidden]);
  return { ...key, file: `${MAGIC} ${OPS} ${KIB} ${[salt, nonce, box, key.public].map(base64).join(" ")}\n` };
}

/** The seed in a file, and the public key that stands beside it. Throws with words. */
async function openSeed(file, passphrase, tell) {
  const [magic, ops, kib, ...parts] = file.trim().split(" ");
  let salt, nonce, box, pk;
  try { [salt, nonce, box, pk] = parts.map(fromBase64); } catch { /* no base64 */ }
  const right = magic === MAGIC && ops >= 1 && ops <= 16 && kib >= 8 && kib <= 1048576 && parts.length === 4
    && salt?.length === 16 && nonce?.length === 24 && box?.length === 48 && pk?.length === 32;
  if (!right) throw new Error(t("officer.nofile"));
  const s = stream(await boxKey(passphrase, salt, Number(ops), Number(kib), tell), nonce);
  const hidden = box.subarray(16);
  if (hex(poly1305(s, hidden)) !== hex(box.subarray(0, 16))) throw new Error(t("officer.wrong"));
  return { seed: xor(hidden, s.subarray(32)), pk };
}

/** The key of a file. Throws with words. */
export async function openKey(file, passphrase, tell) {
  const { seed, pk } = await openSeed(file, passphrase, tell);
  const key = await keyOf(seed);
  seed.fill(0);
  if (hex(key.public) !== hex(pk)) throw new Error(t("officer.nofile"));
  return key;
}

/** The public half of the key with which the officer of a file reads sealed fields (SPEC 22.6). Throws with words. */
export async function readingKey(file, passphrase, tell) {
  const { seed } = await openSeed(file, passphrase, tell);
  const secret = blake2b(text.encode("dongbo/reading/1"), 32, seed);
  const der = new Uint8Array([...X25519, ...secret]);
  const key = await crypto.subtle.importKey("pkcs8", der, "X25519", true, ["deriveBits"]);
  for (const b of [seed, secret, der]) b.fill(0);
  return fromBase64(`${(await crypto.subtle.exportKey("jwk", key)).x.replace(/-/g, "+").replace(/_/g, "/")}=`);
}
