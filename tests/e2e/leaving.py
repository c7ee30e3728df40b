"""What leaves a hub, field by field: the viewer's answers, and where in a body a number or a choice stands.

Everywhere in figures there are small numbers and words like "female", so that a search in the bytes says nothing of
them. Here each body is taken apart into (place, value). A number may stand only at members that NUMBERS names or that
are named like an open field, and a choice that some record has in a field of class 2 or more only at the places of
CHOICES. A place that nobody has thought about is a find.
"""
import csv
import html
import http.cookies
import io
import json
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
import zipfile

from world import ROOT, TOOL_S

NUMBER = re.compile(r"-?\d{1,7}([.,]\d+)?%?")
COUNTED = ("int", "money", "decimal")  # kinds of fields that are numbers

# Members at which a number may stand: figures, codes of units, and what is counted about the files and the hub itself.
NUMBERS = set("""
    num den value sent hub text delta count record_count differing same before after target_base target_value left_out
    unit code orgUnit organisationUnit report_unit missing outside nothing_sent period year
    id no line number issue size units_of units_sent edition position cut_position keys_position port web_port
    sets records nodes alarms pairs conflicts held connections connections_refused waiting waiting_sets waiting_bytes
    quarantine quarantine_sets requests_open requests_overdue breaches_open breaches_overdue transfers_open
    transfers_overdue crossed_open pages copied done of scrub_findings applied delivered key_changes clock_off_ms
    soon overdue wrong failed erased erased_by lost_count read_erased_count unexplained_count progress events in_time
    late late_unproven
    not_started draft submitted returned accepted locked withdrawn beside
""".split())
SHEETS = {"Tổng hợp": "AE", "Chỉ tiêu giao": "E", "Đơn vị": "A", "Nguồn": "B"}  # columns of workbooks with numbers
# Where the value of a breakdown stands, or its label.
CHOICES = {
    "json.lines.rows.value", "json.lines.rows.label_vi", "json.lines.rows.label_en", "json.corrections.value",
    "/api/report.report.lines.rows.value", "/api/report.report.lines.rows.label_vi",
    "/api/report.report.lines.rows.label_en", "/api/diff.cells.a.value", "/api/diff.cells.b.value",
    "/api/report/show.figures.value", "/api/report/show.figures.value_vi", "/api/report/show.figures.value_en",
    "csv.part.by_value", "csv.part_sum.by_value", "dhis2.dataValues.categoryOptionCombo", "docx.cell",
    "xlsx.Tổng hợp.B", "xlsx.Tổng hợp.C", "xlsx.Theo đơn vị.B", "xlsx.Theo đơn vị.C",
}
# What the test must find, each in a form of its own.
PLANTED = [
    ("x.json", b'{"lines":[{"rows":[{"value":"female","sex":"female"}]}]}'),
    ("x.json", b'{"persons":[{"minutes":45}]}'),
    ("x.csv", b"kind,unit,num,minutes\nfigure,26170,3,45\n"), ("x.csv", "kind,by_value\nfigure,Nữ\n".encode()),
    ("x.adx.xml", b'<dataValue value="3" age="17"/>'), ("/api/owes", b'{"rows":[{"role":"deputy"}]}'),
    ("/api/owes", b'{"rows":[{"people":"4"}]}'),
]


def viewer_roads():
    """(method, path, the parameters' names) of all that a viewer may ask, as the hub describes itself."""
    with open(os.path.join(ROOT, "web/openapi-hub.json"), encoding="utf-8") as f:
        paths = json.load(f)["paths"]
    return [(method, path, [p["name"] for p in what.get("parameters", []) if "name" in p])
            for path, item in paths.items() for method, what in item.items() if "viewer" in what.get("x-roles", [])]


class Viewer:
    """A login at the hub's page that may only look."""

    def __init__(self, hub):
        self.at = "https://127.0.0.1:%d" % hub.ports["web"]
        context = ssl.create_default_context(cafile=os.path.join(hub.world.dir, hub.name, "tls/cert.pem"))
        context.check_hostname = False
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        self.cookie = ""
        once = hub.ask("user", "add", "Xem", "--role", "viewer")["password"]
        self.csrf = json.loads(self.ask("GET", "/api/session")[1])["csrf"]
        for path, body in (("/api/login", {"name": "Xem", "password": once}),
                           ("/api/password", {"old": once, "password": "mật khẩu dài của người xem"})):
            self.csrf = json.loads(self.ask("POST", path, body)[1])["csrf"]

    def ask(self, method, path, body=None):
        """(status, body) of the answer. Of a stream that does not end, its first message."""
        request = urllib.request.Request(self.at + path, method=method, headers={"Cookie": self.cookie})
        if body is not None:
            request.data = json.dumps(body).encode()
            for name, value in (("Origin", self.at), ("X-Dongbo-Csrf", self.csrf),
                                ("Content-Type", "application/json")):
                request.add_header(name, value)
        try:
            answer = self.opener.open(request, timeout=TOOL_S)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer as r:
            for name, morsel in http.cookies.SimpleCookie(r.headers.get("Set-Cookie", "")).items():
                self.cookie = "%s=%s" % (name, morsel.value)
            if not r.headers["Content-Type"].startswith("text/event-stream"):
                return r.status, r.read()
            lines = [r.readline()]
            while lines[-1].strip():
                lines.append(r.readline())
            return r.status, b"".join(x[len(b"data: "):] for x in lines if x.startswith(b"data: "))


# --- taking apart ---

def of_json(value, at):
    if isinstance(value, dict):
        for key, v in value.items():
            yield from of_json(v, "%s.%s" % (at, key))
    elif isinstance(value, list):
        for v in value:
            yield from of_json(v, at)
    elif value is not None and not isinstance(value, bool):
        yield at, str(value)


def of_csv(body, at):
    for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig"))):
        for column, value in row.items():
            yield "%s.%s.%s" % (at, row["kind"], column), value


def of_xml(body, at):
    for element, rest in re.findall(r"<([\w:]+)((?:\s+[\w:]+=\"[^\"]*\")*)", body.decode()):
        for name, value in re.findall(r"([\w:]+)=\"([^\"]*)\"", rest):
            yield "%s.%s.%s" % (at, element, name), html.unescape(value)


def of_xlsx(body, at):
    with zipfile.ZipFile(io.BytesIO(body)) as z:
        def part(name):
            return z.read("xl/" + name).decode()
        texts = [html.unescape("".join(re.findall(r"<t[^>]*>([^<]*)</t>", s)))
                 for s in re.findall(r"<si>(.*?)</si>", part("sharedStrings.xml"), re.S)]
        for i, sheet in enumerate(re.findall(r"<sheet name=\"([^\"]+)\"", part("workbook.xml"))):
            cells = re.findall(r"<c r=\"([A-Z]+)\d+\"([^>]*)><v>([^<]*)</v>", part("worksheets/sheet%d.xml" % (i + 1)))
            for column, kind, value in cells:
                yield "%s.%s.%s" % (at, sheet, column), texts[int(value)] if 't="s"' in kind else value


def of_docx(body, at):
    with zipfile.ZipFile(io.BytesIO(body)) as z:
        text = z.read("word/document.xml").decode()
    for cell in re.findall(r"<w:tc>.*?</w:tc>", text, re.S):
        yield at + ".cell", html.unescape("".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", cell)))
    for line in re.findall(r"<w:p>.*?</w:p>", re.sub(r"<w:tbl>.*?</w:tbl>", "", text, flags=re.S), re.S):
        yield at + ".line", html.unescape("".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", line)))


def apart(name, body):
    """(place, value) of a file of an issue or, for a name that begins with "/", of an answer."""
    if name.startswith("/"):
        return of_json(json.loads(body), name)
    ends = {".manifest.json": "manifest", ".registrations.json": "registrations", ".dhis2.json": "dhis2",
            ".json": "json", ".csv": "csv", ".adx.xml": "adx", ".xlsx": "xlsx", ".docx": "docx"}
    end = next((e for e in ends if name.endswith(e)), None)
    how = {".csv": of_csv, ".adx.xml": of_xml, ".xlsx": of_xlsx, ".docx": of_docx}.get(end)
    if end is None:
        return []
    return how(body, ends[end]) if how else of_json(json.loads(body), ends[end])


# --- looking ---

def choice_words(chosen):
    """The codes and labels of these (list, value)."""
    with open(os.path.join(ROOT, "catalogue/choices.csv"), encoding="utf-8-sig", newline="") as f:
        return {row[c] for row in csv.DictReader(f) if (row["list"], row["value"]) in chosen
                for c in ("value", "label_vi", "label_en")}


def may_be_number(at, names):
    form, rest = at.split(".", 1)
    if form == "xlsx":
        sheet, column = rest.rsplit(".", 1)
        return column in SHEETS.get(sheet, "") or (sheet == "Theo đơn vị" and column >= "D")
    return at == "docx.cell" or rest.rsplit(".", 1)[-1] in names


def may_be_choice(at):
    return at in CHOICES or re.fullmatch(r"adx\.dataValue\.[A-Z_]+", at)


def misplaced(name, body, choices, numbers):
    """The (place, value) of a body where no number or choice may stand, and how many fields it has. The catalogue is
    the same whatever the records are."""
    bad, n = set(), 0
    for at, value in apart(name, body) if name != "/api/catalogue" else ():
        value, n = value.strip().lstrip("– "), n + 1
        if (NUMBER.fullmatch(value) and not may_be_number(at, numbers)) or (value in choices and not may_be_choice(at)):
            bad.add((at, value))
    return bad, n
