"""Every shell script passes shellcheck, stops at the first error and can be executed."""

import os
import re
import subprocess
import checklib

SHEBANG = re.compile(rb"^#!\s*/(?:usr/)?bin/(?:env )?(?:ba)?sh\b")
REPORT = re.compile(r"^(.+?):(\d+):\d+: \w+: (.*)$")


def is_script(root, path):
    if path.endswith(".sh"):
        return True
    with open(os.path.join(root, path), "rb") as f:
        return bool(SHEBANG.match(f.readline(100)))


def check(root, files):
    scripts = [p for p in files if is_script(root, p)]
    for path in scripts:
        if not re.search(r"(?m)^set -\w*e", checklib.read_text(root, path)):
            yield path, 1, "no “set -e…”: a failing step must stop the script"
    if not scripts:
        return
    done = subprocess.run(["shellcheck", "--format=gcc", "--"] + scripts, cwd=root, capture_output=True, text=True,
                          env=dict(os.environ, LC_ALL="C.UTF-8"))
    for line in done.stdout.split("\n"):
        m = REPORT.match(line)
        if m:
            yield m.group(1), int(m.group(2)), f"shellcheck: {m.group(3)}"
    if done.returncode > 1:
        yield scripts[0], 0, f"shellcheck failed: {done.stderr.strip()[:200]}"


PLANTS = [
    ("tests/e2e/zz.sh", "#!/usr/bin/env bash\nset -eu\nrm -rf $1\n", "shellcheck: "),
    ("tests/bench/zz", "#!/bin/sh\nset -e\necho `ls`\n", "shellcheck: "),
    ("packaging/zz.sh", "#!/usr/bin/env bash\necho hello\n", "no “set -e…”"),
]
INNOCENTS = [
    ("tests/e2e/zz.sh", '#!/usr/bin/env bash\nset -euo pipefail\nprintf "%s\\n" "$1"\n'),
    ("docs/zz.md", "rm -rf $1\n"),
]

if __name__ == "__main__":
    checklib.main("shell", check, PLANTS, INNOCENTS)
