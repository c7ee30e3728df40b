/*
 * The command line: a table of verbs, each with its options, and what every verb shares: --data DIR, --json,
 * --lang vi|en, --help; `PROGRAM --version`. Options may stand before or behind the verb. Help and errors are in the
 * chosen language, Vietnamese by default; with --json an error is a JSON object on stderr.
 *
 * Ownership: tables are static; texts point into argv.   Threads: main thread, one call.   Limits: CLI_*.
 */
#ifndef DONGBO_COMMON_IO_CLI_H
#define DONGBO_COMMON_IO_CLI_H

#include "common/buf.h"

#include <jansson.h>

enum {
    CLI_OPTS_MAX = 24, /* own options of a verb */
    CLI_VERBS_MAX = 96,
    CLI_COLUMNS_MAX = 32, /* of a printed table */
};

struct cli;

struct cli_opt {
    const char *name; /* "force" for --force */
    const char *arg;  /* what its value is called in the help, NULL: a flag */
    const char *vi, *en;
};

struct cli_verb {
    const char *name;
    const char *args;    /* "FILE..." for the usage line, "" for none */
    const char *vi, *en; /* one line */
    const struct cli_opt *opts;
    size_t opt_count;
    int args_min, args_max; /* args_max -1: any number */
    /* Does the work. Anything but ERR_OK is printed by cli_main() (see cli_fail) and becomes the exit code. */
    enum err (*run)(struct cli *c, void *ctx);
};

struct cli_program {
    const char *name;
    const char *vi, *en; /* what it is, one line */
    const char *data_default;
    const struct cli_verb *verbs;
    size_t verb_count;
};

struct cli {
    const struct cli_program *program;
    const struct cli_verb *verb;
    const char *data_dir;
    bool json, en;
    char **args; /* what is no option, after the verb */
    int arg_count;
    const char *values[CLI_OPTS_MAX];
    bool told; /* cli_fail() spoke already */
};

/* Parse, run the verb, return the exit code (err_exit_code; 0 for help and version). argv may be reordered. */
int cli_main(const struct cli_program *program, int argc, char **argv, void *ctx);

/* Value of an option of this verb, "" for a flag that is given, NULL when absent. The name must be in the table
 * (asserted). */
const char *cli_opt(const struct cli *c, const char *name);
bool cli_has(const struct cli *c, const char *name);

/* The names in an option of the form NAME;NAME, as a JSON array; NULL: it is not given, or out of memory. */
json_t *cli_names(const struct cli *c, const char *name);

/* Say what happened, what is safe and what to do, on stderr in the chosen language (with --json {"error", "message"}).
 * Returns `e`, so that a verb can end with it. Either text may be NULL: the error's own is used. */
MUST_CHECK enum err cli_fail(struct cli *c, enum err e, const char *vi, const char *en);

/* The text of the chosen language. Both may be formats of printf, and are then checked as such. */
const char *cli_text(const struct cli *c, const char *vi, const char *en)
    __attribute__((format_arg(2), format_arg(3)));

/* Print a JSON value (borrowed) and a line end to stdout; keys keep their order. */
void cli_print_json(const json_t *j);

/* Who asks, as far as the machine knows, "@dongbo": put into a request as `account`, for the access logs. NULL
 * requests are left. */
void cli_account(json_t *request);

/* Columns of a terminal that this UTF-8 text takes; bytes that are no UTF-8 and control characters count 1. */
size_t cli_width(const char *text);

/*
 * Append a table: `columns` (1..CLI_COLUMNS_MAX) headings, then rows*columns cells, row by row; NULL is an empty cell.
 * Columns are as wide as their widest cell and 2 apart; control characters become '?', so no cell can forge a line or
 * send a terminal's escape sequence.
 */
void cli_table(struct buf *out, const char *const *headings, size_t columns,
               const char *const *cells, size_t rows);

/* Below a list with due days that were moved by holidays which the catalogue does not have. */
void cli_due_guessed(const struct cli *c);

#endif
