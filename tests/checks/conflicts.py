"""docs/conflicts.md has a row for each conflict of the domain, and the tests it names are in the tree."""

import re
import checklib
from faults import SPAN, spans_missing

PAGE = "docs/conflicts.md"
CONFLICTS = [f"6.{i}" for i in range(1, 21)]


def page_rows(text):
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\| 6\.\d+ \|", line):
            yield number, [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def check_row(root, files, number, cells):
    if len(cells) != 4 or not all(cells):
        yield PAGE, number, f"{cells[0]}: a cell is missing"
        return
    spans = SPAN.findall(cells[3])
    if not spans or SPAN.sub("", cells[3]).strip("; "):
        yield PAGE, number, f"{cells[0]}: the last cell is tests, and nothing else"
    for missing in spans_missing(root, files, spans):
        yield PAGE, number, f"{cells[0]}: {missing}"


def check(root, files):
    if PAGE not in files:
        yield PAGE, 0, "file is missing"
        return
    known, seen = set(files), []
    for number, cells in page_rows(checklib.read_text(root, PAGE)):
        seen.append(cells[0])
        yield from check_row(root, known, number, cells)
    if seen != CONFLICTS:
        yield PAGE, 0, "the rows are not 6.1 to 6.20, each once"


def plants():
    text = checklib.read_text(checklib.ROOT, PAGE)
    row = next(line for line in text.split("\n") if line.startswith("| 6.16 |"))
    yield PAGE, text.replace(row + "\n", ""), "the rows are not 6.1 to 6.20"
    yield PAGE, text.replace(row, row + "\n" + row), "the rows are not 6.1 to 6.20"
    yield PAGE, text.replace(row, row.replace("node_command_test", "node_command_tests")), "there is no tests/unit"
    yield PAGE, text.replace(row, row.replace("what_is_later", "what_is_older")), "has no test_import_of_a_day"
    yield PAGE, text.replace(row, row[: row.rindex(" | ")] + " | by hand |"), "is tests, and nothing else"


def innocents():
    yield PAGE, checklib.read_text(checklib.ROOT, PAGE) + "\nSee 6.99 in words.\n"


if __name__ == "__main__":
    checklib.main("conflicts", check, list(plants()), list(innocents()))
