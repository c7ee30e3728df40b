"""What one office enters: invented records of every kind that the plans ask for. Used by plans.py.

As in vinhcuu.py everything follows from the seed, no person exists, and references point backwards. The methods are
by subject; each knows the year and the edge cases that the indicators turn on: closed and reopened dossiers, moves
in and out, orders postponed, notices found untrue, settlements returned, days just inside and outside of a window.
"""
from datetime import date, timedelta

import vinhcuu

MEETINGS = [("direct", "Tuyên truyền trực tiếp"), ("talk", "Nói chuyện chuyên đề"), ("seminar", "Tọa đàm"),
            ("club_meeting", "Sinh hoạt câu lạc bộ"), ("training", "Tập huấn"),
            ("behaviour_change", "Truyền thông thay đổi hành vi")]
FIELDS = {"drugs": "phòng, chống ma túy", "prostitution": "phòng, chống mại dâm", "hiv": "phòng, chống HIV/AIDS",
          "trafficking": "phòng, chống mua bán người", "children": "bảo vệ trẻ em", "gender": "bình đẳng giới",
          "gbv": "phòng ngừa bạo lực trên cơ sở giới", "social_work": "nghề công tác xã hội",
          "elderly": "chính sách với người cao tuổi", "disability": "chính sách với người khuyết tật"}


class Office(vinhcuu.Commune):
    def __init__(self, code, name, random, choices, year):
        super().__init__(code, name, random, choices)
        self.year = year
        self.children, self.cases, self.orders = [], [], []
        self.decided = {1: [], 2: []}  # what the hub writes into this office's records afterwards, in two steps

    def decide(self, step, record_type, rid, **fields):
        self.decided[step].append(("", dict(fields, type=record_type, id=rid)))

    # --- days ---

    def day(self, first_month=1, last_month=12, year=None):
        return vinhcuu.iso(year or self.year, self.r.between(first_month, last_month), self.r.between(1, 28))

    def after(self, day, least, most):
        return (date.fromisoformat(day) + timedelta(days=self.r.between(least, most))).isoformat()

    def maybe(self, percent, value):
        return value if self.r.chance(percent) else None

    def yes(self, percent):
        return "1" if self.r.chance(percent) else "0"

    def any_of(self, listname):
        return self.r.pick(self.choices[listname])

    # --- teams and communication ---

    def post_rehab_group(self, size):
        """A group and its members; in every third commune one member short."""
        founded = "%d-03-15" % (self.year - 2)
        self.group = self.add(founded, "team", name="Tổ quản lý sau cai " + self.name, kind="post_rehab_group",
                              founded_on=founded, state="active", state_since=founded, planned_size=str(size))
        for _ in range(size - (1 if self.r.chance(33) else 0)):
            who = self.person(founded, "male", self.r.between(1960, 1985))
            self.add(founded, "team_member", person=who, team=self.group, role="member", joined_on=founded,
                     organisation=self.r.pick(vinhcuu.ORGS))

    def child_protection(self, complete):
        """An officer, and in a complete system a collaborator of a hamlet too."""
        founded = "%d-01-10" % (self.year - 1)
        team = self.add(founded, "team", name="Nhóm bảo vệ trẻ em " + self.name, kind="child_collaborators",
                        founded_on=founded, state="active", state_since=founded)
        for role in ["child_officer"] + (["child_collaborator"] * 2 if complete else []):
            who = self.person(founded, "female", self.r.between(1970, 1995))
            self.add(founded, "team_member", person=who, team=team, role=role, joined_on=founded,
                     organisation="hamlet", left_on=self.maybe(10, self.day(2, 11)))

    def sessions(self, fields, months, hamlets=(), always=None):
        """For each field sessions in these months, of any kind or always of one; with hamlets they are held there."""
        for field in fields:
            for month in months:
                kind, word = next(m for m in MEETINGS if m[0] == always) if always else self.r.pick(MEETINGS)
                people = self.r.between(12, 120)
                day = self.day(month, month)
                self.add(day, "activity", title="%s về %s" % (word, FIELDS[field]), kind=kind, field=field,
                         on_date=day, place_unit=self.code, channel=self.any_of("channel"), participants=str(people),
                         distinct_people=str(people - self.r.below(6)), part_female=str(self.r.below(people)),
                         hours="2", integrated_programme=self.maybe(30, self.any_of("programme")),
                         hamlet_ref=self.r.pick(hamlets) if hamlets else None)

    def team_year(self):
        """What the team's own yearly report asks for besides its clients."""
        r = self.r
        self.make_budget()
        for member in self.members:
            if r.chance(50):
                day = self.day(2, 11)
                self.add(day, "training_attendance", title="Tập huấn tình nguyện viên", on_date=day, topic="drugs",
                         attendee_kind="member", member=member, hours="8", full_time="1")
            for month in (3, 9):
                self.add(self.day(month, month), "allowance_payment", member=member, amount="400000",
                         month="%d-%02d" % (self.year, month), paid_on=self.day(month, month))
        if r.chance(40):
            day = self.day(10, 12)
            self.add(day, "reward", kind=self.any_of("reward_kind"), on_date=day, form="Giấy khen")
        for i in range(r.below(3)):
            released, day = self.day(year=self.year - 1), self.day()
            who = self.person(released, "male", r.between(1970, 1998))
            self.add(released, "ex_prisoner_case", person=who, released_on=released, needs=["job"],
                     supported_on=self.maybe(60, day), job_on=self.maybe(40, day))
            if i:
                self.add(day, "support_grant", client=who, kind=r.pick(["job", "gift"]), from_on=day)
        day = self.day(3, 9)
        self.add(day, "activity", title="Họp giao ban Đội", kind="briefing", field="drugs", on_date=day,
                 team=self.team, participants="9", cost=str(r.between(2, 9) * 100000))

    def products(self, count):
        for _ in range(count):
            kind, day = self.any_of("product_kind"), self.day()
            self.add(day, "product", kind=kind, field=self.r.pick(sorted(FIELDS)), on_date=day,
                     qty=str(self.r.between(1, 400)), times=self.maybe(40, str(self.r.between(1, 30))),
                     minutes=self.maybe(40, str(self.r.between(10, 600))))

    # --- drugs ---

    def drug_cases(self, count):
        """A list with its history: put on before or in the year, closed for every reason, some on substitution."""
        r = self.r
        for _ in range(count):
            begun = self.day(year=r.between(self.year - 4, self.year - 1)) if r.chance(88) else self.day()
            who = self.person(begun, "female" if r.chance(9) else "male", r.between(1972, self.year - 16))
            closed = self.after(begun, 40, 700) if r.chance(22) else None
            closed = closed if closed and closed < "%d-12-31" % self.year else None
            status = self.any_of("drug_status")
            case = self.add(begun, "drug_case", person=who, status=status, found_on=begun,
                            found_by=self.any_of("found_by"), in_list="0" if closed else "1", listed_on=begun,
                            list_reason="moved_in" if r.chance(15) else self.any_of("list_reason"),
                            dossier_no="%03d/HS" % r.between(1, 600), dossier_opened_on=begun, mmt=self.yes(12),
                            dossier_closed_on=closed, close_reason=self.any_of("close_reason") if closed else None,
                            substances=sorted({self.any_of("substance"), self.any_of("substance")}))
            self.cases.append((who, case, begun, closed))
            self.clients.append((who, case, begun, closed, status))

    def moved_inside(self, other, person_a, person_b, day):
        """One person leaves this list for that of another commune; two records of one national id."""
        self.add(person_a[1], "drug_case", person=person_a[0], status="addict", found_on=person_a[1], in_list="0",
                 listed_on=person_a[1], dossier_no="777/HS", dossier_opened_on=person_a[1], dossier_closed_on=day,
                 close_reason="moved")
        other.add(day, "drug_case", person=person_b, status="addict", found_on=day, in_list="1", listed_on=day,
                  list_reason="moved_in", dossier_no="778/HS", dossier_opened_on=day)

    def court_orders(self, percent_on_time):
        r = self.r
        for who, case, begun, _ in self.cases:
            if not r.chance(25):
                continue
            decided = max(begun, self.day())
            due = self.after(decided, 5, 10)
            free = r.chance(10)
            done = None if free else self.after(decided, 1, 5) if r.chance(percent_on_time) else self.maybe(
                50, self.after(due, 1, 30))
            reason = None if done else r.pick(["postponed", "exempt"]) if free else "escaped"
            order = self.add(decided, "court_order", person=who, drug_case=case, court="Tòa án nhân dân cấp huyện",
                             decision_no="%02d/QĐ-TA" % r.between(1, 90), decided_on=decided,
                             effective_on=self.maybe(80, decided), months="12", due_execute_on=due, executed_on=done,
                             measure="commune_education" if r.chance(8) else "compulsory_rehab",
                             not_executed_reason=reason)
            if done:
                self.orders.append((who, case, done, order))

    def rehab(self, percent):
        r = self.r
        for who, case, begun, closed in self.cases:
            if r.chance(percent):
                start = max(begun, self.day())
                if closed and closed < start:
                    continue
                self.add(start, "rehab_episode", person=who, drug_case=case, kind=self.any_of("rehab_kind"),
                         start_on=start, end_on=self.maybe(40, self.after(start, 10, 90)))

    def returnees(self, count, percent_job):
        """Back from compulsory rehab in the year; a job before or after the return, or a steady one noted."""
        r = self.r
        for i in range(count):
            listed = "%d-05-05" % (self.year - 2)
            who = self.person(listed, "male", r.between(1975, 1999))
            back = self.day(1, 10)
            self.add(listed, "rehab_episode", person=who, kind="compulsory", outcome="completed",
                     start_on=self.after(back, -400, -300), end_on=back)
            job = r.chance(percent_job)
            steady = job and i % 2 == 0
            self.add(back, "post_rehab", person=who, from_on=self.after(back, 1, 15), team=getattr(self, "group", None),
                     decision_no="%02d/QĐ-UBND" % r.between(1, 99), stable=self.yes(70),
                     job_status="steady" if steady else "none", job_since=self.after(back, 16, 40) if steady else None)
            if not steady:
                day = self.after(back, 5, 60) if job else self.after(back, -700, -650)
                self.add(day, "support_grant", client=who, kind="job" if job else "gift", from_on=day,
                         to_on=None if job else self.after(day, 1, 20), source=self.any_of("funding"))

    def post_rehab_ends(self, count):
        for _ in range(count):
            begin, end = self.day(year=self.year - 1), self.day()
            who = self.person(begin, "male", self.r.between(1972, 1998))
            outcome = self.any_of("post_rehab_outcome")
            self.add(begin, "post_rehab", person=who, from_on=begin, to_on=end, outcome=outcome, stable=self.yes(60),
                     job_status=self.any_of("job_status"), relapsed_on=self.maybe(15, end))

    def points(self, count, first_month=1):
        for i in range(count):
            opened = "%d-06-15" % (self.year - 1)
            point = self.add(opened, "counselling_point", name="Điểm tư vấn %s %d" % (self.name, i + 1),
                             opened_on=opened, state="active", state_since=opened, team_staffed=self.yes(80))
            for month in range(first_month, 13, 2):
                day = self.day(month, month)
                self.add(day, "point_session", point=point, on_date=day, kind=self.any_of("session_kind"),
                         clients=str(self.r.between(1, 12)), staff="2")

    # --- prostitution, trafficking, violence ---

    def sex_work(self, counting):
        """Numbers, or cases under an alias in a commune that does not count."""
        if counting:
            for month in (5, 11):
                day = self.day(month, month)
                self.add(day, "sexwork_count", counted_on=day, total=str(self.r.below(7)), source="police",
                         new_people=str(self.r.below(3)), left_people=str(self.r.below(2)))
            return
        for i in range(self.r.below(4)):
            day = self.day(year=self.year - self.r.below(2))
            self.add(day, "sexwork_case", alias="Bí danh %d" % (i + 1), recorded_on=day, basis="peer",
                     left_work_on=self.maybe(30, self.day(11, 12)), services=["advice"])

    def hotspots(self, count):
        for _ in range(count):
            since, state = self.day(year=self.year - self.r.below(2)), self.any_of("hotspot_state")
            changed = max(since, self.day(11, 12)) if state != "active" else since
            self.add(since, "hotspot", kind=self.any_of("hotspot_kind"), place=self.r.pick(vinhcuu.HAMLETS),
                     level=self.any_of("hotspot_level"), since=since, state=state, state_since=changed,
                     reported_on=since, answered_on=self.maybe(60, self.after(since, 3, 40)))

    def incidents(self, count):
        for _ in range(count):
            day = self.day()
            self.add(day, "incident", kind=self.any_of("incident_kind"), on_date=day, reported_to="police",
                     reported_on=day, answered_on=self.maybe(70, self.after(day, 1, 45)))

    def businesses(self, count):
        for i in range(count):
            opened = self.day(year=self.year - self.r.below(3))
            site = self.add(opened, "business_site", name="Cơ sở %s %02d" % (self.code, i + 1), opened_on=opened,
                            kind=self.any_of("business_kind"), reviewed_on=self.maybe(50, max(opened, self.day())),
                            closed_on=self.maybe(10, max(opened, self.day(10, 12))), staff_count="8", female_staff="5")
            if self.r.chance(40):
                day = max(opened, self.day())
                self.add(day, "site_inspection", site=site, on_date=day, result="Đã lập biên bản",
                         violations=sorted({self.any_of("violation")}) if self.r.chance(50) else [])

    def trafficking(self, count, verified=100, supported=100):
        r = self.r
        for i in range(count):
            day = self.day(year=self.year - (1 if r.chance(20) else 0))
            who = self.person(day, "female", r.between(1985, 2002)) if i % 2 == 0 else None
            started = self.maybe(verified, self.after(day, 1, 9))
            status = self.any_of("victim_status") if i else "victim"
            helped = r.chance(supported)
            protect, need = r.chance(50), r.chance(70)
            case = self.add(day, "trafficking_case", person=who, alias=None if who else "Bí danh NN%d" % (i + 1),
                            received_on=day, received_by=self.any_of("received_by"), verify_started_on=started,
                            victim_status=status, reviewed_on=self.maybe(60, max(day, self.day(6, 11))),
                            initial_support=sorted({self.any_of("initial_support")}) if helped else None,
                            needs_protection="1" if protect else "0", needs_support="1" if need else "0",
                            protected_on=self.after(day, 1, 5) if protect and helped else None,
                            supported_on=self.after(day, 2, 60) if need and helped else None,
                            closed_on=self.maybe(25, self.after(day, 70, 300)))
            if r.chance(60):
                self.add(day, "trafficking_relative", trafficking_case=case, relation="Mẹ", needs_protection="1",
                         protected_on=self.after(day, 1, 8) if helped else None)
            if helped:
                on = self.after(day, 3, 30)
                self.add(on, "service_event", client=who, trafficking_case=case, service="counselling", on_date=on,
                         client_group="woman_victim", channel="direct", funding="state_budget")

    def lists(self, reviewed):
        """The four lists of the plan: entries, and reviews of some that found nobody."""
        for kind in ("foreign_marriage", "labour_abroad", "foreign_adoption"):
            for _ in range(self.r.below(4)):
                day = self.day(year=self.year - self.r.below(3))
                who = self.person(day, "female", self.r.between(1980, 2001))
                self.add(day, "watch_list_entry", kind=kind, person=who, country="Nước ngoài", on_date=day,
                         reviewed_on=self.maybe(60, max(day, self.day(5, 11))))
        for kind in ["trafficking_victim", "foreign_marriage", "labour_abroad", "foreign_adoption"][:reviewed]:
            day = self.day(4, 11)
            self.add(day, "list_review", list_kind=kind, reviewed_on=day, entries="0", reviewer="Cán bộ xã")

    def women_helped(self, count):
        for i in range(count):
            day = self.day()
            who = self.person(day, "female" if i % 5 else "male", self.r.between(1975, 2000))
            self.add(day, "support_grant", client=who, kind=self.any_of("grant_kind"), from_on=day,
                     amount=self.maybe(80, str(self.r.between(1, 30) * 500000)), source=self.any_of("funding"))

    def models(self, count):
        for i in range(count):
            self.add("%d-04-01" % (self.year - 1), "reintegration_model", name="Mô hình hòa nhập %d" % (i + 1),
                     started_on="%d-04-01" % (self.year - 1), ended_on=self.maybe(20, self.day(6, 11)))

    def violence(self, count):
        for i in range(count):
            day = self.day()
            who = self.person(day, "female", self.r.between(1970, 2000)) if i % 2 else None
            self.add(day, "gbv_case", person=who, alias=None if who else "Bí danh BL%d" % (i + 1),
                     role=self.any_of("gbv_role"), received_on=day, served_on=self.maybe(70, self.after(day, 0, 20)))

    # --- children ---

    def hamlets(self, count, difficult):
        self.hamlet_ids = []
        for i in range(count):
            self.hamlet_ids.append(self.add(
                "%d-01-01" % (self.year - 3), "hamlet", name="Thôn %d" % (i + 1), kind="thon",
                hardship="special" if i < difficult else "no",
                migrants_many="1" if i == count - 1 and difficult else "0",
                population=str(self.r.between(250, 900)), child_population="90"))

    def child_cases(self, count):
        r = self.r
        for i in range(count):
            begun = self.day(year=r.between(self.year - 3, self.year - 1)) if r.chance(85) else self.day()
            who = self.person(begun, r.pick(["male", "female"]), r.between(self.year - 15, self.year - 3))
            groups = sorted({self.any_of("child_group")} | ({self.any_of("child_group")} if r.chance(20) else set()))
            orphan = "both" if "orphan_both" in groups else self.maybe(10, self.any_of("orphan"))
            helped = r.chance(95 if orphan == "both" else 55)
            case = self.add(begun, "child_case", person=who, groups=groups, from_on=begun, orphan=orphan,
                            groups_private=["hiv"] if i % 23 == 11 else None, at_risk="1" if r.chance(12) else "0",
                            to_on=self.maybe(9, max(self.after(begun, 1, 60), self.day(2, 12))),
                            receiving_help="1" if helped else "0", help_since=self.maybe(80, begun) if helped else None,
                            help_sources=sorted({self.any_of("help_source")}) if helped else None,
                            needs_plan="1" if r.chance(12) else "0")
            self.children.append((who, case, begun))
            if r.chance(8):
                day = max(begun, self.day())
                self.add(day, "service_event", client=who, service=self.any_of("service"), on_date=day,
                         client_group="child_victim", channel="direct", funding=self.any_of("funding"))

    def child_notices(self, count):
        r = self.r
        for i in range(count):
            day = self.day()
            known = self.children[r.below(len(self.children))] if self.children and i % 2 == 0 else None
            if known and known[2] > day:
                known = None
            closed = self.maybe(60, self.after(day, 3, 40))
            notice = self.add(day, "child_report", received_on=day, channel=self.any_of("report_channel"),
                              child=known[0] if known else None, child_case=known[1] if known else None,
                              child_sex=None if known else "female", act=self.any_of("abuse_act"),
                              place_kind=self.any_of("abuse_place"), verified=self.any_of("verified"),
                              state="closed" if closed else "handling", closed_on=closed, urgent=self.yes(20))
            if known and r.chance(70):
                due = self.after(day, 5, 8)
                made = self.after(day, 1, 5) if r.chance(80) else self.maybe(50, self.after(due, 1, 20))
                self.add(day, "child_plan", child_case=known[1], child_report=notice, due_on=due, made_on=made,
                         approved_on=self.maybe(80, self.after(made, 0, 2)) if made else None, services=["counselling"],
                         closed_on=self.maybe(30, self.after(made, 20, 90)) if made else None)

    def foster(self, count):
        for _ in range(count):
            day = self.day(year=self.year - 1)
            carer = self.person(day, "female", self.r.between(1960, 1985))
            family = self.add(day, "foster_family", carer=carer, registered_on=day,
                              approved_on=self.maybe(85, self.after(day, 5, 20)))
            for who, _, begun in self.children[:2]:
                if begun <= day:
                    self.add(day, "foster_placement", foster_family=family, child=who, from_on=day,
                             to_on=self.maybe(30, self.day(3, 12)))

    def child_survey(self, total, by_hamlet):
        """The yearly figures: of the whole commune, or a row for each hamlet; corrected once."""
        places = self.hamlet_ids if by_hamlet else [None]
        for year, month in ((self.year - 1, 10), (self.year, 3)):
            for i, place in enumerate(places):
                people = total // len(places) + i
                for again in range(2 if i == 0 else 1):
                    day = vinhcuu.iso(year, month, 20 + again)
                    self.add(day, "child_population", hamlet=place, year=str(year), counted_on=day, source="survey",
                             total=str(people + 7 * again), child_marriages=str(self.r.below(3)), dropouts="2",
                             child_labour=str(self.r.below(2)), injuries=str(self.r.below(4)), drownings="0")

    # --- social protection and the social-work system ---

    def beneficiaries(self, count):
        r = self.r
        for _ in range(count):
            begun = self.day(year=r.between(self.year - 4, self.year)) if r.chance(30) else self.day(
                year=r.between(self.year - 4, self.year - 1))
            who = self.person(begun, r.pick(["male", "female"]), r.between(1930, self.year - 2))
            kind, ended = self.any_of("beneficiary_group"), self.maybe(10, max(begun, self.day(3, 12)))
            self.add(begun, "beneficiary", person=who, kind=kind, from_on=begun, to_on=ended,
                     stop_reason=self.any_of("stop_reason") if ended else None, coef="1.5", std_amount="360000",
                     monthly=self.maybe(95, str(r.pick([360000, 540000, 720000, 900000]))),
                     paid_until=self.maybe(95, vinhcuu.iso(self.year, r.between(8, 12), 1)))

    def service_counts(self, count):
        for _ in range(count):
            day = self.day()
            self.add(day, "service_event", people=self.maybe(80, str(self.r.between(1, 25))), on_date=day,
                     service=self.any_of("service"), client_group=self.any_of("client_group"),
                     channel=self.any_of("service_channel"), funding=self.any_of("funding"))

    def referrals(self, count):
        for _ in range(count):
            day, state = self.day(), self.any_of("referral_state")
            self.add(day, "referral", reason="Cần dịch vụ chuyên sâu", on_date=day, state=state,
                     due_on=self.maybe(85, self.after(day, 5, 7)),
                     answered_on=self.after(day, 1, 30) if state in ("accepted", "refused", "closed") else None)

    def facility(self, name, kind, sector, assigns, serves, in_plan=True):
        """A body of the plan's lists: does it assign social-work staff, does it provide services?"""
        self.place = self.add("%d-01-01" % (self.year - 5), "facility", name=name, kind=kind, sector=sector,
                              opened_on="%d-01-01" % (self.year - 5), in_plan="1" if in_plan else "0",
                              provides_sw_service="1" if serves else "0", assigns_sw_staff="1" if assigns else "0",
                              staff_full="1" if assigns else "0", staff_part="1" if assigns else "0",
                              staff_collab="0", allowance_ok="1" if assigns else "0")
        return self.place

    def staff(self, named, numbers, sector, percent_trained, rehab=False):
        place = getattr(self, "place", None)
        for _ in range(named):
            begun = self.day(year=self.year - 2)
            who = self.person(begun, "female", self.r.between(1970, 1998))
            member = self.add(begun, "sw_staff", person=who, facility=place, sector=sector, from_on=begun,
                              position_kind=self.any_of("position_kind"), manages_rehab="1" if rehab else "0")
            if self.r.chance(percent_trained):
                day = self.day(2, 11)
                self.add(day, "training_attendance", title="Tập huấn", on_date=day, topic="social_work",
                         attendee_kind=self.choices["attendee_kind"][0], staff=member, hours="16", full_time="1")
        if numbers:
            self.add("%d-02-01" % self.year, "sw_staff", headcount=str(numbers), sector=sector, facility=place,
                     position_kind=self.any_of("position_kind"), from_on="%d-02-01" % (self.year - 1),
                     trained=str(numbers * percent_trained // 100), trained_year=str(self.year),
                     manages_rehab="1" if rehab else "0")

    def hotline(self, line, calls, days):
        for i in range(calls):
            day = self.day()
            self.add(day, "hotline_call", line=line, on_date=day, answered=self.yes(92), minutes="6",
                     topic=self.any_of("call_topic"), client_group=self.any_of("client_group"))
        for i in range(days):
            day = (date(self.year, 1, 1) + timedelta(days=i)).isoformat()
            self.add(day, "hotline_duty", line=line, on_date=day, minutes="1440" if i % 9 else "720")

    def women(self, body, total, women):
        for year, more in ((self.year - 1, 0), (self.year, 1)):
            self.add("%d-03-08" % year, "women_share", body=body, counted_on="%d-03-08" % year, total=str(total),
                     women=str(women + more))

    # --- score and money ---

    def scores(self, result, mode="kept", late=False):
        """Sheets of two years under the demonstration scheme; the hub appraises and publishes them."""
        for year in (self.year - 1, self.year):
            own = self.r.between(1400, 1900)
            sheet = self.add("%d-11-20" % year, "score_sheet", year=str(year), scheme="DEMO", version="1", mode=mode,
                             self_total="%d.%02d" % (own // 20, own % 20 * 5), self_scored_on="%d-11-20" % year,
                             state="self_scored")
            self.decide(1, "score_sheet", sheet, state="appraised", appraised_on="%d-11-28" % year,
                        district_total="%d.5" % (own // 20 - 1))
            self.decide(2, "score_sheet", sheet, state="published", result_class=result,
                        published_on="%d-12-%02d" % (year, 9 if late else 1))

    def settle(self, allocation, amount, less, day, state):
        """Handed in here; the district approves or returns it, or has not looked yet."""
        made = self.add(day, "budget_settlement", allocation=allocation, spent=str(amount - less),
                        returned=str(less), state="submitted", submitted_on=day)
        if state == "approved":
            self.decide(1, "budget_settlement", made, state=state, approved_on=self.after(day, 3, 9))
        if state == "returned":
            self.decide(1, "budget_settlement", made, state=state, return_reason="Thiếu chứng từ")

    def handed_in(self, definition, period, due, days_late=0, corrected=0):
        """The commune's own record of a report made, for Q01 and Q02. No import takes it: world.py, enter()."""
        day = self.after(due, days_late, days_late)
        report = self.add(day, "report", definition=definition, period=period, due_on=due, state="submitted",
                          submitted_on=day)
        for _ in range(corrected):
            on = self.after(day, 1, 3)
            self.add(on, "correction", kind="commune", report=report, period=period, reason="Đếm sót một phiếu",
                     on_date=on)
