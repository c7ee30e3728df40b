// Argon2id (RFC 9106, version 0x13, one lane) in a worker: it opens an officer's key file in the browser, so
// that neither the key nor its passphrase ever goes to the hub. 64-bit words are pairs of 32-bit ones.
import { blake2b } from "./blake2b.js";

const WORDS = 256; // 32-bit words of a block of 1 KiB
const ADDRESSES = 128; // of an address block
const SLICES = 4;
const ONCE = 0x100000000, TWICE = 0x200000000; // carries of a sum of three

/** The upper half of the product of two unsigned 32-bit numbers. */
function high(a, b) {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const m = Math.imul(ah, bl), n = Math.imul(al, bh);
  const mid = (m & 0xffff) + (n & 0xffff) + (Math.imul(al, bl) >>> 16);
  return (Math.imul(ah, bh) + (m >>> 16) + (n >>> 16) + (mid >>> 16)) >>> 0;
}

/** The quarter round: a += b + 2ab, d = (d ^ a) turned, and so on. Words in locals: it runs 400 million times. */
function quarter(v, a, b, c, d) {
  let al = v[a], ah = v[a + 1], bl = v[b], bh = v[b + 1], cl = v[c], ch = v[c + 1], dl = v[d], dh = v[d + 1];
  let p = Math.imul(al, bl), sum = (al >>> 0) + (bl >>> 0) + ((p << 1) >>> 0), x = 0;
  ah = (ah + bh + ((high(al, bl) << 1) | (p >>> 31)) + (sum >= TWICE ? 2 : sum >= ONCE ? 1 : 0)) | 0;
  al = (al + bl + (p << 1)) | 0;
  x = dl ^ al; dl = dh ^ ah; dh = x; // 32
  p = Math.imul(cl, dl); sum = (cl >>> 0) + (dl >>> 0) + ((p << 1) >>> 0);
  ch = (ch + dh + ((high(cl, dl) << 1) | (p >>> 31)) + (sum >= TWICE ? 2 : sum >= ONCE ? 1 : 0)) | 0;
  cl = (cl + dl + (p << 1)) | 0;
  bl ^= cl; bh ^= ch;
  x = (bl >>> 24) | (bh << 8); bh = (bh >>> 24) | (bl << 8); bl = x; // 24
  p = Math.imul(al, bl); sum = (al >>> 0) + (bl >>> 0) + ((p << 1) >>> 0);
  ah = (ah + bh + ((high(al, bl) << 1) | (p >>> 31)) + (sum >= TWICE ? 2 : sum >= ONCE ? 1 : 0)) | 0;
  al = (al + bl + (p << 1)) | 0;
  dl ^= al; dh ^= ah;
  x = (dl >>> 16) | (dh << 16); dh = (dh >>> 16) | (dl << 16); dl = x; // 16
  p = Math.imul(cl, dl); sum = (cl >>> 0) + (dl >>> 0) + ((p << 1) >>> 0);
  ch = (ch + dh + ((high(cl, dl) << 1) | (p >>> 31)) + (sum >= TWICE ? 2 : sum >= ONCE ? 1 : 0)) | 0;
  cl = (cl + dl + (p << 1)) | 0;
  bl ^= cl; bh ^= ch;
  x = (bl << 1) | (bh >>> 31); bh = (bh << 1) | (bl >>> 31); bl = x; // 63
  v[a] = al; v[a + 1] = ah; v[b] = bl; v[b + 1] = bh; v[c] = cl; v[c + 1] = ch; v[d] = dl; v[d + 1] = dh;
}

/** A round over sixteen 64-bit words: pairs that begin at `at`, `step` apart. */
function round(v, at, step) {
  const a = at, b = at + 2 * step, c = at + 4 * step, d = at + 6 * step;
  const n = step, m = step + 2;
  quarter(v, a, b, c, d);
  quarter(v, a + 2, b + 2, c + 2, d + 2);
  quarter(v, a + n, b + n, c + n, d + n);
  quarter(v, a + m, b + m, c + m, d + m);
  quarter(v, a, b + 2, c + n, d + m);
  quarter(v, a + 2, b + n, c + m, d);
  quarter(v, a + n, b + m, c, d + 2);
  quarter(v, a + m, b, c + 2, d + n);
}

const work = new Int32Array(WORDS);

/** memory[to] = G(x[from], y[ref]), into what is there when `keep`. */
function compress(x, from, y, ref, out, to, keep) {
  for (let i = 0; i < WORDS; i++) work[i] = x[from + i] ^ y[ref + i];
  if (keep) for (let i = 0; i < WORDS; i++) out[to + i] ^= work[i];
  else out.set(work, to);
  for (let i = 0; i < 8; i++) round(work, i * 32, 4);
  for (let i = 0; i < 8; i++) round(work, i * 4, 32);
  for (let i = 0; i < WORDS; i++) out[to + i] ^= work[i];
}

const le32 = (...numbers) => new Uint8Array(new Uint32Array(numbers).buffer); // browsers run on little-endian machines

function join(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  parts.reduce((at, p) => { out.set(p, at); return at + p.length; }, 0);
  return out;
}

/** H' of the RFC: a hash of any length. */
function longHash(input, length) {
  const first = join(le32(length), input);
  if (length <= 64) return blake2b(first, length);
  const out = new Uint8Array(length);
  let v = blake2b(first);
  let at = 0;
  for (; length - at > 64; at += 32) {
    out.set(v.subarray(0, 32), at);
    v = blake2b(v, length - at - 32 > 64 ? 64 : length - at - 32);
  }
  out.set(v, at);
  return out;
}

/** Bytes of the key. `salt`: 16 bytes; `tell`: told how much is done, 0 to 1. */
export function argon2id(password, salt, ops, kib, length, tell = () => {}) {
  const h0 = blake2b(join(le32(1, length, kib, ops, 0x13, 2, password.length), password, le32(salt.length), salt, le32(0, 0)));
  const segment = Math.floor(kib / SLICES);
  const lane = segment * SLICES;
  const memory = new Int32Array(lane * WORDS);
  const input = new Int32Array(WORDS), addresses = new Int32Array(WORDS), zero = new Int32Array(WORDS);
  for (const i of [0, 1]) memory.set(new Int32Array(longHash(join(h0, le32(i, 0)), 1024).buffer), i * WORDS);
  const nextAddresses = () => {
    input[12] += 1;
    compress(zero, 0, input, 0, addresses, 0, false);
    compress(zero, 0, addresses.slice(), 0, addresses, 0, false);
  };
  for (let pass = 0; pass < ops; pass++) {
    for (let slice = 0; slice < SLICES; slice++) {
      const independent = pass === 0 && slice < 2;
      const begin = pass === 0 && slice === 0 ? 2 : 0;
      input.fill(0);
      [pass, 0, slice, lane, ops, 2].forEach((v, i) => { input[2 * i] = v; });
      if (independent && begin > 0) nextAddresses();
      for (let i = begin; i < segment; i++) {
        const now = slice * segment + i;
        const before = (now === 0 ? lane : now) - 1;
        if (independent && i % ADDRESSES === 0) nextAddresses();
        const j = (independent ? addresses[2 * (i % ADDRESSES)] : memory[before * WORDS]) >>> 0;
        const area = (pass === 0 ? slice * segment : lane - segment) + i - 1;
        const z = area - 1 - high(area, high(j, j));
        const start = pass === 0 || slice === 3 ? 0 : (slice + 1) * segment;
        compress(memory, before * WORDS, memory, ((start + z) % lane) * WORDS, memory, now * WORDS, pass > 0);
      }
      tell((pass * SLICES + slice + 1) / (ops * SLICES));
    }
  }
  const last = new Uint8Array(memory.slice((lane - 1) * WORDS).buffer);
  memory.fill(0);
  return longHash(last, length);
}

if (typeof self !== "undefined" && typeof window === "undefined") {
  self.onmessage = ({ data: q }) => {
    const key = argon2id(q.password, q.salt, q.ops, q.kib, q.length, (done) => self.postMessage({ done }));
    self.postMessage({ key });
  };
}
