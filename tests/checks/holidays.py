#!/usr/bin/env python3
"""The days by the moon in catalogue/holidays.csv against the moon: Tết and the Hùng Kings' day of each year.

Mean new moons with their largest terms and the sun's longitude (after J. Meeus, Astronomical Algorithms, chapters 25
and 49), in Vietnam's time: the month with the winter solstice is the eleventh, and a month without a major solar term
in a year of thirteen is a leap month. Tết has five days off, the second or third of them the first day of the first
month; the Kings' day is the tenth of the third.

  holidays.py [--self-test]
"""
import csv
import datetime
import math
import os
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
ZONE = 7 / 24  # of a day
EPOCH = datetime.date(2000, 1, 1).toordinal() - 2451545  # the Julian day number of a civil day, less its ordinal


def new_moon(k):
    """Julian day (dynamical time; a minute does not matter here) of the k-th new moon after that of 6/1/2000."""
    t = k / 1236.85
    jd = 2451550.09766 + 29.530588861 * k + 0.00015437 * t * t
    sun = math.radians(2.5534 + 29.10535670 * k)
    moon = math.radians(201.5643 + 385.81693528 * k + 0.0107582 * t * t)
    node = math.radians(160.7108 + 390.67050284 * k - 0.0016118 * t * t)
    e = 1 - 0.002516 * t
    return jd + (-0.40720 * math.sin(moon) + 0.17241 * e * math.sin(sun) + 0.01608 * math.sin(2 * moon) +
                 0.01039 * math.sin(2 * node) + 0.00739 * e * math.sin(moon - sun) -
                 0.00514 * e * math.sin(moon + sun) + 0.00208 * e * e * math.sin(2 * sun))


def civil(jd):
    """Number of the day in Vietnam on which that moment falls."""
    return math.floor(jd + 0.5 + ZONE)


def longitude(day):
    """Twelfth of the ecliptic, 0 to 11, in which the sun stands when the day begins in Vietnam."""
    t = (day - 0.5 - ZONE - 2451545) / 36525
    m = math.radians(357.52911 + 35999.05029 * t)
    true = (280.46646 + 36000.76983 * t + (1.914602 - 0.004817 * t) * math.sin(m) + 0.019993 * math.sin(2 * m) +
            0.000289 * math.sin(3 * m))
    seen = true - 0.00569 - 0.00478 * math.sin(math.radians(125.04 - 1934.136 * t))
    return int(seen % 360 // 30)


def eleventh(year):
    """k of the new moon that begins the eleventh month, that with the winter solstice."""
    k = round((year + 1 - 2000) * 12.3685) + 1
    last = datetime.date(year, 12, 31).toordinal() - EPOCH
    while civil(new_moon(k)) > last or longitude(civil(new_moon(k))) >= 9:
        k -= 1
    return k


def months(year):
    """The days on which the first and the third month of a lunar year begin."""
    begin, end = eleventh(year - 1), eleventh(year)
    leap = None
    if end - begin == 13:
        leap = next(k for k in range(begin + 1, end)
                    if longitude(civil(new_moon(k))) == longitude(civil(new_moon(k + 1))))
    days, k = [], begin
    for _ in range(4):  # the twelfth, the first, the second, the third
        k += 1
        if k == leap:
            k += 1
        days.append(datetime.date.fromordinal(civil(new_moon(k)) + EPOCH))
    return days[1], days[3]


def problems(rows):
    wrong, named = [], {}
    for r in rows:
        if len(r["day"]) == 10:
            named.setdefault((r["label_en"], int(r["day"][:4])), []).append(datetime.date.fromisoformat(r["day"]))
    years = sorted({year for name, year in named if name == "Lunar New Year"})
    if years != list(range(2017, 2031)):
        wrong.append("Tết stands for %s, not for 2017 to 2030" % years)
    for year in years:
        first, third = months(year)
        tet, kings = sorted(named["Lunar New Year", year]), named.get(("Hung Kings Day", year))
        if len(tet) != 5 or (tet[-1] - tet[0]).days != 4 or first not in tet[1:3]:
            wrong.append("%d: Tết is %s; the first month begins on %s" % (year, [str(d) for d in tet], first))
        if kings != [third + datetime.timedelta(days=9)]:
            wrong.append("%d: the Kings' day is %s; the tenth of the third month is %s" %
                         (year, kings, third + datetime.timedelta(days=9)))
    return wrong


def self_test(rows):
    """Any of these days on another day is found."""
    missed = []
    for i, r in enumerate(rows):
        if r["label_en"] not in ("Lunar New Year", "Hung Kings Day"):
            continue
        other = datetime.date.fromisoformat(r["day"]) + datetime.timedelta(days=6)
        if not problems(rows[:i] + [dict(r, day=other.isoformat())] + rows[i + 1:]):
            missed.append("%s: moved by six days, and nobody noticed" % r["day"])
    return missed


def main():
    with open(os.path.join(ROOT, "catalogue/holidays.csv"), encoding="utf-8-sig", newline="") as f:
        rows = list(csv.DictReader(f))
    wrong = self_test(rows) if "--self-test" in sys.argv else problems(rows)
    print("\n".join(wrong) or "ok")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
