/*
 * An office's list for a page: the bytes of a workbook or a text, read by common/io/office_read, as the JSON
 * that the page goes on with. Nothing is kept of it and nothing enters by it. docs/api-node.md, /api/sheet.
 *
 * Ownership: the answer is the caller's.   Threads: any, so it may run beside a loop.
 * Limits:    OFFICE_JSON_*, XLSX_*.
 */
#ifndef DONGBO_COMMON_IO_OFFICE_JSON_H
#define DONGBO_COMMON_IO_OFFICE_JSON_H

#include "common/bytes.h"

#include <jansson.h>

enum {
    OFFICE_JSON_FILE_BYTES = 7340032,          /* of a file: the pages' longest request */
    OFFICE_JSON_TEXT_BYTES = 16 * 1024 * 1024, /* of the CSV text that is given back */
    OFFICE_JSON_SAMPLES = 5,                   /* lines that another font changes, shown */
    OFFICE_JSON_SAMPLE_BYTES = 240,            /* of one */
};

/*
 * `query` is an object of texts, all of which may be missing: "sheet" and "header" are numbers from 1, "text"
 * is unicode, tcvn3 or vni (missing: the likeliest).
 *
 * Answers {"kind": "xlsx" or "text", "sheets": names, "sheet", "utf8": whether the text was, "guess": the
 * likeliest font, "text": the one it was read in, "samples": [{"before", "after"}], "csv"}, or {"error", "vi",
 * "en"}: what is wrong with the file. NULL: no memory.
 */
json_t *office_json(struct bytes file, const json_t *query);

#endif
