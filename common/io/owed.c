#include "common/io/owed.h"

#include <ctype.h>
#include <string.h>

static const char owed_name[] = ":owed";

/* The next `:owed` that is the whole name of a parameter; NULL: none. */
static const char *owed_next(const char *sql)
{
    size_t len = strlen(owed_name);
    for (const char *p = strstr(sql, owed_name); p != NULL; p = strstr(p + len, owed_name))
        if (!isalnum((unsigned char)p[len]) && p[len] != '_') return p;
    return NULL;
}

bool owed_wanted(const struct catalogue_indicator *indicator)
{
    return owed_next(indicator->sql) != NULL;
}

void owed_begin(struct buf *out)
{
    buf_add_str(out, "[");
}

/* Codes, ids of reports and labels of periods have no character that JSON would escape. */
void owed_row(const struct flow_row *r, enum flow_state state, struct buf *out)
{
    char label[PERIOD_LABEL_ROOM], due[DATE_TEXT_ROOM], rid[2 * ID_RECORD_BYTES + 1] = "";
    bool in = state == FLOW_SUBMITTED || state == FLOW_ACCEPTED;
    if (!r->slot.has_due) return;
    period_print(r->slot.period, label);
    date_print(r->slot.due, due);
    if (r->has_record) id_hex(BYTES_OF(r->record.b), rid);
    buf_printf(out,
               "%s{\"unit\":\"%s\",\"report\":\"%s\",\"period\":\"%s\",\"due\":\"%s\","
               "\"record\":\"%s\",\"in_time\":%d}",
               out->len > 1 ? "," : "", r->unit, r->form->id, label, due, rid,
               in && r->time == FLOW_TIME_IN_TIME);
}

void owed_end(struct buf *out)
{
    buf_add_str(out, "]");
}

static void owed_literal(const char *text, struct buf *out)
{
    buf_add_str(out, "'");
    for (const char *p = text; *p != '\0';) {
        size_t n = strcspn(p, "'");
        buf_add_bytes(out, bytes_make(p, n));
        p += n;
        if (*p == '\'') buf_add_str(out, "''");
        p += *p == '\'';
    }
    buf_add_str(out, "'");
}

void owed_sql(const char *sql, const char *owed, struct buf *out)
{
    for (const char *at; (at = owed_next(sql)) != NULL; sql = at + strlen(owed_name)) {
        buf_add_bytes(out, bytes_make(sql, (size_t)(at - sql)));
        owed_literal(owed, out);
    }
    buf_add_str(out, sql);
}
