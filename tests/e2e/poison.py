#!/usr/bin/env python3
"""A program that died several times at what one peer sends: that peer waits, all others go on. SPEC 15.8.

  poison.py BUILD_DIR

The black boxes are written as a program leaves them that died for the third time. The hub lets that commune wait
with an alarm and serves the other; settled, it is served again. A commune's program syncs no more by itself, and does
when its officer says so. What a system that lost its power leaves is no reason.
"""
import os
import struct
import sys

from world import ROOT, check, free_port, play, wait_for

NAME, PEERS = 32, 64


def black_box(path, version, name, system):
    """It died twice at this peer, and now once more."""
    peer = struct.pack("=%dsI" % NAME, name, 2)
    with open(path, "wb") as f:
        f.write(struct.pack("=8s32s40s%ds" % NAME, b"dbblack1", version, system, name) +
                (peer + bytes(len(peer) * (PEERS - 1))))


def warned(node):
    return any(w["code"] == "stopped" for w in node.status()["warnings"])


def put(node, name):
    node.tool("put", "--type", "person", "full_name=" + name, "sex=female")


def at_hub(world, node, version, system):
    put(node, "Chờ ở trung tâm")
    row = next(n for n in world.hub.ask("nodes")["nodes"] if n["unit"] == node.unit)
    world.hub.end()
    black_box(os.path.join(world.dir, "hub", "run", "stops"), version, bytes.fromhex(row["node"]), system)
    world.hub.run()
    return [a for a in world.hub.ask("alarms")["alarms"] if a["kind"] == 7]


def run(world):
    with open("/proc/sys/kernel/random/boot_id", "rb") as f:
        system = f.read()
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
    world.hub.run()
    version = world.hub.tool("--version").split()[-1].encode()
    bad, good = world.node("26170"), world.node("26173")
    for node in (bad, good):
        node.join()
        node.sync()
    check("a system that went down is no reason", at_hub(world, bad, version, b"another start") == [])
    bad.sync()
    alarms = at_hub(world, bad, version, system)
    check("the hub's officer is told", len(alarms) == 1)
    said = bad.tool("sync", ok=(12,))
    check("the commune is told that its data are safe: " + said.strip()[:60], bad.status()["log"]["waiting"] > 0)
    put(good, "Vẫn đi")
    good.sync()
    world.hub.end()
    world.hub.run()
    bad.tool("sync", ok=(12,))
    check("a start is no second alarm", len([a for a in world.hub.ask("alarms")["alarms"] if a["kind"] == 7]) == 1)
    world.hub.tool("alarms", "--settle", str(alarms[0]["alarm"]))
    bad.sync()
    check("settled, it is served", bad.status()["log"]["waiting"] == 0)

    put(bad, "Chờ ở xã")
    black_box(os.path.join(world.dir, bad.name, "stops"), version, b"hub", system)
    bad.run()
    check("the commune's officer is told", warned(bad))
    put(bad, "Vẫn ghi được")
    # The other commune's program starts after it and saves after it: what went by itself there would have gone here.
    put(good, "Chờ khi khởi động")
    good.run()
    wait_for("the other's start to send", lambda: good.status()["log"]["waiting"] == 0)
    put(good, "Tự đi khi ghi")
    wait_for("the other's save to go", lambda: good.status()["log"]["waiting"] == 0)
    good.end()
    check("nothing goes by itself", bad.status()["log"]["waiting"] == 2 and warned(bad))
    bad.tool("sync")
    wait_for("a session that the officer wanted", lambda: bad.status()["log"]["waiting"] == 0 and not warned(bad))
    put(bad, "Lại tự đi")
    wait_for("sessions by itself", lambda: bad.status()["log"]["waiting"] == 0)
    bad.end()
    world.hub.end()


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, a: run(world)))
