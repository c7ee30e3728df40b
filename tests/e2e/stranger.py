#!/usr/bin/env python3
"""A node written from proto/SPEC.md and tests/vectors alone: no code of the programs, and all they say is checked.

stranger.py node INVITATION [--type NAME] [FIELD=VALUE ...]   be a node of the unit that the invitation names
stranger.py test BUILD   start a hub of BUILD in a temporary folder, be its node, ask the hub what it holds

Four connections: join; genesis and a new record; an edit of it, which this node folds itself (SPEC 7.9); nothing new.
Every signature, hash and count that the hub states is computed again. Only Ed25519 and the public X25519 keys come from
elsewhere: tests/vectors/check.py, plain Python.
Exit codes: 0 all agrees, 1 something does not.
"""
import base64
import csv
import ctypes
import hashlib
import hmac
import os
import secrets
import socket
import struct
import sys
import tempfile
import time
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "vectors"))
import check as ed  # noqa: E402

BODY_MAX, DEPTH_MAX, ITEMS_MAX, LIST_MAX = 65000, 8, 262144, 4096
UP, UPEND, BYE, JOIN, RECEIPT, SETS, RECORDS, VERDICTS, END, WELCOME, REFUSE = 1, 2, 3, 4, 16, 17, 18, 19, 20, 21, 22
GO, JOINING = 0, 7
NAME = "máy lạ"  # of this node
PATIENCE_S = 180  # for whatever the hub has to say


class Wrong(Exception):
    """The hub said something that SPEC does not allow, or refused."""


def need(ok, what, *more):
    if not ok:
        raise Wrong(what + "".join(" %r" % (m,) for m in more))


def same(what, got, expected):
    need(got == expected, "%s: the hub says %r, here it is %r" % (what, got, expected))


def say(*words):
    print(*words, flush=True)


# ---- SPEC 1: notation ----
def tag(text):
    return text.encode("ascii").ljust(16, b"\0")


def H(data, key=b""):
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def H16(key, data):
    return hashlib.blake2b(data, digest_size=16, key=key).digest()


def u16(v):
    return struct.pack("<H", v)


def u32(v):
    return struct.pack("<I", v)


def u64(v):
    return struct.pack("<Q", v)


def sign(seed, name, message):
    """Ed25519 (RFC 8032, 5.1.6) over tag and message."""
    digest = hashlib.sha512(seed).digest()
    a = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    message = tag(name) + message
    r = int.from_bytes(hashlib.sha512(digest[32:] + message).digest(), "little") % ed.L
    point = ed.point_write(ed.point_mul(r, ed.BASE))
    k = int.from_bytes(hashlib.sha512(point + ed.ed25519_public(seed) + message).digest(), "little")
    return point + ((r + k * a) % ed.L).to_bytes(32, "little")


def verified(public, name, message, signature):
    need(ed.ed25519_verify(public, tag(name) + message, signature), "a signature is wrong: " + name)


# ---- SPEC 2: canonical msgpack; a bin is Python's bytes ----
def pack(v):
    if v is None or isinstance(v, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]
    if isinstance(v, int):
        return pack_int(v)
    if isinstance(v, str):
        return size(len(v.encode()), 0xA0, 31, (0xD9, 0xDA, 0xDB)) + v.encode()
    if isinstance(v, bytes):
        return size(len(v), 0, -1, (0xC4, 0xC5, 0xC6)) + v
    return size(len(v), 0x90, 15, (None, 0xDC, 0xDD)) + b"".join(map(pack, v))


def size(n, fix, fix_max, codes):
    if n <= fix_max:
        return bytes([fix | n])
    if n < 1 << 8 and codes[0]:
        return struct.pack(">BB", codes[0], n)
    return struct.pack(">BH", codes[1], n) if n < 1 << 16 else struct.pack(">BI", codes[2], n)


INTS = ((0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q"), (0xD0, ">b"), (0xD1, ">h"), (0xD2, ">i"), (0xD3, ">q"))


def pack_int(v):
    if -32 <= v <= 127:
        return struct.pack(">b", v)
    for code, form in INTS[:4] if v >= 0 else INTS[4:]:
        try:
            return bytes([code]) + struct.pack(form, v)
        except struct.error:
            pass
    raise Wrong("an integer out of range")


class Reader:
    def __init__(self, data):
        self.data, self.at, self.items = data, 0, 0

    def take(self, n):
        need(n <= len(self.data) - self.at, "BAD_FORMAT: cut")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self, depth=0):
        self.items += 1
        need(self.items <= ITEMS_MAX, "BAD_FORMAT: too many values")
        code = self.take(1)[0]
        if code < 0x80 or code >= 0xE0:
            return code if code < 0x80 else code - 256
        if code in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[code]
        if code in dict(INTS):
            return self.number(dict(INTS)[code])
        if 0x90 <= code <= 0x9F or code in (0xDC, 0xDD):
            return self.array(code & 15 if code < 0xA0 else self.number({0xDC: ">H", 0xDD: ">I"}[code]), depth + 1)
        if 0xA0 <= code <= 0xBF or code in (0xD9, 0xDA, 0xDB):
            n = code & 31 if code < 0xC0 else self.number({0xD9: ">B", 0xDA: ">H", 0xDB: ">I"}[code])
            text = self.take(n).decode("utf-8")
            need(unicodedata.is_normalized("NFC", text), "BAD_FORMAT: not NFC")
            return text
        need(code in (0xC4, 0xC5, 0xC6), "BAD_FORMAT: a value of a kind that is not allowed", code)
        return self.take(self.number({0xC4: ">B", 0xC5: ">H", 0xC6: ">I"}[code]))

    def array(self, n, depth):
        need(depth <= DEPTH_MAX and n <= len(self.data) - self.at, "BAD_FORMAT: an array")
        return [self.value(depth) for _ in range(n)]


def unpack_some(data):
    """The first value and what is behind it."""
    r = Reader(data)
    v = r.value()
    same("canonical form", data[:r.at], pack(v))
    return v, data[r.at:]


def unpack(data):
    v, rest = unpack_some(data)
    need(not rest, "BAD_FORMAT: bytes after the value")
    return v


def shaped(v, *kinds):
    """v, once it is an array of these kinds: a number is the length of a bin, bytes any bin, else types."""
    need(isinstance(v, list) and len(v) == len(kinds), "BAD_FORMAT: not an array of %d" % len(kinds), v)
    for x, kind in zip(v, kinds):
        if kind is int:
            need(type(x) is int and x >= 0, "BAD_FORMAT: not an unsigned integer", x)
        elif type(kind) is int:
            need(isinstance(x, bytes) and len(x) == kind, "BAD_FORMAT: not a bin of %d" % kind, x)
        else:
            need(kind is object or isinstance(x, kind), "BAD_FORMAT: not " + str(kind), x)
    return v


# ---- the ciphers of the transport: X25519 (RFC 7748), ChaCha20-Poly1305 (RFC 8439) ----
def x25519(secret, public):
    n = int.from_bytes(secret, "little") & ((1 << 254) - 8) | 1 << 254
    u = int.from_bytes(public, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, p = 1, 0, u, 1, ed.P
    for t in range(254, -1, -1):
        bit = n >> t & 1
        if bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        x3, z3 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p
        x2, z2 = aa * bb % p, (aa - bb) * (aa + 121665 * (aa - bb)) % p
        if bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
    out = (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")
    need(any(out), "HANDSHAKE: a key of small order")
    return out


QUARTERS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
            (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


def chacha_block(start):
    x, m = list(start), 0xFFFFFFFF
    for _ in range(10):
        for a, b, c, d in QUARTERS:
            xa, xb, xc, xd = x[a], x[b], x[c], x[d]
            xa = xa + xb & m
            xd ^= xa
            xd = (xd << 16 | xd >> 16) & m
            xc = xc + xd & m
            xb ^= xc
            xb = (xb << 12 | xb >> 20) & m
            xa = xa + xb & m
            xd ^= xa
            xd = (xd << 8 | xd >> 24) & m
            xc = xc + xd & m
            xb ^= xc
            x[a], x[b], x[c], x[d] = xa, (xb << 7 | xb >> 25) & m, xc, xd
    return struct.pack("<16I", *[v + w & m for v, w in zip(x, start)])


def chacha(key, nonce, first, n):
    words = struct.unpack("<4I", b"expand 32-byte k") + struct.unpack("<8I", key)
    tail = struct.unpack("<3I", nonce)
    return b"".join(chacha_block(words + (first + i,) + tail) for i in range((n + 63) // 64))[:n]


def xor(a, b):
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


def poly1305(key, message):
    r, total = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i:i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return (total + int.from_bytes(key[16:], "little") & (1 << 128) - 1).to_bytes(16, "little")


def mac(key, nonce, ad, text):
    fill = lambda x: x + bytes(-len(x) % 16)
    return poly1305(chacha(key, nonce, 0, 32), fill(ad) + fill(text) + u64(len(ad)) + u64(len(text)))


def seal(key, nonce, ad, plain):
    text = xor(plain, chacha(key, nonce, 1, len(plain)))
    return text + mac(key, nonce, ad, text)


def unseal(key, nonce, ad, text):
    need(len(text) >= 16 and mac(key, nonce, ad, text[:-16]) == text[-16:], "a ciphertext is not the peer's")
    return xor(text[:-16], chacha(key, nonce, 1, len(text) - 16))


class Cipher:
    """A key and its counter."""
    def __init__(self, key):
        self.key, self.n = key, 0

    def nonce(self):
        self.n += 1
        return bytes(4) + u64(self.n - 1)

    def seal(self, ad, plain):
        return seal(self.key, self.nonce(), ad, plain)

    def unseal(self, ad, text):
        return unseal(self.key, self.nonce(), ad, text)


# ---- SPEC 7.1: Noise_IK, the initiator's side ----
def hash64(data):
    return hashlib.blake2b(data).digest()


class Noise:
    def __init__(self, prologue, secret, hub_static):
        name = b"Noise_IK_25519_ChaChaPoly_BLAKE2b"
        self.h = self.ck = name.ljust(64, b"\0")
        self.secret, self.static, self.cipher = secret, hub_static, None
        self.mix_hash(prologue)
        self.mix_hash(hub_static)

    def mix_hash(self, data):
        self.h = hash64(self.h + data)

    def hkdf(self, data):
        mac64 = lambda key, x: hmac.new(key, x, hashlib.blake2b).digest()
        temp = mac64(self.ck, data)
        one = mac64(temp, b"\1")
        return one, mac64(temp, one + b"\2")

    def mix_key(self, secret, public):
        self.ck, key = self.hkdf(x25519(secret, public))
        self.cipher = Cipher(key[:32])

    def put(self, plain):
        text = self.cipher.seal(self.h, plain)
        self.mix_hash(text)
        return text

    def get(self, text):
        plain = self.cipher.unseal(self.h, text)
        self.mix_hash(text)
        return plain

    def message1(self, payload):
        self.e = secrets.token_bytes(32)
        e = ed.x25519_public(self.e)
        self.mix_hash(e)
        self.mix_key(self.e, self.static)
        s = self.put(ed.x25519_public(self.secret))
        self.mix_key(self.secret, self.static)
        return e + s + self.put(payload)

    def message2(self, message):
        re = message[:32]
        self.mix_hash(re)
        self.mix_key(self.e, re)
        self.mix_key(self.secret, re)
        payload = self.get(message[32:])
        mine, hubs = self.hkdf(b"")
        return payload, Cipher(mine[:32]), Cipher(hubs[:32])


# ---- zstd of the system, for reading ----
class Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]


class Unzstd:
    """One zstd frame that comes in parts."""
    def __init__(self, window_log=0):
        z = self.z = ctypes.CDLL("libzstd.so.1")
        z.ZSTD_createDCtx.restype = ctypes.c_void_p
        z.ZSTD_decompressStream.restype = ctypes.c_size_t
        self.ctx = ctypes.c_void_p(z.ZSTD_createDCtx())
        if window_log:
            z.ZSTD_DCtx_setParameter(self.ctx, 100, window_log)

    def feed(self, data, most):
        """What this part gives, at most `most` bytes."""
        store, out = ctypes.create_string_buffer(data, len(data)), ctypes.create_string_buffer(most + 1)
        i = Buffer(ctypes.addressof(store), len(data), 0)
        o = Buffer(ctypes.addressof(out), most + 1, 0)
        before = self.ended = None
        while before != (i.pos, o.pos) and not self.ended:
            before = (i.pos, o.pos)
            left = self.z.ZSTD_decompressStream(self.ctx, ctypes.byref(o), ctypes.byref(i))
            need(not self.z.ZSTD_isError(ctypes.c_size_t(left)), "BAD_FORMAT: zstd")
            self.ended = left == 0
        need(i.pos == len(data) and o.pos <= most, "BAD_FORMAT: zstd gives too much")
        return out.raw[:o.pos]

    def close(self):
        self.z.ZSTD_freeDCtx(self.ctx)


# ---- SPEC 7.3: a connection ----
class Link:
    def __init__(self, me, hello):
        host, _, port = me.address.rpartition(":")
        noise = Noise(tag("dongbo/1") + me.hub_id, me.transport, me.hub_transport)
        first = noise.message1(pack(hello))  # before the hub begins to wait for it
        self.socket = socket.create_connection((host, int(port)), PATIENCE_S)
        self.raw_put(first)
        answer, self.mine, self.hubs = noise.message2(self.raw_get())
        self.hello, self.hash, self.zstd = unpack(answer), noise.h, Unzstd(18)

    def raw_put(self, data):
        self.socket.sendall(u16(len(data)) + data)

    def raw_get(self):
        return self.exactly(struct.unpack("<H", self.exactly(2))[0])

    def exactly(self, n):
        out = b""
        while len(out) < n:
            part = self.socket.recv(n - len(out))
            need(part, "the hub closed the connection")
            out += part
        return out

    def put(self, kind, body):
        need(len(pack(body)) <= BODY_MAX, "a frame is too long")
        self.raw_put(self.mine.seal(b"", bytes([kind]) + pack(body)))

    def get(self):
        """Type and body of the next message."""
        plain = self.hubs.unseal(b"", self.raw_get())
        kind, body = plain[0], plain[1:]
        if kind & 128:
            body = self.zstd.feed(body, BODY_MAX)
        if kind & 127 == REFUSE:
            raise Wrong("the hub refuses: %r" % unpack(body))
        return kind & 127, unpack(body)

    def close(self):
        """Nothing is behind the end of a session."""
        try:
            need(not self.socket.recv(1), "the hub speaks behind the end")
        except ConnectionResetError:
            pass
        self.socket.close()
        self.zstd.close()


# ---- SPEC 3 and 4: papers, change sets ----
def read_card(me, data):
    card, signature = unpack_some(data)
    shaped(card, int, 32, 32, 32, 32, int)
    same("version of the card", card[0], 1)
    same("hub id", H(card[1]), me.hub_id)
    verified(card[1], "dongbo/card/1", data[:-64], signature)
    same("transport key of the hub", card[3], me.hub_transport)
    same("sealing key of the hub", card[4], me.hub_sealing)
    need(card[5] >= me.card_serial, "an old card")
    me.hub_log, me.card_serial = card[2], card[5]


def read_certificate(me, data):
    cert, signature = unpack_some(data)
    public = ed.x25519_public
    same("certificate", cert[:-1], [1, me.hub_id, me.node_id, me.sign_pk, public(me.transport), public(me.sealing),
                                    me.unit])
    verified(me.hub_log, "dongbo/cert/1", data[:-64], signature)


def salts(seed, n):
    return [H16(seed, tag("dongbo/salt") + u16(i)) for i in range(n)]


def entries(payloads, keys):
    return b"".join(H(p, k) + u32(len(p)) for p, k in zip(payloads, keys))


class Log:
    """This node's log. Seeds are leaves of the tree of SPEC 4.7."""
    def __init__(self, me):
        self.me, self.inc, self.person = me, secrets.token_bytes(8), secrets.token_bytes(8)
        self.sets, self.receipted, self.roots = [], 0, {}

    def head(self):
        return self.sets[-1]["hash"] if self.sets else bytes(32)

    def seed(self, seq):
        node = self.roots.setdefault(seq // 64, secrets.token_bytes(16))
        for level in range(5, -1, -1):
            both = H(tag("dongbo/tree"), node)
            node = both[16:] if seq >> level & 1 else both[:16]
        return node

    def save(self, make):
        """One set of one op; make(seed) is its payload as a value."""
        me, seq = self.me, len(self.sets)
        seed = self.seed(seq)
        payload = pack(make(seed))
        clock = max(int(time.time() * 1000) << 16, self.sets[-1]["clock"] + 1 if self.sets else 0)
        epoch, seen, p = me.cursor
        head = tag("dongbo/cs/1") + me.hub_id + me.node_id + self.inc + u64(seq) + self.person + self.head()
        head += u64(clock) + u64(epoch) + u64(seen) + p + u32(me.edition) + u16(1) + u16(0) + u64(0)
        assert len(head) == 184
        digest = H(head + entries([payload], salts(seed, 1)))
        self.sets.append({"seq": seq, "hash": digest, "clock": clock, "seed": seed, "payload": payload,
                          "seen": me.cursor, "edition": me.edition, "version": self.inc + u64(seq) + digest[:4],
                          "value": unpack(payload)})

    def signature(self):
        m = self.me.hub_id + self.me.node_id + self.inc + u64(len(self.sets) - 1) + self.head()
        return sign(self.me.sign, "dongbo/set-sig/1", m)


def up_frame(log, sets):
    """SPEC 5.1: genesis raw; creates with the derived id and edits by template."""
    clocks = [sets[0]["clock"]] + [b["clock"] - a["clock"] for a, b in zip(sets, sets[1:])]
    runs = [[1, log.person, s["seen"][0], s["seen"][1], s["seen"][2], s["edition"], 0, 0] for s in sets]
    templates, shapes, ids, columns, bases, raw = [], [], [], {}, [], []
    for s in sets:
        v = s["value"]
        if v[0] > 2:
            shapes.append(None)
            raw.append(s["payload"])
            continue
        shapes.append(len(templates))
        templates.append([v[0], v[2], [w[0] for w in v[3]]])
        ids.append(None if v[0] == 0 else v[1])
        for w in v[3]:
            columns.setdefault((v[2], w[0]), []).append(w[1])
        for w in v[3] if v[0] else []:
            bases += near_base(log, s, w[2])
    seeds, columns = [[0, s["seed"]] for s in sets], [[t, f, c] for (t, f), c in columns.items()]
    return [log.inc, sets[0]["seq"], len(sets), None, clocks, runs, None, seeds, templates, shapes, ids, columns, bases,
            raw, log.signature()]


def near_base(log, s, base):
    """SPEC 5.10: a base in the same log is a distance and check bytes."""
    if base is None or len(base) != 20 or base[:8] != log.inc:
        return [base]
    return [s["seq"] - struct.unpack("<Q", base[8:16])[0], base[16:]]


# ---- the node ----
class Me:
    def __init__(self, invitation):
        text = "".join(invitation.split())
        need(text.startswith("dongbo1:"), "not an invitation")
        m = text[8:]
        v = shaped(unpack(base64.urlsafe_b64decode(m + "=" * (-len(m) % 4))), 32, 32, 32, 16, str, str)
        self.hub_id, self.hub_transport, self.hub_sealing, self.token, self.address, self.unit = v
        self.sign, self.transport, self.sealing = (secrets.token_bytes(32) for _ in range(3))
        self.sign_pk = ed.ed25519_public(self.sign)
        self.node_id = H(self.sign_pk)
        self.card_serial, self.sessions, self.certificate, self.edition = 0, 0, None, 0
        self.cursor = (0, 0, bytes(8))
        self.lineage, self.records, self.hub_sets, self.verdicts, self.parts = [], {}, {}, {}, {}
        self.log = Log(self)

    def hello(self):
        log, self.sessions, self.nonce = self.log, self.sessions + 1, secrets.token_bytes(16)
        logs = [[log.inc, len(log.sets), log.head(), log.receipted]] if log.sets else []
        waiting = log.sets[log.receipted:]
        node_id = self.node_id if self.certificate else None
        return [[1], node_id, self.certificate, logs, list(self.cursor), self.cursor[1], self.scope_hash(),
                int(time.time() * 1000), self.edition, [0, bytes(8)], self.nonce, len(waiting),
                sum(184 + 36 + 17 + len(s["payload"]) for s in waiting), self.card_serial, self.sessions]

    def scope_hash(self):
        total = 0
        for rid, (_, position, state) in self.records.items():
            one = H(rid + u64(self.epoch_of(position)) + u64(position) + H(state))
            total += int.from_bytes(one[:16], "little")
        return (total % (1 << 128)).to_bytes(16, "little")

    def epoch_of(self, position):
        return max((e for e in self.lineage if e[1] <= position), key=lambda e: e[1])[0]

    def connect(self, verdict):
        link = Link(self, self.hello())
        h = shaped(link.hello, int, 16, int, int, list, list, int, int, int, object, int)
        same("version", h[0], 1)
        same("nonce of the hello", h[1], self.nonce)
        same("verdict", h[2], verdict)
        if h[9] is not None:
            read_card(self, h[9])
        self.epoch, self.lineage = h[3], h[4]
        same("epoch of the lineage's newest", max(h[4], key=lambda e: e[1])[0], h[3])
        return link

    def join(self):
        link = self.connect(JOINING)
        keys = self.sign_pk + ed.x25519_public(self.transport) + ed.x25519_public(self.sealing)
        link.put(JOIN, [self.token, keys[:32], keys[32:64], keys[64:], NAME,
                        sign(self.sign, "dongbo/join/1", self.hub_id + link.hash + keys)])
        kind, body = link.get()
        same("answer to JOIN", kind, WELCOME)
        shaped(body, bytes, bytes, str)
        read_card(self, body[0])
        read_certificate(self, body[1])
        self.certificate = body[1]
        link.close()
        say("joined: unit %s, %s; card and certificate verified" % (self.unit, body[2]))

    # ---- a session, SPEC 7.9 ----
    def session(self):
        link, log = self.connect(GO), self.log
        at = self.check_heads(link.hello[5])
        if at < len(log.sets):
            link.put(UP, up_frame(log, log.sets[at:]))
        link.put(UPEND, [])
        self.staged, self.count = {}, {RECEIPT: 0, SETS: 0, RECORDS: 0, VERDICTS: 0}
        while True:
            kind, body = link.get()
            if kind == END:
                break
            need(kind in self.count, "an unknown message", kind)
            self.count[kind] += 1
            {RECEIPT: self.receipt, SETS: self.sets, RECORDS: self.rows, VERDICTS: self.verdict}[kind](body)
        self.end(body)
        link.put(BYE, [self.cursor[1], 0])
        link.close()

    def check_heads(self, heads):
        log = self.log
        if not log.sets:
            same("heads", heads, [])
            return 0
        need(len(heads) == 1, "heads of one log")
        n, digest = shaped(heads[0], int, 32)
        same("receipted sets are at the hub", n >= log.receipted, True)
        same("head of the log", digest, log.sets[n - 1]["hash"] if n else bytes(32))
        return n

    def receipt(self, body):
        inc, n, first, last, p, signature = shaped(body, 8, int, int, int, 32, 64)
        log = self.log
        same("receipt", (inc, 0 < n <= len(log.sets)), (log.inc, True))
        m = self.hub_id + self.node_id + u64(self.epoch) + inc + u64(n) + log.sets[n - 1]["hash"]
        verified(self.hub_log, "dongbo/receipt/1", m + u64(first) + u64(last) + p, signature)
        same("positions of the receipt", last - first + 1, n - log.receipted)
        for i in range(log.receipted, n):
            log.sets[i]["position"] = first + i - log.receipted
        self.p_at, log.receipted = (last, p), n
        say("receipt: sets up to %d at positions %d to %d, signature verified" % (n - 1, first, last))

    def sets(self, body):
        need(0 < len(body) <= LIST_MAX, "SETS")
        for item in body:
            position, head, data, signature = shaped(item, int, bytes, bytes, 64)
            self.hub_sets[position] = self.hub_set(head, data, signature)

    def hub_set(self, head, data, signature):
        same("tag and author of a set", head[:80], tag("dongbo/cs/1") + self.hub_id * 2)
        seq, n = struct.unpack("<Q", head[88:96])[0], struct.unpack("<H", head[172:174])[0]
        verified(self.hub_log, "dongbo/set-sig/1", self.hub_id * 2 + head[80:96] + H(head), signature)
        payloads, keys = read_body(data, n)
        same("entries of a set of the hub", head[184:], entries(payloads, keys))
        before = [s for s in self.hub_sets.values() if s["seq"] == seq - 1]
        if before or seq == 0:
            same("chain of the hub's log", head[104:136], before[0]["hash"] if seq else bytes(32))
        for payload in payloads:
            self.administration(seq, unpack(payload))
        return {"seq": seq, "hash": H(head), "kinds": [unpack(p)[0] for p in payloads]}

    def administration(self, seq, v):
        if v[0] == 16:
            same("genesis of the hub", (seq, v[1]), (0, self.hub_log))
        elif v[0] == 17:
            shaped(v, int, 32, int, int, bytes)
            self.parts.setdefault(v[1], {})[v[2]] = v[4]
        elif v[0] == 18:
            shaped(v, int, int, 32, int, int)
            self.archive(v)
        elif v[0] == 19 and v[1] == self.node_id:
            same("certificate of the enrolment", v[2], self.certificate)

    def archive(self, v):
        parts = self.parts.pop(v[2])
        same("parts of the catalogue", sorted(parts), list(range(v[4])))
        zstd = Unzstd()
        data = zstd.feed(b"".join(parts[i] for i in range(v[4])), v[3])
        same("end and size of the catalogue", (zstd.ended, len(data)), (True, v[3]))
        zstd.close()
        same("hash of the catalogue", v[2], H(data))
        names = archive_names(data)
        same("order of the files", names, sorted(names))
        self.edition = v[1]
        say("catalogue edition %d: %d files, hash verified" % (v[1], len(names)))

    def rows(self, body):
        need(0 < len(body) <= LIST_MAX, "RECORDS")
        for item in body:
            rid, unit, position, state = shaped(item, 16, str, int, bytes)
            need(position >= max([0] + [r[1] for r in self.staged.values()]), "RECORDS are not in order")
            read_state(state)
            self.staged[rid] = (unit, position, state)

    def verdict(self, body):
        for item in body:
            inc, first, position, codes = shaped(item, 8, int, int, bytes)
            same("log of the verdicts", inc, self.log.inc)
            for i, code in enumerate(codes):  # each set here has one op
                self.verdicts[first + i] = code
                at = self.log.sets[first + i].setdefault("position", position + i)
                same("position of a verdict", position + i if position else at, at)

    def end(self, body):
        position, p, heads, scope, count = shaped(body, int, 32, list, 16, int)
        self.apply_own()
        self.records.update(self.staged)
        self.cursor = (self.epoch, position, p[:8])
        same("records in scope", count, len(self.records))
        same("scope hash", scope, self.scope_hash())
        mine = [h[1] for h in heads if h[0] == self.log.inc]
        same("heads of END", mine, [len(self.log.sets)])
        how = self.check_positions(position, p)
        say("end: position %d, %d records, scope hash agrees, position hash %s" % (position, count, how))
        names = ((RECEIPT, "RECEIPT"), (SETS, "SETS"), (RECORDS, "RECORDS"), (VERDICTS, "VERDICTS"))
        say("      received:", ", ".join("%d %s" % (self.count[k], n) for k, n in names))

    def check_positions(self, position, p):
        """SPEC 3.5, as far as this node knows every set."""
        known = {n: s["hash"] for n, s in self.hub_sets.items()}
        known.update({s["position"]: s["hash"] for s in self.log.sets if "position" in s})
        if sorted(known) != list(range(1, position + 1)):
            return "not computed: sets of others"
        value = bytes(32)
        for n in range(1, position + 1):
            value = H(value + known[n])
            if n == self.p_at[0]:
                same("position hash of the receipt", self.p_at[1], value)
        same("position hash", p, value)
        return "computed from all sets, agrees"

    def apply_own(self):
        """SPEC 7.9: fold the own sets that RECORDS left out."""
        for s in self.log.sets:
            v, at = s["value"], s.get("position", 0)
            if v[0] > 2 or at <= self.cursor[1]:
                continue
            need(self.verdicts.get(s["seq"], 255) == 0, "verdict of set %d" % s["seq"], self.verdicts.get(s["seq"]))
            if v[1] in self.staged:
                same("the record as this node folds it", self.staged[v[1]][2], fold(self.records, self.log, s))
                same("unit of the record", self.staged[v[1]][0], self.unit)
                say("record %s came, is as folded here; verdict 0" % v[1].hex())
            else:
                need(self.cursor[1] > 0, "a record was left out at cursor 0")
                self.staged[v[1]] = (self.unit, at, fold(self.records, self.log, s))
                say("record %s was left out, folded here; verdict 0" % v[1].hex())


def read_body(data, n):
    """SPEC 7.7, without erased ops: payloads and salts."""
    whole, rest = data[0] == 0, data[17:] if data[0] == 0 else data[1:]
    need(data[0] < 2, "a body")
    keys, payloads = salts(data[1:17], n) if whole else [], []
    for _ in range(n):
        if not whole:
            need(rest[0] == 1, "an erased op of the hub, which this node does not expect")
            keys.append(rest[1:17])
            rest = rest[17:]
        _, behind = unpack_some(rest)
        payloads.append(rest[:len(rest) - len(behind)])
        rest = behind
    need(not rest, "bytes behind the payloads")
    return payloads, keys


def archive_names(data):
    """SPEC 8.1."""
    names = []
    while data:
        n = struct.unpack("<H", data[:2])[0]
        names.append(data[2:2 + n])
        m = struct.unpack("<I", data[2 + n:6 + n])[0]
        need(len(data) >= 6 + n + m, "the archive is cut")
        data = data[6 + n + m:]
    return names


def read_state(state):
    """SPEC 6.5: the form, the order."""
    _, sets, registers, early = shaped(unpack(state), int, list, list, list)
    for s in sets:
        shaped(s, 20, int, 8, int)
    same("order of the sets", sets, sorted(sets, key=lambda s: (s[3], s[0])))
    key = [(r[0], r[2] if len(r) > 2 else "") for r in registers]
    same("order of the registers", key, sorted(set(key)))
    used = {i for r in registers for i in r[1][::2]}
    same("sets with a head", used, set(range(len(sets))))
    return early


def fold(records, log, s):
    """The state of a record after set s: a create, or an edit that names every head."""
    kind, rid, rtype, writes = s["value"]
    heads, sets = {}, {}
    if kind:
        _, old, registers, early = unpack(records[rid][2])
        need(not early, "early versions")
        heads = {r[0]: (old[r[1][0]][0], r[1][1]) for r in registers}
        sets = {x[0]: x for x in old}
    for field, value, bases in writes:
        same("base of a write", bases, heads[field][0] if field in heads else None)
        heads[field] = (s["version"], value)
    sets[s["version"]] = [s["version"], s["clock"], log.person, s["position"]]
    left = sorted((sets[v] for v in {h[0] for h in heads.values()}), key=lambda x: (x[3], x[0]))
    index = {x[0]: i for i, x in enumerate(left)}
    return pack([rtype, left, [[f, [index[heads[f][0]], heads[f][1]]] for f in sorted(heads)], []])


# ---- what it saves ----
def catalogue_numbers(type_name, pairs):
    """Numbers of the type and fields, values as the fields' kinds want them."""
    read = lambda name: list(csv.DictReader(open(os.path.join(ROOT, "catalogue", name), encoding="utf-8", newline="")))
    number = {t["name"]: int(t["no"]) for t in read("types.csv")}[type_name]
    fields = {f["name"]: f for f in read("fields.csv") if f["type"] == type_name}
    out = []
    for name, text in pairs:
        kind = fields[name]["kind"]
        value = int(text) if kind == "int" else text == "1" if kind == "bool" else unicodedata.normalize("NFC", text)
        out.append((int(fields[name]["no"]), value))
    return number, sorted(out)


def be_a_node(invitation, type_name, pairs):
    me = Me(invitation)
    rtype, values = catalogue_numbers(type_name, pairs)
    me.join()
    log = me.log
    log.save(lambda seed: [16, me.sign_pk, None, []])
    rid = H16(log.seed(1), tag("dongbo/rid") + u16(0))
    log.save(lambda seed: [0, rid, rtype, [[f, v, None] for f, v in values]])
    me.session()
    field, value = next((f, v) for f, v in values if isinstance(v, str))
    log.save(lambda seed: [1, rid, rtype, [[field, value + " (2)", log.sets[1]["version"]]]])
    me.session()
    me.session()
    say("node %s log %s sets %d record %s" % (me.node_id.hex(), log.inc.hex(), len(log.sets), rid.hex()))
    return me, rid


# ---- the test ----
EXAMPLE = [("name", "Điểm tư vấn ấp Bình Lục"), ("address", "Ấp Bình Lục"), ("opened_on", "2026-03-02"),
           ("state", "active"), ("state_since", "2026-03-02"), ("clients_now", "7")]


def words(me):
    """SPEC 7.11 and appendix A; the list is read from SPEC itself."""
    with open(os.path.join(ROOT, "proto", "SPEC.md"), encoding="utf-8") as f:
        listed = f.read().split("## Appendix A.")[1].split("counts from 0:")[1].split("## ")[0].split()
    same("words of the appendix", len(set(listed)), 256)
    h = H(me.hub_id + me.node_id + me.sign_pk + ed.x25519_public(me.transport))
    return [listed[b] for b in H(tag("dongbo/words/1") + h)[:6]]


def check_hub(hub, me, rid):
    """What the hub holds, by its own words."""
    node, = hub.ask("nodes")["nodes"]
    same("node, unit", (node["node"], node["unit"], node["name"]), (me.node_id.hex(), me.unit, NAME))
    same("words", node["words"].split(" – "), words(me))
    same("delivered, applied", (node["delivered"], node["applied"]), (len(me.log.sets), me.cursor[1]))
    same("waiting, edition", (node["waiting"], node["edition"]), (0, me.edition))
    need(abs(node["clock_off_ms"]) < 60000, "the hub misreads the clock of the hello", node["clock_off_ms"])
    found = hub.ask("verify")
    same("the hub's log verifies", (found["ok"], found["position"], found["records"]), (True, me.cursor[1], 1))
    same("position hash", found["position_hash"][:16], me.cursor[2].hex())
    record = hub.ask("get", rid.hex())
    values = dict(EXAMPLE, name=EXAMPLE[0][1] + " (2)")
    same("the record", (record["unit"], record["conflicts"], record["values"]), (me.unit, 0, values))
    say("the hub: %d sets delivered, log verified, words agree: %s" % (node["delivered"], node["words"]))


def test(build):
    from world import World
    with tempfile.TemporaryDirectory(prefix="stranger-") as folder, World(build, folder) as world:
        hub = world.hub
        hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"))
        address = "127.0.0.1:%d" % hub.run()["sync"]
        invitation = hub.ask("invite", "--unit", "26170", "--address", address)["invitation"]
        me, rid = be_a_node(invitation, "counselling_point", EXAMPLE)
        check_hub(hub, me, rid)


def main(args):
    if args[:1] == ["test"] and len(args) == 2:
        test(args[1])
    elif args[:1] == ["node"] and len(args) >= 2:
        pairs, type_name = [a.split("=", 1) for a in args[2:] if "=" in a], "counselling_point"
        if "--type" in args:
            type_name = args[args.index("--type") + 1]
        be_a_node(args[1], type_name, pairs or EXAMPLE)
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Wrong as e:
        print("stranger: %s" % e, file=sys.stderr)
        sys.exit(1)
