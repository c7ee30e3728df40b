// BLAKE2b (RFC 7693): what minisign signs, and what Argon2 is made of. 64-bit words as BigInt, rotated by
// hand; a file of a megabyte takes about a second.
const MASK = (1n << 64n) - 1n;
const IV = [0x6a09e667f3bcc908n, 0xbb67ae8584caa73bn, 0x3c6ef372fe94f82bn, 0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n, 0x9b05688c2b3e6c1fn, 0x1f83d9abfb41bd6bn, 0x5be0cd19137e2179n];
const SIGMA = ["0123456789abcdef", "ea489fd61c02b753", "b8c052fdae367194", "7931dcbe265a40f8", "905724afe1bc683d",
  "2c6a0b834d75fe19", "c51fed4a0763928b", "db7ec13950f4862a", "6fe9b308c2d714a5", "a2847615fb9e3cd0"];
const BLOCK = 128;

const turn = (v, n) => ((v >> n) | (v << (64n - n))) & MASK;

function mix(v, a, b, c, d, x, y) {
  v[a] = (v[a] + v[b] + x) & MASK;
  v[d] = turn(v[d] ^ v[a], 32n);
  v[c] = (v[c] + v[d]) & MASK;
  v[b] = turn(v[b] ^ v[c], 24n);
  v[a] = (v[a] + v[b] + y) & MASK;
  v[d] = turn(v[d] ^ v[a], 16n);
  v[c] = (v[c] + v[d]) & MASK;
  v[b] = turn(v[b] ^ v[c], 63n);
}

function compress(h, view, at, done, last) {
  const m = Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + 8 * i, true));
  const v = [...h, ...IV];
  v[12] ^= BigInt(done);
  if (last) v[14] ^= MASK;
  for (let r = 0; r < 12; r++) {
    const s = [...SIGMA[r % 10]].map((c) => parseInt(c, 16));
    for (let i = 0; i < 4; i++) mix(v, i, i + 4, i + 8, i + 12, m[s[2 * i]], m[s[2 * i + 1]]);
    for (let i = 0; i < 4; i++) mix(v, i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4), m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
  }
  for (let i = 0; i < 8; i++) h[i] ^= v[i] ^ v[i + 8];
}

/** The `length` bytes of the hash; a key stands in a block of its own before the rest. */
export function blake2b(message, length = 64, key = new Uint8Array()) {
  const h = [...IV];
  h[0] ^= 0x01010000n | BigInt(key.length << 8) | BigInt(length);
  const front = key.length > 0 ? BLOCK : 0;
  const bytes = new Uint8Array(front + message.length);
  bytes.set(key);
  bytes.set(message, front);
  const padded = new Uint8Array(Math.max(BLOCK, Math.ceil(bytes.length / BLOCK) * BLOCK));
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += BLOCK) compress(h, view, at, Math.min(at + BLOCK, bytes.length), at + BLOCK >= padded.length);
  const out = new Uint8Array(64);
  h.forEach((x, i) => new DataView(out.buffer).setBigUint64(8 * i, x, true));
  return out.slice(0, length);
}
