#!/usr/bin/env python3
"""Real daemons that stand still: on a disk that takes long to sync, and stopped as a laptop is that is shut. And real
daemons whose clock is set while they work, that are killed and find the WAL of their database gone, and that give files
new names, each of which is made durable.

  stops.py BUILD_DIR [--sync-ms 400] [--stop-s 2]

On the slow disk a session ends well, the hub answers meanwhile, and after kill -9 in the middle of it nothing is gone
that the commune was told of. Hub and commune are stopped in the middle of a session (SIGSTOP) and go on: everything is
delivered, once. With --stop-s 60 both sides give the silent line up meanwhile (45 s) and meet again.
In the middle of a session the clock of the one goes back an hour and the other's on for 20 years, and home again: the
session ends well, and what is saved later is delivered without anybody asking, because no wait is of that clock.
"""
import os
import signal
import subprocess
import sys
import time

from shim import Proxy
from world import ROOT, WAIT_S, Failed, check, free_port, play, wait_for

UNIT, OTHER_UNIT = "26170", "26188"
ALARM_WENT_BACK, ALARM_CLOCK = 2, 5  # of the hub
HOUR_S, YEARS_S = 3600, 20 * 365 * 86400


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


def by_itself(node, sets):
    """Nobody asks for a session."""
    wait_for("%s to deliver by itself" % node.unit, lambda: node.status()["log"]["waiting"] == 0)
    log = node.status()["log"]
    check("%d sets are delivered and applied once" % sets,
          log["sets"] == log["delivered"] == sets and log["ops"] == log["applied"])


class Clock:
    """The time of day of one program, from its next start on."""

    def __init__(self, world, program, library):
        self.world, self.program, self.library = world, program, library
        self.path = os.path.join(world.dir, "clock-" + program.name)
        self.set(0)

    def set(self, seconds):
        with open(self.path + ".new", "w", encoding="ascii") as f:
            f.write("%d\n" % seconds)
        os.replace(self.path + ".new", self.path)

    def run(self):
        plain = dict(self.world.env)
        self.world.env.update(LD_PRELOAD=self.library, WALLCLOCK=self.path, ASAN_OPTIONS="verify_asan_link_order=0")
        try:
            self.program.run()
        finally:
            self.world.env.clear()
            self.world.env.update(plain)


def alarm_stands(program, kind):
    return any(a["kind"] == kind and not a["settled"] for a in program.ask("alarms")["alarms"])


def clock_told(world, node):
    """After a session more: the last one may have begun before the clock was set. Of commune and district."""
    node.tool("sync", ok=range(0, 126))
    return (any(w["code"] == "clock" for w in node.status()["warnings"]), alarm_stands(world.hub, ALARM_CLOCK))


def clock_jumps(world, node, library):
    clocks = Clock(world, node, library), Clock(world, world.hub, library)
    clocks[1].run()
    line = Proxy(world.hub.ports["sync"])
    try:
        node.address("127.0.0.1:%d" % line.port)
        for jumps in ((-HOUR_S, YEARS_S), (YEARS_S, -HOUR_S)):
            for i in range(3):
                sets = put(node, "Trước khi đổi giờ %d" % i)
            line.allowed = line.total[0] + 700  # a hello, and the beginning of what it has to say
            clocks[0].run()
            wait_for("the middle of a session", lambda: line.total[0] >= line.allowed)
            for clock, seconds in zip(clocks, jumps):
                clock.set(seconds)
            line.allowed = None
            by_itself(node, sets)
            by_itself(node, put(node, "Giờ sai"))
            wait_for("both sides to be told", lambda: clock_told(world, node) == (True, True))
            for clock in clocks:
                clock.set(0)
            by_itself(node, put(node, "Giờ đúng lại"))
            wait_for("the warnings to go", lambda: clock_told(world, node) == (False, False))
            check("the hub has as many", at_hub(world) == sets + 2)
            node.end()
    finally:
        node.end()
        line.close()
    world.hub.end()


def next_step(lines, i, folder):
    """What the thread of line i does next about durability, but for more names in the same folder."""
    for line in lines[i + 1:]:
        more = line[1] in ("from", "name") and os.path.dirname(line[2]) == folder
        if line[0] == lines[i][0] and not more:
            return line[1:]
    return None


def new_names(world, node, library):
    """Keys, copies and exports: whatever gets a new name was synced before, and its folder is synced behind it."""
    trace, plain = os.path.join(world.dir, "trace"), dict(world.env)
    world.env.update(LD_PRELOAD=library, SYNCTRACE=trace, ASAN_OPTIONS="verify_asan_link_order=0")
    other = type(node)(world, OTHER_UNIT)
    try:
        world.hub.run()
        other.join()
        node.tool("backup", "ban-sao.db")
        node.tool("bundle", "out", "goi.dongbo")
        node.tool("calendar", "--out", "lich.ics")
        world.hub.tool("backup", "ban-sao-huyen.db")
        world.hub.end()
    finally:
        world.env.clear()
        world.env.update(plain)
    with open(trace, encoding="utf-8") as f:
        lines = [line.rstrip("\n").split(" ", 2) for line in f]
    new = [i for i, line in enumerate(lines) if line[1] == "name"]
    named = {os.path.basename(lines[i][2]) for i in new}
    check("keys, copies and exports got names: %s" % sorted(named),
          named >= {"sign.key", "sealing.key", "ban-sao.db", "ban-sao-huyen.db", "goi.dongbo", "lich.ics"})
    for i in new:
        path, program = lines[i][2], lines[i][0].split(".")[0]
        folder = os.path.dirname(path)
        if next_step(lines, i, folder) != ["sync", folder]:
            raise Failed("the folder is not synced next behind " + path)
        if not any(who.split(".")[0] == program and rest == ["sync", lines[i - 1][2]] for who, *rest in lines[:i]):
            raise Failed("it is not synced before it gets its name: " + path)
    check("all %d are durable" % len(new), True)


def names(program):
    return sorted(r["values"]["full_name"] for r in program.ask("list", "--type", "person")["rows"])


def wal_lost(world, node):
    """What was told as saved stood in it alone. The commune has delivered it and gets it back; the hub gets back what
    it receipted. Whether the witness saw it before, which is written every five seconds, or the other side tells it."""
    world.hub.run()
    node.address("127.0.0.1:%d" % world.hub.ports["sync"])
    node.run()
    for i in range(3):
        put(node, "Nằm trong WAL %d" % i)
    node.sync()
    before = names(node)
    node.end(signal.SIGKILL)
    os.remove(os.path.join(world.dir, node.name, "node.db-wal"))
    check("what was saved is gone with it", names(node) != before)
    node.run()
    node.sync()
    wait_for("all that was delivered to be back", lambda: names(node) == before)
    put(node, "Sau khi mất WAL")
    node.sync()
    check("the commune has all, and goes on", names(node) == sorted([*before, "Sau khi mất WAL"]))
    before = names(node)

    world.hub.end(signal.SIGKILL)
    os.remove(os.path.join(world.dir, "hub", "hub.db-wal"))
    world.hub.run()
    node.address("127.0.0.1:%d" % world.hub.ports["sync"])
    node.sync()
    wait_for("the district to be told that its hub went back", lambda: alarm_stands(world.hub, ALARM_WENT_BACK))
    check("the hub has all of the commune again", names(world.hub) == before == names(node))
    node.end()
    world.hub.end()


def run(world, ms, seconds):
    slow, clock, trace = (os.path.join(world.build, "tests", "e2e", "lib%s.so" % name)
                          for name in ("slowdisk", "wallclock", "synctrace"))
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
    world.hub.run()
    node = world.node(UNIT)
    node.join()
    node.sync()
    world.hub.end()
    slow_disk(world, node, slow, ms)
    stopped(world, node, seconds)
    world.hub.end()
    clock_jumps(world, node, clock)
    wal_lost(world, node)
    new_names(world, node, trace)
    check("the log verifies", world.hub.ask("verify")["ok"])


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, a: run(world, a.sync_ms, a.stop_s),
                  ("--sync-ms", {"type": int, "default": 400}), ("--stop-s", {"type": float, "default": 2})))
