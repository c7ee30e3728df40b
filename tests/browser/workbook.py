"""A workbook as an office would send it, or one that means harm: python3 workbook.py OUT.xlsx < JSON

JSON: {"sheets": {NAME: [[cell, ...], ...]}}; a cell is a text, a number, or {"day": serial}. {"bomb": true}: some
kilobytes that unpack to 20 MB of cells; {"rows": N}: one cell in row N.
"""

import json
import sys
import zipfile
from xml.sax.saxutils import escape

NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'


def cell(at, value):
    if isinstance(value, dict):
        return f'<c r="{at}" s="1"><v>{value["day"]}</v></c>'
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else ""
    return f'<c r="{at}"><v>{value}</v></c>'


def rows(table):
    return "".join(f'<row r="{r}">{"".join(cell(f"{chr(65 + c)}{r}", v) for c, v in enumerate(row))}</row>'
                   for r, row in enumerate(table, 1))


def sheets(asked):
    """(name, content of sheetData)"""
    if asked.get("bomb"):
        wide = "".join(f'<c t="str"><v>{"o" * 4000}</v></c>' for _ in range(250))
        return [("bom", f"<row>{wide}</row>" * 20)]
    if "rows" in asked:
        return [("dài", f'<row r="{asked["rows"]}"><c t="str"><v>x</v></c></row>')]
    return [(name, rows(table)) for name, table in asked["sheets"].items()]


def main():
    listed = sheets(json.load(sys.stdin))
    named = [f'<sheet name="{escape(n)}" sheetId="{i}" r:id="r{i}"/>' for i, (n, _) in enumerate(listed, 1)]
    links = [f'<Relationship Id="r{i}" Target="worksheets/sheet{i}.xml"/>' for i in range(1, len(listed) + 1)]
    with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("xl/workbook.xml", f'<workbook {NS} xmlns:r="{REL}"><sheets>{"".join(named)}</sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{"".join(links)}</Relationships>')
        z.writestr("xl/styles.xml", f"<styleSheet {NS}>{STYLES}</styleSheet>")
        for i, (_, content) in enumerate(listed, 1):
            z.writestr(f"xl/worksheets/sheet{i}.xml", f"<worksheet {NS}><sheetData>{content}</sheetData></worksheet>")


main()
