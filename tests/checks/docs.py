"""Documents that agree with the tree: links that lead somewhere, the version in the change log, the
exit codes, the verbs of ./dev, the verbs and options of both programs."""

import os
import re
import urllib.parse
import checklib

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?[^)\n]*\)|!\[[^\]\n]*\]\(([^)\s]+)\)|^\[[^\]\n]+\]:\s+(\S+)",
                  re.MULTILINE)
FENCE = re.compile(r"(?ms)^(```|~~~).*?^\1[^\n]*$|`[^`\n]+`")


def blank_code(text):
    return FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def anchors(text):
    """The names by which a Markdown page's headings can be linked to."""
    text = re.sub(r"(?ms)^(```|~~~).*?^\1[^\n]*$", "", text)
    names = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"(?m)^#{1,6}\s+(.+?)\s*#*$", text):
        slug = "".join(c for c in heading.lower() if c.isalnum() or c in "-_ ").replace(" ", "-")
        while slug in names:
            slug += "-1"
        names.add(slug)
    return names


def check_link(root, path, target, known):
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    name, _, anchor = urllib.parse.unquote(target).partition("#")
    where = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
    if name.startswith("/") or where.startswith(".."):
        return f"link leaves the project: {target}"
    if where not in known and not any(k.startswith(where + "/") for k in known):
        return f"link to a file that is not there: {target}"
    if anchor and where.endswith(".md") and anchor not in anchors(checklib.read_text(root, where)):
        return f"link to a heading that is not there: {target}"
    return None


def check_links(root, path, known):
    text = blank_code(checklib.read_text(root, path))
    for m in LINK.finditer(text):
        message = check_link(root, path, next(g for g in m.groups() if g), known)
        if message:
            yield path, text.count("\n", 0, m.start()) + 1, message


def check_version(root, known):
    if "CHANGELOG.md" not in known:
        yield "CHANGELOG.md", 0, "there is no change log"
        return
    m = re.search(r"project\(dongbo VERSION (\d+\.\d+\.\d+)", checklib.read_text(root, "CMakeLists.txt"))
    if not m:
        yield "CMakeLists.txt", 1, "project version not found"
    elif not re.search(rf"(?m)^## \[{re.escape(m.group(1))}\] - (unreleased|\d{{4}}-\d\d-\d\d)$",
                       checklib.read_text(root, "CHANGELOG.md")):
        yield "CHANGELOG.md", 1, f"no section “## [{m.group(1)}] - …” for the version of CMakeLists.txt"


def exit_code_rows(text):
    """{exit code: text of the row's last cell} of the table in docs/exit-codes.md."""
    return {int(m.group(1)): m.group(2) for m in re.finditer(r"(?m)^\| (\d+) \|(.*)\|$", text)}


def check_exit_codes(root, known):
    doc = "docs/exit-codes.md"
    if doc not in known or "common/err.c" not in known:
        yield doc, 0, "docs/exit-codes.md or common/err.c is missing"
        return
    rows = exit_code_rows(checklib.read_text(root, doc))
    pairs = re.findall(r"\{ERR_(\w+),\s*(\d+)\}", checklib.read_text(root, "common/err.c"))
    if not pairs:
        yield "common/err.c", 1, "no table of exit codes found"
    for name, code in pairs:
        if f"`{name}`" not in rows.get(int(code), ""):
            yield doc, 1, f"row {code} does not name `{name}` of common/err.c"
    real = set(pairs)
    for code, row in rows.items():
        for name in re.findall(r"`([A-Z_]+)`", row):
            if (name, str(code)) not in real and code != 1:
                yield doc, 1, f"row {code} names `{name}`, common/err.c does not"


def check_dev_verbs(root, path, known):
    """./dev VERB in a document names a verb that the script has."""
    if "dev" not in known:
        return
    verbs = set(re.findall(r"(?m)^verb_(\w+)\(\)", checklib.read_text(root, "dev")))
    text = checklib.read_text(root, path)
    for m in re.finditer(r"\./dev ([a-z]+)", text):
        if m.group(1) not in verbs:
            yield path, text.count("\n", 0, m.start()) + 1, f"./dev has no verb {m.group(1)}"


# --- verbs and options of the programs ---

SPAN = re.compile(r"(?ms)^(?:```|~~~)[^\n]*\n(.*?)^(?:```|~~~)|`([^`]+)`|^(?: {4}|\t)((?:[^\n]*\\\n)*[^\n]+)")
CALL = re.compile(r"\bdongbo-(node|hub)\b((?: +--(?:data|lang) +\S+| +--json)*) +([a-z][a-z-]*)"
                  r"((?:\\\n|[^\n|;&])*)")
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*)")
COMMON = {"data", "json", "lang", "help"}


def programs(root):
    """{"node": {verb: its options}, "hub": ...} out of the tables of both main.c (the hub: and its options)."""
    out = {}
    for side, files in (("node", ["main.c"]), ("hub", ["main_options.h", "main.c"])):
        text = "\n".join(checklib.read_text(root, f"{side}/{name}") for name in files)
        shared = dict(re.findall(r'#define (OPT_\w+)[\s\\]+OPT\("([a-z-]+)"', text))
        lists = {name: {*re.findall(r'\bOPT\("([a-z-]+)"', body), *(shared[n] for n in re.findall(r"\bOPT_\w+", body))}
                 for name, body in re.findall(r"(?s)struct cli_opt (\w+)\[\] = \{(.*?)\};", text)}
        out[side] = {}
        for verb, row in re.findall(r'(?s)\n    \{"([a-z-]+)",(.*?)\},(?=\n)', text[text.index("struct cli_verb"):]):
            own = re.search(r"OPTS\((\w+)\)", row)
            out[side][verb] = lists[own.group(1)] if own else set()
    return out


def commands(text, verbs):
    """(line, side or None, verb, words behind it) of every command that the code of a page shows."""
    for m in SPAN.finditer(text):
        code = next(g for g in m.groups() if g is not None)
        line = text.count("\n", 0, m.start()) + 1
        for c in CALL.finditer(code):
            yield line, c.group(1), c.group(3), c.group(4)
        word = code.split(" ")[0]
        if m.group(2) and any(word in v for v in verbs.values()):
            yield line, None, word, code


def check_commands(root, path, verbs):
    for line, side, verb, rest in commands(checklib.read_text(root, path), verbs):
        if side and verb not in verbs[side]:
            yield path, line, f"dongbo-{side} has no verb {verb}"
            continue
        options = COMMON.union(*(v[verb] for s, v in verbs.items() if verb in v and side in (None, s)))
        for option in OPTION.findall(rest):
            if option not in options:
                yield path, line, f"{verb} has no option --{option}"


def check_told(root, files, verbs):
    """Each verb stands in its program's page, each option in some page."""
    told = set()
    for path in files:
        if path.endswith(".md"):
            told.update(OPTION.findall(checklib.read_text(root, path)))
    for side, own in verbs.items():
        page = f"docs/{side}.md"
        text = checklib.read_text(root, page) if page in files else ""
        for verb, options in own.items():
            if not re.search(rf"(?:`|dongbo-{side} ){verb}\b", text):
                yield page, 1, f"nothing about the verb {verb}"
            for option in sorted(options - told):
                yield page, 1, f"no page tells of {verb} --{option}"


def check(root, files):
    known = set(files)
    verbs = programs(root)
    for path in files:
        if path.endswith(".md"):
            yield from check_links(root, path, known)
            yield from check_dev_verbs(root, path, known)
            yield from check_commands(root, path, verbs)
    yield from check_told(root, files, verbs)
    yield from check_version(root, known)
    yield from check_exit_codes(root, known)


PLANTS = [
    ("docs/zz.md", "See [this](nowhere.md).\n", "file that is not there"),
    ("docs/zz.md", "See [this](../common/nowhere.c).\n", "file that is not there"),
    ("docs/zz.md", "See [this][a].\n\n[a]: nowhere.md\n", "file that is not there"),
    ("docs/zz.md", "![Drawing](nowhere.svg)\n", "file that is not there"),
    ("docs/zz.md", "# One\n\nSee [two](#two).\n", "heading that is not there"),
    ("docs/zz.md", "[out](../../etc/passwd)\n", "leaves the project"),
    ("docs/zz.md", "Run `./dev dance`.\n", "no verb dance"),
    ("docs/zz.md", "Run `dongbo-hub --data x dance`.\n", "dongbo-hub has no verb dance"),
    ("docs/zz.md", "    dongbo-node put --type person \\\n        --twice\n", "put has no option --twice"),
    ("docs/zz.md", "See `nodes --twice`.\n", "nodes has no option --twice"),
    ("docs/node.md", "# dongbo-node\n", "nothing about the verb put"),
    ("docs/hub.md", "# dongbo-hub\n", "nothing about the verb close"),
    ("docs/hub.md", "# dongbo-hub\n", "no page tells of init --listen"),
    ("CHANGELOG.md", "# Changelog\n\n## [0.0.1] - unreleased\n", "no section"),
    ("docs/exit-codes.md", "| 11 | nothing |\n", "does not name `LOCKED`"),
    ("docs/exit-codes.md", "| 11 | `LOCKED`, `TIMEOUT` |\n", "row 11 names `TIMEOUT`"),
]
INNOCENTS = [
    ("docs/zz.md", "# Một đầu đề: hai\n\n[a](#một-đầu-đề-hai), [b](../CMakeLists.txt), [c](https://example.org/x),\n"
                   "`[d](nowhere.md)`, [e](../common), run `./dev test`.\n"
                   "`dongbo-node list --max 5 | sort --unique`, `dongbo-hub --lang en status --json`.\n\n"
                   "```\n[f](nowhere.md)\n```\n"),
]

if __name__ == "__main__":
    checklib.main("docs", check, PLANTS, INNOCENTS)
