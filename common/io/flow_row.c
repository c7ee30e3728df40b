#include "common/io/flow_row.h"

static json_t *flow_day(struct date d)
{
    char text[DATE_TEXT_ROOM];
    date_print(d, text);
    return json_string(text);
}

static json_t *flow_moment(int64_t ms)
{
    char text[DATE_STAMP_ROOM];
    return ms != 0 && date_stamp(ms, text) == ERR_OK ? json_string(text) : json_null();
}

static json_t *flow_hex(struct bytes b)
{
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(b, hex);
    return json_string(hex);
}

static json_t *flow_text(const char *s)
{
    return s != NULL && s[0] != '\0' ? json_string(s) : json_null();
}

static json_t *flow_bytes(struct bytes b)
{
    json_t *j = b.len > 0 ? json_stringn((const char *)b.p, b.len) : NULL;
    return j != NULL ? j : json_null();
}

bool flow_row_overdue(const struct flow_row *r)
{
    return r->slot.has_due && date_compare(r->slot.due, r->today) < 0 && !flow_is_in(r->state) &&
           r->state != FLOW_LOCKED;
}

static void flow_row_about(const struct flow_row *r, json_t *j)
{
    char label[PERIOD_LABEL_ROOM], title[PERIOD_TITLE_ROOM];
    period_print(r->slot.period, label);
    period_title_vi(r->slot.period, title);
    json_object_set_new(j, "report", json_string(r->form->id));
    json_object_set_new(j, "label_vi", json_string(r->form->label_vi));
    json_object_set_new(j, "label_en", json_string(r->form->label_en));
    json_object_set_new(j, "period", json_string(label));
    json_object_set_new(j, "period_vi", json_string(title));
    json_object_set_new(j, "unit", json_string(r->unit));
    json_object_set_new(j, "unit_name", json_string(r->unit_name));
    json_object_set_new(j, "data_from", flow_day(r->slot.window.first));
    json_object_set_new(j, "data_to", flow_day(r->slot.window.last));
    json_object_set_new(j, "due", r->slot.has_due ? flow_day(r->slot.due) : json_null());
    json_object_set_new(j, "due_guessed", json_boolean(r->slot.has_due && r->slot.guessed));
    json_object_set_new(j, "days",
                        r->slot.has_due
                            ? json_integer(date_to_days(r->slot.due) - date_to_days(r->today))
                            : json_null());
}

static void flow_row_state(const struct flow_row *r, json_t *j)
{
    json_object_set_new(j, "state", json_string(flow_state_name(r->state)));
    json_object_set_new(j, "state_vi", json_string(flow_state_vi(r->state)));
    json_object_set_new(j, "state_en", json_string(flow_state_en(r->state)));
    json_object_set_new(j, "time", json_string(flow_time_name(r->time)));
    /* There is a due day, and nothing came that could be late: nothing is to be said of it. */
    bool none = r->time == FLOW_TIME_NONE && r->slot.has_due;
    json_object_set_new(j, "time_vi", json_string(none ? "" : flow_time_vi(r->time)));
    json_object_set_new(j, "time_en", json_string(none ? "" : flow_time_en(r->time)));
    json_object_set_new(j, "overdue", json_boolean(flow_row_overdue(r)));
    json_object_set_new(j, "conflict", json_boolean(r->conflict));
    json_object_set_new(j, "other", r->has_other ? flow_hex(BYTES_OF(r->other.b)) : json_null());
    json_object_set_new(j, "unconfirmed", json_boolean(r->unconfirmed));
    json_object_set_new(j, "record", r->has_record ? flow_hex(BYTES_OF(r->record.b)) : json_null());
    json_object_set_new(j, "version",
                        r->has_version ? flow_hex(BYTES_OF(r->version.b)) : json_null());
    json_object_set_new(j, "digest", flow_text(r->digest));
    json_object_set_new(j, "submitted_on", flow_text(r->submitted_on));
    json_object_set_new(j, "signed_by", flow_text(r->signed_by));
    json_object_set_new(j, "person", r->has_person ? flow_hex(BYTES_OF(r->person.b)) : json_null());
}

static json_t *flow_row_judged(const struct flow_row *r)
{
    if (r->judged == NULL) return json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:b}", "verdict", r->judged, "at",
                     flow_moment(r->judged_ms), "person", flow_hex(BYTES_OF(r->judge.b)), "reason",
                     flow_bytes(r->reason), "this", (int)r->judged_this);
}

static json_t *flow_row_asked(const struct flow_row *r)
{
    if (!r->asked) return json_null();
    return json_pack("{s:o, s:o, s:o}", "id", flow_hex(BYTES_OF(r->ask_id.b)), "text",
                     flow_bytes(r->ask_text), "due", flow_bytes(r->ask_due));
}

json_t *flow_row_json(const struct flow_row *r)
{
    json_t *j = json_object();
    if (j == NULL) return NULL;
    flow_row_about(r, j);
    flow_row_state(r, j);
    json_object_set_new(j, "judged", flow_row_judged(r));
    json_object_set_new(j, "asked", flow_row_asked(r));
    json_object_set_new(j, "number",
                        r->issue_number > 0 ? json_integer(r->issue_number) : json_null());
    if (!r->at_hub) return j;
    json_object_set_new(j, "received", flow_moment(r->received_ms));
    json_object_set_new(j, "claimed", flow_moment(r->claimed_ms));
    json_object_set_new(j, "after", flow_moment(r->after_ms));
    json_object_set_new(j, "sent", json_string(r->sent));
    json_object_set_new(j, "issue", r->issue > 0 ? json_integer(r->issue) : json_null());
    return j;
}
