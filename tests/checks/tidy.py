"""Sizes, calls that are never used here, unfinished marks, and the opening comment of each header."""

import re
import checklib

FUNCTION_LINES_MAX = 70  # from the opening brace to the closing one; tests may be longer
FILE_LINES_MAX = 500     # of a .c or .h file outside tests/
LINE_COLUMNS_MAX = 120

UNSAFE = re.compile(r"(?<![\w.>])(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca)\s*\(")
PRODUCT_ONLY = re.compile(r"(?<![\w.>])(rand|srand|random|system|popen)\s*\(")
PRINTING = re.compile(r"(?<![\w.>])(printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|fputc|putc|perror)\s*\(")
PURE = re.compile(r"^(common/[^/]+|node/sync[^/]*|hub/sync[^/]*|proto/[^/]+)\.[ch]$")
MARKS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
CODE = (".c", ".h", ".py", ".sh", ".sql", ".cmake")
SCRIPTS = ("dev", ".ci/run", "tests/e2e/demo", "tests/bench/run")


def functions(code):
    """(first line of the body, number of its lines) of each function of a file without comments."""
    code = re.sub(r"(?m)^[ \t]*#(?:.*\\\n)*.*$", lambda m: "\n" * m.group(0).count("\n"), code)
    depth, line, last, start = 0, 1, "", None
    for c in code:
        if c == "{":
            if depth == 0 and last == ")":
                start = line
            depth += 1
        elif c == "}":
            depth = max(0, depth - 1)
            if depth == 0 and start is not None:
                yield start, line - start + 1
                start = None
        if c == "\n":
            line += 1
        elif not c.isspace():
            last = c


def check_sizes(path, lexed):
    if path.startswith("tests/"):
        return
    count = lexed.text.count("\n")
    if count > FILE_LINES_MAX:
        yield path, 1, f"file of {count} lines, at most {FILE_LINES_MAX}"
    for line, length in functions(lexed.code):
        if length > FUNCTION_LINES_MAX:
            yield path, line, f"function of {length} lines, at most {FUNCTION_LINES_MAX}"


def check_calls(path, lexed):
    banned = [(UNSAFE, "is banned: it has no bound or no error")]
    if checklib.is_product(path):
        banned.append((PRODUCT_ONLY, "is banned in the product"))
    if PURE.match(path):
        banned.append((PRINTING, "in a pure module: effects and errors go out as values"))
    for number, line in lexed.lines():
        for pattern, why in banned:
            m = pattern.search(line)
            if m:
                yield path, number, f"{m.group(1)}() {why}"


def check_lines(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if checklib.columns(line) > LINE_COLUMNS_MAX:
            yield path, number, f"line of {checklib.columns(line)} columns, at most {LINE_COLUMNS_MAX}"
        m = MARKS.search(line)
        if m:
            yield path, number, f"unfinished: {m.group(1)}"


def check(root, files):
    for path in files:
        if not path.endswith(CODE) and path not in SCRIPTS:
            continue
        text = checklib.read_text(root, path)
        yield from check_lines(path, text)
        if not checklib.is_c(path):
            continue
        lexed = checklib.Lexed(text)
        yield from check_sizes(path, lexed)
        yield from check_calls(path, lexed)
        if path.endswith(".h") and checklib.is_product(path) and not text.startswith("/*"):
            yield path, 1, "a header begins with a block comment: what it is, ownership, threads, units, limits"


def c_function(lines):
    return "int f(int a)\n{\n" + "    a++;\n" * (lines - 3) + "    return a;\n}\n"


PLANTS = [
    ("common/zz_plant.c", c_function(FUNCTION_LINES_MAX + 1), "function of 71 lines"),
    ("hub/zz_plant.c", "struct s {\n    int a;\n};\n" + c_function(90), "function of 90 lines"),
    ("node/zz_plant.c", "int a;\n" * (FILE_LINES_MAX + 1), "file of 501 lines"),
    ("common/zz_plant.c", "void f(char *a) { strcpy(a, b); }\n", "strcpy() is banned"),
    ("tests/unit/zz_plant.c", "void f(char *a) { sprintf (a, b); }\n", "sprintf() is banned"),
    ("hub/zz_plant.c", "int f(void) { return system(b); }\n", "system() is banned"),
    ("node/zz_plant.c", "int f(void) { return rand(); }\n", "rand() is banned"),
    ("node/zz_plant.c", "int f(const char *s) { return atoi(s); }\n", "atoi() is banned"),
    ("node/zz_plant.c", "void *f(void) { return alloca(8); }\n", "alloca() is banned"),
    ("proto/zz_plant.c", 'void f(const char *s) { printf("%s", s); }\n', "printf() in a pure module"),
    ("node/sync_zz.c", "void f(const char *s) { fputs(s, stderr); }\n", "fputs() in a pure module"),
    ("common/zz_plant.c", "/* TO" + "DO: later */\n", "unfinished"),
    ("catalogue/zz_plant.sql", "-- FIX" + "ME\n", "unfinished"),
    ("hub/zz_plant.c", "/* " + "đ" * 118 + " */\n", "line of 124 columns"),
    ("proto/zz_plant.h", "#ifndef A\n#define A\n#endif\n", "a header begins with a block comment"),
]
INNOCENTS = [
    ("common/zz_plant.c", c_function(FUNCTION_LINES_MAX) + c_function(3)),
    ("node/zz_plant.c", "int a;\n" * FILE_LINES_MAX),
    ("tests/unit/zz_plant.c", c_function(200) + "int f(void) { return rand(); }\n"),
    ("hub/zz_plant.c", '/* strcpy(a, b) would be wrong; so would "rand()". */\nconst char *s = "system(1)";\n'
                       'int f(void) { return x->system(1) + my_rand(); }\nchar t[] = "/a.XXXXXX";\n'
                       "static const int big[] = {\n" + "    1,\n" * 100 + "};\n"),
    ("hub/zz_plant.h", "/*\n * What it is.\n */\n/* " + "đ" * 114 + " */\n"),
]

if __name__ == "__main__":
    checklib.main("tidy", check, PLANTS, INNOCENTS, each=True)
