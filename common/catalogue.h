/*
 * The catalogue: record types, fields, choices, units, indicators, reports, windows and parameters,
 * as data (architecture: the domain is data). A catalogue is a set of named files, CSV and .sql;
 * this module parses and checks them and answers look-ups. It runs no SQL: expressions are kept as
 * text for the stores.
 *
 * Ownership: catalogue_parse() allocates one struct catalogue that owns all its texts (one arena);
 *            catalogue_free() releases it. Everything returned by look-ups lives as long as the
 * catalogue. Threads:   immutable after parsing; any thread may read. Limits:    the
 * CATALOGUE_*_MAX constants below; SPEC section 8. Format:    docs/catalogue.md lists every file
 * and column.
 */
#ifndef DONGBO_COMMON_CATALOGUE_H
#define DONGBO_COMMON_CATALOGUE_H

#include "common/bytes.h"
#include "common/date.h"
#include "common/err.h"
#include "common/period.h"

#define CATALOGUE_FILES_MAX         256u                 /* files in one catalogue */
#define CATALOGUE_FILE_BYTES_MAX    (1024u * 1024u)      /* bytes of one file */
#define CATALOGUE_ARCHIVE_BYTES_MAX (4u * 1024u * 1024u) /* bytes of an archive (SPEC 8.1) */
#define CATALOGUE_NAME_BYTES_MAX                                                                   \
    63u /* bytes of the name of a file, type, field, list or choice \
                                        */
/* Of a whole number, its sign apart, in a form and of what one record brings to a figure: more is a slip of the hand.
 * 500,000 of them fit 64 bits. */
#define CATALOGUE_AMOUNT_MAX INT64_C(10000000000000)
#define CATALOGUE_UNIT_LEVELS_MAX                                                                  \
    16u /* units one above the other; the shipped catalogue has four */
#define CATALOGUE_TEXT_BYTES_MAX 4096u /* bytes of a text value (SPEC 4.12) */
#define CATALOGUE_OPEN_YEAR                                                                        \
    9999 /* 9999-12-31: valid_to of what has no end; no day of common/date */
#define CATALOGUE_TYPES_MAX  128u /* record types */
#define CATALOGUE_PARAMS_MAX 120u /* rows of params.csv that are valid at once */
#define CATALOGUE_FIELDS_MAX 64u  /* fields of one record type; field numbers 1..64 */
#define CATALOGUE_SET_MAX    256u /* choices in the list of a `choices` field */
#define CATALOGUE_ERRORS_MAX 100u /* mistakes reported before parsing gives up */

/* One file of a catalogue, as bytes. Names are relative, ASCII, '/'-separated: "fields.csv",
 * "indicators/T01.sql". */
struct catalogue_file {
    const char *name;
    struct bytes data;
};

/* One mistake: always names the file; row (1 = header line) and column when it has them. */
struct catalogue_error {
    char file[64];
    unsigned row;    /* 0: the whole file */
    char column[32]; /* "": the whole row */
    char text_vi[200];
    char text_en[200];
};

enum catalogue_kind {                    /* column `kind` of fields.csv */
                      CATALOGUE_TEXT,    /* text: UTF-8 NFC string */
                      CATALOGUE_INT,     /* int: signed 64 bit */
                      CATALOGUE_MONEY,   /* money: int64, dong */
                      CATALOGUE_DECIMAL, /* decimal: string "-12.5", canonical */
                      CATALOGUE_BOOL,    /* bool */
                      CATALOGUE_DATE,    /* date: "YYYY-MM-DD" */
                      CATALOGUE_PDATE,   /* pdate: "YYYY", "YYYY-MM" or "YYYY-MM-DD" */
                      CATALOGUE_CHOICE,  /* choice: one value of `list` */
                      CATALOGUE_CHOICES, /* choices: a set of values of `list`, one register per
                                            element (policy union) */
                      CATALOGUE_REF,     /* ref: record id of a record of type `list` */
                      CATALOGUE_UNIT,    /* unit: unit code, a string */
};

enum catalogue_policy { /* column `policy`: what is shown when a register has several unequal heads
                         */
                        CATALOGUE_ASK,    /* a person decides (default) */
                        CATALOGUE_LATEST, /* highest clamped clock */
                        CATALOGUE_MAX,
                        CATALOGUE_MIN,
                        CATALOGUE_UNION, /* choices only */
};

enum catalogue_scope { /* column `scope` of types.csv: where records of the type go */
                       CATALOGUE_SCOPE_OWN,  /* to the nodes of the unit that owns the record */
                       CATALOGUE_SCOPE_DOWN, /* the hub's records of this type go to every node
                                                (targets, allocations) */
                       CATALOGUE_SCOPE_HUB,  /* stay at the hub */
};

/* column `identity`: what the field says of who a person is, for finding one person in two communes */
enum catalogue_identity {
    CATALOGUE_IDENTITY_NONE,
    CATALOGUE_IDENTITY_NUMBER, /* number: the national id; text of 12 digits */
    CATALOGUE_IDENTITY_NAME,   /* name: the whole name; text */
    CATALOGUE_IDENTITY_BIRTH,  /* birth: the date of birth; pdate or date */
    CATALOGUE_IDENTITY_SEX,    /* sex: a choice */
};

struct catalogue_field {
    unsigned no;      /* 1..CATALOGUE_FIELDS_MAX, stable for ever within its type */
    const char *name; /* [a-z][a-z0-9_]*, the SQL column */
    enum catalogue_kind kind;
    const char *list; /* choice list, or record type of a ref; "" otherwise */
    const char *label_vi;
    const char *label_en;
    const char *section;
    bool required;
    enum catalogue_identity identity; /* each one at most once in a type */
    unsigned sensitivity;             /* 0..4 */
    bool sealed; /* its text is sealed to named readers (SPEC 22): text of class 4, no identity */
    enum catalogue_policy policy;
    const char *tie;      /* fields of a type with the same non-empty tie form one register group */
    const char *relevant; /* SQL expression or "" */
    const char *constraint; /* SQL expression or "" */
    const char *constraint_vi;
    const char *constraint_en;
};

struct catalogue_type {
    unsigned no;      /* 1..65535, stable for ever */
    const char *name; /* [a-z][a-z0-9_]*, the SQL table */
    const char *label_vi;
    const char *label_en;
    enum catalogue_scope scope;
    unsigned sensitivity;                 /* highest of its fields */
    const struct catalogue_field *fields; /* sorted by no */
    size_t field_count;
};

struct catalogue_choice {
    const char *list;
    const char *value;
    const char *label_vi;
    const char *label_en;
};

struct catalogue_unit {
    const char *code;
    const char *name_vi;
    const char *level;      /* tinh, thanh_pho_tw, huyen, thanh_pho, thi_xa, xa, phuong,
                                thi_tran, dac_khu, co_quan, co_so */
    const char *parent;     /* code or "" */
    struct date valid_from; /* first day */
    struct date valid_to;   /* last day; 9999-12-31 when open */
};

enum catalogue_measure {                      /* column `measure` of indicators.csv */
                         CATALOGUE_COUNT,     /* number of distinct subjects with num = 1 */
                         CATALOGUE_SUM,       /* sum of num over all rows (luot, sessions, money) */
                         CATALOGUE_RATIO,     /* distinct subjects with num = 1 over distinct
                                                 subjects with den = 1 */
                         CATALOGUE_RATIO_SUM, /* sum of num over sum of den, any integers; each
                                                 subject once, with the largest num and den of its
                                                 rows (differences, money, hours) */
};

struct catalogue_indicator {
    const char *id; /* "T03" */
    const char *label_vi;
    const char *label_en;
    enum catalogue_measure measure;
    bool stock;            /* taken at :t1 (true) or flow over :t0..:t1 (false) */
    const char *direction; /* "up", "down", "band", "none" */
    const char *measured_vi; /* unit of measure printed beside the figure: "đội", "người", "%" */
    const char *by;       /* choice lists of the columns by1,by2,by3, separated by '|'; "" = none */
    const char *source;   /* seed line */
    unsigned sensitivity; /* 0..4: of the records it counts; 4 hides small figures */
    bool persons;         /* its subjects are persons, whom several hubs may know */
    const char *sql;      /* text of indicators/<id>.sql */
};

struct catalogue_report {
    const char *id; /* "RP04" */
    const char *label_vi;
    const char *label_en;
    const char *level;     /* "commune" or "district" */
    unsigned period_kinds; /* bit (1 << enum period_kind) */
    const char *source;
};

struct catalogue_line { /* one line of a report form, in print order */
    const char *report;
    unsigned no;
    const char *indicator;
    const char *by;       /* breakdown column of the indicator to print below the total, or "" */
    const char *label_vi; /* "" = the indicator's */
    const char *label_en;
};

struct catalogue_window { /* data window and due date of a report, with dates of validity */
    const char *report;
    const char *unit;   /* "" = every unit that has no row of its own */
    unsigned start_day; /* 1 = nominal; 15 = from the 15th of the month before */
    const char *due; /* due rule text, "end+Nd", "md=MM-DD incl|excl", "last_month=DD incl|excl"; ""
                        = none */
    struct date valid_from;
    struct date valid_to;
};

struct catalogue_param {
    const char *name; /* bound in SQL as :p_<name> */
    const char *value;
    struct date valid_from;
    struct date valid_to;
};

/* Who makes a report, and of which report of the level above it is a part. A report without any row
 * is owed by every unit of its level. */
struct catalogue_duty {
    const char *report;
    const char *who;   /* "*", a unit's code, or "below:CODE" */
    const char *feeds; /* report of level district, or "" */
    struct date valid_from;
    struct date valid_to;
};

struct catalogue_follow { /* row of follows.csv: a record goes along with the one it refers to */
    unsigned type;
    unsigned field; /* of kind ref, or a text with the id of a record as 32 small hex digits */
    unsigned to;    /* the type that it refers to; 0: a text, any type */
};

struct catalogue_event { /* row of events.csv: the day on which what the record tells of happened */
    unsigned type;
    unsigned field; /* of kind date */
};

enum catalogue_day_rule {
    CATALOGUE_DAY_ANY,
    CATALOGUE_DAY_PAST, /* cannot lie after today */
    CATALOGUE_DAY_BIRTH, /* nor so long ago that nobody lives so long (param age_doubt_years: asked about) */
};

struct catalogue_day { /* row of days.csv: what a day cannot be, by what it means */
    unsigned type;
    unsigned field; /* of kind date or pdate */
    enum catalogue_day_rule rule;
};

struct catalogue_successor { /* row of successors.csv: where a unit goes on from a day on */
    struct date on;          /* the first day of the new unit */
    const char *old_code;
    const char *new_code;
    bool part;       /* the old unit was split: records wait until somebody assigns them */
    bool assumption; /* no source names this successor */
    const char *source;
};

/* What calls for an ad-hoc report: a figure of some last days that is large enough in a unit. */
enum catalogue_trigger_what {
    CATALOGUE_TRIGGER_NUM,
    CATALOGUE_TRIGGER_DEN,
    CATALOGUE_TRIGGER_RATE,
    CATALOGUE_TRIGGER_RECORDS, /* records of a type for which SQL is true */
    CATALOGUE_TRIGGER_LATE     /* records of class 4 that came too late for a closed period */
};
struct catalogue_trigger {
    unsigned rule;
    const char *indicator;
    enum catalogue_trigger_what what;  /* RATE: num in percent of den */
    const struct catalogue_type *type; /* RECORDS: of these; else NULL */
    const char *records;               /* RECORDS: SQL over a row of the type, with :t0 and :t1 */
    const char *least;                 /* name of a parameter; "" = 1 */
    const char *percent_of;            /* indicator whose figure is 100 percent; "" = none */
    unsigned days;                     /* of the window, which ends today */
    const char *label_vi;
    const char *label_en;
};

struct catalogue_mistakes {
    struct catalogue_error *v; /* the caller's */
    size_t room, count;
};

struct catalogue;

/*
 * Parse and check a whole catalogue: every cross-reference, name, number and list. All mistakes are
 * collected (up to CATALOGUE_ERRORS_MAX) so that an editor sees them at once.
 *
 *   in    files: count entries in any order; borrowed for the call
 *   out   out: the catalogue, only when ERR_OK;  errors: caller's array of CATALOGUE_ERRORS_MAX;
 * *error_count set
 *
 * ERR_OK         out is owned by the caller
 * ERR_BAD_INPUT  at least one mistake; nothing allocated remains
 * ERR_NOMEM
 */
MUST_CHECK enum err catalogue_parse(const struct catalogue_file *files, size_t count,
                                    struct catalogue **out, struct catalogue_error *errors,
                                    size_t *error_count);

/*
 * The same for what is to follow `before` (NULL: nothing), an edition in force. Signed change sets hold
 * the numbers of types and fields for ever: a number that is gone or means another name, kind or list
 * is a mistake too. With ERR_BAD_INPUT *out is NULL, or what the SQL can be tried with all the same, to name its
 * mistakes as well: the record types and those files that have no mistake. It is no catalogue; the caller frees it.
 */
MUST_CHECK enum err catalogue_parse_after(const struct catalogue_file *files, size_t count,
                                          const struct catalogue *before, struct catalogue **out,
                                          struct catalogue_error *errors, size_t *error_count);
void catalogue_free(struct catalogue *c);

/*
 * The canonical archive of a catalogue: its files sorted by name, each as
 * u16 name length | name | u32 data length | data, little-endian. Its BLAKE2b-256 names the
 * edition's content.
 *
 * ERR_OK         appended to `out`
 * ERR_BAD_INPUT  a name twice, or one that is no file name of a catalogue
 * ERR_TOO_LARGE  too many files, a file or the archive over its limit, or the cap of `out`
 * ERR_NOMEM      after an error, part of it may stand in `out`
 */
struct buf;
MUST_CHECK enum err catalogue_archive(const struct catalogue_file *files, size_t count,
                                      struct buf *out);

/* Read an archive back. The returned entries and names point into one allocation owned by the
 * caller (free with catalogue_files_free). ERR_BAD_FORMAT for anything that is not exactly one
 * archive. */
MUST_CHECK enum err catalogue_unarchive(struct bytes archive, struct catalogue_file **files,
                                        size_t *count);
void catalogue_files_free(struct catalogue_file *files);

/* "2023-06-01"; "9999-12-31" for an open end, which date_print() would not take. */
void catalogue_date_text(struct date d, char out[DATE_TEXT_ROOM]);

/* Look-ups: NULL (or count 0) when there is none. */
const struct catalogue_type *catalogue_type_by_no(const struct catalogue *c, unsigned no);
const struct catalogue_type *catalogue_type_by_name(const struct catalogue *c, const char *name);
const struct catalogue_type *catalogue_types(const struct catalogue *c, size_t *count);
const struct catalogue_field *catalogue_field_by_no(const struct catalogue_type *t, unsigned no);
const struct catalogue_field *catalogue_field_by_name(const struct catalogue_type *t,
                                                      const char *name);
/* The field that names a record of the type in lists: its first required text, else its first text.
 * NULL: none. */
const struct catalogue_field *catalogue_title(const struct catalogue_type *t);
/* The field that says this of whom a record is about. NULL: none does. */
const struct catalogue_field *catalogue_identity_field(const struct catalogue_type *t,
                                                       enum catalogue_identity identity);
/* Is that a name, by which one tells records of the type apart (a person's, or a required field `name`)? Titles of
 * calls and activities repeat. */
bool catalogue_named(const struct catalogue_type *t);
/* The columns of a list of the type, unless others are chosen: its title when that is required, then
 * what is required, then the first of the others. Returns how many, at most `max`. */
size_t catalogue_columns(const struct catalogue_type *t, const struct catalogue_field **out,
                         size_t max);
bool catalogue_choice_known(const struct catalogue *c, const char *list, const char *value);
/* The list that an indicator is broken down by and that has this value; "" of "". false: none has it. */
bool catalogue_indicator_list(const struct catalogue *c, const struct catalogue_indicator *i,
                              const char *value, char list[static CATALOGUE_NAME_BYTES_MAX + 1]);
const struct catalogue_choice *catalogue_choices(const struct catalogue *c,
                                                 size_t *count); /* sorted by list, file order */
const struct catalogue_unit *catalogue_unit_at(const struct catalogue *c, const char *code,
                                               struct date on);
/* What a code is called on that day; of a day on which nothing has it, its newest name; "" for what is no code. */
const char *catalogue_unit_name(const struct catalogue *c, const char *code, struct date on);
/* Is the unit `above` itself, or somewhere below it, on that day? Above CATALOGUE_UNIT_LEVELS_MAX nobody looks. */
bool catalogue_unit_within(const struct catalogue *c, const char *code, const char *above,
                           struct date on);
const struct catalogue_unit *catalogue_units(const struct catalogue *c, size_t *count);
const struct catalogue_indicator *catalogue_indicator(const struct catalogue *c, const char *id);
const struct catalogue_indicator *catalogue_indicators(const struct catalogue *c, size_t *count);
const struct catalogue_report *catalogue_report(const struct catalogue *c, const char *id);
const struct catalogue_report *catalogue_reports(const struct catalogue *c, size_t *count);
const struct catalogue_line *catalogue_lines(const struct catalogue *c, const char *report,
                                             size_t *count);
const struct catalogue_window *catalogue_window(const struct catalogue *c, const char *report,
                                                struct date on);
/* The unit's own row if it has one on that day, else the row of all. `unit` NULL: that of all. */
const struct catalogue_window *catalogue_window_of(const struct catalogue *c, const char *report,
                                                   const char *unit, struct date on);
const struct catalogue_trigger *catalogue_triggers(const struct catalogue *c, size_t *count);
/* Does this unit, which is valid on that day, make the report? Only for reports of level commune. */
bool catalogue_owes(const struct catalogue *c, const char *report, const char *unit,
                    struct date on);
/* Is `report` made of the communes' reports `part` on that day? */
bool catalogue_feeds(const struct catalogue *c, const char *part, const char *report,
                     struct date on);
const struct catalogue_param *catalogue_params(const struct catalogue *c, size_t *count);
const char *catalogue_param(const struct catalogue *c, const char *name, struct date on);
const struct catalogue_follow *catalogue_follows(const struct catalogue *c, size_t *count);
/* What days.csv says of a field. */
enum catalogue_day_rule catalogue_day_rule(const struct catalogue *c, unsigned type,
                                           unsigned field);
/* The field with the day of the event that a record of the type tells of; NULL: it tells of none. */
const struct catalogue_field *catalogue_event_field(const struct catalogue *c,
                                                    const struct catalogue_type *t);
const struct catalogue_successor *catalogue_successors(const struct catalogue *c, size_t *count);

/*
 * Check and bring into canonical form one value as a person typed it (text of a CSV cell or form),
 * or as this function wrote it before: numbers with Vietnamese or plain separators, dd/mm/yyyy
 * dates, "có/không", labels of choices, NFC. SQL constraints and relevance are the stores' part.
 *
 *   in    typed: any bytes; blanks around are dropped; nothing but blanks = no value
 *   out   canonical text (SPEC 8.3) in `out`, cleared first, whose limit is at least
 *         CATALOGUE_TEXT_BYTES_MAX: int and money as decimal digits, bool "0" or "1", dates ISO,
 *         choice = its value, choices = values in the order of their list separated by ';', unit
 *         code, ref as 32 lower-case hex digits, "" = no value (nil)
 *
 * ERR_OK
 * ERR_BAD_VALUE  with a reason (vi and en) in `why`; a required field without a value too
 * ERR_NOMEM
 */
struct catalogue_why {
    char vi[200];
    char en[200];
};
MUST_CHECK enum err catalogue_clean(const struct catalogue *c, const struct catalogue_field *f,
                                    struct bytes typed, struct buf *out, struct catalogue_why *why);

#endif
