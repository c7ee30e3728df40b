#!/usr/bin/env python3
"""For hostile.test.mjs: a catalogue whose every word is hostile, and a look into the files that come out.

  hostile.py catalogue FROM TO        copy the catalogue, with a hostile text before each label
  hostile.py list FILE.xlsx FILE.csv  the two exports of a list as JSON rows; complains about formulas and broken quotes
  hostile.py issue DIR                all files of an issue: each must parse, whole, with nothing live in it
  hostile.py calendar FILE.ics        each line is a line of iCalendar, nothing was put between them
"""
import csv
import glob
import html
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile

# Each begins or holds what some reader takes for more than text.
TEXTS = ["<script>parent.hit=1</script>", "=HYPERLINK(\"http://x\")", "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2+3",
         "\"><img src=x onerror=parent.hit=1>", "👪 họ 𠀀", "]]>&amp;&#x3c;",
         "'; DROP TABLE x;--", "{{7*7}}${7*7}", "one\",\"two", "\\u0000\\n%0d%0aX-Evil: 1", "＝1＋1"]
WORDS = {"label_vi", "label_en", "name_vi", "measured_vi", "constraint_vi", "constraint_en", "section"}
LIVE = re.compile(r"^[=+\-@\t\r＝＋－＠]")


def catalogue(source, to):
    n = 0
    os.makedirs(to, exist_ok=True)
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        if os.path.isdir(path):
            os.symlink(os.path.abspath(path), os.path.join(to, name))
            continue
        if not name.endswith(".csv"):
            continue
        with open(path, encoding="utf-8-sig", newline="") as f:
            rows = list(csv.DictReader(f))
        names = list(rows[0])
        for row in rows:
            for key in names:
                if key not in WORDS or not row[key]:
                    continue
                n += 1
                text = TEXTS[hash_of(name, key, row[key]) % len(TEXTS)]
                row[key] = text if key == "section" else "%s %s" % (text, row[key])
        if name == "params.csv":
            rows += paper(names)
        with open(os.path.join(to, name), "w", encoding="utf-8", newline="") as f:
            w = csv.DictWriter(f, names, lineterminator="\n")
            w.writeheader()
            w.writerows(rows)
    print("%d hostile words" % n)


def paper(names):
    """What the papers print, as an office might have typed it."""
    for name, text in (("paper_unit", "735"), ("paper_parent", "UBND <TỈNH> & \"X\""), ("paper_organ", "=ỦY BAN</w:t>"),
                       ("paper_notation", "BC/<UBND>&"), ("paper_place", "<!--Vĩnh Cửu-->"), ("paper_to", "]]>&lt;Sở"),
                       ("paper_recipients", "Như trên; {{7*7}}; <b>"), ("paper_office", "TM. \"UBND\"|CHỦ TỊCH <>&")):
        yield dict({k: "" for k in names}, name=name, value=text, unit="", valid_from="2000-01-01")


def hash_of(*words):
    return sum(ord(c) * (i + 1) for i, c in enumerate("|".join(words)))


def need(truth, *what):
    if not truth:
        raise SystemExit("hostile: " + " ".join(map(str, what)))


# ---- one list ----
NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheet(path):
    """Rows of texts of the first sheet, by column; nothing in it may be live."""
    with zipfile.ZipFile(path) as z:
        need(z.testzip() is None, "a part of the workbook is broken", path)
        for name in z.namelist():
            need(not re.search(r"(^/|\.\.|vba|externalLink)", name), "a part that has no business there", name)
            if name.endswith((".xml", ".rels")):
                ET.fromstring(z.read(name))
        shared = []
        if "xl/sharedStrings.xml" in z.namelist():
            items = ET.fromstring(z.read("xl/sharedStrings.xml"))
            shared = ["".join(t.text or "" for t in item.iter(NS + "t")) for item in items]
        root = ET.fromstring(z.read("xl/worksheets/sheet1.xml"))
    need(not list(root.iter(NS + "f")) and not list(root.iter(NS + "hyperlink")), "a formula or link", path)
    rows = []
    for row in root.iter(NS + "row"):
        cells = {}
        for c in row.iter(NS + "c"):
            column = re.match("[A-Z]+", c.get("r")).group(0)
            value, kind = c.find(NS + "v"), c.get("t")
            if kind == "inlineStr":
                cells[column] = "".join(t.text or "" for t in c.iter(NS + "t"))
            elif kind == "s":
                cells[column] = shared[int(value.text)]
            elif value is not None:
                cells[column] = value.text
        rows.append([cells[k] for k in sorted(cells, key=lambda k: (len(k), k))])
    return rows


def table(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        text = f.read()
    rows = list(csv.reader(io.StringIO(text), strict=True))
    need(len({len(r) for r in rows if r}) <= 1 or "BC_" in path, "rows of different length", path)
    for row in rows:
        for cell in row:
            need(not LIVE.match(cell) or re.fullmatch(r"-?[0-9.,]+", cell), "a live cell", repr(cell), path)
    return rows


def one_list(book, text):
    rows, lines = sheet(book), table(text)
    print(json.dumps({"xlsx": rows, "csv": lines}))


# ---- an issue ----
def docx(path):
    with zipfile.ZipFile(path) as z:
        need(z.testzip() is None, "docx is broken")
        for name in z.namelist():
            if name.endswith((".xml", ".rels")):
                root = ET.fromstring(z.read(name))
                need("External" not in [e.get("TargetMode") for e in root.iter()], "docx points outside", name)
        text = ET.fromstring(z.read("word/document.xml"))
    word = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    need(not list(text.iter(word + "instrText")) and not list(text.iter(word + "fldSimple")), "a field in the docx")
    return "".join(t.text or "" for t in text.iter(word + "t"))


def pdf(path):
    with open(path, "rb") as f:
        raw = f.read()
    need(raw.startswith(b"%PDF-") and raw.rstrip().endswith(b"%%EOF"), "not a whole PDF")
    for word in (b"/JavaScript", b"/JS ", b"/Launch", b"/URI", b"/OpenAction", b"/EmbeddedFile"):
        need(word not in raw, "something live in the PDF", word)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True).stdout.decode()


def issue(folder):
    found = {}
    for path in sorted(glob.glob(os.path.join(folder, "BC_*"))):
        kind = path.split(".", 1)[1].split("_")[-1]
        if path.endswith(".minisig"):
            with open(path, encoding="utf-8") as f:
                lines = f.read().split("\n")
            need(len(lines) == 5 and lines[2].startswith("trusted comment: "), "lines of a signature", path)
        elif path.endswith(".json"):
            with open(path, encoding="utf-8") as f:
                found[kind] = json.dumps(json.load(f), ensure_ascii=False)
        elif path.endswith(".xml"):
            found[kind] = html.unescape(ET.tostring(ET.parse(path).getroot(), encoding="unicode"))
        elif path.endswith(".csv"):
            found[kind] = json.dumps(table(path), ensure_ascii=False)
        elif path.endswith(".xlsx"):
            found[kind] = json.dumps(sheet(path), ensure_ascii=False)
        elif path.endswith(".docx"):
            found[kind] = docx(path)
        elif path.endswith(".pdf"):
            found[kind] = pdf(path)
        else:
            raise SystemExit("hostile: a file that is not known: " + path)
    for kind in ("json", "csv", "xlsx", "docx", "pdf", "adx.xml", "manifest.json"):
        need(kind in found, "no file", kind, "among", sorted(found))
    for kind in ("xlsx", "docx", "pdf"):
        for sign in ("<script>", "]]>&amp;", "{{7*7}}"):
            need(sign in found[kind], "a label lost its", sign, "in", kind)
    print("%d files of the issue" % len(found))


def calendar(path):
    with open(path, encoding="utf-8", newline="") as f:
        text = f.read()
    need(text.endswith("\r\n") and not re.search(r"(?<!\r)\n|\r(?!\n)", text), "a line end inside a line")
    lines = text.replace("\r\n ", "").split("\r\n")[:-1]
    names = {re.match(r"[A-Z-]+", line).group(0) for line in lines if re.match(r"[A-Z-]+[;:]", line)}
    need(all(re.match(r"[A-Z-]+[;:]", line) for line in lines), "a line of nobody")
    allowed = {"BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "UID", "DTSTAMP", "DTSTART", "DTEND",
               "SUMMARY", "DESCRIPTION", "CATEGORIES", "TRANSP", "X-WR-CALNAME", "X-WR-TIMEZONE", "TRIGGER", "ACTION"}
    need(names <= allowed, "properties that nobody wrote", names - allowed)
    parts = {line for line in lines if line.startswith("BEGIN")}
    need(parts <= {"BEGIN:VCALENDAR", "BEGIN:VEVENT", "BEGIN:VALARM"}, "a part that nobody made", parts)
    for line in text.encode().split(b"\r\n"):
        need(len(line) <= 75, "a line of %d bytes" % len(line))
    print("%d lines" % len(lines))


if __name__ == "__main__":
    {"catalogue": catalogue, "list": one_list, "issue": issue, "calendar": calendar}[sys.argv[1]](*sys.argv[2:])
