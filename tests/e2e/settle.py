#!/usr/bin/env python3
"""Conflicts settled with the tool as on the page: two PCs of a commune and the hub's own, the real programs.

  settle.py BUILD_DIR

They are listed, filtered, and settled by a rule that a person chose: first shown, saved with --yes alone; what stood
beside stays in the history. A deletion says why. A decision that two records are one person is listed and taken back.
"""
import os
import sys

from world import ROOT, Node, check, free_port, play

TRI_AN, TAN_BINH = "26176", "26194"


def put(program, *values, rid=None):
    return program.ask("put", *(["--id", rid] if rid else ["--type", "person", "sex=male"]), *values)["id"]


def value(hub, rid):
    return hub.ask("get", rid)["values"]["dob"]


def conflicts(hub, *more):
    return hub.ask("conflicts", *more, ok=(0, 14))["conflicts"]


def settle(hub, *more, ok=(0,)):
    return hub.ask("conflicts", "settle", *more, ok=ok)


def begin(w, a, b):
    """Three persons; a writes, b later without having seen it, a sends first. A fourth one is deleted meanwhile."""
    rows = [put(a, "full_name=Hồ Quốc %s" % n, "dob=1980") for n in ("An", "Ba", "Cả", "Dư")]
    a.sync()
    b.sync()
    b.end()
    for r in rows[:3]:
        put(a, "dob=1982", rid=r)
    a.ask("put", "--id", rows[3], "--delete", "--reason", "duplicate")
    for r in rows:
        put(b, "dob=1981", rid=r)
    a.sync()
    b.run()
    b.sync()
    check("four conflicts", {c["id"] for c in conflicts(w.hub)} == set(rows))
    return rows


def bulk(w, a, rows):
    hub = w.hub
    check("of this commune", len(conflicts(hub, "--unit", TRI_AN)) == 4)
    check("of another none, of another type none",
          conflicts(hub, "--unit", TAN_BINH) == conflicts(hub, "--type", "activity") == [])
    hub.tool("conflicts", "settle", "--take", "last", ok=(2,))
    hub.tool("conflicts", "settle", ok=(2,))
    hub.tool("conflicts", "merge", ok=(2,))
    shown = settle(hub, "--take", "newest", ok=(14,))
    check("first they are shown, and no deletion is among them: %s" % shown, shown["settled"] == 0
          and sorted((r["id"], r["field"], r["values"]) for r in shown["rows"])
          == sorted((r, "dob", 2) for r in rows[:3]))
    check("nothing was saved", len(conflicts(hub)) == 4)
    check("of another field none", settle(hub, "--take", "newest", "--field", "full_name", "--yes")["rows"] == [])
    hub.tool("resolve", rows[2], "--field", "dob", "--take", "first")
    check("one by the rule: what came first", value(hub, rows[2]) == "1982")
    said = hub.tool("conflicts", "settle", "--take", "newest", "--unit", TRI_AN, "--yes")
    check("the others with one command: " + said, "2 trong 2 trường" in said)
    check("the values written last", value(hub, rows[0]) == value(hub, rows[1]) == "1981")
    check("the deletion waits for a person", [c["id"] for c in conflicts(hub)] == [rows[3]])
    a.sync()
    check("the commune has it", a.ask("get", rows[0])["conflicts"] == 0)
    check("nothing is lost: what stood beside is in the history",
          "1982" in str(a.ask("history", rows[0])["events"]))


def deletion(w, rid):
    said = w.hub.tool("conflicts", "show", rid, ok=(14,))
    check("a deletion in conflict says why: " + said, "xóa (lý do: Trùng với hồ sơ khác)" in said)
    w.hub.tool("resolve", rid, "--keep")
    check("kept", conflicts(w.hub) == [])


def merge(w, a, other):
    hub = w.hub
    one, two = (put(n, "full_name=Lê Văn Một", "dob=1970-05-06", "national_id=075070123456") for n in (a, other))
    a.sync()
    other.sync()
    pairs = lambda *more: hub.ask("conflicts", *more, ok=(0, 14))["pairs"]  # noqa: E731
    check("a pair", len(pairs()) == 1 and len(pairs("--unit", TAN_BINH)) == 1 and pairs("--type", "activity") == [])
    check("no rule merges persons", settle(hub, "--take", "newest", "--yes")["rows"] == [] and len(pairs()) == 1)
    link = hub.ask("resolve", pairs()[0]["id"], "--same")["id"]
    check("decided", pairs() == [])
    said = hub.tool("conflicts", "links")
    check("the decision is listed: " + said, link in said and one in said and two in said and "một người" in said)
    hub.tool("resolve", one, "--undo", ok=(1,))
    check("a person is no decision: " + hub.said, "conflicts links" in hub.said and not hub.ask("get", one)["deleted"])
    hub.tool("resolve", link, "--undo")
    check("taken back: the pair is asked again", len(pairs()) == 1 and hub.ask("conflicts", "links")["rows"] == [])


def run(w):
    w.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
    w.hub.run()
    a, b, other = w.node(TRI_AN), Node(w, TRI_AN, "may2"), w.node(TAN_BINH)
    for n in (a, b, other):
        n.join()
        n.run()
        n.sync()
    rows = begin(w, a, b)
    bulk(w, a, rows)
    deletion(w, rows[3])
    merge(w, a, other)
    b.end()
    w.hub.end()
    w.hub.tool("verify")


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: run(world)))
