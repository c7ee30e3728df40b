#!/usr/bin/env python3
"""References that lead nowhere, with the real programs (docs/cases.md): two PCs of a commune, one of another.

  refs.py BUILD_DIR

Who deletes a person that a case names is told so and may; the case is named at the commune, at the hub, and before a
period is closed, until somebody puts it right. An id that nobody has is told after 30 days. What moved away with a
person, and what an order erased (erase.py), is no mistake.
"""
import os
import sys

from world import ROOT, Node, check, free_port, play

TRI_AN, TAN_BINH = "26176", "26194"
NOBODY = "0" * 32
LATER = "2099-01-01"
CASE = ["status=addict", "in_list=1"]


def broken(program, *more):
    return sorted((c["check"], c["record"], c["field"]) for c in program.ask("cases", *more)["checks"]
                  if c["check"].startswith("ref_"))


def doubts(hub):
    return sorted((d["id"], d["field"], d["why"]) for d in hub.ask("doubts")["rows"])


def deleted(w, a, second):
    person = a.ask("put", "--type", "person", "full_name=Hồ Quốc An", "sex=male")["id"]
    case = a.ask("put", "--type", "drug_case", "person=" + person, *CASE)["id"]
    check("nothing is wrong", broken(a, "--on", LATER) == [])
    delete = ["put", "--id", person, "--delete", "--reason", "mistake"]
    said = a.tool(*delete)
    check("who deletes is told that a case names the person: " + said, "1 hồ sơ khác vẫn nhắc tới" in said)
    there = [("ref_deleted", case, "person")]
    check("the commune sees the case: %s" % broken(a), broken(a) == there)
    check("and so it says: " + a.tool("cases"), "ref_deleted" in a.tool("cases") and person in a.tool("cases"))
    check("in the record too: " + a.tool("get", case), "đã bị xóa" in a.tool("get", case))
    a.sync()
    second.sync()
    for program in (second, w.hub):
        check("the others see it: %s" % broken(program), broken(program) == there)
    check("the hub counts it before a closing: %s" % doubts(w.hub), doubts(w.hub) == [(case, "person", "deleted")])
    close = w.hub.ask("close", "--report", "RP04", "--period", "2023-6M")
    check("and in what the closing says: %s" % close["doubts"], close["doubts"]["records"] == 1)
    check("no name is said", "Quốc" not in w.hub.tool("doubts") + w.hub.tool("cases"))
    w.hub.tool("put", "--id", person, "--restore")
    a.sync()
    for program in (a, w.hub):
        check("put right, it is gone: %s" % broken(program), broken(program) == [])
    said = w.hub.tool(*delete)
    check("the hub's own deletion says it too: " + said, "1 hồ sơ khác vẫn nhắc tới" in said)
    w.hub.tool("put", "--id", case, "--delete", "--reason", "mistake")
    a.sync()
    check("nor does a deleted case name anybody", broken(a) == broken(w.hub) == [])


def unknown(w, a):
    case = a.ask("put", "--type", "drug_case", "person=" + NOBODY, *CASE)["id"]
    a.sync()
    for program in (a, w.hub):
        check("it may still come", broken(program) == [])
        check("after 30 days it is told", broken(program, "--on", LATER) == [("ref_unknown", case, "person")])
    a.ask("put", "--id", case, "--delete", "--reason", "mistake")
    a.sync()


def moved(w, a, second, other):
    """A case of class 3 goes with its person and leaves nothing; what stays at the giver still names both."""
    child = a.ask("put", "--type", "person", "full_name=Lê Thị Bé", "sex=female")["id"]
    case = a.ask("put", "--type", "child_case", "person=" + child, "from_on=2023-01-05", "at_risk=1")["id"]
    a.ask("put", "--type", "referral", "client=" + child, "child_case=" + case, "on_date=2023-02-01", "state=sent",
          "to_unit=" + TAN_BINH)
    a.sync()
    second.sync()
    offer = a.ask("transfer", "offer", child, "--to", TAN_BINH)["transfer"]
    a.sync()
    other.sync()
    other.tool("transfer", "accept", offer)
    other.sync()
    for n in (a, second):
        n.sync()
        n.tool("get", case, ok=range(1, 126))
        check("what moved away is no mistake: %s" % broken(n, "--on", LATER), broken(n, "--on", LATER) == [])
    check("nor at the hub", broken(w.hub, "--on", LATER) == [])


def run(w):
    port = free_port()
    w.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), port)
    w.hub.run()
    a, other, second = w.node(TRI_AN), w.node(TAN_BINH), Node(w, TRI_AN, "may2")
    for n in (a, other, second):
        n.join()
        n.run()
        n.sync()
    deleted(w, a, second)
    unknown(w, a)
    moved(w, a, second, other)
    second.end()
    w.hub.end()
    w.hub.tool("verify")


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: run(world)))
