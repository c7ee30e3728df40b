#!/usr/bin/env python3
"""Money, scores and clocks with the real programs (docs/cases.md).

  cases.py BUILD_DIR

Cao Lãnh's allocation of 9,000,000 in two parts comes to its commune; the settlement does not add up, comes back with
a reason, is corrected and approved. The commune scores itself, the district appraises and publishes; what was
published can be recomputed, and stays when the commune changes a line. A step that may not be is refused on the spot.
"""
import hashlib
import os
import sys

from world import ROOT, check, play

COMMUNE = "29884"  # xã Mỹ Tân


def settle(node):
    node.tool("sync", ok=(0, 14))


def wrong(program, on):
    return sorted(c["check"] for c in program.ask("cases", "--on", on)["checks"])


def clock(program, name, on):
    return [r["state"] for r in program.ask("cases", "--all", "--clock", name, "--on", on)["rows"]]


def budget(w, node):
    put = lambda kind, *values: w.hub.ask("put", "--type", kind, *values)["id"]  # noqa: E731
    money = put("budget_allocation", "alloc_unit=" + COMMUNE, "year=2017", "model=no_prostitution", "amount=9.000.000",
                "settle_due_on=15/10/2017")
    for part in ("4.000.000", "5.000.000"):
        put("allocation_line", "allocation=" + money, "amount=" + part)
    settle(node)
    shown = node.ask("budget", "--year", "2017")["allocations"][0]
    check("the allocation is at the commune with its lines", shown["lines_sum"] == 9000000 and len(shown["lines"]) == 2)
    check("the clock runs to 15/10/2017 and is over on the 16th",
          clock(node, "K07", "2017-10-15") == ["soon"] and clock(node, "K07", "2017-10-16") == ["overdue"])
    paper = node.ask("put", "--type", "budget_settlement", "allocation=" + money, "spent=8.000.000", "state=none")["id"]
    told = node.tool("budget", "--year", "2017")
    check("the tool says the state in words", "quyết toán %s: Chưa quyết toán" % paper in told and "none" not in told)
    node.tool("budget", "submit", paper, ok=(1,))
    check("8,000,000 of 9,000,000 with nothing returned is not handed in", wrong(node, "2017-10-15") == ["M07"])
    node.tool("put", "--id", paper, "returned=1.000.000")
    node.tool("put", "--id", paper, "state=approved", ok=range(1, 126))
    node.tool("budget", "submit", paper, "--on", "2017-10-16")
    settle(node)
    w.hub.tool("budget", "return", paper, "--reason", "thiếu chứng từ")
    settle(node)
    back = node.ask("budget", "--year", "2017")["allocations"][0]["settlements"][0]
    check("it came back with the reason", (back["state"], back["return_reason"]) == ("returned", "thiếu chứng từ"))
    node.tool("budget", "submit", paper, "--on", "2017-10-16")
    settle(node)
    w.hub.tool("budget", "approve", paper, "--on", "2017-10-20")
    settle(node)
    back = node.ask("budget", "--year", "2017")["allocations"][0]["settlements"][0]
    check("handed in again, approved, and late", (back["state"], back["late"]) == ("approved", 1))
    check("hub and commune say the same of the clock",
          clock(node, "K07", "2017-10-30") == clock(w.hub, "K07", "2017-10-30") == ["done_late"])


def score(w, node):
    sheet = node.ask("score", "start", "--year", "2023")["id"]
    node.tool("score", "set", sheet, "D1=30", "D2=99,5", "D3=20", ok=(1,))
    check("what is wrong is named, and nothing is saved", "D2" in node.said and not [
        x for x in node.ask("score", "show", sheet)["lines"] if x.get("self_score")])
    node.tool("score", "set", sheet, "D1=30", "D2=12,5", "D3=20")
    check("a comma is a point", node.ask("score", "show", sheet)["lines"][1]["self_score"] == "12.5")
    node.tool("score", "set", sheet, "D2=25")
    node.tool("score", "submit", sheet, ok=(1,))
    node.tool("score", "set", sheet, "D4=15")
    node.tool("score", "submit", sheet)
    settle(node)
    w.hub.tool("score", "publish", sheet, ok=range(1, 126))
    w.hub.tool("score", "appraise", sheet, "D2=10", ok=range(1, 126))  # no reason
    w.hub.tool("score", "appraise", sheet, "D2=10", "--reason", "thiếu hồ sơ")
    w.hub.tool("score", "publish", sheet, "--on", "2023-12-01")
    settle(node)
    line = node.ask("score", "show", sheet)["lines"][1]
    check("the commune sees its score, the district's, the difference and the reason",
          (line["self_score"], line["district_score"], line["difference"], line["district_note"]) ==
          ("25", "10", "-15", "thiếu hồ sơ"))
    at_hub = w.hub.ask("score", "show", sheet)
    for told in (w.hub.tool("score", "show", sheet), w.hub.tool("score"), node.tool("score", "show", sheet)):
        check("tools of both sides say class and state in words",
              "Đã công bố" in told and not any(x in told for x in ("published", "not_reached", "neither")))
    digest = hashlib.blake2b(at_hub["frozen"].encode(), digest_size=32).hexdigest()
    check("what was published can be recomputed", digest == at_hub["digest"] and at_hub["same"] is True)
    node.tool("put", "--id", line["id"], "self_score=1", ok=range(1, 126))
    settle(node)
    later = w.hub.ask("score", "show", sheet)
    check("no line of a published sheet is changed, and the publication stays",
          later["same"] is True and later["frozen"] == at_hub["frozen"] and "P01" not in wrong(w.hub, "2023-12-31"))


def run(w):
    w.hub.init("866", "Phòng LĐTBXH thành phố Cao Lãnh", os.path.join(ROOT, "catalogue"))
    w.hub.run()
    node = w.node(COMMUNE)
    node.join()
    settle(node)
    budget(w, node)
    score(w, node)
    w.hub.end()
    w.hub.tool("verify")


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: run(world)))
