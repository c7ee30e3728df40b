#!/usr/bin/env python3
"""The page of who never sees a terminal: `dongbo-node open`.

  open.py BUILD_DIR [--dir DIR]

In a home folder of its own, with a browser that only writes down what it was asked to show: the first start makes the
folder and starts the daemon, and the page that it opens carries the code of the first login, which no argument of a
program tells. Opened again, by three at once after a power cut, with its port taken, its database broken, no
browser at hand; and at the login of a PC that has no data.
"""
import argparse
import http.client
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile

from world import TOOL_S, Failed, bound, check, on_signals, wait_for

BROWSER = """#!/bin/sh
case "$1" in *.html) cp "$1" "$OPENED.html" ;; esac
printf '%s\\n' "$1" >>"$OPENED"
"""


def daemons(data):
    """Numbers of the daemons of this data folder."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/cmdline" % name, "rb") as f:
                words = f.read().split(b"\0")
        except (OSError, ValueError):
            continue
        if b"run" in words and data.encode() in words and b"--data" in words:
            found.append(int(name))
    return found


class Story:
    def __init__(self, build, folder):
        self.binary = os.path.join(os.path.abspath(build), "dongbo-node")
        self.dir = os.path.abspath(folder)
        self.home, self.bin = os.path.join(self.dir, "nhà của Lan"), os.path.join(self.dir, "bin")
        self.data, self.opened = os.path.join(self.home, "dongbo-data"), os.path.join(self.dir, "opened")
        self.env = dict(os.environ, HOME=self.home, PATH=self.bin + ":" + os.environ["PATH"], OPENED=self.opened)
        os.makedirs(self.home)
        os.makedirs(self.bin)
        with open(os.path.join(self.bin, "xdg-open"), "w", encoding="ascii") as f:
            f.write(BROWSER)
        os.chmod(f.name, 0o755)

    def open(self, *args, ok=0, env=None):
        p = subprocess.run([self.binary, "open", *args], cwd=self.dir, env=env or self.env, stdin=subprocess.DEVNULL,
                           capture_output=True, timeout=TOOL_S, check=False)
        said = p.stdout.decode() + p.stderr.decode()
        if p.returncode != ok:
            raise Failed("open %s: exit %d\n%s" % (" ".join(args), p.returncode, said))
        return said

    def shown(self, count=0):
        """What the browser was asked to show since the last question; that many pages are waited for."""
        def lines():
            with open(self.opened, encoding="utf-8") as f:
                return f.read().count("\n")
        if count > 0:
            wait_for("the browser", lambda: os.path.exists(self.opened) and lines() >= count)
        if not os.path.exists(self.opened):
            return []
        with open(self.opened, encoding="utf-8") as f:
            lines = f.read().splitlines()
        os.remove(self.opened)
        return lines

    def page(self):
        with open(self.opened + ".html", encoding="utf-8") as f:
            return f.read()

    def conf(self, listen):
        os.makedirs(self.data, exist_ok=True)
        with open(os.path.join(self.data, "dongbo.conf"), "w", encoding="ascii") as f:
            f.write("[desk]\nlisten = %s\n" % listen)

    def stop(self, how=signal.SIGTERM):
        running = daemons(self.data)
        for pid in running:
            os.kill(pid, how)
        wait_for("the daemon to end", lambda: not daemons(self.data))
        return running

    # ---- the steps ----

    def nobodys_pc(self):
        self.open("--background")
        check("at the login of a PC without data nothing is made", os.listdir(self.home) == [])
        check("and no page is shown", self.shown() == [])

    def first_start(self):
        self.conf("127.0.0.1:0")
        self.open()
        files = self.shown(1)
        check("one page is shown", files == [os.path.join(self.data, "run", "open.html")])
        mode = stat.S_IMODE(os.stat(files[0]).st_mode)
        check("that only its owner reads", mode == 0o600)
        m = re.search(r"url=http://127\.0\.0\.1:(\d+)/#first=([0-9a-f]{16})\"", self.page())
        check("it leads to the desk, with the code behind the #", m is not None)
        self.port, code = int(m[1]), m[2]
        words = b"".join(open("/proc/%d/cmdline" % p, "rb").read() for p in daemons(self.data))
        check("no program's arguments tell the code", code.encode() not in words)
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TOOL_S)
        link.request("GET", "/api/session")
        csrf = json.loads(link.getresponse().read())["csrf"]
        link.request("POST", "/api/first",
                     json.dumps({"code": code, "name": "Nguyễn Thị Lan", "password": "mat khau dai"}),
                     {"Origin": "http://127.0.0.1:%d" % self.port, "X-Dongbo-Csrf": csrf,
                      "Content-Type": "application/json"})
        reply = link.getresponse()
        check("whose holder becomes the first user", reply.status == 200 and reply.read() != b"")
        link.close()

    def again(self):
        before = daemons(self.data)
        said = json.loads(self.open("--json"))
        url = "http://127.0.0.1:%d/" % self.port
        check("opened again, the same daemon answers", daemons(self.data) == before and len(before) == 1)
        check("and the page is shown without a code",
              said == {"url": url, "first": False, "started": False, "shown": True} and self.shown(1) == [url])
        log = os.path.join(self.data, "run", "node.log")
        with open(log, encoding="utf-8") as f:
            check("what it does is in its log", "evt=daemon.started" in f.read())

    def three_at_once(self):
        self.stop(signal.SIGKILL)
        tools = [subprocess.Popen([self.binary, "open", "--json"], cwd=self.dir, env=self.env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
        said = [t.communicate(timeout=TOOL_S) for t in tools]
        if any(t.returncode for t in tools):
            raise Failed("open: %s" % said)
        wait_for("one daemon", lambda: len(daemons(self.data)) == 1)
        check("after a power cut, opened three times at once: one daemon, one address",
              len({json.loads(out)["url"] for out, _ in said}) == 1)
        self.shown(3)

    def at_login(self):
        self.stop()
        self.open("--background")
        check("at the login of a PC with data the daemon runs", len(daemons(self.data)) == 1)
        check("and no page is shown", self.shown() == [])
        said = self.open("--no-browser")
        check("--no-browser says the address and shows nothing", "http://127.0.0.1:" in said and self.shown() == [])

    def no_browser(self):
        os.rename(os.path.join(self.bin, "xdg-open"), os.path.join(self.bin, "aside"))
        env = dict(self.env, PATH=self.bin)
        check("without a browser the address is said", "hãy mở địa chỉ" in self.open(env=env))
        os.rename(os.path.join(self.bin, "aside"), os.path.join(self.bin, "xdg-open"))

    def port_taken(self):
        self.stop()
        with bound(0) as other:
            other.listen()
            self.conf("127.0.0.1:%d" % other.getsockname()[1])
            said = self.open(ok=2)
        check("when the port is another program's, that is said", "cổng đang bận" in said)
        check("on a page too", len(self.shown(1)) == 1 and "cổng đang bận" in self.page())
        self.stop()
        self.conf("127.0.0.1:0")

    def damaged(self):
        path = os.path.join(self.data, "node.db")
        with open(path, "r+b") as f:
            f.write(b"<b>not a database</b>" * 50)
        before = open(path, "rb").read()
        self.open(ok=1)
        check("a broken database: the daemon's own words stand on the page",
              len(self.shown(1)) == 1 and "Dong Bo did not open" in self.page() and "hỏng" in self.page())
        check("and the file stays as it is, for who mends it", open(path, "rb").read() == before)
        check("nothing runs", daemons(self.data) == [])

    def run(self):
        try:
            for step in (self.nobodys_pc, self.first_start, self.again, self.three_at_once, self.at_login,
                         self.no_browser, self.port_taken, self.damaged):
                print("--- " + step.__name__, flush=True)
                step()
        finally:
            self.stop(signal.SIGKILL)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build")
    p.add_argument("--dir")
    a = p.parse_args()
    on_signals()
    with tempfile.TemporaryDirectory(prefix="dongbo-open-") as folder:
        try:
            Story(a.build, a.dir or folder).run()
        except Failed as e:
            print("FAILED: %s" % e, file=sys.stderr)
            return 1
    return 0


sys.exit(main())
