#!/usr/bin/env python3
"""Reads appendix B of proto/SPEC.md, the worked session, from SPEC alone: every byte of it is made or checked again.

session.py [SPEC.md]    check the appendix
session.py --self-test  change one digit of each hexadecimal and each number, and demand that it is noticed

What it knows of the protocol is tests/e2e/stranger.py, which was written from SPEC too.
"""
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(ROOT, "tests", "e2e")]
import check as ed  # noqa: E402
import stranger as s  # noqa: E402
from stranger import H, H16, need, pack, same, shaped, tag, u16, u32, u64, unpack  # noqa: E402

TYPES = {"UP": s.UP, "UPEND": s.UPEND, "BYE": s.BYE, "JOIN": s.JOIN, "RECEIPT": s.RECEIPT, "SETS": s.SETS,
         "RECORDS": s.RECORDS, "VERDICTS": s.VERDICTS, "END": s.END, "WELCOME": s.WELCOME}


# ---- the text of the appendix ----
def hexadecimal(text):
    return bytes.fromhex("".join(text.split()))


class Notation:
    """A value in the diagnostic notation."""
    def __init__(self, text):
        self.text, self.at = text, 0

    def token(self, pattern):
        m = re.compile(r"\s*" + pattern).match(self.text, self.at)
        if m:
            self.at = m.end()
        return m

    def value(self):
        if self.token(r"\["):
            out = []
            while not self.token(r"\]"):
                need(not out or self.token(","), "a comma is missing", self.text[self.at:self.at + 30])
                out.append(self.value())
            return out
        for word, v in (("nil", None), ("true", True), ("false", False)):
            if self.token(word):
                return v
        m = self.token(r"h'([0-9a-f\s]*)'")
        if m:
            return hexadecimal(m.group(1))
        m = self.token(r'"([^"]*)"')
        if m:
            return m.group(1)
        m = self.token(r"-?[0-9]+")
        need(m, "not a value", self.text[self.at:self.at + 30])
        return int(m.group(0))


def blocks(lines):
    """The indented blocks, each with the line of prose above it."""
    title, block = "", []
    for line in lines + [""]:
        if line.startswith("    "):
            block.append(line[4:])
        elif line.strip():
            if block:
                yield title, block
            title, block = line.strip(), []
    if block:
        yield title, block


def named(block):
    """{name: bytes} of lines `name hex`, with lines of hex alone going on; and the lines that are a value."""
    out, value, name = {}, [], None
    for line in block:
        m = re.fullmatch(r"\s*([a-z][a-z ]*?) ([0-9a-f]+)", line)
        if m:
            name = m.group(1) if m.group(1) not in out else m.group(1) + " of " + last
            last = name
            out[name] = m.group(2)
        elif name and re.fullmatch(r"[0-9a-f]+", line):
            out[name] += line
        else:
            name = None
            value.append(line)
    return {k: bytes.fromhex(v) for k, v in out.items()}, "\n".join(value)


class Message:
    def __init__(self, title, block):
        m = re.fullmatch(r"(Node to hub|Hub to node): ([A-Z]+)(, squeezed|, in handshake message [12])?; "
                         r"([0-9]+) bytes on the wire:", title)
        need(m, "a title", title)
        self.up, self.name, self.squeezed = m.group(1) == "Node to hub", m.group(2), m.group(3) == ", squeezed"
        self.handshake = (m.group(3) or "").startswith(", in")
        self.hex, text = named(block)
        reader = Notation(text)
        self.value = reader.value()
        need(not text[reader.at:].strip(), "words behind a value", text[reader.at:])
        wire = self.hex["wire"]
        same("size of " + self.name, (len(wire), wire[:2]), (int(m.group(4)), u16(len(wire) - 2)))
        self.wire, self.sets = wire[2:], []


def read_appendix(text):
    """Keys, words, and per session its messages."""
    lines = text.split("## Appendix B.")[1].split("\n")
    words = [x for x in lines if x.startswith("Six words: ")][0][11:].split(" – ")
    keys, sessions = {}, [[]]
    for title, block in blocks(lines):
        if title.startswith("Ed25519 seeds"):
            last = None
            for line in block:
                name, data = line.strip().rsplit(" ", 1)
                keys[last + " public" if name == "public" else name] = bytes.fromhex(data)
                last = name
        elif title.startswith("Set "):
            sessions[-1][-1].sets.append((int(title.split()[1]), named(block)[0]))
        else:
            m = Message(title, block)
            if m.handshake and m.up:
                sessions.append([])
            sessions[-1].append(m)
    return keys, words, sessions[1:]


# ---- SPEC 5: a frame of change sets, read ----
class Frame:
    def __init__(self, value, hub_id, node_id, prev, aliases):
        (self.inc, self.first, self.n, stated, clocks, runs, counts, seeds, self.templates, self.shapes, self.ids,
         columns, self.bases, self.raw, self.signature) = shaped(value, 8, int, int, object, list, list, object, list,
                                                                 list, list, list, list, list, list, 64)
        need(stated in (None, prev), "prev of a frame")
        self.hub_id, self.node_id, self.prev, self.aliases = hub_id, node_id, prev, aliases
        self.columns = {(c[0], c[1]): list(c[2]) for c in columns}
        self.clocks = [sum(clocks[:i + 1]) % (1 << 64) for i in range(self.n)]
        self.runs = [r[1:] for r in runs for _ in range(r[0])]
        self.counts = counts or [1] * self.n
        same("counts of a frame", (len(self.clocks), len(self.runs), len(self.counts)), (self.n,) * 3)
        self.seeds, self.sets, self.hashes = self.leaves(seeds), [], []

    def leaves(self, seeds):
        out = []
        for height, node in seeds:
            need(0 <= height <= 6 and (self.first + len(out)) % (1 << height) == 0, "the place of a seed")
            row = [node]
            for _ in range(height):
                row = [half for x in row for half in (H(tag("dongbo/tree"), x)[:16], H(tag("dongbo/tree"), x)[16:])]
            out += row
        same("seeds of a frame", len(out), self.n)
        return out

    def all(self):
        for i in range(self.n):
            seed, clock, run = self.seeds[i], self.clocks[i], self.runs[i]
            payloads = [self.op(seed, k, self.first + i) for k in range(self.counts[i])]
            head = tag("dongbo/cs/1") + self.hub_id + self.node_id + self.inc + u64(self.first + i) + run[0]
            head += self.prev + u64(clock) + u64(run[1]) + u64(run[2]) + run[3] + u32(run[4])
            head += u16(len(payloads)) + u16(run[5]) + u64(run[6])
            head += s.entries(payloads, s.salts(seed, len(payloads)))
            self.prev = H(head)
            self.hashes.append(self.prev)
            self.sets.append((head, b"\0" + seed + b"".join(payloads)))
        left = [self.shapes, self.ids, self.bases, self.raw] + list(self.columns.values())
        same("what is left of a frame", [x for x in left if x], [])
        return self.sets

    def op(self, seed, k, seq):
        shape = self.shapes.pop(0)
        if shape is None:
            return self.raw.pop(0)
        kind, rtype, fields = self.templates[shape]
        rid = self.ids.pop(0)
        if not isinstance(rid, int):
            rid = H16(seed, tag("dongbo/rid") + u16(k)) if rid is None else rid
            self.aliases.append(rid)
        else:
            rid = self.aliases[rid]
        writes = []
        for f in fields:
            field, element = f if isinstance(f, list) else (f, None)
            value = self.columns[rtype, field].pop(0)
            value = self.aliases[value[0]] if isinstance(value, list) else value
            bases = self.base(seq) if kind else None
            writes.append([field, value, bases] + ([element] if element is not None else []))
        return pack([kind, rid, rtype, writes])

    def base(self, seq):
        d = self.bases.pop(0)
        return self.inc + u64(seq - d) + self.bases.pop(0) if isinstance(d, int) else d


# ---- the node and the hub of the appendix ----
class Log:
    """What stranger.fold() wants of a log."""
    def __init__(self):
        self.inc, self.person, self.sets = None, None, []


class World:
    def __init__(self, keys):
        self.keys, self.node_id, self.log = keys, H(keys["node secret public"]), Log()
        self.hub_id = H(keys["hub root secret public"])
        for name in ("hub root secret", "hub log secret", "node secret"):
            same(name, ed.ed25519_public(keys[name]), keys[name + " public"])
        for name in ("hub transport", "hub sealing", "node transport", "node sealing"):
            same(name, ed.x25519_public(keys[name + " secret"]), keys[name + " secret public"])
        same("hub id", self.hub_id, keys["hub id"])
        same("node id", self.node_id, keys["node id"])
        self.hub_log, self.card_serial, self.unit = keys["hub log secret public"], 0, None
        self.sign_pk, self.transport, self.sealing = (keys["node secret public"], keys["node transport secret"],
                                                      keys["node sealing secret"])
        self.hub_transport, self.hub_sealing = (keys["hub transport secret public"], keys["hub sealing secret public"])
        self.certificate, self.receipted, self.cursor, self.scope = None, 0, [0, 0, bytes(8)], bytes(16)
        self.positions, self.records, self.sessions, self.hub_sets, self.parts = {}, {}, 0, {}, {}
        self.epoch = None

    def p(self, n):
        value = bytes(32)
        for i in range(1, n + 1):
            value = H(value + self.positions[i])
        return value

    def words(self, given):
        with open(os.path.join(ROOT, "proto", "SPEC.md"), encoding="utf-8") as f:
            listed = f.read().split("## Appendix A.")[1].split("counts from 0:")[1].split("## ")[0].split()
        h = H(self.hub_id + self.node_id + self.sign_pk + self.keys["node transport secret public"])
        same("six words", given, [listed[b] for b in H(tag("dongbo/words/1") + h)[:6]])


class Session:
    def __init__(self, world, messages):
        self.w, self.messages, self.aliases = world, list(messages), []
        self.zstd = {True: s.Unzstd(18), False: s.Unzstd(18)}
        world.sessions += 1
        self.handshake()
        for m in self.messages[2:]:
            self.frame(m)
            getattr(self, m.name.lower())(m)

    def handshake(self):
        one, two = self.messages[:2]
        w, noise = self.w, s.Noise(tag("dongbo/1") + self.w.hub_id, self.w.transport, self.w.hub_transport)
        draw, s.secrets.token_bytes = s.secrets.token_bytes, lambda n: one.hex["ephemeral secret"]
        try:
            same("handshake message 1", one.wire, noise.message1(pack(one.value)))
        finally:
            s.secrets.token_bytes = draw
        same("ephemeral key of the hub", two.wire[:32], ed.x25519_public(two.hex["ephemeral secret"]))
        plain, mine, hubs = noise.message2(two.wire)
        same("handshake message 2", unpack(plain), two.value)
        same("canonical hello", plain, pack(two.value))
        same("handshake hash", noise.h, two.hex["handshake hash"])
        self.hash, self.cipher = noise.h, {True: mine, False: hubs}
        self.hello(one.value, two.value)

    def hello(self, n, h):
        w, log = self.w, self.w.log
        shaped(n, list, object, object, list, list, int, 16, int, int, list, 16, int, int, int, int)
        shaped(h, int, 16, int, int, list, list, int, int, int, object, int)
        joined = w.certificate is not None
        same("versions", n[0], [1])
        same("who", n[1:3], [w.node_id, w.certificate] if joined else [None, None])
        same("cursor, staged, scope hash", n[4:7], [w.cursor, w.cursor[1], w.scope])
        same("edition, erasures", n[8:10], [0, [0, bytes(8)]])
        same("card, sessions", n[13:], [w.card_serial, w.sessions])
        same("nonce of the hub's hello", h[1], n[10])
        same("version, verdict", (h[0], h[2]), (1, s.GO if joined else s.JOINING))
        same("epoch", h[3], h[4][0][0] if w.epoch is None else w.epoch)
        same("lineage", h[4], [[h[3], 1]])
        same("upto", h[6], {1: 0, 2: 2, 3: len(w.positions)}[w.sessions])  # the enrolment made the hub's log begin
        same("feed records, card, edition", [h[7], h[9], h[10]], [h[6] - w.cursor[1], None, 0])
        need(abs(n[7] - h[8]) < 1000, "clocks")
        w.epoch, self.logs = h[3], n[3]
        if not joined:
            same("logs and heads of a stranger", (n[3], h[5]), ([], []))
            return
        (inc, count, head, receipted), = n[3]
        same("receipted sets", receipted, w.receipted)
        self.waiting = (count - receipted, n[12], head)
        same("number that waits", n[11], count - receipted)
        same("heads", h[5], [[receipted, log.sets[receipted - 1]["hash"] if receipted else bytes(32)]])
        log.inc = inc

    def frame(self, m):
        """SPEC 7.3: decrypt, decompress; what is not squeezed is made again."""
        cipher = self.cipher[m.up]
        counter = cipher.n
        plain = cipher.unseal(b"", m.wire)
        same("type of " + m.name, plain[0], TYPES[m.name] | (128 if m.squeezed else 0))
        body = self.zstd[m.up].feed(plain[1:], s.BODY_MAX) if m.squeezed else plain[1:]
        same("body of " + m.name, body, pack(m.value))
        cipher.n = counter
        same("wire of " + m.name, cipher.seal(b"", plain), m.wire)

    def join(self, m):
        w = self.w
        shaped(m.value, 16, 32, 32, 32, str, 64)
        keys = w.sign_pk + ed.x25519_public(w.transport) + ed.x25519_public(w.sealing)
        same("keys of JOIN", b"".join(m.value[1:4]), keys)
        same("signature of JOIN", m.value[5],
             s.sign(w.keys["node secret"], "dongbo/join/1", w.hub_id + self.hash + keys))

    def welcome(self, m):
        w = self.w
        shaped(m.value, bytes, bytes, str)
        s.read_card(w, m.value[0])
        w.unit = s.unpack_some(m.value[1])[0][6]
        s.read_certificate(w, m.value[1])
        w.certificate = m.value[1]

    def up(self, m):
        w, log = self.w, self.w.log
        same("UP begins at the hub's head", m.value[:2], [log.inc, len(log.sets)])
        prev = log.sets[-1]["hash"] if log.sets else bytes(32)
        frame = Frame(m.value, w.hub_id, w.node_id, prev, self.aliases)
        sets = frame.all()
        printed = [(k["head"], k["body"], k["hash"]) for _, k in m.sets]
        same("sets of the frame", [x + (h,) for x, h in zip(sets, frame.hashes)], printed)
        same("numbers of the sets", [q for q, _ in m.sets], [frame.first + i for i in range(frame.n)])
        last = u64(frame.first + frame.n - 1) + frame.hashes[-1]
        same("signature of the frame", frame.signature,
             s.sign(w.keys["node secret"], "dongbo/set-sig/1", w.hub_id + w.node_id + log.inc + last))
        same("what waited", self.waiting,
             (frame.n, sum(len(h) + len(b) for h, b in sets), frame.hashes[-1]))
        for i, (head, body) in enumerate(sets):
            value = unpack(body[17:])
            seq, digest = frame.first + i, frame.hashes[i]
            log.person = head[96:104]
            log.sets.append({"seq": seq, "hash": digest, "value": value, "clock": struct.unpack("<Q", head[136:144])[0],
                             "person": head[96:104], "version": log.inc + u64(seq) + digest[:4]})
            if seq == 0:
                same("genesis", value, [16, w.sign_pk, None, []])
                same("person of a genesis", head[96:104], bytes(8))

    def upend(self, m):
        same("UPEND", m.value, [])

    def receipt(self, m):
        w, log = self.w, self.w.log
        inc, n, first, last, p, signature = shaped(m.value, 8, int, int, int, 32, 64)
        same("receipt", (inc, n, last - first + 1), (log.inc, len(log.sets), n - w.receipted))
        for i in range(w.receipted, n):
            log.sets[i]["position"] = first + i - w.receipted
            w.positions[log.sets[i]["position"]] = log.sets[i]["hash"]
        body = w.hub_id + w.node_id + u64(w.epoch) + inc + u64(n) + log.sets[n - 1]["hash"]
        same("signature of the receipt", signature,
             s.sign(w.keys["hub log secret"], "dongbo/receipt/1", body + u64(first) + u64(last) + p))
        w.receipted, self.receipted_p = n, (last, p)

    def sets(self, m):
        for position, head, body, signature in m.value:
            one = s.Me.hub_set(self.w, head, body, signature)
            self.w.hub_sets[position] = one
            self.w.positions[position] = one["hash"]

    def verdicts(self, m):
        w, log = self.w, self.w.log
        (inc, first, position, codes), = m.value
        same("verdicts", (inc, first, position), (log.inc, self.logs[0][3], log.sets[first]["position"]))
        same("verdicts", codes, bytes(len(log.sets) - first))

    def records(self, m):
        (rid, unit, position, state), = m.value
        folded = dict(self.w.records)
        for one in self.w.log.sets[1:]:
            self.w.log.person = one["person"]
            folded[rid] = (unit, one["position"], s.fold(folded, self.w.log, one))
        same("the record as it is folded", (unit, position, state), (self.w.unit,) + folded[rid][1:])
        self.w.records[rid] = (unit, position, state)

    def end(self, m):
        w, log = self.w, self.w.log
        position, p, heads, scope, count = shaped(m.value, int, 32, list, 16, int)
        for one in log.sets:
            rid = one["value"][1]
            if one["value"][0] <= 2 and one["position"] > w.records.get(rid, (0, 0))[1]:
                log.person = one["person"]
                w.records[rid] = (w.unit, one["position"], s.fold(w.records, log, one))
        total = sum(int.from_bytes(H(r + u64(w.epoch) + u64(x[1]) + H(x[2]))[:16], "little")
                    for r, x in w.records.items())
        same("END", (position, p, heads), (len(w.positions), w.p(len(w.positions)), [[log.inc, len(log.sets)]]))
        same("position hash of the receipt", self.receipted_p[1], w.p(self.receipted_p[0]))
        same("scope", (scope, count), ((total % (1 << 128)).to_bytes(16, "little"), len(w.records)))
        w.cursor, w.scope = [w.epoch, position, p[:8]], scope

    def bye(self, m):
        same("BYE", m.value, [self.w.cursor[1], 0])


World.administration = s.Me.administration


def check(text):
    keys, words, sessions = read_appendix(text)
    world = World(keys)
    world.words(words)
    count = 0
    for messages in sessions:
        names = [m.name for m in messages]
        expected = ["HELLO", "HELLO"] + (["JOIN", "WELCOME"] if not count else names[2:])
        same("messages", names, expected)
        Session(world, messages)
        count += len(messages)
    same("sessions", len(sessions), 3)
    return count


PROSE = ("B.", "message ", "(", "type ", "fields ", "and ", "field ")  # numbers behind these say nothing


def self_test(text):
    before, appendix = text.split("## Appendix B.")
    start = appendix.index("### B.1")
    places = [m.start() + len(m.group(0)) // 2 for m in re.finditer(r"[0-9a-f]{6,}|\b[0-9]+\b", appendix)
              if m.start() > start and not appendix[:m.start()].endswith(PROSE)]
    missed = 0
    for at in places[::7]:
        digit = "1" if appendix[at] != "1" else "2"
        try:
            check(before + "## Appendix B." + appendix[:at] + digit + appendix[at + 1:])
        except Exception:  # noqa: B902 a changed appendix may break the check in any way
            continue
        missed += 1
        print("a change is not noticed: ...%s..." % appendix[at - 30:at + 30])
    print("%d places changed one at a time, %d not noticed" % (len(places[::7]), missed))
    return missed == 0 and len(places) > 200


def main(args):
    path = args[0] if args and args[0] != "--self-test" else os.path.join(ROOT, "proto", "SPEC.md")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if args[:1] == ["--self-test"]:
        return 0 if self_test(text) else 1
    print("appendix B of SPEC: %d messages made again and checked" % check(text))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except s.Wrong as e:
        print("session: %s" % e, file=sys.stderr)
        sys.exit(1)
