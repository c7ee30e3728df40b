#!/usr/bin/env python3
"""Records of the volunteer social-work teams of Huyện Vĩnh Cửu, 2023: invented people, real units.

  vinhcuu.py --out DIR [--seed 1] [--until 2023-06-30] [--from 2023-01-01]

Writes DIR/<commune code>.ndjson (12 files) and DIR/district.ndjson (targets). One line is one record in the form that
`dongbo-node import` takes: {"type": "person", "id": "<32 hex digits>", "<field>": "<value>", ...}. Lines come
in an order in which every reference points backwards. Everything follows from the seed (splitmix64, no library
randomness), so the bytes are the same on every machine. No person here exists; the units and the targets of the
year are those of the district's plan for 2023 (12 counselling points; each volunteer helps at least one person).

--from/--until keep the records that an officer would have entered in that span: standing data (persons, teams, members,
points, dossiers) by the day they began, events by their own day.
"""
import argparse
import json
import os

MASK = (1 << 64) - 1
COMMUNES = [("26170", "Thị trấn Vĩnh An"), ("26173", "Phú Lý"), ("26176", "Trị An"), ("26179", "Tân An"),
            ("26182", "Vĩnh Tân"), ("26185", "Bình Lợi"), ("26188", "Thạnh Phú"), ("26191", "Thiện Tân"),
            ("26194", "Tân Bình"), ("26197", "Bình Hòa"), ("26200", "Mã Đà"), ("26203", "Hiếu Liêm")]
YEAR = 2023               # plans.py sets another
NO_ADDICTS = "26203"      # a commune without any client: its volunteers are exempt
IDLE_POINT = "26200"      # its counselling point opened no session before July
SHARED = ("26188", "26194")  # one person is on the list of both
FAMILY = ["Nguyễn"] * 8 + ["Trần"] * 4 + ["Lê"] * 3
FAMILY += ["Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý"]
FAMILY += ["Điểu", "Thổ", "Trương", "Đinh", "Lâm"]
MIDDLE = {"male": ["Văn", "Hữu", "Đức", "Minh", "Quốc", "Thanh", "Ngọc", "Công", "Xuân"],
          "female": ["Thị", "Thị Ngọc", "Thị Thu", "Thị Kim", "Thị Mỹ", "Ngọc", "Hồng"]}
GIVEN = {"male": ["An", "Bảo", "Cường", "Dũng", "Đạt", "Hải", "Hiếu", "Hùng", "Khánh", "Khoa", "Long", "Nam", "Nghĩa",
                  "Phúc", "Quân", "Sơn", "Tài", "Thắng", "Tuấn", "Việt", "Trường", "Đông", "Hoà"],
         "female": ["Anh", "Châu", "Diễm", "Duyên", "Giang", "Hà", "Hạnh", "Hằng", "Hoa", "Hương", "Lan", "Linh", "Mai",
                    "Nga", "Nhung", "Oanh", "Phượng", "Thảo", "Thủy", "Trang", "Tuyết", "Yến"]}
HAMLETS = ["Ấp 1", "Ấp 2", "Ấp 3", "Ấp 4", "Ấp 5", "Khu phố 1", "Khu phố 2", "Khu phố 5", "Ấp Bình Chánh", "Ấp Tân Lập"]
ORGS = ["peoples_committee", "fatherland_front", "youth_union", "womens_union", "veterans", "farmers_union", "health",
        "hamlet"]
TALKS = [("direct", "drugs", "Tuyên truyền phòng, chống ma túy tại {h}"),
         ("direct", "prostitution", "Tuyên truyền phòng, chống mại dâm tại {h}"),
         ("talk", "hiv", "Nói chuyện chuyên đề phòng, chống HIV/AIDS tại {h}"),
         ("direct", "trafficking", "Tuyên truyền phòng, chống mua bán người tại {h}"),
         ("briefing", "drugs", "Họp giao ban Đội công tác xã hội tình nguyện")]


class Random:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed & MASK

    def u64(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        return self.u64() % n

    def between(self, lo, hi):
        return lo + self.below(hi - lo + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.below(100) < percent


def iso(year, month, day):
    return "%04d-%02d-%02d" % (year, month, day)


class Commune:
    """Everything one commune enters, in the order of entering."""

    province = "075"  # begins the national ids made here
    ids = set()       # of all communes: nobody has another's

    def __init__(self, code, name, random, choices):
        self.code, self.name, self.r, self.choices = code, name, random, choices
        self.rows = []          # (day entered, row)
        self.members, self.clients = [], []

    def add(self, day, record_type, **fields):
        rid = "%016x%016x" % (self.r.u64(), self.r.u64())
        row = {"type": record_type, "id": rid}
        row.update({k: v for k, v in fields.items() if v is not None})
        self.rows.append((day, row))
        return rid

    def some(self, listname, *wanted):
        """The first wanted value that the catalogue's list has (lists are data and may be renamed)."""
        known = self.choices[listname]
        for value in wanted:
            if value in known:
                return value
        return known[0]

    def person(self, day, sex, year, name=None, national_id=None):
        r = self.r
        name = name or " ".join([r.pick(FAMILY), r.pick(MIDDLE[sex]), r.pick(GIVEN[sex])])
        digit = (0 if year < 2000 else 2) + (1 if sex == "female" else 0)
        national_id = national_id or self.free_id("%s%d%02d" % (self.province, digit, year % 100), r.below(1000000))
        born = iso(year, r.between(1, 12), r.between(1, 28))
        return self.add(day, "person", full_name=name, sex=sex, dob=born, national_id=national_id, cur_unit=self.code,
                        cur_hamlet=r.pick(HAMLETS), residence_kind="permanent", legal_basis="law")

    def free_id(self, head, number):
        """The number that was drawn, or the next that nobody has."""
        while "%s%06d" % (head, number) in self.ids:
            number = (number + 1) % 1000000
        self.ids.add("%s%06d" % (head, number))
        return "%s%06d" % (head, number)

    def day_of(self, month):
        return iso(YEAR, month, self.r.between(1, 28))

    def make_team(self):
        r = self.r
        founded = iso(r.between(YEAR - 10, YEAR - 4), r.between(1, 12), r.between(1, 28))
        name = "Đội công tác xã hội tình nguyện " + self.name
        self.team = self.add(founded, "team", name=name, kind="volunteer_team", founded_on=founded,
                             decision_no="%d/QĐ-UBND" % r.between(100, 4000), decision_on=founded,
                             decision_authority="district_chairman", state="active", state_since=founded,
                             regulation_no="%d/QĐ-UBND" % r.between(100, 4000), regulation_on=founded,
                             regulation_extra_duties="1" if r.chance(75) else "0", planned_size="7")
        for i in range(r.between(5, 9)):
            sex = "female" if r.chance(45) else "male"
            joined = iso(r.between(YEAR - 4, YEAR - 1), r.between(1, 12), r.between(1, 28))
            who = self.person(joined, sex, r.between(1960, 1999))
            role = "leader" if i == 0 else "deputy" if i == 1 else "member"
            left = self.day_of(r.between(2, 11)) if i > 3 and r.chance(12) else None
            member = self.add(joined, "team_member", person=who, team=self.team, role=role, organisation=r.pick(ORGS),
                              joined_on=joined, left_on=left, leave_reason="job" if left else None, meets_criteria="1")
            if left is None:
                self.members.append(member)
        if r.chance(60):
            joined = iso(YEAR - 1, 1, 5)
            who = self.person(joined, "female", r.between(1970, 1998))
            self.add(joined, "team_member", person=who, team=self.team, role="comm_collaborator",
                     organisation="womens_union", joined_on=joined, meets_criteria="1")

    def make_budget(self):
        r = self.r
        late = self.code in ("26185", "26197")
        approved = iso(YEAR, 4, r.between(5, 25)) if late else iso(YEAR, r.between(2, 3), r.between(2, 28))
        lines = {"line_activity": r.between(4, 9) * 1000000, "line_allowance": r.between(20, 60) * 1000000,
                 "line_uniform": r.between(2, 5) * 1000000, "line_propaganda": r.between(2, 8) * 1000000}
        total = sum(lines.values())
        self.add(approved, "budget_estimate", year=str(YEAR), team=self.team, plan_no="%02d/KH-ĐTN" % r.between(1, 40),
                 plan_on=iso(YEAR, 1, r.between(2, 12)), submitted_on=iso(YEAR, 1, r.between(13, 28)),
                 hdnd_approved_on=approved,
                 sent_to_district_on=approved, total=str(total), **{k: str(v) for k, v in lines.items()})

    def make_client(self, who=None):
        r = self.r
        listed = self.day_of(r.between(1, 12))
        if r.chance(85):
            listed = iso(r.between(2018, 2022), r.between(1, 12), r.between(1, 28))
        if who is None:
            who = self.person(listed, "female" if r.chance(8) else "male", r.between(1975, 2005))
        closed = self.day_of(r.between(1, 12)) if listed < iso(YEAR, 1, 1) and r.chance(10) else None
        status = "addict" if r.chance(75) else self.some("drug_status", "user")
        case = self.add(listed, "drug_case", person=who, status=status, found_on=listed,
                        found_by=self.some("found_by", "police"),
                        in_list="0" if closed else "1", listed_on=listed, dossier_no="%03d/HS" % r.between(1, 400),
                        dossier_opened_on=listed, dossier_closed_on=closed,
                        close_reason=self.some("close_reason", "moved_away", "moved") if closed else None,
                        substances=[self.some("substance", "meth", "methamphetamine")])
        self.clients.append((who, case, listed, closed, status))

    def make_clients(self):
        if self.code == NO_ADDICTS:
            return
        for _ in range(self.r.between(4, 18)):
            self.make_client()
        if self.code in SHARED:
            name, nid = ("Nguyễn Văn Hoà", "075082123456") if self.code == SHARED[0] else ("Nguyễn Văn Hòa",
                                                                                           "075082123456")
            self.make_client(self.person("2022-06-01", "male", 1982, name, nid))

    def make_help(self):
        r = self.r
        for i, member in enumerate(self.members):
            if not self.clients or (i > 2 and r.chance(12)):
                continue
            for _ in range(r.between(1, 2)):
                who, case, listed, closed, _ = r.pick(self.clients)
                start = max(listed, iso(YEAR, r.between(1, 4), r.between(1, 28)))
                if closed and closed <= start:
                    continue
                purpose = r.pick(["persuade_rehab", "persuade_rehab", "support_rehab", "post_rehab"])
                task = self.add(start, "assignment", member=member, client=who, drug_case=case, purpose=purpose,
                                from_on=start,
                                decision_no="%02d/QĐ-ĐTN" % r.between(1, 60))
                for month in range(int(start[5:7]), 13):
                    if r.chance(55):
                        day = iso(YEAR, month, 28)
                        self.add(day, "contact_log", assignment=task, client=who, on_date=day, form="face",
                                 by_member=member,
                                 content=["persuasion", "advice"], minutes=str(r.between(2, 9) * 10))
        for who, case, listed, _, _ in self.clients:
            if r.chance(22):
                start = max(listed, self.day_of(r.between(1, 12)))
                if start < iso(YEAR, 1, 1):
                    continue
                self.add(start, "rehab_episode", person=who, drug_case=case, start_on=start, supported_by=self.team,
                         kind=r.pick(self.choices["rehab_kind"]))

    def make_point(self):
        r = self.r
        opened = iso(r.between(2018, 2022), r.between(1, 12), 15)
        point = self.add(opened, "counselling_point",
                         name="Điểm tư vấn, hỗ trợ điều trị nghiện ma túy tại cộng đồng " + self.name,
                         opened_on=opened, state="active", state_since=opened, nucleus_team=self.team, team_staffed="1")
        for month in range(7 if self.code == IDLE_POINT else 1, 13):
            for _ in range(r.between(1, 2)):
                day = self.day_of(month)
                self.add(day, "point_session", point=point, on_date=day, kind=r.pick(self.choices["session_kind"]),
                         clients=str(r.between(1, 9)), staff=str(r.between(1, 3)))

    def make_activities(self):
        r = self.r
        for month in range(1, 13):
            for _ in range(r.between(1, 4)):
                kind, field, title = r.pick(TALKS)
                people = r.between(15, 90)
                female = r.below(people)
                day = self.day_of(month)
                self.add(day, "activity", title=title.format(h=r.pick(HAMLETS)), team=self.team, on_date=day,
                         kind=self.some("activity_kind", {"direct": "direct", "talk": "talk",
                                                          "briefing": "briefing"}[kind]),
                         field=self.some("activity_field", field), place_unit=self.code,
                         channel=self.some("channel", "direct"),
                         participants=str(people), part_female=str(female), part_male=str(people - female),
                         distinct_people=str(people - r.below(5)), hours="1.5")


def choices(path):
    """list -> values, straight out of the catalogue's choices.csv."""
    import csv
    lists = {}
    with open(path, encoding="utf-8-sig", newline="") as f:
        for row in csv.DictReader(f):
            lists.setdefault(row["list"], []).append(row["value"])
    return lists


def write(path, rows, first, last):
    """Rows of the span; references of a row of the span always point to rows that begin earlier."""
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        for day, row in rows:
            if first <= day <= last:
                f.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--from", dest="first", default="0000-01-01")
    p.add_argument("--until", default="9999-12-31")
    p.add_argument("--catalogue", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../catalogue"))
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    lists = choices(os.path.join(a.catalogue, "choices.csv"))
    for i, (code, name) in enumerate(COMMUNES):
        c = Commune(code, name, Random(a.seed * 1000003 + i), lists)
        c.make_team()
        c.make_budget()
        c.make_clients()
        c.make_help()
        c.make_point()
        c.make_activities()
        write(os.path.join(a.out, code + ".ndjson"), c.rows, a.first, a.until)
    r = Random(a.seed * 1000003 + 99)
    plan = "Kế hoạch hoạt động Đội công tác xã hội tình nguyện cấp xã năm 2023"
    targets = [("T10", "735", "ge", "12", "total"), ("T03", "735", "ge", "100", "each_member"), ("T14", "735",
                                                                                                 "ge", "100", "total")]
    rows = [("2023-01-02", {"type": "target", "id": "%016x%016x" % (r.u64(), r.u64()), "indicator": t,
                            "target_unit": unit,
                            "year": str(YEAR), "op": op, "value": value, "per": per, "plan": plan})
            for t, unit, op, value, per in targets]
    write(os.path.join(a.out, "district.ndjson"), rows, a.first, a.until)


if __name__ == "__main__":
    main()
