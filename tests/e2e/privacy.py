#!/usr/bin/env python3
"""What a person may ask of the office, with real processes: registers, access log, all data of one person, erasure.

  privacy.py BUILD_DIR [--dir DIR]
"""
import datetime
import json
import os
import pwd
import subprocess
import sys
import zipfile

from world import ROOT, Story, check, free_port, play, wait_for

UNIT, NAME = "26170", "Kiều Trăng Khuyết"


def day(days=0):
    """A day of Vietnam's calendar."""
    now = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=7)))
    return (now.date() + datetime.timedelta(days=days)).isoformat()


class Privacy(Story):
    def begin(self):
        port = free_port()
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), port)
        self.hub.run()
        self.node = self.w.node(UNIT)
        self.node.join()
        put = self.node.ask("put", "--type", "person", "full_name=" + NAME, "sex=female")
        self.person = put["id"]
        # the person asks at the commune's counter; the hub sees it with the next sync
        asked = self.node.ask("put", "--type", "data_request", "kind=erasure", "received_on=" + day(),
                              "requester=" + NAME, "person=" + self.person)
        self.request = asked["id"]
        wait_for("the commune to deliver", self.delivered)

    def delivered(self):
        self.node.tool("sync", ok=range(0, 30))
        return self.node.code == 0 and self.node.status()["log"]["waiting"] == 0

    def row(self):
        rows = self.hub.ask("request", "list")["rows"]
        return next(r for r in rows if r["id"] == self.request)

    def registers(self):
        days = [day()]
        row = self.row()
        days.append(day())  # midnight may have passed
        check("a request taken at a commune runs at the hub", row["state"] == "received" and row["unit"] == UNIT)
        by = datetime.date.fromisoformat(row["answer_by"])  # two days of work: a long holiday may stand between
        counted = [(by - datetime.date.fromisoformat(d)).days for d in days]
        check("its days are counted", row["days_left"] in counted and 1 <= row["days_left"] <= 20 and
              row["due"] > row["answer_by"])
        self.hub.tool("request", "set", self.request, "answered_on=" + day(), "answer=đã nhận")
        check("answered, it is open", self.row()["state"] == "open")
        self.hub.tool("request", "set", self.request, "outcome=granted", "done_on=" + day(), ok=range(1, 20))
        check("without an order it is not done", self.row()["state"] == "open")
        self.hub.tool("breach", "add", "kind=stolen", "detected_on=" + day(-4), "people=3")
        status = self.hub.ask("status")
        codes = [w["code"] for w in status["warnings"]]
        check("status tells of the breach nobody notified",
              "breaches_overdue" in codes and status["breaches_overdue"] == 1)

    def reading(self):
        self.hub.tool("get", self.person, "--person", "Mai", "--reason", "đơn số 12")
        self.hub.tool("list", "--type", "person", "--person", "Tú")
        subprocess.run([self.hub.binary, "get", "--data", self.hub.name, self.person], cwd=self.w.dir, check=True,
                       stdout=subprocess.DEVNULL)  # without the name that the others have from the environment
        reads = self.hub.ask("reads", "--record", self.person)
        self.account = "@" + pwd.getpwuid(os.getuid()).pw_name
        check("who gave no name is noted by the machine's account: " + self.account,
              [r["user"] for r in reads["rows"] if r["user"] not in ("Mai", "Tú")] == [self.account])
        who = [(r["user"], r["what"], r["reason"]) for r in reads["rows"]]
        check("who read the record is known", ("Mai", "get", "đơn số 12") in who and ("Tú", "list", "") in who)
        check("the access log is whole", reads["whole"])

    def subject(self):
        self.hub.tool("subject", self.person, "--out", "lan.json", ok=range(1, 20))
        check("without a reason nothing is handed out", not os.path.exists(self.path("lan.json")))
        self.hub.tool("subject", self.person, "--reason", "đơn số 12", "--out", "lan.json", "--person", "Mai")
        with open(self.path("lan.json"), encoding="utf-8") as f:
            text = f.read()
        said = json.loads(text)
        kinds = {r["type"] for r in said["records"]}
        check("the file has the person and the request", NAME in text and kinds == {"person", "data_request"})
        check("and its history, and who read it",
              len(said["history"]) >= 3 and said["reads"][0]["user"] in ("Mai", "Tú", self.account))
        check("nobody else may read the file", os.stat(self.path("lan.json")).st_mode & 0o777 == 0o600)
        self.hub.tool("subject", self.person, "--reason", "đơn số 12", "--out", "lan.json", ok=range(1, 20))
        self.hub.tool("subject", self.person, "--reason", "đơn số 12", "--out", "lan.xlsx")
        with zipfile.ZipFile(self.path("lan.xlsx")) as z:
            check("the workbook says the name", any(NAME.encode() in z.read(n) for n in z.namelist()))
        os.remove(self.path("lan.json"))
        os.remove(self.path("lan.xlsx"))

    def copies(self):
        """Backups of daemons that run."""
        self.node.run()
        for program in (self.hub, self.node):
            copy = "ban-sao-%s.db" % program.name
            check("a backup of the running %s is named" % program.name,
                  program.ask("backup", copy)["backup"].endswith(copy))
            program.tool("restore", copy, "--check", ok=range(0, 20))  # refused while it runs
            program.tool("backup", copy, ok=range(1, 20))  # never over another
        self.node.end()
        self.node.tool("restore", "ban-sao-%s.db" % self.node.name, "--check")
        check("the copy verifies", True)

    def erasing(self):
        self.officer("Nguyễn Thị An")
        self.officer("Trần Bình")
        order = self.hub.ask("erase", "propose", self.person, "--basis", "đơn số 12", "--request", self.request,
                             *self.officers[0])["id"]
        check("the order stands at its request", self.row()["order_state"] == "proposed")
        self.hub.tool("erase", "approve", order, *self.officers[1])
        self.hub.tool("request", "set", self.request, "outcome=granted", "done_on=" + day())
        row = self.row()
        check("with the order it is done", row["state"] == "done" and row["order_state"] == "approved")
        self.hub.tool("subject", self.person, "--reason", "đơn số 13", "--out", "trong.json", ok=range(1, 20))
        check("nothing is held about an erased person", not os.path.exists(self.path("trong.json")))
        self.hub.tool("verify")
        check("and the hub verifies", True)

    def run(self):
        self.go(self.begin, self.registers, self.reading, self.subject, self.copies, self.erasing)
        self.hub.end()


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Privacy(world).run()))
