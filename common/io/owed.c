#include "common/io/owed.h"

#include <ctype.h>
#include <string.h>

static const char owed_name[] = ":owed";

bool owed_wanted(const struct catalogue_indicator *indicator)
{
    size_t len = strlen(owed_name);
    for (const char *p = strstr(indicator->sql, owed_name); p != NULL;
         p = strstr(p + len, owed_name))
        if (!isalnum((unsigned char)p[len]) && p[len] != '_') return true;
    return false;
}

void owed_init(struct owed *o)
{
    o->rows = 0;
    buf_init(&o->json, OWED_BYTES_MAX);
}

void owed_free(struct owed *o)
{
    buf_free(&o->json);
}

/* Codes, ids of reports and labels of periods have no character that JSON would escape. */
enum err owed_row(struct owed *o, const struct flow_row *r, enum flow_state state)
{
    char label[PERIOD_LABEL_ROOM], due[DATE_TEXT_ROOM], rid[2 * ID_RECORD_BYTES + 1] = "";
    bool in = state == FLOW_SUBMITTED || state == FLOW_ACCEPTED;
    if (!r->slot.has_due) return ERR_OK;
    if (o->rows == OWED_ROWS_MAX) return ERR_TOO_LARGE;
    period_print(r->slot.period, label);
    date_print(r->slot.due, due);
    if (r->has_record) id_hex(BYTES_OF(r->record.b), rid);
    buf_printf(&o->json,
               "%s{\"unit\":\"%s\",\"report\":\"%s\",\"period\":\"%s\",\"due\":\"%s\","
               "\"record\":\"%s\",\"in_time\":%d}",
               o->rows++ == 0 ? "[" : ",", r->unit, r->form->id, label, due, rid,
               in && (r->time == FLOW_TIME_IN_TIME || r->time == FLOW_TIME_UNCONFIRMED));
    return o->json.e;
}

enum err owed_end(struct owed *o, struct bytes *out)
{
    buf_add_str(&o->json, o->rows == 0 ? "[]" : "]");
    if (o->json.e == ERR_OK) *out = buf_bytes(&o->json);
    return o->json.e;
}
