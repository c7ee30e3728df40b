/* What the files that compare an issue with what the log gives now share. Only hub/verify*.c include it. */
#ifndef DONGBO_HUB_VERIFY_PRIV_H
#define DONGBO_HUB_VERIFY_PRIV_H

#include "hub/inputs.h"
#include "hub/store_erase.h"
#include "hub/verify.h"

#include <jansson.h>

struct again_cell { /* as the closing kept it */
    unsigned line;
    bool total, absent;
    bool gone;         /* a record that it lists was erased */
    bool seen;         /* the figures of now have such a cell */
    size_t at;         /* of its value in `values`, which moves while it grows */
    const char *value; /* then */
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    int64_t num, den;
    struct id_hash inputs;
};

struct again {
    struct hub_store *store;
    const struct hub_issue *issue;
    const struct hub_report *report; /* of now; what is small in it is hidden already */
    const struct hub_inputs *inputs; /* of now */
    const struct hub_basis *then, *now;
    const struct hub_verify_tell *tell; /* may be NULL */
    struct hub_verified_issue *out;
    struct hub_erased_op *gone; /* by record, each once */
    size_t gone_count, gone_room;
    struct again_cell *cells; /* by line, total first, value, unit */
    size_t cell_count, cell_room;
    struct buf values;
    bool *touched; /* per line: its SQL reads a type of which a record was erased */
    bool *hit;     /* per line: that, or a record behind one of its cells was */
    bool *differs; /* per line: a cell does */
    bool *silent;  /* per unit: nothing of it is there any more */
    bool small;    /* a line with hidden small cells is hit */
};

/* Was this record erased behind the cut? */
bool hub_again_gone(const struct again *a, const struct id_record *rid);
/* Is there a reason why this cell can be another than it was? */
bool hub_again_explains(const struct again *a, size_t line, const struct hub_unlike *cell);
/* Count what is unlike, and tell it. Errors of who is told. */
MUST_CHECK enum err hub_again_unlike(struct again *a, const struct hub_unlike *unlike);

/* verify_json.c: everything that the issued figures say against those of now. */
MUST_CHECK enum err hub_again_units(struct again *a, const json_t *then, const json_t *now);
MUST_CHECK enum err hub_again_json(struct again *a, const json_t *then, const json_t *now);

/* Compare all of it; out->differing, unexplained, explained, inputs. */
MUST_CHECK enum err hub_verify_again(struct again *a, struct bytes now);

#endif
