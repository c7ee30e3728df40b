"""No number of a plan stands in code: targets, budgets and due dates are data of the catalogue.

Product C files and every .sql of the catalogue are searched for the numbers that the plans state; an
indicator's .sql may hold no number at all but 0 and 1, so that a target can only reach it as a parameter.
"""

import re
import checklib

PLAN = [re.compile(p) for p in (
    r"(?<!\d)2[., _']?713(?!\d)",
    r"(?<!\d)42[., _']?000[., _']?000(?!\d)",
    r"(?<!\d)(15/10|10-15)(?!\d)",
    r"(?<!\d)(05/0?6|06-05)(?!\d)",
    r"(?<!\d)(05/12|12-05)(?!\d)",
)]
NUMBER = re.compile(r"(?<![\w.:@$?])\d[\w.]*")
PLAIN = {"0", "1", "0.0", "1.0"}


def blank_comments(sql):
    """The text without -- and /* */ comments, those inside quotes kept; lines stay where they are."""
    token = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
    return token.sub(lambda m: m.group(0) if m.group(0)[0] in "'\"" else re.sub(r"[^\n]", " ", m.group(0)), sql)


def check_plan(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        for pattern in PLAN:
            m = pattern.search(line)
            if m:
                yield path, number, f"number of a plan: {m.group(0)}"


def check_indicator(path, text):
    for number, line in enumerate(blank_comments(text).split("\n"), 1):
        for m in NUMBER.finditer(line):
            if m.group(0) not in PLAIN:
                yield path, number, f"number in an indicator: {m.group(0)}; it comes from the target's record"


def check(root, files):
    for path in files:
        code = checklib.is_c(path) and checklib.is_product(path)
        sql = path.startswith("catalogue/") and path.endswith(".sql")
        if code or sql:
            yield from check_plan(path, checklib.read_text(root, path))
        if sql and path.startswith("catalogue/indicators/"):
            yield from check_indicator(path, checklib.read_text(root, path))


PLANTS = [
    ("node/zz.c", "int children = 2713;\n", "number of a plan"),
    ("hub/zz.c", "/* 2,713 children */\n", "number of a plan"),
    ("hub/zz.c", 'const char *s = "2.713";\n', "number of a plan"),
    ("common/zz.h", "#define BUDGET 42000000\n", "number of a plan"),
    ("proto/zz.c", 'const char *s = "42.000.000 đồng";\n', "number of a plan"),
    ("hub/zz.c", 'const char *due = "15/10";\n', "number of a plan"),
    ("hub/zz.c", 'const char *due = "10-15";\n', "number of a plan"),
    ("hub/zz.c", 'const char *due = "05/6";\n', "number of a plan"),
    ("hub/zz.c", 'const char *due = "2017-06-05";\n', "number of a plan"),
    ("catalogue/zz.sql", "-- due 12-05\n", "number of a plan"),
    ("catalogue/reports/zz.sql", "SELECT 2713;\n", "number of a plan"),
    ("catalogue/indicators/zz.sql", "SELECT count(*) >= 12 FROM t;\n", "number in an indicator: 12"),
    ("catalogue/indicators/zz.sql", "SELECT '06';\n", "number in an indicator: 06"),
    ("catalogue/indicators/zz.sql", "SELECT 100.0 * a / b FROM t;\n", "number in an indicator: 100.0"),
    ("catalogue/indicators/zz.sql", "SELECT 1e2, 0x0c;\n", "number in an indicator: 0x0c"),
]
INNOCENTS = [
    ("catalogue/indicators/zz.sql", "-- T10: at least 12 …, article 21\nSELECT 1.0 * count(DISTINCT a) / b, 0\n"
                                    "FROM t10 WHERE d >= :t0 AND d < :t1 AND code = 'R32' AND n > ?1;\n"),
    ("hub/zz.c", "int a = 127130, b = 420000001;\nint c = 12;\n"),
    ("tests/unit/zz.c", "int children = 2713;\n"),
]

if __name__ == "__main__":
    checklib.main("plan-numbers", check, PLANTS, INNOCENTS)
