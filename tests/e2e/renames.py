#!/usr/bin/env python3
"""A file whose folder was not synced may vanish, or come back, when the power fails (fault S3). Under real programs
every rename is looked at: what got a name was synced, and the very next thing that thread syncs is the folder.

  renames.py BUILD_DIR

Hub and commune are made, work, back up, close a period, export it, restore; keys, configurations, certificates,
bundles, backups and exported files all get their names meanwhile.
"""
import os
import sys

from world import ROOT, check, free_port, play

UNIT = "26170"


def events(path):
    """What each thread did, in order: (what, inode, name)."""
    threads = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            thread, what, inode, name = line.rstrip("\n").split(" ", 3)
            threads.setdefault(thread, []).append((what, int(inode), name))
    return threads


def look(threads):
    """Those that are not as they must be, and all names that were given."""
    bad, named = [], set()
    synced = {inode for v in threads.values() for what, inode, _ in v if what == "file"}
    for v in threads.values():
        for i, (what, inode, name) in enumerate(v):
            if what != "named":
                continue
            named.add(name)
            behind = v[i + 1] if i + 1 < len(v) else ("nothing", 0, "")
            if behind[0] != "folder" or behind[2] != os.path.dirname(name):
                bad.append("%s, then %s %s" % (name, behind[0], behind[2]))
            if inode not in synced:
                bad.append("%s was not synced" % name)
    return bad, named


def work(world):
    hub = world.hub
    hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
    hub.run()
    node = world.node(UNIT)
    node.join()
    node.run()
    node.tool("put", "--type", "person", "full_name=Tên", "sex=female")
    node.sync()
    node.tool("backup", os.path.join(world.dir, "backup-node"))
    hub.tool("backup", "backup-hub")
    node.tool("bundle", "out", "a.dongbo")
    hub.tool("bundle", "in", "a.dongbo", "--out", "b.dongbo")
    issue = hub.ask("close", "--report", "RP04", "--period", "2023-6M")["id"]
    hub.tool("export", "--issue", str(issue), "--out", "out")
    node.end()
    hub.end()
    hub.tool("restore", "backup-hub", ok=(0, 3))


def run(world):
    log = os.path.join(world.dir, "renames.log")
    world.env.update(LD_PRELOAD=os.path.join(world.build, "tests", "e2e", "librenames.so"), RENAMES_LOG=log,
                     ASAN_OPTIONS="verify_asan_link_order=0")
    work(world)
    threads = events(log)
    bad, named = look(threads)
    check("each of %d names is synced with its folder: %s" % (len(named), bad), not bad)
    short = {os.path.relpath(n, os.path.realpath(world.dir)) for n in named}
    for what in ("hub/hub.db", "backup-hub", "backup-node", "a.dongbo", "b.dongbo"):
        check("%s is one of them" % what, what in short)
    check("and exported files", any(n.startswith("out/") for n in short))
    made = [(os.stat(p).st_ino, os.path.realpath(p)) for d in ("hub", node_name()) for p in keys(world, d)]
    follows = {(v[i][1], v[i + 1][2]) for v in threads.values() for i in range(len(v) - 1)
               if v[i][0] == "file" and v[i + 1][0] == "folder"}
    bad = [p for inode, p in made if p not in named and (inode, os.path.dirname(p)) not in follows]
    check("each of %d keys is one of them, or is synced and then its folder: %s" % (len(made), bad),
          len(made) > 5 and not bad)


def node_name():
    return "xa" + UNIT


def keys(world, folder):
    top = os.path.join(world.dir, folder, "keys")
    return [os.path.join(top, name) for name in sorted(os.listdir(top))]


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: run(world)))
