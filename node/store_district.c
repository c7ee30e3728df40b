/* What the hub's own sets that came here say of records (node/store_flow.h). */
#include "node/store_flow.h"
#include "node/store_priv.h"

#include <stdlib.h>

enum {
    DISTRICT_INCS_BYTES_MAX = 64 * 1024, /* 8,192 restores of the hub */
    DISTRICT_MOVED_BYTES_MAX = 64 * 1024 * 1024,
    DISTRICT_MOVED_BYTES = ID_RECORD_BYTES + MOVE_DATE_BYTES + 1,
};

void node_district_forget(struct node_store *s)
{
    if (s->district == NULL) return;
    buf_free(&s->district->incs);
    buf_free(&s->district->moved);
    free(s->district);
    s->district = NULL;
}

bool node_district_wrote(const struct node_district *d, const struct id_version *version)
{
    const struct id_inc inc = id_version_inc(version);
    for (size_t at = 0; at < d->incs.len; at += ID_INC_BYTES) {
        if (memcmp(d->incs.p + at, inc.b, ID_INC_BYTES) == 0) return true;
    }
    return false;
}

bool node_district_elsewhere(const struct node_district *d, const struct id_record *rid,
                             struct date last)
{
    char day[DATE_TEXT_ROOM];
    const uint8_t *first = NULL, *then = NULL;
    bool came = false;
    date_print(last, day);
    for (size_t at = 0; at < d->moved.len; at += DISTRICT_MOVED_BYTES) {
        const uint8_t *m = d->moved.p + at, *on = m + ID_RECORD_BYTES;
        if (memcmp(m, rid->b, ID_RECORD_BYTES) != 0) continue;
        came = came || on[MOVE_DATE_BYTES] != 0;
        if (first == NULL || memcmp(on, first, MOVE_DATE_BYTES) < 0) first = on;
        bool counts = memcmp(on, day, MOVE_DATE_BYTES) <= 0;
        if (counts && (then == NULL || memcmp(on, then, MOVE_DATE_BYTES) >= 0)) then = on;
    }
    if (!came) return false; /* it is here, and nothing says since when */
    if (then != NULL) return then[MOVE_DATE_BYTES] == 0;
    return first[MOVE_DATE_BYTES] != 0;
}

static void node_district_moved(struct node_district *d, struct bytes rid, struct bytes day,
                                bool came)
{
    buf_add_bytes(&d->moved, rid);
    buf_add_bytes(&d->moved, day);
    buf_add_u8(&d->moved, came);
}

static void node_district_assigned(struct node_district *d, struct bytes payload, const char *unit)
{
    struct move_assign m;
    if (move_assign_decode(payload, &m) != ERR_OK) return;
    if (!bytes_equal(m.to, bytes_str(unit))) return;
    for (size_t at = 0; at < m.records.len; at += ID_RECORD_BYTES)
        node_district_moved(d, bytes_make(m.records.p + at, ID_RECORD_BYTES), m.date, true);
}

static enum err node_district_walk(struct node_store *s, const char *unit, struct node_district *d)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT head, body FROM sys_hub_set ORDER BY position");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        s->view_open = false;
        e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), s->view);
        if (e != ERR_OK) e = ERR_DAMAGED;
        if (e != ERR_OK) break;
        const struct change_head *head = &s->view->head;
        const struct id_version version = id_version_make(&head->inc, head->seq, &s->view->hash);
        if (!node_district_wrote(d, &version)) buf_add(&d->incs, head->inc.b, ID_INC_BYTES);
        for (unsigned i = 0; i < head->ops; i++) {
            struct bytes payload = s->view->payload[i];
            if (payload.p != NULL && change_payload_kind(payload) == CHANGE_ASSIGN)
                node_district_assigned(d, payload, unit);
        }
        e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Reports that an offer took away or brought: the day of its taking is not told, that of the offer was not after. */
static enum err node_district_taken(struct node_store *s, const char *unit, struct node_district *d)
{
    bool row = false;
    const struct catalogue_type *type =
        s->catalogue != NULL ? catalogue_type_by_name(s->catalogue, "report") : NULL;
    if (type == NULL) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT rid, offered_ms, to_unit = ?2 FROM sys_transfer "
                                       "WHERE state = ?1 AND (to_unit = ?2 OR from_unit = ?2) AND "
                                       "type = ?3 ORDER BY offered_ms");
    db_bind_int(q, 1, MOVE_ACCEPTED);
    db_bind_str(q, 2, unit);
    db_bind_int(q, 3, type->no);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct date day;
        char text[DATE_TEXT_ROOM];
        if (date_of_ms(db_column_int(q, 1), &day) == ERR_OK) {
            date_print(day, text);
            node_district_moved(d, db_column_bytes(q, 0), bytes_str(text),
                                db_column_int(q, 2) != 0);
        }
        e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_flow_district(struct node_store *s, const struct node_district **out)
{
    struct node_identity id;
    enum err e = ERR_OK;
    if (s->district == NULL) {
        e = node_store_identity(s, &id);
        if (e != ERR_OK) return e;
        s->district = calloc(1, sizeof *s->district);
        if (s->district == NULL) return ERR_NOMEM;
        buf_init(&s->district->incs, DISTRICT_INCS_BYTES_MAX);
        buf_init(&s->district->moved, DISTRICT_MOVED_BYTES_MAX);
        e = node_district_walk(s, id.unit, s->district);
        if (e == ERR_OK) e = node_district_taken(s, id.unit, s->district);
        if (e == ERR_OK) e = s->district->incs.e;
        if (e == ERR_OK) e = s->district->moved.e;
        if (e != ERR_OK) node_district_forget(s);
    }
    if (e == ERR_OK) *out = s->district;
    return e;
}
