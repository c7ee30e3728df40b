"""How fast both desks answer over many records: python3 tests/bench/desk.py BUILD_FOLDER [RECORDS]

A hub, a node that joined, RECORDS persons (default 50,000) imported by the tool, then the desk over HTTP:
searches as one types them, a filter, an order, the last page, an export. Then all of it syncs to the hub, and the
hub's desk is asked over HTTPS. Prints tables with the time by the clock and the daemon's processor time of one
answer; ends with 1 when the p95 of the searches is over 100 ms. Memory is the daemon's resident set with the desk in
use.
"""

import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import shutil
import ssl
import struct
import subprocess
import sys
import tempfile
import time
import unicodedata
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
AIM_MS = 100
ROUNDS = 300
FAMILY = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý".split()
MIDDLE = "Văn Thị Hữu Đức Ngọc Minh Thanh Quốc Xuân Thu Kim Mỹ Gia Bảo".split()
GIVEN = ("An Bình Châu Dũng Duyên Đạt Giang Hà Hải Hạnh Hiền Hòa Hồng Hùng Hương Khánh Lan Liên Linh Long Mai Nam Nga "
         "Ngân Nhung Phúc Phương Quân Quỳnh Sơn Tâm Thảo Thắng Thủy Trang Trinh Tuấn Tùng Uyên Vân Vinh Yến").split()


def run(*args):
    done = subprocess.run(args, capture_output=True, text=True, check=False,
                          env={**os.environ, "DONGBO_PERSON": "Đo đạc"})
    if done.returncode != 0:
        sys.exit(f"{' '.join(args)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def wait_json(path):
    for _ in range(600):
        try:
            with open(path, encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError):
            time.sleep(0.05)
    sys.exit(f"{path} did not come")


def people(path, count, rng):
    with open(path, "w", encoding="utf-8") as f:
        f.write("full_name,sex,dob,cur_address,phone\n")
        for i in range(count):
            name = f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}"
            sex = rng.choice(("male", "female"))
            f.write(f"{name},{sex},{1940 + i % 80},Số {i % 900} ấp {i % 12 + 1},09{i:08d}\n")


class Desk:
    scheme = "http"

    def __init__(self, port):
        self.port, self.cookie, self.csrf = port, "", ""
        self.http = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, method, path, body=None):
        headers = {"Cookie": self.cookie}
        if method != "GET":
            headers.update({"Origin": f"{self.scheme}://127.0.0.1:{self.port}", "X-Dongbo-Csrf": self.csrf,
                            "Content-Type": "application/json"})
        self.http.request(method, path, json.dumps(body) if body is not None else None, headers)
        reply = self.http.getresponse()
        data = reply.read()
        if reply.getheader("Set-Cookie"):
            self.cookie = reply.getheader("Set-Cookie").split(";")[0]
        if reply.status != 200:
            sys.exit(f"{path}: {reply.status} {data[:300]!r}")
        return data

    def json(self, *args):
        return json.loads(self.ask(*args))

    def enter(self, data):
        self.csrf = self.json("GET", "/api/session")["csrf"]
        with open(os.path.join(data, "run/desk-code"), encoding="ascii") as f:
            code = f.read().strip()
        first = {"code": code, "name": "Lan", "password": "mat khau dai"}
        self.csrf = self.json("POST", "/api/first", first)["csrf"]


def totp(secret):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


class HubDesk(Desk):
    scheme = "https"

    def __init__(self, port):
        super().__init__(port)
        self.http = http.client.HTTPSConnection("127.0.0.1", port, context=ssl._create_unverified_context())

    def step(self, path, body):
        self.csrf = self.json("POST", path, body)["csrf"]

    def enter(self, once):  # a statistician's first login
        self.csrf = self.json("GET", "/api/session")["csrf"]
        self.step("/api/login", {"name": "Thống", "password": once})
        self.step("/api/password", {"old": once, "password": "mat khau dai"})
        secret = self.json("GET", "/api/authenticator")["secret"].replace(" ", "")
        self.step("/api/authenticator", {"code": totp(secret)})


def processor_ms(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        rows = f.read().rsplit(")", 1)[1].split()
    return (int(rows[11]) + int(rows[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def timed(desk, pid, questions):
    out = []
    used = processor_ms(pid)
    for q in questions:
        begun = time.perf_counter()
        desk.ask("GET", "/api/search?" + urllib.parse.urlencode(q))
        out.append((time.perf_counter() - begun) * 1000)
    out.sort()
    return out[len(out) // 2], out[int(len(out) * 0.95)], out[-1], (processor_ms(pid) - used) / len(out)


def questions(rng):
    name = [rng.choice(FAMILY), rng.choice(MIDDLE), rng.choice(GIVEN)]
    text = " ".join(name)
    marks = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(c for c in marks if not unicodedata.combining(c))
    q = rng.choice((text, plain, plain[:rng.randint(1, len(plain))], name[2], "zzzz", ""))
    return {"type": "person", "q": q, "max": 50}


def node_rows(count, rng):
    where = json.dumps([{"field": "sex", "op": "is", "value": "female"},
                        {"field": "dob", "op": "from", "value": "1990"}])
    return [
        ("search by name, with and without tone marks, as one types", [questions(rng) for _ in range(ROUNDS)]),
        ("two conditions", [{"type": "person", "where": where, "max": 50}] * 50),
        ("ordered by date of birth", [{"type": "person", "sort": "dob", "max": 50}] * 50),
        ("last page", [{"type": "person", "offset": count - 50, "max": 50}] * 50),
        ("all record types", [{"q": "hong", "max": 50}] * 50),
    ]


def hub_rows(count, rng):
    return [
        ("the hub: search by name, as one types", [questions(rng) for _ in range(ROUNDS)]),
        ("the hub: last page", [{"type": "person", "offset": count - 50, "max": 50}] * 50),
    ]


def table(desk, pid, rows, count):
    worst = 0
    print(f"| over {count:,} persons | median | p95 | most | processor time each |\n|---|---|---|---|---|")
    for i, (what, asked) in enumerate(rows):
        half, p95, most, used = timed(desk, pid, asked)
        worst = p95 if i == 0 else worst
        print(f"| {what} | {half:.1f} ms | {p95:.1f} ms | {most:.1f} ms | {used:.1f} ms |")
    return worst


def exports(desk):
    for kind in ("csv", "xlsx"):
        begun = time.perf_counter()
        size = len(desk.ask("POST", "/api/export", {"type": "person", "format": kind}))
        print(f"| export of all, {kind} | {time.perf_counter() - begun:.1f} s, {size / 1e6:.1f} MB | | | |")


def of_the_hub(begun, node, hub, n, h, count, rng):
    """The commune's records at the hub, and its desk over them; -> p95 of the searches."""
    begun.pop().terminate()
    once = json.loads(run(hub, "user", "add", "Thống", "--role", "statistician", "--json", "--data", h))["password"]
    os.unlink(os.path.join(h, "run/ports.json"))
    begun.append(subprocess.Popen([hub, "run", "--data", h], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    ports = wait_json(os.path.join(h, "run/ports.json"))
    with open(os.path.join(n, "dongbo.conf"), "w", encoding="utf-8") as f:
        f.write(f"[hub]\naddress = 127.0.0.1:{ports.get('sync') or next(iter(ports.values()))}\n")
    idle = memory(begun[-1].pid)[0]
    run(node, "sync", "--data", n)
    desk = HubDesk(ports["web"])
    desk.enter(once)
    worst = table(desk, begun[-1].pid, hub_rows(count, rng), count)
    told("the hub", idle, *memory(begun[-1].pid))
    return worst


def told(who, idle, now, most):
    print(f"\nmemory of {who}: {int(idle) / 1024:.1f} MB at the start, {int(now) / 1024:.1f} MB after all this, "
          f"at most {int(most) / 1024:.1f} MB (a password's hash takes 64 MB while it runs)\n")


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        rows = dict(line.split(":", 1) for line in f)
    return rows["VmRSS"].split()[0], rows["VmHWM"].split()[0]


def main():
    build, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 50000
    rng = random.Random(7)
    folder = tempfile.mkdtemp(prefix="dongbo-desk-")
    node, hub = os.path.join(build, "dongbo-node"), os.path.join(build, "dongbo-hub")
    n, h = os.path.join(folder, "node"), os.path.join(folder, "hub")
    begun = []
    try:
        run(hub, "init", "--data", h, "--unit", "735", "--name", "Huyện", "--catalogue",
            os.path.join(ROOT, "catalogue"), "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0")
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        begun.append(subprocess.Popen([hub, "run", "--data", h], **quiet))
        ports = wait_json(os.path.join(h, "run/ports.json"))
        port = ports.get("sync") or next(iter(ports.values()))
        invitation = json.loads(run(hub, "invite", "--json", "--data", h, "--unit", "26170", "--address",
                                    f"127.0.0.1:{port}"))["invitation"]
        run(node, "init", "--data", n, "--name", "Máy đo")
        run(node, "join", "--data", n, invitation)
        run(node, "sync", "--data", n)
        begun.pop().kill()
        people(os.path.join(folder, "people.csv"), count, rng)
        run(node, "import", "--data", n, "--type", "person", os.path.join(folder, "people.csv"))
        with open(os.path.join(n, "dongbo.conf"), "w", encoding="utf-8") as f:
            f.write("[desk]\nlisten = 127.0.0.1:0\n")
        begun.append(subprocess.Popen([node, "run", "--data", n], **quiet))
        desk = Desk(wait_json(os.path.join(n, "run/ports.json"))["desk"])
        idle = memory(begun[-1].pid)[0]
        desk.enter(n)
        worst = table(desk, begun[-1].pid, node_rows(count, rng), count)
        exports(desk)
        told("the node", idle, *memory(begun[-1].pid))
        worst = max(worst, of_the_hub(begun, node, hub, n, h, count, rng))
    finally:
        for p in begun:
            p.terminate()
            p.wait()
        shutil.rmtree(folder)
    sys.exit(1 if worst > AIM_MS else 0)


if __name__ == "__main__":
    main()
