#!/usr/bin/env python3
"""Bad lines and rude peers against real daemons.

  links.py BUILD_DIR [--strangers 300]

A hub that is reached by two addresses, one of which goes dead in the middle of a session; connections cut after every
so many bytes; and a crowd of strangers that send garbage, a byte, or nothing, while a commune delivers: they get no
byte and no place.
"""
import json
import os
import resource
import socket
import subprocess
import sys
import threading

from shim import Proxy
from world import ROOT, TOOL_S, Failed, check, free_port, play, wait_for

UNIT = "26170"


def put(node, name):
    node.tool("put", "--type", "person", "full_name=" + name, "sex=female")


def deliver(node):
    def done():
        node.tool("sync", ok=range(0, 30))
        return node.status()["log"]["waiting"] == 0
    wait_for("%s to deliver" % node.unit, done)


def nodes_of(hub):
    """What the hub knows of its nodes; asked again while a crowd has all its descriptors."""
    def answer():
        text = hub.tool("nodes", "--json", ok=range(0, 126))
        return hub.code == 0 and json.loads(text)
    return wait_for("the hub to answer", answer)["nodes"]


def counted(world, node, sets):
    """Everything is at the hub, once."""
    log = node.status()["log"]
    check("%d sets are delivered and applied once" % sets,
          log["sets"] == log["delivered"] == sets and log["ops"] == log["applied"])
    check("the hub has as many", nodes_of(world.hub)[0]["delivered"] == sets)


def two_addresses(world, node, port):
    first, second = Proxy(port), Proxy(port)
    try:
        for i in range(3):
            put(node, "Người %d" % i)
        node.address("127.0.0.1:%d" % first.port)
        first.allowed = 700  # a hello, and the beginning of what it has to say
        node.run()
        wait_for("the first road to be full", lambda: first.total[0] >= 700)
        node.end()
        node.address("127.0.0.1:%d" % second.port)  # the session over the first one still stands at the hub
        node.run()
        deliver(node)
        first.allowed = None
        put(node, "Người sau")
        deliver(node)
        counted(world, node, 5)  # with the genesis
    finally:
        node.end()
        first.close()
        second.close()


def cut(world, node, port):
    line = Proxy(port)
    try:
        node.address("127.0.0.1:%d" % line.port)
        node.run()
        sets = 5
        for at in range(100, 1500, 350):
            line.cut_after = at
            put(node, "Cắt ở %d" % at)
            sets += 1
            node.tool("sync", ok=range(0, 30))
        line.cut_after = None
        deliver(node)
        counted(world, node, sets)
    finally:
        node.end()
        line.close()


def portal(world, node):
    """A login page of a network answers where the hub should."""
    page = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/login\r\nContent-Length: 0\r\n\r\n"
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve():
        while not ended.is_set():
            one, _ = server.accept()
            with one:
                try:
                    one.sendall(page)
                    while one.recv(4096):
                        pass
                except OSError:
                    pass
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = server.getsockname()[1]
    node.address("127.0.0.1:%d" % port)
    put(node, "Sau trang đăng nhập")
    said = subprocess.run([node.binary, "sync", "--data", node.name], cwd=world.dir, env=world.env, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=TOOL_S)
    told = said.stdout.decode() + said.stderr.decode()
    if said.returncode != 15 or "trang web" not in told:
        raise Failed("the words for a web page: exit %d\n%s" % (said.returncode, told))
    check("a web page in the hub's place is called so", True)
    check("and the record waits", node.status()["log"]["waiting"] > 0)
    ended.set()
    socket.create_connection(("127.0.0.1", port)).close()
    thread.join()
    server.close()


def crowd(world, node, port, count):
    node.address("127.0.0.1:%d" % port)
    put(node, "Giữa đám đông")
    strangers = []
    try:
        for i in range(count):
            s = socket.create_connection(("127.0.0.1", port))
            strangers.append(s)
            try:
                s.sendall([b"\x05", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00\x60" + b"A" * 96, b""][i % 4])
            except ConnectionError:
                pass  # shown the door already
        before = node.status()["log"]["sets"]
        node.run()
        deliver(node)
        counted(world, node, before)
        answered = 0
        for s in strangers:
            s.setblocking(False)
            try:
                answered += len(s.recv(4096))
            except (BlockingIOError, ConnectionError):
                pass
        check("%d strangers got no byte" % count, answered == 0)
    finally:
        for s in strangers:
            s.close()
        node.end()


def descriptors(world, node, port):
    world.hub.end()
    world.hub.run()
    resource.prlimit(world.hub.process.pid, resource.RLIMIT_NOFILE, (64, 64))
    crowd(world, node, port, 100)
    check("the hub lives with 64 descriptors", world.hub.alive())


def run(world, strangers):
    port = free_port()
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), port)
    world.hub.run()
    node = world.node(UNIT)
    node.join()
    node.sync()
    two_addresses(world, node, port)
    cut(world, node, port)
    portal(world, node)
    crowd(world, node, port, strangers)
    descriptors(world, node, port)
    check("the log verifies", world.hub.ask("verify")["ok"])
    world.hub.end()


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, a: run(world, a.strangers),
                  ("--strangers", {"type": int, "default": 300})))
