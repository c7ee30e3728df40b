/*
 * The rows of a list that somebody imports: a workbook, CSV, or NDJSON, one JSON object each, as the verb `import` of
 * both programs takes them. docs/node.md, import.
 *
 * Ownership: import_rows_free() releases; rows are given away.   Threads: main thread.
 * Limits:    IMPORT_ROWS_LINE_MAX, CSV_*, those of common/io/import_file.h.
 */
#ifndef DONGBO_COMMON_IO_IMPORT_ROWS_H
#define DONGBO_COMMON_IO_IMPORT_ROWS_H

#include "common/io/cli.h"

#define IMPORT_ROWS_LINE_MAX (1024u * 1024u) /* bytes of a line of NDJSON */

/*
 * What is done with them. An error of a callback ends the reading and is its answer.
 *
 * row:       {"line", "type", "id"?, "values"}, which it takes over; NULL: without memory. `raw` are the row's bytes.
 * bad:       a line that is no row at all, in its place between the rows.
 * ask:       carry out a request of the program, which it takes over; what is wrong was told.
 * forms:     the program's verb that answers catalogue_json().
 */
struct import_rows_to {
    enum err (*row)(void *ctx, json_t *row, struct bytes raw);
    enum err (*bad)(void *ctx, uint64_t line, const char *vi, const char *en, struct bytes raw);
    enum err (*ask)(void *ctx, json_t *request, json_t **response);
    const char *forms;
    void *ctx;
};

struct import_alike;
struct import_rows {
    struct cli *c;
    const char *file;
    const struct import_rows_to *to;
    bool ndjson;
    json_t *columns;   /* CSV: names of fields, "" is left out; NULL until the names were read */
    struct buf header; /* CSV: the names as they stand in the file */
    struct import_alike *alike; /* of a trial of CSV; NULL: doubles are not looked for */
};

/* `file`, "-" for standard input, and `to` are borrowed. The verb has the options type, map, header, sheet, text, csv,
 * ndjson and dry-run. */
void import_rows_init(struct import_rows *m, struct cli *c, const char *file,
                      const struct import_rows_to *to);
void import_rows_free(struct import_rows *m);

/*
 * Read the file and hand its rows on, in their order.
 *
 * ERR_USAGE, ERR_BAD_INPUT, ERR_NOT_FOUND, ERR_TOO_LARGE: told; rows before it may have been handed on, of CSV none
 * when the names are at fault.   ERR_NOMEM, ERR_IO, and those of the callbacks.
 */
MUST_CHECK enum err import_rows_read(struct import_rows *m);

/* Of a trial: name doubles of the rows in `answer`, see common/io/import_alike.h. Of anything else nothing is added. */
MUST_CHECK enum err import_rows_alike(struct import_rows *m, json_t *answer);

/* What the verb `import` answered, for people, to standard output. */
void import_rows_print(const struct cli *c, const json_t *answer);

#endif
