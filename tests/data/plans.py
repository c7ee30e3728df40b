#!/usr/bin/env python3
"""Records of the five plans: invented people, real units, targets, dates and money of the plans.

  plans.py --plan PLAN --out DIR [--seed 1] [--scale 100] [--until 2020-12-31]

PLAN: vinhcuu2023  Huyện Vĩnh Cửu, volunteer teams, 2023
      vinhcuu2020  Huyện Vĩnh Cửu, Project 4, 2019 to 2020
      tumorong2018 Huyện Tu Mơ Rông, social assistance, 2018
      caolanh2017  Thành phố Cao Lãnh, healthy communes, 2017
      brvt2024     Tỉnh Bà Rịa - Vũng Tàu, social work, 2024

Writes DIR/<unit code>.ndjson for every reporting unit, DIR/district.ndjson (targets and allocations: what the hub
enters), DIR/after1-<code>.ndjson and after2-<code>.ndjson (what the hub then writes into the unit's records: appraisal
and publication of scores, approval of settlements) and DIR/units.csv: rows for the departments, schools and facilities
that report too, to be added to the catalogue's units.csv. --scale: the size in percent; targets, dates and money stay
as they are.

The same as vinhcuu.py in everything else: the bytes follow from the seed, nobody here exists.
"""
import argparse
import csv
import os

import vinhcuu
from office import Office


class Plan:
    """A plan's district: its offices, and what the hub enters."""

    unit, year, province, title, agencies = "", 0, "", "", []

    def __init__(self, catalogue, seed, scale):
        vinhcuu.YEAR, vinhcuu.Commune.province = self.year, self.province
        self.scale, self.choices = scale, vinhcuu.choices(os.path.join(catalogue, "choices.csv"))
        self.office = {}
        for i, (code, name) in enumerate(self.below(catalogue) + [(a[0], a[1]) for a in self.agencies]):
            self.office[code] = Office(code, name, vinhcuu.Random(seed * 1000003 + self.year * 100 + i), self.choices,
                                       self.year)
        self.hub = Office("district", self.title, vinhcuu.Random(seed * 1000003 + self.year * 100 + 99), self.choices,
                          self.year)
        self.communes = [o for code, o in self.office.items() if code.isdigit()]

    def below(self, catalogue):
        """The units below the plan's own, at the end of its year."""
        with open(os.path.join(catalogue, "units.csv"), encoding="utf-8-sig", newline="") as f:
            end = "%d-12-31" % self.year
            return [(u["code"], u["name_vi"]) for u in csv.DictReader(f) if u["parent"] == self.unit and
                    u["valid_from"] <= end <= (u["valid_to"] or "9999-12-31")]

    def n(self, full):
        """A size at the chosen scale, at least one."""
        return max(1, full * self.scale // 100)

    def target(self, indicator, op, value, per="total", **more):
        self.hub.add("%d-01-02" % self.year, "target", indicator=indicator, target_unit=self.unit, year=str(self.year),
                     op=op, value=value, per=per, plan=self.title, **more)


class VinhCuu2023(Plan):
    unit, year, province = "735", 2023, "075"
    title = "Kế hoạch hoạt động Đội công tác xã hội tình nguyện cấp xã năm 2023"

    def fill(self):
        for o in self.communes:
            o.make_team()
            o.make_clients()
            o.make_help()
            o.make_point()
            o.make_activities()
            o.team_year()
            o.incidents(2)
            o.hotspots(1)
        self.target("T10", "ge", "12")
        self.target("T03", "ge", "100", "each_member")
        self.target("T14", "ge", "100")


class VinhCuu2020(Plan):
    unit, year, province = "735", 2020, "075"
    title = "Kế hoạch thực hiện Dự án 4 giai đoạn 2018 - 2020"
    agencies = [("735-CSDT", "Cơ sở điều trị nghiện ma túy tại cộng đồng huyện Vĩnh Cửu", "co_so")]
    points = 6

    def fill(self):
        for i, o in enumerate(self.communes):
            o.make_team()
            o.post_rehab_group(3)
            o.drug_cases(max(6, self.n(30)) if i < 10 else 1)  # however small: some on substitution
            o.make_help()
            o.team_year()
            o.court_orders(92 if i % 4 else 70)
            o.rehab(25)
            o.returnees(1 + i % 3, 55)
            o.post_rehab_ends(1 + i % 3)
            if i < self.points:
                o.points(1)
            o.sessions(["prostitution"], [m for m in range(1, 13) if i != 7 or m not in (4, 5, 6)])
            o.sessions(["drugs", "hiv"] if i != 8 else ["drugs"], [3, 6, 9, 12])
            o.products(3)
            o.sex_work(i % 3 != 0)
            o.hotspots(1 + i % 2)
            o.incidents(2)
            o.businesses(self.n(8))
            o.lists(4 if i % 5 else 2)
            o.women_helped(max(4, self.n(6)))
            o.trafficking(3 if i in (0, 4, 6) else 0, verified=85, supported=80)
            o.models(1 if i in (0, 4) else 0)
        a, b = self.office["26170"], self.office["26176"]
        names = ("Nguyễn Văn Hoà", "075082123456"), ("Nguyễn Văn Hòa", "075082123456")
        people = [o.person(day, "male", 1982, name, nid) for (o, day), (name, nid) in
                  zip(((a, "2018-06-01"), (b, "2020-04-15")), names)]
        a.moved_inside(b, (people[0], "2018-06-01"), people[1], "2020-04-15")
        centre = self.office["735-CSDT"]
        centre.facility("Cơ sở điều trị nghiện ma túy tại cộng đồng", "rehab_community", "health", True, True)
        centre.staff(8, 4, "health", 90, rehab=True)
        for indicator, op, value, more in (
                ("D02", "band", "2", {"value_hi": "5"}), ("D03", "ge", "90", {}), ("D04", "ge", "20", {}),
                ("D05", "ge", "50", {}), ("T10", "ge", "6", {}), ("D08", "eq", "100", {}), ("W01", "eq", "100", {}),
                ("V01", "eq", "100", {}), ("V02", "eq", "100", {}), ("V03", "eq", "100", {}), ("V04", "eq", "100", {})):
            self.target(indicator, op, value, **more)


class TuMoRong2018(Plan):
    unit, year, province = "617", 2018, "062"
    title = "Kế hoạch Chương trình mục tiêu phát triển hệ thống trợ giúp xã hội 2018 - 2020"
    agencies = [("617-GDDT", "Phòng Giáo dục và Đào tạo huyện Tu Mơ Rông", "co_quan"),
                ("617-NV", "Phòng Nội vụ huyện Tu Mơ Rông", "co_quan"),
                ("617-TTYT", "Trung tâm Y tế huyện Tu Mơ Rông", "co_so")]

    def fill(self):
        for i, o in enumerate(self.communes):
            o.make_team()
            o.hamlets(4, 2 if i % 4 else 0)
            o.child_protection(i < 3)
            o.child_cases(self.n(247))
            o.child_notices(3)
            o.foster(1 if i % 2 else 0)
            o.child_survey(620, i % 2 == 0)
            o.beneficiaries(self.n(40))
            o.violence(2)
            o.drug_cases(2)
            o.court_orders(80)
            o.sessions(["prostitution"], range(1, 13) if i != 4 else (1, 2, 3, 9), o.hamlet_ids)
            o.sessions(["children", "gbv"], (2, 5, 8, 11), o.hamlet_ids)
            if i not in (5, 9):
                o.sessions(["prostitution"], (1, 4, 7, 10), o.hamlet_ids[:2], "direct")
            o.trafficking(1 if i in (2, 5) else 0)
            o.referrals(2)
            o.scores("no_prostitution" if i % 5 else "no_drugs")
            o.handed_in("RP05", "2018-6M", "2018-06-04", 0 if i % 4 else 3, corrected=i % 3 == 1)
        self.office["617-NV"].women("party_committee", 33, 8)
        self.office["617-NV"].women("peoples_council", 30, 9)
        school, health = self.office["617-GDDT"], self.office["617-TTYT"]
        school.sessions(["children", "gender"], (3, 4, 10))
        school.child_notices(2)
        health.sessions(["children", "hiv"], (3, 6, 9))
        health.service_counts(4)
        health.referrals(3)
        self.target("C01", "reduce_percent", "0.5", base_value="2713", base_period="2017")
        self.target("C02", "eq", "100")
        self.target("C07", "ge", "3")
        self.target("A02Q", "eq", "100")
        self.target("A03", "gt", "80")
        for indicator in ("W01", "W05", "D11", "V01", "V02", "V03", "V04", "V05"):
            self.target(indicator, "eq", "100")


class CaoLanh2017(Plan):
    unit, year, province = "866", 2017, "087"
    title = "Kế hoạch duy trì xã, phường lành mạnh không có tệ nạn ma túy, mại dâm năm 2017"
    # As printed in the plan: unit, model, words, money; of Mỹ Tân the heading and the two parts differ.
    money = [("29878", "new_rehab_model", "Duy trì mô hình cai nghiện và quản lý sau cai nghiện", 15000000),
             ("29884", "no_prostitution", "Xã không có tệ nạn mại dâm và duy trì mô hình quản lý sau cai", 9000000),
             ("29890", "no_drugs", "Xã không có tệ nạn ma túy", 10000000),
             ("29881", "neither", "Xã không có tệ nạn mại dâm, ma túy", 8000000)]
    parts = [("no_drugs", "Xây dựng xã không có tệ nạn ma túy", 4000000),
             ("keep_post_rehab", "Mô hình quản lý sau cai nghiện", 5000000)]

    def fill(self):
        for i, o in enumerate(self.communes):
            o.make_team()
            o.post_rehab_group(5)
            o.drug_cases(self.n(18))
            o.make_help()
            o.returnees(i % 3, 60)
            o.post_rehab_ends(1 + i % 2)
            o.sex_work(i % 2 == 0)
            o.hotspots(i % 3)
            o.incidents(2)
            o.sessions(["drugs", "prostitution"], range(1, 13, 2))
            o.scores(("neither", "no_drugs", "no_prostitution")[i % 3] if i != 9 else "not_reached",
                     "new" if o.code == "29878" else "kept", late=i == 4)
            for quarter, due in (("Q1", "2017-03-05"), ("Q2", "2017-06-05"), ("Q3", "2017-09-05")):
                o.handed_in("RP08", "2017-" + quarter, due, 2 if i == 6 else 0)
        a, b = self.office["29866"], self.office["29872"]
        people = [o.person(day, "male", 1979, name, "087079123456") for o, day, name in
                  ((a, "2016-02-01", "Huỳnh Thuý Vỹ"), (b, "2017-02-20", "Huỳnh Thúy Vỹ"))]
        a.moved_inside(b, (people[0], "2016-02-01"), people[1], "2017-02-20")
        made = [self.hub.add("2017-04-05", "budget_allocation", alloc_unit=unit, year="2017", model=model,
                             printed=words, amount=str(amount), decided_on="2017-04-05", settle_due_on="2017-10-15")
                for unit, model, words, amount in self.money]
        for model, words, amount in self.parts:
            self.hub.add("2017-04-05", "allocation_line", allocation=made[1], model=model, printed=words,
                         amount=str(amount))
        settled = [("2017-10-15", 0, "approved"), ("2017-10-10", 500000, "submitted"), ("2017-10-16", 0, "approved"),
                   ("2017-10-02", 0, "returned")]
        for allocation, (unit, _, _, amount), (day, less, state) in zip(made, self.money, settled):
            self.office[unit].settle(allocation, amount, less, day, state)
        self.target("X01H", "ge", "15")
        self.target("F02", "eq", "100")
        self.target("F03", "eq", "100")
        self.target("X02", "eq", "100")
        self.target("D09", "eq", "100")


class BaRiaVungTau2024(Plan):
    unit, year, province = "77", 2024, "077"
    title = "Kế hoạch thực hiện Chương trình phát triển công tác xã hội năm 2024"
    agencies = [("77-SGDDT", "Sở Giáo dục và Đào tạo tỉnh Bà Rịa - Vũng Tàu", "co_quan"),
                ("77-SYT", "Sở Y tế tỉnh Bà Rịa - Vũng Tàu", "co_quan"),
                ("77-TTCTXH", "Trung tâm Công tác xã hội tỉnh Bà Rịa - Vũng Tàu", "co_so"),
                ("77-CSCN", "Cơ sở cai nghiện ma túy tỉnh Bà Rịa - Vũng Tàu", "co_so")]

    def bodies(self, o, i, kinds):
        """What the plan counts: bodies that assign staff (30 %), and those that serve (50 % of the planned)."""
        for k, (kind, sector, word) in enumerate(kinds):
            o.facility("%s %s %d" % (word, o.name, k + 1), kind, sector, (i + k) % 3 == 0, (i + k) % 2 == 0, k % 4 != 3)
            o.staff(2 if (i + k) % 3 == 0 else 0, 3, sector, 12)

    def fill(self):
        local = [("commune", "commune", "UBND xã mẫu"), ("health_station", "health", "Trạm y tế mẫu"),
                 ("school", "education", "Trường mẫu"), ("private_assistance", "labour", "Cơ sở trợ giúp mẫu"),
                 ("union", "union", "Đoàn thể mẫu")]
        for i, o in enumerate(self.communes):
            self.bodies(o, i, local[:self.n(5) if self.scale < 100 else 5] * 2)
            o.child_cases(self.n(60))
            o.beneficiaries(self.n(90))
            o.service_counts(self.n(15))
            o.referrals(4)
            o.sessions(["social_work", "children", "disability"], (3, 6, 10))
            o.products(3)
        school, health = self.office["77-SGDDT"], self.office["77-SYT"]
        centre, rehab = self.office["77-TTCTXH"], self.office["77-CSCN"]
        self.bodies(school, 1, [("school", "education", "Trường mẫu")] * 6)
        school.sessions(["social_work"], (3, 9))
        self.bodies(health, 2, [("hospital", "health", "Bệnh viện mẫu"), ("health_centre", "health", "TTYT mẫu")] * 3)
        health.service_counts(6)
        centre.facility("Trung tâm Công tác xã hội", "sw_centre", "labour", True, True)
        centre.staff(10, 0, "labour", 60)
        centre.hotline("18001234", self.n(60), 120)
        centre.service_counts(self.n(40))
        centre.referrals(6)
        rehab.facility("Cơ sở cai nghiện ma túy", "rehab_compulsory", "labour", True, True, in_plan=False)
        rehab.staff(4, 12, "labour", 25, rehab=True)
        for indicator, value in (("N01", "30"), ("N02", "10"), ("N03", "50"), ("C03", "35")):
            self.target(indicator, "ge", value)


PLANS = {"vinhcuu2023": VinhCuu2023, "vinhcuu2020": VinhCuu2020, "tumorong2018": TuMoRong2018,
         "caolanh2017": CaoLanh2017, "brvt2024": BaRiaVungTau2024}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--plan", choices=sorted(PLANS), required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--scale", type=int, default=100)
    p.add_argument("--until", default="9999-12-31")
    p.add_argument("--catalogue", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../catalogue"))
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    plan = PLANS[a.plan](a.catalogue, a.seed, a.scale)
    plan.fill()
    for code, office in [*plan.office.items(), ("district", plan.hub)]:
        vinhcuu.write(os.path.join(a.out, code + ".ndjson"), office.rows, "0000-01-01", a.until)
        for step, rows in office.decided.items():
            if rows:
                vinhcuu.write(os.path.join(a.out, "after%d-%s.ndjson" % (step, code)), rows, "", a.until)
    with open(os.path.join(a.out, "units.csv"), "w", encoding="utf-8", newline="\n") as f:
        for code, name, level in plan.agencies:
            f.write("%s,%s,%s,%s,2000-01-01,%s\n" % (code, name, level, plan.unit, "2025-06-30"))


if __name__ == "__main__":
    main()
