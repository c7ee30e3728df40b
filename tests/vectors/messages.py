#!/usr/bin/env python3
"""Checks messages.json from proto/SPEC.md alone: merged states, messages, orders, erasure, moves, reports, proofs.

messages.py              check the file beside this program
messages.py --self-test  change every value of the file, one at a time, and demand that each change is noticed

Signatures: check.py. Noise, zstd and the reading of msgpack: tests/e2e/stranger.py, written from SPEC too.
"""
import copy
import json
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "e2e")]
import check as c  # noqa: E402
import stranger as s  # noqa: E402
from stranger import H, need, same, shaped, tag, u16, u32, u64, unpack  # noqa: E402

unhex = c.unhex


def both(v):
    """The value of {value, bytes}, once one is the msgpack of the other."""
    data = unhex(v["bytes"])
    same("msgpack of a value", c.pack(v["value"]).hex(), data.hex())
    return unpack(data)


def signed(public, name, message, signature):
    same("signature " + name, c.ed25519_verify(public, tag(name) + message, signature), True)


def sized(text, least, most):
    ok = isinstance(text, str) and least <= len(text.encode()) <= most
    need(ok, "a text of %d to %d bytes" % (least, most), text)


class World:
    def __init__(self, v):
        self.key, self.secret = {}, {}
        kinds = {"Ed25519": c.ed25519_public, "X25519": c.x25519_public}
        for k in v["keys"]:
            self.secret[k["name"]] = unhex(k["secret"])
            self.key[k["name"]] = kinds[k["kind"]](unhex(k["secret"]))
            same("public key", self.key[k["name"]].hex(), k["public"])
        names = "root|hub log|node|hub transport|hub sealing|node transport|node sealing|officer 1|officer 2"
        names += "|hub log, next|node, next|node transport, next|node sealing, next"
        same("names of keys", list(self.key), names.split("|"))
        self.hub, self.node = H(self.key["root"]), H(self.key["node"])
        same("hub id", self.hub.hex(), v["hub_id"])
        same("node id", self.node.hex(), v["node_id"])
        self.officers, self.log = {}, []


# ---- SPEC 6: merging ----
class Record:
    """The state as a function of the writes that came, policy `ask` everywhere."""
    def __init__(self):
        self.sets, self.heads, self.named, self.came, self.early = {}, {}, {}, set(), {}
        self.type = None

    def apply(self, op, version, clock, person, position):
        kind, _, self.type, writes = op
        self.sets[version] = [version, clock, person, position]
        late, conflict = 0, False
        for w in writes:
            register = (w[0], w[3] if len(w) > 3 else "")
            bases = [w[2][i:i + 20] for i in range(0, len(w[2] or b""), 20)]
            heads = self.heads.setdefault(register, {})
            for b in bases:
                heads.pop(b, None)
                if b not in self.came:
                    self.early.setdefault(register, set()).add(b)
            if version in self.early.get(register, ()):  # replaced before it came
                self.early[register].discard(version)
                late += 1
                continue
            heads[version] = w[1]
            values = [c.pack(jsonable(x)) for x in heads.values()]
            conflict = conflict or len(set(values)) > 1
        self.came.add(version)
        if late == len(writes):
            return 1
        return 2 if conflict or self.unseen_delete() else 0

    def unseen_delete(self):
        gone = self.heads.get((0, ""), {})
        return bool(gone) and set(gone.values()) != {self.digest()}

    def digest(self):
        """SPEC 4.14."""
        versions = {v for (field, _), heads in self.heads.items() if field not in (0, 65534) for v in heads}
        return H(b"".join(sorted(versions)))[:16]

    def state(self):
        used = {v for heads in self.heads.values() for v in heads}
        sets = sorted((self.sets[v] for v in used), key=lambda x: (x[3], x[0]))
        index = {x[0]: i for i, x in enumerate(sets)}
        registers = []
        for (field, element), heads in sorted(self.heads.items(), key=lambda r: (r[0][0], r[0][1].encode())):
            flat = [x for v in sorted(heads, key=lambda v: index[v]) for x in (index[v], heads[v])]
            if flat:
                registers.append([field, flat] + ([element] if element else []))
        early = [[f, v] + ([e] if e else []) for (f, e), named in sorted(self.early.items()) for v in sorted(named)]
        return [self.type, sets, registers, early]


def jsonable(v):
    if isinstance(v, bytes):
        return {"bin": v.hex()}
    return [jsonable(x) for x in v] if isinstance(v, list) else v


STORIES = {"two edits that did not see each other": [0, 0, 2],
           "a base that comes after the write that names it": [0, 0, 0, 1],
           "a base that has not come": [0, 0],
           "elements, and a write after a delete that had not seen it": [0, 0, 2]}


def check_folds(v):
    same("stories", [f["name"] for f in v["folds"]], list(STORIES))
    for f in v["folds"]:
        record = Record()
        for op in f["ops"]:
            value, version, position = both(op), unhex(op["version"]), op["position"]
            same("record", value[1], bytes(range(0xE0, 0xF0)))
            seq = struct.unpack("<Q", version[8:16])[0]
            same("version", version, unhex(op["person"]) + u64(seq) + bytes([0x50 + seq]) * 4)
            same("clock", op["clock"], (1685595600000 + 1000 * position) << 16)
            if value[0] == 2:
                same("digest of the delete", value[3][0][1], record.digest())
            got = record.apply(value, version, op["clock"], unhex(op["person"]), position)
            same("verdict in " + f["name"], got, op["verdict"])
        same("verdicts", [op["verdict"] for op in f["ops"]], STORIES[f["name"]])
        same("state of " + f["name"], record.state(), both(f["state"]))
        same("digest", record.digest().hex(), f["digest"])
        state = unhex(f["state"]["bytes"])
        term = H(value[1] + u64(0x0123456789abcdef) + u64(f["ops"][-1]["position"]) + H(state))[:16]
        same("term of the scope hash", term.hex(), f["scope_term"])


# ---- the hub's sets ----
def read_head(head):
    """Fields of SPEC 4.2 and the entries."""
    need(head[:16] == tag("dongbo/cs/1"), "tag of a set")
    n = struct.unpack("<H", head[172:174])[0]
    same("length of a head", len(head), 184 + 36 * n)
    return {"hub": head[16:48], "node": head[48:80], "inc": head[80:88], "seq": struct.unpack("<Q", head[88:96])[0],
            "prev": head[104:136], "n": n,
            "entries": [(head[184 + 36 * i:216 + 36 * i], struct.unpack("<I", head[216 + 36 * i:220 + 36 * i])[0])
                        for i in range(n)]}


def hub_set(w, head, body, signature):
    """Payloads of a set of the hub's own log, whole."""
    h = read_head(head)
    same("author of a set of the hub", (h["hub"], h["node"]), (w.hub, w.hub))
    signed(w.key["hub log"], "dongbo/set-sig/1", w.hub * 2 + h["inc"] + u64(h["seq"]) + H(head), signature)
    payloads, keys = s.read_body(body, h["n"])
    same("entries", [(H(p, k), len(p)) for p, k in zip(payloads, keys)], h["entries"])
    if w.log and H(head) not in [x[1] for x in w.log]:
        same("chain", (h["seq"], h["prev"]), (w.log[-1][0] + 1, w.log[-1][1]))
    if H(head) not in [x[1] for x in w.log]:
        w.log.append((h["seq"], H(head)))
    return [unpack(p) for p in payloads]


# ---- SPEC 12: officers, orders, erasure ----
def officer(w, op):
    shaped(op, int, str, 32, int, 64, object)
    sized(op[1], 1, 64)
    need(0 < op[3] < 16, "roles", op[3])
    about = w.hub + op[2] + u32(op[3]) + op[1].encode()
    signed(op[2], "dongbo/officer/1", about, op[4])
    if op[5] is not None:
        signed(w.key["root"], "dongbo/vouch/1", about, op[5])
    return op[2], op[3]


ROLES = {"erase": 1, "reopen": 2, "restore": 4, "keys": 8}


def check_order(w, v, kind):
    order, op = both(v["order"]), both(v["op"])
    data = unhex(v["order"]["bytes"])
    shaped(order, int, 32, str, 16, int, str, bytes)
    same("order", order[:3] + [order[3], order[4]], [1, w.hub, kind, bytes(range(0x90, 0xA0)), 1685595600000])
    sized(order[5], 1, 400)
    same("content of the order", order[6], unhex(v["content"]["bytes"]))
    same("id of the order", H(data).hex(), v["id"])
    shaped(op, int, bytes, 32, 64, 32, 64)
    same("op of the order", op[:2], [24, data])
    need(op[2] != op[4], "one key twice")
    for pk, signature in ((op[2], op[3]), (op[4], op[5])):
        if kind == "erase" or pk == w.key["officer 2"]:
            need(w.officers.get(pk, 15) & ROLES[kind], "an officer without the role")
        signed(pk, "dongbo/order/1", data, signature)
    return both(v["content"])


def check_erased_set(w, v, content):
    head, body, after = unhex(v["head"]), unhex(v["body"]), unhex(v["erased_body"])
    h = read_head(head)
    same("author", (h["hub"], h["node"], h["inc"], h["seq"]), (w.hub, w.node, b"node-inc", 9))
    same("header", head[96:172], bytes(8) + bytes(32) + u64(1685595600000 << 16) + bytes(28))
    same("flags, import", head[174:184], bytes(10))
    payloads, keys = s.read_body(body, h["n"])
    same("entries", [(H(p, k), len(p)) for p, k in zip(payloads, keys)], h["entries"])
    ops = [unpack(p) for p in payloads]
    records, named = content
    gone = []
    for i, op in enumerate(ops):
        if op[0] == 32 and op[2] in records:
            gone.append([op[2], op[1]])
        elif op[1] in records:
            gone.append([op[1]])
        elif [n for n in named if n[:3] == [h["inc"], h["seq"], i]]:
            n, = [n for n in named if n[:3] == [h["inc"], h["seq"], i]]
            same("the order names the op's record and fields", n[3:], [op[1], [x[0] for x in op[3]]])
            gone.append([op[1], op[0], op[2], [[x[0], x[2]] for x in op[3]]])
        else:
            gone.append(None)
    same("stubs", [g for g in gone if g], [both(x) for x in v["stubs"]])
    built = b"\1"
    for stub, payload, salt in zip(gone, payloads, keys):
        data = c.pack(jsonable(stub)) if stub else b""
        need(not stub or len(data) <= len(payload), "a stub is longer than its op")
        built += b"\2" + u16(len(data)) + data if stub else b"\1" + salt + payload
    same("erased body", built.hex(), after.hex())


def check_list(data, sets):
    """SPEC 12.8."""
    need(data[:16] == tag("dongbo/erased/1"), "tag of erased.list")
    data, found = data[16:], []
    while data:
        parts = []
        for _ in range(2):
            n = struct.unpack("<I", data[:4])[0]
            parts.append(data[4:4 + n])
            data = data[4 + n:]
        found.append(parts + [data[:64]])
        data = data[64:]
    same("erased.list", found, [x[1:] for x in sets])


# ---- payloads of 12 to 14 ----
KEY = ["26170", "RP04", "2023-6T"]
SHAPES = {
    "offer": (int, 16, 16, str, str), "answer": (int, 16, int, str), "share": (int, 16, str, int),
    "settle": (int, 16, 20, int, bool), "assign": (int, str, str, bytes),
    "judge": (int, str, str, str, 20, int, str), "ask": (int, str, str, str, 16, str, str),
    "correct": (int, str, str, str, 16, str, str, object, str, str, str), "reopen": (int, str, str, str, int, 32),
    "officer": (int, str, 32, int, 64, object), "officer with vouch": (int, str, 32, int, 64, object),
    "officer revoked": (int, 32, str), "order": (int, bytes, 32, 64, 32, 64),
    "card": (int, bytes), "parcel": (int, 32, 8, int, int, 32, bool, str, str), "rekey": (int, 32, 32, 32, 64),
    "rekey asked": (int, 32, 32, str),
}
KINDS = {
    "card": 25, "parcel": 26, "rekey": 27, "rekey asked": 28, "officer": 22, "officer with vouch": 22,
    "officer revoked": 23, "order": 24, "offer": 32, "answer": 33, "share": 34, "settle": 35, "assign": 36, "judge": 42,
    "ask": 43, "correct": 44, "reopen": 45,
}
STATED = {  # what the values are, where nothing else of the file says it too
    "officer revoked": "nghỉ hưu", "offer": ("26173", "chuyển chỗ ở"), "answer": (1, ""), "share": ("26176", 2),
    "settle": (2, True), "assign": ("26179", "2025-07-01", bytes(range(0x50, 0x70))),
    "judge": (2, "Thiếu số liệu mục III"), "ask": ("2023-07-15", "Báo cáo đột xuất"),
    "correct": ("I01", "female", None, "12", "11", "tính trùng"),
    "parcel": (7, 9, bytes(range(0x70, 0x90)), True, "Nguyễn Văn An", "đã hỏi cán bộ xã"),
    "rekey asked": "thay máy tính",
}


# ---- SPEC 18.6, 18.9: keys ----
def check_card(w, whole):
    content, signature = whole[:-64], whole[-64:]
    signed(w.key["root"], "dongbo/card/1", content, signature)
    need(len(whole) <= 1024, "a card", len(whole))
    keys = [w.key[k] for k in ("root", "hub log, next", "hub transport", "hub sealing")]
    same("the hub's next card", unpack(content),
         [2] + keys + [3, "hub.vinhcuu.example:7443", [[w.key["hub log"], 24, True]]])


def check_rekey(w, op):
    same("a node's next keys", op[1:4], [w.key[k + ", next"] for k in ("node", "node transport", "node sealing")])
    signed(op[1], "dongbo/rekey/1", w.hub + w.node + op[1] + op[2] + op[3], op[4])


def check_ops(v, w):
    same("ops", [x["name"] for x in v["ops"]],
         ["officer", "officer with vouch", "order", "officer revoked", "card", "parcel", "rekey", "rekey asked",
          "offer", "answer", "share", "settle", "assign", "judge", "ask", "correct", "reopen"])
    transfer, record, request = bytes(range(0x40, 0x50)), bytes(range(0x50, 0x60)), bytes(range(0x60, 0x70))
    version = b"node-inc" + u64(7) + b"\x57" * 4
    ids = {"offer": [transfer, record], "answer": [transfer], "share": [record], "settle": [record, version],
           "assign": [], "judge": KEY + [version], "ask": KEY + [request], "correct": KEY + [request], "reopen": KEY,
           "officer revoked": [w.key["officer 1"]], "parcel": [w.node, b"node-inc"],
           "rekey asked": [w.node, w.key["node"]]}
    ops = {x["name"]: both(x) for x in v["ops"]}
    for name, op in ops.items():
        shaped(op, *SHAPES[name])
        same("kind of " + name, op[0], KINDS[name])
        if name in ids:
            same("what " + name + " is about", op[1:1 + len(ids[name])], ids[name])
        if name in STATED:
            stated = STATED[name] if isinstance(STATED[name], tuple) else (STATED[name],)
            same("what " + name + " says", op[1 + len(ids[name]):], list(stated))
    check_card(w, ops["card"][1])
    check_rekey(w, ops["rekey"])
    return ops


# ---- SPEC 7.6: messages ----
def m_pull(w, v):
    same("PULL", v, [b"node-inc", 6])


def receipt_signed(w, epoch, inc, n, chain, first, last, p, signature):
    signed(w.key["hub log"], "dongbo/receipt/1",
           w.hub + w.node + u64(epoch) + inc + u64(n) + chain + u64(first) + u64(last) + p, signature)


def m_proof(w, v):
    shaped(v, int, 8, int, 32, int, int, 32, 64)
    receipt_signed(w, *v)


def m_empty(w, v):
    same("an empty message", v, [])


def m_sets(w, v):
    for item in v:
        shaped(item, int, bytes, bytes, 64)
        hub_set(w, *item[1:])
    same("positions", [x[0] for x in v], [21, 24][2 - len(v):])
    w.sets = v if len(v) == 2 else w.sets


def m_erasures(w, v):
    shaped(v, int, int, list)
    same("list of erasures", v, [1, 2, w.sets])


def m_erasures_empty(w, v):
    same("list of erasures", v, [1, 0, []])


def m_verdicts(w, v):
    same("runs of verdicts", [x[:3] for x in v], [[b"node-inc", 4, 30], [b"node-inc", 2, 0]])
    codes = b"".join(x[3] for x in v)
    for code in codes:
        need(code & 63 <= 9, "a verdict", code)
    same("verdicts", codes.hex(), "00010203040506084081c209")


def m_records(w, v):
    (rid, unit, position, state), = v
    shaped(v[0], 16, str, int, bytes)
    same("RECORDS", (rid, unit, position, unpack(state)), (bytes(range(0xE0, 0xF0)), "26170", 33, [1, [], [], []]))


def m_moves(w, v):
    items = {0: [], 1: [], 2: [], 3: []}
    for i, (position, kind, item) in enumerate(v):
        same("position of an event", position, 40 + i)
        items[kind].append(unpack(item))
    transfer, record = bytes(range(0x40, 0x50)), bytes(range(0x50, 0x60))
    same("leaves", items[0], [[record, "26173", s.pack([1, [], [], []])], [transfer, None, None]])
    same("transfers", items[1],
         [[transfer, record, 1, "26170", "26173", 2, 1685595600000, 15, "chuyển chỗ ở", "đã nhận"]])
    same("crossed", items[2], [[record, b"node-inc" + u64(7) + b"\x57" * 4, 2, "26170", 0, b"\x90"]])
    same("shares", items[3], [[record, "26176", 1]])


MESSAGES = (("PULL", 5, m_pull), ("PROOF", 6, m_proof), ("PROOF of nothing", 6, m_empty), ("end of OWN", 24, m_empty),
            ("SETS", 17, m_sets), ("GIVEBACK", 7, m_sets), ("ERASURES", 26, m_erasures),
            ("ERASURES of an empty list", 26, m_erasures_empty), ("VERDICTS", 19, m_verdicts),
            ("RECORDS", 18, m_records),
            ("REFUSE", 22, lambda w, v: same("REFUSE", v, [3, "Lời mời đã hết hạn."])),
            ("PAGE", 23, lambda w, v: same("PAGE", v, [17, bytes(range(1, 9))])), ("MOVES", 25, m_moves))


def check_messages(w, v):
    same("messages", [(m["name"], m["type"]) for m in v["messages"]], [m[:2] for m in MESSAGES])
    for m, (_, _, look) in zip(v["messages"], MESSAGES):
        look(w, both(m))


# ---- SPEC 16: a proof ----
class Bytes:
    def __init__(self, data):
        self.data = data

    def take(self, n):
        need(n <= len(self.data), "cut")
        out, self.data = self.data[:n], self.data[n:]
        return out

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def text(self):
        return self.take(self.number("<H")).decode()


def read_section(data):
    r = Bytes(data)
    same("tag of a section", r.take(16), tag("dongbo/inputs/1"))
    unit, records, cells = r.text(), [], []
    for _ in range(r.number("<I")):
        rid = r.take(16)
        records.append((rid, [r.take(32) for _ in range(r.number("<H"))]))
    for _ in range(r.number("<I")):
        line, total, value = r.number("<I"), r.number("<B"), r.text()
        cells.append((line, total, value, [r.number("<I") for _ in range(r.number("<I"))]))
    need(not r.data, "bytes behind a section")
    return unit, records, cells


def check_proof(w, v):
    r = Bytes(unhex(v["file"]))
    same("tag of a proof", r.take(16), tag("dongbo/proof/1"))
    card, head, body, signature, figures, leaves, section = [r.take(r.number("<I")) for _ in range(7)]
    need(not r.data, "bytes behind a proof")
    value, own = s.unpack_some(card)
    same("card", value, [1] + [w.key[k] for k in ("root", "hub log", "hub transport", "hub sealing")] + [2])
    signed(w.key["root"], "dongbo/card/1", card[:-64], own)
    close, = hub_set(w, head, body, signature)
    same("close", close, both(v["close"]))
    same("close", close[:9], [21, "RP04", "735", "2023-6T", 2, 0x0123456789abcdef, 50, b"\xc0" * 32, 1])
    same("supplement, who is missing", close[11:], [1, "26173 26176"])
    same("figures", (figures, close[9]), (b'{"figures":[]}\n', H(figures)))
    same("inputs digest", (close[10], v["inputs"]), (H(tag("dongbo/leaves/1") + leaves),) + (close[10].hex(),))
    unit, records, cells = read_section(section)
    same("leaves", leaves, u16(5) + b"26170" + H(section) + u16(5) + b"26173" + b"\x77" * 32)
    one, two = b"\x33" * 32, b"\x44" * 32
    same("section", (unit, records),
         ("26170", [(bytes(range(0x10, 0x20)), [one, two]), (bytes(range(0x20, 0x30)), [one])]))
    same("cells", cells, [(3, 1, "", [0, 1]), (3, 0, "female", [1])])


# ---- SPEC 11: a bundle ----
class NoiseX(s.Noise):
    def __init__(self, prologue, secret, receiver):
        s.Noise.__init__(self, prologue, secret, receiver)
        self.h = self.ck = b"Noise_X_25519_ChaChaPoly_BLAKE2b".ljust(64, b"\0")
        self.mix_hash(prologue)
        self.mix_hash(receiver)

    def message(self, e, payload):
        out = self.message1_with(e, payload)
        one, _ = self.hkdf(b"")
        return out, s.Cipher(one[:32])

    def message1_with(self, e, payload):
        draw, s.secrets.token_bytes = s.secrets.token_bytes, lambda n: e
        try:
            return self.message1(payload)  # e, es, s, ss: as the first message of IK
        finally:
            s.secrets.token_bytes = draw


def check_bundle(w, v):
    data = unhex(v["file"])
    same("size of a bundle", len(data) % 4096, 0)
    receiver = w.key["node sealing"]
    same("head of a bundle", data[:24], tag("dongbo/bundle/1") + H(receiver)[:8])
    noise = NoiseX(data[:24] + w.hub, w.secret["hub sealing"], receiver)
    hello = both(v["hello"])
    shaped(hello, int, 16, int, int, list, list, int, int, int, object, int)
    epoch = 0x0123456789abcdef
    same("hello", hello, [1, bytes(16), 0, epoch, [[epoch, 1]], [], 23, 6, 1685595600000, None, 1])
    message, cipher = noise.message(unhex(v["ephemeral"]), unhex(v["hello"]["bytes"]))
    n = struct.unpack("<H", data[24:26])[0]
    same("Noise_X message", data[26:26 + n].hex(), message.hex())
    same("hash of the handshake", noise.h.hex(), v["handshake_hash"])
    r, zstd, found = Bytes(data[26 + n:]), s.Unzstd(18), []
    while not found or found[-1][0] != 127:
        plain = cipher.unseal(b"", r.take(r.number("<H")))
        body = zstd.feed(plain[1:], s.BODY_MAX) if plain[0] & 128 else plain[1:]
        found.append((plain[0] & 127, body))
    need(not r.data, "bytes behind the last frame")
    same("padding", (found[-1][1].strip(b"\0"), plain[0]), (b"", 127))
    messages = [(m["type"], both(m)) for m in v["messages"]]
    same("messages of the bundle", [(t, unpack(b)) for t, b in found[:-1]], messages)
    same("types", [m[0] for m in messages], [16, 23, 20])
    inc, upto, first, last, p, signature = messages[0][1]
    same("receipt", (inc, upto, first, last, p), (b"node-inc", 10, 23, 23, b"\xa1" * 32))
    receipt_signed(w, epoch, inc, upto, b"\x59" * 32, first, last, p, signature)
    same("page", messages[1][1], [17, bytes(range(1, 9))])
    same("end", messages[2][1], [23, p, [], bytes(16), 0])


# ---- SPEC 17: a code for a forgotten password ----
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def check_reset(w, v):
    letters = v["challenge"].replace("-", "")
    same("challenge", (len(letters), v["challenge"][4]), (8, "-"))
    number = 0
    for letter in letters:
        number = number << 5 | LETTERS.index(letter)
    secret = s.x25519(w.secret["node transport"], w.key["hub transport"])
    same("both sides' secret", secret, s.x25519(w.secret["hub transport"], w.key["node transport"]))
    same("name", v["name"], "nguyen thi lan")
    bits = int.from_bytes(H(tag("dongbo/reset/1") + w.hub + w.node + number.to_bytes(5, "big") + v["name"].encode(),
                            key=secret), "big") >> 206
    code = "".join(LETTERS[bits >> shift & 31] for shift in range(45, -1, -5))
    same("code", code[:5] + "-" + code[5:], v["code"])


# ---- all of it ----
def check(v):
    w = World(v)
    check_folds(v)
    ops = check_ops(v, w)
    w.sets = None
    for name in ("officer", "officer with vouch"):
        pk, roles = officer(w, ops[name])
        w.officers[pk] = roles
    same("officers", w.officers, {w.key["officer 1"]: 1, w.key["officer 2"]: 3})
    same("vouches", (ops["officer"][5], ops["officer"][1], ops["officer with vouch"][1]),
         (None, "Trần Thị Hạnh", "Phạm Văn Đức"))
    content = check_order(w, v["erase_order"], "erase")
    same("content", content, [[bytes(range(0x10, 0x20))], [[b"node-inc", 9, 2, bytes(range(0x30, 0x40)), [2]]]])
    same("order in the log", ops["order"], both(v["erase_order"]["op"]))
    check_erased_set(w, v["erased_set"], content)
    check_messages(w, v)
    same("sets of the list", [hub_set(w, *x[1:]) for x in w.sets],
         [[ops["officer"], ops["officer with vouch"]], [ops["order"]]])
    check_list(unhex(v["erased_list"]), w.sets)
    content = check_order(w, v["reopen_order"], "reopen")
    same("content", content, KEY + [2])
    same("reopening", ops["reopen"][4:], [2, unhex(v["reopen_order"]["id"])])
    check_proof(w, v["proof"])
    check_reset(w, v["reset"])
    check_bundle(w, v["bundle"])


def self_test(v):
    missed = count = 0
    for path in c.places(v):
        broken = copy.deepcopy(v)
        at = broken
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = c.changed(at[path[-1]])
        count += 1
        try:
            check(broken)
        except Exception:  # a changed file may break the check in any way, as long as it is not accepted
            continue
        missed += 1
        print("a change is not noticed: %s" % "/".join(map(str, path)))
    print("%d values changed one at a time, %d not noticed" % (count, missed))
    return missed == 0 and count > 300


def main(args):
    with open(os.path.join(HERE, "messages.json"), encoding="utf-8") as f:
        v = json.load(f)
    if args == ["--self-test"]:
        return 0 if self_test(v) else 1
    check(v)
    print("messages.json agrees with SPEC")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (s.Wrong, c.Wrong) as e:
        print("messages: %s" % e, file=sys.stderr)
        sys.exit(1)
