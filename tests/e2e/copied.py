#!/usr/bin/env python3
"""What does a copied data folder tell? The words of docs/at-rest.md, checked on real folders.

  copied.py BUILD_DIR

Names, numbers, a password, an invitation and keys are planted; the folders of a hub and a node are copied as a thief
would, and every file is searched for them as UTF-8, as hex and as base64.
"""
import base64
import glob
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import stat
import sys

from world import ROOT, Failed, copy_folder, play

NAME, PHONE, PERSON = "Lò Thị Mẫu Chép", "0912345678", "Cán Bộ Nhập Liệu"


def found(folder, secret):
    """Names of the files that hold it."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    forms = [raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"="),
             base64.urlsafe_b64encode(raw).rstrip(b"=")]
    files = set()
    for path in glob.glob(os.path.join(folder, "**"), recursive=True):
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as f:
            data = f.read()
        if any(form in data for form in forms):
            files.add(os.path.relpath(path, folder))
    return files


def expect(what, folder, secret, readable, where=()):
    files = found(folder, secret)
    if bool(files) != readable or (readable and where and not files <= set(where)):
        raise Failed("%s: %s, in %s" % (what, "found" if files else "not found", sorted(files)))
    print("%-40s %s" % (what, "readable in " + ", ".join(sorted(files)) if files else "not there"))


def secret_of(path):
    """The longest run of base64 or hex of a key file: its secret."""
    with open(path, encoding="ascii") as f:
        runs = re.findall(r"[0-9A-Za-z+/_=-]{40,}", f.read())
    if not runs:
        raise Failed("no key in " + path)
    return max(runs, key=len).encode()


def work(w):
    folder = w.dir
    w.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "tests/sim/catalogue"))
    w.hub.run()
    node = w.node("26176")
    node.join()
    node.tool("sync", ok=(0, 14))
    node.tool("put", "--type", "person", "--person", PERSON, "full_name=" + NAME, "phone=" + PHONE)
    node.tool("sync", ok=(0, 14))
    token = w.hub.ask("token", "create", "tinh")["token"]
    copies = {}
    for name in ("hub", node.name):  # while they run: with what stands in the WAL
        copies[name] = os.path.join(folder, "copy-" + name)
        copy_folder(os.path.join(folder, name), copies[name])
    for name, copy in copies.items():
        database = ("hub.db", "hub.db-wal", "node.db", "node.db-wal")
        expect(name + ": a person's name", copy, NAME, True, database)
        expect(name + ": a phone number", copy, PHONE, True, database)
        for key in sorted(glob.glob(os.path.join(copy, "keys", "*.key"))):
            short = os.path.relpath(key, copy)
            expect(name + ": the secret of " + short, copy, secret_of(key), True, (short,))
    expect("node: who typed it", copies[node.name], PERSON, True, ("node.db", "node.db-wal"))
    expect("hub: who typed it (only an id of 8 bytes)", copies["hub"], PERSON, False)
    expect("hub: the province's token", copies["hub"], token, False)
    node.tool("backup", os.path.join(folder, "backup-node"))
    w.hub.tool("backup", os.path.join(folder, "backup-hub"))
    for name in ("hub", node.name):
        backup = os.path.join(folder, "backup-hub" if name == "hub" else "backup-node")
        only = os.path.join(folder, "only-" + name)
        os.mkdir(only)
        shutil.copy(backup, only)
        expect(name + ": a name, in a backup", only, NAME, True)
        for key in sorted(glob.glob(os.path.join(folder, name, "keys", "*.key"))):
            expect(name + ": " + os.path.basename(key) + ", in a backup", only, secret_of(key), False)
    other_user(w, node)


def other_user(w, node):
    """What another user of the same PC gets: no file, no list of files, no socket, no word of a page."""
    if os.getuid() != 0:
        print("SKIP: only root can be somebody else for a moment")
        return
    node.run()
    os.chmod(w.dir, 0o755)  # the folder above is nobody's secret
    with open(os.path.join(w.dir, "hub", "run", "ports.json"), encoding="ascii") as f:
        port = json.load(f)["web"]
    inside = [p for name in ("hub", node.name) for p in glob.glob(os.path.join(w.dir, name, "**"), recursive=True)]
    sockets = [p for p in inside if stat.S_ISSOCK(os.stat(p).st_mode)]
    if len(sockets) < 2 or len(inside) < 10:
        raise Failed("there is nothing to try: %s" % inside)
    child = os.fork()
    if child == 0:
        got = 0
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            for path in inside:
                got += opened(path)
            for path in sockets:
                with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
                    got += s.connect_ex(path) == 0
        except BaseException as e:  # nothing of the parent may run here
            print(e, flush=True)
            got = 99
        os._exit(min(got, 99))
    _, status = os.waitpid(child, 0)
    os.chmod(w.dir, 0o700)
    if told("127.0.0.1", port) != 0:
        raise Failed("the page tells a stranger something")
    if os.waitstatus_to_exitcode(status) != 0:
        raise Failed("another user opened %d of them" % os.waitstatus_to_exitcode(status))
    print("another user of the PC opens none of %d files, folders and %d sockets" % (len(inside), len(sockets)))


def opened(path):
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return 0
    return 1


def told(host, port):
    """Does the hub's page tell a stranger anything?"""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    told_ = 0
    for path in ("/api/status", "/api/nodes", "/api/list?type=person", "/api/v1/issues"):
        c = http.client.HTTPSConnection(host, port, context=context, timeout=120)
        c.request("GET", path)
        status = c.getresponse().status
        told_ += status not in (401, 403)
        c.close()
    return told_


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: work(world)))
