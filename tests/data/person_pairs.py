#!/usr/bin/env python3
"""Pairs of made-up people, labelled: one person written twice, or two people who look alike.

Writes tests/data/person_pairs.csv; with --check it only compares. What happens to a name here is told from how clerks
write, with tables of its own: nothing is shared with the matcher, which is measured on the result.
"""
import csv
import io
import pathlib
import random
import sys
import unicodedata

SEED = 20261
PAIRS = 2400
OUT = pathlib.Path(__file__).with_name("person_pairs.csv")

FAMILY = [("Nguyễn", 38), ("Trần", 11), ("Lê", 9), ("Phạm", 7), ("Hoàng", 4), ("Phan", 4), ("Vũ", 3), ("Đặng", 3),
          ("Bùi", 3), ("Đỗ", 3), ("Hồ", 2), ("Ngô", 2), ("Dương", 2), ("Lý", 2), ("Đinh", 1), ("Mai", 1), ("A", 1),
          ("Y", 1), ("Đào", 1), ("Trương", 1), ("Tạ", 1), ("Thạch", 1)]
MIDDLE_M = ["Văn", "Văn", "Văn", "Hữu", "Đức", "Công", "Quốc", "Minh", "Xuân", "Đình", "Ngọc", "Thanh", "Hoàng", "Duy"]
MIDDLE_F = ["Thị", "Thị", "Thị", "Thị Kim", "Thị Ngọc", "Ngọc", "Thị Mỹ", "Thị Thu", "Thúy", "Thị Hồng", "Kim", "Bích"]
GIVEN_M = ["Hùng", "Hưng", "Dũng", "Tuấn", "Hải", "Long", "Sơn", "Thành", "Thanh", "Tâm", "Phúc", "Quý", "Lộc", "Hòa",
           "Toàn", "Khoa", "Kỳ", "Bình", "Đạt", "Điền", "Nam", "Trí", "Tài", "Tây", "Vỹ", "Phước", "Khánh", "Thủy"]
GIVEN_F = ["Hồng", "Hoa", "Hạnh", "Lan", "Mai", "Thủy", "Thúy", "Hòa", "Ly", "My", "Vy", "Quý", "Oanh", "Loan", "Xuân",
           "Nga", "Ngà", "Hằng", "Hương", "Phương", "Phượng", "Tuyết", "Yến", "Liên", "Diễm", "Đào", "Trang", "Nhung"]
TONES = "\u0300\u0301\u0303\u0309\u0323"
MARKS = TONES + "\u0302\u0306\u031b"


def nfc(text):
    return unicodedata.normalize("NFC", text)


def pick_weighted(rng, table):
    return rng.choices([name for name, _ in table], [weight for _, weight in table])[0]


def person(rng):
    sex = rng.choice(["male", "female"])
    middles, givens = (MIDDLE_M, GIVEN_M) if sex == "male" else (MIDDLE_F, GIVEN_F)
    name = f"{pick_weighted(rng, FAMILY)} {rng.choice(middles)} {rng.choice(givens)}"
    year = rng.randint(1940, 2019)
    month = rng.randint(1, 12)
    day = rng.randint(1, 28)
    return {"name": name, "birth": f"{year:04}-{month:02}-{day:02}", "sex": sex}


# ---- what a second clerk does to the same person ----

def no_marks(rng, p):
    plain = "".join(c for c in unicodedata.normalize("NFD", p["name"]) if c not in MARKS)
    return dict(p, name=plain.replace("đ", "d").replace("Đ", "D"))


def tone_elsewhere(rng, p):
    """oà/òa, uý/úy, oè/òe: the tone on the other vowel."""
    out = p["name"]
    for old, new in (("òa", "oà"), ("óa", "oá"), ("ọa", "oạ"), ("ủy", "uỷ"), ("úy", "uý"), ("ụy", "uỵ"), ("òe", "oè")):
        out = out.replace(old, new)
    return None if out == p["name"] else dict(p, name=out)


def y_for_i(rng, p):
    words = p["name"].split(" ")
    table = {"Lý": "Lí", "Mỹ": "Mĩ", "Kỳ": "Kì", "Quý": "Quí", "Vỹ": "Vĩ", "Ly": "Li", "My": "Mi", "Vy": "Vi"}
    out = " ".join(table.get(word, word) for word in words)
    return None if out == p["name"] else dict(p, name=out)


def wrong_tone(rng, p):
    """One word with another tone mark: Đặng for Đăng; as heard over the telephone."""
    words = unicodedata.normalize("NFD", p["name"]).split(" ")
    at = [i for i, word in enumerate(words) if any(c in TONES for c in word)]
    if not at:
        return None
    i = rng.choice(at)
    old = next(c for c in words[i] if c in TONES)
    words[i] = words[i].replace(old, rng.choice([t for t in TONES if t != old] + [""]))
    return dict(p, name=nfc(" ".join(words)))


def swap_middles(rng, p):
    words = p["name"].split(" ")
    if len(words) < 4 or words[1] == words[2]:
        return None
    words[1], words[2] = words[2], words[1]
    return dict(p, name=" ".join(words))


def drop_middle(rng, p):
    words = p["name"].split(" ")
    if len(words) < 3:
        return None
    del words[1 if len(words) == 3 else rng.randint(1, len(words) - 2)]
    return dict(p, name=" ".join(words))


def initials(rng, p):
    words = p["name"].split(" ")
    if len(words) < 3:
        return None
    return dict(p, name=" ".join([words[0]] + [word[0] + "." for word in words[1:-1]] + [words[-1]]))


def typing(rng, p):
    """Capitals and blanks."""
    return dict(p, name=rng.choice([p["name"].upper(), p["name"].lower(), "  " + p["name"].replace(" ", "  ") + " "]))


def year_only(rng, p):
    return dict(p, birth=p["birth"][:4])


def no_day(rng, p):
    return dict(p, birth=p["birth"][:7])


def swap_day_month(rng, p):
    year, month, day = p["birth"].split("-")
    if int(day) > 12 or day == month:
        return None
    return dict(p, birth=f"{year}-{day}-{month}")


def digit(rng, p):
    """One digit of the date read wrongly; only results that are dates."""
    for _ in range(50):
        at = rng.choice([3, 6, 8, 9])
        new = p["birth"][:at] + rng.choice("0123456789") + p["birth"][at + 1:]
        if new != p["birth"] and 1 <= int(new[5:7]) <= 12 and 1 <= int(new[8:]) <= 28:
            return dict(p, birth=new)
    return None


def other_sex(rng, p):
    return dict(p, sex="female" if p["sex"] == "male" else "male")


def sex_unknown(rng, p):
    return dict(p, sex="")


def no_birth(rng, p):
    return dict(p, birth="")


def nothing(rng, p):
    return dict(p)


SAME = [(nothing, 10), (no_marks, 22), (tone_elsewhere, 12), (y_for_i, 10), (wrong_tone, 8), (swap_middles, 6),
        (drop_middle, 8), (initials, 3), (typing, 8), (year_only, 14), (no_day, 5), (swap_day_month, 5), (digit, 7),
        (other_sex, 2), (sex_unknown, 4), (no_birth, 2)]


# ---- two people who look alike ----

def stranger(rng, p):
    return person(rng)


def namesake(rng, p):
    """The same name and sex, another date: common where a name is."""
    return dict(p, birth=person(rng)["birth"])


def namesake_of_the_year(rng, p):
    other = dict(p, birth=p["birth"][:4] + person(rng)["birth"][4:])
    return None if sum(a != b for a, b in zip(p["birth"], other["birth"])) < 2 else other


def twin(rng, p):
    words = p["name"].split(" ")
    givens = GIVEN_M if p["sex"] == "male" else GIVEN_F
    words[-1] = rng.choice([g for g in givens if g != words[-1]])
    return dict(p, name=" ".join(words))


def sibling(rng, p):
    other = twin(rng, p)
    return dict(other, birth=person(rng)["birth"])


def father(rng, p):
    return dict(p, birth=f"{int(p['birth'][:4]) - rng.randint(20, 35):04}" + person(rng)["birth"][4:])


def born_the_same_day(rng, p):
    return dict(person(rng), birth=p["birth"])


def other_family_same_rest(rng, p):
    words = p["name"].split(" ")
    words[0] = rng.choice([f for f, _ in FAMILY if f != words[0]])
    return dict(p, name=" ".join(words), birth=rng.choice([p["birth"], person(rng)["birth"]]))


def namesake_other_sex(rng, p):
    return dict(other_sex(rng, p), birth=person(rng)["birth"])


DIFFERENT = [(stranger, 20), (namesake, 25), (namesake_of_the_year, 12), (twin, 12), (sibling, 10), (father, 8),
             (born_the_same_day, 8), (other_family_same_rest, 8), (namesake_other_sex, 5)]


def make():
    rng = random.Random(SEED)
    rows = []
    while len(rows) < PAIRS:
        one = person(rng)
        same = len(rows) % 2 == 0
        table = SAME if same else DIFFERENT
        kinds = [rng.choices([f for f, _ in table], [w for _, w in table])[0]]
        if same and rng.random() < 0.3:
            kinds.append(rng.choices([f for f, _ in table], [w for _, w in table])[0])
        other = one
        for kind in kinds:
            other = kind(rng, other) if other is not None and other["birth"][4:8].count("-") == 2 else None
        if other is None or (not same and other == one):
            continue
        rows.append(["+".join(k.__name__ for k in kinds), int(same), one["name"], one["birth"], one["sex"],
                     other["name"], other["birth"], other["sex"]])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["kind", "same", "name_a", "birth_a", "sex_a", "name_b", "birth_b", "sex_b"])
    writer.writerows(rows)
    return text.getvalue()


def main():
    text = make()
    if "--check" in sys.argv[1:]:
        if OUT.read_text(encoding="utf-8") != text:
            sys.exit(f"{OUT.name} is not what {pathlib.Path(__file__).name} makes: run it")
        return 0
    OUT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
