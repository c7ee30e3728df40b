#!/usr/bin/env python3
"""What does a copied data folder tell? The table of docs/at-rest.md, row by row, on real folders.

  copied.py BUILD_DIR [--dir DIR]

Planted are records with sealed and open fields, drafts, files, logins with passwords and an authenticator, sessions,
codes, invitations, a token, bundles, backups and databases of before a restore. The folders of a hub and a node are
copied as a thief would, while they run, and every file is searched for each of these as UTF-8, UTF-16, hex and base64.
"""
import base64
import glob
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import stat
import struct
import subprocess
import sys
import time

from sealed import picture
from sealed_read import read_record
from stranger import unpack
from world import ROOT, TOOL_S, Failed, Story, check, copy_folder, free_port, play, wait_for

UNIT, OTHER = "26176", "26179"
NAME, PHONE, PERSON, ADMIN = "Lò Thị Mẫu Chép", "0912345678", "Cán Bộ Nhập Liệu", "Quản Trị Của Huyện"
LATE, DRAFT, UNSENT = "Hà Văn Sau Sao", "Vi Thị Nháp Dở", "Mùa A Chờ Gửi"
ALIAS, NOTE, CALLED = "Bí danh Hoa Ban", "Đón ở bến Sung Già", "Ảnh cô Hoa Ban"
SCAN, SEALED = "GIAY-KHAI-SINH-LO-MAU", "ANH-CHUP-HOA-BAN"
PASSWORD, ADMINS = "mật khẩu của xã 26176", "mật khẩu của huyện 735"
WITNESS_BYTES = 16 + 8 + 8 + 32 + 32  # common/io/witness.c: tag, log, number, hash, the hash of these
NODE, HUB = ("node.db", "node.db-wal"), ("hub.db", "hub.db-wal")


# --- searching ---

def forms(secret):
    """As it may stand in a file."""
    raw = secret if isinstance(secret, bytes) else secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    if isinstance(secret, str):
        found.add(secret.encode("utf-16-le"))
    for before in range(3):  # base64 of something that it stands in, however far from the beginning
        text = base64.b64encode(bytes(before) + raw)[-(-8 * before // 6):8 * (before + len(raw)) // 6]
        found |= {text, text.translate(bytes.maketrans(b"+/", b"-_"))}
    return found


def holders(folder, secret):
    """Names of the files that hold it."""
    wanted, files = forms(secret), set()
    for path in glob.glob(os.path.join(folder, "**"), recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as f:
                data = f.read()
            if any(form in data for form in wanted):
                files.add(os.path.relpath(path, folder))
    return files


def table():
    """First cells of the table of docs/at-rest.md."""
    with open(os.path.join(ROOT, "docs/at-rest.md"), encoding="utf-8") as f:
        rows = f.read().split("| In the copy | Readable? |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
    return [r.split(" | ")[0].strip("| ") for r in rows]


class Row:
    """One row of the table: what is found is told with it, and it must have been looked at."""

    seen = set()

    def __init__(self, words):
        self.name, = [r for r in table() if r.startswith(words)]
        Row.seen.add(self.name)
        print("--- " + self.name, flush=True)

    def readable(self, what, folder, secret, where):
        """It stands in some of these files and in no other."""
        files = holders(folder, secret)
        if len(secret) < 8 or not files or not files <= set(where):
            raise Failed("%s: %s: in %s, not in %s" % (self.name, what, sorted(files), sorted(where)))
        print("%-60s readable in %s" % (what, ", ".join(sorted(files))))

    def closed(self, what, folder, *secrets):
        for secret in secrets:
            if len(secret) < 8 or holders(folder, secret):
                raise Failed("%s: %s: %s is in %s" % (self.name, what, secret, sorted(holders(folder, secret))))
        print("%-60s not there" % (what if len(secrets) == 1 else "%s (%d)" % (what, len(secrets))))


def secret_of(path):
    """The secret of a key file, or of a PEM file a piece of it."""
    with open(path, encoding="ascii") as f:
        text = f.read()
    if text.startswith("-----BEGIN"):
        return text.splitlines()[2].encode()
    return base64.b64decode(text.split()[2])[:32]


class Desk:
    """A login at a page: of a node, or with `context` of the hub."""

    def __init__(self, port, context=None):
        self.at = "http%s://127.0.0.1:%d" % ("s" if context else "", port)
        self.link = (http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=TOOL_S) if context else
                     http.client.HTTPConnection("127.0.0.1", port, timeout=TOOL_S))
        self.cookie = ""
        self.csrf = self.ask("GET", "/api/session")["csrf"]

    def ask(self, method, path, body=None):
        headers = {"Cookie": self.cookie}
        if body is not None:
            headers.update({"Origin": self.at, "X-Dongbo-Csrf": self.csrf, "Content-Type": "application/json"})
        self.link.request(method, path, json.dumps(body) if body is not None else None, headers)
        reply = self.link.getresponse()
        self.cookie = (reply.getheader("Set-Cookie") or self.cookie).split(";")[0]
        said = reply.read()
        if reply.status != 200:
            raise Failed("%s: %d %s" % (path, reply.status, said[:300]))
        return json.loads(said)

    def step(self, path, **body):
        self.csrf = self.ask("POST", path, body)["csrf"]

    def token(self):
        return self.cookie.split("=", 1)[1]


def code_now(secret):
    """Six digits of RFC 6238."""
    mac = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = mac[19] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


def anybody():
    """TLS that trusts whoever answers."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Copied(Story):
    def __init__(self, world):
        super().__init__(world)
        self.copies = {}  # folders, by what is copied

    # --- helpers -----------------------------------------------------------------------------------------------

    def copy(self, name, tag=""):
        """The folder of a program as it stands now, with what stands in its WAL."""
        target = self.path("copy-%s%s" % (name, tag))
        copy_folder(self.path(name), target)
        return target

    def alone(self, tag, *files):
        """These files in a folder of their own."""
        os.mkdir(self.path(tag))
        for file in files:
            shutil.copy(self.path(file), self.path(tag))
        return self.path(tag)

    def code(self, name, file):
        return self.read_file(os.path.join(name, "run", file)).decode().strip()

    def port(self, name, what):
        with open(self.path(name, "run", "ports.json"), encoding="ascii") as f:
            return json.load(f)[what]

    def delivered(self):
        def done():
            self.node.tool("sync", ok=range(0, 30))
            s = self.node.status()
            return s["log"]["waiting"] == 0 and s["attachments"]["waiting"] == 0
        wait_for("the commune to deliver", done)

    def put(self, what, *values):
        return self.node.ask("put", "--type", what, "--person", PERSON, *values)["id"]

    # --- planting ----------------------------------------------------------------------------------------------

    def searching(self):
        """A search that finds nothing says something when it would have found it."""
        os.mkdir(self.path("probe"))
        raw = NAME.encode()
        for i, data in enumerate([raw, raw.hex().encode(), raw.hex().upper().encode(), NAME.encode("utf-16-le"), *(
                encode(bytes(n) + raw + b"end") for n in range(3)
                for encode in (base64.b64encode, base64.urlsafe_b64encode))]):
            self.write_file(os.path.join("probe", str(i)), b"before" + data + b"behind")
        check("it is found in each form", holders(self.path("probe"), NAME) == {str(n) for n in range(10)})
        check("and nothing else is", not holders(self.path("probe"), LATE))

    def begin(self):
        self.w.logs = self.path("logs")
        os.mkdir(self.w.logs)
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), free_port())
        self.hub.run()
        self.node = node = self.w.node(UNIT)
        node.tool("init", "--name", "Máy")
        with open(self.path(node.name, "dongbo.conf"), "w", encoding="ascii") as f:
            f.write("[desk]\nlisten = 127.0.0.1:0\n")
        self.invitations = [self.hub.ask("invite", "--unit", unit)["invitation"] for unit in (UNIT, OTHER)]
        node.tool("join", self.invitations[0])
        node.run()
        other = self.w.node(OTHER)  # is to join by a file
        other.tool("init", "--name", "Máy hai")
        other.tool("join", "--offline", self.invitations[1])
        self.copies[OTHER] = self.copy(other.name)
        self.token = self.hub.ask("token", "create", "tinh")["token"]

    def logins(self):
        """The first officers of both pages."""
        row = Row("one-time codes")
        self.codes = self.code(self.node.name, "desk-code"), self.code("hub", "first-code")
        for name, code, file in ((self.node.name, self.codes[0], "run/desk-code"),
                                 ("hub", self.codes[1], "run/first-code")):
            row.readable(name + ": the code of the first login", self.copy(name, "-before"), code, (file,))
        self.desk = Desk(self.port(self.node.name, "desk"))
        self.desk.step("/api/first", code=self.codes[0], name=PERSON, password=PASSWORD)
        self.page = Desk(self.port("hub", "web"), anybody())
        self.page.step("/api/first", code=self.codes[1], name=ADMIN, password=ADMINS)
        self.telephone = base64.b32decode(self.page.ask("GET", "/api/authenticator")["secret"].replace(" ", ""))
        self.page.step("/api/authenticator", code=code_now(self.telephone))

    def records(self):
        node = self.node
        person = self.put("person", "full_name=" + NAME, "sex=female", "phone=" + PHONE)
        case = self.put("trafficking_case", "alias=" + ALIAS, "note=" + NOTE, "received_on=2023-03-02",
                        "received_by=police", "victim_status=victim", "verified_on=2023-03-09")
        self.write_file("giay.jpg", picture(False, SCAN))
        self.write_file(CALLED + ".jpg", picture(False, SEALED))
        node.ask("attach", "add", person, "giay.jpg")
        self.file = node.ask("attach", "add", case, CALLED + ".jpg")["id"]
        self.desk.ask("PUT", "/api/draft", {"key": "person/new", "draft": {"values": {"full_name": DRAFT}}})
        self.delivered()
        self.hub.tool("open", self.file, "--out", "tep.json")
        with open(self.path("tep.json"), encoding="utf-8") as f:
            state = unpack(base64.b64decode(json.load(f)["state"]))
        secret, public = (base64.b64decode(word)
                          for word in self.read_file(os.path.join(node.name, "keys/sealing.key")).split()[2:])
        texts = read_record(state, bytes.fromhex(self.file), secret, public)
        check("the file has a key of its own, and its name", texts[9] == CALLED + ".jpg" and len(texts[10]) > 40)
        self.file_key = bytes.fromhex(texts[10].split()[1])

    # --- the rows ----------------------------------------------------------------------------------------------

    def what_stands_in_the_records(self):
        row = Row("records")
        for name, database in ((self.node.name, NODE), ("hub", HUB)):
            copy = self.copies[name]
            row.readable(name + ": a person's name", copy, NAME, database)
            row.readable(name + ": a telephone number", copy, PHONE, database)
        row.readable("node: a draft", self.copies[self.node.name], DRAFT, NODE)
        row.closed("hub: a draft of the node", self.copies["hub"], DRAFT)
        row = Row("photos and scans")
        for name, database in ((self.node.name, NODE), ("hub", HUB)):
            row.readable(name + ": a scan of a person's paper", self.copies[name], SCAN, database)
            row.closed(name + ": a photo beside a record of class 4", self.copies[name], SEALED)
        row.readable("node: the key of that photo", self.copies[self.node.name], self.file_key, NODE)
        row.closed("hub: the key of that photo", self.copies["hub"], self.file_key)
        row = Row("[sealed fields]")
        for what, text in (("an alias", ALIAS), ("a note", NOTE), ("the name of a file", CALLED)):
            row.readable("node: " + what, self.copies[self.node.name], text, NODE)
            row.closed("hub: " + what, self.copies["hub"], text)
        row = Row("who typed it")
        row.readable("node: its officer", self.copies[self.node.name], PERSON, NODE)
        row.closed("hub: the node's officer", self.copies["hub"], PERSON)
        row.readable("hub: its own officer", self.copies["hub"], ADMIN, HUB)

    def keys(self):
        """(name of the program, file, secret)"""
        for name in (self.node.name, "hub"):
            for pattern in ("keys/*.key", "tls/*.key", "tls/key.pem"):
                for key in sorted(glob.glob(self.path(name, pattern))):
                    yield name, os.path.relpath(key, self.path(name)), secret_of(key)

    def what_lets_in(self):
        row, node, hub = Row("the keys in `keys/`"), self.copies[self.node.name], self.copies["hub"]
        for name, file, secret in self.keys():
            row.readable("%s: the secret of %s" % (name, file), self.copies[name], secret, (file,))
        check("both have keys, the hub those of its page too",
              {(n, f.split("/")[0]) for n, f, _ in self.keys()} ==
              {(self.node.name, "keys"), ("hub", "keys"), ("hub", "tls")})
        row = Row("logins of the desk")
        for where, copy, database in (("node", node, NODE), ("hub", hub, HUB)):
            row.readable(where + ": hashes of passwords", copy, b"$argon2id$", database)
            row.closed(where + ": the passwords", copy, PASSWORD, ADMINS)
        row = Row("secret of an authenticator")
        row.readable("hub: what the telephone has too", hub, self.telephone, HUB)
        row = Row("sessions")
        row.closed("node: the session of the page", node, self.desk.token())
        row.closed("hub: the session of the page", hub, self.page.token())
        row = Row("one-time codes")
        row.closed("node: codes that were used", node, *self.codes)
        row.closed("hub: codes that were used", hub, *self.codes)
        row = Row("tokens of the province")
        row.closed("hub: the province's token", hub, self.token)
        row = Row("invitations")
        used, fresh = [unpack(base64.urlsafe_b64decode(i[8:] + "=" * (-len(i[8:]) % 4))) for i in self.invitations]
        row.closed("hub: the token of one that was used", hub, used[3])
        row.closed("hub: the token of one that nobody used yet", hub, fresh[3])
        row.closed("node: the token of its own, which was used", node, used[3])
        row.readable("node: the token with which it is still to join", self.copies[OTHER], fresh[3], NODE)

    def what_else_lies_there(self):
        row = Row("`*.witness`")
        for name, file in ((self.node.name, "node.db.witness"), ("hub", "hub.db.witness")):
            witness = self.alone("witness-" + name, os.path.join(name, file))
            check("%s: it has room for a number and hashes alone" % file,
                  os.path.getsize(os.path.join(witness, file)) == WITNESS_BYTES)
            row.closed("%s: whatever was planted" % file, witness, *self.secrets())
        row = Row("logs of the programs")
        for name in (self.node.name, "hub"):
            check("%s wrote a log" % name, os.path.getsize(self.path("logs", name + ".log")) > 0)
        row.closed("whatever was planted", self.path("logs"), *self.secrets())

    def secrets(self):
        """Whatever was planted, and each key."""
        return (NAME, PHONE, PERSON, ADMIN, DRAFT, LATE, UNSENT, ALIAS, NOTE, CALLED, self.file_key, SCAN, SEALED,
                PASSWORD, ADMINS, self.telephone, self.token, *self.codes, self.desk.token(), self.page.token(),
                *self.invitations, *(secret for _, _, secret in self.keys()))

    def backups(self):
        """They are made here; what is put later is in none of them."""
        row, node = Row("a backup file"), self.node.name
        self.node.tool("backup", self.path("sao-xa"))
        self.hub.tool("backup", self.path("sao-huyen"))
        copies = {node: self.alone("only-" + node, "sao-xa"), "hub": self.alone("only-hub", "sao-huyen")}
        for name, file in ((node, "sao-xa"), ("hub", "sao-huyen")):
            row.readable(name + ": a name", copies[name], NAME, (file,))
            row.readable(name + ": hashes of passwords", copies[name], b"$argon2id$", (file,))
        for what, text in (("an alias", ALIAS), ("the key of a photo", self.file_key)):
            row.readable("node: " + what, copies[node], text, ("sao-xa",))
            row.closed("hub: " + what, copies["hub"], text)
        row.readable("hub: the secret of an authenticator", copies["hub"], self.telephone, ("sao-huyen",))
        certificate = self.read_file("hub/tls/cert.pem").splitlines()[2]
        for name, copy in copies.items():
            row.closed(name + ": the secrets of keys", copy, *(secret for _, _, secret in self.keys()))
            row.closed(name + ": the hub's certificate, passwords, tokens", copy, certificate, PASSWORD, ADMINS,
                       self.token, self.invitations[1], SEALED)

    def bundles(self):
        """One of a record that waits, the answer to it, and all that the hub has of the commune."""
        row = Row("a `.dongbo` bundle")
        self.hub.end()
        self.put("person", "full_name=" + UNSENT, "sex=female")
        made = self.node.ask("bundle", "out", "di.dongbo")
        check("it carries what waits", made["sets"] >= 1)
        self.hub.run()
        taken = self.hub.ask("bundle", "in", "di.dongbo", "--out", "ve.dongbo")
        check("and the hub reads that in it", taken["sets_new"] + taken["sets_known"] >= 1)
        self.hub.tool("bundle", "out", "--node", self.hub.ask("nodes")["nodes"][0]["node"][:16], "--whole",
                      "ca-xa.dongbo")
        stick = self.alone("stick", "di.dongbo", "ve.dongbo", "ca-xa.dongbo")
        row.closed("whatever was planted, and whose they are", stick, *self.secrets(), "Huyện Vĩnh Cửu")

    def while_it_is_verified(self):
        """The hub stands still for the moment in which the file is looked at."""
        row, before = Row("what `verify` makes"), set(os.listdir(self.path("hub")))
        pid, tools = self.hub.process.pid, []

        def holds(fd):
            """Is it that file, and are records in it? Then the hub stands still."""
            at = "/proc/%d/fd/%s" % (pid, fd)
            try:
                if re.search(r"/hub\.db\.replay\S* \(deleted\)$", os.readlink(at)):
                    os.kill(pid, signal.SIGSTOP)
                    with open(at, "rb") as f:
                        if NAME.encode() in f.read():
                            return True
                    os.kill(pid, signal.SIGCONT)
            except FileNotFoundError:  # closed meanwhile
                os.kill(pid, signal.SIGCONT)
            return False

        def caught():
            tools.append(subprocess.Popen([self.hub.binary, "verify", "--data", "hub"], cwd=self.w.dir, env=self.w.env,
                                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
            while tools[-1].poll() is None:
                if any(holds(fd) for fd in os.listdir("/proc/%d/fd" % pid)):
                    return True
            return False
        try:
            wait_for("verify to have read the records", caught)
            copy = self.copy("hub", "-verified")
        finally:
            os.kill(pid, signal.SIGCONT)
            tools[-1].wait(TOOL_S)
        check("the file with the records has no name", set(os.listdir(copy)) <= before)
        row.readable("hub: a name while it is verified", copy, NAME, HUB)

    def cut_short(self):
        """As a restore that was killed leaves it: the copy that it was about to look through."""
        row, left = Row("`*.restore…`"), []
        for name, base, backup in ((self.node.name, "node.db", "sao-xa"), ("hub", "hub.db", "sao-huyen")):
            left.append(self.path(os.path.join(name, base + ".restore")))
            shutil.copy(self.path(backup), left[-1])
            row.readable(name + ": a name", self.alone("cut-" + name, os.path.join(name, base + ".restore")), NAME,
                         (base + ".restore",))
        return left

    def restored(self):
        """What is put after the copies stands in what `restore` keeps."""
        row, node = Row("`*.old-…` databases"), self.node
        self.hub.tool("put", "--type", "person", "full_name=" + LATE, "sex=female")
        self.hub.end()
        self.put("person", "full_name=" + LATE, "sex=female")
        node.end()
        left = self.cut_short()
        node.tool("restore", "sao-xa", ok=(0, 3))
        self.hub.tool("restore", "sao-huyen", ok=(0, 3))
        check("what a restore that was killed left is gone", not any(os.path.exists(f) for f in left))
        for name, base in ((node.name, "node.db.old-"), ("hub", "hub.db.old-")):
            copy = self.copy(name, "-restored")
            old = [f for f in os.listdir(copy) if f.startswith(base)]
            check("%s: the database of before is kept" % name, old)
            row.readable(name + ": what only it has", copy, LATE, old)
            row.readable(name + ": hashes of passwords", copy, b"$argon2id$", (*old, *(NODE + HUB)))
        row.readable("node: an alias", self.path("copy-%s-restored" % node.name), ALIAS, (*NODE, *(
            f for f in os.listdir(self.path(node.name)) if f.startswith("node.db.old-"))))
        row.closed("hub: an alias, passwords, the token", self.path("copy-hub-restored"), ALIAS, PASSWORD, ADMINS,
                   self.token)
        self.hub.run()
        node.run()

    def run(self):
        self.go(self.searching, self.begin, self.logins, self.records)
        self.copies.update({name: self.copy(name) for name in (self.node.name, "hub")})
        self.go(self.what_stands_in_the_records, self.what_lets_in, self.backups, self.bundles,
                self.while_it_is_verified, self.restored, self.what_else_lies_there)
        check("every row of the table was looked at", Row.seen == set(table()))
        other_user(self.w, self.node)


def other_user(w, node):
    """What another user of the same PC gets: no file, no list of files, no socket, no word of a page."""
    if os.getuid() != 0:
        print("SKIP: only root can be somebody else for a moment")
        return
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
    told_ = 0
    for path in ("/api/status", "/api/nodes", "/api/list?type=person", "/api/v1/issues"):
        c = http.client.HTTPSConnection(host, port, context=anybody(), timeout=120)
        c.request("GET", path)
        status = c.getresponse().status
        told_ += status not in (401, 403)
        c.close()
    return told_


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Copied(world).run()))
