"""A bad line for real programs: two network namespaces, real TCP, and between them a thread that passes each IP
packet on after a while, or not at all. Needs root and /dev/net/tun: inside() says so."""
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import threading
import time

from world import wait_for

HUB, FAR = "10.77.0.1", "10.77.0.2"  # the near end, where the hub stands, and the far one
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000


def ip(*args, pid=None):
    where = ["nsenter", "-t", str(pid), "-n"] if pid else []
    subprocess.run([*where, "ip", *args], check=True)


class Line(threading.Thread):
    """The line: two TUN devices, one in each namespace."""

    def __init__(self, seed):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.loss, self.delay, self.bytes, self.packets, self.lost = 0.0, 0.0, 0, 0, 0
        self.ended = threading.Event()
        self.far = subprocess.Popen(["unshare", "-n", "sleep", "86400"])
        self.ends = [self.tun("dbnear"), self.tun("dbfar")]
        wait_for("the namespace", lambda: os.readlink("/proc/%d/ns/net" % self.far.pid) !=
                 os.readlink("/proc/self/ns/net"))
        ip("link", "set", "lo", "up")
        ip("link", "set", "dbfar", "netns", str(self.far.pid))
        for name, own, other, pid in (("dbnear", HUB, FAR, None), ("dbfar", FAR, HUB, self.far.pid)):
            ip("link", "set", "lo", "up", pid=pid)
            ip("addr", "add", own, "peer", other, "dev", name, pid=pid)
            ip("link", "set", name, "up", "mtu", "1400", pid=pid)

    @staticmethod
    def tun(name):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        return fd

    def run(self):
        queue, serial = [], 0
        while not self.ended.is_set():
            wait = max(0.0, min(0.05, queue[0][0] - time.monotonic())) if queue else 0.05
            ready, _, _ = select.select(self.ends, [], [], wait)
            for fd in ready:
                packet = os.read(fd, 2048)
                self.packets += 1
                self.bytes += len(packet)
                if self.random.random() < self.loss:
                    self.lost += 1
                    continue
                serial += 1
                other = self.ends[1] if fd == self.ends[0] else self.ends[0]
                heapq.heappush(queue, (time.monotonic() + self.delay, serial, other, packet))
            while queue and queue[0][0] <= time.monotonic():
                _, _, fd, packet = heapq.heappop(queue)
                os.write(fd, packet)

    def close(self):
        self.ended.set()
        self.join()
        self.far.terminate()
        self.far.wait()


def run_far(line, node):
    """From now on the node's program runs at the far end."""
    wrapper = os.path.join(node.world.dir, "far-" + os.path.basename(node.binary))
    with open(wrapper, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nexec nsenter -t %d -n %s \"$@\"\n" % (line.far.pid, node.binary))
    os.chmod(wrapper, 0o755)
    node.binary = wrapper


def inside():
    """Go on in a network namespace of our own, root of which may make devices. False: not here."""
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        print("SKIP: needs root and /dev/net/tun")
        return False
    if "--inside" not in sys.argv:
        sys.stdout.flush()
        os.execvp("unshare", ["unshare", "-n", sys.executable, "-B", *sys.argv, "--inside"])
    sys.argv.remove("--inside")
    return True
