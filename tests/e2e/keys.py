#!/usr/bin/env python3
"""The drills of docs/keys.md with the real programs.

  keys.py BUILD_DIR

A commune changes its own keys, over the network and on a stick, by itself and because the hub asks for it; a cut at
every step, copies of both sides from before it, and a copy of the old keys change none of it.
A commune's PC is stolen: revoked at a position, what it still sends over the network and on a stick is kept apart for
a person, a replacement joins and gets the unit's data, a copy of the hub from before the theft changes none of it.
Then the hub changes its keys, moves, and is robbed: its offline root key signs the successor, two officers order it,
communes follow, and the thief's hub gets nothing.
"""
import os
import shutil
import subprocess
import sys

from world import ROOT, TOOL_S, Failed, Program, check, copy_folder, free_port, play

WHY, WHO = "mất trộm đêm 12/3", "Trần Thị Bình"


def join(w, unit, name=None):
    node = w.node(unit)
    if name is not None:
        node.name = name
    node.join()
    node.tool("sync", ok=(0, 14))
    return node


def put(node, name):
    return node.ask("put", "--type", "person", "full_name=" + name)["id"]


def settle(node):
    """Sessions until one is complete: after a hub went back, two or three."""
    for _ in range(6):
        node.tool("sync", ok=range(0, 126))
        if node.code in (0, 14):
            return
    raise Failed(node.name + " does not settle")


def node_id(w, unit):
    return [n["node"] for n in w.hub.ask("nodes")["nodes"] if n["unit"] == unit and not n["revoked"]][-1]


def position(w):
    return w.hub.ask("status")["position"]


def sync_says(node):
    """A sync that fails; what it says to people."""
    p = subprocess.run([node.binary, "sync", "--data", node.name], cwd=node.world.dir, env=node.world.env,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=TOOL_S, check=False)
    if p.returncode == 0:
        raise Failed("a sync that must be refused went through")
    return (p.stdout + p.stderr).decode()


def hub_says(w, *args):
    """Exit code of a verb, and what it says to people."""
    p = subprocess.run([w.hub.binary, *args, "--data", w.hub.name], cwd=w.dir, env=w.env, stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=TOOL_S, check=False)
    return p.returncode, (p.stdout + p.stderr).decode()


def refused(program, *args):
    """The verb fails, and says why."""
    program.tool(*args, ok=range(1, 126))
    return True


def has(w, rid):
    w.hub.tool("get", rid, ok=range(0, 126))
    return w.hub.code == 0


def stolen(w):
    print("a stolen PC")
    a, b = join(w, "26176"), join(w, "26179")
    kept = put(a, "Lò Thị Một")
    a.tool("sync", ok=(0, 14))
    late = [put(a, "Lò Thị Hai"), put(a, "Lò Thị Ba")]
    a.tool("bundle", "out", "stick.dongbo")
    put(a, "Lò Thị Bốn")
    w.hub.tool("backup", os.path.join(w.dir, "before.db"))
    node = node_id(w, "26176")
    check("a reason is needed", refused(w.hub, "revoke", node[:16]))
    said = w.hub.ask("revoke", node[:16], "--reason", WHY)
    end = position(w)
    check("the revocation has a position", said["position"] == end)
    taken = w.hub.ask("bundle", "in", "stick.dongbo", "--out", "answer.dongbo", ok=(3,))
    check("what it had put on a stick is kept apart", taken["apart"] == 2 and taken["sets_new"] == 0)
    text = sync_says(a)
    check("the PC is told in plain words: " + text.strip(), "thu hồi" in text and "1 thay đổi" in text)
    sync_says(a)
    check("its status says so", any(x["code"] == "revoked" for x in a.status()["warnings"]))
    check("nothing of it entered the log", position(w) == end and not any(has(w, r) for r in late))
    rows = w.hub.ask("quarantine", "list")
    check("the hub shows who, when, why and what next", rows["waiting_sets"] == 3 and all(
        p["unit"] == "26176" and p["revoked_why"] == WHY and p["at"] and p["next_en"] for p in rows["parcels"]) and
        [p["road"] for p in rows["parcels"]] == ["bundle", "network"])
    check("so does its status", any(x["code"] == "quarantine" for x in w.hub.ask("status", ok=(0, 3))["warnings"]))
    shown = w.hub.ask("quarantine", "show", str(rows["parcels"][0]["parcel"]))
    check("what is in it can be read", "Lò Thị Hai" in str(shown["content"]))
    first, second = (str(p["parcel"]) for p in rows["parcels"])
    check("a decision has a reason", refused(w.hub, "quarantine", "release", first, "--person", WHO))
    check("and keeps the order of the saves",
          refused(w.hub, "quarantine", "release", second, "--reason", "x", "--person", WHO))
    w.hub.ask("quarantine", "release", first, "--reason", "cán bộ xã xác nhận", "--person", WHO)
    w.hub.ask("quarantine", "discard", second, "--reason", "không rõ ai nhập", "--person", WHO)
    check("let in by a person: the records are the commune's", all(has(w, r) for r in late) and
          {w.hub.ask("get", r)["unit"] for r in late} == {"26176"})
    rows = w.hub.ask("quarantine", "list", "--all")
    check("who decided is kept", rows["waiting"] == 0 and [(p["state"], p["by"]) for p in rows["parcels"]] ==
          [("released", WHO), ("discarded", WHO)])
    c = join(w, "26176", "thay")
    c.tool("sync", ok=(0, 14))
    check("the replacement has the unit's data", {kept, *late} <= {
        r["id"] for r in c.ask("list", "--type", "person")["rows"]})
    five = put(c, "Lò Thị Năm")
    c.tool("sync", ok=(0, 14))
    put(b, "Đào Văn Sáu")
    b.tool("sync", ok=(0, 14))
    check("the log verifies", w.hub.ask("verify")["finding_count"] == 0)
    back(w, a, five)


def back(w, a, five):
    """The hub's disk fails: a copy from before the theft."""
    w.hub.end()
    w.hub.tool("restore", "before.db", ok=(0, 3))
    w.hub.run()
    check("a copy of before it refuses the PC all the same",
          [n["revoked"] for n in w.hub.ask("nodes")["nodes"] if n["unit"] == "26176"] == [True])
    check("and tells it so", "thu hồi" in sync_says(a))
    for unit in ("26179", "26176"):
        settle(w.nodes[unit])
    check("the others send again what it lost", all(
        has(w, r["id"]) for r in w.nodes["26176"].ask("list", "--type", "person")["rows"]
        if not r.get("frozen")) and has(w, five))
    check("the log verifies again", w.hub.ask("verify")["finding_count"] == 0)


def keys_of(node):
    return node.ask("keys")["sign_key"]


def row(w, unit):
    return [n for n in w.hub.ask("nodes")["nodes"] if n["unit"] == unit and not n["revoked"]][-1]


def rekeyed(w):
    """A node's own keys change."""
    print("a commune changes its own keys")
    node = w.nodes["26179"]
    settle(node)
    before = keys_of(node)
    folder = os.path.join(w.dir, node.name)
    node.tool("backup", os.path.join(w.dir, "node-before.db"))
    w.hub.tool("backup", os.path.join(w.dir, "hub-before.db"))
    copy = w.node("26179c")
    shutil.copytree(folder, os.path.join(w.dir, copy.name),
                    ignore=lambda d, names: [n for n in names if n.endswith(".sock")])
    one = put(node, "Vi Thị Một")
    said = node.ask("keys", "rotate")
    two = put(node, "Vi Thị Hai")
    check("new keys, and work goes on under them", said["changing"] and keys_of(node) != before)
    check("not twice at once", refused(node, "keys", "rotate"))
    settle(node)
    check("the hub knows them", row(w, "26179")["key_changes"] == 1 and not node.ask("keys")["changing"])
    check("what was saved before and behind is there", has(w, one) and has(w, two))
    check("the old secrets are gone from the folder", sorted(os.listdir(os.path.join(folder, "keys"))) ==
          ["change", "sealing.key", "sign.key", "transport.key"])
    check("both sides verify, old log and new", w.hub.ask("verify")["finding_count"] == 0 and node.ask("verify")["ok"])
    thief(w, copy)
    print("  ... and copies from before it")
    w.hub.end()
    w.hub.tool("restore", "hub-before.db", ok=(0, 3))
    w.hub.run()
    check("a copy of the hub knows the new keys before anybody comes", row(w, "26179")["keys_changed"] is not None or
          row(w, "26179")["words"] == node.status()["words"])
    check("so the old ones open nothing", refused(copy, "sync"))
    settle(node)
    settle(node)
    check("and nothing is lost", all(has(w, r) for r in (one, two)))
    node.tool("restore", os.path.join(w.dir, "node-before.db"))
    three = put(node, "Vi Thị Ba")
    settle(node)
    settle(node)
    check("a copy of the commune's database goes on with the new keys", has(w, three) and node.ask("verify")["ok"] and
          {one, two, three} <= {r["id"] for r in node.ask("list", "--type", "person")["rows"]})
    check("the log verifies", w.hub.ask("verify")["finding_count"] == 0 and node.ask("verify")["ok"])
    asked(w, node)


def parcels(w):
    return [p for p in w.hub.ask("quarantine", "list")["parcels"] if p["unit"] == "26179"]


def thief(w, copy):
    """Somebody has a copy of the old keys."""
    end = position(w)
    check("a copy with the old keys learns nothing", refused(copy, "sync") and copy.status()["position"] < end)
    copy.tool("restore", os.path.join(w.dir, "node-before.db"))
    put(copy, "Vi Thị Kẻ")
    text = sync_says(copy)
    check("what it saves is asked for: " + text.strip(), "2 thay đổi" in text)
    check("and kept apart, for a person", position(w) == end and
          sum(p["sets"] for p in parcels(w)) == 2 and "đã đổi" in parcels(w)[0]["revoked_why"])
    copy.tool("bundle", "out", "old.dongbo")
    taken = w.hub.ask("bundle", "in", "old.dongbo", "--out", "old-answer.dongbo", ok=(3,))
    check("nor does its stick bring it in", taken["sets_new"] == 0 and position(w) == end)
    for p in parcels(w):
        w.hub.ask("quarantine", "release", str(p["parcel"]), "--reason", "xã xác nhận", "--person", WHO)
    check("a person may let it in", "Vi Thị Kẻ" in str(w.hub.ask("list", "--type", "person", "--max", "1000")))


def asked(w, node):
    print("  ... because the hub asks for it, and by sticks alone")
    before = keys_of(node)
    check("a reason is needed", refused(w.hub, "keys", "demand", row(w, "26179")["id"]))
    w.hub.ask("keys", "demand", row(w, "26179")["id"], "--reason", "đổi định kỳ")
    check("the hub waits for it", row(w, "26179")["keys_asked"] == "đổi định kỳ")
    w.hub.tool("bundle", "out", "down.dongbo", "--node", row(w, "26179")["id"])
    node.tool("bundle", "in", "down.dongbo", ok=range(0, 126))
    check("the demand begins it", keys_of(node) != before and node.ask("keys")["changing"])
    four = put(node, "Vi Thị Bốn")
    node.tool("bundle", "out", "up.dongbo")
    taken = w.hub.ask("bundle", "in", "up.dongbo", "--out", "back.dongbo")
    check("the hub takes it from a stick", has(w, four) and row(w, "26179")["keys_asked"] == "" and taken["apart"] == 0)
    node.tool("bundle", "out", "up2.dongbo")
    check("a stick made before the answer is read brings nothing in, and says so",
          w.hub.ask("bundle", "in", "up2.dongbo", "--out", "back2.dongbo", ok=(3,))["verdict"] == 5)
    node.tool("bundle", "in", "back.dongbo", ok=range(0, 126))
    check("the answer ends it", not node.ask("keys")["changing"])
    settle(node)
    check("the log verifies", w.hub.ask("verify")["finding_count"] == 0 and node.ask("verify")["ok"])


def officers(w, *names):
    for name in names:
        with open(os.path.join(w.dir, "pass-" + name), "w", encoding="utf-8") as f:
            f.write("mot mat khau dai " + name + "\n")
        w.hub.tool("officer", "add", name, "--role", "keys", "--key", "khoa-" + name, "--passphrase", "pass-" + name)


def ordered(w, a, b, *of):
    """Two officers order that a log key of the hub is revoked."""
    w.hub.tool("keys", "order", "--reason", "máy chủ bị lấy cắp", "--out", "lenh", *of)
    order = w.hub.ask("order", "propose", "lenh", "--key", "khoa-" + a, "--passphrase", "pass-" + a)
    w.hub.tool("order", "approve", order["id"][:16], "--key", "khoa-" + b, "--passphrase", "pass-" + b)


def keep(w, name, source="hub"):
    """A copy of a hub's folder that nobody has open."""
    shutil.copytree(os.path.join(w.dir, source), os.path.join(w.dir, name),
                    ignore=lambda d, names: [n for n in names if n.endswith(".sock")])


def typed(w):
    """The root key, typed in from paper."""
    with open(os.path.join(w.dir, "hub-root.key"), encoding="ascii") as f:
        line = f.read().strip()
    wrong = line[:-7] + ("B" if line[-7] != "B" else "C") + line[-6:]
    for name, text in (("typed.key", line), ("mistyped.key", wrong)):
        with open(os.path.join(w.dir, name), "w", encoding="ascii") as f:
            os.chmod(f.fileno(), 0o600)
            f.write(text)
    check("a root key that is typed wrong is noticed", refused(w.hub, "keys", "rotate", "--root", "mistyped.key"))


def cuts(w):
    """Power cuts in a change of keys: every state of the folder between "unchanged" and "changed"."""
    def at(name, *path):
        return os.path.join(w.dir, name, *path)

    real, keys = w.hub.name, ("log.key", "sealing.key")
    log_key = {}
    for name in ("unchanged", "changed"):
        w.hub.name = name
        log_key[name] = w.hub.ask("keys")["log_key"]
    for made in range(2):  # of the new keys; nothing is committed
        keep(w, "cut", "unchanged")
        for name in keys[:made + 1]:
            shutil.copy(at("changed", "keys", name), at("cut", "keys", "next-" + name))
        w.hub.name = "cut"
        if w.hub.ask("keys")["log_key"] != log_key["unchanged"] or w.hub.ask("verify")["finding_count"] != 0:
            raise Failed("%d new keys: the hub is not as it was" % (made + 1))
        w.hub.tool("keys", "rotate", "--root", "hub-root.key")
        if w.hub.ask("keys")["log_key"] in log_key.values():
            raise Failed("%d new keys: the change cannot be made again" % (made + 1))
        shutil.rmtree(at("cut"))
    for placed in range(len(keys) + 1):  # committed; so many keys are in their places, and the card is not written
        keep(w, "cut", "changed")
        for i, name in enumerate(keys):
            if i >= placed:
                shutil.copy(at("changed", "keys", name), at("cut", "keys", "next-" + name))
                shutil.copy(at("unchanged", "keys", name), at("cut", "keys", name))
        os.remove(at("cut", "keys", "card"))
        w.hub.name = "cut"
        if w.hub.ask("keys")["log_key"] != log_key["changed"] or w.hub.ask("verify")["finding_count"] != 0:
            raise Failed("%d keys in place: the change is not completed" % placed)
        left = os.listdir(at("cut", "keys"))
        if any(f.startswith("next-") for f in left) or "card" not in left:
            raise Failed("%d keys in place: the folder is not as after the change" % placed)
        shutil.rmtree(at("cut"))
    w.hub.name = real
    check("a power cut anywhere in it is completed by the next start, or was none", True)


def sealed_before(w, node, rid):
    """A stick that was sealed to the key which the hub has no more, and the way out that its refusal names."""
    _, said = hub_says(w, "bundle", "in", "sealed-before.dongbo")
    check("a stick sealed to the old key is refused with what to do", "bundle out" in said and "khóa" in said)
    check("and nothing came of it", not has(w, rid))
    w.hub.tool("bundle", "out", "anew-down.dongbo", "--node", row(w, "26179")["id"])
    node.tool("bundle", "in", "anew-down.dongbo", ok=range(0, 126))
    node.tool("bundle", "out", "anew-up.dongbo")
    w.hub.tool("bundle", "in", "anew-up.dongbo")
    check("which brings it in", has(w, rid))


def changed(w):
    print("the hub's keys change")
    node = w.nodes["26179"]
    settle(node)
    check("the root key is not in the data folder", not any(
        "root" in f for _, _, files in os.walk(os.path.join(w.dir, "hub")) for f in files))
    w.hub.tool("backup", os.path.join(w.dir, "old-keys.db"))
    old = w.hub.ask("keys")
    check("not while it runs", refused(w.hub, "keys", "rotate", "--root", "hub-root.key"))
    before = put(node, "Đào Thị Gói")
    node.tool("bundle", "out", "sealed-before.dongbo")
    w.hub.end()
    keep(w, "unchanged")
    typed(w)
    w.hub.tool("keys", "rotate", "--root", "typed.key")
    keep(w, "changed")
    cuts(w)
    w.hub.run()
    new = w.hub.ask("keys")
    check("a new log key, the old one named with its end", new["serial"] == old["serial"] + 1 and
          new["log_key"] != old["log_key"] and new["past"][-1]["log_key"] == old["log_key"])
    sealed_before(w, node, before)
    six = put(node, "Đào Văn Bảy")
    settle(node)
    settle(node)
    check("nodes go on under it", has(w, six))
    check("both sides verify, old chain and new", w.hub.ask("verify")["finding_count"] == 0 and
          node.ask("verify")["ok"])
    w.hub.end()
    w.hub.tool("restore", "old-keys.db", ok=(0, 3))
    w.hub.run()
    again = w.hub.ask("keys")
    check("a copy from before the change gets the new card again",
          (again["serial"], again["log_key"]) == (new["serial"], new["log_key"]))
    settle(node)
    settle(node)
    check("and nothing is lost", has(w, six) and w.hub.ask("verify")["finding_count"] == 0)


def moved(w):
    print("the hub moves to a new address")
    node, port = w.nodes["26179"], free_port()
    w.hub.end()
    w.hub.tool("keys", "address", "127.0.0.1:%d" % port, "--root", "hub-root.key")
    w.hub.tool("keys", "card", "--out", "the.card")
    conf = os.path.join(w.dir, "hub", "dongbo.conf")
    with open(conf, encoding="utf-8") as f:
        text = f.read().replace(":%d" % w.hub.ports["sync"], ":%d" % port)
    with open(conf, "w", encoding="utf-8") as f:
        f.write(text)
    w.hub.run()
    check("at the old address nobody answers", refused(node, "sync"))
    with open(os.path.join(w.dir, "the.card"), "rb") as f:
        card = f.read()
    with open(os.path.join(w.dir, "forged.card"), "wb") as f:
        f.write(card.replace(b"127.0.0.1", b"127.0.0.9"))
    check("a card that the root key did not sign is not taken", refused(node, "card", "forged.card"))
    node.tool("card", "the.card")
    settle(node)
    check("the card brings the address", node.status()["hub"] == "127.0.0.1:%d" % port)


def robbed(w):
    print("the hub's keys are stolen")
    node = w.nodes["26179"]
    officers(w, "An", "Binh")
    w.hub.end()
    copy_folder(os.path.join(w.dir, "hub"), os.path.join(w.dir, "thief"))
    check("one person alone revokes no hub key", refused(w.hub, "keys", "stolen", "--root", "hub-root.key"))
    ordered(w, "An", "Binh")
    code, text = hub_says(w, "keys", "stolen", "--root", "hub-root.key")
    check("that all keys are new is said", code == 0 and "Đã thay mọi khóa" in text)
    stranger = Program(w, "dongbo-hub", "other")
    stranger.tool("init", "--unit", "735", "--name", "Trung tâm khác", "--catalogue",
                  os.path.join(ROOT, "tests/sim/catalogue"))
    check("nor a root key that is not this hub's", refused(w.hub, "keys", "rotate", "--root", "other-root.key"))
    w.hub.run()
    seven = put(node, "Đào Văn Tám")
    settle(node)
    settle(node)
    new = w.hub.ask("keys")
    check("nodes follow to the successor", has(w, seven) and new["past"][-1]["stolen"])
    w.hub.end()
    real, w.hub.name = w.hub.name, "thief"
    w.hub.run()
    put(node, "Đào Văn Chín")
    check("the thief's hub at the same address gets nothing", refused(node, "sync") and
          w.hub.ask("nodes")["nodes"] != [] and "Tám" not in str(w.hub.ask("list", "--type", "person")))
    w.hub.end()
    w.hub.name = real
    w.hub.run()
    settle(node)
    check("the true one gets it", w.hub.ask("verify")["finding_count"] == 0 and node.ask("verify")["ok"])
    w.hub.end()
    w.hub.tool("restore", "before.db", ok=(0, 3))
    w.hub.run()
    check("a copy from before all of it still refuses the stolen PC, whose revocation the stolen key had signed",
          any(n["revoked"] for n in w.hub.ask("nodes")["nodes"] if n["unit"] == "26176"))


def lost(w):
    print("the hub's machine is gone, and nobody kept its keys")
    node = w.nodes["26179"]
    settle(node)
    w.hub.tool("backup", "last.db")
    seven = put(node, "Hà Thị Chín")
    settle(node)  # confirmed behind the copy
    w.hub.end()
    folder = os.path.join(w.dir, "hub")
    shutil.copy2(os.path.join(folder, "dongbo.conf"), os.path.join(w.dir, "kept.conf"))
    copy_folder(os.path.join(folder, "tls"), os.path.join(w.dir, "kept.tls"))
    shutil.rmtree(folder)
    os.mkdir(folder)
    shutil.copy2(os.path.join(w.dir, "kept.conf"), os.path.join(folder, "dongbo.conf"))
    copy_folder(os.path.join(w.dir, "kept.tls"), os.path.join(folder, "tls"))
    check("without keys a copy is put back for who has the root key alone", refused(w.hub, "restore", "last.db") and
          refused(w.hub, "restore", "last.db", "--root", "other-root.key"))
    code, text = hub_says(w, "restore", "last.db", "--root", "hub-root.key")
    check("what to do next is said", code in (0, 3) and "keys lost" in text)
    for verb in (("keys", "stolen", "--root", "hub-root.key"), ("status",), ("run",)):
        code, text = hub_says(w, *verb)
        check("... and by `%s`, instead of `init`" % verb[0], code == 10 and "keys lost" in text and "init" not in text)
    check("nor does another root key make keys", refused(w.hub, "keys", "lost", "--root", "other-root.key"))
    check("keys are made", w.hub.ask("keys", "lost", "--root", "hub-root.key")["new_keys"])
    code, text = hub_says(w, "status")
    check("the hub opens again", code in (0, 3) and "keys lost" not in text)
    for name in ("log", "transport", "sealing", "issue"):
        key = os.path.join(folder, "keys", name + ".key")
        os.rename(key, key + ".away")
        code, text = hub_says(w, "status")
        os.rename(key + ".away", key)
        if code != 10 or "keys lost" not in text:
            raise Failed("without its %s key the hub says: %s" % (name, text))
    check("whichever key is missing, it is said", True)
    check("keys that are there are not lost", refused(w.hub, "keys", "lost", "--root", "hub-root.key"))
    w.hub.tool("keys", "card", "--out", "lost.card")
    w.hub.run()
    eight = put(node, "Hà Thị Mười")
    check("nobody can dial keys that are gone", refused(node, "sync"))
    node.tool("card", "lost.card")
    settle(node)
    before = w.hub.ask("keys")
    check("with the card, carried by hand, work goes on, and what was confirmed behind the copy is back",
          has(w, eight) and has(w, seven) and not before["past"][-1]["stolen"])
    check("both sides verify what the lost key signed",
          w.hub.ask("verify")["finding_count"] == 0 and node.ask("verify")["ok"])
    w.hub.end()
    check("one person alone revokes no key of before", refused(w.hub, "keys", "stolen", "--root", "hub-root.key"))
    w.hub.run()
    officers(w, "Chi", "Dung")
    ordered(w, "Chi", "Dung", "--past")
    w.hub.end()
    keep(w, "ordered")
    code, text = hub_says(w, "keys", "stolen", "--root", "hub-root.key")
    check("that no key is new is said", code == 0 and "Không tạo khóa nào" in text and "mọi khóa" not in text)
    real, w.hub.name = w.hub.name, "ordered"
    said = w.hub.ask("keys", "stolen", "--root", "hub-root.key")
    w.hub.name = real
    check("... and to programs", said == {"changed": True, "new_keys": False})
    w.hub.run()
    settle(node)
    nine = put(node, "Hà Thị Mười Một")
    settle(node)
    new = w.hub.ask("keys")
    check("two officers call it stolen: the key of before counts no more, the new ones stay",
          new["past"][-1]["stolen"] and new["log_key"] == before["log_key"] and has(w, nine))
    check("and the log verifies", w.hub.ask("verify")["finding_count"] == 0)


def run(w):
    w.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "tests/sim/catalogue"), free_port())
    w.hub.run()
    stolen(w)
    rekeyed(w)
    changed(w)
    moved(w)
    robbed(w)
    lost(w)


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: run(world)))
