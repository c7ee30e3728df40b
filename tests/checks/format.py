"""Every .c and .h file is as clang-format 14 writes it with the tree's .clang-format."""

import os
import re
import subprocess
import checklib

REPORT = re.compile(r"^(.+?):(\d+):\d+: (?:error|warning): (.*)$")


def check(root, files):
    wanted = [p for p in files if checklib.is_c(p)]
    for at in range(0, len(wanted), 100):
        # The caller's locale and folder do not matter: paths are given relative to root.
        done = subprocess.run(["clang-format-14", "--dry-run", "--Werror", "--style=file"] + wanted[at:at + 100],
                              cwd=root, capture_output=True, text=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
        seen = set()
        for line in done.stderr.split("\n"):
            m = REPORT.match(line)
            if m and m.group(1) not in seen:
                seen.add(m.group(1))
                yield m.group(1), int(m.group(2)), "not formatted: run ./dev format"
        if done.returncode and not seen:
            yield wanted[at], 0, f"clang-format failed: {done.stderr.strip()[:200]}"


PLANTS = [
    ("common/zz.c", "int  a ;\n", "not formatted"),
    ("tests/unit/zz.h", "int f(void){return 1;}\n", "not formatted"),
]
INNOCENTS = [("hub/zz.c", "int a;\n")]

if __name__ == "__main__":
    checklib.main("format", check, PLANTS, INNOCENTS)
