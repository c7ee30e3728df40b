#!/usr/bin/env python3
"""Real programs over a really bad line: real TCP, packets delayed and lost in both directions.

  badlink.py BUILD_DIR [--loss 30] [--rtt 2] [--runs 3] [--sets 1,100,1000]
  badlink.py BUILD_DIR --runs 20 --kib 64       # so much that cannot be squeezed, beside plain TCP

Needs root and /dev/net/tun: the hub stands in one network namespace, the commune in another, and between them this
program passes IP packets on, each after half the round trip, or not at all. For each number of records: the time
from the first packet of a session until the node has its receipts, and the bytes of IP both ways. Beside it, in turn
with it, plain TCP sending 64 KiB and waiting for one byte back.
"""
import argparse
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from tun import HUB, Line, inside, run_far  # noqa: E402
from world import Failed, World, on_signals, wait_for  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
PORT = 7381


def plain_tcp(line, size):
    """Seconds until `size` bytes sent by the commune's side are answered by one byte."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((HUB, 0))
        s.listen(1)
        code = ("import socket,time;t=time.monotonic();s=socket.create_connection(('%s',%d));s.sendall(b'x'*%d);"
                "s.recv(1);print(time.monotonic()-t)" % (HUB, s.getsockname()[1], size))
        with subprocess.Popen(["nsenter", "-t", str(line.far.pid), "-n", sys.executable, "-c", code],
                              stdout=subprocess.PIPE) as p:
            c, _ = s.accept()
            with c:
                got = 0
                while got < size:
                    got += len(c.recv(65536))
                c.sendall(b"y")
                return float(p.communicate()[0])


def fill(node, count, rnd):
    """So many records: one by one up to a few, else as an import, which packs many into a change set."""
    rows = [{"title": "Tuyên truyền %d" % rnd.randrange(10**9), "on_date": "2023-%02d-%02d" % (1 + i % 12, 1 + i % 28),
             "kind": "direct", "field": "drugs", "participants": str(rnd.randrange(5, 90))} for i in range(count)]
    if count <= 3:
        for r in rows:
            node.tool("put", "--type", "activity", *["%s=%s" % pair for pair in r.items()])
        return
    path = os.path.join(node.world.dir, "rows.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write(",".join(rows[0]) + "\n")
        f.writelines(",".join(r.values()) + "\n" for r in rows)
    node.tool("import", path, "--type", "activity", "--csv")


def fill_bytes(node, kib, rnd):
    """Records with so many KiB that no program can make smaller: letters of 6 bits each."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_."
    left, path = kib * 1024 * 8 // 6 + 1, os.path.join(node.world.dir, "rows.csv")
    with open(path, "w", encoding="utf-8") as f:
        f.write("title,on_date,kind,field,note\n")
        while left > 0:
            n = min(left, 4000)
            f.write("Tuyên truyền,2023-05-05,direct,drugs,%s\n" % "".join(rnd.choices(letters, k=n)))
            left -= n
    node.tool("import", path, "--type", "activity", "--csv")


def delivered(node):
    return node.status()["log"]["waiting"] == 0


def session(node, line, a, fill_it):
    """What was saved while no daemon ran goes in: seconds, bytes of IP, packets, packets lost."""
    line.loss = line.delay = 0.0
    node.end()
    saved_while_off(node, fill_it)
    line.loss, line.delay = a.loss / 100, a.rtt / 2
    before = line.bytes, line.packets, line.lost
    begun = time.monotonic()
    node.run()
    wait_for("the records to arrive", lambda: delivered(node), seconds=1800)
    took = time.monotonic() - begun
    return (took, line.bytes - before[0], line.packets - before[1], line.lost - before[2])


def tell(what, runs):
    times, sizes, packets, lost = zip(*runs)
    print("| %s | %.1f (%.1f) | %d | %d, %d |" % (what, statistics.median(times), max(times), statistics.median(sizes),
                                                 statistics.median(packets), statistics.median(lost)), flush=True)
    print("  <!-- seconds: %s -->" % ", ".join("%.1f" % t for t in times), flush=True)


def plain(line, a):
    line.loss, line.delay = a.loss / 100, a.rtt / 2
    before = line.bytes, line.packets, line.lost
    took = plain_tcp(line, (a.kib or 64) * 1024)
    return (took, line.bytes - before[0], line.packets - before[1], line.lost - before[2])


def measure(world, a, line, rnd):
    node, tcp = world.nodes["26170"], []
    print("| what | seconds, median (worst) of %d | IP bytes both ways, median | packets, lost of them |" % a.runs)
    print("|---|---|---|---|")
    if a.kib:
        ours = []
        for _ in range(a.runs):
            ours.append(session(node, line, a, lambda: fill_bytes(node, a.kib, rnd)))
            tcp.append(plain(line, a))
            print("  <!-- %s; plain %s -->" % (ours[-1], tcp[-1]), flush=True)
        tell("%d KiB in records" % a.kib, ours)
    for count in a.counts:
        tell("%d records" % count,
             [session(node, line, a, lambda: fill(node, count, rnd)) for _ in range(a.runs)])
    tell("plain TCP, %d KiB" % (a.kib or 64), tcp or [plain(line, a) for _ in range(a.runs)])


def saved_while_off(node, fill_it):
    """Save while no daemon runs and the hub cannot be reached: all goes in one session."""
    good = os.path.join(node.world.dir, node.name, "dongbo.conf")
    node.address("127.0.0.1:9")
    fill_it()
    os.remove(good)


def run(world, a, line, rnd):
    world.hub.tool("init", "--unit", "735", "--name", "Huyện", "--catalogue", os.path.join(ROOT, "catalogue"),
                   "--listen", "%s:%d" % (HUB, PORT), "--web", "127.0.0.1:0")
    world.hub.run()
    node = world.node("26170")
    run_far(line, node)
    node.tool("init", "--name", "Máy")
    node.tool("join", world.hub.ask("invite", "--unit", "26170")["invitation"])
    node.run()
    wait_for("the first session", lambda: delivered(node))
    measure(world, a, line, rnd)
    node.end()
    line.loss = line.delay = 0.0
    if not world.hub.ask("verify")["ok"]:
        raise Failed("the log does not verify")


def main():
    if not inside():
        return 77
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build")
    p.add_argument("--loss", type=float, default=30, help="percent, each way")
    p.add_argument("--rtt", type=float, default=2, help="seconds")
    p.add_argument("--runs", type=int, default=3)
    p.add_argument("--sets", default="", help="numbers of records; by default 1,100,1000 without --kib")
    p.add_argument("--kib", type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    a.counts = [int(n) for n in (a.sets or ("" if a.kib else "1,100,1000")).split(",") if n]
    on_signals()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print("seed %d, loss %g %% each way, round trip %g s" % (a.seed, a.loss, a.rtt), flush=True)
    line = Line(a.seed)
    line.start()
    try:
        with tempfile.TemporaryDirectory(prefix="dongbo-badlink-") as folder, World(a.build, folder) as world:
            run(world, a, line, random.Random(a.seed))
    except Failed as e:
        print("FAILED: %s" % e, file=sys.stderr)
        return 1
    finally:
        line.close()
    return 0


sys.exit(main())
