"""The indicators of the reports RP05 to RP18, counted with plain loops after the definitions of the domain.

Part of tests/recount.py, which says what a fact is: (unit, who counts once, num, den, {breakdown: value}). Nothing
here was taken over from the program's SQL: where the definitions leave something open, docs/coverage.md decides.
"""
from datetime import date, timedelta
from decimal import Decimal

PROPAGANDA = {"direct", "behaviour_change", "talk", "seminar", "forum", "contest", "rally", "exchange", "dialogue",
              "club_meeting", "training"}
COMMUNE_LEVELS = {"xa", "phuong", "thi_tran", "dac_khu"}
FOUR_LISTS = ("trafficking_victim", "foreign_marriage", "labour_abroad", "foreign_adoption")
SERVING = {"public_assistance", "private_assistance", "sw_centre", "hospital", "health_centre", "health_station",
           "school"}
SIX_GROUPS = {"abandoned", "toxic_chemicals", "severe_disability", "disaster"}
REHAB_FACILITIES = {"rehab_compulsory", "rehab_voluntary", "rehab_community"}
CHILD_EVENTS = {"child_marriages": "child_marriage", "child_labour": "child_labour", "law_breaking": "law_breaking",
                "dropouts": "dropout", "drownings": "drowning", "injuries": "injury"}
EVENT_GROUPS = {"child_marriage": "child_marriage", "child_labour": "child_labour", "law_breaking": "law_breaking",
                "working_dropout": "dropout", "injury": "injury"}


# Domain 4.0: drugs <12, 12-15, 16-17, 18-30, 31-45, >45; children 0-5, 6-10, 11-15; else <16, 16-59, >=60.
AGES = {"drugs": ((11, "under_12"), (15, "to_15"), (17, "to_17"), (30, "to_30"), (45, "to_45"), (None, "over_45")),
        "child": ((5, "to_5"), (10, "to_10"), (15, "to_15"), (None, "older")),
        "general": ((15, "under_16"), (59, "to_59"), (None, "from_60"))}


def band(age, group):
    """The age group of so many years; "": the age is not known."""
    return next((name for last, name in AGES[group] if last is None or age <= last)) if age is not None else ""


def quarters(first, last):
    """The quarters of a window, counted from its first day; the last may be cut off."""
    out, begin = [], date.fromisoformat(first)
    while begin.isoformat() <= last:
        month = begin.month + 2
        following = date(begin.year + month // 12, month % 12 + 1, begin.day)
        out.append((begin.isoformat(), min((following - timedelta(days=1)).isoformat(), last)))
        begin = following
    return out


def newest(rows, key):
    """Of the rows with the same key the one counted last; of two of one day that with the greater id."""
    best = {}
    for r in rows:
        k = key(r)
        if k not in best or (r["counted_on"], r["id"]) > (best[k]["counted_on"], best[k]["id"]):
            best[k] = r
    return list(best.values())


def flag(row, name):
    return row.get(name) == "1"


def number(row, name):
    return int(row.get(name) or 0)


class Programmes:
    """Mixed into the Counter of recount.py: self.d records, t0 to t1 the window, params, units, criteria."""

    # --- words of the definitions ---

    def until(self, row, name):
        """Did it happen by the window's end?"""
        return bool(row.get(name)) and row[name] <= self.t1

    def open_at_end(self, row, begin, end):
        """Valid at the end of the window's last day; `end` is the first day without it."""
        return (row.get(begin) or "") <= self.t1 and (not row.get(end) or row[end] > self.t1)

    def each(self, name, field):
        return [r for r in self.d.of(name) if self.within(r.get(field))]

    def person(self, row, name="person"):
        """Who it is: the person, or the record when nobody is named."""
        return self.who(row[name]) if row.get(name) else row["id"]

    def communes(self):
        """All communes under the same parent as one that keeps records, on the window's last day."""
        there = [u for u in self.units if u["valid_from"] <= self.t1 <= (u["valid_to"] or "9999-12-31")]
        keeping = {r["_unit"] for t in ("team", "person", "activity", "score_sheet") for r in self.d.of(t)}
        parents = {u["parent"] for u in there if u["code"] in keeping}
        return [u["code"] for u in there if u["level"] in COMMUNE_LEVELS and u["parent"] in parents]

    def of_communes(self, good):
        for code in self.communes():
            yield code, code, int(good(code)), 1, {}

    # --- children ---

    def special_children(self):
        return [c for c in self.d.of("child_case") if not flag(c, "at_risk") and
                self.open_at_end(c, "from_on", "to_on")]

    def C01(self):
        for c in self.special_children():
            for group in c.get("groups") or [""]:
                yield c["_unit"], self.who(c["person"]), 1, 0, dict(self.std(c["person"], "child"), child_group=group)

    def C01R(self):
        for c in self.special_children():
            yield c["_unit"], self.who(c["person"]), 1, 0, {}
        rows = [p for p in self.d.of("child_population") if p["counted_on"] <= self.t1]
        for unit in {p["_unit"] for p in rows}:
            year = max(p["year"] for p in rows if p["_unit"] == unit)
            mine = [p for p in rows if p["_unit"] == unit and p["year"] == year]
            whole = [p for p in mine if not p.get("hamlet")]
            for p in newest(whole or mine, lambda p: p.get("hamlet")):
                yield unit, p["id"], 0, number(p, "total"), {}

    def C02(self):
        for c in self.d.of("child_case"):
            orphan = c.get("orphan") == "both" or "orphan_both" in (c.get("groups") or [])
            if orphan and self.open_at_end(c, "from_on", "to_on"):
                helped = flag(c, "receiving_help") and (c.get("help_since") or "") <= self.t1
                yield c["_unit"], self.who(c["person"]), int(helped), 1, self.std(c["person"], "child")

    def C03(self):
        given = {self.who(s["client"]) for s in self.each("service_event", "on_date")
                 if s.get("client") and s.get("funding") == "socialised"}
        given |= {self.who(g["client"]) for g in self.d.of("support_grant") if g.get("source") == "socialised" and
                  g["from_on"] <= self.t1 and (g.get("to_on") or g["from_on"]) >= self.t0}
        for c in self.d.of("child_case"):
            groups = set(c.get("groups") or [])
            orphan = "no_support" in groups and ((c.get("orphan") or "no") != "no" or "orphan_both" in groups)
            wanted = groups & SIX_GROUPS or "hiv" in (c.get("groups_private") or []) or orphan
            if wanted and c["from_on"] <= self.t1 and (not c.get("to_on") or c["to_on"] > self.t0):
                donated = (flag(c, "receiving_help") and (c.get("help_since") or "") <= self.t1 and
                           "socialised" in (c.get("help_sources") or []))
                who = self.who(c["person"])
                yield c["_unit"], who, int(donated or who in given), 1, self.std(c["person"], "child")

    def notices(self):
        return [r for r in self.each("child_report", "received_on") if r.get("verified") != "false"]

    def C04(self):
        for r in self.notices():
            known, age = r.get("child", ""), self.age(r.get("child", ""))
            age = int(r["child_age"]) if age is None and r.get("child_age") else age
            yield r["_unit"], self.person(r, "child"), 1, 0, {
                "abuse_act": r.get("act", ""), "sex": self.d.sex(known) or r.get("child_sex", ""),
                "age_child": band(age, "child")}

    def C04E(self):
        for r in self.notices():
            yield r["_unit"], self.person(r, "child"), 1, 0, {"abuse_place": r.get("place_kind", "")}

    def C04P(self):
        plans = [p for p in self.d.of("child_plan") if self.until(p, "approved_on")]
        for r in self.notices():
            planned = any(p.get("child_report") == r["id"] or
                          (r.get("child_case") and p["child_case"] == r["child_case"]) for p in plans)
            yield r["_unit"], self.person(r, "child"), int(planned), 1, {}

    def C05(self):
        running = {p["child_case"] for p in self.d.of("child_plan") if self.until(p, "made_on") and
                   (not p.get("closed_on") or p["closed_on"] > self.t1)}
        for c in self.d.of("child_case"):
            if flag(c, "needs_plan") and self.open_at_end(c, "from_on", "to_on"):
                yield c["_unit"], self.who(c["person"]), int(c["id"] in running), 1, self.std(c["person"], "child")

    def C06(self):
        for p in self.each("child_plan", "due_on"):
            yield p["_unit"], p["id"], int(bool(p.get("made_on")) and p["made_on"] <= p["due_on"]), 1, {}

    def C07(self):
        active = [m for m in self.d.of("team_member") if self.open_at_end(m, "joined_on", "left_on")]
        officers, collaborators = ({m["_unit"] for m in active if m.get("role") == role}
                                   for role in ("child_officer", "child_collaborator"))
        busy = {a["_unit"] for a in self.each("activity", "on_date") if a.get("field") == "children"}
        for unit in officers & collaborators & busy:
            yield unit, unit, 1, 0, {}

    def C08(self):
        rows = self.each("child_population", "counted_on")
        counting = {p["_unit"] for p in rows}
        for unit in counting:
            mine = [p for p in rows if p["_unit"] == unit]
            whole = [p for p in mine if not p.get("hamlet")]
            for p in newest(whole or mine, lambda p: p.get("hamlet")):
                for field, event in CHILD_EVENTS.items():
                    if p.get(field):
                        yield unit, p["id"], number(p, field), 0, {"child_event": event}
        for c in self.each("child_case", "from_on"):
            for group in c.get("groups") or []:
                if c["_unit"] not in counting and group in EVENT_GROUPS:
                    yield c["_unit"], c["id"], 1, 0, {"child_event": EVENT_GROUPS[group]}

    def C09(self):
        for f in self.d.of("foster_family"):
            if f.get("approved_on") and self.open_at_end(f, "approved_on", "ended_on"):
                yield f["_unit"], f["id"], 1, 0, {}

    def C09C(self):
        for f in self.d.of("foster_placement"):
            if f["from_on"] <= self.t1 and (not f.get("to_on") or f["to_on"] >= self.t1):
                yield f["_unit"], self.who(f["child"]), 1, 0, self.std(f["child"], "child")

    def C10(self):
        for r in self.each("child_report", "received_on"):
            yield r["_unit"], r["id"], 1, 0, {"report_channel": r.get("channel", "")}

    def C10A(self):
        for r in self.each("child_report", "received_on"):
            closed = r.get("state") == "closed" and (r.get("closed_on") or "") <= self.t1
            yield r["_unit"], r["id"], int(closed), 1, {"report_channel": r.get("channel", "")}

    # --- beneficiaries, services, gender ---

    def B01(self):
        for b in self.d.of("beneficiary"):
            if self.open_at_end(b, "from_on", "to_on"):
                yield b["_unit"], self.who(b["person"]), 1, 0, dict(self.std(b["person"], "general"),
                                                                      beneficiary_group=b.get("kind", ""))

    def B01A(self):
        months = ["%04d-%02d-01" % (y, m) for y in range(int(self.t0[:4]), int(self.t1[:4]) + 1)
                  for m in range(1, 13)]
        for b in self.d.of("beneficiary"):
            for day in months:
                entitled = b["from_on"] <= day and (not b.get("to_on") or b["to_on"] > day)
                if self.within(day) and entitled and b.get("monthly") and (b.get("paid_until") or "") >= day:
                    yield b["_unit"], b["id"], number(b, "monthly"), 0, {"beneficiary_group": b.get("kind", "")}

    def services(self):
        for s in self.each("service_event", "on_date"):
            people = 1 if s.get("client") or not s.get("people") else number(s, "people")
            yield s["_unit"], s["id"], people, 0, self.which(s, service="service", client_group="client_group",
                                                             service_channel="channel", funding="funding")

    def B02(self):
        return self.services()

    def B02F(self):
        return self.services()

    def G01(self):
        for g in self.d.of("gbv_case"):
            if self.within(g.get("received_on")) or self.within(g.get("served_on")):
                yield g["_unit"], self.person(g), 1, 0, dict(self.std(g.get("person", ""), "general"),
                                                            gbv_role=g.get("role", ""))

    def G02(self):
        rows = [w for w in self.d.of("women_share") if w["counted_on"] <= self.t1]
        for w in newest(rows, lambda w: (w["_unit"], w["body"])):
            yield w["_unit"], w["id"], number(w, "women"), number(w, "total"), {"office_body": w["body"]}

    # --- the social-work system ---

    def which(self, row, **names):
        """Breakdowns out of the row's own fields: list = field."""
        return {by: row.get(field, "") for by, field in names.items()}

    def facilities(self):
        return [f for f in self.d.of("facility") if self.open_at_end(f, "opened_on", "closed_on")]

    def N01(self):
        for f in self.facilities():
            staff = sum(number(f, n) for n in ("staff_full", "staff_part", "staff_collab"))
            good = flag(f, "assigns_sw_staff") and flag(f, "allowance_ok") and staff >= 1
            yield f["_unit"], f["id"], int(good), 1, self.which(f, sector="sector", facility_kind="kind")

    def staff_trained(self, wanted):
        """Named staff by attendances in the window; rows of numbers by their own, of the window's year."""
        trained = set()
        for a in self.each("training_attendance", "on_date"):
            who = self.d.by_id.get(a.get("staff"), {}).get("person") or a.get("attendee")
            if who:
                trained.add(self.who(who))
        for s in self.d.of("sw_staff"):
            if not wanted(s) or not self.open_at_end(s, "from_on", "to_on"):
                continue
            by = {"sector": s.get("sector", ""), "position_kind": s.get("position_kind", "")}
            if s.get("person"):
                yield s["_unit"], self.who(s["person"]), int(self.who(s["person"]) in trained), 1, by
            else:
                now = s.get("trained_year") == self.t1[:4]
                yield s["_unit"], s["id"], number(s, "trained") if now else 0, number(s, "headcount"), by

    def N02(self):
        return self.staff_trained(lambda s: True)

    def D08(self):
        return self.staff_trained(lambda s: flag(s, "manages_rehab") or
                                  self.d.by_id.get(s.get("facility"), {}).get("kind") in REHAB_FACILITIES)

    def N03(self):
        for f in self.facilities():
            if flag(f, "in_plan") and f.get("kind") in SERVING:
                yield f["_unit"], f["id"], int(flag(f, "provides_sw_service")), 1, self.which(
                    f, sector="sector", facility_kind="kind")

    def N04(self):
        for c in self.each("hotline_call", "on_date"):
            yield c["_unit"], c["id"], 1, 0, self.which(c, call_topic="topic", client_group="client_group")

    def N04A(self):
        for c in self.each("hotline_call", "on_date"):
            yield c["_unit"], c["id"], int(flag(c, "answered")), 1, {}

    def N04H(self):
        days = (date.fromisoformat(self.t1) - date.fromisoformat(self.t0)).days + 1
        longest = {}
        for d in self.d.of("hotline_duty"):
            line = (d["_unit"], d["line"])
            if d["on_date"] <= self.t1:
                longest.setdefault(line, {})
            if self.within(d["on_date"]):
                longest[line][d["on_date"]] = max(number(d, "minutes"), longest[line].get(d["on_date"], 0))
        for line, manned in longest.items():
            yield line[0], ("line", line), 0, days * 24 * 60, {}
            for day, minutes in manned.items():
                yield line[0], (line, day), minutes, 0, {}

    def N05(self):
        for r in self.each("referral", "on_date"):
            state = r.get("state")
            if state not in ("accepted", "refused", "closed") or (r.get("answered_on") or "") > self.t1:
                state = "overdue" if r.get("due_on") and r["due_on"] < self.t1 else "sent"
            yield r["_unit"], r["id"], 1, 0, {"referral_state": state}

    # --- communication ---

    def difficult(self, hamlet):
        return hamlet is not None and (hamlet.get("hardship") == "special" or flag(hamlet, "migrants_many"))

    def direct_sessions(self):
        return [a for a in self.each("activity", "on_date") if a.get("kind") == "direct" and
                self.difficult(self.d.by_id.get(a.get("hamlet_ref")))]

    def A02(self):
        for a in self.direct_sessions():
            yield a["_unit"], a["id"], 1, 0, {"activity_field": a.get("field", "")}

    def A02Q(self):
        there = {h["_unit"] for h in self.d.of("hamlet") if self.difficult(h) and
                 (not h.get("ended_on") or h["ended_on"] > self.t1)}
        for unit in there:
            days = [a["on_date"] for a in self.direct_sessions() if a["_unit"] == unit]
            every = all(any(f <= day <= last for day in days) for f, last in quarters(self.t0, self.t1))
            yield unit, unit, int(every), 1, {}

    def behaviour(self, field):
        for a in self.each("activity", "on_date"):
            if a.get("kind") == "behaviour_change" and a.get(field):
                yield a["_unit"], a["id"], number(a, field), 0, self.which(a, activity_field="field")

    def A03(self):
        return self.behaviour("participants")

    def A03P(self):
        return self.behaviour("distinct_people")

    def products(self, field):
        for p in self.each("product", "on_date"):
            if p.get(field):
                yield p["_unit"], p["id"], number(p, field), 0, self.which(p, product_kind="kind",
                                                                           activity_field="field")

    def A04(self):
        return self.products("qty")

    def A04T(self):
        return self.products("times")

    def A04M(self):
        return self.products("minutes")

    # --- drugs and post-rehab ---

    def start_of(self, case):
        return case.get("listed_on") or case.get("dossier_opened_on") or ""

    def on_list(self, case, day):
        """At the end of that day. The closing day is the first without it."""
        closed = case.get("dossier_closed_on")
        return bool(self.listed(case)) and self.start_of(case) <= day and (not closed or closed > day)

    def day_before(self):
        return (date.fromisoformat(self.t0) - timedelta(days=1)).isoformat()

    def D01S(self):
        for c in self.d.of("drug_case"):
            if self.on_list(c, self.t1):
                for substance in c.get("substances") or [""]:
                    yield c["_unit"], self.who(c["person"]), 1, 0, dict(self.std(c["person"], "drugs"),
                                                                      substance=substance)

    def D01T(self):
        for c, by in self.cases():
            if self.on_list(c, self.day_before()):
                yield c["_unit"], self.who(c["person"]), 1, 0, by

    def D02(self):
        for c in self.d.of("drug_case"):
            who = self.who(c["person"])
            if self.on_list(c, self.day_before()):
                yield c["_unit"], ("start", who), 1, 1, {}
            if self.on_list(c, self.t1):
                yield c["_unit"], ("end", who), -1, 0, {}

    def D02B(self):
        start = [c for c in self.d.of("drug_case") if self.on_list(c, self.day_before())]
        end = [c for c in self.d.of("drug_case") if self.on_list(c, self.t1)]
        at_start, at_end = ({(c["_unit"], self.who(c["person"])) for c in rows} for rows in (start, end))
        for c in start:
            key = c["_unit"], self.who(c["person"])
            gone = (self.until(c, "dossier_closed_on") and c.get("close_reason") in ("moved", "died", "duplicate") and
                    key not in at_end)
            yield key[0], ("start", key[1]), 0 if gone else 1, 1, {}
        for c in end:
            key = c["_unit"], self.who(c["person"])
            came = self.start_of(c) >= self.t0 and c.get("list_reason") == "moved_in" and key not in at_start
            if not came:
                yield key[0], ("end", key[1]), -1, 0, {}

    def D03(self):
        for o in self.d.of("court_order"):
            force = self.within(o.get("effective_on") or o.get("decided_on"))
            free = o.get("not_executed_reason") in ("postponed", "exempt")
            if o.get("measure") == "compulsory_rehab" and force and not free:
                done = o.get("executed_on") and o.get("due_execute_on") and o["executed_on"] <= o["due_execute_on"]
                yield o["_unit"], self.who(o["person"]), int(bool(done)), 1, self.std(o["person"], "drugs")

    def D04(self):
        rehab = {self.who(e["person"]) for e in self.d.of("rehab_episode")
                 if self.overlaps(e.get("start_on"), e.get("end_on"))}
        for c in self.d.of("drug_case"):
            opened = c.get("dossier_opened_on") or c.get("listed_on") or ""
            closed = c.get("dossier_closed_on")
            if (c.get("dossier_no") or c.get("dossier_opened_on")) and opened <= self.t1 and (
                    not closed or closed > self.t0):
                who = self.who(c["person"])
                yield c["_unit"], who, int(who in rehab), 1, self.std(c["person"], "drugs")

    def D05(self):
        for e in self.each("rehab_episode", "end_on"):
            if e.get("kind") != "compulsory":
                continue
            who = self.who(e["person"])
            job = any(g.get("kind") == "job" and self.who(g["client"]) == who and g["from_on"] <= self.t1 and
                      (not g.get("to_on") or g["to_on"] >= e["end_on"]) for g in self.d.of("support_grant"))
            job = job or any(p.get("job_status") == "steady" and self.who(p["person"]) == who and
                             (p.get("job_since") or p["from_on"]) <= self.t1 for p in self.d.of("post_rehab"))
            yield e["_unit"], who, int(job), 1, self.std(e["person"], "drugs")

    def post_rehab(self, case, by, field):
        return case["_unit"], self.who(case["person"]), 1, 0, dict(self.std(case["person"], "drugs"),
                                                                   **{by: case.get(field, "")})

    def D06(self):
        for p in self.d.of("post_rehab"):
            if p["from_on"] <= self.t1 and (not p.get("to_on") or p["to_on"] >= self.t1):
                yield self.post_rehab(p, "job_status", "job_status")

    def D06N(self):
        for p in self.each("post_rehab", "from_on"):
            yield self.post_rehab(p, "job_status", "job_status")

    def D06E(self):
        for p in self.each("post_rehab", "to_on"):
            yield self.post_rehab(p, "post_rehab_outcome", "outcome")

    def D06R(self):
        for p in self.each("post_rehab", "to_on"):
            relapsed = p.get("outcome") == "relapsed" or self.until(p, "relapsed_on")
            yield p["_unit"], self.who(p["person"]), int(relapsed), 1, {}

    def D07(self):
        for c in self.d.of("drug_case"):
            begin = c.get("listed_on") or c.get("dossier_opened_on") or c.get("found_on") or ""
            closed = c.get("dossier_closed_on")
            if flag(c, "mmt") and begin <= self.t1 and (not closed or closed > self.t1):
                yield c["_unit"], self.who(c["person"]), 1, 0, self.std(c["person"], "drugs")

    def D09(self):
        for t in self.d.of("team"):
            if t.get("kind") == "post_rehab_group" and self.works(t, t.get("founded_on") or t.get("decision_on")):
                members = {self.who(m["person"]) for m in self.d.of("team_member") if m.get("team") == t["id"] and
                           self.open_at_end(m, "joined_on", "left_on")}
                full = bool(t.get("planned_size")) and len(members) >= number(t, "planned_size")
                yield t["_unit"], t["id"], int(full), 1, {}

    def D11(self):
        there = {a["_unit"] for a in self.each("activity", "on_date") if a.get("field") in ("hiv", "gbv")}
        return self.of_communes(lambda code: code in there)

    # --- prostitution and trafficking ---

    def W01(self):
        days = {}
        for a in self.each("activity", "on_date"):
            if a.get("field") == "prostitution" and a.get("kind") in PROPAGANDA:
                days.setdefault(a["_unit"], []).append(a["on_date"])
        parts = quarters(self.t0, self.t1)
        return self.of_communes(lambda code: code in days and
                                all(any(f <= day <= last for day in days[code]) for f, last in parts))

    def counts(self):
        return [c for c in self.d.of("sexwork_count") if c["counted_on"] <= self.t1]

    def sexworkers(self, field, case_counts):
        """Numbers of the communes that count; the support cases of the others."""
        for c in self.each("sexwork_count", "counted_on"):
            if c.get(field):
                yield c["_unit"], c["id"], number(c, field), 0, {}
        counting = {c["_unit"] for c in self.counts()}
        for x in self.d.of("sexwork_case"):
            if x["_unit"] not in counting and case_counts(x):
                yield x["_unit"], x["id"], 1, 0, {}

    def W02(self):
        for c in newest(self.counts(), lambda c: c["_unit"]):
            yield c["_unit"], c["id"], number(c, "total"), 0, {}
        counting = {c["_unit"] for c in self.counts()}
        for x in self.d.of("sexwork_case"):
            if (x["_unit"] not in counting and self.open_at_end(x, "recorded_on", "closed_on") and
                    not self.until(x, "left_work_on")):
                yield x["_unit"], x["id"], 1, 0, {}

    def W02N(self):
        return self.sexworkers("new_people", lambda x: self.within(x.get("recorded_on")))

    def W02L(self):
        return self.sexworkers("left_people", lambda x: self.within(x.get("left_work_on")))

    def sites(self):
        return [b for b in self.d.of("business_site") if self.open_at_end(b, "opened_on", "closed_on")]

    def W03(self):
        for b in self.sites():
            yield b["_unit"], b["id"], 1, 0, {"business_kind": b.get("kind", "")}

    def W03R(self):
        inspected = {i["site"] for i in self.each("site_inspection", "on_date")}
        for b in self.sites():
            reviewed = self.within(b.get("reviewed_on")) or b["id"] in inspected
            yield b["_unit"], b["id"], int(reviewed), 1, self.which(b, business_kind="kind")

    def W03V(self):
        for i in self.each("site_inspection", "on_date"):
            for violation in i.get("violations") or []:
                yield i["_unit"], i["id"], 1, 0, {"violation": violation}

    def W04(self):
        for h in self.d.of("hotspot"):
            if h.get("kind") != "prostitution" or h["since"] > self.t1:
                continue
            since = h.get("state_since") or ""
            if (h["state"] == "active" or (h["state"] == "reappeared" and since <= self.t1) or
                    (h["state"] == "removed" and since > self.t1)):
                yield h["_unit"], h["id"], 1, 0, {}

    def W04R(self):
        for h in self.each("hotspot", "state_since"):
            if h.get("kind") == "prostitution" and h["state"] == "removed":
                yield h["_unit"], h["id"], 1, 0, {}

    def sheets(self):
        return [s for s in self.d.of("score_sheet") if s["year"] == self.t1[:4] and s.get("state") != "draft"]

    def W05(self):
        good = {s["_unit"] for s in self.sheets() if s.get("result_class") in ("no_prostitution", "neither")}
        return self.of_communes(lambda code: code in good)

    def women_helped(self):
        return [g for g in self.each("support_grant", "from_on") if g.get("kind") in ("job", "vocational", "loan") and
                self.d.sex(g["client"]) == "female"]

    def W06(self):
        for g in self.women_helped():
            yield g["_unit"], self.who(g["client"]), 1, 0, dict(self.std(g["client"], "general"), grant_kind=g["kind"])

    def W06A(self):
        for g in self.women_helped():
            if g.get("amount"):
                yield g["_unit"], g["id"], number(g, "amount"), 0, self.which(g, grant_kind="kind")

    def named(self, row):
        return self.std(row.get("person", ""), "general")

    def V01(self):
        for v in self.each("trafficking_case", "received_on"):
            yield v["_unit"], self.person(v), int(self.until(v, "verify_started_on")), 1, self.named(v)

    def victims(self):
        return [v for v in self.each("trafficking_case", "received_on") if v.get("victim_status") == "victim"]

    def V02(self):
        for v in self.victims():
            helped = v.get("initial_support") and (v.get("initial_support_on") or "") <= self.t1
            yield v["_unit"], self.person(v), int(bool(helped)), 1, self.named(v)

    def running(self, case):
        return case["received_on"] <= self.t1 and (not case.get("closed_on") or case["closed_on"] >= self.t0)

    def V03(self):
        for v in self.d.of("trafficking_case"):
            if flag(v, "needs_protection") and self.running(v):
                yield v["_unit"], self.person(v), int(self.until(v, "protected_on")), 1, self.named(v)
        for r in self.d.of("trafficking_relative"):
            if flag(r, "needs_protection") and self.running(self.d.by_id[r["trafficking_case"]]):
                yield r["_unit"], self.person(r), int(self.until(r, "protected_on")), 1, self.named(r)

    def V04(self):
        for v in self.d.of("trafficking_case"):
            if flag(v, "needs_support") and self.running(v):
                yield v["_unit"], self.person(v), int(self.until(v, "supported_on")), 1, self.named(v)

    def V05(self):
        for v in self.victims():
            served = any((s.get("trafficking_case") == v["id"] or
                          (s.get("client") and v.get("person") and self.who(s["client"]) == self.who(v["person"]))) and
                         v["received_on"] <= s["on_date"] <= self.t1 for s in self.d.of("service_event"))
            yield v["_unit"], self.person(v), int(served), 1, self.named(v)

    def V06(self):
        for m in self.d.of("reintegration_model"):
            if self.open_at_end(m, "started_on", "ended_on"):
                yield m["_unit"], m["id"], 1, 0, {}

    def V07(self):
        for w in self.each("watch_list_entry", "reviewed_on"):
            yield w["_unit"], w["id"], 1, 0, {"watch_kind": w.get("kind", "")}
        for v in self.each("trafficking_case", "reviewed_on"):
            yield v["_unit"], v["id"], 1, 0, {"watch_kind": "trafficking_victim"}

    def V07L(self):
        done = {(r["_unit"], r["list_kind"]) for r in self.each("list_review", "reviewed_on")}
        done |= {(w["_unit"], w["kind"]) for w in self.each("watch_list_entry", "reviewed_on")}
        done |= {(v["_unit"], "trafficking_victim") for v in self.each("trafficking_case", "reviewed_on")}
        for code in self.communes():
            for kind in FOUR_LISTS:
                yield code, (code, kind), int((code, kind) in done), 1, {"watch_kind": kind}

    # --- money and score ---

    def allocations(self):
        return [a for a in self.d.of("budget_allocation") if a["year"] == self.t1[:4]]

    def settlements(self, allocation):
        return [s for s in self.d.of("budget_settlement") if s["allocation"] == allocation["id"] and
                s.get("state") in ("submitted", "approved") and self.until(s, "submitted_on")]

    def F01(self):
        for a in self.allocations():
            yield a["alloc_unit"], a["id"], number(a, "amount"), 0, {"budget_model": a.get("model", "")}

    def F02(self):
        for a in self.allocations():
            good = False
            for s in self.settlements(a):
                due = a.get("settle_due_on") or s.get("due_on")
                good = good or not due or s["submitted_on"] <= due
            yield a["alloc_unit"], a["id"], int(good), 1, {}

    def F03(self):
        for a in self.allocations():
            yield a["alloc_unit"], a["id"], 0, number(a, "amount"), {}
            for s in self.settlements(a):
                yield a["alloc_unit"], s["id"], number(s, "spent"), 0, {}

    def X01(self):
        for s in self.sheets():
            yield s["_unit"], s["_unit"], 1, 0, self.which(s, score_class="result_class", score_mode="mode")

    def X01H(self):
        for s in self.sheets():
            if s.get("result_class", "") not in ("", "not_reached"):
                yield s["_unit"], s["_unit"], 1, 0, {}

    def most(self, sheet):
        """The most that the scheme of a sheet gives, in hundredths of a point; None of an unknown scheme."""
        own = [c["most"] for c in self.criteria if (c["scheme"], c["version"]) ==
               (sheet["scheme"], sheet.get("version", ""))]
        return int(sum(Decimal(most) * 100 for most in own)) if own else None

    def points(self, sheet):
        total = sheet.get("district_total") or sheet.get("self_total")
        return int(Decimal(total) * 100) if total else None

    def X01S(self):
        for s in self.sheets():
            if self.most(s) is not None and self.points(s) is not None:
                yield s["_unit"], s["id"], self.points(s), self.most(s), {}

    def X01D(self):
        before = str(int(self.t1[:4]) - 1)
        for s in self.sheets():
            for b in self.d.of("score_sheet"):
                same = (b["_unit"], b["scheme"], b["year"]) == (s["_unit"], s["scheme"], before)
                known = self.most(s) is not None and self.points(s) is not None and self.points(b) is not None
                if same and b.get("state") != "draft" and known:
                    yield s["_unit"], s["id"], self.points(s) - self.points(b), self.most(s), {}

    def X02(self):
        due = self.t1[:4] + "-" + self.params["score_due"]
        good = {s["_unit"] for s in self.sheets() if s["state"] == "published" and s.get("published_on") and
                s["published_on"] <= due}
        return self.of_communes(lambda code: code in good)
