#!/usr/bin/env python3
"""Attachments between real processes: sent behind the records, resumed, fetched, erased.

  attach.py BUILD_DIR [--dir DIR]

A hub and two PCs of one commune, the first behind a slow line. A picture is attached; while it travels the program is
killed, the line is cut, and a record is saved: the record is delivered long before the picture. The second PC
fetches it. By file it goes as well. A person moves to another commune and takes a picture along that was on its
way. Then the first one's person is erased, and no file of any folder has a byte of it.
"""
import hashlib
import os
import signal
import subprocess
import sys

from shim import Proxy
from world import ROOT, Story, check, free_port, play, wait_for

UNIT, OTHER, BLOCK, AHEAD = "26170", "26188", 32768, 2
SIZE = 20 * BLOCK + 77


def picture(seed, size):
    """A JPEG by its segments: one scan of coded lines that look like nothing else."""
    lines = hashlib.shake_256(b"%d" % seed).digest(size - 8).replace(b"\xff", b"\xfe")
    return b"\xff\xd8\xff\xda\x00\x02" + lines + b"\xff\xd9"


class Attached(Story):
    asked = None  # a session that nudge() began

    def files(self, node):
        return node.status()["attachments"]

    def at_hub(self, rid):
        rows = self.hub.ask("attach", "list", rid)["attachments"]
        return rows[0]["here"] if rows else 0

    def put(self, node, name):
        return node.ask("put", "--type", "person", "full_name=" + name, "sex=female")["id"]

    def settle(self, node):
        def done():
            node.tool("sync", ok=range(0, 30))
            s = node.status()
            return s["log"]["waiting"] == 0 and s["attachments"]["waiting"] == 0 and s["attachments"]["fetching"] == 0
        wait_for("%s to deliver" % node.name, done)

    def second_pc(self):
        """Another PC of the same commune."""
        node = self.w.node(UNIT)
        node.name = "may-2"
        return node

    def begin(self):
        port = free_port()
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), port)
        self.hub.run()
        self.line = Proxy(port)
        self.a = self.w.node(UNIT)
        self.b = self.second_pc()
        self.w.nodes["a"] = self.a
        for node in (self.a, self.b):
            node.join()
        self.a.address("127.0.0.1:%d" % self.line.port)
        self.a.run()
        self.b.run()
        self.settle(self.a)
        self.settle(self.b)
        self.one = self.put(self.a, "Kiều Trăng Khuyết")
        self.data = picture(1, SIZE)
        self.write_file("anh.jpg", self.data)

    def limits(self):
        self.write_file("lon.jpg", picture(2, 4 * 1024 * 1024 + 1))
        self.write_file("chu.txt", b"MZ this is no picture")
        self.a.tool("attach", "add", self.one, "lon.jpg", ok=range(1, 30))
        self.a.tool("attach", "add", self.one, "chu.txt", ok=range(1, 30))
        self.a.tool("attach", "add", "0" * 32, "anh.jpg", ok=range(1, 30))
        check("what is too large, of no kind, or of no record is refused", self.files(self.a)["files"] == 0)

    def nudge(self, node):
        """Ask for a session without waiting for its end; None."""
        if self.asked is None or self.asked.poll() is not None:
            self.asked = subprocess.Popen([node.binary, "sync", "--data", node.name], cwd=self.w.dir, env=self.w.env,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.DEVNULL)

    def killed(self):
        """kill -9 in the middle: what was on its way is sent again, and no more."""
        before = self.line.total[0]
        self.line.allowed = before + 5 * BLOCK  # no further, however fast the machine is
        self.pic = self.a.ask("attach", "add", self.one, "anh.jpg")["id"]
        check("it waits, and says so", self.files(self.a)["waiting"] == 1)
        at = 0
        for how in ("node", "hub", "line"):
            wait_for("some blocks more", lambda at=at: self.at_hub(self.pic) > at + BLOCK or self.nudge(self.a))
            if how == "node":
                self.a.end(how=signal.SIGKILL)
                self.a.run()
            elif how == "hub":
                self.hub.end(how=signal.SIGKILL)
                self.hub.run()
            else:
                self.line.drop_all()
            check("it is not delivered before the hub has it all (%s)" % how, self.files(self.a)["waiting"] == 1)
            at = self.at_hub(self.pic)  # before it may go on
            self.line.allowed = self.line.total[0] + 6 * BLOCK
        self.line.allowed = None
        self.settle(self.a)
        sent = self.line.total[0] - before
        # each of the three costs at most the blocks under way, and what a session says otherwise
        check("three deaths cost at most what was under way (%d bytes for %d)" % (sent, SIZE),
              sent < SIZE + 3 * AHEAD * BLOCK + 30000)
        self.hub.tool("attach", "get", self.pic, "ra.jpg")
        check("the hub has it byte for byte", self.read_file("ra.jpg") == self.data)
        check("it is delivered", self.files(self.a)["delivered"] == 1)

    def behind_records(self):
        """A record that is saved while a picture travels does not wait for it."""
        self.line.allowed = self.line.total[0] + 4 * BLOCK
        self.write_file("anh2.jpg", picture(3, SIZE))
        second = self.a.ask("attach", "add", self.one, "anh2.jpg")["id"]
        wait_for("the picture to be on its way", lambda: self.at_hub(second) > 0)
        self.put(self.a, "Người Vội")
        self.line.allowed += 3 * BLOCK  # what is under way, and a session: never all of the picture
        wait_for("the record to be delivered", lambda: self.a.status()["log"]["waiting"] == 0)
        check("the record was delivered while the picture was on its way", self.at_hub(second) < SIZE)
        self.line.allowed = None
        self.settle(self.a)

    def fetched(self):
        self.settle(self.b)
        rows = self.b.ask("attach", "list", self.one)["attachments"]
        check("the other PC knows of both and has no byte of them",
              len(rows) == 2 and all(r["state"] == "at_hub" and r["here"] == 0 for r in rows))
        self.b.tool("attach", "get", self.pic, "noch-nicht.jpg", ok=range(1, 30))
        check("what is not here is asked for", not os.path.exists(self.path("noch-nicht.jpg")))

        def here():
            self.b.tool("sync", ok=range(0, 30))
            self.b.tool("attach", "get", self.pic, "ve.jpg", ok=range(0, 30))
            return self.b.code == 0
        wait_for("the picture to come", here)
        check("it comes byte for byte", self.read_file("ve.jpg") == self.data)

    def by_file(self):
        """The lane of a bundle: a PC without a network."""
        b = self.b
        b.end()
        b.address("127.0.0.1:%d" % free_port())
        self.write_file("giay.pdf", b"%PDF-1.7" + picture(4, 3 * BLOCK))
        third = b.ask("attach", "add", self.one, "giay.pdf")["id"]
        b.tool("bundle", "out", "di.dongbo")
        self.hub.tool("bundle", "in", "di.dongbo", "--out", "ve.dongbo")
        check("a file of the stick is at the hub", self.at_hub(third) == 3 * BLOCK + 8)
        check("it waits until the hub's answer is here", self.files(b)["waiting"] == 1)
        b.tool("bundle", "in", "ve.dongbo", ok=(0, 3, 14))
        check("then it is delivered", self.files(b)["waiting"] == 0)
        self.write_file("kia.jpg", picture(6, BLOCK))
        other = self.a.ask("attach", "add", self.one, "kia.jpg")["id"]
        self.settle(self.a)
        b.tool("bundle", "out", "xin.dongbo")
        self.hub.tool("bundle", "in", "xin.dongbo", "--out", "xuong.dongbo")
        b.tool("bundle", "in", "xuong.dongbo")
        rows = {r["id"]: r for r in b.ask("attach", "list", self.one)["attachments"]}
        check("no file comes down by one: it is known, and at the hub",
              rows[other]["state"] == "at_hub" and rows[other]["here"] == 0)
        b.run()

    def moved(self):
        """A person moves to another commune while a picture is on its way: neither is lost."""
        a, c = self.a, self.w.node(OTHER)
        c.tool("init", "--name", "Máy")
        c.tool("join", self.hub.ask("invite", "--unit", OTHER)["invitation"])
        person = self.put(a, "Người Chuyển Đi")
        offer = a.ask("transfer", "offer", person, "--to", OTHER)["transfer"]
        self.settle(a)
        data = picture(5, SIZE)
        self.write_file("di.jpg", data)
        self.line.allowed = self.line.total[0] + 4 * BLOCK
        pic = a.ask("attach", "add", person, "di.jpg")["id"]
        wait_for("the picture to be on its way", lambda: self.at_hub(pic) > 0 or self.nudge(a))
        a.end()
        c.run()
        self.settle(c)
        c.tool("transfer", "accept", offer)
        self.settle(c)
        check("the hub has a part of the picture", 0 < self.at_hub(pic) < SIZE)
        rows = c.ask("attach", "list", person)["attachments"]
        check("the person brought it along", [r["id"] for r in rows] == [pic])
        self.line.allowed = None
        a.run()
        self.settle(a)
        check("what was on its way arrived behind the leave", self.at_hub(pic) == SIZE)

        def here():
            c.tool("sync", ok=range(0, 30))
            c.tool("attach", "get", pic, "den.jpg", ok=range(0, 30))
            return c.code == 0
        wait_for("the picture to come", here)
        check("the new commune has it byte for byte", self.read_file("den.jpg") == data)

        def gone():
            a.tool("sync", ok=range(0, 30))
            return not self.found(a.name, data)
        wait_for("the old commune to drop it", gone)
        c.end()

    def found(self, folder, data):
        """Does any file of the folder hold a piece of these bytes?"""
        needles = [data[i * BLOCK + 200:i * BLOCK + 232] for i in range(len(data) // BLOCK)]
        for where, _, names in os.walk(self.path(folder)):
            for name in names:
                try:
                    with open(os.path.join(where, name), "rb") as f:
                        content = f.read()
                except OSError:
                    continue
                if any(n in content for n in needles):
                    return True
        return False

    def erased(self):
        folders = ["hub", self.a.name, self.b.name]
        check("the bytes are in all three folders", all(self.found(f, self.data) for f in folders))
        self.b.end()
        an, binh = self.officer("Nguyễn Thị An"), self.officer("Trần Bình")
        got = self.hub.ask("erase", "propose", self.one, "--basis", "Đơn số 12", *an)
        self.hub.ask("erase", "approve", got["id"][:12], *binh)
        check("the person's order takes the pictures along: none at the hub", not self.found("hub", self.data))
        self.hub.tool("attach", "get", self.pic, "nua.jpg", ok=range(1, 30))
        self.settle(self.a)
        wait_for("the wipe", lambda: not self.found(self.a.name, self.data))
        check("nor at the commune after its sync", self.files(self.a)["files"] == 0)
        self.b.address("127.0.0.1:%d" % self.line.port)
        self.b.run()
        self.settle(self.b)
        wait_for("the wipe", lambda: not self.found(self.b.name, self.data))
        check("nor at its other PC", self.files(self.b)["files"] == 0)
        check("the logs verify", self.hub.ask("verify")["ok"])

    def run(self):
        self.go(self.begin, self.limits, self.killed, self.behind_records, self.fetched, self.by_file,
                self.moved, self.erased)
        for p in (self.a, self.b, self.hub):
            p.end()
        self.line.close()


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Attached(world).run()))
