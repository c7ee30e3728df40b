#!/usr/bin/env python3
"""What does a copied data folder tell? The words of docs/at-rest.md, checked on real folders.

  copied.py BUILD_DIR

Names, numbers, a password, an invitation and keys are planted; the folders of a hub and a node are copied as a thief
would, and every file is searched for them as UTF-8, as hex and as base64.
"""
import base64
import glob
import os
import re
import shutil
import sys
import tempfile

from world import Failed, World, copy_folder, on_signals

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
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


def work(build, folder):
    with World(build, folder) as w:
        w.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "tests/sim/catalogue"))
        w.hub.run()
        node = w.node("26176")
        invitation = w.hub.ask("invite", "--unit", "26176", "--address",
                               "127.0.0.1:%d" % w.hub.ports["sync"])["invitation"]
        node.tool("init")
        node.tool("join", invitation)
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


def main():
    on_signals()
    with tempfile.TemporaryDirectory(prefix="dongbo-copied-") as folder:
        work(os.path.abspath(sys.argv[1]), folder)


if __name__ == "__main__":
    try:
        main()
    except Failed as e:
        print("FAILED: %s" % e)
        sys.exit(1)
