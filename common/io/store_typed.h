/*
 * Typed tables: one SQLite table per record type of the catalogue, with the type's own name and one
 * column per field, for people, for constraints and for indicators (architecture 10). Shared by the
 * stores of both sides.
 *
 *   id BLOB PRIMARY KEY, unit TEXT (owner), then every field by its name:
 *   text, decimal, date, pdate, choice, unit -> TEXT (decimal -> NUMERIC); int, money, bool ->
 * INTEGER; ref -> BLOB; choices -> TEXT, a JSON array (NULL for the empty set)
 *
 * and `unit(code, name, level, parent, valid_from, valid_to)`, `score_scheme(scheme, version, most,
 * valid_from, valid_to)`, `score_item(scheme, version, code, most)` and `score_band(scheme, version,
 * class, least, below)` out of the catalogue (an open end is 9999-12-31, points are hundredths), and
 * the view `person_root(person, root)`: the smallest id among linked persons, a
 * row only for those whom a person_link with decision 'same' names.
 *
 * Ownership: struct typed borrows the db and the catalogue; typed_close() releases its statements.
 * Threads:   the db's.   Errors: those of db.h, rolled back by the caller's transaction.
 */
#ifndef DONGBO_COMMON_IO_STORE_TYPED_H
#define DONGBO_COMMON_IO_STORE_TYPED_H

#include "common/catalogue.h"
#include "common/io/db.h"
#include "common/id.h"

struct typed;

/* Create or extend the tables for this catalogue (columns are only ever added), inside the caller's
 * transaction. ERR_BAD_INPUT: constraints or indicators do not compile; `why` has got a mistake for each. `why` NULL:
 * the edition is in use, published when rules were laxer; such a rule is logged, and fails when it is run. */
MUST_CHECK enum err typed_open(struct db *db, const struct catalogue *c,
                               struct catalogue_mistakes *why, struct typed **out);
/* The same tables on a DB_READONLY connection, as they are: for queries alone. */
MUST_CHECK enum err typed_open_read(struct db *db, const struct catalogue *c, struct typed **out);
void typed_close(struct typed *t);

enum typed_kind { TYPED_NULL, TYPED_INT, TYPED_TEXT, TYPED_BLOB };
struct typed_value {
    enum typed_kind kind;
    int64_t number;
    struct bytes bytes;
};

/* Put the row of a record: one value per field of the type, in the catalogue's order. */
MUST_CHECK enum err typed_put(struct typed *t, const struct catalogue_type *type,
                              const struct id_record *rid, const char *unit,
                              const struct typed_value *values, size_t count);
MUST_CHECK enum err typed_remove(struct typed *t, const struct catalogue_type *type,
                                 const struct id_record *rid);

/* Remove the record's row from every typed table of the database, those of older catalogues too, and
 * without a catalogue. For erasure. */
MUST_CHECK enum err typed_forget(struct db *db, const struct id_record *rid);

/*
 * A constraint or relevance that is NULL says nothing: no objection, relevant. Neither is asked of a
 * field that is not relevant; a value in such a field is kept.
 *
 * Evaluate required, relevant and constraint of every field over a prospective row.
 * ERR_OK; ERR_BAD_VALUE: `bad` = the first field that is wrong, `why` its words
 */
MUST_CHECK enum err typed_check(struct typed *t, const struct catalogue_type *type,
                                const struct typed_value *values, size_t count,
                                const struct catalogue_field **bad, struct catalogue_why *why);

/* The same for every field at once, by its place in the type: for a form that is being filled in. */
struct typed_review {
    bool relevant[CATALOGUE_FIELDS_MAX];
    bool wrong[CATALOGUE_FIELDS_MAX];   /* its constraint says no; never when not relevant */
    bool missing[CATALOGUE_FIELDS_MAX]; /* required, relevant and without a value */
};
MUST_CHECK enum err typed_review(struct typed *t, const struct catalogue_type *type,
                                 const struct typed_value *values, size_t count,
                                 struct typed_review *out);

/*
 * Records that have every value of a prospective row, the empty ones of which say nothing, and sealed texts
 * neither: at most `max` ids. A row without values finds none. One walk over the type's table.
 */
MUST_CHECK enum err typed_twins(struct typed *t, const struct catalogue_type *type,
                                const struct typed_value *values, size_t count,
                                struct id_record *out, size_t max, size_t *found);

/*
 * Name the types whose records the SQL of an indicator reads, each at least once: those that it names, and
 * those behind the views that it names. Nothing is run.
 * ERR_DENIED, ERR_BAD_INPUT, ERR_TOO_LARGE: of SQL that does not compile
 */
MUST_CHECK enum err typed_indicator_types(
    struct typed *t, const struct catalogue_indicator *indicator,
    void (*type)(void *ctx, const struct catalogue_type *type), void *ctx);

/* May SQL read this table? (typed tables, unit, person_root and what it is made of, json_each for the
 * elements of a set) */
bool typed_table_allowed(const struct typed *t, const char *table);
/* May SQL of the catalogue read this column ("": the rows alone)? Texts of class TYPED_CLASS_UNREAD and
 * more it may not: what they say cannot get into a figure, a clock or a message. The row that a
 * constraint judges is not read from a table. */
enum { TYPED_CLASS_UNREAD = 3 };
bool typed_column_allowed(const struct typed *t, const char *table, const char *column);

#endif
