"""Who may include whom, where the operating system is met, and where SQL stands.

common <- proto <- {node, hub}; common/io is the only place that touches the machine, SQL is only in
stores and in the catalogue, cores do no I/O and never ask for the time. A header that is not on the
list of its layer is refused: adding one is a decision, made here.
"""

import re
import checklib

C11 = {h + ".h" for h in ("assert ctype errno float inttypes limits locale math setjmp stdalign stdarg "
                          "stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string time wchar "
                          "wctype").split()}
# Third-party and system headers that each layer may name, beside those of C11.
ALLOWED = {
    "common": {"utf8proc.h"},
    "proto": {"utf8proc.h", "sodium.h", "msgpack.h", "zstd.h", "zdict.h"},
    "node": {"sodium.h", "jansson.h", "utf8proc.h", "getopt.h", "xlsxwriter.h"},
    "hub": {"sodium.h", "jansson.h", "utf8proc.h", "getopt.h", "xlsxwriter.h",
            "cairo.h", "cairo-pdf.h", "pango.h", "qrencode.h", "minizip.h"},
}
OWN_FOLDERS = {  # what each layer may include of the project
    "common": ("common",),
    "io": ("common", "io"),
    "proto": ("common", "proto"),
    "node": ("common", "io", "proto", "node"),
    "hub": ("common", "io", "proto", "hub"),
}
ONLY_IN = {  # a header and the files that alone may name it
    "uv.h": re.compile(r"^(common/io/[^/]+|(node|hub)/drive[^/]*\.c)$"),
    "dlfcn.h": re.compile(r"^common/io/late\.c$"),
    "microhttpd.h": re.compile(r"^common/io/web_http\.h$"),
    "sqlite3.h": re.compile(r"^common/io/db[^/]*\.[ch]$"),
    "xlsxwriter.h": re.compile(r"^(node/sheet|hub/xlsx|hub/xlsx_subject)\.c$"),
    "pango/pangocairo.h": re.compile(r"^hub/pdf[^/]*\.[ch]$"),
    "qrencode.h": re.compile(r"^hub/qr\.c$"),
    "minizip/zip.h": re.compile(r"^hub/zip\.c$"),
}
CORE = re.compile(r"^(node/sync[^/]*|hub/sync[^/]*|proto/[^/]+)\.[ch]$")
PURE = re.compile(r"^(common/[^/]+|node/sync[^/]*|hub/sync[^/]*|proto/[^/]+)\.[ch]$")
CLOCK_OR_IO = re.compile(r"(?<![\w.>])(time|clock|clock_gettime|gettimeofday|timespec_get|fopen|freopen|tmpfile|"
                         r"fread|fwrite|getenv|getchar|remove|rename|uv_\w+|sqlite3_\w+)\s*\(")
SQL_HOME = re.compile(r"^((node|hub|common/io)/store[^/]*|common/io/db[^/]*)\.[ch]$")
SQL = re.compile(r"\bSELECT\s|\bINSERT\s|\bREPLACE INTO\b|\bUPDATE\s.*\bSET\b|\bDELETE FROM\b|\bPRAGMA\b|"
                 r"\b(CREATE|DROP|ALTER) (TEMP |UNIQUE |VIRTUAL )?(TABLE|INDEX|VIEW|TRIGGER)\b|"
                 r"\bBEGIN (IMMEDIATE|EXCLUSIVE|DEFERRED)\b|\bSAVEPOINT\b|\bVACUUM\b|\bATTACH\b", re.DOTALL)
SQL_LOWER = re.compile(r"\bselect\s[^;]*\sfrom\s+\w|\binsert\s+(or\s+\w+\s+)?into\s+\w|\bcreate\s+table\b|"
                       r"\bupdate\s+\w+\s+set\s+\w+\s*=|\bdelete\s+from\s+\w+\s+where\b|\bpragma\s+\w+", re.IGNORECASE)
INCLUDE = re.compile(r"^\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")


def layer_of(path):
    if path.startswith("common/io/"):
        return "io"
    folder = path.split("/", 1)[0]
    return folder if folder in OWN_FOLDERS else None


def judge_own_include(path, layer, name):
    target = layer_of(name)
    if target is None:
        return f"include of \"{name}\": write the path from the root of a layer, as in \"common/err.h\""
    if target not in OWN_FOLDERS[layer]:
        return f"layer {layer} includes \"{name}\" of layer {target}"
    if target == "io" and CORE.match(path):
        return f"a core includes \"{name}\": cores do no I/O"
    return None


def judge_system_include(path, layer, name):
    if name in ONLY_IN:
        return None if ONLY_IN[name].match(path) else f"<{name}> is not allowed in this file"
    if layer == "io" or name in C11 or name in ALLOWED[layer]:
        return None
    if name.split("/")[0] + ".h" in ALLOWED[layer]:  # <msgpack/pack.h> goes with <msgpack.h>
        return None
    return f"<{name}> is not on the list of layer {layer}: what touches the system belongs in common/io"


def check_includes(path, text):
    layer = layer_of(path)
    for number, line in enumerate(text.split("\n"), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        judge = judge_own_include if m.group(1) == '"' else judge_system_include
        message = judge(path, layer, m.group(2))
        if message:
            yield path, number, message


def check_calls(path, lexed):
    for number, line in lexed.lines():
        m = CLOCK_OR_IO.search(line)
        if m:
            yield path, number, f"{m.group(1)}() in a pure module: I/O and the time come in from outside"


def check_sql(path, lexed):
    for number, text in lexed.strings:
        m = SQL.search(text) or SQL_LOWER.search(text)
        if m:
            yield path, number, f"SQL outside a store: {' '.join(m.group(0).split())[:30]}"


def check(root, files):
    for path in files:
        if not checklib.is_c(path) or not checklib.is_product(path):
            continue
        lexed = checklib.Lexed(checklib.read_text(root, path))
        yield from check_includes(path, lexed.text)
        if PURE.match(path):
            yield from check_calls(path, lexed)
        if not SQL_HOME.match(path):
            yield from check_sql(path, lexed)


PLANTS = [
    ("common/zz_plant.c", '#include "proto/frame.h"\n', "layer common includes"),
    ("common/zz_plant.h", '#include "common/io/db.h"\n', "layer common includes"),
    ("common/io/zz_plant.c", '#include "proto/frame.h"\n', "layer io includes"),
    ("proto/zz_plant.c", '#include "node/store.h"\n', "layer proto includes"),
    ("proto/zz_plant.c", '#include "common/io/file.h"\n', "layer proto includes"),
    ("node/zz_plant.c", '#include "hub/store.h"\n', "layer node includes"),
    ("hub/zz_plant.c", '#include "node/store.h"\n', "layer hub includes"),
    ("hub/zz_plant.c", '#include "tests/lib/fault.h"\n', "write the path from the root"),
    ("node/zz_plant.c", '#include "sync.h"\n', "write the path from the root"),
    ("node/sync_zz_plant.c", '#include "common/io/clock.h"\n', "a core includes"),
    ("common/zz_plant.c", "#include <unistd.h>\n", "is not on the list"),
    ("common/zz_plant.c", "#  include <sys/stat.h>\n", "is not on the list"),
    ("proto/zz_plant.c", "#include <pthread.h>\n", "is not on the list"),
    ("node/zz_plant.c", "#include <dirent.h>\n", "is not on the list"),
    ("hub/zz_plant.h", "#include <sys/types.h>\n", "is not on the list"),
    ("hub/zz_plant.c", "#include <msgpack/pack.h>\n", "is not on the list"),
    ("common/zz_plant.c", "#include <sodium.h>\n", "is not on the list"),
    ("common/zz_plant.c", "#include <uv.h>\n", "<uv.h> is not allowed"),
    ("node/zz_plant.c", "#include <uv.h>\n", "<uv.h> is not allowed"),
    ("node/drive_zz.h", "#include <uv.h>\n", "<uv.h> is not allowed"),
    ("node/zz_plant.c", "#include <dlfcn.h>\n", "<dlfcn.h> is not allowed"),
    ("hub/drive_zz.c", "#include <microhttpd.h>\n", "<microhttpd.h> is not allowed"),
    ("common/io/zz_plant.c", "#include <microhttpd.h>\n", "<microhttpd.h> is not allowed"),
    ("hub/store_zz.c", "#include <sqlite3.h>\n", "<sqlite3.h> is not allowed"),
    ("proto/zz_plant.c", "long f(void) { return (long)time(0); }\n", "time() in a pure module"),
    ("hub/sync_zz.c", "void f(void) { (void)fopen(g, h); }\n", "fopen() in a pure module"),
    ("node/zz_plant.c", 'const char *q = "SELECT 1";\n', "SQL outside a store"),
    ("node/zz_plant.c", 'const char *q = "INSERT " "OR IGNORE INTO t VALUES (1)";\n', "SQL outside a store"),
    ("hub/zz_plant.c", 'const char *q = "UPDATE t "\n    "SET a = 1";\n', "SQL outside a store"),
    ("hub/zz_plant.c", 'const char *q = "CREATE TABLE t (a)";\n', "SQL outside a store"),
    ("hub/zz_plant.c", 'const char *q = "select a from t";\n', "SQL outside a store"),
    ("common/io/zz_plant.c", 'const char *q = "DELETE FROM t";\n', "SQL outside a store"),
    ("common/io/zz_plant.c", 'const char *q = "PRAGMA foreign_keys";\n', "SQL outside a store"),
]
INNOCENTS = [
    ("common/io/db_zz.c", '#include <sqlite3.h>\nconst char *q = "PRAGMA synchronous=EXTRA";\n'),
    ("node/store_zz.c", '#include "common/io/db.h"\nconst char *q = "SELECT 1";\n'),
    ("node/drive_zz.c", '#include <uv.h>\n#include "proto/frame.h"\n#include "common/io/timer.h"\n'),
    ("common/io/web_http.h", "#include <microhttpd.h>\n#include <uv.h>\n#include <unistd.h>\n"),
    ("hub/zz_plant.c", '/* SELECT is done by the store: "SELECT 1". */\n'
                       'const char *s = "select the commune and save";\n#include <string.h>\n'),
    ("proto/zz_plant.c", "#include <sodium.h>\n#include <msgpack/pack.h>\n"
                         "int f(const struct x *x) { return x->time(1); }\n"),
    ("tests/unit/zz_plant.c", '#include <sqlite3.h>\nconst char *q = "SELECT 1";\n'),
]

if __name__ == "__main__":
    checklib.main("layers", check, PLANTS, INNOCENTS, each=True)
