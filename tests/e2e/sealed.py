#!/usr/bin/env python3
"""Sealed fields, with real processes: who reads them, and that the hub does not.

  sealed.py BUILD_DIR [--dir DIR]

Names that stand nowhere else are planted in sealed fields, and in a picture, its name and its Exif. Every file of the
hub's data folder, keys included, is searched for them. Officers open them with their own key, a second PC and the
receiver of a transfer read them only after somebody who can has sealed them again for them, and an erasure takes the
sealed bytes away.
"""
import base64
import json
import os
import re
import shutil
import sys

from sealed_read import open_file, read_record
from stranger import unpack
from world import ROOT, Node, Story, check, free_port, play, wait_for

UNIT, OTHER = "26170", "26188"
ALIAS, NOTE, TALE = "Bí danh Hoa Gạo", "Đón ở bến Cây Sung", "Người báo kể chuyện ở xóm Lở"
LATER, BOTH, LEFT, RIGHT = "Ghi thêm Hoa Sim", "Cùng ghi Hoa Cải", "Máy một Hoa Lau", "Máy hai Hoa Bần"
AFTER = "Xã mới ghi Hoa Súng"
DEEP, DEEPER = "Kể ở gốc Đa Đôi", "Báo từ ngõ Me Tây"
FRESH = "Kể ở bờ Dừa Nước"
SINCE, AGAIN = "Sau khi đổi khóa Hoa Gấm", "Khóa mới Hoa Dẻ"
PICTURE, CALLED, PLACE = "ANH-CHUP-HOA-SEN", "Nguyễn Thị Mận", "BEN-CAY-SUNG"
PLANTED = [PICTURE, CALLED, PLACE]
PLANTED += [ALIAS, NOTE, TALE, LATER, BOTH, LEFT, RIGHT, AFTER, DEEP, DEEPER, FRESH, SINCE, AGAIN]
ERRORS = range(1, 100)


def picture(where, words=PICTURE):
    """A JPEG with these words in its one scan, and, where asked for, with a place in its Exif."""
    exif = b"\xff\xe1" + (8 + len(PLACE)).to_bytes(2, "big") + b"Exif\0\0" + PLACE.encode() if where else b""
    return b"\xff\xd8" + exif + b"\xff\xda\x00\x02" + 3000 * words.encode() + b"\xff\xd9"


class Sealed(Story):
    # --- helpers -----------------------------------------------------------------------------------------------

    def found(self, folder, words):
        """Those of the words (bytes) that stand in any file of a folder."""
        seen = set()
        for where, _, files in os.walk(self.path(folder)):
            for name in files:
                try:
                    with open(os.path.join(where, name), "rb") as f:
                        data = f.read()
                except OSError:
                    continue  # a socket
                seen.update(w for w in words if w in data)
        return seen

    def plain_at_hub(self):
        return self.found("hub", [w.encode(c) for w in PLANTED for c in ("utf-8", "utf-16-le")])

    def pc(self, unit, name):
        node = Node(self.w, unit)
        node.name = name
        self.w.nodes[name] = node
        node.join()
        self.sync(node)
        return node

    def sync(self, *nodes):
        for node in nodes:
            node.tool("sync", ok=(0, 3, 14))

    def values(self, node, rid):
        return node.ask("get", rid)["values"]

    def reader(self, node):
        """The name under which this PC shows itself."""
        return next(r["id"] for r in node.ask("readers")["readers"] if r["state"] == "self")

    def state(self, node, reader):
        return next(r["state"] for r in node.ask("readers")["readers"] if r["id"] == reader)

    def name_reader(self, name, file, one, two):
        """An order of two officers that the first of them reads."""
        key = self.hub.ask("reading-key", *one)
        self.hub.tool("readers", "order", "--name", name, "--reading", key["public_key"], "--reason",
                      "QĐ 12/QĐ-UBND", "--out", file)
        proposed = self.hub.ask("order", "propose", file, *one)
        self.hub.tool("order", "approve", proposed["id"], *two)
        return key

    def put(self, node, what, *values):
        return node.ask("put", "--type", what, *values)["id"]

    def person(self, node, name, note, tale):
        """A person with a case file in which something is sealed, and one more below another file."""
        who = self.put(node, "person", "full_name=" + name, "sex=female")
        case = self.put(node, "trafficking_case", "person=" + who, "note=" + note, "received_on=2023-03-02",
                        "received_by=police", "victim_status=victim", "verified_on=2023-03-09")
        file = self.put(node, "child_case", "person=" + who, "from_on=2023-03-02")
        report = self.put(node, "child_report", "child_case=" + file, "received_on=2023-03-03", "channel=other",
                          "act=neglect", "state=received", "narrative=" + tale)
        return who, case, report

    # --- the story ---------------------------------------------------------------------------------------------

    def begin(self):
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
        self.hub.run()
        self.a = self.pc(UNIT, "may-1")
        self.free = [self.officer("Ông Sửu"), self.officer("Bà Dần")]  # what the hub's log key can do by itself
        taken = self.name_reader("Ông Sửu", "lenh-tu-y", *self.free)
        self.rooted = [self.officer(name, "--root", "hub-root.key") for name in ("Bà An", "Ông Bình")]
        key = self.name_reader("Bà An", "lenh-doc", *self.rooted)
        self.sync(self.a)
        officers = {r["name"]: r for r in self.a.ask("readers")["readers"] if r["kind"] == "officer"}
        check("the commune's PC knows the officer whom two officers named, by the same words",
              (officers["Bà An"]["state"], officers["Bà An"]["words"]) == ("accepted", key["words"]))
        check("for one named by officers whom the root key does not know, words are needed",
              (officers["Ông Sửu"]["state"], officers["Ông Sửu"]["words"]) == ("waiting", taken["words"]))
        self.taken = officers["Ông Sửu"]["id"]

    def write(self):
        a, hub = self.a, self.hub
        self.case = a.ask("put", "--type", "trafficking_case", "alias=" + ALIAS, "note=" + NOTE,
                          "received_on=2023-03-02", "received_by=police", "victim_status=victim",
                          "verified_on=2023-03-09")["id"]
        self.report = a.ask("put", "--type", "child_report", "received_on=2023-03-03", "channel=other", "act=neglect",
                            "state=received", "narrative=" + TALE)["id"]
        check("who wrote it reads it", self.values(a, self.case)["alias"] == ALIAS)
        found = a.ask("list", "--type", "trafficking_case", "alias=" + ALIAS)["rows"]
        check("and finds it by its words", [r["id"] for r in found] == [self.case])
        self.sync(a)
        seen = hub.ask("get", self.case)["values"]
        check("the hub shows marks, and the open fields", seen["alias"].startswith("(đã niêm phong #") and
              seen["note"].startswith("(đã niêm phong #") and seen["received_on"] == "2023-03-02")
        counted = hub.ask("readers", "sealed")
        given = {r["name"] if r["kind"] == "officer" else r["id"]: r["records"] for r in counted["readers"]}
        check("it tells who has the keys of how many records", (counted["sealed"], counted["open"]) == (2, 0) and
              given == {"Ông Sửu": 0, "Bà An": 2, self.reader(a): 2})
        rows = hub.ask("list", "--type", "trafficking_case")["rows"]
        check("it counts the record by date and choice",
              [(r["values"]["received_on"], r["values"]["victim_status"]) for r in rows] == [("2023-03-02", "victim")])
        check("no text of it stands in any file of the hub, keys and journal included", not self.plain_at_hub())
        hub.tool("put", "--id", self.case, "note=" + LEFT, ok=ERRORS)
        check("the hub cannot write a sealed field", self.values(hub, self.case) == seen)
        hub.tool("put", "--id", self.case, "note=" + seen["note"], "needs_support=1")
        check("it writes the others, and a mark sent back changes nothing",
              self.values(hub, self.case) == dict(seen, needs_support="1"))

    def open(self):
        hub, (an, binh) = self.hub, self.rooted
        opened = hub.ask("open", self.case, *an)
        check("the named officer opens it", opened["values"] == {"alias": ALIAS, "note": NOTE})
        check("that is in the log of reading",
              any(r["what"] == "open" and self.case in r["records"] for r in hub.ask("reads")["rows"]))
        hub.tool("open", self.case, "--out", "ho-so.json")
        away = Node(self.w, UNIT)  # no hub, no data folder: only the program, the file and the key
        away.binary, away.name = hub.binary, "khong-co"
        check("also on a machine that has nothing of the hub", away.ask("open", "ho-so.json", *an) == opened)
        for key in (binh, *self.free):
            said = away.tool("open", "ho-so.json", *key, ok=ERRORS)
            check("another officer's key opens nothing", not any(w in said for w in PLANTED))
        self.a.tool("readers", "accept", self.taken)
        check("whose words a person compared reads", self.state(self.a, self.taken) == "accepted")
        self.a.tool("readers", "drop", self.taken)
        check("until he is dropped", self.state(self.a, self.taken) == "waiting")
        with open(self.path("ho-so.json"), encoding="utf-8") as f:
            doc = json.load(f)
        with open(self.path(self.a.name, "keys", "sealing.key"), encoding="ascii") as f:
            secret, public = (base64.b64decode(word) for word in f.read().split()[2:])
        texts = read_record(unpack(base64.b64decode(doc["state"])), bytes.fromhex(self.case), secret, public)
        check("a program written from the specification reads it with the PC's key",
              set(texts.values()) == {ALIAS, NOTE})
        state = bytearray(base64.b64decode(doc["state"]))
        at = state.index(b"seal1:") + 120  # one letter of the sealed text
        state[at] = ord("A") if state[at] != ord("A") else ord("B")
        doc["state"] = base64.b64encode(bytes(state)).decode()
        with open(self.path("hong.json"), "w", encoding="utf-8") as f:
            json.dump(doc, f)
        said = away.tool("open", "hong.json", *an, ok=ERRORS)
        check("a changed letter is noticed", "(không đọc được)" in said)
        shutil.copy(self.path("ho-so.json"), self.path("giu.json"))

    def deliver(self, node):
        def done():
            self.sync(node)
            return node.status()["attachments"]["waiting"] == 0
        wait_for("%s to deliver its file" % node.name, done)

    def fetched(self, node, file="ve.jpg"):
        """The bytes of the picture, as this PC gives them out."""
        def here():
            node.tool("attach", "get", self.file, file, ok=range(0, 100))
            if node.code != 0:
                self.sync(node)
            return node.code == 0
        wait_for("the picture to come to %s" % node.name, here)
        return self.read_file(file)

    def listed(self, node):
        return node.ask("attach", "list", self.case)["attachments"][0]

    def files(self):
        """A picture beside the record: sealed like its texts, its name as well."""
        a, hub, (an, binh) = self.a, self.hub, self.rooted
        self.write_file(CALLED + ".jpg", picture(True))
        self.picture = picture(False)
        added = a.ask("attach", "add", self.case, CALLED + ".jpg")
        self.file = added["id"]
        check("a picture of such a record is cleaned and sealed", (added["cleaned"], added["sealed"]) == (True, True))
        check("not even the PC's own folder has it open", not self.found(a.name, [PICTURE.encode()]))
        row = self.listed(a)
        check("who added it sees its name and its true size", (row["name"], row["bytes"], row["readable"]) ==
              (CALLED + ".jpg", str(len(self.picture)), True))
        check("and the picture", self.fetched(a) == self.picture)
        seen = self.values(a, self.file)
        asks = ["get", self.file], ["history", self.file], ["list", "--type", "attachment"]
        told = [a.tool(*what, "--json") for what in asks]
        check("the key of the file is nobody's reading matter", "sealed_name" in seen and "file_key" not in seen and
              not [x for x in told if "file_key" in x or re.search("1 [0-9a-f]{64}", x)])
        a.ask("put", "--id", self.file, *["%s=%s" % v for v in dict(seen, kind="other").items()])
        check("saved again as it was shown, the file opens as before",
              self.values(a, self.file) == dict(seen, kind="other") and self.fetched(a) == self.picture)
        self.deliver(a)
        row = hub.ask("attach", "list", self.file)["attachments"][0]
        check("the hub has it whole and sealed, its length in steps",
              (row["state"], row["sealed"], (row["bytes"] - 56) % 16384) == ("whole", True, 0))
        check("its record there shows marks", hub.ask("get", self.file)["values"]["name"] == "(đã niêm phong)")
        check("neither the picture nor its name stands in any file of the hub", not self.plain_at_hub())
        hub.tool("attach", "get", self.file, "tep.niem-phong")
        sealed = self.read_file("tep.niem-phong")
        check("what the hub gives out is sealed", PICTURE.encode() not in sealed and len(sealed) == row["bytes"])
        shown = hub.ask("open", self.case, "--out-dir", "mo", *an)
        check("the named officer opens it with the record, under its name",
              [os.path.basename(f["path"]) for f in shown["files"]] == [self.file[:8] + "-" + CALLED + ".jpg"] and
              self.read_file(shown["files"][0]["path"]) == self.picture)
        hub.tool("open", self.file, "--out", "tep.json")
        away = Node(self.w, UNIT)
        away.binary, away.name = hub.binary, "khong-co"
        parts = ["open", "tep.json", "--file", "tep.niem-phong", "--out-dir"]
        shown = away.tool(*parts, "xa", *an)
        check("also where there is nothing of the hub, and its key is not shown",
              self.read_file(os.path.join("xa", self.file[:8] + "-" + CALLED + ".jpg")) == self.picture and
              "Khóa của tệp" not in shown)
        away.tool(*parts, "khac", *binh, ok=ERRORS)
        self.write_file("tep.niem-phong", sealed[:-1] + bytes([sealed[-1] ^ 1]))
        away.tool(*parts, "khac", *an, ok=ERRORS)
        check("another officer's key and a changed file open nothing", not os.path.exists(self.path("khac")))
        with open(self.path("tep.json"), encoding="utf-8") as f:
            state = unpack(base64.b64decode(json.load(f)["state"]))
        with open(self.path(a.name, "keys", "sealing.key"), encoding="ascii") as f:
            secret, public = (base64.b64decode(word) for word in f.read().split()[2:])
        rid = bytes.fromhex(self.file)
        texts = read_record(state, rid, secret, public)
        check("a program written from the specification opens it with the PC's key",
              open_file(texts[10], rid, sealed) == self.picture and texts[9] == CALLED + ".jpg")
        self.cipher = sealed[40:120]

    def second_pc(self):
        a = self.a
        self.a2 = a2 = self.pc(UNIT, "may-2")
        self.sync(a)
        one, two = self.reader(a), self.reader(a2)
        check("a second PC of the commune is not read to by itself", self.state(a, two) == "waiting")
        a.tool("reseal")
        self.sync(a, a2)
        seen = self.values(a2, self.case)
        check("it has the record and reads nothing that is sealed", seen["alias"].startswith("(đã niêm phong #"))
        a2.tool("put", "--id", self.case, "note=" + RIGHT, ok=ERRORS)
        check("nor can it write over it", self.values(a2, self.case) == seen)
        row = self.listed(a2)
        check("nor see a file or its name", not row["readable"] and row["name"].startswith("(đã niêm phong"))
        a2.tool("attach", "get", self.file, "khong.jpg", ok=ERRORS)
        check("and nothing of it is written", not os.path.exists(self.path("khong.jpg")))
        a2.tool("put", "--id", self.case, "needs_protection=1")
        done = a.ask("readers", "accept", two)
        check("once a person there compared the words, what stands is sealed again", done["resealed"] == 3)
        a2.tool("readers", "accept", one)
        self.sync(a, a2)
        check("then it reads", self.values(a2, self.case)["alias"] == ALIAS and
              self.values(a2, self.report)["narrative"] == TALE)
        check("and opens the file, which did not change at the hub", self.fetched(a2) == self.picture and
              self.listed(a2)["name"] == CALLED + ".jpg" and self.found("hub", [self.cipher]) == {self.cipher})

    def conflict(self):
        a, a2, hub = self.a, self.a2, self.hub
        for pc in (a, a2):
            pc.tool("put", "--id", self.case, "note=" + BOTH)
        self.sync(a, a2, a)
        check("the same words written at two PCs are no conflict",
              hub.ask("get", self.case)["conflicts"] == 0 and self.values(a, self.case)["note"] == BOTH)
        a.tool("put", "--id", self.case, "alias=" + LEFT)
        a2.tool("put", "--id", self.case, "alias=" + RIGHT)
        self.sync(a, a2, a)
        heads = a.ask("get", self.case)["marks"]["alias"]["heads"]
        check("other words are, and both are shown to who reads", {h["value"] for h in heads} == {LEFT, RIGHT})
        told = hub.ask("conflicts", ok=(0, 14))
        shown = {h["value"] for c in told["conflicts"] for f in c["fields"] for h in f["heads"]}
        check("the hub sees that they differ, not what they say",
              len(shown) == 2 and all(s.startswith("(đã niêm phong #") for s in shown))
        hub.tool("resolve", self.case, "--field", "alias", "--take", "1")
        self.sync(a, a2)
        check("it can settle without reading", hub.ask("get", self.case)["conflicts"] == 0 and
              self.values(a, self.case)["alias"] == self.values(a2, self.case)["alias"] and
              self.values(a, self.case)["alias"] in (LEFT, RIGHT))

    def keys(self, node):
        return sorted(os.listdir(self.path(node.name, "keys")))

    def rotate(self):
        """A PC changes its own keys: it reads on, and whoever accepted it compares words again."""
        a, a2 = self.a, self.a2
        old, alias = self.reader(a), self.values(a, self.case)["alias"]
        tale = self.values(a, self.report)["narrative"]
        a.tool("keys", "rotate")
        check("it reads while its keys change", self.values(a, self.case)["alias"] == alias)
        self.sync(a)
        check("and behind it", not a.ask("keys")["changing"] and self.values(a, self.case)["alias"] == alias)
        new = self.reader(a)
        check("with another name as a reader", new != old)
        self.sync(a, a)  # what was sealed again goes to the hub, then nothing needs the old key
        check("the old sealing key is gone", self.keys(a) == ["change", "sealing.key", "sign.key", "transport.key"])
        check("and it reads by the new one", self.values(a, self.case)["alias"] == alias and
              self.values(a, self.report)["narrative"] == tale and self.fetched(a) == self.picture)
        self.sync(a2)
        check("the other PC reads what was sealed again", self.values(a2, self.case)["alias"] == alias)
        check("a new key of an accepted PC is accepted by nobody unless words are compared",
              self.state(a2, new) == "waiting")
        a2.tool("put", "--id", self.case, "note=" + SINCE)
        self.sync(a2, a)
        check("what it writes meanwhile stays closed", self.values(a, self.case)["note"].startswith("(đã niêm phong #"))
        a2.tool("readers", "accept", new)
        self.sync(a2, a)
        check("until it accepts the new key", self.values(a, self.case)["note"] == SINCE)
        a.tool("put", "--id", self.case, "note=" + AGAIN)
        self.sync(a, a2)
        check("then both write and read as before", self.values(a2, self.case)["note"] == AGAIN)
        opened = self.hub.ask("open", self.case, *self.rooted[0])["values"]
        check("and the officer", opened == {"alias": alias, "note": AGAIN})
        for pc in (a, a2):
            check("its log verifies", pc.ask("verify")["ok"])

    def transfer(self):
        a = self.a
        self.b = b = self.pc(OTHER, "may-khac")
        self.sync(a)
        who, case, report = self.person(a, "Lê Thị Một", DEEP, DEEPER)
        offers = [a.ask("transfer", "offer", rid, "--to", OTHER) for rid in (self.case, who)]
        check("who gives a case away, or a person with all that goes along, is told when nobody there would read it",
              [o.get("sealed_unread") for o in offers] == [True, True])
        plain = self.put(a, "person", "full_name=Lê Thị Ba", "sex=female")
        self.write_file("ba.jpg", picture(False, "Ba"))
        check("a picture of a record that is not sealed is not", not a.ask("attach", "add", plain, "ba.jpg")["sealed"])
        check("and nobody is told that it would not be read",
              "sealed_unread" not in a.ask("transfer", "offer", plain, "--to", OTHER))
        self.sync(a)
        done = a.ask("readers", "accept", self.reader(b))
        check("once the words were compared, what is offered and goes along is sealed for them", done["resealed"] == 4)
        alias = self.values(a, self.case)["alias"]
        self.sync(a, b)
        for offer in offers:
            b.tool("transfer", "accept", offer["transfer"])
        self.sync(b, a)
        check("the receiver reads it", self.values(b, self.case)["alias"] == alias)
        check("and its file, which went along", self.fetched(b) == self.picture)
        check("and what came along with the person",
              (self.values(b, case)["note"], self.values(b, report)["narrative"]) == (DEEP, DEEPER))
        who, case, report = self.person(a, "Lê Thị Hai", FRESH, FRESH)
        offer = a.ask("transfer", "offer", who, "--to", OTHER)
        check("for accepted PCs the offer of a person seals what goes along", "sealed_unread" not in offer)
        self.sync(a, b)
        b.tool("transfer", "accept", offer["transfer"])
        self.sync(b, a)
        check("and the receiver reads that at once",
              (self.values(b, case)["note"], self.values(b, report)["narrative"]) == (FRESH, FRESH))
        b.tool("put", "--id", self.case, "note=" + AFTER)
        self.sync(b)
        opened = self.hub.ask("open", self.case, *self.rooted[0])
        check("and writes on, for the officer too", opened["values"]["note"] == AFTER)

    def share(self):
        a, b = self.a, self.b
        a.tool("readers", "drop", self.reader(b))
        self.shared = self.put(a, "gbv_case", "alias=" + DEEP, "role=victim", "received_on=2023-03-02")
        told = a.ask("share", self.shared, "--unit", OTHER, "--access", "read")
        self.sync(a, b)
        check("a share says it too", told["sealed_unread"] is True and
              self.values(b, self.shared)["alias"].startswith("(đã niêm phong #"))
        a.tool("readers", "accept", self.reader(b))
        self.sync(a, b)
        check("and the same helps", self.values(b, self.shared)["alias"] == DEEP)

    def restored(self):
        a, other = self.a, self.reader(self.b)
        a.tool("backup", "ban-sao.db")
        a.tool("readers", "drop", other)
        a.tool("restore", "ban-sao.db", ok=(0, 3))
        check("after an old copy came back, who was struck off since does not read",
              {r["state"] for r in a.ask("readers")["readers"] if r["kind"] == "pc"} == {"self", "waiting"})
        check("and it is said", "readers" in json.dumps(a.ask("status", ok=(0, 3, 14))))
        self.sync(a)
        a.tool("readers", "accept", self.reader(self.a2))

    def third_pc(self):
        a3 = self.pc(UNIT, "may-3")
        check("a PC that takes another's place reads nothing at first",
              self.values(a3, self.report)["narrative"].startswith("(đã niêm phong #"))
        self.hub.tool("reseal", self.report, "--to", self.reader(a3), *self.rooted[0])
        self.sync(a3)
        check("an officer who reads can seal it again for it", self.values(a3, self.report)["narrative"] == TALE)

    def erase(self):
        with open(self.path("giu.json"), encoding="utf-8") as f:
            state = base64.b64decode(json.load(f)["state"])
        at = state.index(b"seal1:")
        sealed = [state[at:at + 80]]
        sealed.append(self.cipher)
        check("the sealed bytes are at the hub before", self.found("hub", sealed) == set(sealed))
        proposed = self.hub.ask("erase", "propose", self.case, "--basis", "Đơn 5", *self.rooted[0])
        self.hub.tool("erase", "approve", proposed["id"], *self.rooted[1])
        check("and gone after an erasure", not self.found("hub", sealed))
        self.sync(self.b)
        check("there as well where the record was", not self.found(self.b.name, sealed + [AFTER.encode()]))
        check("no text was ever at the hub", not self.plain_at_hub())

    def run(self):
        self.begin()
        self.write()
        self.open()
        self.files()
        self.second_pc()
        self.conflict()
        self.rotate()
        self.transfer()
        self.share()
        self.restored()
        self.third_pc()
        self.erase()
        for pc in (self.a, self.a2, self.b):
            pc.tool("verify")
        self.hub.end()
        check("nor is it after the hub has closed its files", not self.plain_at_hub())


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Sealed(world).run()))
