#!/usr/bin/env python3
"""Real daemons on loopback with a counting proxy between them: bytes, turns, memory, processor time.

  processes.py BUILD WORKLOAD FOLDER     prints "name value" lines; FOLDER is made and left behind

Every node joins and gets the catalogue, then all changes are saved while the hub is away, then all nodes
sync at once through the proxy.
"""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/e2e"))
from world import World, free_port, on_signals, wait_for  # noqa: E402  the folder is known only now

UNITS = [str(26170 + 3 * i) for i in range(12)]


def say(name, value):
    print("%s %.6g" % (name, value), flush=True)


def memory(program):
    """(resident now, most resident) in MB."""
    with open("/proc/%d/status" % program.process.pid, encoding="ascii", errors="replace") as f:
        rows = dict(line.split(":", 1) for line in f if ":" in line)
    return tuple(int(rows[k].split()[0]) / 1000 for k in ("VmRSS", "VmHWM"))


def seconds(program):
    """Processor time of a process so far."""
    with open("/proc/%d/stat" % program.process.pid, encoding="ascii", errors="replace") as f:
        rest = f.read().rsplit(")", 1)[1].split()
    return (int(rest[11]) + int(rest[12])) / os.sysconf("SC_CLK_TCK")


class Count:
    """The counting proxy."""

    def __init__(self, build, port, target):
        self.p = subprocess.Popen([os.path.join(build, "tests/bench/tcpcount"), str(port), str(target)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.p.stdin.close()
        self.p.wait(10)

    def totals(self):
        self.p.stdin.write("\n")
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())


def since(now, before):
    return {k: now[k] - before[k] for k in now}


def without_page(world, node):
    """The first commune has its page open to an officer, the others sync alone: their memory is told apart."""
    with open(os.path.join(world.dir, node.name, "dongbo.conf"), "a", encoding="utf-8") as f:
        f.write("[desk]\nenabled = no\n")


def start(world, build):
    """Hub and nodes, joined, with the catalogue; all nodes dial the proxy, which is not there yet."""
    port, proxy = free_port(), free_port()
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(HERE, "catalogue"), port)
    world.hub.run()
    say("hub_idle_rss", memory(world.hub)[0])
    for unit in UNITS:
        node = world.node(unit)
        node.tool("init")
        node.tool("join", world.hub.ask("invite", "--unit", unit)["invitation"])
        node.tool("sync")
    return port, proxy


def fill(world, build, workload):
    for i, unit in enumerate(UNITS):
        subprocess.run([os.path.join(build, "tests/bench/w_bench"), "fill",
                        os.path.join(world.dir, world.nodes[unit].name),
                        os.path.join(workload, "node-%02d.ndjson" % i)], check=True, stdout=subprocess.DEVNULL)


def waiting(world):
    return sum(world.nodes[u].status()["log"]["waiting"] for u in UNITS)


def main():
    build, workload, folder = sys.argv[1:]
    on_signals()
    with World(build, folder) as world:
        port, proxy = start(world, build)
        fill(world, build, workload)
        for unit in UNITS:
            world.nodes[unit].address("127.0.0.1:%d" % proxy)
            if unit != UNITS[0]:
                without_page(world, world.nodes[unit])
        measure(world, build, port, proxy)


def measure(world, build, port, proxy):
    hub, first = world.hub, world.nodes[UNITS[0]]
    position = hub.ask("status")["position"]
    with Count(build, proxy, port) as count:
        cpu, begun = seconds(hub), time.monotonic()
        for unit in UNITS:
            world.nodes[unit].run()
        wait_for("all change sets at the hub", lambda: waiting(world) == 0, 300)
        wall = time.monotonic() - begun
        time.sleep(1)
        got, sets = count.totals(), hub.ask("status")["position"] - position
        say("process_sets", sets)
        say("process_wall_s", wall)
        say("process_hub_cpu_us", (seconds(hub) - cpu) * 1e6 / sets)
        say("process_bytes", (got["up"] + got["down"]) / sets)
        say("hub_rss", memory(hub)[0])
        say("hub_hwm", memory(hub)[1])
        say("node_hwm", max(memory(world.nodes[u])[1] for u in UNITS[1:]))
        say("node_page_hwm", memory(first)[1])
        say("node_rss", memory(world.nodes[UNITS[1]])[0])
        for unit in UNITS[1:]:
            world.nodes[unit].end()
        first.tool("sync")
        before = count.totals()
        first.tool("sync")
        for key, value in since(count.totals(), before).items():
            say("process_empty_" + key, value)
        say("node_page_rss", memory(first)[0])
        first.end()
        first.run()
        say("node_page_idle_rss", memory(first)[0])


if __name__ == "__main__":
    main()
