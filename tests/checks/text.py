"""Every text file is UTF-8 in NFC with LF, ends in a newline, has no trailing blanks and names no
machine: no path of the computer it was written on, no package registry. Nor does it name who signed one of
the five plans: those names are known here by their digests alone."""

import hashlib
import os
import re
import unicodedata
import checklib

# Bytes that are wrong on purpose, or not text.
EXEMPT = ("tests/fuzz/corpus/", "tests/data/broken/")
BINARY = (".png", ".jpg", ".ico", ".woff2", ".pdf", ".xlsx", ".zip", ".zst", ".bin", ".db", ".dict")
MACHINE = re.compile("|".join(re.escape(a + b) for a, b in (
    ("/wo", "rk/"), ("/tmp/bu", "ild"), ("/ro", "ot/"), ("registry.npm", "js.org"), ("np", "mjs.com"),
    ("py", "pi.org"), ("files.python", "hosted.org"), ("crat", "es.io"), ("proxy.gol", "ang.org"),
    ("ruby", "gems.org"), ("repo.maven", ".apache.org"), ("repo1.ma", "ven.org"), ("deb.deb", "ian.org"))))

# Three words each, in small letters; the last is nobody's, for the plant below.
SIGNERS = {"08558f8a9e38bab8", "0b75cb8f7d2cadda", "64b08bb143218dc5",
           "654bdddf29fe0219", "e4714f30bd36adf8", "a1192c7810d5e88d"}
WORDS = re.compile(r"[^\W\d_]+")


def digest(words):
    return hashlib.blake2b(" ".join(words).lower().encode(), digest_size=8, person=b"plan signers").hexdigest()


def names_signer(line):
    words = WORDS.findall(line)
    return any(words[i][0].isupper() and words[i + 2][0].isupper() and digest(words[i:i + 3]) in SIGNERS
               for i in range(len(words) - 2))


def check_line(line):
    if line.endswith("\r"):
        yield "carriage return: lines end in LF"
    elif line != line.rstrip():
        yield "blanks at the end of the line"
    if unicodedata.normalize("NFC", line) != line:
        yield "text is not in NFC"
    if any(unicodedata.category(c) == "Cc" and c not in "\t\r\f" for c in line):
        yield "control character"
    m = MACHINE.search(line)
    if m:
        yield f"name of a machine or registry: {m.group(0)}"
    if names_signer(line):
        yield "name of somebody who signed a plan"


def check_file(path, raw):
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        yield path, raw.count(b"\n", 0, e.start) + 1, "not UTF-8"
        return
    if text.startswith("\ufeff"):
        yield path, 1, "byte order mark"
    if text and not text.endswith("\n"):
        yield path, text.count("\n") + 1, "no newline at the end of the file"
    if text.endswith("\n\n"):
        yield path, text.count("\n"), "empty line at the end of the file"
    for number, line in enumerate(text.split("\n"), 1):
        for message in check_line(line):
            yield path, number, message


def check(root, files):
    for path in files:
        if unicodedata.normalize("NFC", path) != path:
            yield path, 0, "the file's name is not in NFC"
        if path.startswith(EXEMPT) or path.endswith(BINARY):
            continue
        with open(os.path.join(root, path), "rb") as f:
            yield from check_file(path, f.read())


PLANTS = [
    ("docs/zz.md", b"m\xe0u\n", "not UTF-8"),
    ("catalogue/zz.csv", unicodedata.normalize("NFD", "phường\n"), "not in NFC"),
    ("docs/zz.md", "a\r\nb\r\n", "carriage return"),
    ("node/zz.c", "int a;", "no newline"),
    ("node/zz.c", "int a;\n\n", "empty line at the end"),
    ("tests/unit/zz.c", "int a; \n", "blanks at the end"),
    ("docs/zz.md", "a\t\nb\n", "blanks at the end"),
    ("docs/zz.md", "\ufeffa\n", "byte order mark"),
    ("docs/zz.md", "a\x07b\n", "control character"),
    ("docs/zz.md", "see /wo" + "rk/main\n", "name of a machine"),
    ("CMakeLists.txt", "# /tmp/bu" + "ild-me\n", "name of a machine"),
    ("package.json", '"https://registry.npm' + 'js.org/x"\n', "registry"),
    ("docs/zz.md", "ký thay: Hồ Thử T" + "ên.\n", "name of somebody"),
    (unicodedata.normalize("NFD", "docs/phường.md"), "a\n", "name is not in NFC"),
]
INNOCENTS = [
    ("docs/zz.md", "Ủy ban nhân dân xã, phường\n\n\tthụt vào\n"),
    ("tests/fuzz/corpus/zz", b"\xff\xfe\r\n"),
    ("docs/zz_empty.md", ""),
    ("docs/zz.md", "Hồ Thử Việc Tên\n"),
]

if __name__ == "__main__":
    checklib.main("text", check, PLANTS, INNOCENTS, each=True)
