#!/usr/bin/env python3
"""Data of a newer version of the program under an older one: every verb of hub and commune that opens them says so,
which version this one is and what to install, ends with exit 2 and leaves the data as they are.

  newer.py BUILD_DIR
"""
import os
import re
import sqlite3
import sys

from world import ROOT, check, free_port, play

NEWER = 9999  # a schema that no version has yet
BOTH = (["status"], ["status", "--json"], ["verify"], ["list", "--type", "person"], ["backup", "copy.db"], ["run"])
HUB_VERBS = (*BOTH, ["nodes"])
NODE_VERBS = (*BOTH, ["sync"], ["open", "--no-browser"])


def schema(path, number=None):
    """The schema's number in the file; it is set where one is given."""
    db = sqlite3.connect(path)
    with db:
        if number is not None:
            db.execute("PRAGMA user_version=%d" % number)
        got = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return got


def refused(program, verb):
    program.tool(*verb, ok=(2,))
    for words in ("phiên bản chương trình mới hơn bản này", "hãy cài lại phiên bản đã dùng gần nhất",
                  "chưa thay đổi gì"):
        check("`%s` of %s says %r: %s" % (" ".join(verb), program.name, words, program.said), words in program.said)
    check("it says which version this is", re.search(r"bản này \(\d+\.\d+\.\d+\)", program.said))
    program.tool(*verb, "--lang", "en", ok=(2,))
    check("in English too: " + program.said, "install the version that was used last" in program.said)


def run(world):
    path = lambda *parts: os.path.join(world.dir, *parts)  # noqa: E731
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
    node = world.node("26170")
    world.hub.run()
    node.join()
    world.hub.end()
    copies = [path(name) for name in ("hub.copy", node.name + ".copy")]
    for program, database, verbs in ((world.hub, path("hub", "hub.db"), HUB_VERBS),
                                     (node, path(node.name, "node.db"), NODE_VERBS)):
        before = schema(database)
        program.tool("backup", path(program.name + ".copy"))
        schema(database, NEWER)
        for verb in verbs:
            refused(program, verb)
        check("the data are as they were", schema(database) == NEWER and not os.path.exists(path("copy.db")))
        schema(database, before)
        program.tool("status")
    for program, own, other, whose in ((world.hub, *copies, "của một máy xã"), (node, *copies[::-1], "của trung tâm")):
        program.tool("restore", other, "--check", ok=(12,))
        check("the other program's copy is called that: " + program.said, whose in program.said)
        program.tool("restore", own, "--check")
        schema(own, NEWER)
        program.tool("restore", own, "--check", ok=(2,))
        check("so is a newer one: " + program.said, "phiên bản mới hơn" in program.said)


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, a: run(world)))
