#!/usr/bin/env python3
"""Erasure, looked for with grep: real processes, planted names, every file of every data folder.

  erase.py BUILD_DIR [--dir DIR]

A hub, one commune on the network and one that knows only bundles. Names that stand nowhere else are planted in
records, in a conflict, in an op that waits and in an unsent one. Two officers order the erasure. Then every file of
the data folders (database, WAL, journal, lists; backups are no part of them) is searched for the planted bytes. Old
copies of both folders are put back, and old bundles are read: nothing comes back.
"""
import os
import shutil
import sys

from world import ROOT, Story, check, copy_folder, free_port, play, wait_for

NET, STICK = "26170", "26188"
GONE = ["Kiều Trăng Khuyết", "079311223344", "Hẻm Gió Lùa 77", "Kiều Ghi Sau", "Kiều Huyện Sửa", "Kiều Chưa Gửi",
        "Lục Bình Trôi", "Bến Đò Lặng 5", "Lục Sửa Lại"]
STAYS = ["Người Ở Lại", "Người Bến Kia"]


class Erased(Story):
    # --- helpers -----------------------------------------------------------------------------------------------

    def found(self, folder):
        """The planted words that stand in any file of a data folder, in UTF-8 or UTF-16."""
        words = set()
        for where, _, files in os.walk(self.path(folder)):
            for name in files:
                try:
                    with open(os.path.join(where, name), "rb") as f:
                        data = f.read()
                except OSError:
                    continue  # a socket
                for word in GONE:
                    if word.encode() in data or word.encode("utf-16-le") in data:
                        words.add(word)
        return words

    def stays(self, folder, word):
        with open(self.path(folder, "hub.db" if folder == "hub" else "node.db"), "rb") as f:
            return word.encode() in f.read()

    def put(self, program, *fields, rid=None):
        how = ["--id", rid] if rid else ["--type", "person"]
        return program.ask("put", *how, *fields)["id"]

    def by_stick(self, node, out="len.dongbo", back="xuong.dongbo"):
        """One round by files."""
        for name in (out, back):
            if os.path.exists(self.path(name)):
                os.remove(self.path(name))
        node.tool("bundle", "out", out)
        self.hub.tool("bundle", "in", out, "--out", back)
        node.tool("bundle", "in", back, ok=(0, 3, 14))

    def copy(self, source, target):
        copy_folder(self.path(source), self.path(target))

    def put_back(self, copy, folder, keep=()):
        """An old copy in place of a data folder; files in `keep` are those of today."""
        for name in keep:
            shutil.copy2(self.path(folder, name), self.path(copy, name))
        shutil.rmtree(self.path(folder))
        self.copy(copy, folder)

    # --- the story ---------------------------------------------------------------------------------------------

    def begin(self):
        self.port = free_port()
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), self.port)
        self.hub.run()
        a, b = self.w.node(NET), self.w.node(STICK)
        for node in (a, b):
            node.join()
        a.run()
        b.address("127.0.0.1:%d" % free_port())
        self.a, self.b = a, b
        self.by_stick(b)

    def plant(self):
        a, b, hub = self.a, self.b, self.hub
        self.one = self.put(a, "full_name=" + GONE[0], "sex=female", "national_id=" + GONE[1], "cur_address=" + GONE[2])
        self.put(a, "full_name=" + STAYS[0], "sex=male")
        a.ask("put", "--type", "drug_case", "person=" + self.one, "status=addict", "in_list=1")
        a.sync()
        self.two = self.put(b, "full_name=" + GONE[6], "sex=female", "cur_address=" + GONE[7])
        self.put(b, "full_name=" + STAYS[1], "sex=male")
        self.by_stick(b)
        # both write the same field without having seen each other: a conflict
        a.end()
        a.address("127.0.0.1:%d" % free_port())
        self.put(a, "full_name=" + GONE[3], rid=self.one)
        self.put(hub, "full_name=" + GONE[4], rid=self.one)
        a.address("127.0.0.1:%d" % self.port)
        a.run()
        a.sync()
        self.put(b, "full_name=" + GONE[8], rid=self.two)
        self.by_stick(b)
        check("the names are in both places before", len(self.found("hub")) == 8 and len(self.found(a.name)) == 5 and
              len(self.found(b.name)) == 3)
        check("there is a conflict", any(c["id"] == self.one for c in hub.ask("conflicts", ok=(0, 14))["conflicts"]))

    def old_copies(self):
        for p in (self.a, self.hub):
            p.end()
        for name in ("hub", self.a.name, self.b.name):
            self.copy(name, "old-" + name)
        shutil.copy2(self.path("len.dongbo"), self.path("len-cu.dongbo"))
        shutil.copy2(self.path("xuong.dongbo"), self.path("xuong-cu.dongbo"))
        self.a.address("127.0.0.1:%d" % free_port())
        self.put(self.a, "other_names=" + GONE[5], rid=self.one)  # unsent when the order comes
        self.a.address("127.0.0.1:%d" % self.port)
        self.hub.run()

    def order(self):
        hub = self.hub
        self.officer("Nguyễn Thị An")
        self.officer("Trần Bình")
        hub.tool("officer", "add", "Người Thứ Ba", "--key", "khoa-9", "--passphrase", "mat-khau-0", ok=range(1, 30))
        check("the third officer needs the root key", not os.path.exists(self.path("khoa-9")))
        hub.tool("erase", "propose", self.one[:-1] + ("0" if self.one[-1] != "0" else "1"), "--basis", "Đơn 12",
                 *self.officers[0], ok=range(1, 30))
        got = hub.ask("erase", "propose", self.one, self.two, "--basis", "Luật 91/2025/QH15; đơn số 12 ngày 5/3",
                      *self.officers[0])
        check("one signature erases nothing", got["state"] == "proposed" and "Kiều Trăng Khuyết" in self.found("hub"))
        hub.tool("erase", "approve", got["id"][:12], *self.officers[0], ok=range(1, 30))
        check("the same person twice erases nothing", "Kiều Trăng Khuyết" in self.found("hub"))
        got = hub.ask("erase", "approve", got["id"][:12], *self.officers[1])
        check("two officers do", got["state"] == "approved" and len(got["signed_by"]) == 2)
        check("nothing of it is at the hub, while it runs", not self.found("hub"))
        hub.tool("get", self.one, ok=range(1, 30))
        for action in (["approve", got["id"][:12], *self.officers[1]], ["withdraw", got["id"][:12]]):
            hub.tool("order", *action, ok=range(1, 30))
            check("an order that was carried out is no longer open (%s): %s" % (action[0], hub.said),
                  "đã được thi hành" in hub.said and "Không có lệnh" not in hub.said)
        hub.tool("erase", "propose", self.two, "--basis", "Đơn 12", *self.officers[0], ok=range(1, 30))
        check("nor is what is erased erased again: " + hub.said, "đã xóa rồi" in hub.said and self.two in hub.said)

    def follow(self):
        a, b = self.a, self.b
        check("the commune still has it", len(self.found(a.name)) == 6)
        a.run()
        a.sync()
        wait_for("the wipe", lambda: not self.found(a.name))
        check("after one sync nothing of it is at the commune, while it runs", True)
        a.tool("get", self.one, ok=range(1, 30))
        log = a.status()["log"]
        check("ops add up: %s" % log, log["ops"] == log["applied"] + log["replaced"] + log["conflict"] + log["held"] +
              log["erased"] + log.get("no_verdict_yet", 0) + log.get("ops_waiting", 0))
        check("the commune counts what is erased", log["erased"] == 3)
        for program in (a, self.hub):
            wrong = program.ask("cases", "--on", "2099-01-01")["checks"]
            check("what an order erased is no mistake of who named it: %s" % wrong, wrong == [])
        self.by_stick(b)
        check("after one round of files nothing of it is at the other", not self.found(b.name))
        check("the others are there", self.stays("hub", STAYS[0]) and self.stays(a.name, STAYS[0]) and
              self.stays(b.name, STAYS[1]))
        found = self.hub.ask("verify")
        check("the log verifies: chains, hashes, states", found["ok"])
        self.put(a, "full_name=Người Đến Sau", "sex=male")
        a.sync()

    def old_bundles(self):
        self.hub.tool("bundle", "in", "len-cu.dongbo")
        check("an old file of the commune brings nothing back to the hub", not self.found("hub"))
        self.b.tool("bundle", "in", "xuong-cu.dongbo", ok=(0, 3, 14))
        check("an old file of the hub brings nothing back to the commune", not self.found(self.b.name))

    def old_nodes(self):
        a, b = self.a, self.b
        a.end()
        self.put_back("old-" + a.name, a.name, keep=["erased.list"])
        a.address("127.0.0.1:%d" % free_port())
        check("(the old copy has it)", self.found(a.name))
        a.status()
        check("an old database beside today's list is put right before it is used", not self.found(a.name))
        shutil.rmtree(self.path(a.name))
        self.copy("old-" + a.name, a.name)
        os.remove(self.path(a.name, "erased.list")) if os.path.exists(self.path(a.name, "erased.list")) else None
        a.address("127.0.0.1:%d" % self.port)
        check("(the old folder has it)", self.found(a.name))
        a.run()
        a.sync()
        wait_for("the wipe", lambda: not self.found(a.name))
        check("an old folder loses it at its first sync", True)
        self.put_back("old-" + b.name, b.name)
        check("(the old folder has it)", self.found(b.name))
        self.b.tool("bundle", "in", "xuong-cu.dongbo", ok=(0, 3, 14))
        self.by_stick(b)
        check("and by files", not self.found(b.name))
        check("the hub has nothing of it again", not self.found("hub"))

    def old_hub(self):
        hub, a = self.hub, self.a
        hub.end()
        self.copy("hub", "new-hub")
        self.put_back("old-hub", "hub", keep=["erased.list"])
        check("(the old copy has it)", self.found("hub"))
        hub.tool("status", ok=(0, 3, 14))
        check("an old database beside today's list is put right before it serves", not self.found("hub"))
        hub.run()
        a.sync()
        a.sync()
        check("and stays so after a commune synced", not self.found("hub") and hub.ask("verify")["ok"])
        hub.end()
        shutil.rmtree(self.path("hub"))
        self.copy("old-hub", "hub")
        if os.path.exists(self.path("hub", "erased.list")):
            os.remove(self.path("hub", "erased.list"))
        check("(the old folder has it)", self.found("hub"))
        hub.run()

        def gone():
            a.tool("sync", ok=range(0, 30))
            return not self.found("hub")
        wait_for("the communes to give the order back", gone)
        check("an old folder of the hub learns it from a commune", True)
        a.sync()
        check("the commune has nothing of it", not self.found(a.name))
        check("the log verifies", hub.ask("verify")["ok"])

    def run(self):
        self.go(self.begin, self.plant, self.old_copies, self.order, self.follow, self.old_bundles,
                self.old_nodes, self.old_hub)
        for p in (self.a, self.hub):
            p.end()
        for name in ("hub", self.a.name, self.b.name):
            check("nothing of it in " + name + " after the end", not self.found(name))


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Erased(world).run()))
