#!/usr/bin/env python3
"""Real programs over a line that loses packets, and are killed on it.

  lossy.py BUILD_DIR [--seed 1] [--rounds 8]

Hub and commune stand in two network namespaces; each packet comes late, and one of seven never. In every round the
commune saves, and while that is under way one of the two is killed with kill -9. Then strangers send garbage from
another address: they are shut out, the commune is not. Needs root and /dev/net/tun; prints SKIP and ends with 77
elsewhere.
"""
import os
import random
import signal
import subprocess
import sys
import time

from links import counted, deliver, put
from tun import FAR, HUB, Line, inside, ip, run_far
from world import ROOT, check, play, wait_for

UNIT, PORT, STRANGE, STRANGERS = "26170", 7382, "10.78.0.2", 12
LOSS, DELAY_S = 1 / 7, 0.1

# Each sends what is no handshake and waits for the end; how many bytes came back.
GARBAGE = """
import socket
for _ in range(%d):
    with socket.socket() as s:
        s.settimeout(120)
        s.bind(("%s", 0))
        s.connect(("%s", %d))
        got = 0
        try:
            s.sendall(bytes([1, 44]) + b"x" * 300)
            while True:
                b = s.recv(100)
                if not b:
                    break
                got += len(b)
        except ConnectionError:
            pass
        print(got)
"""


def garbage(line, address):
    p = subprocess.run(["nsenter", "-t", str(line.far.pid), "-n", sys.executable, "-c",
                        GARBAGE % (STRANGERS, address, HUB, PORT)], capture_output=True, check=True, timeout=600)
    check("%d strangers of %s got no byte" % (STRANGERS, address), p.stdout.split() == [b"0"] * STRANGERS)


def killed_on_the_line(world, node, line, a):
    rnd = random.Random(a.seed)
    line.loss, line.delay = LOSS, DELAY_S
    cut = 0
    for i in range(a.rounds):
        put(node, "Người %d" % i)
        # Answered when the session has ended: that it was not, or not well, shows that the kill fell into one.
        with subprocess.Popen([node.binary, "sync", "--data", node.name], cwd=world.dir, env=world.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sync:
            time.sleep(rnd.uniform(0, 1.2))  # anywhere in the session
            victim = world.hub if rnd.random() < 0.5 else node
            victim.end(signal.SIGKILL)
            cut += sync.wait(120) != 0
            victim.run()
    print("%d packets, %d of them lost" % (line.packets, line.lost), flush=True)
    check("packets were lost", line.lost > 0)
    check("sessions were cut: %d" % cut, cut > 0)
    line.loss = 0.0
    deliver(node)
    counted(world, node, a.rounds + 1)


def refused(world):
    return world.hub.ask("status")["connections_refused"]


def strangers(world, node, line, a):
    line.loss = line.delay = 0.0
    ip("addr", "add", STRANGE, "dev", "dbfar", pid=line.far.pid)
    ip("route", "add", STRANGE, "dev", "dbnear")
    put(node, "Người quen")
    deliver(node)  # since its start the hub knows where this commune is
    before = refused(world)
    garbage(line, STRANGE)
    wait_for("strangers to be shut out", lambda: refused(world) > before)
    before = refused(world)
    garbage(line, FAR)  # beside the commune, behind the same address
    check("nobody is shut out where a commune is", refused(world) == before)
    put(node, "Người sau")
    deliver(node)
    counted(world, node, a.rounds + 3)


def run(world, a):
    line = Line(a.seed)
    line.start()
    try:
        world.hub.tool("init", "--unit", "735", "--name", "Huyện", "--catalogue", os.path.join(ROOT, "catalogue"),
                       "--listen", "%s:%d" % (HUB, PORT), "--web", "127.0.0.1:0")
        world.hub.run()
        node = world.node(UNIT)
        run_far(line, node)
        node.join()
        node.run()
        deliver(node)
        print("seed %d" % a.seed, flush=True)
        killed_on_the_line(world, node, line, a)
        strangers(world, node, line, a)
        check("the log verifies", world.hub.ask("verify")["ok"])
        node.end()
        world.hub.end()
    finally:
        line.close()


if __name__ == "__main__":
    sys.exit(play(__doc__, run, ("--seed", {"type": int, "default": 1}), ("--rounds", {"type": int, "default": 8}))
             if inside() else 77)
