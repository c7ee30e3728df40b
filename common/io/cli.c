#include "common/io/cli.h"
#include "common/io/conf.h"

#include <assert.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <utf8proc.h>

enum {
    CLI_DATA = 1000,
    CLI_JSON,
    CLI_LANG,
    CLI_HELP,
    CLI_VERSION,
    CLI_COMMON = 5,
    CLI_HELP_BYTES_MAX = 65536,
    CLI_ACCOUNT_ROOM = 80
};

static const struct option cli_common[CLI_COMMON] = {
    {"data", required_argument, NULL, CLI_DATA}, {"json", no_argument, NULL, CLI_JSON},
    {"lang", required_argument, NULL, CLI_LANG}, {"help", no_argument, NULL, CLI_HELP},
    {"version", no_argument, NULL, CLI_VERSION},
};

const char *cli_text(const struct cli *c, const char *vi, const char *en)
{
    return c->en ? en : vi;
}

/* ---- output ---- */

void cli_print_json(const json_t *j)
{
    json_dumpf(j, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
    fputc('\n', stdout);
}

/* The next character: how many bytes and columns it has, and whether it may be printed. */
static size_t cli_next(const char *p, size_t left, size_t *columns, bool *plain)
{
    utf8proc_int32_t point = 0;
    utf8proc_ssize_t n =
        utf8proc_iterate((const utf8proc_uint8_t *)p, (utf8proc_ssize_t)left, &point);
    *plain = n > 0 && point >= 0x20 && (point < 0x7f || point > 0x9f);
    /* Marks that turn the direction of writing can make a line read as another one. */
    if ((point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069))
        *plain = false;
    *columns = *plain ? (size_t)utf8proc_charwidth(point) : 1;
    return n > 0 ? (size_t)n : 1;
}

size_t cli_width(const char *text)
{
    size_t width = 0, columns;
    bool plain;
    for (size_t at = 0, len = strlen(text); at < len; width += columns) {
        at += cli_next(text + at, len - at, &columns, &plain);
    }
    return width;
}

static void cli_cell(struct buf *out, const char *text, size_t pad_to)
{
    size_t columns;
    bool plain;
    for (size_t at = 0, len = strlen(text); at < len;) {
        size_t n = cli_next(text + at, len - at, &columns, &plain);
        buf_add(out, plain ? text + at : "?", plain ? n : 1);
        at += n;
    }
    for (size_t width = cli_width(text); width < pad_to; width++)
        buf_add_u8(out, ' ');
}

static void cli_row(struct buf *out, const char *const *cells, size_t columns, const size_t *widths)
{
    for (size_t i = 0; i < columns; i++) {
        bool last = i + 1 == columns;
        cli_cell(out, cells[i] != NULL ? cells[i] : "", last ? 0 : widths[i] + 2);
    }
    while (out->e == ERR_OK && out->len > 0 && out->p[out->len - 1] == ' ')
        out->len--;
    buf_add_u8(out, '\n');
}

void cli_table(struct buf *out, const char *const *headings, size_t columns,
               const char *const *cells, size_t rows)
{
    size_t widths[CLI_COLUMNS_MAX];
    assert(columns > 0 && columns <= CLI_COLUMNS_MAX);
    for (size_t i = 0; i < columns; i++) {
        widths[i] = cli_width(headings[i]);
        for (size_t r = 0; r < rows; r++) {
            const char *cell = cells[r * columns + i];
            size_t w = cell != NULL ? cli_width(cell) : 0;
            if (w > widths[i]) widths[i] = w;
        }
    }
    cli_row(out, headings, columns, widths);
    for (size_t r = 0; r < rows; r++)
        cli_row(out, cells + r * columns, columns, widths);
}

enum err cli_fail(struct cli *c, enum err e, const char *vi, const char *en)
{
    const char *text =
        cli_text(c, vi != NULL ? vi : err_text_vi(e), en != NULL ? en : err_text_en(e));
    c->told = true;
    json_t *j = c->json ? json_pack("{s:s, s:s}", "error", err_name(e), "message", text) : NULL;
    if (j != NULL) {
        json_dumpf(j, stderr, JSON_COMPACT);
        fputc('\n', stderr);
        json_decref(j);
    } else {
        fprintf(stderr, "%s: %s\n", c->program->name, text);
    }
    return e;
}

/* ---- help ---- */

static void cli_put(struct buf *b)
{
    fputs(buf_cstr(b), stdout);
    buf_free(b);
}

/* Two columns without headings: the first row stands in for them. */
static void cli_pairs(struct buf *b, const char *const *cells, size_t rows)
{
    if (rows > 0) cli_table(b, cells, 2, cells + 2, rows - 1);
}

static void cli_help_common(const struct cli *c, struct buf *b)
{
    const char *const cells[] = {
        "  --data DIR",   cli_text(c, "thư mục dữ liệu", "data folder"),
        "  --json",       cli_text(c, "in kết quả dạng JSON", "print results as JSON"),
        "  --lang vi|en", cli_text(c, "ngôn ngữ", "language"),
        "  --help",       cli_text(c, "trợ giúp", "this help"),
    };
    buf_printf(b, "\n%s\n", cli_text(c, "Tùy chọn chung:", "Common options:"));
    cli_pairs(b, cells, 4);
}

static void cli_help_program(const struct cli *c)
{
    const struct cli_program *p = c->program;
    const char *cells[2 * CLI_VERBS_MAX];
    char names[CLI_VERBS_MAX][32];
    struct buf b;
    assert(p->verb_count <= CLI_VERBS_MAX);
    buf_init(&b, CLI_HELP_BYTES_MAX);
    for (size_t i = 0; i < p->verb_count; i++) {
        snprintf(names[i], sizeof names[i], "  %s", p->verbs[i].name);
        cells[2 * i] = names[i];
        cells[2 * i + 1] = cli_text(c, p->verbs[i].vi, p->verbs[i].en);
    }
    buf_printf(&b, "%s: %s\n\n", p->name, cli_text(c, p->vi, p->en));
    buf_printf(&b, "%s %s [--data DIR] %s [--help]\n\n", cli_text(c, "Cách dùng:", "Usage:"),
               p->name, cli_text(c, "LỆNH", "VERB"));
    cli_pairs(&b, cells, p->verb_count);
    cli_help_common(c, &b);
    cli_put(&b);
}

static void cli_help_verb(const struct cli *c)
{
    const struct cli_verb *v = c->verb;
    const char *cells[2 * CLI_OPTS_MAX];
    char names[CLI_OPTS_MAX][64];
    struct buf b;
    buf_init(&b, CLI_HELP_BYTES_MAX);
    buf_printf(&b, "%s\n\n%s %s %s%s %s\n", cli_text(c, v->vi, v->en),
               cli_text(c, "Cách dùng:", "Usage:"), c->program->name, v->name,
               v->opt_count > 0 ? cli_text(c, " [TÙY CHỌN]", " [OPTIONS]") : "", v->args);
    for (size_t i = 0; i < v->opt_count; i++) {
        const struct cli_opt *o = &v->opts[i];
        snprintf(names[i], sizeof names[i], "  --%s%s%s", o->name, o->arg != NULL ? " " : "",
                 o->arg != NULL ? o->arg : "");
        cells[2 * i] = names[i];
        cells[2 * i + 1] = cli_text(c, o->vi, o->en);
    }
    if (v->opt_count > 0) buf_printf(&b, "\n%s\n", cli_text(c, "Tùy chọn:", "Options:"));
    cli_pairs(&b, cells, v->opt_count);
    cli_help_common(c, &b);
    cli_put(&b);
}

/* ---- parsing ---- */

static enum err cli_usage(struct cli *c, const char *vi, const char *en, const char *what)
{
    char text[300];
    snprintf(text, sizeof text, "%s: %.100s. %s: %s%s%s --help", cli_text(c, vi, en), what,
             cli_text(c, "Xem", "See"), c->program->name, c->verb != NULL ? " " : "",
             c->verb != NULL ? c->verb->name : "");
    return cli_fail(c, ERR_USAGE, text, text);
}

/* The first argument that is no option, skipping values of --data and --lang; argc when there is none. */
static int cli_verb_at(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--data") == 0 || strcmp(argv[i], "--lang") == 0) {
            i++;
        } else if (argv[i][0] != '-') {
            return i;
        }
    }
    return argc;
}

static enum err cli_find_verb(struct cli *c, const char *name)
{
    const char *names[CLI_VERBS_MAX];
    const struct cli_program *p = c->program;
    for (size_t i = 0; i < p->verb_count; i++) {
        names[i] = p->verbs[i].name;
        if (strcmp(names[i], name) == 0) {
            c->verb = &p->verbs[i];
            return ERR_OK;
        }
    }
    char what[200];
    const char *near = conf_nearest(name, names, p->verb_count);
    snprintf(what, sizeof what, "%.60s%s%s%s", name,
             near != NULL ? cli_text(c, " (ý bạn là: ", " (did you mean: ") : "",
             near != NULL ? near : "", near != NULL ? "?)" : "");
    return cli_usage(c, "không có lệnh", "no such verb", what);
}

static size_t cli_options(const struct cli_verb *v, struct option *out)
{
    size_t n = CLI_COMMON;
    memcpy(out, cli_common, sizeof cli_common);
    for (size_t i = 0; v != NULL && i < v->opt_count; i++) {
        assert(i < CLI_OPTS_MAX);
        int kind = v->opts[i].arg != NULL ? required_argument : no_argument;
        out[n++] = (struct option){v->opts[i].name, kind, NULL, (int)i};
    }
    out[n] = (struct option){0};
    return n;
}

struct cli_flags {
    bool help, version;
};

static enum err cli_take(struct cli *c, int code, struct cli_flags *flags, const char *word)
{
    switch (code) {
    case CLI_DATA: c->data_dir = optarg; return ERR_OK;
    case CLI_JSON: c->json = true; return ERR_OK;
    case CLI_HELP: flags->help = true; return ERR_OK;
    case CLI_VERSION: flags->version = true; return ERR_OK;
    case CLI_LANG:
        c->en = strcmp(optarg, "en") == 0;
        if (c->en || strcmp(optarg, "vi") == 0) return ERR_OK;
        return cli_usage(c, "ngôn ngữ là vi hoặc en, không phải", "the language is vi or en, not",
                         optarg);
    case ':': return cli_usage(c, "tùy chọn thiếu giá trị", "option needs a value", word);
    case '?': return cli_usage(c, "tùy chọn không hợp lệ", "no such option", word);
    default: c->values[code] = optarg != NULL ? optarg : ""; return ERR_OK;
    }
}

static enum err cli_parse(struct cli *c, int argc, char **argv, struct cli_flags *flags)
{
    struct option options[CLI_COMMON + CLI_OPTS_MAX + 1];
    cli_options(c->verb, options);
    opterr = 0;
    optind = 0; /* Start afresh, also in glibc's hidden state. */
    for (;;) {
        int at = optind > 0 ? optind : 1;
        int code = getopt_long(argc, argv, ":", options, NULL);
        if (code == -1) break;
        const char *word = optind > at || at >= argc ? argv[optind - 1] : argv[at];
        enum err e = cli_take(c, code, flags, word);
        if (e != ERR_OK) return e;
    }
    c->args = argv + optind;
    c->arg_count = argc - optind;
    return ERR_OK;
}

/* --lang and --json count already for errors about what stands before them. */
static void cli_peek(struct cli *c, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) c->json = true;
        if (strcmp(argv[i], "--lang=en") == 0) c->en = true;
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) c->en = strcmp(argv[i + 1], "en") == 0;
    }
}

static enum err cli_dispatch(struct cli *c, int argc, char **argv, void *ctx)
{
    struct cli_flags flags = {0};
    int at = cli_verb_at(argc, argv);
    enum err e = at < argc ? cli_find_verb(c, argv[at]) : ERR_OK;
    if (e == ERR_OK) e = cli_parse(c, argc, argv, &flags);
    if (e != ERR_OK) return e;
    if (flags.version) {
        printf("%s %s\n", c->program->name, DONGBO_VERSION);
        return ERR_OK;
    }
    if (c->verb == NULL) {
        cli_help_program(c);
        return flags.help ? ERR_OK : ERR_USAGE;
    }
    if (flags.help) {
        cli_help_verb(c);
        return ERR_OK;
    }
    c->args++; /* The verb itself is the first of them. */
    c->arg_count--;
    if (c->arg_count < c->verb->args_min)
        return cli_usage(c, "thiếu tham số", "argument missing", c->verb->args);
    if (c->verb->args_max >= 0 && c->arg_count > c->verb->args_max) {
        return cli_usage(c, "thừa tham số", "too many arguments", c->args[c->verb->args_max]);
    }
    return c->verb->run(c, ctx);
}

int cli_main(const struct cli_program *program, int argc, char **argv, void *ctx)
{
    struct cli c = {.program = program, .data_dir = program->data_default};
    cli_peek(&c, argc, argv);
    enum err e = cli_dispatch(&c, argc, argv, ctx);
    if (e != ERR_OK && !c.told && c.verb != NULL) e = cli_fail(&c, e, NULL, NULL);
    if (fflush(stdout) != 0 && e == ERR_OK) e = ERR_IO;
    return err_exit_code(e);
}

const char *cli_opt(const struct cli *c, const char *name)
{
    for (size_t i = 0; i < c->verb->opt_count; i++) {
        if (strcmp(c->verb->opts[i].name, name) == 0) return c->values[i];
    }
    assert(false && "option is not in the verb's table");
    abort();
}

bool cli_has(const struct cli *c, const char *name)
{
    return cli_opt(c, name) != NULL;
}

json_t *cli_names(const struct cli *c, const char *name)
{
    const char *at = cli_opt(c, name);
    json_t *names = at != NULL ? json_array() : NULL;
    while (names != NULL && *at != '\0') {
        size_t n = strcspn(at, ";");
        if (n > 0) json_array_append_new(names, json_stringn(at, n));
        at += n + (at[n] == ';' ? 1 : 0);
    }
    return names;
}

void cli_due_guessed(const struct cli *c)
{
    puts(cli_text(c,
                  "! Danh mục chưa có ngày nghỉ lễ của một năm trong danh sách (holidays.csv): hạn "
                  "của năm đó có thể khác.",
                  "! The catalogue lacks the holidays of a year in this list (holidays.csv): due "
                  "days of it may differ."));
}

void cli_account(json_t *request)
{
    const struct passwd *account = getpwuid(getuid());
    char text[CLI_ACCOUNT_ROOM];
    if (account != NULL)
        snprintf(text, sizeof text, "@%s", account->pw_name);
    else
        snprintf(text, sizeof text, "@%lu", (unsigned long)getuid());
    if (request != NULL) json_object_set_new(request, "account", json_string(text));
}
