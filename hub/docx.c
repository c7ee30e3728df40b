#include "hub/docx.h"
#include "hub/adx.h"
#include "hub/qr.h"
#include "hub/zip.h"

#include <stdio.h>

#define DOCX_W "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define DOCX_R "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define DOCX_X "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"

enum {
    DOCX_TWIPS_POINT = 20, /* twentieths of a point */
    DOCX_EMU_TENTH = 3600, /* English metric units of a tenth of a millimetre */
    DOCX_LINE_PARTS = 240, /* single spacing */
    DOCX_PAGE_TOP = 200,   /* body, tenths of a millimetre: as the PDF */
};

struct docx {
    const struct hub_nd30 *d;
    struct buf *out; /* document.xml */
    struct buf cell;
};

static int docx_twips(unsigned tenths)
{
    return (int)((tenths * 1440u + 127u) / 254u);
}

/* ---- paragraphs ---- */

static void docx_run(struct docx *x, const struct hub_nd30_style *s, const char *text)
{
    buf_printf(x->out, "<w:r><w:rPr>%s%s<w:sz w:val=\"%u\"/><w:szCs w:val=\"%u\"/></w:rPr>",
               s->bold ? "<w:b/>" : "", s->italic ? "<w:i/>" : "", s->half_points, s->half_points);
    while (*text != '\0') {
        char line[1024];
        size_t n = strcspn(text, "\n"), k = n < sizeof line ? n : sizeof line - 1;
        while (k < n && k > 0 && ((uint8_t)text[k] & 0xc0) == 0x80)
            k--; /* cut no letter */
        memcpy(line, text, k);
        line[k] = '\0';
        buf_add_str(x->out, "<w:t xml:space=\"preserve\">");
        hub_adx_escape(x->out, line);
        buf_add_str(x->out, "</w:t>");
        text += k;
        if (*text != '\n') continue;
        buf_add_str(x->out, "<w:br/>");
        text++;
    }
    buf_add_str(x->out, "</w:r>");
}

struct docx_look {
    enum hub_nd30_align align;
    int before, after; /* twips */
    bool indent;
    unsigned rule; /* of the line below, tenths of a millimetre to each side; 0: none */
    bool keep;     /* with the next paragraph */
};

static void docx_open(struct docx *x, const struct docx_look *k)
{
    static const char *const aligns[] = {"left", "center", "right", "both"};
    buf_printf(x->out, "<w:p><w:pPr>%s", k->keep ? "<w:keepNext/>" : "");
    if (k->rule > 0)
        buf_add_str(x->out, "<w:pBdr><w:bottom w:val=\"single\" w:sz=\"5\" w:space=\"1\" "
                            "w:color=\"000000\"/></w:pBdr>");
    buf_printf(x->out,
               "<w:spacing w:before=\"%d\" w:after=\"%d\" w:line=\"%d\" "
               "w:lineRule=\"auto\"/>",
               k->before, k->after, DOCX_LINE_PARTS);
    if (k->rule > 0)
        buf_printf(x->out, "<w:ind w:left=\"%d\" w:right=\"%d\"/>", docx_twips(k->rule),
                   docx_twips(k->rule));
    if (k->indent) buf_printf(x->out, "<w:ind w:firstLine=\"%d\"/>", docx_twips(HUB_ND30_INDENT));
    buf_printf(x->out, "<w:jc w:val=\"%s\"/></w:pPr>", aligns[k->align]);
}

static void docx_text(struct docx *x, enum hub_nd30_role role, const char *text, int before)
{
    const struct hub_nd30_style *s = hub_nd30_style(role);
    struct docx_look k = {.align = s->align,
                          .before = before,
                          .indent = s->align == HUB_ND30_JUSTIFY,
                          .keep = role == HUB_ND30_HEADING};
    docx_open(x, &k);
    docx_run(x, s, text);
    buf_add_str(x->out, "</w:p>");
}

static void docx_once(struct docx *x, enum hub_nd30_role role, int before)
{
    docx_text(x, role, hub_nd30_once(x->d, role), before);
}

/* A blank paragraph of little height with a line: the rules of the layout. */
static void docx_rule(struct docx *x, unsigned side)
{
    static const struct hub_nd30_style small = {.half_points = 4};
    struct docx_look k = {.align = HUB_ND30_CENTER, .rule = side};
    docx_open(x, &k);
    docx_run(x, &small, "");
    buf_add_str(x->out, "</w:p>");
}

static void docx_paras(struct docx *x, enum hub_nd30_where where)
{
    for (size_t i = 0; i < x->d->para_count; i++) {
        const struct hub_nd30_para *v = &x->d->paras[i];
        if (v->where == where)
            docx_text(x, v->role, hub_nd30_para(x->d, i),
                      where == HUB_ND30_TO_WHOM ? 0 : HUB_ND30_GAP_POINTS * DOCX_TWIPS_POINT);
    }
}

/* ---- tables ---- */

static void docx_table_open(struct docx *x, bool lines, const unsigned *widths, size_t count)
{
    static const char *const sides[] = {"top", "left", "bottom", "right", "insideH", "insideV"};
    buf_add_str(x->out, "<w:tbl><w:tblPr><w:tblW w:w=\"0\" w:type=\"auto\"/><w:jc "
                        "w:val=\"center\"/><w:tblBorders>");
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++)
        buf_printf(x->out, "<w:%s w:val=\"%s\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>",
                   sides[i], lines ? "single" : "nil");
    buf_add_str(x->out, "</w:tblBorders><w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left "
                        "w:w=\"70\" w:type=\"dxa\"/><w:right w:w=\"70\" w:type=\"dxa\"/>"
                        "</w:tblCellMar></w:tblPr><w:tblGrid>");
    for (size_t i = 0; i < count; i++)
        buf_printf(x->out, "<w:gridCol w:w=\"%d\"/>", docx_twips(widths[i]));
    buf_add_str(x->out, "</w:tblGrid>");
}

static void docx_cell_open(struct docx *x, unsigned width, bool middle)
{
    buf_printf(x->out, "<w:tc><w:tcPr><w:tcW w:w=\"%d\" w:type=\"dxa\"/>%s</w:tcPr>",
               docx_twips(width), middle ? "<w:vAlign w:val=\"center\"/>" : "");
}

static void docx_cell(struct docx *x, const struct hub_nd30_column *c, enum hub_nd30_role role,
                      const char *text)
{
    const struct hub_nd30_style *s = hub_nd30_style(role);
    bool head = role == HUB_ND30_CELL_HEAD;
    struct docx_look k = {.align = head ? HUB_ND30_CENTER : c->align, .before = 30, .after = 30};
    docx_cell_open(x, c->width, head);
    docx_open(x, &k);
    docx_run(x, s, text);
    buf_add_str(x->out, "</w:p></w:tc>");
}

static enum err docx_row(struct docx *x, const struct hub_nd30_table *t, size_t row)
{
    enum hub_nd30_role role = HUB_ND30_CELL;
    enum err e = ERR_OK;
    buf_add_str(x->out, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
    for (size_t i = 0; e == ERR_OK && i < t->column_count; i++) {
        e = hub_nd30_cell(x->d, t, row, i, &x->cell, &role);
        if (e == ERR_OK) docx_cell(x, &t->columns[i], role, buf_cstr(&x->cell));
    }
    buf_add_str(x->out, "</w:tr>");
    return e;
}

static enum err docx_table(struct docx *x, const struct hub_nd30_table *t)
{
    unsigned widths[HUB_ND30_COLUMNS_MAX];
    enum err e = ERR_OK;
    docx_text(x, HUB_ND30_HEADING, t->title, 2 * HUB_ND30_GAP_POINTS * DOCX_TWIPS_POINT);
    for (size_t i = 0; i < t->column_count; i++)
        widths[i] = t->columns[i].width;
    docx_table_open(x, true, widths, t->column_count);
    buf_add_str(x->out, "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
    for (size_t i = 0; i < t->column_count; i++)
        docx_cell(x, &t->columns[i], HUB_ND30_CELL_HEAD, t->columns[i].head);
    buf_add_str(x->out, "</w:tr>");
    for (size_t i = 0; e == ERR_OK && i < t->row_count; i++)
        e = docx_row(x, t, i);
    buf_add_str(x->out, "</w:tbl>");
    return e;
}

/* ---- head and end ---- */

static void docx_head(struct docx *x)
{
    static const unsigned widths[] = {HUB_ND30_HEAD_LEFT, HUB_ND30_BODY - HUB_ND30_HEAD_LEFT};
    docx_table_open(x, false, widths, 2);
    buf_add_str(x->out, "<w:tr>");
    docx_cell_open(x, widths[0], false);
    docx_once(x, HUB_ND30_PARENT, 0);
    docx_once(x, HUB_ND30_ORGAN, 0);
    docx_rule(x, widths[0] / 3);
    docx_once(x, HUB_ND30_NUMBER, 160);
    buf_add_str(x->out, "</w:tc>");
    docx_cell_open(x, widths[1], false);
    docx_once(x, HUB_ND30_COUNTRY, 0);
    docx_once(x, HUB_ND30_MOTTO, 0);
    docx_rule(x, widths[1] / 5);
    docx_once(x, HUB_ND30_PLACE, 160);
    buf_add_str(x->out, "</w:tc></w:tr></w:tbl>");
    docx_once(x, HUB_ND30_KIND, 400);
    docx_once(x, HUB_ND30_SUBJECT, 0);
    docx_rule(x, HUB_ND30_BODY * 5 / 12);
    docx_once(x, HUB_ND30_TO, 240);
}

static void docx_sign(struct docx *x)
{
    static const unsigned widths[] = {HUB_ND30_SIGN_LEFT, HUB_ND30_BODY - HUB_ND30_SIGN_LEFT};
    docx_text(x, HUB_ND30_NOTE, "", 0);
    docx_table_open(x, false, widths, 2);
    buf_add_str(x->out, "<w:tr><w:trPr><w:cantSplit/></w:trPr>");
    docx_cell_open(x, widths[0], false);
    docx_once(x, HUB_ND30_RECIPIENTS, 0);
    docx_paras(x, HUB_ND30_TO_WHOM);
    buf_add_str(x->out, "</w:tc>");
    docx_cell_open(x, widths[1], false);
    docx_once(x, HUB_ND30_OFFICE, 0);
    docx_text(x, HUB_ND30_OFFICE, "", docx_twips(HUB_ND30_SIGN_ROOM));
    buf_add_str(x->out, "</w:tc></w:tr></w:tbl>");
}

static void docx_qr(struct docx *x)
{
    static const struct docx_look plain = {.align = HUB_ND30_START, .before = 240};
    int side = HUB_ND30_QR * DOCX_EMU_TENTH;
    docx_open(x, &plain);
    buf_printf(x->out,
               "<w:r><w:drawing><wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\">"
               "<wp:extent cx=\"%d\" cy=\"%d\"/><wp:docPr id=\"1\" name=\"QR\" descr=\"QR\"/>"
               "<a:graphic><a:graphicData "
               "uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic>"
               "<pic:nvPicPr><pic:cNvPr id=\"1\" name=\"qr.png\"/><pic:cNvPicPr/></pic:nvPicPr>"
               "<pic:blipFill><a:blip r:embed=\"rId4\"/><a:stretch><a:fillRect/></a:stretch>"
               "</pic:blipFill><pic:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"%d\" "
               "cy=\"%d\"/></a:xfrm><a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr>"
               "</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>",
               side, side, side, side);
    docx_once(x, HUB_ND30_SCAN, 0);
}

static void docx_section(struct docx *x)
{
    buf_printf(x->out,
               "<w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId2\"/><w:footerReference "
               "w:type=\"default\" r:id=\"rId3\"/><w:footerReference w:type=\"first\" "
               "r:id=\"rId3\"/><w:pgSz w:w=\"%d\" w:h=\"%d\"/><w:pgMar w:top=\"%d\" w:right=\"%d\" "
               "w:bottom=\"%d\" w:left=\"%d\" w:header=\"%d\" w:footer=\"%d\" w:gutter=\"0\"/>"
               "<w:titlePg/></w:sectPr>",
               docx_twips(HUB_ND30_WIDTH), docx_twips(HUB_ND30_HEIGHT), docx_twips(DOCX_PAGE_TOP),
               docx_twips(HUB_ND30_RIGHT), docx_twips(HUB_ND30_BOTTOM), docx_twips(HUB_ND30_LEFT),
               docx_twips(HUB_ND30_PAGE_NUMBER), docx_twips(HUB_ND30_FOOTER - 40));
}

static enum err docx_document(struct docx *x)
{
    enum err e = ERR_OK;
    buf_add_str(x->out,
                DOCX_X "<w:document xmlns:w=\"" DOCX_W "\" xmlns:r=\"" DOCX_R "\" xmlns:wp=\""
                       "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" "
                       "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" "
                       "xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\">"
                       "<w:body>");
    docx_head(x);
    docx_paras(x, HUB_ND30_BEFORE);
    for (size_t i = 0; e == ERR_OK && i < x->d->table_count; i++)
        e = docx_table(x, &x->d->tables[i]);
    docx_paras(x, HUB_ND30_AFTER);
    docx_sign(x);
    if (x->d->about->proof[0] != '\0') docx_qr(x);
    docx_section(x);
    buf_add_str(x->out, "</w:body></w:document>\n");
    return e != ERR_OK ? e : x->out->e;
}

/* ---- other parts ---- */

static const char docx_types[] =
    DOCX_X "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
           "<Default Extension=\"rels\" "
           "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
           "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
           "<Default Extension=\"png\" ContentType=\"image/png\"/>"
           "<Override PartName=\"/word/document.xml\" ContentType=\"application/"
           "vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>"
           "<Override PartName=\"/word/styles.xml\" ContentType=\"application/"
           "vnd.openxmlformats-officedocument.wordprocessingml.styles+xml\"/>"
           "<Override PartName=\"/word/header1.xml\" ContentType=\"application/"
           "vnd.openxmlformats-officedocument.wordprocessingml.header+xml\"/>"
           "<Override PartName=\"/word/footer1.xml\" ContentType=\"application/"
           "vnd.openxmlformats-officedocument.wordprocessingml.footer+xml\"/>"
           "<Override PartName=\"/docProps/core.xml\" "
           "ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>\n";

static const char docx_rels[] =
    DOCX_X "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
           "<Relationship Id=\"rId1\" Type=\"" DOCX_R "/officeDocument\" "
           "Target=\"word/document.xml\"/><Relationship Id=\"rId2\" "
           "Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/"
           "core-properties\" Target=\"docProps/core.xml\"/></Relationships>\n";

static const char docx_styles[] =
    DOCX_X "<w:styles xmlns:w=\"" DOCX_W "\"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts "
           "w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:eastAsia=\"Times New Roman\" "
           "w:cs=\"Times New Roman\"/><w:sz w:val=\"28\"/><w:lang w:val=\"vi-VN\"/></w:rPr>"
           "</w:rPrDefault></w:docDefaults><w:style w:type=\"paragraph\" w:default=\"1\" "
           "w:styleId=\"Normal\"><w:name w:val=\"Normal\"/></w:style></w:styles>\n";

static void docx_document_rels(bool picture, struct buf *out)
{
    buf_add_str(out,
                DOCX_X "<Relationships "
                       "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
                       "<Relationship Id=\"rId1\" Type=\"" DOCX_R "/styles\" "
                       "Target=\"styles.xml\"/><Relationship Id=\"rId2\" Type=\"" DOCX_R
                       "/header\" Target=\"header1.xml\"/><Relationship Id=\"rId3\" "
                       "Type=\"" DOCX_R "/footer\" Target=\"footer1.xml\"/>");
    if (picture)
        buf_add_str(out, "<Relationship Id=\"rId4\" Type=\"" DOCX_R "/image\" "
                         "Target=\"media/qr.png\"/>");
    buf_add_str(out, "</Relationships>\n");
}

static void docx_header(struct buf *out)
{
    unsigned size = hub_nd30_style(HUB_ND30_PAGE)->half_points;
    buf_printf(out,
               DOCX_X "<w:hdr xmlns:w=\"" DOCX_W "\"><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>"
                      "<w:r><w:rPr><w:sz w:val=\"%u\"/></w:rPr><w:fldChar "
                      "w:fldCharType=\"begin\"/></w:r><w:r><w:rPr><w:sz w:val=\"%u\"/></w:rPr>"
                      "<w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r><w:r>"
                      "<w:fldChar w:fldCharType=\"end\"/></w:r></w:p></w:hdr>\n",
               size, size);
}

static void docx_footer(struct docx *x)
{
    buf_add_str(x->out, DOCX_X "<w:ftr xmlns:w=\"" DOCX_W "\">");
    docx_once(x, HUB_ND30_FOOT, 0);
    buf_add_str(x->out, "</w:ftr>\n");
}

static enum err docx_core(const struct hub_nd30 *d, struct buf *out)
{
    char stamp[DATE_STAMP_ROOM];
    enum err e = date_stamp(d->about->closed_ms, stamp);
    if (e != ERR_OK) return e;
    buf_add_str(out, DOCX_X
                "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/"
                "metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
                "xmlns:dcterms=\"http://purl.org/dc/terms/\" "
                "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>");
    hub_adx_escape(out, d->r->form->label_vi);
    buf_add_str(out, "</dc:title><dc:creator>");
    hub_adx_escape(out, d->r->unit_name);
    buf_printf(out,
               "</dc:creator><dcterms:created xsi:type=\"dcterms:W3CDTF\">%.19s+07:00"
               "</dcterms:created></cp:coreProperties>\n",
               stamp);
    return out->e;
}

/* ---- the file ---- */

static enum err docx_part(struct hub_zip *z, const char *name, struct buf *part)
{
    enum err e = part->e;
    if (e == ERR_OK) e = hub_zip_add(z, name, buf_bytes(part));
    buf_clear(part);
    return e;
}

static enum err docx_picture(const char *proof, struct buf *out)
{
    struct hub_qr q;
    enum err e = hub_qr_make(proof, &q);
    if (e != ERR_OK) return e;
    e = hub_qr_png(&q, out);
    hub_qr_free(&q);
    return e;
}

static enum err docx_parts(struct docx *x, struct hub_zip *z)
{
    const char *proof = x->d->about->proof;
    enum err e = hub_zip_add(z, "[Content_Types].xml", bytes_str(docx_types));
    if (e == ERR_OK) e = hub_zip_add(z, "_rels/.rels", bytes_str(docx_rels));
    if (e == ERR_OK) e = hub_zip_add(z, "word/styles.xml", bytes_str(docx_styles));
    if (e == ERR_OK) e = docx_document(x);
    if (e == ERR_OK) e = docx_part(z, "word/document.xml", x->out);
    if (e == ERR_OK) docx_document_rels(proof[0] != '\0', x->out);
    if (e == ERR_OK) e = docx_part(z, "word/_rels/document.xml.rels", x->out);
    if (e == ERR_OK) docx_header(x->out);
    if (e == ERR_OK) e = docx_part(z, "word/header1.xml", x->out);
    if (e == ERR_OK) docx_footer(x);
    if (e == ERR_OK) e = docx_part(z, "word/footer1.xml", x->out);
    if (e == ERR_OK) e = docx_core(x->d, x->out);
    if (e == ERR_OK) e = docx_part(z, "docProps/core.xml", x->out);
    if (e != ERR_OK || proof[0] == '\0') return e;
    e = docx_picture(proof, x->out);
    return e == ERR_OK ? docx_part(z, "word/media/qr.png", x->out) : e;
}

enum err hub_docx(const struct hub_report *r, const struct hub_nd30_about *about, struct buf *out)
{
    struct hub_nd30 d;
    struct hub_zip *z = NULL;
    struct date day;
    struct buf part;
    enum err e = date_of_ms(about->closed_ms, &day);
    if (e == ERR_OK) e = hub_nd30_make(r, about, &d);
    if (e != ERR_OK) return e;
    struct docx x = {.d = &d, .out = &part};
    buf_init(&part, HUB_ND30_BYTES_MAX);
    buf_init(&x.cell, 2 * HUB_ND30_CELL_BYTES_MAX);
    e = hub_zip_open(out, day, &z);
    if (e == ERR_OK) e = docx_parts(&x, z);
    if (z != NULL) e = hub_zip_close(z, e);
    buf_free(&x.cell);
    buf_free(&part);
    hub_nd30_free(&d);
    return e;
}
