#!/usr/bin/env python3
"""Real daemons that stand still: on a disk that takes long to sync, and stopped as a laptop is that is shut.

  stops.py BUILD_DIR [--sync-ms 400] [--stop-s 2]

On the slow disk a session ends well, the hub answers meanwhile, and after kill -9 in the middle of it nothing is gone
that the commune was told of. Hub and commune are stopped in the middle of a session (SIGSTOP) and go on: everything is
delivered, once. With --stop-s 60 both sides give the silent line up meanwhile (45 s) and meet again.
"""
import os
import signal
import subprocess
import sys
import time

from shim import Proxy
from world import ROOT, WAIT_S, check, free_port, play, wait_for

UNIT = "26170"


def put(node, name):
    """Save a record; how many change sets there are now."""
    node.tool("put", "--type", "person", "full_name=" + name, "sex=female")
    return node.status()["log"]["sets"]


def delivered(node, sets):
    def done():
        node.tool("sync", ok=range(0, 126))
        return node.status()["log"]["waiting"] == 0
    wait_for("%s to deliver" % node.unit, done)
    log = node.status()["log"]
    check("%d sets are delivered and applied once" % sets,
          log["sets"] == log["delivered"] == sets and log["ops"] == log["applied"])


def at_hub(world):
    return world.hub.ask("nodes")["nodes"][0]["delivered"]


def slow_disk(world, node, library, ms):
    plain = dict(world.env)
    world.env.update(LD_PRELOAD=library, SLOWDISK_MS=str(ms), ASAN_OPTIONS="verify_asan_link_order=0")
    world.hub.run()
    world.env.clear()
    world.env.update(plain)
    node.run()
    for i in range(3):
        sets = put(node, "Đĩa chậm %d" % i)
    check("the hub answers while its disk works", world.hub.ask("nodes")["nodes"] is not None)
    delivered(node, sets)
    check("a record more is a change set more", put(node, "Giữa chừng") == sets + 1)
    sets += 1
    asked = subprocess.Popen([node.binary, "sync", "--data", node.name], cwd=world.dir, env=world.env,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(ms / 1000)  # mostly in the middle of a commit; whenever it is, what follows must hold
    world.hub.end(signal.SIGKILL)
    asked.wait(WAIT_S)
    told = node.status()["log"]["delivered"]
    world.hub.run()
    check("what was told as delivered is there after kill -9", at_hub(world) >= told)
    delivered(node, sets)
    check("the hub has as many", at_hub(world) == sets)
    node.end()


def stopped(world, node, seconds):
    """Each of both in turn stands still when bytes have begun to flow."""
    for who, name in ((world.hub, "hub"), (node, "commune")):
        line = Proxy(world.hub.ports["sync"])
        try:
            node.address("127.0.0.1:%d" % line.port)
            node.run()
            begun = line.total[0]
            sets = put(node, "Khi %s dừng" % name)
            wait_for("a session to begin", lambda: line.total[0] > begun or node.status()["log"]["waiting"] == 0)
            os.kill(who.process.pid, signal.SIGSTOP)
            time.sleep(seconds)  # what is tested: so long nothing moves
            os.kill(who.process.pid, signal.SIGCONT)
            delivered(node, sets)
            check("the hub has as many after the %s stood still" % name, at_hub(world) == sets)
        finally:
            node.end()
            line.close()


def run(world, ms, seconds):
    library = os.path.join(world.build, "tests", "e2e", "libslowdisk.so")
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
    world.hub.run()
    node = world.node(UNIT)
    node.join()
    node.sync()
    world.hub.end()
    slow_disk(world, node, library, ms)
    stopped(world, node, seconds)
    check("the log verifies", world.hub.ask("verify")["ok"])
    world.hub.end()


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, a: run(world, a.sync_ms, a.stop_s),
                  ("--sync-ms", {"type": int, "default": 400}), ("--stop-s", {"type": float, "default": 2})))
