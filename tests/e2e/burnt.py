#!/usr/bin/env python3
"""The hub's machine is gone: what comes back from a copy of its first day, the keys in the safe, and the communes.

  burnt.py BUILD_DIR

On the day of `init` the folder's config, keys and certificates went to the safe with one backup. Work later the
folder is gone and there is no newer backup. On a new machine the copy is restored beside the keys: communes that the
copy never heard of sync as on any day, are enrolled again by their certificates, and every save that was confirmed is
there again, the district's own edit of a commune's record too, which that commune had, and the officers, who were
recorded after the copy was made: two of them confirm the restore, and one alone cannot.
"""
import os
import sqlite3
import shutil
import sys

from world import ROOT, Story, check, free_port, play, wait_for

UNITS = ("26170", "26173")


def save(node, name):
    node.tool("put", "--type", "person", "full_name=" + name, "sex=female")


def people(world):
    rows = world.hub.ask("list", "--type", "person")["rows"]
    return sorted(r["values"]["full_name"] for r in rows)


def sync_all(nodes):
    for node in nodes:
        node.sync()


def officers(world):
    return [o["name"] for o in world.hub.ask("officer", "list")["officers"]]


def confirms(world, an, binh):
    hub = world.hub
    got = hub.ask("confirm", "--reason", "Đủ các xã", *an)
    check("it says who is back: %s" % got["what"],
          [got["what"][k] for k in ("called", "finished", "nodes")] == [len(UNITS)] * 3)
    check("a list says it in words", "xác nhận trung tâm đã khôi phục" in hub.tool("order", "list"))
    hub.tool("order", "approve", got["id"][:12], *an, ok=(1,))
    check("one person is not enough", hub.ask("alarms")["confirm_wanted"])
    hub.tool("order", "approve", got["id"][:12], *binh)
    check("two confirm it", not hub.ask("alarms")["confirm_wanted"])


def run(world):
    port, people_of = free_port(), Story(world)
    path = lambda *parts: os.path.join(world.dir, *parts)  # noqa: E731
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), port)
    world.hub.tool("backup", path("first-day.backup"))
    os.mkdir(path("safe"))
    for part in ("dongbo.conf", "keys", "tls"):
        (shutil.copytree if os.path.isdir(path("hub", part)) else shutil.copy2)(path("hub", part), path("safe", part))
    world.hub.run()
    nodes = [world.node(u) for u in UNITS]
    for node in nodes:
        node.join()
        node.sync()
    for i, node in enumerate(nodes):
        for k in range(2):
            save(node, "Người %d của máy %d" % (k, i))
    sync_all(nodes)
    first = world.hub.ask("list", "--type", "person")["rows"][0]["id"]
    world.hub.tool("put", "--id", first, "full_name=Tên do huyện sửa")
    an, binh = people_of.officer("Nguyễn Thị An"), people_of.officer("Trần Bình")
    sync_all(nodes)
    before = people(world)
    check("the hub has them all, and its own edit", len(before) == 4 and "Tên do huyện sửa" in before)
    world.hub.end()
    shutil.rmtree(path("hub"))

    shutil.copytree(path("safe"), path("hub"))
    world.hub.tool("restore", path("first-day.backup"))
    world.hub.run()
    check("nobody is enrolled in the copy", world.hub.ask("nodes")["nodes"] == [])
    world.hub.tool("confirm", "--reason", "Vội", ok=(1,))  # nobody is known who may sign
    save(nodes[0], "Sau khi cháy")
    there = sorted(before + ["Sau khi cháy"])
    wait_for("every save that was confirmed to be there again", lambda: sync_all(nodes) or people(world) == there)
    check("every PC is enrolled again", len(world.hub.ask("nodes")["nodes"]) == len(nodes))
    wait_for("the officers to be there again", lambda: sync_all(nodes) or len(officers(world)) == 2)
    check("two people confirm before anything is closed", world.hub.ask("alarms")["confirm_wanted"])
    confirms(world, an, binh)
    check("the log verifies", world.hub.ask("verify")["ok"])
    save(nodes[1], "Ngày thường")
    sync_all(nodes)
    for node in nodes:
        log = node.status()["log"]
        check("%s: all of %d is delivered" % (node.unit, log["sets"]), log["delivered"] == log["sets"])
        check("%s verifies" % node.unit, node.tool("verify") is not None)
    world.hub.tool("backup", path("edited.backup"))
    world.hub.end()
    edited = sqlite3.connect(path("edited.backup"))
    with edited:
        edited.execute("UPDATE sys_unit SET records = records + 1")
        record = edited.execute("SELECT lower(hex(min(rid))) FROM sys_record").fetchone()[0]
        edited.execute("UPDATE sys_record SET pos = 1 WHERE lower(hex(rid)) = ?", (record,))
    edited.close()
    world.hub.tool("restore", path("edited.backup"), "--check", ok=(13,))
    check("a copy that somebody edited is refused, with the table and the record",
          ": sys_unit\n" in world.hub.said and ": %s\n" % record in world.hub.said)


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, a: run(world)))
