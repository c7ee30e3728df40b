"""docs/coverage.md tells for every duty of the plans which record, indicator and report carries it.

Every id of tests/data/duties.csv has one row; what a row names is in the catalogue; each indicator of a row is a
line of one of its reports; a row that names nothing says that the duty is not a program's job; and every indicator
of the catalogue serves a duty.
"""

import csv
import io
import re
import checklib

PAGE = "docs/coverage.md"
DUTIES = "tests/data/duties.csv"
LINES = "catalogue/report_lines.csv"
NOT_OURS = "not a program's job: "
COLUMNS = (("record", 2, "catalogue/types.csv", "name"), ("indicator", 3, "catalogue/indicators.csv", "id"),
           ("report", 4, "catalogue/reports.csv", "id"))


def csv_rows(root, path):
    return list(csv.DictReader(io.StringIO(checklib.read_text(root, path), newline="")))


def csv_column(root, path, column):
    return [row[column] for row in csv_rows(root, path)]


def page_rows(text):
    """(line, cells) of each row that begins with the id of a duty."""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\| S\d-\d\d \|", line):
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def cell_names(cell):
    return [name.strip("`") for name in cell.split(", ") if name]


def check_row(number, cells, known, printed):
    if len(cells) != 6:
        yield PAGE, number, f"{cells[0]}: {len(cells)} cells instead of 6"
        return
    if not any(cells[2:5]) and not re.match(NOT_OURS + ".", cells[5]):
        yield PAGE, number, f"{cells[0]}: names nothing and does not say why it is {NOT_OURS.strip(': ')}"
    for what, at, path, _ in COLUMNS:
        for name in cell_names(cells[at]):
            if name not in known[what]:
                yield PAGE, number, f"{cells[0]}: {path} has no {what} {name}"
    for indicator in cell_names(cells[3]):
        if not any((report, indicator) in printed for report in cell_names(cells[4])):
            yield PAGE, number, f"{cells[0]}: none of its reports has a line {indicator}"


def check(root, files):
    needed = [PAGE, DUTIES, LINES] + [path for _, _, path, _ in COLUMNS]
    missing = [path for path in needed if path not in files]
    if missing:
        yield from ((path, 0, "file is missing") for path in missing)
        return
    known = {what: set(csv_column(root, path, column)) for what, _, path, column in COLUMNS}
    printed = {(row["report"], row["indicator"]) for row in csv_rows(root, LINES)}
    duties = csv_column(root, DUTIES, "id")
    seen, served = {}, set()
    for number, cells in page_rows(checklib.read_text(root, PAGE)):
        if cells[0] in seen:
            yield PAGE, number, f"{cells[0]}: has a row already in line {seen[cells[0]]}"
        if cells[0] not in duties:
            yield PAGE, number, f"{cells[0]}: no such duty in {DUTIES}"
        seen[cells[0]] = number
        served.update(cell_names(cells[3]) if len(cells) == 6 else [])
        yield from check_row(number, cells, known, printed)
    for duty in duties:
        if duty not in seen:
            yield PAGE, 0, f"{duty}: has no row"
    for indicator in sorted(known["indicator"] - served):
        yield PAGE, 0, f"indicator {indicator} serves no duty"


def plants():
    """The page with one thing wrong at a time."""
    text = checklib.read_text(checklib.ROOT, PAGE)
    line = next(l for l in text.split("\n") if l.startswith("| S0-02 |"))
    cells = line.split(" | ")
    nothing = " | ".join([cells[0], cells[1], "", "", "", "later |"])

    def page(new):
        assert line != new
        return PAGE, text.replace(line + "\n", new)

    yield (*page(""), "S0-02: has no row")
    yield (*page(line + "\n" + line + "\n"), "S0-02: has a row already")
    yield (*page(line.replace("S0-02", "S9-02") + "\n"), "S9-02: no such duty")
    yield (*page(line.replace("`counselling_point`", "`counseling_point`") + "\n"), "no record counseling_point")
    yield (*page(line.replace("T10", "T90") + "\n"), "no indicator T90")
    yield (*page(line.replace("RP01", "RP91") + "\n"), "no report RP91")
    yield (*page(line.replace("T10", "T10, C01") + "\n"), "S0-02: none of its reports has a line C01")
    yield (*page(line.replace("RP01, RP04", "RP16") + "\n"), "S0-02: none of its reports has a line T11")
    yield (*page(line.replace("RP01, RP04", "") + "\n"), "S0-02: none of its reports has a line T10")
    yield (*page(line + " more |\n"), "7 cells")
    yield (*page(nothing + "\n"), "names nothing")
    yield PAGE, re.sub(r"\bT13\b", "T11", text), "indicator T13 serves no duty"


def innocents():
    text = checklib.read_text(checklib.ROOT, PAGE)
    yield PAGE, text
    yield PAGE, text.replace("Twelve counselling points work", "S9-99 in words")


if __name__ == "__main__":
    checklib.main("coverage", check, list(plants()), list(innocents()))
