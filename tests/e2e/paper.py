#!/usr/bin/env python3
"""The code on a printed report, from the sheet to the answer of `verify --paper`.

  paper.py BUILD_DIR

A hub issues a report. Its PDF is rasterised, as a scanner or a telephone sees it (also coarse, turned and blurred), and
the picture taken out of its DOCX; another program than ours reads the code. What was read is checked with the hub's
public key alone, where nothing of a hub is; every other line, and every other key, is refused in plain words.
Needs pdftoppm (poppler-utils) and zbarimg (zbar-tools); prints SKIP and ends with 77 where they are not.
"""
import glob
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import zipfile

from world import ROOT, TOOL_S, Failed, Hub, Story, check, play

UNIT, REPORT, PERIOD = "26170", "RP04", "2023-6M"
BAD_SIGNATURE, FAILED = 13, 1  # docs/exit-codes.md
GOOD = {"vi": "Chữ ký đúng: %s, đơn vị %s, kỳ %s, bản số %s, mã số liệu %s\n",
        "en": "The signature is good: %s, unit %s, period %s, issue %s, figures %s\n"}
UNSIGNED = {"vi": "Dòng này KHÔNG phải do trung tâm ký: bản in đã bị sửa hoặc đọc sai.",
            "en": "This line is NOT signed by the hub: the paper was changed or misread."}
NO_KEY = {"vi": "Không đọc được khóa công khai (--pubkey).", "en": "The public key cannot be read (--pubkey)."}
BAD_KEY = {"vi": "Tệp khóa công khai (--pubkey) không phải khóa minisign; chưa kiểm tra gì.",
           "en": "The public key (--pubkey) is no minisign key; nothing was verified."}
WHITE = 255


# --- pictures: (width, height, grey bytes), read and written as PGM ---

def read_pgm(data):
    magic, size, most, dots = data.split(b"\n", 3)
    width, height = map(int, size.split())
    check("a grey picture", magic == b"P5" and most == b"255" and len(dots) == width * height)
    return width, height, dots


def pgm(picture):
    return b"P5\n%d %d\n255\n" % picture[:2] + bytes(picture[2])


def turned(picture, degrees):
    """Around its middle; between the dots of before it is mixed, and white comes in at the edges."""
    width, height, dots = picture
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    out = bytearray([WHITE]) * (width * height)
    for y in range(height):
        for x in range(width):
            dx, dy = x - width / 2, y - height / 2
            sx, sy = cos * dx - sin * dy + width / 2, sin * dx + cos * dy + height / 2
            at_x, at_y = int(sx), int(sy)
            if not (0 <= sx < width - 1 and 0 <= sy < height - 1):
                continue
            fx, fy, at = sx - at_x, sy - at_y, at_y * width + at_x
            above = dots[at] * (1 - fx) + dots[at + 1] * fx
            below = dots[at + width] * (1 - fx) + dots[at + width + 1] * fx
            out[y * width + x] = int(above * (1 - fy) + below * fy)
    return width, height, out


def blurred(picture):
    """Each dot the mean of the nine around it."""
    width, height, dots = picture
    out = bytearray([WHITE]) * (width * height)
    for y in range(1, height - 1):
        rows = [dots[i * width:(i + 1) * width] for i in (y - 1, y, y + 1)]
        sums = [a + b + c for a, b, c in zip(*rows)]
        for x in range(1, width - 1):
            out[y * width + x] = (sums[x - 1] + sums[x] + sums[x + 1]) // 9
    return width, height, out


class Paper(Story):
    # --- tools -----------------------------------------------------------------------------------------------------

    def decoded(self, file):
        """The lines of all codes in a picture, as zbar reads them."""
        p = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", self.path(file)],
                           capture_output=True, timeout=TOOL_S, check=False)
        return p.stdout.decode().splitlines()

    def pages(self, dots_per_inch):
        """The pages of the PDF as files of grey dots."""
        name = "trang-%d" % dots_per_inch
        subprocess.run(["pdftoppm", "-gray", "-r", str(dots_per_inch), self.file(".pdf"), self.path(name)],
                       timeout=TOOL_S, check=True)
        return sorted(os.path.basename(p) for p in glob.glob(self.path(name + "-*.pgm")))

    def file(self, ending):
        name, = [n for n in os.listdir(self.path("xuat")) if n.startswith("BC_") and n.endswith(ending) and
                 n.count(".") == ending.count(".")]
        return self.path("xuat", name)

    def verify(self, line, key, lang, exit_code, *more):
        """(stdout, stderr) of the check on a machine that has the program, the line and at most the key."""
        asked = [self.hub.binary, "verify", "--paper", line, *(["--pubkey", key] if key else []), "--lang", lang,
                 *more]
        p = subprocess.run(asked, cwd=self.path("khac"), env=self.w.env, stdin=subprocess.DEVNULL, capture_output=True,
                           timeout=TOOL_S, check=False)
        out, err = p.stdout.decode(), p.stderr.decode()
        if p.returncode != exit_code:
            raise Failed("verify --paper %s: exit %d\n%s%s" % (line, p.returncode, out, err))
        return out, err

    def refused(self, what, line, key, words=None, exit_code=BAD_SIGNATURE):
        words = words or UNSIGNED
        for lang in ("vi", "en"):
            out, err = self.verify(line, key, lang, exit_code)
            check("%s is refused (%s): %s" % (what, lang, err.strip()), words[lang] in err and not out)

    # --- the story -------------------------------------------------------------------------------------------------

    def issued(self):
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"))
        self.hub.run()
        node = self.w.node(UNIT)
        node.join()
        node.tool("put", "--type", "person", "full_name=Lò Thị Mẫu", "sex=female")
        node.tool("sync", ok=(0, 14))
        self.issue = self.hub.ask("close", "--report", REPORT, "--period", PERIOD)
        self.hub.tool("export", "--issue", str(self.issue["id"]), "--out", "xuat")
        other = Hub(self.w)
        other.name = "hub2"
        other.init("617", "Huyện khác", os.path.join(ROOT, "catalogue"))
        other.run()
        issue = other.ask("close", "--report", REPORT, "--period", PERIOD)
        other.tool("export", "--issue", str(issue["id"]), "--out", "xuat2")
        other.end()
        self.hub.end()
        os.mkdir(self.path("khac"))  # nothing of a hub stands here
        shutil.copy(self.path("xuat", "dongbo.pub"), self.path("khac", "cua-ho.pub"))
        shutil.copy(self.path("xuat2", "dongbo.pub"), self.path("khac", "khac.pub"))
        with open(self.path("khac", "cua-ho.pub"), encoding="ascii") as f:
            self.key = f.read().split("\n")[1]

    def read_from_paper(self):
        found = [(page, self.decoded(page)) for page in self.pages(300)]
        lines = [line for _, some in found for line in some]
        print("     %s" % lines)
        check("one sheet carries one code", len(lines) == 1)
        self.line = lines[0]
        self.page = [i for i, (_, some) in enumerate(found) if some][0]
        with zipfile.ZipFile(self.file(".docx")) as z:
            pictures = [n for n in z.namelist() if n.startswith("word/media/")]
            check("the DOCX has one picture", len(pictures) == 1)
            self.write_file("docx.png", z.read(pictures[0]))
        check("the DOCX carries the same line", self.decoded("docx.png") == [self.line])
        with open(self.file(".json"), "rb") as f:
            self.digest = hashlib.blake2b(f.read(), digest_size=32).hexdigest()
        check("it says which report, and the digest of its figures", self.line.split(" ")[:6] ==
              ["DONGBO-BC/1", REPORT, "735", PERIOD, "1", self.digest])

    def read_from_worse(self):
        """As a scanner of an office and a hand with a telephone give it: coarse, askew, out of focus."""
        for dots_per_inch, what, worsen in ((150, "askew", lambda p: turned(p, 3)), (200, "out of focus", blurred),
                                            (200, "both", lambda p: blurred(turned(p, -3)))):
            page = read_pgm(self.read_file(self.pages(dots_per_inch)[self.page]))
            self.write_file("xau.pgm", pgm(worsen(page)))
            check("it is read at %d dots per inch, %s" % (dots_per_inch, what),
                  self.decoded("xau.pgm") == [self.line])

    def is_good(self):
        told = (REPORT, "735", PERIOD, "1", self.digest)
        for key in ("cua-ho.pub", self.key):
            for lang, own in (("vi", "Khóa công khai: "), ("en", "Public key: ")):
                out, err = self.verify(self.line, key, lang, 0)
                check("the line is good by the key alone (%s)" % lang,
                      out == own + self.key + "\n" + GOOD[lang] % told and not err)
        out, _ = self.verify(self.line, self.key, "vi", 0, "--json")
        check("a program reads it too", json.loads(out) == {
            "ok": True, "report": REPORT, "unit": "735", "period": PERIOD, "issue": 1, "figures": self.digest,
            "pubkey": self.key, "key_came_along": False})
        out, _ = self.verify("  %s \n" % self.line, self.key, "vi", 0)
        check("blanks around it, as a reader's program leaves them, do no harm", GOOD["vi"] % told in out)

    def is_refused(self):
        words = self.line.split(" ")
        for i, word in enumerate(words):
            at = len(word) // 2
            other = word[:at] + ("1" if word[at] != "1" else "2") + word[at + 1:]
            self.refused("another character in word %d" % (i + 1), " ".join(words[:i] + [other] + words[i + 1:]),
                         self.key)
        for what, line in (("a line without its last character", self.line[:-1]),
                           ("without its first", self.line[1:]), ("without its last word", " ".join(words[:-1])),
                           ("half a line", self.line[:len(self.line) // 2]), ("no line", ""),
                           ("a line twice", self.line + " " + self.line)):
            self.refused(what, line, "cua-ho.pub")
        self.refused("a good line by another hub's key", self.line, "khac.pub")
        self.refused("by a file that is not there", self.line, "khong-co.pub", NO_KEY, FAILED)
        with open(self.path("khac", "hong.pub"), "w", encoding="ascii") as f:
            f.write("untrusted comment: hong\n%s\n" % self.key[:-1])
        self.refused("by a key that is none", self.line, "hong.pub", BAD_KEY, FAILED)
        os.remove(self.path("khac", "hong.pub"))
        self.refused("without any key", self.line, None, NO_KEY, FAILED)
        check("nothing was made where it was checked", sorted(os.listdir(self.path("khac"))) ==
              ["cua-ho.pub", "khac.pub"])

    def run(self):
        self.go(self.issued, self.read_from_paper, self.read_from_worse, self.is_good, self.is_refused)


if __name__ == "__main__":
    if not (shutil.which("pdftoppm") and shutil.which("zbarimg")):
        print("SKIP: pdftoppm (poppler-utils) and zbarimg (zbar-tools) are needed")
        sys.exit(77)
    sys.exit(play(__doc__, lambda world, _: Paper(world).run()))
