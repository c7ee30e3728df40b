/*
 * A report as an administrative document of Vietnam (Nghị định 30/2020/NĐ-CP, annex I): what stands
 * on the paper, in which order, size and style. One table of measures and one list of texts, from
 * which the PDF (hub/pdf) and the DOCX (hub/docx) are drawn, so that the two cannot differ.
 *
 * What is configuration comes from the catalogue's params.csv, dated like all parameters, and only
 * for the unit that paper_unit names:
 *   paper_unit        code of the unit whose papers these are
 *   paper_parent      organ above, "UBND TỈNH …"
 *   paper_organ       issuing organ
 *   paper_notation    behind the number: "BC-UBND"
 *   paper_place       of the date line
 *   paper_to          addressee
 *   paper_recipients  "Nơi nhận", separated by ";"
 *   paper_office      above the signature, lines separated by "|": "TM. ỦY BAN NHÂN DÂN|CHỦ TỊCH"
 * What is not known is a line of dots for the pen. Number, date and the signer's name always are:
 * a clerk gives the first two and a person signs. Nothing is invented.
 *
 * Ownership: hub_nd30_free() releases; the report and `about` are borrowed until then.
 * Threads:   any.   Units: lengths in tenths of a millimetre, sizes in half points.
 * Limits:    HUB_ND30_*.
 */
#ifndef DONGBO_HUB_ND30_H
#define DONGBO_HUB_ND30_H

#include "common/buf.h"
#include "hub/supplement.h"

enum { /* tenths of a millimetre, but for the last */
       HUB_ND30_WIDTH = 2100,
       HUB_ND30_HEIGHT = 2970,
       HUB_ND30_TOP = 200,
       HUB_ND30_BOTTOM = 200,
       HUB_ND30_LEFT = 300,
       HUB_ND30_RIGHT = 150,
       HUB_ND30_BODY = HUB_ND30_WIDTH - HUB_ND30_LEFT - HUB_ND30_RIGHT,
       HUB_ND30_PAGE_NUMBER = 110, /* top of the page number, in the margin */
       HUB_ND30_FOOTER = 125,      /* top of the footer, from the lower edge */
       HUB_ND30_INDENT = 100,      /* first line of a paragraph */
       HUB_ND30_HEAD_LEFT = 693,   /* column of the organs; the rest is of the country */
       HUB_ND30_SIGN_LEFT = 800,   /* column of the recipients; the rest is of the signature */
       HUB_ND30_SIGN_ROOM = 300,   /* blank for signature and stamp */
       HUB_ND30_QR = 320,          /* side of the QR code */
       HUB_ND30_GAP_POINTS = 6,    /* between paragraphs, points */
};

enum {
    HUB_ND30_COLUMNS_MAX = 12,             /* columns of one table */
    HUB_ND30_PARAS_MAX = 64,               /* paragraphs */
    HUB_ND30_TABLES_MAX = 220,             /* tables */
    HUB_ND30_CELL_BYTES_MAX = 600,         /* bytes of a cell's text; what is longer is cut */
    HUB_ND30_TEXT_BYTES_MAX = 1 << 20,     /* bytes of all texts together */
    HUB_ND30_BYTES_MAX = 64 * 1024 * 1024, /* bytes of one document */
};

enum hub_nd30_align { HUB_ND30_START, HUB_ND30_CENTER, HUB_ND30_END, HUB_ND30_JUSTIFY };

enum hub_nd30_role { /* what a text is; decides its style */
                     HUB_ND30_PARENT,
                     HUB_ND30_ORGAN,
                     HUB_ND30_NUMBER,
                     HUB_ND30_COUNTRY,
                     HUB_ND30_MOTTO,
                     HUB_ND30_PLACE,
                     HUB_ND30_KIND,
                     HUB_ND30_SUBJECT,
                     HUB_ND30_TO,
                     HUB_ND30_OFFICE,
                     HUB_ND30_RECIPIENTS, /* "Nơi nhận:" */
                     HUB_ND30_FOOT,       /* footer of each page */
                     HUB_ND30_SCAN,       /* below the QR code */
                     HUB_ND30_ONCE,       /* roles above: exactly one text each */
                     HUB_ND30_BODY_TEXT = HUB_ND30_ONCE,
                     HUB_ND30_HEADING,
                     HUB_ND30_BLANK, /* for an officer to write: DOCX only */
                     HUB_ND30_NOTE,
                     HUB_ND30_RECIPIENT,
                     HUB_ND30_CELL_HEAD,
                     HUB_ND30_CELL,
                     HUB_ND30_CELL_BOLD,
                     HUB_ND30_CELL_SMALL,
                     HUB_ND30_CELL_SMALL_BOLD,
                     HUB_ND30_PAGE,
                     HUB_ND30_ROLES
};

struct hub_nd30_style {
    uint8_t half_points;
    bool bold;
    bool italic;
    enum hub_nd30_align align;
};

const struct hub_nd30_style *hub_nd30_style(enum hub_nd30_role role);

enum hub_nd30_where { HUB_ND30_BEFORE, HUB_ND30_AFTER, HUB_ND30_TO_WHOM }; /* of the tables */

struct hub_nd30_para {
    enum hub_nd30_where where;
    enum hub_nd30_role role;
    size_t at; /* of its text */
};

struct hub_nd30_column {
    unsigned width;
    enum hub_nd30_align align;
    char head[48];
};

struct hub_nd30_table {
    char title[160];
    struct hub_nd30_column columns[HUB_ND30_COLUMNS_MAX];
    size_t column_count;
    size_t row_count;
    bool by_unit;
    bool changes; /* what a supplement changes */
    size_t first; /* by unit: index of the line in its first column of figures */
};

struct hub_nd30_row { /* of the summary */
    size_t line, row;
};

struct hub_nd30_about {
    uint32_t issue; /* 0: not closed, marked as preliminary */
    int64_t closed_ms;
    struct id_hash digest; /* of the canonical figures */
    const char *name;      /* "BC_RP04_2023-6M_735_1"; "" when not closed */
    const char *proof;     /* line for the QR code (hub/paper); "" when there is none */
    const struct hub_supplement *supplement; /* NULL: it adds to no other issue */
};

struct hub_nd30 {
    const struct hub_report *r;
    const struct hub_nd30_about *about;
    struct buf text; /* all texts, each with its terminator */
    size_t once[HUB_ND30_ONCE];
    struct hub_nd30_para paras[HUB_ND30_PARAS_MAX];
    size_t para_count;
    struct hub_nd30_row *rows;
    size_t row_count;
    struct hub_nd30_table *tables;
    size_t table_count;
};

/*
 * Set the document.
 * ERR_BAD_INPUT  the closing time is outside the calendar
 * ERR_TOO_LARGE  HUB_ND30_TEXT_BYTES_MAX, HUB_ND30_TABLES_MAX;  ERR_NOMEM
 */
MUST_CHECK enum err hub_nd30_make(const struct hub_report *r, const struct hub_nd30_about *about,
                                  struct hub_nd30 *out);
void hub_nd30_free(struct hub_nd30 *d); /* twice is fine */

/* A text that stands once; lines are separated by '\n'. */
const char *hub_nd30_once(const struct hub_nd30 *d, enum hub_nd30_role role);
const char *hub_nd30_para(const struct hub_nd30 *d, size_t i);

/* Text of a table's cell in `out`, which is cleared first, and its role. The buffer's errors. */
MUST_CHECK enum err hub_nd30_cell(const struct hub_nd30 *d, const struct hub_nd30_table *t,
                                  size_t row, size_t column, struct buf *out,
                                  enum hub_nd30_role *role);

#endif
