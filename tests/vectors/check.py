#!/usr/bin/env python3
"""Checks vectors.json from proto/SPEC.md alone: no code of the project, no package beyond Python's own.

check.py              check the file beside this program
check.py --self-test  change every value of the file, one at a time, and demand that each change is noticed
"""
import base64
import copy
import functools
import hashlib
import json
import os
import struct
import sys


class Wrong(Exception):
    pass


def same(what, got, expected):
    if got != expected:
        raise Wrong("%s: computed %r, the file says %r" % (what, got, expected))


# ---- Ed25519 (RFC 8032, 5.1) and X25519 (RFC 7748) over plain integers ----
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point_add(a, b):
    s, t = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    u, v = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_mul(n, a):
    out = (0, 1, 1, 0)
    while n:
        if n & 1:
            out = point_add(out, a)
        a = point_add(a, a)
        n >>= 1
    return out


def point_x(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point_read(data):
    y = int.from_bytes(data, "little")
    y, sign = y & (2**255 - 1), y >> 255
    x = point_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def point_write(a):
    z = pow(a[2], P - 2, P)
    x, y = a[0] * z % P, a[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (point_x(BASE_Y, 0), BASE_Y, 1, point_x(BASE_Y, 0) * BASE_Y % P)


@functools.lru_cache(None)
def ed25519_public(secret):
    h = bytearray(hashlib.sha512(secret).digest()[:32])
    h[0] &= 248
    h[31] = h[31] & 127 | 64
    return point_write(point_mul(int.from_bytes(h, "little"), BASE))


@functools.lru_cache(None)
def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r, s = point_read(public), point_read(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    left, right = point_mul(s, BASE), point_add(r, point_mul(k, a))
    return point_write(left) == point_write(right)


@functools.lru_cache(None)
def x25519_public(secret):
    k = bytearray(secret)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    n, x2, z2, x3, z3 = int.from_bytes(k, "little"), 1, 0, 9, 1
    for t in range(254, -1, -1):
        bit = n >> t & 1
        if bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, 9 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
        if bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


# ---- SPEC 1 and 2 ----
def tag(text):
    return text.encode().ljust(16, b"\0")


def h32(data, key=b""):
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def h16(key, data):
    return hashlib.blake2b(data, digest_size=16, key=key).digest()


def u16(v):
    return struct.pack("<H", v)


def u32(v):
    return struct.pack("<I", v)


def u64(v):
    return struct.pack("<Q", v)


def head(kind, n):
    """Shortest header of a str, bin or array."""
    small = {"str": (0xA0, 31), "array": (0x90, 15), "bin": (0, -1)}[kind]
    if n <= small[1]:
        return bytes([small[0] | n])
    wide = {"str": (0xD9, 0xDA, 0xDB), "bin": (0xC4, 0xC5, 0xC6), "array": (None, 0xDC, 0xDD)}[kind]
    if n < 1 << 8 and wide[0]:
        return struct.pack(">BB", wide[0], n)
    if n < 1 << 16:
        return struct.pack(">BH", wide[1], n)
    return struct.pack(">BI", wide[2], n)


def pack_int(v):
    if -32 <= v <= 127:
        return struct.pack(">b", v)
    for code, fmt, low, high in ((0xCC, ">BB", 0, 1 << 8), (0xCD, ">BH", 0, 1 << 16), (0xCE, ">BI", 0, 1 << 32),
                                 (0xCF, ">BQ", 0, 1 << 64), (0xD0, ">Bb", -1 << 7, 0), (0xD1, ">Bh", -1 << 15, 0),
                                 (0xD2, ">Bi", -1 << 31, 0), (0xD3, ">Bq", -1 << 63, 0)):
        if low <= v < high:
            return struct.pack(fmt, code, v)
    raise Wrong("integer out of range")


def pack(v):
    """Canonical msgpack of a JSON tree, where {"bin": hex} is a bin."""
    if v is None or v is True or v is False:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]
    if isinstance(v, int):
        return pack_int(v)
    if isinstance(v, str):
        return head("str", len(v.encode())) + v.encode()
    if isinstance(v, list):
        return head("array", len(v)) + b"".join(pack(x) for x in v)
    if isinstance(v, dict) and set(v) == {"bin"}:
        data = unhex(v["bin"])
        return head("bin", len(data)) + data
    raise Wrong("no such value: %r" % (v,))


def unhex(text):
    try:
        data = bytes.fromhex(text)
    except (ValueError, TypeError):
        raise Wrong("not hexadecimal: %r" % (text,))
    if data.hex() != text:
        raise Wrong("not lower case hexadecimal: %r" % (text,))
    return data


def binary(data):
    return {"bin": data.hex()}


# ---- SPEC 3 and 4 ----
def tree_node(root, height, first):
    node = root
    for level in range(5, height - 1, -1):
        both = h32(tag("dongbo/tree"), node)
        node = both[16:] if first >> level & 1 else both[:16]
    return node


def header_bytes(x, prev):
    same("prev", unhex(x["prev"]), prev)
    sizes = {"hub_id": 32, "node_id": 32, "inc": 8, "person": 8, "prev": 32, "hub_seen_hash": 8}
    for name, size in sizes.items():
        same("length of " + name, len(unhex(x[name])), size)
    out = tag("dongbo/cs/1") + unhex(x["hub_id"]) + unhex(x["node_id"]) + unhex(x["inc"]) + u64(x["seq"])
    out += unhex(x["person"]) + unhex(x["prev"]) + u64(x["clock"]) + u64(x["epoch"]) + u64(x["hub_seen"])
    out += unhex(x["hub_seen_hash"]) + u32(x["edition"]) + u16(x["ops"]) + u16(x["flags"]) + u64(x["import"])
    same("length of the header", len(out), 184)
    return out


def check_op(op, seed, i):
    same("salt", h16(seed, tag("dongbo/salt") + u16(i)).hex(), op["salt"])
    same("derived id", h16(seed, tag("dongbo/rid") + u16(i)).hex(), op["derived_id"])
    payload = pack(op["value"])
    same("payload", payload.hex(), op["payload"])
    same("hash of the op", h32(payload, unhex(op["salt"])).hex(), op["hash"])
    return payload


def erased_body(s, payloads):
    out = b"\1"
    for i, payload in enumerate(payloads):
        out += b"\0" if i == s["erased_op"] else b"\1" + unhex(s["ops"][i]["salt"]) + payload
    return out


def check_set(s, keys, ids, prev):
    x = s["header"]
    same("hub id", x["hub_id"], ids["hub log" if s["author"] == "node" else s["author"]])
    same("node id", x["node_id"], ids[s["author"]])
    seed = tree_node(unhex(s["block_root"]), 0, x["seq"] % 64)
    same("seed", seed.hex(), s["seed"])
    payloads = [check_op(op, seed, i) for i, op in enumerate(s["ops"])]
    same("number of ops", len(payloads), x["ops"])
    full = header_bytes(x, prev)
    full += b"".join(unhex(op["hash"]) + u32(len(p)) for op, p in zip(s["ops"], payloads))
    same("head", full.hex(), s["head"])
    same("body", (b"\0" + seed + b"".join(payloads)).hex(), s["body"])
    digest = h32(full)
    same("hash of the set", digest.hex(), s["hash"])
    same("version", (unhex(x["inc"]) + u64(x["seq"]) + digest[:4]).hex(), s["version"])
    signed = tag("dongbo/set-sig/1") + unhex(x["hub_id"]) + unhex(x["node_id"]) + unhex(x["inc"])
    signed += u64(x["seq"]) + digest
    same("signed message", signed.hex(), s["signed"])
    same("signature", ed25519_verify(keys[s["author"]], signed, unhex(s["signature"])), True)
    if len(payloads) > 1:
        same("op that is erased", s["erased_op"], 1)
        same("erased body", erased_body(s, payloads).hex(), s["erased_body"])
    return digest


SET_FIELDS = {"name", "author", "header", "block_root", "seed", "ops", "head", "body", "hash", "version", "signed",
              "signature", "position", "position_hash"}
SET_NAMES = ["hub genesis", "hub administration", "genesis", "create", "edit", "several ops", "delete"]


def check_links(v, ids):
    """What one set says about another: genesis keys, bases, references, the digest of a delete, the certificate."""
    sets = {s["name"]: s for s in v["change_sets"]}
    value = lambda name, i=0: sets[name]["ops"][i]["value"]
    public = {k["name"]: k["public"] for k in v["keys"]}
    same("key in the hub's genesis", value("hub genesis")[1]["bin"], public["hub log"])
    same("key in the genesis", value("genesis")[1]["bin"], public["node"])
    same("id of the person", value("create")[1]["bin"], sets["create"]["ops"][0]["derived_id"])
    same("record of the edit", value("edit")[1], value("create")[1])
    same("base of the edit", value("edit")[3][0][2]["bin"], sets["create"]["version"])
    same("id of the episode", value("several ops", 0)[1]["bin"], sets["several ops"]["ops"][0]["derived_id"])
    same("reference", value("several ops", 0)[3][0][1], value("create")[1])
    digest = h32(unhex(sets["several ops"]["version"]))[:16]
    same("digest of the delete", value("delete")[3][0][1]["bin"], digest.hex())
    same("enrolled node", value("hub administration", 2)[1]["bin"], ids["node"])
    same("certificate of the enrolment", value("hub administration", 2)[2]["bin"], v["certificate"]["whole"])


def check_sets(v, keys, ids):
    same("names", [s["name"] for s in v["change_sets"]], SET_NAMES)
    heads, p = {}, bytes(32)
    for n, s in enumerate(v["change_sets"]):
        expected = SET_FIELDS | ({"erased_op", "erased_body"} if len(s["ops"]) > 1 else set())
        same("fields", set(s), expected)
        log = (s["author"], s["header"]["inc"])
        seq, prev, root = heads.get(log, (0, bytes(32), s["block_root"]))
        same("seq", s["header"]["seq"], seq)
        same("block root", s["block_root"], root)
        digest = check_set(s, keys, ids, prev)
        heads[log] = (seq + 1, digest, root)
        p = h32(p + digest)
        same("position", s["position"], n + 1)
        same("position hash", p.hex(), s["position_hash"])
    check_links(v, ids)
    return v["change_sets"][-1]


def check_tree(v):
    root = unhex(v["seed_tree"]["root"])
    same("root of the tree", root.hex(), v["change_sets"][-1]["block_root"])
    for node in v["seed_tree"]["nodes"]:
        same("height of a node", node["height"] in range(7), True)
        same("place of a node", (node["first"] >> node["height"]) << node["height"], node["first"])
        same("node of the tree", tree_node(root, node["height"], node["first"]).hex(), node["value"])


def check_paper(paper, name, key, value):
    same(name, paper["value"], value)
    content = pack(value)
    same(name + " content", content.hex(), paper["content"])
    same(name + " whole", paper["content"] + paper["signature"], paper["whole"])
    same(name + " signature", ed25519_verify(key, tag("dongbo/%s/1" % name) + content,
                                             unhex(paper["signature"])), True)


def check_papers(v, keys, ids):
    card = [1] + [binary(keys[k]) for k in ("root", "hub log", "hub transport", "hub sealing")] + [2]
    check_paper(v["card"], "card", keys["root"], card)
    cert = [1, {"bin": ids["hub log"]}, {"bin": ids["node"]}, binary(keys["node"]), binary(keys["node transport"])]
    cert.append(binary(keys["node sealing"]))
    check_paper(v["certificate"], "cert", keys["hub log"], cert + ["25933", 1])


def check_receipt(v, keys, ids, last):
    r = v["receipt"]
    same("receipt", (r["hub_id"], r["node_id"], r["inc"]), (ids["hub log"], ids["node"], last["header"]["inc"]))
    same("receipt", (r["next_seq"], r["chain"]), (last["header"]["seq"] + 1, last["hash"]))
    same("receipt", (r["last_position"], r["position_hash"]), (last["position"], last["position_hash"]))
    m = tag("dongbo/receipt/1") + unhex(r["hub_id"]) + unhex(r["node_id"]) + u64(r["epoch"]) + unhex(r["inc"])
    m += u64(r["next_seq"]) + unhex(r["chain"]) + u64(r["first_position"]) + u64(r["last_position"])
    m += unhex(r["position_hash"])
    same("receipt signature", ed25519_verify(keys["hub log"], m, unhex(r["signature"])), True)


def check_join(v, keys, ids):
    j = v["join"]
    hub, node = unhex(ids["hub log"]), unhex(ids["node"])
    same("join keys", (unhex(j["sign_pk"]), unhex(j["transport_pk"])), (keys["node"], keys["node transport"]))
    same("join keys", unhex(j["sealing_pk"]), keys["node sealing"])
    m = tag("dongbo/join/1") + hub + unhex(j["handshake_hash"]) + keys["node"] + keys["node transport"]
    m += keys["node sealing"]
    same("join signature", ed25519_verify(keys["node"], m, unhex(j["signature"])), True)
    same("fingerprint", h32(hub + node + keys["node"] + keys["node transport"]).hex(), j["fingerprint"])


def check_invitation(v, keys, ids):
    i = v["invitation"]
    same("invitation", (i["hub_id"], unhex(i["transport_pk"])), (ids["hub log"], keys["hub transport"]))
    same("invitation sealing", unhex(i["sealing_pk"]), keys["hub sealing"])
    m = pack([{"bin": i[k]} for k in ("hub_id", "transport_pk", "sealing_pk", "token")] + [i["address"], i["unit"]])
    same("invitation text", "dongbo1:" + base64.urlsafe_b64encode(m).decode().rstrip("="), i["text"])


def check(v):
    keys = {}
    for k in v["keys"]:
        make = {"Ed25519": ed25519_public, "X25519": x25519_public}.get(k["kind"])
        same("kind of a key", make is not None, True)
        keys[k["name"]] = make(unhex(k["secret"]))
        same("public key", keys[k["name"]].hex(), k["public"])
    same("keys", list(keys), ["root", "hub log", "node", "hub transport", "hub sealing", "node transport",
                              "node sealing"])
    same("hub id", h32(keys["root"]).hex(), v["hub_id"])
    same("node id", h32(keys["node"]).hex(), v["node_id"])
    ids = {"hub log": v["hub_id"], "node": v["node_id"]}
    last = check_sets(v, keys, ids)
    check_tree(v)
    check_papers(v, keys, ids)
    check_receipt(v, keys, ids, last)
    check_join(v, keys, ids)
    check_invitation(v, keys, ids)


# ---- the proof that it can fail ----
def places(v, path=()):
    if isinstance(v, dict):
        v = list(v.items())
    elif isinstance(v, list):
        v = list(enumerate(v))
    else:
        yield path
        return
    for key, child in v:
        yield from places(child, path + (key,))


def changed(v):
    if v is None or isinstance(v, bool):
        return 5
    if isinstance(v, int):
        return v + 1
    if not v:
        return "x"
    middle = len(v) // 2
    return v[:middle] + ("1" if v[middle] != "1" else "2") + v[middle + 1:]


def self_test(v):
    missed = count = 0
    for path in places(v):
        broken = copy.deepcopy(v)
        at = broken
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = changed(at[path[-1]])
        count += 1
        try:
            check(broken)
        except Exception:  # a changed file may break the check in any way, as long as it is not accepted
            continue
        missed += 1
        print("a change is not noticed: %s" % "/".join(map(str, path)))
    print("%d values changed one at a time, %d not noticed" % (count, missed))
    return missed == 0 and count > 300


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors.json"), encoding="utf-8") as f:
        v = json.load(f)
    try:
        check(v)
    except Wrong as e:
        print("vectors.json: %s" % e)
        return 1
    if "--self-test" in sys.argv[1:]:
        return 0 if self_test(v) else 1
    print("vectors.json: %d change sets and the papers agree with SPEC.md" % len(v["change_sets"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
