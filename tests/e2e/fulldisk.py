#!/usr/bin/env python3
"""A hub and a node on a disk that is full: they say so, keep what was saved, and go on by themselves. And a disk
that can only be read, and a database that somebody moves while it is open: nothing is called saved.

  fulldisk.py BUILD_DIR

Needs root for a small tmpfs in a mount namespace of its own; prints SKIP and ends with 77 elsewhere.
"""
import os
import subprocess
import sys
import tempfile

from world import ROOT, TOOL_S, Failed, World, listening, on_signals, wait_for

SIZE = "6m"
# Room a node starts in, in KiB: none, enough for its own files but not for its tables, enough for some of them.
LEFT_KIB = (0, 36, 72, 144, 288)


def fill():
    with open("fill", "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"\0" * 4096)
        except OSError:
            pass
    if os.statvfs(".").f_bavail != 0:
        raise Failed("the disk is not full")


def put(node, title, ok):
    return node.tool("put", "--type", "person", "full_name=" + title, ok=ok)


def runs(node):
    return listening(os.path.join(node.name, "dongbo.sock"))


def little(node, left_kib):
    """The node starts on a disk with little room and then gets more: it saves without being started anew."""
    fill()
    os.truncate("fill", os.path.getsize("fill") - left_kib * 1024)
    seen = len(node.log())
    node.start()
    wait_for("the node to start or to say that the disk is full",
             lambda: runs(node) or "full" in node.log()[seen:].lower() or not node.alive())
    os.remove("fill")
    wait_for("the node to go on", lambda: runs(node) or not node.alive())
    put(node, "Còn %d KiB" % left_kib, ok=(0,))
    node.end()


def refused(words, program, *args):
    """The tool says why, in words, and ends with 1."""
    p = subprocess.run([program.binary, *args, "--data", program.name], env=program.world.env, capture_output=True,
                       timeout=TOOL_S, check=False)
    if p.returncode != 1 or words not in p.stderr.decode():
        raise Failed("%s %s: %d %s" % (program.name, args[0], p.returncode, p.stderr.decode()))


def read_only(node, hub):
    """A disk that the system has turned to read-only: said by tools and daemons; later all is as before."""
    subprocess.run(["mount", "-o", "remount,ro", "."], check=True)
    refused("Không ghi được vào thư mục dữ liệu", node, "put", "--type", "person", "full_name=Chỉ đọc")
    refused("Không ghi được vào thư mục dữ liệu", node, "run")
    refused("Không ghi được vào thư mục dữ liệu", hub, "run")
    subprocess.run(["mount", "-o", "remount,rw", "."], check=True)
    put(node, "Lại ghi được", ok=(0,))


def moved(node):
    """Somebody moves the database under the daemon: no save is called done that would go with it."""
    node.run()
    data = os.path.join(node.name, "node.db")
    os.rename(data, data + ".away")
    refused("Tệp dữ liệu đã bị dời", node, "put", "--type", "person", "full_name=Vào chỗ không")
    os.rename(data + ".away", data)
    put(node, "Tệp đã về", ok=(0,))
    node.end()


def verify_needs_room(hub):
    """Verifying makes all of the log again beside the database: without room it says so, and nothing else suffers."""
    fill()
    os.truncate("fill", os.path.getsize("fill") - 900 * 1024)  # for the hub itself, and less than verifying asks for
    refused("Chưa kiểm tra được vì ổ đĩa thiếu chỗ", hub, "verify")
    os.remove("fill")
    if not hub.ask("verify")["ok"]:
        raise Failed("the hub does not verify with room again")


def restore_needs_room(program, away):
    """Without a daemon: the tool says what is missing, what is safe, what next; the present data stay as they are."""
    copy = os.path.join(away, program.name + ".backup")
    program.tool("backup", copy)
    program.end()
    data = os.path.join(program.name, "hub.db" if program is program.world.hub else "node.db")
    with open(data, "rb") as f:
        before = f.read()
    there = sorted(os.listdir(program.name))
    for left_kib in (0, 64, 256):
        fill()
        os.truncate("fill", os.path.getsize("fill") - left_kib * 1024)
        refused("Ổ đĩa thiếu chỗ để chép vào và kiểm tra bản sao lưu. Chưa thay đổi gì", program, "restore", copy)
        os.remove("fill")
        with open(data, "rb") as f:
            if f.read() != before or sorted(os.listdir(program.name)) != there:
                raise Failed(program.name + ": a restore that failed left something: %s" % os.listdir(program.name))
    program.run()


def work(build, folder, away):
    catalogue = os.path.join(ROOT, "tests/sim/catalogue")
    os.chdir(folder)
    with World(build, folder) as w, tempfile.TemporaryDirectory(prefix="dongbo-full-logs-", dir=away) as w.logs:
        w.hub.init("735", "Huyện Vĩnh Cửu", catalogue)
        w.hub.run()
        node = w.node("26176")
        node.join()
        node.tool("sync", ok=(0, 14))
        put(node, "Trước khi đầy", ok=(0,))
        w.hub.end()
        fill()
        # tools: the reason is said; reading goes on where it needs no new file
        node.tool("list", "--type", "person")
        put(node, "Khi đầy", ok=(1,))
        p = subprocess.run([w.hub.binary, "status", "--data", "hub", "--json"], env=w.env, capture_output=True,
                           timeout=TOOL_S, check=False)
        if p.returncode != 1 or b"FULL" not in p.stderr:
            raise Failed("the hub on a full disk: %d %s" % (p.returncode, p.stderr.decode()))
        # daemons: they wait, and go on when there is room
        fill()  # what the tools gave back
        w.hub.start()
        wait_for("the hub to say it", lambda: "full" in w.hub.log().lower())
        node.start()
        if not w.hub.alive() or not node.alive():
            raise Failed("a daemon ended on a full disk\n" + w.hub.log() + node.log())
        os.remove("fill")
        wait_for("the hub to go on", lambda: w.hub.log().count("evt=hub.ready") >= 2)
        wait_for("the node to go on", lambda: runs(node))
        put(node, "Sau khi có chỗ", ok=(0,))
        node.end()
        for left_kib in LEFT_KIB:
            little(node, left_kib)
        w.hub.end()
        read_only(node, w.hub)
        moved(node)
        w.hub.run()
        verify_needs_room(w.hub)
        restore_needs_room(w.hub, w.logs)
        node.run()
        restore_needs_room(node, w.logs)
        names = {r["values"]["full_name"] for r in node.ask("list", "--type", "person")["rows"]}
        saved = {"Trước khi đầy", "Sau khi có chỗ", "Lại ghi được", "Tệp đã về"}
        if names != saved | {"Còn %d KiB" % k for k in LEFT_KIB}:
            raise Failed("the node has %s" % names)
        for verb in (w.hub, node):
            if not verb.ask("verify")["ok"]:
                raise Failed(verb.name + " does not verify")
    print("a full disk: said, kept, recovered without hands")


def main():
    on_signals()
    if len(sys.argv) == 2:
        if os.geteuid() != 0:
            print("SKIP: a small tmpfs needs root")
            sys.exit(77)
        with tempfile.TemporaryDirectory(prefix="dongbo-full-") as folder:
            p = subprocess.run(["unshare", "-m", sys.executable, "-B", os.path.abspath(__file__), sys.argv[1],
                                folder], check=False)
        sys.exit(p.returncode)
    build, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    p = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", folder], check=False)
    if p.returncode != 0:
        print("SKIP: no tmpfs can be mounted here")
        sys.exit(77)
    work(build, folder, os.path.dirname(folder))  # what the daemons say needs room elsewhere


if __name__ == "__main__":
    try:
        main()
    except Failed as e:
        print("FAILED: %s" % e)
        sys.exit(1)
