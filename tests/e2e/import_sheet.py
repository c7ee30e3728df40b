#!/usr/bin/env python3
"""Lists as offices have them, imported by the real program: a workbook, old fonts, other columns' names, a dry run.

  import_sheet.py BUILD_DIR
"""
import json
import os
import sys
import zipfile

from world import ROOT, check, play

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org"


def workbook(path, rows):
    """A workbook with one sheet; a number is a day when its cell is ('day', number)."""
    lines = []
    for r, row in enumerate(rows, 1):
        cells = []
        for c, value in enumerate(row):
            at = f"{chr(65 + c)}{r}"
            if isinstance(value, tuple):
                cells.append(f'<c r="{at}" s="1"><v>{value[1]}</v></c>')
            elif value != "":
                cells.append(f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>')
        lines.append(f'<row r="{r}">{"".join(cells)}</row>')
    parts = {
        "xl/workbook.xml": f'<workbook {NS} xmlns:r="{REL}/officeDocument/2006/relationships"><sheets>'
                           '<sheet name="DS" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{REL}/package/2006/relationships">'
                                      '<Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {NS}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet {NS}><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts.items():
            z.writestr(name, text)


def persons(node):
    return {r["values"]["full_name"]: r["values"] for r in node.ask("list", "--type", "person")["rows"]}


def story(world):
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"))
    world.hub.run()
    node = world.node("26170")
    node.tool("init", "--name", "26170")
    node.tool("join", world.hub.ask("invite", "--unit", "26170")["invitation"])
    node.run()
    node.sync()

    def path(name):
        return os.path.join(world.dir, name)

    def imported(name, *options, ok=(0,)):
        return node.ask("import", "--type", "person", "--person", "Lan", *options, path(name), ok=ok)

    # A workbook with a title, a running number, labels instead of names, and one impossible date.
    workbook(path("ds.xlsx"), [
        ["DANH SÁCH NĂM 2023"], [],
        ["STT", "Họ, chữ đệm và tên khai sinh", "Giới tính", "SINH NGÀY (dd/mm/yyyy)", "Số định danh cá nhân (12 số)"],
        ["1", "Nguyễn Văn Hòa", "Nam", ("day", 31121), "075085000001"],
        ["2", "Trần Thị Mỹ", "Nữ", "1990", ""],
        ["3", "Lê Văn Sai", "Nam", "31/02/1990", "075085000003"],
    ])
    options = ["--header", "3", "--map", "STT="]
    tried = imported("ds.xlsx", "--dry-run", *options, ok=(3,))
    check("a dry run counts", (tried["created"], tried["bad_rows"], tried["sets"], tried["dry"]) == (2, 1, 0, True))
    check("a dry run saves nothing", persons(node) == {})
    done = imported("ds.xlsx", *options, ok=(3,))
    check("two persons", done["created"] == 2 and not done["dry"])
    check("the bad row is named by its row", [(b["line"], b["column"]) for b in done["bad"]] == [(6, "dob")])
    people = persons(node)
    check("a day of the workbook", people["Nguyễn Văn Hòa"]["dob"] == "1985-03-15")
    check("a year alone", people["Trần Thị Mỹ"]["dob"] == "1990")
    check("a label is a choice", people["Trần Thị Mỹ"]["sex"] == "female")

    # The same list in the fonts of before Unicode, in bytes of an old code page.
    head = "full_name;sex;national_id\n"
    for name, text, wanted in (("tcvn3", "§Æng ThÞ Hång;female;075190000001\n", "Đặng Thị Hồng"),
                               ("vni", "Nguyeãn Vaên Ñöùc;male;075090000002\n", "Nguyễn Văn Đức")):
        with open(path(name + ".csv"), "wb") as f:
            f.write((head + text).encode("latin-1"))
        asked(node, path(name + ".csv"), name)
        check("in", imported(name + ".csv", "--text", name)["created"] == 1)
        check(wanted, wanted in persons(node))
    streamed(node, path)
    # As a spreadsheet saves it: the signs of the font as letters of Unicode.
    workbook(path("cu.xlsx"), [["full_name", "sex"], ["NguyÔn ThÞ Thñy", "female"]])
    before = len(persons(node))
    node.tool("import", "--type", "person", "--person", "Lan", path("cu.xlsx"), ok=(1,))
    check("nothing is taken before the font is said", len(persons(node)) == before)
    imported("cu.xlsx", "--text", "tcvn3")
    check("Thủy", "Nguyễn Thị Thủy" in persons(node))

    # What is refused whole.
    for options in (["--map", "Cột không có=dob"], ["--header", "0"], ["--sheet", "0"], ["--text", "ascii"]):
        node.tool("import", "--type", "person", "--person", "Lan", *options, path("ds.xlsx"), ok=(2,))
    node.tool("import", "--type", "person", "--person", "Lan", "--sheet", "2", path("ds.xlsx"), ok=(1,))
    with open(path("x.xlsx"), "wb") as f:
        f.write(b"PK\x03\x04 not a workbook")
    node.tool("import", "--type", "person", "--person", "Lan", path("x.xlsx"), ok=(1,))
    check("nothing more came in", len(persons(node)) == 5)
    doubles(node, path("trung.csv"))
    nameless(node, path("trung-diem.csv"))
    called(node, path("tham.csv"))
    strangers(node, path("nham-so.csv"))
    backlog(node, path("so-cu.csv"))
    districts(world.hub, path)


def doubles(node, path):
    """A trial names new rows that look like a record that is here, or like another row."""
    with open(path, "w", encoding="utf-8") as f:
        f.write("id,full_name,sex,dob,national_id\n"
                ",NGUYEN VAN HOA,male,15/03/1985,\n"       # here, without marks
                ",Nguyễn Văn Hòa,male,1986,\n"             # born in another year
                ",Trần Thị  mỹ,female,,\n"                 # here, no date to speak against it
                ",Phạm Văn Mới,male,1970,\n"
                ",Phạm Văn Mới,male,1970,\n"               # like the row above
                ",Nguyễn Văn Hòa,male,15/03/1985,075085000001\n")  # its number: an edit
    before = persons(node)

    def tried(*options, ok=(0,)):
        return node.ask("import", "--type", "person", "--person", "Lan", *options, path, ok=ok)
    look = tried("--dry-run")
    named = [(a["line"], a.get("above"), [r["title"] for r in a.get("records", [])]) for a in look["alike"]]
    check("the look-alikes are named by their rows",
          named == [(2, None, ["Nguyễn Văn Hòa"]), (4, None, ["Trần Thị Mỹ"]), (6, 5, [])])
    first = look["alike"][0]["records"][0]
    check("with the record's id and day", (first["dob"], len(first["id"])) == ("1985-03-15", 32))
    check("all of them were looked for", look["alike_all"] is True and look["created"] == 5)
    said = node.tool("import", "--type", "person", "--person", "Lan", "--dry-run", path)
    check("for people too", "giống dòng 5" in said and "Trần Thị Mỹ" in said)
    check("a trial saves nothing", persons(node) == before)
    with open(path, "w", encoding="utf-8") as f:
        f.write("full_name,sex\n")
        f.writelines("Người Thứ %s,male\n" % "".join(chr(97 + int(d)) for d in str(n)) for n in range(1001))
    many = tried("--dry-run")
    check("of more than 1,000 it says that it did not look", (many["alike_all"], many["created"]) == (False, 1001))


def nameless(node, path):
    """Records without a name: a row is a double of what has all of its values, here or above."""
    command = ["import", "--type", "hotspot", "--person", "Lan"]
    head = "kind,place,since,state,reported_to\n"
    rows = ["drugs,Bãi đất trống,01/02/2023,active,", "drugs,Bãi đất trống,02/02/2023,active,"]
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + "\n".join(rows) + "\n")
    first = node.ask(*command, "--dry-run", path)
    check("the same place on another day is no double",
          (first["created"], first["alike"], first["alike_all"]) == (2, [], True))
    node.ask(*command, path)
    with open(path, "w", encoding="utf-8") as f:
        f.write(head + rows[0].replace("01/02", "1/2") + "\n" + "drugs,Bãi đất trống,03/02/2023,active,\n" * 2
                + rows[1] + "\nother,Bãi đất trống,01/02/2023,active,\n")
    second = node.ask(*command, "--dry-run", path)
    named = [(a["line"], a.get("above"), [r["title"] for r in a.get("records", [])]) for a in second["alike"]]
    check("a list that was imported is known again: %s" % named,
          named == [(2, None, ["B. đ. t."]), (4, 3, []), (5, None, ["B. đ. t."])])
    with open(path + ".ndjson", "w", encoding="utf-8") as f:
        json.dump({"kind": "drugs", "place": "Bãi đất trống", "since": "2023-02-01", "state": "active"}, f)
    third = node.ask(*command, "--dry-run", path + ".ndjson")
    check("a trial in NDJSON names them too", [a["line"] for a in third["alike"]] == [1])
    for rows, every in ((1000, True), (1001, False)):
        with open(path + ".ndjson", "w", encoding="utf-8") as f:
            f.writelines('{"kind": "drugs", "place": "Nơi %d", "since": "2023-02-01", "state": "active"}\n' % n
                         for n in range(rows))
        many = node.ask(*command, "--dry-run", path + ".ndjson")
        check("of %d rows it says whether it looked for all" % rows,
              (many["created"], many["alike_all"]) == (rows, every))
    said = node.tool(*command, "--dry-run", path)
    check("for people too: " + said, "dòng 2: B. đ. t. (" in said and "giống dòng 3" in said)


def called(node, path):
    """A list says whom a row is about by number, or by name and birth, as offices' lists do."""
    def tried(*rows, type="contact_log", column="client", ok=(0,)):
        with open(path, "w", encoding="utf-8") as f:
            f.write("%s;on_date;note\n" % column + "".join("%s;05/06/2023;n%d\n" % (r, i) for i, r in enumerate(rows)))
        return node.ask("import", "--type", type, "--person", "Lan", path, ok=ok)
    ids = {r["values"]["full_name"]: r["id"] for r in node.ask("list", "--type", "person")["rows"]}
    node.tool("put", "--type", "person", "--person", "Lan", "full_name=Trùng Tên", "sex=male", "dob=1980")
    node.tool("put", "--type", "person", "--person", "Lan", "full_name=Trùng Tên", "sex=male", "dob=02/03/1981")
    two = {r["values"]["dob"]: r["id"] for r in node.ask("list", "--type", "person")["rows"]
           if r["values"]["full_name"] == "Trùng Tên"}
    someone = "Trần Thị Mỹ"
    done = tried("075 085 000001", someone, "Trùng Tên, 1980", "Trùng Tên,2/3/1981", ids[someone])
    check("rows by number, name, name and birth, or id are in", (done["created"], done["bad_rows"]) == (5, 0))
    named = {r["values"]["note"]: r["values"]["client"] for r in node.ask("list", "--type", "contact_log")["rows"]}
    number = [r["id"] for r in node.ask("list", "--type", "person")["rows"]
              if r["values"].get("national_id") == "075085000001"]
    check("each is about whom it named", [named["n%d" % i] for i in range(5)]
          == [*number, ids[someone], two["1980"], two["1981-03-02"], ids[someone]])
    bad = tried("Trùng Tên", "Không Có Ai", "075085999999", "Trùng Tên, 1999", "12345", ok=(3,))["bad"]
    check("two of the name, and nobody, are told by row and column",
          [(b["line"], b["column"]) for b in bad] == [(n, "client") for n in range(2, 7)])
    check("with what to do", "nhiều hồ sơ" in bad[0]["vi"] and "Several" in bad[0]["en"]
          and all("nhập hồ sơ ấy trước" in b["vi"] for b in bad[1:4]))
    with open(path + ".ndjson", "w", encoding="utf-8") as f:
        for row in ({"type": "person", "full_name": "Vừa Thêm", "sex": "female", "national_id": "075190000077"},
                    {"type": "contact_log", "client": "075190000077", "on_date": "2023-06-06", "note": "mới"}):
            f.write(json.dumps(row) + "\n")
    done = node.ask("import", "--person", "Lan", path + ".ndjson")
    check("a row may be about one above it", (done["created"], done["bad_rows"]) == (2, 0))
    bad = tried("Trần Thị Mỹ", column="assignment", ok=(3,))["bad"]
    check("what has no names is asked for by its id", "mã hồ sơ" in bad[0]["vi"] and bad[0]["column"] == "assignment")


def strangers(node, path):
    """A number that slipped a line: the row is kept out, named, and enters by one option."""
    with open(path, "w", encoding="utf-8") as f:
        f.write("full_name,sex,dob,national_id\nHoàng Thị Mười,female,01/02/2001,075085000001\n")
    command = ["import", "--type", "person", "--person", "Lan"]
    before = persons(node)
    said = node.tool(*command, path, ok=(3,))
    check("the tool names the option", "--confirm-same" in said and "khác hẳn" in said)
    check("nobody was renamed", persons(node) == before)
    done = node.ask(*command, "--confirm-same", path + ".loi.csv")
    check("and one says that it is right", (done["edited"], done["bad_rows"]) == (1, 0))
    check("so it is", persons(node)["Hoàng Thị Mười"]["dob"] == "2001-02-01")


def districts(hub, path):
    """The district's own list, a workbook with the words of its plan; what is wrong is said before a row enters."""
    workbook(path("giao.xlsx"), [
        ["CHỈ TIÊU GIAO NĂM 2023"], [],
        ["TT", "Mã chỉ tiêu", "Đơn vị", "Năm", "So sánh", "Giá trị", "Tính cho"],
        ["1", "D01", "26170", "2023", "ge", "12,5", "total"],
        ["2", "D01", "26173", "2023", "ge", "không số", "total"],
        ["3", "D02", "26173", "2023", "ge", "3", "total"],
    ])
    file = path("giao.xlsx")
    options = ["--type", "target", "--header", "3"]

    def targets():
        return [r["values"] for r in hub.ask("list", "--type", "target")["rows"]]
    hub.tool("import", *options, file, ok=(1,))
    check("a column that is no field is named, with what to do: " + hub.said, "TT" in hub.said and "--map" in hub.said)
    options += ["--map", "TT=;Mã chỉ tiêu=indicator;Đơn vị=target_unit"]
    tried = hub.ask("import", *options, "--dry-run", file, ok=(3,))
    check("a trial counts at the hub too", (tried["created"], tried["bad_rows"], tried["dry"]) == (2, 1, True))
    check("and names row and field", [(b["line"], b["column"]) for b in tried["bad"]] == [(5, "value")])
    check("a trial leaves nothing there", targets() == [])
    said = hub.tool("import", *options, file, ok=(3,))
    check("the good rows are in, said in words", "tạo mới 2" in said and "dòng 5, cột value" in said)
    check("as the plan has them", sorted((t["indicator"], t["target_unit"], t["value"]) for t in targets())
          == [("D01", "26170", "12.5"), ("D02", "26173", "3")])
    again = hub.ask("import", *options, "--dry-run", file, ok=(3,))
    check("what came from the list before is named", [a["line"] for a in again["alike"]] == [4, 6])
    with open(path("dai.csv"), "w", encoding="utf-8") as f:
        f.write("indicator,target_unit,year,op,value,per\n" + "D01,26170,2023,ge,1,total\n" * 5001)
    hub.tool("import", "--type", "target", path("dai.csv"), ok=(1,))
    check("too many rows are refused whole", "5000" in hub.said and len(targets()) == 2)
    with open(path("lech.csv"), "w", encoding="utf-8") as f:
        f.write("indicator,target_unit,year,op,value,per\nD01,26170\n")
        f.write("D03,26170,2023,ge,1,total\nD03,26170,2023,ge,x,total\n")
    with open(path("doi.csv"), "w", encoding="utf-8") as f:
        f.write("name,kind,state\n" + "".join("%s,volunteer_team,active\n" % n for n in ("Đội A", "Đội B", "Đội B")))
    hub.ask("import", "--type", "team", path("doi.csv"))
    with open(path("thanh-vien.csv"), "w", encoding="utf-8") as f:
        f.write("team,decision_no\nĐội A,1\nĐội B,2\nĐội C,3\n")
    of = hub.ask("import", "--type", "team_member", "--dry-run", path("thanh-vien.csv"), ok=(3,))
    check("the district's rows name their team too: %s" % of["bad"],
          [(b["line"], b["column"]) for b in of["bad"] if b["column"] == "team"] == [(3, "team"), (4, "team")])
    uneven = hub.ask("import", "--type", "target", "--dry-run", path("lech.csv"), ok=(3,))
    check("a row that is none is counted with the others, in its place",
          (uneven["bad_rows"], [b["line"] for b in uneven["bad"]]) == (2, [2, 4]))
    hub.tool("import", "--type", "khong_co", path("lech.csv"), ok=(1,))
    check("a type that is none is said", "--type" in hub.said)


def asked(node, path, name):
    """A list without --text is refused with a question that names the font."""
    before = len(persons(node))
    node.tool("import", "--type", "person", "--person", "Lan", path, ok=(1,))
    check("asked whether it is " + name, "--text " + name in node.said)
    check("and nothing is taken", len(persons(node)) == before and not os.path.exists(path + ".loi.csv"))


def streamed(node, path):
    """CSV files, which are read in pieces: old fonts in UTF-8, UTF-16, names below a title, one bad row."""
    def written(name, text, encoding="utf-8"):
        with open(path(name), "w", encoding=encoding, newline="") as f:
            f.write(text)
        return path(name)

    def imported(file, *options, ok=(0,)):
        return node.ask("import", "--type", "person", "--person", "Lan", *options, file, ok=ok)

    def refused(file, *options, ok, words):
        node.tool("import", "--type", "person", "--person", "Lan", *options, file, ok=(ok,))
        check("it says " + words, words in node.said)

    head = "Ho ten,Gioi tinh,Ngay sinh\n"
    rows = {"tcvn3": "NguyÔn V¨n §øc,male,1980\n", "vni": "Nguyeãn Vaên Ñöùc,male,1980\n"}
    for name, row in rows.items():
        asked(node, written("u8.csv", head + row), name)
        asked(node, written("mark.csv", head + row, "utf-8-sig"), name)
        asked(node, written("big.csv", head + row * 20000), name)
    options = ["--map", "Ho ten=full_name;Gioi tinh=sex;Ngay sinh=dob"]
    tried = imported(path("u8.csv"), "--text", "vni", "--dry-run", *options)
    check("what the question named reads it", (tried["created"], tried["bad_rows"]) == (1, 0))
    tried = imported(path("u8.csv"), "--text", "unicode", "--dry-run", *options)
    check("what is said to be Unicode is taken as it is", (tried["created"], tried["bad_rows"]) == (1, 0))
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        refused(written("u16.csv", head + "Nguyễn Văn Đức,male,1980\n", encoding), ok=1, words="UTF-16")
    for begins, words in ((bytes.fromhex("d0cf11e0a1b11ae1"), ".xls)"), (b"PK\x03\x04", ".xlsx, .ods, .docx")):
        with open(path("la.csv"), "wb") as f:
            f.write(begins + b"\0\0\n" * 300)
        for option in ([], ["--text", "unicode"]):
            refused(path("la.csv"), *option, ok=1, words=words)
    with open(path("one.csv"), "wb") as f:
        f.write("full_name,sex\nTrần Thị Tốt,female\nLê Văn Đẹp,male\n".encode() + b"M\xfcller,male\n")
    tried = imported(path("one.csv"), "--dry-run", ok=(3,))
    check("one bad row is that row's", [b["line"] for b in tried["bad"]] == [4] and tried["created"] == 2)

    title = "DANH SÁCH; NĂM 2023\r\n\r\nSTT,Họ tên,Giới tính\r\n1,Trần Thị Tốt,female\r\n2,Sai,chim\r\n"
    options = ["--header", "3", "--map", "STT=;Họ tên=full_name;Giới tính=sex", "--dry-run"]
    for encoding in ("utf-8", "utf-8-sig"):
        tried = imported(written("title.csv", title, encoding), *options, ok=(3,))
        check("names below a title, " + encoding, tried["created"] == 1)
        check("lines keep their numbers", [(b["line"], b["column"]) for b in tried["bad"]] == [(5, "sex")])
    long = "x" * 600000 + "\n" + "STT,full_name,sex\n1,Trần Thị Tốt,female\n"
    tried = imported(written("long.csv", long), "--header", "2", "--map", "STT=", "--dry-run")
    check("a title longer than a piece", tried["created"] == 1)
    refused(path("title.csv"), "--header", "99", ok=1, words="rỗng")
    refused(path("title.csv"), "--sheet", "2", ok=2, words="--sheet")
    refused(path("title.csv"), "--header", "x", ok=2, words="--header")
    refused(written("rows.ndjson", "{}\n"), "--header", "2", ok=2, words="NDJSON")


def backlog(node, path):
    """What was done before the commune joined: asked about once for the whole list, by an option that is named."""
    node.dates_are_right = False
    with open(path, "w", encoding="utf-8") as f:
        f.write("title,on_date,kind,field\n")
        f.writelines("Họp %d,%02d/05/2023,direct,drugs\n" % (n, n) for n in range(1, 29))

    def activities():
        return len(node.ask("list", "--type", "activity")["rows"])

    said = node.tool("import", "--type", "activity", "--person", "Lan", path, ok=(3,))
    check("the tool says which option lets the old days in", "--confirm-dates" in said and "đúng không?" in said)
    check("none came in unseen", activities() == 0)
    left = node.ask("import", "--type", "activity", "--person", "Lan", "--confirm-dates", path + ".loi.csv")
    check("one option, all rows", (left["created"], left["bad_rows"], "confirm" in left) == (28, 0, False))
    fields = ["title=Họp", "kind=direct", "field=drugs", "on_date=12/03/1970"]
    node.tool("put", "--type", "activity", "--person", "Lan", *fields, ok=(1,))
    check("a single record is asked about too", activities() == 28)
    node.tool("put", "--type", "activity", "--person", "Lan", "--confirm-dates", *fields)
    check("and saved once confirmed", activities() == 29)


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: story(world)))
