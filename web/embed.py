"""Write the files of one side's page as one C file: python3 web/embed.py OUT.c node|hub

Every file is compressed once (gzip without a time, so that the same files give the same bytes) and
named by the hash of its content. Without OUT the sizes are printed.
"""

import gzip
import hashlib
import os
import re
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
         ".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
         ".json": "application/json; charset=utf-8"}
# Not fetched by the page itself, so not part of its weight.
NOT_PAGE = ("/openapi-node.json", "/openapi-hub.json")
SIDES = ("node", "hub")
HUB_ONLY = ("/hub.html", "/install.html", "/province.html", "/hub/", "/i18n/hub-", "/openapi-hub.json")
NODE_ONLY = ("/index.html", "/desk/", "/i18n/vi.json", "/i18n/en.json", "/openapi-node.json")
SHARED = ("/desk/base.js", "/desk/parts.js", "/desk/reason.js", "/desk/form.js", "/desk/cases.js", "/desk/import.js",
          "/desk/held.js", "/desk/lock.js")


# Comments that stand on lines of their own at the margin. They are for who reads the source, and were a tenth of what a
# commune loads over its thin line. The indentation of scripts goes too, with the comments behind it: no text of theirs
# begins a line where that shows. Nothing else of a file is changed; vendored files stay as they are.
COMMENT = re.compile(rb"^(?://[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)\n", re.M)
INDENT = re.compile(rb"^ +(?://[^\n]*\n)?", re.M)


def bare(path, content):
    if path.startswith("/vendor/") or not path.endswith((".js", ".css")):
        return content
    content = COMMENT.sub(b"", content)
    return INDENT.sub(b"", content) if path.endswith(".js") else content


def is_of(side, path):
    """Whether that side's program carries the file."""
    if side == "node":
        return not path.startswith(HUB_ONLY)
    return path in SHARED or not path.startswith(NODE_ONLY)


def files(side):
    """(path on the server, content type, content) of every file of a side, in order."""
    for folder, folders, names in os.walk(ROOT):
        folders.sort()
        for name in sorted(names):
            kind = TYPES.get(os.path.splitext(name)[1])
            full = os.path.join(folder, name)
            path = "/" + os.path.relpath(full, ROOT).replace(os.sep, "/")
            if kind and is_of(side, path):
                with open(full, "rb") as f:
                    content = f.read()
                yield path, kind, bare(path, content)


def packed(content):
    return gzip.compress(content, 9, mtime=0)


def c_file(side):
    rows = []
    out = [f'#include "{side}/desk_assets.h"\n']
    for number, (path, kind, content) in enumerate(files(side)):
        data = packed(content)
        out.append(f"static const unsigned char desk_asset_{number}[] = {{")
        out += [",".join(str(b) for b in data[at:at + 32]) + "," for at in range(0, len(data), 32)]
        out.append("};\n")
        etag = hashlib.sha256(content).hexdigest()[:32]
        rows.append(f'    {{"{path}", "{kind}", "\\"{etag}\\"", desk_asset_{number}, sizeof desk_asset_{number}}},')
    out += [f"const struct web_asset {side}_desk_assets[] = {{", *rows, "};",
            f"const size_t {side}_desk_asset_count = {len(rows)};"]
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) == 3:
        with open(sys.argv[1], "w", encoding="ascii") as f:
            f.write(c_file(sys.argv[2]))
        return
    for side in SIDES:
        total = 0
        for path, _, content in files(side):
            size = len(packed(content))
            total += 0 if path in NOT_PAGE else size
            print(f"{size:8} {path}")
        print(f"{total:8} bytes of the {side}'s page, compressed\n")


if __name__ == "__main__":
    main()
