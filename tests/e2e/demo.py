#!/usr/bin/env python3
"""The whole story on one machine: one district hub and twelve communes as real processes.

  demo BUILD_DIR [--keep] [--dir DIR]

Twelve communes of Vĩnh Cửu join by invitation and enter the first half of 2023 (real units, invented people). Three are
cut off while work goes on everywhere; one field is changed on both sides; one person is on the lists of two communes.
They are connected again, the conflict is shown and decided, the two records are linked, the six months are closed,
exported, pulled by the "province" with curl and checked with minisign, and counted again by a program that shares
nothing with ours. Every claim is checked; the first that fails ends the demonstration with exit code 1.

--keep: leave the folder (default: ./demo, replaced at every start) with its data; without it only the exported files
stay. Needs no network but loopback.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time

from world import Failed, World, free_port, on_signals

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
COMMUNES = [("26170", "Thị trấn Vĩnh An"), ("26173", "Phú Lý"), ("26176", "Trị An"), ("26179", "Tân An"),
            ("26182", "Vĩnh Tân"), ("26185", "Bình Lợi"), ("26188", "Thạnh Phú"), ("26191", "Thiện Tân"),
            ("26194", "Tân Bình"), ("26197", "Bình Hòa"), ("26200", "Mã Đà"), ("26203", "Hiếu Liêm")]
NAMES = dict(COMMUNES)
CUT_OFF = ["26173", "26188", "26200"]
CONFLICT_AT = "26188"
REPORT, PERIOD = "RP04", "2023-6M"


class Steps:
    """What happens, as it happens: a line per step, with a tick when it is done."""

    def __init__(self):
        self.live, self.began, self.number = sys.stdout.isatty(), time.monotonic(), 0

    def begin(self, vi, en):
        self.text, self.at, self.en = vi, time.monotonic(), en
        self.number += 1
        if self.live:
            sys.stdout.write("  … %2d. %s" % (self.number, vi))
            sys.stdout.flush()

    def part(self, done, total):
        if self.live:
            sys.stdout.write("\r\033[K  … %2d. %s  %d/%d" % (self.number, self.text, done, total))
            sys.stdout.flush()

    def done(self, note=""):
        line = "  \u2713 %2d. %s%s  (%.1f s)" % (self.number, self.text, " – " + note if note else "",
                                              time.monotonic() - self.at)
        sys.stdout.write(("\r\033[K" if self.live else "") + line + "\n        " + self.en + "\n")
        sys.stdout.flush()


def check(what, truth):
    if not truth:
        raise Failed("không đúng / not true: " + what)


class Demo:
    def __init__(self, world, steps):
        self.w, self.steps, self.hub = world, steps, world.hub
        self.out = os.path.join(world.dir, "xuat")

    def path(self, *parts):
        return os.path.join(self.w.dir, *parts)

    def generate(self):
        program = os.path.join(ROOT, "tests/data/vinhcuu.py")
        for name, span in (("q1", ["--until", "2023-03-31"]), ("q2", ["--from", "2023-04-01", "--until", "2023-06-30"]),
                           ("all", ["--until", "2023-06-30"])):
            subprocess.run([sys.executable, "-B", program, "--out", self.path("du-lieu", name), *span], check=True)

    # --- the story -----------------------------------------------------------------------------------------

    def open_hub(self):
        self.steps.begin("Lập trung tâm Huyện Vĩnh Cửu, ban hành danh mục, nhập chỉ tiêu",
                         "the district's hub, its catalogue and targets")
        self.generate()
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"))
        self.hub.run()
        got = self.hub.ask("import", "du-lieu/q1/district.ndjson")
        check("targets are in", got["created"] == 3 and not got["bad"])
        self.steps.done()

    def join_all(self):
        self.steps.begin("12 xã ghi danh bằng giấy mời và chạy máy của mình", "twelve communes join and start")
        for i, (unit, name) in enumerate(COMMUNES):
            self.steps.part(i, len(COMMUNES))
            node = self.w.node(unit)
            node.tool("init", "--name", "Máy " + name)
            invitation = self.hub.ask("invite", "--unit", unit)["invitation"]
            node.tool("join", invitation)
            node.run()
        words = {n["unit"]: n["words"] for n in self.hub.ask("nodes")["nodes"]}
        check("both screens show the same six words",
              all(self.w.nodes[u].status()["words"] == words[u] for u, _ in COMMUNES))
        self.steps.done("sáu từ khớp ở cả 12 máy")

    def enter(self, part):
        count = 0
        for i, (unit, _) in enumerate(COMMUNES):
            self.steps.part(i, len(COMMUNES))
            got = self.w.nodes[unit].ask("import", "du-lieu/%s/%s.ndjson" % (part, unit))
            check("no row of %s is refused" % unit, got["bad_rows"] == 0)
            count += got["created"]
        return count

    def everything_delivered(self, units):
        for i, unit in enumerate(units):
            self.steps.part(i, len(units))
            node = self.w.nodes[unit]
            node.sync()

    def first_quarter(self):
        self.steps.begin("Các xã nhập hồ sơ đến hết quý I và đồng bộ", "records up to March, synced")
        n = self.enter("q1")
        self.everything_delivered([u for u, _ in COMMUNES])
        self.steps.done("%d hồ sơ" % n)

    def cut(self):
        self.steps.begin("Mất mạng ở " + ", ".join(NAMES[u] for u in CUT_OFF), "three communes are cut off")
        for unit in CUT_OFF:
            node = self.w.nodes[unit]
            node.end()
            node.address("127.0.0.1:%d" % free_port())
            node.run()
            node.tool("sync", ok=(15,))
        self.steps.done("máy vẫn làm việc bình thường, hồ sơ chờ gửi")

    def second_quarter(self):
        self.steps.begin("Cả 12 xã nhập tiếp quý II, 3 xã trong đó không có mạng",
                         "April to June, three of them offline")
        n = self.enter("q2")
        self.everything_delivered([u for u, _ in COMMUNES if u not in CUT_OFF])
        self.waiting = sum(self.w.nodes[u].status()["log"]["waiting"] for u in CUT_OFF)
        check("work waits at the communes that are cut off", self.waiting >= len(CUT_OFF))
        self.steps.done("%d hồ sơ; %d gói chờ gửi ở 3 xã" % (n, self.waiting))

    def edit_both_sides(self):
        self.steps.begin("Xã Thạnh Phú và huyện cùng sửa ngày sinh của một người, không thấy nhau",
                         "the same field is changed at the commune and at the district")
        row = next(r for r in self.hub.ask("list", "--type", "person", "--unit", CONFLICT_AT)["rows"]
                   if "dob" in r["values"])
        self.person, self.before = row["id"], row["values"]["dob"]
        year = int(self.before[:4])
        self.commune_says, self.district_says = "%d-11-20" % year, "%d-12-02" % (year - 1)
        self.w.nodes[CONFLICT_AT].tool("put", "--id", self.person, "dob=" + self.commune_says)
        self.hub.tool("put", "--id", self.person, "--person", "Phòng LĐTBXH", "dob=" + self.district_says)
        self.steps.done("%s → %s / %s" % (self.before, self.commune_says, self.district_says))

    def reconnect(self):
        self.steps.begin("Có mạng trở lại, hồ sơ chờ tự gửi", "connected again: what waited is delivered")
        for unit in CUT_OFF:
            node = self.w.nodes[unit]
            node.end()
            node.address("127.0.0.1:%d" % self.hub.ports["sync"])
            node.run()
        self.everything_delivered(CUT_OFF)
        self.steps.done("%d gói đã có biên nhận" % self.waiting)

    def decide(self):
        self.steps.begin("Trung tâm chỉ ra xung đột; cán bộ huyện quyết định", "the conflict is shown and decided")
        found = self.hub.ask("conflicts", ok=(14,))
        check("there is one conflict", [c["id"] for c in found["conflicts"]] == [self.person])
        field = found["conflicts"][0]["fields"][0]
        heads = {h["unit"]: h for h in field["heads"]}
        check("both values and what stood before are kept",
              heads[CONFLICT_AT]["value"] == self.commune_says and heads["735"]["value"] == self.district_says
              and field["base"]["value"] == self.before and len(found["conflicts"][0]["fields"]) == 1)
        self.conflict = found["conflicts"][0]
        self.hub.tool("conflicts", "show", self.person, ok=(14,))
        self.hub.tool("resolve", self.person, "--field", "dob", "--take", str(heads[CONFLICT_AT]["n"]),
                      "--person", "Phòng LĐTBXH")
        self.w.nodes[CONFLICT_AT].sync()
        at_commune = self.w.nodes[CONFLICT_AT].ask("get", self.person)
        check("the decision is at the commune",
              at_commune["values"]["dob"] == self.commune_says and at_commune["conflicts"] == 0)
        self.steps.done("lấy giá trị của xã; xã đã nhận quyết định")

    def link(self):
        self.steps.begin("Một người có tên ở hai xã: nối hai hồ sơ", "one person in two communes is linked")
        pairs = self.hub.ask("conflicts", ok=(14,))["pairs"]
        check("one pair is found", len(pairs) == 1)
        self.pair = pairs[0]
        units = sorted([self.pair["unit_a"], self.pair["unit_b"]])
        self.hub.tool("resolve", self.pair["id"], "--same", "--reason", "Cùng số định danh, đã xác minh với hai xã")
        left = self.hub.ask("conflicts")
        check("nothing is left to decide", not left["pairs"] and not left["conflicts"])
        self.steps.done(" và ".join(NAMES[u] for u in units))

    def close(self):
        self.steps.begin("Chốt báo cáo tổng hợp 6 tháng đầu năm 2023 (RP04), xuất tệp có chữ ký",
                         "the first six months are closed, signed and exported")
        self.issue = self.hub.ask("close", "--report", REPORT, "--period", PERIOD)
        self.hub.tool("close", "--report", REPORT, "--period", PERIOD, ok=(1,))
        self.hub.tool("export", "--issue", str(self.issue["id"]), "--out", "xuat")
        check("the issue can be rebuilt from the log", self.hub.ask("verify", "--issue", str(self.issue["id"]))["ok"])
        self.steps.done("bản số %d" % self.issue["number"])

    def curl(self, path, *more, token=None):
        p = subprocess.run(["curl", "-sS", "--noproxy", "*", "--cacert", "hub/tls/cert.pem", *more, "-H",
                            "Authorization: Bearer " + (token or self.token),
                            "https://localhost:%d/api/v1/%s" % (self.hub.ports["web"], path)],
                           cwd=self.w.dir, capture_output=True, check=False)
        if p.returncode != 0:
            raise Failed("curl: " + p.stderr.decode())
        return p.stdout

    def pull(self):
        import json
        self.steps.begin("Cấp tỉnh lấy báo cáo bằng curl (HTTPS) và kiểm tra bằng minisign",
                         "the province pulls with curl and checks with stock minisign")
        self.token = self.hub.ask("token", "create", "So-LDTBXH")["token"]
        os.makedirs(self.path("tinh"), exist_ok=True)
        code = self.curl("issues", "-o", os.devnull, "-w", "%{http_code}", token="A" * 43)
        check("a wrong token is refused", code == b"401")
        issue = json.loads(self.curl("issues"))["issues"][0]
        with open(self.path("tinh", "dongbo.pub"), "wb") as f:
            f.write(self.curl("pubkey"))
        self.files = [f["name"] for f in issue["files"]]
        check("nine files are offered, their list among them",
              len(self.files) == 9 and any(f.endswith(".manifest.json") for f in self.files))
        for name in self.files:
            for one in (name, name + ".minisig"):
                data = self.curl("issues/%d/%s" % (issue["id"], one))
                with open(self.path("tinh", one), "wb") as f:
                    f.write(data)
                with open(os.path.join(self.out, one), "rb") as f:
                    check(one + " is the exported one, byte for byte", f.read() == data)
            p = subprocess.run(["minisign", "-Vq", "-p", "dongbo.pub", "-m", name], cwd=self.path("tinh"),
                               capture_output=True, check=False)
            check("minisign accepts " + name, p.returncode == 0)
        self.steps.done("%d tệp, chữ ký đúng" % len(self.files))

    def recount(self):
        import json
        self.steps.begin("Đếm lại từ hồ sơ gốc bằng chương trình khác; kiểm tra toàn bộ nhật ký",
                         "counted again by another program; the whole log is verified")
        figures = next(f for f in self.files if f.endswith(".json"))
        p = subprocess.run([sys.executable, "-B", os.path.join(ROOT, "tests/recount.py"), "--data", "du-lieu/all",
                            "--json", "tinh/" + figures, "--link", self.pair["a"] + "," + self.pair["b"]],
                           cwd=self.w.dir, capture_output=True, check=False)
        check("the recount agrees\n" + (p.stdout + p.stderr).decode()[-2000:], p.returncode == 0)
        with open(self.path("tinh", figures), encoding="utf-8") as f:
            self.figures = json.load(f)
        self.verified = self.hub.ask("verify")
        check("the log verifies", self.verified["ok"])
        nodes = {n["unit"]: n for n in self.hub.ask("nodes")["nodes"]}
        for unit, _ in COMMUNES:
            log = self.w.nodes[unit].status()["log"]
            check("what %s calls delivered is at the hub" % unit,
                  log["waiting"] == 0 and log["delivered"] == nodes[unit]["delivered"])
        self.steps.done("mọi con số khớp")

    def stop(self):
        self.steps.begin("Dừng 13 tiến trình", "all processes end")
        for node in self.w.nodes.values():
            node.end()
        self.hub.end()
        self.steps.done()

    # --- the end ------------------------------------------------------------------------------------------

    def summary(self):
        j = self.figures
        targets = {t["line"]: t for t in j["targets"] if t["unit"] == j["unit"]}
        words = {"met": "đạt", "not_met": "CHƯA ĐẠT", "partial": "CHƯA ĐỦ SỐ LIỆU"}

        def progress(t):
            return t["progress"].replace(".", ",") + "% chỉ tiêu năm" if "progress" in t else t["status"]
        sign = {"ge": "≥", "le": "≤", "eq": "=", "gt": ">", "lt": "<"}
        print("\n%s\n%s, %s đến %s\n" % (j["label_vi"], j["unit_name"], j["first"], j["last"]))
        for line in j["lines"]:
            cell = line["rows"][0]["cells"][-1]
            value = {"figure": cell["value"], "no_base": "–"}.get(cell["state"], cell["state"])
            if line["measure"].startswith("ratio") and cell["state"] == "figure":
                value = value.replace(".", ",") + " %"
            t = targets.get(line["no"])
            note = "  (chỉ tiêu %s %s: %s)" % (sign.get(t["op"], t["op"]), t["value"],
                                                words.get(t["status"], progress(t))) if t else ""
            print("  %2d. %-76s %8s%s" % (line["no"], line["label_vi"], value, note))
        silent = [u["name"] for u in j["units"] if u["sent"] == "nothing"]
        print("\n  Chưa gửi gì: %s" % (", ".join(silent) or "không có xã nào"))
        print("  Mất mạng rồi tự gửi lại: %s; không mất hồ sơ nào" % ", ".join(NAMES[u] for u in CUT_OFF))
        print("  Xung đột đã quyết định (cả hai giá trị được giữ đến khi có người chọn):")
        field = self.conflict["fields"][0]
        print("    %s, %s: trước đó %s" % (self.conflict["label"], field["label"], field["base"]["value"]))
        for h in field["heads"]:
            print("      %d. %s – %s, %s" % (h["n"], h["value"], NAMES.get(h["unit"], "Huyện Vĩnh Cửu"), h["at"][:16]))
        print("    huyện chọn giá trị của xã: %s" % self.commune_says)
        print("  Một người ở hai xã, chỉ tính một lần: %s (%s, %s)"
              % (self.pair["person_a"].get("full_name", "?"), NAMES[self.pair["unit_a"]], NAMES[self.pair["unit_b"]]))
        print("  Nhật ký của trung tâm: %d gói, %d hồ sơ, kiểm tra đúng"
              % (self.verified["sets"], self.verified["records"]))
        print("  Tệp báo cáo và chữ ký: %s" % os.path.relpath(self.out))
        for name in self.files:
            print("    " + name)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("build")
    p.add_argument("--keep", action="store_true")
    p.add_argument("--dir", default="demo")
    a = p.parse_args()
    on_signals()
    folder = os.path.abspath(a.dir)
    mark = os.path.join(folder, ".dongbo-demo")
    if os.path.isdir(folder) and os.listdir(folder) and not os.path.exists(mark):
        sys.exit("%s is not empty and not of a demonstration: left alone" % folder)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(mark, "w", encoding="ascii"):
        pass
    steps = Steps()
    print("Đồng Bộ: 12 xã, một trung tâm, một báo cáo có chữ ký / twelve communes, one hub, one signed report")
    try:
        with World(a.build, folder) as world:
            demo = Demo(world, steps)
            for act in (demo.open_hub, demo.join_all, demo.first_quarter, demo.cut, demo.second_quarter,
                        demo.edit_both_sides, demo.reconnect, demo.decide, demo.link, demo.close, demo.pull,
                        demo.recount, demo.stop):
                act()
        demo.summary()
    except Failed as e:
        sys.stdout.flush()
        print("\n  ✗ %s\n  Dữ liệu còn nguyên ở %s để xem / everything is kept there" % (e, folder), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n  Đã dừng / interrupted", file=sys.stderr)
        return 130
    if not a.keep:
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isdir(path) and name != "xuat":
                shutil.rmtree(path)
            elif name.endswith(".log"):
                os.remove(path)
    print("  Xong, mọi kiểm tra đều đạt, %.0f giây / done, every check passed\n" % (time.monotonic() - steps.began))
    return 0


sys.exit(main())
