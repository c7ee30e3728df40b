#!/usr/bin/env python3
"""A flood of valid small entries (fault M15): a commune delivers a long backlog to a hub with a slow disk, and another
commune saves one record meanwhile.

  flood.py BUILD_DIR [--sets 600] [--sync-ms 100]

The other's record stands in the hub's log before the flood's last one: nobody waits until a flood is over. The flood
arrives whole, each set once and in its order. Compared are positions of the log, never times. A try counts when most of
the flood was still to come as the other's record was saved; if the machine was too fast or too busy for that, and if
the other came too late, the next try has twice as many sets: only a hub that keeps the other waiting fails all of them.
"""
import json
import os
import random
import socket
import sqlite3
import struct
import sys

from world import ROOT, Failed, check, free_port, play, wait_for

FLOOD, OTHER = "26170", "26188"
TRIES = 5


class Asked:
    """The control socket of a daemon: one request after another on one connection."""

    def __init__(self, node):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        folder = os.open(os.path.join(node.world.dir, node.name), os.O_RDONLY | os.O_DIRECTORY)
        try:  # the folder's own name may be too long for a socket's
            self.s.connect("/proc/self/fd/%d/dongbo.sock" % folder)
        finally:
            os.close(folder)

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.s.recv(count - len(data))
            if not piece:
                raise Failed("the daemon hung up")
            data += piece
        return data

    def ask(self, **request):
        data = json.dumps(request).encode()
        self.s.sendall(struct.pack("<I", len(data)) + data)
        answer = json.loads(self.read(struct.unpack("<I", self.read(4))[0]))
        if "error" in answer:
            raise Failed("the daemon says: %s" % answer)
        return answer


def with_disk(world, program, ms):
    """Start a program whose disk takes so long to sync; below 0: does not sync at all."""
    plain = dict(world.env)
    library = os.path.join(world.build, "tests", "e2e", "libslowdisk.so")
    world.env.update(LD_PRELOAD=library, SLOWDISK_MS=str(ms), ASAN_OPTIONS="verify_asan_link_order=0")
    try:
        program.run()
    finally:
        world.env.clear()
        world.env.update(plain)


def fill(world, node, sets, r):
    """So many saves while there is no hub; nothing of them repeats, as in an attack."""
    node.address("127.0.0.1:%d" % free_port())
    with_disk(world, node, -1)
    daemon = Asked(node)
    with daemon.s:
        for i in range(sets):
            note = "".join(chr(r.randrange(0x4e00, 0x9000)) for _ in range(700))
            daemon.ask(verb="put", type="person", person="Lan",
                       values={"full_name": "Người %d" % i, "sex": "female", "note": note})
    node.end()


def log_of(world, unit):
    """(position, number) of each set of a commune in the hub's log, in the log's order."""
    db = sqlite3.connect("file:%s?mode=ro" % os.path.join(world.dir, "hub", "hub.db"), uri=True, timeout=60)
    try:
        return db.execute("SELECT l.pos, l.seq FROM sys_log l JOIN sys_inc i ON i.no = l.inc"
                          " JOIN sys_node n ON n.node = i.node JOIN sys_unit u ON u.no = n.unit"
                          " WHERE u.code = ? ORDER BY l.pos", (unit,)).fetchall()
    finally:
        db.close()


def attempt(world, flood, other, sets, r):
    """Did the other's record come before the flood was over? None: the flood was all but over before it was saved."""
    fill(world, flood, sets, r)
    had, others = len(log_of(world, FLOOD)), len(log_of(world, OTHER))
    flood.address("127.0.0.1:%d" % world.hub.ports["sync"])
    flood.run()
    wait_for("the flood to begin", lambda: len(log_of(world, FLOOD)) > had)
    other.tool("put", "--type", "person", "full_name=Người khác", "sex=male")
    come = len(log_of(world, FLOOD)) - had
    other.sync()
    wait_for("the flood to be over", lambda: flood.status()["log"]["waiting"] == 0)
    log = flood.status()["log"]
    flood.end()
    at_hub, mine = log_of(world, FLOOD), log_of(world, OTHER)
    check("the flood of %d arrives whole" % sets, len(at_hub) >= had + sets)
    check("once and in its order", [seq for _, seq in at_hub] == list(range(len(at_hub))))
    check("the commune counts the same",
          log["sets"] == log["delivered"] == len(at_hub) and log["ops"] == log["applied"])
    check("one set of the other", len(mine) == others + 1)
    behind = sum(pos > mine[-1][0] for pos, _ in at_hub)
    print("     %d sets had come as it was saved; %d of the flood stand behind it" % (come, behind), flush=True)
    return None if come > sets / 2 else behind > 0


def run(world, sets, ms):
    r = random.Random(15)
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
    world.hub.run()
    flood, other = world.node(FLOOD), world.node(OTHER)
    for node in (flood, other):
        node.join()
        node.tool("sync")
    world.hub.end()
    with_disk(world, world.hub, ms)
    other.run()
    other.tool("put", "--type", "person", "full_name=Người trước", "sex=male")
    other.sync()
    for i in range(TRIES):
        if attempt(world, flood, other, sets << i, r):
            break
    else:
        raise Failed("nobody got through before a flood was over")
    check("the other did not wait until the flood was over", True)
    other.end()
    world.hub.end()
    world.hub.run()
    check("the log verifies", world.hub.ask("verify")["ok"])
    world.hub.end()


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, a: run(world, a.sets, a.sync_ms),
                  ("--sets", {"type": int, "default": 600}), ("--sync-ms", {"type": int, "default": 100})))
