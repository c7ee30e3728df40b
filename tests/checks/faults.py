"""docs/faults.md tells for every fault of the model which test makes it, or what is missing.

Each fault has one row; its state is one of five words; proof names files of the tree, and names that stand in them;
what is not proven says what is missing, or the reason why no test makes it; the counts in the head agree with the rows.
They are printed.
"""

import re
import checklib

PAGE = "docs/faults.md"
SECTIONS = (("S", 14), ("P", 8), ("N", 15), ("T", 6), ("D", 11), ("M", 20), ("W", 12), ("I", 8))
FAULTS = [f"{letter}{i}" for letter, count in SECTIONS for i in range(1, count + 1)]
STATES = ("proven", "reasoned", "partly", "not yet", "not ours")
WORDS = (("Missing", ("partly", "not yet")), ("Reason", ("reasoned",)))  # which states need them, and no other has them
SPAN = re.compile(r"`(tests/[^`:]+)(?:: ([^`]+))?`")
HEAD = re.compile(r"^\*\*(.*?)\*\*", re.MULTILINE)


def page_rows(text):
    """(line, cells) of each row that begins with a letter and a number."""
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\| [A-Z]\d+ \|", line):
            yield number, [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def counts_text(states):
    return f"{len(FAULTS)} faults: " + ", ".join(f"{states.count(s)} {s}" for s in STATES)


def names_in(text, names):
    """The names that `text` has not, each as whole words. A name may have commas of its own."""
    def there(name):
        return re.search(r"(?<!\w)" + re.escape(name) + r"(?!\w)", text)
    return [] if there(names) else [n for n in names.split(", ") if not there(n)]


def spans_missing(root, files, spans):
    """What of `file: names` is not in the tree, in words."""
    for path, names in spans:
        if path not in files:
            yield f"there is no {path}"
            continue
        for name in names_in(checklib.read_text(root, path), names) if names else []:
            yield f"{path} has no {name}"


def check_proof(root, files, number, cells):
    fault, proof, state = cells[0], cells[3], cells[4]
    spans = SPAN.findall(proof)
    if SPAN.sub("", proof).strip("; ") not in ("", "–"):
        yield PAGE, number, f"{fault}: proof is more than files and names"
    if state in ("proven", "partly") and not spans:
        yield PAGE, number, f"{fault}: is {state} and names no file"
    if state in ("not yet", "not ours") and spans:
        yield PAGE, number, f"{fault}: is {state} and names a test"
    for missing in spans_missing(root, files, spans):
        yield PAGE, number, f"{fault}: {missing}"


def check_row(root, files, number, cells):
    if len(cells) != 5:
        yield PAGE, number, f"{cells[0]}: {len(cells)} cells instead of 5"
        return
    fault, what, happens, _, state = cells
    if state not in STATES:
        yield PAGE, number, f"{fault}: no such state: {state}"
    if not what or not happens:
        yield PAGE, number, f"{fault}: says nothing"
    for word, states in WORDS:
        if (state in states) != bool(re.search(word + r": \S", happens)):
            yield PAGE, number, f"{fault}: is {state}, and '{word}:' does not fit that"
    yield from check_proof(root, files, number, cells)


def check(root, files):
    if PAGE not in files:
        yield PAGE, 0, "file is missing"
        return
    text, known = checklib.read_text(root, PAGE), set(files)
    seen, states = {}, []
    for number, cells in page_rows(text):
        if cells[0] in seen:
            yield PAGE, number, f"{cells[0]}: has a row already in line {seen[cells[0]]}"
        if cells[0] not in FAULTS:
            yield PAGE, number, f"{cells[0]}: no such fault"
        seen[cells[0]] = number
        states.append(cells[-1])
        yield from check_row(root, known, number, cells)
    for fault in FAULTS:
        if fault not in seen:
            yield PAGE, 0, f"{fault}: has no row"
    head = HEAD.search(text)
    if head is None or head.group(1) != counts_text(states):
        yield PAGE, 0, f"the head does not say: {counts_text(states)}"
    if root == checklib.ROOT:
        print(f"checks/faults: {counts_text(states)}")


def plants():
    """The page with one thing wrong at a time."""
    text = checklib.read_text(checklib.ROOT, PAGE)

    def row(fault):
        return next(line for line in text.split("\n") if line.startswith(f"| {fault} |"))

    def page(fault, old, new, words):
        line = row(fault)
        assert old in line
        return PAGE, text.replace(line, line.replace(old, new)), words

    def cells(fault, happens=None, proof=None, state=None):
        """The page with other cells in a row that is proven."""
        line = row(fault)
        old = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        assert old[4] == "proven"
        new = [old[0], old[1], happens or old[2], proof or old[3], state or old[4]]
        return text.replace(line, "| " + " | ".join(new) + " |")

    yield PAGE, text.replace(row("I8") + "\n", ""), "I8: has no row"
    yield PAGE, text.replace(row("S2"), row("S2") + "\n" + row("S2")), "S2: has a row already"
    yield page("W12", "| W12 |", "| W13 |", "W13: no such fault")
    yield page("S1", "| proven |", "| sure |", "S1: no such state: sure")
    yield page("S1", "| proven |", "| partly |", "'Missing:' does not fit")
    yield page("S1", "| proven |", "| not yet |", "'Missing:' does not fit")
    yield page("S1", "| proven |", "| reasoned |", "'Reason:' does not fit")
    yield PAGE, cells("S1", happens="good. Missing: much"), "'Missing:' does not fit"
    yield PAGE, cells("S1", happens="good. Reason: dear"), "'Reason:' does not fit"
    yield PAGE, cells("S1", happens="Missing: much", state="reasoned"), "'Reason:' does not fit"
    yield PAGE, cells("S1", proof="–"), "names no file"
    yield PAGE, cells("S1", happens="Missing: all", proof="–", state="partly"), "names no file"
    yield page("S1", "`tests/sim/crash_test.c`", "by hand", "more than files and names")
    yield page("S1", "tests/sim/crash_test.c", "tests/sim/crush_test.c", "there is no tests/sim/crush_test.c")
    yield page("S1", "test_normal_loses", "test_normal_lose", "has no test_normal_lose")
    yield page("M12", "hostile names stay", "hostile names go", "has no hostile names go")
    yield PAGE, cells("S1", happens="Missing: all", state="not yet"), "names a test"
    yield page("P1", "| killed between commit and receipt |", "| |", "4 cells")
    proven = re.search(r"(\d+) proven", text).group(1)
    yield PAGE, text.replace(f"{proven} proven", f"{int(proven) + 1} proven"), "the head does not say"


def innocents():
    text = checklib.read_text(checklib.ROOT, PAGE)
    yield PAGE, text
    yield PAGE, text.replace("## P: process", "See S99 and `tests/unit/nothing.c` in words.\n\n## P: process")


if __name__ == "__main__":
    checklib.main("faults", check, list(plants()), list(innocents()))
