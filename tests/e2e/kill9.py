#!/usr/bin/env python3
"""kill -9 of hub and nodes at random moments while records are saved and synced: nothing is lost.

  kill9.py BUILD_DIR [--kills 200] [--seconds 120] [--seed N]

A hub and two nodes as real processes. A worker at each node saves records the whole time and notes what the program
confirmed; a killer ends one of the three daemons with SIGKILL at random moments and starts it again.
Afterwards, when all have synced:
  - every save that was confirmed is at its node and at the hub (a save without an answer may be there or not),
  - every set for which a node showed a receipt at any time is in the hub,
  - sets = delivered and nothing waits; the hub's log, chains and states verify; the node's own status agrees.
A slow machine ends after the seconds, with fewer kills, but never before 40 of them and 10 saves at each node. The
seed is printed; the moments depend on the machine too, so a run is not repeated exactly.
"""
import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import os

from world import ROOT, TOOL_S, WAIT_S, Failed, World, free_port, on_signals

UNITS = ["26170", "26188"]
GAP_S = (0.02, 0.35)  # between two kills
KILLS_MIN, SAVES_MIN = 40, 10  # fewer show nothing


class Saver(threading.Thread):
    """Saves one activity after another at one node, through its daemon or beside it."""

    def __init__(self, world, node, seed):
        super().__init__(daemon=True)
        self.world, self.node, self.random = world, node, random.Random(seed)
        self.stop, self.saved, self.tries, self.delivered, self.error = threading.Event(), {}, 0, 0, None

    def put(self, number):
        title = "Tuyên truyền số %d" % number
        day = "2023-%02d-%02d" % (self.random.randint(1, 12), self.random.randint(1, 28))
        p = subprocess.run([self.node.binary, "put", "--data", self.node.name, "--json", "--confirm-dates",
                            "--type", "activity", "title=" + title, "on_date=" + day, "kind=direct",
                            "field=drugs", "participants=%d" % self.random.randint(5, 90)],
                           cwd=self.world.dir, env=self.world.env, capture_output=True, timeout=TOOL_S, check=False)
        if p.returncode == 0:
            self.saved[json.loads(p.stdout)["id"]] = title
        elif p.returncode not in (1, 10, 11, 15):
            raise Failed("put at %s: exit %d %s" % (self.node.unit, p.returncode, p.stderr.decode()))

    def look(self):
        p = subprocess.run([self.node.binary, "status", "--data", self.node.name, "--json"], cwd=self.world.dir,
                           env=self.world.env, capture_output=True, timeout=TOOL_S, check=False)
        if p.returncode in (0, 3, 14):
            log = json.loads(p.stdout)["log"]
            if log["delivered"] < self.delivered:
                raise Failed("%s showed %d delivered and now %d" % (self.node.unit, self.delivered, log["delivered"]))
            if log["sets"] != log["delivered"] + log["waiting"]:
                raise Failed("%s: sets are not delivered + waiting: %s" % (self.node.unit, log))
            self.delivered = log["delivered"]

    def run(self):
        try:
            while not self.stop.is_set():
                self.tries += 1
                self.put(self.tries)
                if self.tries % 5 == 0:
                    self.look()
        except Exception as e:  # pylint: disable=broad-except; told by the main thread
            self.error = e


def restart(program):
    """Start a daemon again; a tool may hold its folder for a moment."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        try:
            program.run()
            return
        except Failed:
            if program.alive():
                raise
            if program.process is not None:
                program.process.wait()
                program.process = None
            time.sleep(0.05)
    raise Failed(program.name + " cannot be started again\n" + program.log()[-2000:])


def enough(savers, done, a, began):
    if done < KILLS_MIN or any(len(s.saved) < SAVES_MIN and s.error is None for s in savers):
        return False
    return done >= a.kills or time.monotonic() - began > a.seconds


def kill_some(world, savers, a, rnd, times):
    daemons, began, done = [world.hub, *world.nodes.values()], time.monotonic(), 0
    while not enough(savers, done, a, began):
        time.sleep(rnd.uniform(*GAP_S))
        victim = daemons[rnd.randrange(len(daemons))]
        if not victim.alive():
            raise Failed("%s died by itself\n%s" % (victim.name, victim.log()[-3000:]))
        victim.end(how=signal.SIGKILL)
        times[victim.name] = times.get(victim.name, 0) + 1
        restart(victim)
        done += 1
        for s in savers:
            if s.error is not None:
                raise s.error
        if sys.stdout.isatty():
            print("\r\033[K%d/%d" % (done, a.kills), end="", flush=True)


def ids_at(program, *where):
    """All activities: the hub's list is whole, the node's comes in pages."""
    ids, after = {}, None
    while True:
        more = ["--after", after] if after else []
        got = program.ask("list", "--type", "activity", *where, *more)
        for r in got["rows"]:
            ids[r["id"]] = r["values"]["title"]
        after = got.get("next")
        if not after:
            return ids, got.get("more", False)


def judge(world, savers):
    delivered = {n["unit"]: n["delivered"] for n in world.hub.ask("nodes")["nodes"]}
    for s in savers:
        log = s.node.status()["log"]
        if s.delivered > log["delivered"] or log["delivered"] != delivered[s.node.unit]:
            raise Failed("%s: receipts for %d sets, the hub has %d"
                         % (s.node.unit, log["delivered"], delivered[s.node.unit]))
        if log["ops"] != log["applied"]:
            raise Failed("%s: not all ops are applied: %s" % (s.node.unit, log))
        here, _ = ids_at(s.node)
        hub, cut = ids_at(world.hub, "--unit", s.node.unit)
        lost = [i for i, title in s.saved.items() if here.get(i) != title]
        if lost:
            raise Failed("%s lost %d saved records, e.g. %s" % (s.node.unit, len(lost), lost[0]))
        if cut:
            raise Failed("more records than the hub lists at once: lower --kills")
        if here != hub:
            raise Failed("%s and the hub differ: %d and %d records" % (s.node.unit, len(here), len(hub)))
        gone = [i for i in s.saved if i not in hub]
        if gone:
            raise Failed("the hub lacks %d records of %s" % (len(gone), s.node.unit))
    found = world.hub.ask("verify")
    if not found["ok"]:
        raise Failed("the hub's log does not verify: %s" % found)
    return found


def run(world, a, rnd):
    port = free_port()  # the nodes come back to the same one
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), port)
    world.hub.run()
    for unit in UNITS:
        node = world.node(unit)
        node.join()
        node.run()
    savers = [Saver(world, n, rnd.random()) for n in world.nodes.values()]
    for s in savers:
        s.start()
    times = {}
    try:
        kill_some(world, savers, a, rnd, times)
    finally:
        for s in savers:
            s.stop.set()
        for s in savers:
            s.join()
    for node in world.nodes.values():
        node.sync()
    found = judge(world, savers)
    for p in [*world.nodes.values(), world.hub]:
        p.end()
    if world.hub.ask("verify")["sets"] != found["sets"]:
        raise Failed("the log is another one after the end of the daemon")
    for s in savers:
        if len(s.saved) < SAVES_MIN:
            raise Failed("only %d records were saved at %s: this showed nothing" % (len(s.saved), s.node.unit))
    print("\nkilled: %s; saved and confirmed: %s of %s tries; %d sets verified"
          % (times, [len(s.saved) for s in savers], [s.tries for s in savers], found["sets"]))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build")
    p.add_argument("--kills", type=int, default=200)
    p.add_argument("--seconds", type=float, default=120)
    p.add_argument("--seed", type=int, default=None)
    a = p.parse_args()
    on_signals()
    seed = a.seed if a.seed is not None else int.from_bytes(os.urandom(4), "little")
    print("seed %d" % seed, flush=True)
    with tempfile.TemporaryDirectory(prefix="dongbo-kill9-") as folder:
        try:
            with World(a.build, folder) as world:
                run(world, a, random.Random(seed))
        except Failed as e:
            print("FAILED (seed %d): %s" % (seed, e), file=sys.stderr)
            return 1
    return 0


sys.exit(main())
