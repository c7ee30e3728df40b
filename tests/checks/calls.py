"""Each public function of a store is run by tests/sim/calls_test, by name or inside another call, or a reason is given.

tests/sim/calls.txt has a line for each that is not called by name: `FUNCTION in CALL`, where CALL is named by
those tables and reaches FUNCTION through the sources, or `FUNCTION not: REASON`.
"""

import re
import checklib

PAGE = "tests/sim/calls.txt"
TABLES = tuple(f"tests/sim/calls_{name}.c" for name in ("hub", "hub_pages", "node", "node_pages"))
HEADER = re.compile(r"(hub|node)/store\w*\.h")
LINE = re.compile(r"(\w+) (?:in (\w+)|not: (\S.*))")
DEFINED = re.compile(r"\b(\w+)\([^{};]*\)\s*\n\{\n(.*?)\n\}\n", re.S)


def plain(text):
    """Without comments, strings and directives."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
    return re.sub(r"^#(?:.*\\\n)*.*$", "", text, flags=re.M)


def public_functions(root, files):
    found = {}
    for path in files:
        if not HEADER.fullmatch(path) or path.endswith("_priv.h"):
            continue
        for side in ("hub_", "node_"):
            for name in re.findall(r"\b(" + side + r"\w+)\s*\(", plain(checklib.read_text(root, path))):
                if not name.endswith("_fn"):
                    found.setdefault(name, path)
    return found


def graph(root, files):
    """Function -> words of its body, of the product."""
    out = {}
    for path in files:
        if path.endswith(".c") and path.startswith(checklib.PRODUCT):
            for name, body in DEFINED.findall(plain(checklib.read_text(root, path))):
                out.setdefault(name, set()).update(re.findall(r"\w+", body))
    return out


def reaches(edges, start, end):
    seen, left = {start}, [start]
    while left:
        for word in edges.get(left.pop(), ()):
            if word == end:
                return True
            if word in edges and word not in seen:
                seen.add(word)
                left.append(word)
    return False


def check(root, files):
    public = public_functions(root, files)
    named = set()
    for table in TABLES:
        named |= set(re.findall(r"\w+", plain(checklib.read_text(root, table))))
    edges = graph(root, files)
    listed, inside = set(), 0
    for number, line in enumerate(checklib.read_text(root, PAGE).split("\n"), 1):
        if not line or line.startswith("#"):
            continue
        m = LINE.fullmatch(line)
        if m is None:
            yield PAGE, number, "neither `FUNCTION in CALL` nor `FUNCTION not: REASON`"
            continue
        function, call = m.group(1), m.group(2)
        inside += call is not None
        if function in listed or function not in public:
            yield PAGE, number, f"{function} is here twice, or no public function of a store"
        elif function in named:
            yield PAGE, number, f"{function} is called by name: no line is needed"
        elif call is not None and (call not in named or not reaches(edges, call, function)):
            yield PAGE, number, f"{function} is not reached in {call}, or the tables do not call that"
        listed.add(function)
    if root == checklib.ROOT:
        print(f"checks/calls: {len(public)} functions: {len(named & public.keys())} named by the calls, "
              f"{inside} inside them, {len(listed) - inside} not")
    for function, path in sorted(public.items()):
        if function not in named and function not in listed:
            yield PAGE, 0, f"{function} ({path}) is in no call of {', '.join(TABLES)}: say here why"


def plants():
    text = checklib.read_text(checklib.ROOT, PAGE)
    inside = next(line for line in text.split("\n") if " in " in line and not line.startswith("#"))
    yield PAGE, text.replace(inside + "\n", ""), "is in no call of"
    yield PAGE, text.replace(inside, inside.split()[0] + " in hub_store_tokens"), "is not reached in"
    yield PAGE, text.replace(inside, inside + "\n" + inside), "is here twice"
    yield PAGE, text + "hub_store_wipe not: forgotten\n", "is called by name"
    yield PAGE, text + "hub_store_no_such not: gone\n", "no public function"
    yield PAGE, text + "anything\n", "neither"


def innocents():
    yield PAGE, checklib.read_text(checklib.ROOT, PAGE) + "\n# a remark\n"


if __name__ == "__main__":
    checklib.main("calls", check, list(plants()), list(innocents()))
