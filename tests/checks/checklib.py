"""What the checks of the tree share: the list of files, a C lexer, and the self-test.

A check is a function check(root, files) that yields (path, line, message). Run without arguments it
judges the project; with --self-test it copies the tree to a temporary folder, plants one violation
after the other there and demands that each is reported at its place, and that innocent files are not.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SKIPPED_FOLDERS = {".git", "node_modules", "__pycache__", "demo"}
PRODUCT = ("common/", "proto/", "node/", "hub/")


def find_files(root):
    """Every file of the tree when there is no git repository, without what .gitignore names."""
    found = []
    for folder, folders, names in os.walk(root):
        inside = os.path.relpath(folder, root)
        if inside == ".":
            folders[:] = [f for f in folders if not f.startswith("build") and f not in SKIPPED_FOLDERS]
        else:
            folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS]
        for name in names:
            if not name.endswith((".tmp", ".pyc")):
                found.append(os.path.normpath(os.path.join(inside, name)))
    return found


def tree_files(root):
    """Paths, relative to root, of what git tracks or would track; sorted."""
    git = ["git", "-c", "safe.directory=*", "-C", root]
    try:
        top = subprocess.run(git + ["rev-parse", "--show-toplevel"], capture_output=True, check=True)
        if os.path.realpath(os.fsdecode(top.stdout).rstrip("\n")) != os.path.realpath(root):
            return sorted(find_files(root))
        listed = subprocess.run(git + ["ls-files", "-z", "-co", "--exclude-standard"],
                                capture_output=True, check=True)
        paths = {os.fsdecode(p) for p in listed.stdout.split(b"\0") if p}
    except (OSError, subprocess.CalledProcessError):
        return sorted(find_files(root))
    # A tracked file that somebody has just deleted is not there to be judged.
    return sorted(p for p in paths if os.path.isfile(os.path.join(root, p)))


def read_text(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace", newline="") as f:
        return f.read()


def is_c(path):
    return path.endswith((".c", ".h"))


def is_product(path):
    return path.startswith(PRODUCT)


class Lexed:
    """A C file taken apart: `code` has the text with comments and the insides of literals blanked
    (line numbers stay true), `strings` the (line, text) of each string literal, neighbours joined."""

    def __init__(self, text):
        self.text = text
        self.strings = []
        self.code = self._lex(text)

    def _lex(self, t):
        out, i, n, line = [], 0, len(t), 1
        joined = False  # nothing but blanks since the last string literal
        while i < n:
            if t.startswith("//", i):
                end = t.find("\n", i)
                end = n if end < 0 else end
            elif t.startswith("/*", i):
                end = t.find("*/", i + 2)
                end = n if end < 0 else end + 2
            elif t[i] in "\"'":
                end = self._literal_end(t, i)
                if t[i] == '"':
                    joined = self._keep(line, t[i + 1:end - 1], joined)
                out.append(t[i] + "".join("\n" if c == "\n" else " " for c in t[i + 1:end - 1]) + t[i])
                line += t.count("\n", i, end)
                i = end
                continue
            else:
                joined = joined and t[i].isspace()
                line += t[i] == "\n"
                out.append(t[i])
                i += 1
                continue
            out.append("".join("\n" if c == "\n" else " " for c in t[i:end]))
            line += t.count("\n", i, end)
            i = end
        return "".join(out)

    @staticmethod
    def _literal_end(t, i):
        quote, j = t[i], i + 1
        while j < len(t) and t[j] != quote and t[j] != "\n":
            j += 2 if t[j] == "\\" else 1
        return min(j + 1, len(t))

    def _keep(self, line, literal, joined):
        if joined:
            first, text = self.strings[-1]
            self.strings[-1] = (first, text + literal)
        else:
            self.strings.append((line, literal))
        return True

    def lines(self):
        return enumerate(self.code.split("\n"), 1)


def copy_tree(root, to):
    for path in tree_files(root):
        target = os.path.join(to, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(os.path.join(root, path), target)


def write_bytes(root, path, content):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode("utf-8"))


def with_planted(check, root, path, content, each):
    """The findings at `path` while it has `content`; afterwards the copy is as it was before. `each`: the check
    looks at each file by itself, so the others need not be read again."""
    full = os.path.join(root, path)
    before = None
    if os.path.exists(full):
        with open(full, "rb") as f:
            before = f.read()
    write_bytes(root, path, content)
    try:
        files = tree_files(root)
        return [f for f in check(root, [p for p in files if p == path] if each else files) if f[0] == path]
    finally:
        if before is None:
            os.remove(full)
        else:
            write_bytes(root, path, before)


def self_test(name, check, plants, innocents, each):
    """Each plant is (path, content, words of the expected message); each innocent (path, content)."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="dongbo-check-") as root:
        copy_tree(ROOT, root)
        for path, content, words in plants:
            found = with_planted(check, root, path, content, each)
            if not any(words in message for _, _, message in found):
                failed += 1
                print(f"checks/{name}: NOT reported: {path} with “{words}”; reported: {found}")
        for path, content in innocents:
            found = with_planted(check, root, path, content, each)
            if found:
                failed += 1
                print(f"checks/{name}: reported without cause: {found}")
    print(f"checks/{name}: {len(plants)} planted violations, {len(innocents)} innocent files, {failed} wrong")
    return 1 if failed or not plants else 0


def judge(name, check):
    files = tree_files(ROOT)
    findings = sorted(set(check(ROOT, files)))
    for path, line, message in findings:
        print(f"{path}:{line}: {message}")
    print(f"checks/{name}: {len(files)} files, {len(findings)} findings")
    return 1 if findings or not files else 0


def main(name, check, plants, innocents, each=False):
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test(name, check, plants, innocents, each))
    if sys.argv[1:]:
        print(f"usage: {os.path.basename(sys.argv[0])} [--self-test]", file=sys.stderr)
        sys.exit(2)
    sys.exit(judge(name, check))


def columns(line):
    """Width of a line on screen: combining marks take no column, wide letters two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)
