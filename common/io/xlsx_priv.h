/* What the files of the workbook reader share: its state, the zip, one part through the parser. */
#ifndef DONGBO_COMMON_IO_XLSX_PRIV_H
#define DONGBO_COMMON_IO_XLSX_PRIV_H

#include "common/csv.h"
#include "common/io/xlsx_read.h"

#include <expat.h>
#include <minizip/unzip.h>

enum { XLSX_NAME_BYTES_MAX = 200, XLSX_FORMATS_MAX = 512 };

struct xlsx_format { /* a number format of the file's own */
    long id;
    bool date;
};

struct xlsx {
    struct bytes file;
    size_t pos; /* of the zip reader */
    unzFile zip;
    XML_Parser parser;
    enum err e; /* of a handler; it also stops the parser */
    struct xlsx_why *why;
    /* workbook */
    bool days_1904;
    uint32_t sheet, visible;    /* the one that is read, from 1; how many there are */
    struct xlsx_sheets *sheets; /* the names are wanted; else NULL */
    char sheet_rel[XLSX_NAME_BYTES_MAX];
    char sheet_path[XLSX_NAME_BYTES_MAX];
    /* styles */
    struct xlsx_format formats[XLSX_FORMATS_MAX];
    size_t format_count;
    bool in_cell_formats;
    uint8_t *date_style; /* per cell format: shows a date */
    size_t style_count;
    /* shared texts */
    struct buf texts;
    size_t *text_end;
    size_t text_count, text_room;
    /* where the parser is */
    bool in_text, in_phonetic, in_value;
    char type[12]; /* of the cell */
    unsigned long style;
    uint32_t row, column; /* of the cell, from 1 */
    uint32_t first_row;
    uint32_t line;  /* of `out` that is being written, from 1 */
    uint32_t cells; /* written to it */
    uint32_t width; /* cells of the heading */
    struct buf cell;
    struct buf *out;
    struct csv_writer csv;
};

/* Say what is wrong and stop the parser; the first word stays. Returns the error. */
enum err xlsx_say(struct xlsx *x, enum err e, const char *vi, const char *en);
enum err xlsx_broken(struct xlsx *x);
void xlsx_memory(struct xlsx *x);

/* ERR_TOO_LARGE, ERR_BAD_INPUT: said. */
MUST_CHECK enum err xlsx_zip_open(struct xlsx *x);

/* Run one part through the parser. ERR_NOT_FOUND: there is no such part; else x->e. */
MUST_CHECK enum err xlsx_part(struct xlsx *x, const char *name, XML_StartElementHandler start,
                              XML_EndElementHandler end, XML_CharacterDataHandler text);

/* Names without their namespace: "http://.../main|row" is "row". */
const char *xlsx_local(const XML_Char *name);
const char *xlsx_attr(const XML_Char **attrs, const char *name);

#endif
