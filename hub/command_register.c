/* The registers of data-protection law: requests of data subjects, and breaches. Their entries are
 * records (types data_request and data_breach): signed, with history, erasable. SPEC 20. */
#include "hub/command_priv.h"
#include "common/io/clock.h"
#include "common/legal.h"
#include "hub/store_order.h"
#include "hub/store_records.h"
#include "proto/erase.h"

#include <string.h>

#define REGISTER_REQUESTS "data_request"
#define REGISTER_BREACHES "data_breach"

struct register_walk {
    struct hub_app *app;
    const struct catalogue *c;
    const struct catalogue_type *type;
    struct fold fold;
    int64_t now_ms;
    bool open; /* only what is not done */
    bool breaches;
    json_t *rows;
    json_t *claims;              /* of orders, see register_claim() */
    bool claiming;               /* only these are read */
    json_int_t waiting, overdue; /* not done; over one of their clocks */
    json_int_t near; /* the breach whose time runs out next: ms from now, INT64_MAX none */
};

static const char *register_text(const json_t *values, const char *key)
{
    const char *s = json_string_value(json_object_get(values, key));
    return s != NULL ? s : "";
}

static bool register_day(const json_t *values, const char *key, struct date *out)
{
    return date_parse(bytes_str(register_text(values, key)), out) == ERR_OK;
}

static json_t *register_label(const struct catalogue *c, const char *list, const char *value)
{
    size_t n = 0;
    const struct catalogue_choice *v = catalogue_choices(c, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i].list, list) == 0 && strcmp(v[i].value, value) == 0)
            return json_string(v[i].label_vi);
    }
    return json_string(value);
}

static json_t *register_clock_json(const struct legal_clock *k)
{
    char text[DATE_TEXT_ROOM];
    if (!k->has) return json_null();
    date_print(k->day, text);
    return json_string(text);
}

/* Whole days until a clock runs out, rounded down: -1 since it was less than a day late. */
static json_t *register_days(const struct legal_clock *k, int64_t now_ms)
{
    if (!k->has) return json_null();
    int64_t left = k->late_ms - now_ms;
    return json_integer((left >= 0 ? left : left - DATE_DAY_MS + 1) / DATE_DAY_MS);
}

/* ---- requests ---- */

struct register_request {
    struct legal_clock answer, done, next; /* `next`: the one that runs now */
    bool answered, finished, late;         /* `late`: over a clock that was, or is, missed */
};

/* Is there another request that this order answers? `self` NULL: of an entry that is not there yet. */
static bool register_claimed(const json_t *claims, const struct id_hash *id,
                             const struct id_record *self)
{
    char order[2 * ID_HASH_BYTES + 1], own[2 * ID_RECORD_BYTES + 1] = "";
    id_hex(BYTES_OF(id->b), order);
    if (self != NULL) id_hex(BYTES_OF(self->b), own);
    const char *first = json_string_value(json_object_get(claims, order));
    const char *space = first != NULL ? strrchr(first, ' ') : NULL;
    return space != NULL && strcmp(space + 1, own) != 0;
}

/* Does the order erase the record of the person whom the request names, or something in it? Of an entry that
 * names none nothing can be compared. */
static enum err register_order_about(const struct order *o, const char *person, bool *about)
{
    struct erase_list l = {.records = NULL};
    struct id_record rid;
    *about = person[0] == '\0';
    if (*about || id_unhex(person, rid.b, sizeof rid.b) != ERR_OK) return ERR_OK;
    enum err e = erase_decode(o->content, &l);
    if (e == ERR_OK) *about = erase_has_record(&l, &rid);
    for (size_t i = 0; e == ERR_OK && i < l.op_count; i++)
        *about = *about || ID_EQUAL(&l.ops[i].rid, &rid);
    erase_free(&l);
    return e;
}

/* The order to erase that is said to answer it: none, unknown, other_person, used (by another request),
 * proposed, approved. */
static const char *register_order_state(struct hub_app *a, const json_t *v, const json_t *claims,
                                        const struct id_record *self)
{
    struct id_hash id;
    struct hub_order_row row;
    struct buf memory;
    bool about = false;
    const char *hex = register_text(v, "order_id");
    if (hex[0] == '\0') return "none";
    if (id_unhex(hex, id.b, sizeof id.b) != ERR_OK) return "unknown";
    buf_init(&memory, ORDER_BYTES_MAX);
    struct order order;
    enum err e = hub_store_order(a->store, &id, &row, &memory);
    if (e == ERR_OK) e = order_decode(row.order, &order);
    bool erases = e == ERR_OK && bytes_equal(order.kind, bytes_str("erase"));
    if (erases) erases = register_order_about(&order, register_text(v, "person"), &about) == ERR_OK;
    const char *state = !erases                               ? "unknown"
                        : !about                              ? "other_person"
                        : register_claimed(claims, &id, self) ? "used"
                        : row.position != 0                   ? "approved"
                                                              : "proposed";
    buf_free(&memory);
    return state;
}

/* Which request each order answers: of those to erase that may name it the first one that came, by
 * day and id. {order: "DAY RID"}. Deleted entries answer nothing. */
static void register_claim(struct hub_app *a, json_t *claims, const json_t *v,
                           const struct id_record *rid)
{
    struct id_hash id;
    char order[2 * ID_HASH_BYTES + 1], own[2 * ID_RECORD_BYTES + 1];
    if (strcmp(register_text(v, "kind"), "erasure") != 0 ||
        id_unhex(register_text(v, "order_id"), id.b, sizeof id.b) != ERR_OK)
        return;
    const char *state = register_order_state(a, v, NULL, rid);
    if (strcmp(state, "approved") != 0 && strcmp(state, "proposed") != 0) return;
    id_hex(BYTES_OF(id.b), order);
    id_hex(BYTES_OF(rid->b), own);
    json_t *claim = json_sprintf("%s %s", register_text(v, "received_on"), own);
    const char *first = json_string_value(json_object_get(claims, order));
    if (first == NULL || strcmp(json_string_value(claim), first) < 0)
        json_object_set(claims, order, claim);
    json_decref(claim);
}

/* A request to erase that is granted is done by an approved order alone, whatever the entry says and
 * wherever it was typed. */
static bool register_order_lacks(const json_t *v, const char *order_state)
{
    const char *outcome = register_text(v, "outcome");
    bool granted = strcmp(outcome, "granted") == 0 || strcmp(outcome, "partly") == 0;
    return strcmp(register_text(v, "kind"), "erasure") == 0 && (granted || outcome[0] == '\0') &&
           strcmp(order_state, "approved") != 0;
}

static void register_request_clocks(const struct register_walk *w, const json_t *v,
                                    const char *order_state, struct register_request *r)
{
    struct date received, answered, done, extended;
    *r = (struct register_request){.answered = register_day(v, "answered_on", &answered),
                                   .finished = register_day(v, "done_on", &done) &&
                                               !register_order_lacks(v, order_state)};
    if (!register_day(v, "received_on", &received)) return;
    legal_request(w->c, register_text(v, "kind"), received, &r->answer, &r->done);
    if (register_day(v, "extended_to", &extended) && r->done.has &&
        date_compare(extended, r->done.day) > 0) {
        r->done.day = extended;
        r->done.late_ms = date_to_ms(extended) + DATE_DAY_MS;
        r->done.guessed = false;
    }
    if (r->finished) {
        r->late = r->done.has && date_compare(done, r->done.day) > 0;
        return;
    }
    bool first = !r->answered && r->answer.has; /* who has the whole answer has the first one too */
    r->next = first && (!r->done.has || r->answer.late_ms < r->done.late_ms) ? r->answer : r->done;
    r->late = r->next.has && w->now_ms >= r->next.late_ms;
}

static const char *register_request_state(const struct register_request *r)
{
    if (r->finished) return r->late ? "done_late" : "done";
    return r->late ? "overdue" : r->answered ? "open" : "received";
}

static void register_request_row(struct register_walk *w, json_t *j, json_t *v,
                                 const struct id_record *rid)
{
    struct register_request r;
    const char *order_state = register_order_state(w->app, v, w->claims, rid);
    register_request_clocks(w, v, order_state, &r);
    if (!r.finished) w->waiting++;
    if (!r.finished && r.late) w->overdue++;
    json_object_set_new(j, "kind_label",
                        register_label(w->c, "request_kind", register_text(v, "kind")));
    json_object_set_new(j, "answer_by", register_clock_json(&r.answer));
    json_object_set_new(j, "due", register_clock_json(&r.done));
    json_object_set_new(j, "days_left", register_days(&r.next, w->now_ms));
    json_object_set_new(j, "guessed", json_boolean(r.next.guessed));
    json_object_set_new(j, "done", json_boolean(r.finished));
    json_object_set_new(j, "state", json_string(register_request_state(&r)));
    json_object_set_new(j, "order_state", json_string(order_state));
}

/* ---- breaches ---- */

static void register_breach_row(struct register_walk *w, json_t *j, json_t *v)
{
    struct date detected, notified, closed;
    struct legal_clock k = {.has = false};
    bool no_risk = strcmp(register_text(v, "risk"), "none") == 0;
    bool told = register_day(v, "notified_on", &notified);
    bool over = register_day(v, "closed_on", &closed);
    int minute = legal_minute(register_text(v, "detected_at"));
    if (!no_risk && register_day(v, "detected_on", &detected))
        legal_breach(w->c, detected, minute > 0 ? (unsigned)minute : 0, &k);
    int at = legal_minute(register_text(v, "notified_at"));
    int64_t told_ms = told ? date_to_ms(notified) + (at > 0 ? at : 0) * INT64_C(60000) : w->now_ms;
    bool late = k.has && told_ms >= k.late_ms;
    bool runs = k.has && !told;
    int64_t left = k.late_ms - w->now_ms;
    if (!over || runs) w->waiting++;
    if (runs && late) w->overdue++;
    if (runs && left < w->near) w->near = left;
    json_object_set_new(j, "kind_label",
                        register_label(w->c, "breach_kind", register_text(v, "kind")));
    json_object_set_new(j, "notify_by", k.has ? hub_json_time(k.late_ms) : json_null());
    json_object_set_new(j, "hours_left",
                        runs ? json_integer((left >= 0 ? left : left - 3599999) / 3600000)
                             : json_null());
    json_object_set_new(j, "done", json_boolean(over && !runs));
    json_object_set_new(j, "state",
                        json_string(runs   ? (late ? "overdue" : "to_notify")
                                    : over ? (late ? "closed_late" : "closed")
                                    : told ? (late ? "notified_late" : "notified")
                                           : "open"));
}

/* ---- walking ---- */

static enum err register_row(void *ctx, const struct hub_record_row *r)
{
    struct register_walk *w = ctx;
    fold_clear(&w->fold);
    enum err e = fold_load(&w->fold, r->state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    if (fold_deleted(&w->fold)) return ERR_OK;
    json_t *v = hub_show_values(&w->fold, w->type);
    if (w->claiming) {
        register_claim(w->app, w->claims, v, &r->rid);
        json_decref(v);
        return ERR_OK;
    }
    json_t *j =
        json_pack("{s:o, s:s, s:s, s:s, s:I, s:o}", "id", hub_json_hex(BYTES_OF(r->rid.b)), "type",
                  w->type->name, "unit", r->unit, "unit_name", hub_unit_name(w->app, r->unit),
                  "conflicts", (json_int_t)r->conflicts, "values", v);
    if (j == NULL) return ERR_NOMEM;
    if (w->breaches)
        register_breach_row(w, j, v);
    else
        register_request_row(w, j, v, &r->rid);
    bool keep = w->rows != NULL && !(w->open && json_is_true(json_object_get(j, "done")));
    if (keep) json_array_append(w->rows, j);
    json_decref(j);
    return ERR_OK;
}

/* ERR_NOT_FOUND: the catalogue has no such register. */
static enum err register_walk(struct hub_app *a, bool breaches, struct register_walk *w)
{
    w->app = a;
    w->breaches = breaches;
    w->near = INT64_MAX;
    w->now_ms = clock_wall_ms();
    w->c = hub_store_catalogue(a->store);
    w->type = w->c != NULL
                  ? catalogue_type_by_name(w->c, breaches ? REGISTER_BREACHES : REGISTER_REQUESTS)
                  : NULL;
    if (w->type == NULL) return ERR_NOT_FOUND;
    enum err e = fold_init(&w->fold);
    bool wanted = !w->claiming;
    json_t *claims = w->claims == NULL ? json_object() : json_incref(w->claims);
    w->claims = claims;
    w->claiming = true; /* all claims before the first row is judged */
    if (e == ERR_OK && !breaches) e = hub_store_register(a->store, w->type->no, register_row, w);
    w->claiming = false;
    if (e == ERR_OK && wanted) e = hub_store_register(a->store, w->type->no, register_row, w);
    w->claims = NULL;
    json_decref(claims);
    fold_free(&w->fold);
    return e;
}

static json_t *register_missing(void)
{
    return hub_command_error(
        ERR_NOT_READY,
        "Danh mục đang dùng chưa có sổ này (loại data_request, data_breach): hãy thêm từ danh mục "
        "mẫu rồi `catalogue publish`.",
        "The catalogue in force has no such register (types data_request, data_breach): add them "
        "from the sample catalogue, then `catalogue publish`.");
}

static json_t *register_list(struct hub_app *a, const json_t *request, bool breaches)
{
    struct register_walk w = {.open = json_is_true(json_object_get(request, "open")),
                              .rows = json_array()};
    const char *open = hub_request_str(request, "open"); /* of a query: a text */
    w.open = w.open || (open != NULL && strcmp(open, "1") == 0);
    enum err e = register_walk(a, breaches, &w);
    if (e == ERR_OK) hub_reads_note_rows(a, request, breaches ? "breach" : "request", w.rows);
    json_t *j = e == ERR_NOT_FOUND ? register_missing()
                : e != ERR_OK      ? hub_command_fail(e)
                                   : json_pack("{s:O, s:I, s:I}", "rows", w.rows, "open", w.waiting,
                                               "overdue", w.overdue);
    json_decref(w.rows);
    return j;
}

/* ---- changing ---- */

static json_t *register_put(struct hub_app *a, const json_t *request, const char *type,
                            json_t *values)
{
    const char *person = hub_request_str(request, "person");
    const char *id = hub_request_str(request, "id");
    json_t *q = json_pack("{s:s, s:s, s:O, s:b}", "verb", "put", "type", type, "values", values,
                          "confirm_dates", 1); /* these verbs do not ask */
    if (id != NULL) json_object_set_new(q, "id", json_string(id));
    if (person != NULL) json_object_set_new(q, "person", json_string(person));
    json_t *j = q != NULL ? hub_command_put(a, q) : hub_command_fail(ERR_NOMEM);
    json_decref(q);
    return j;
}

/* The values of an entry, a new reference; NULL: there is none. */
static json_t *register_values(struct hub_app *a, const char *type, const json_t *request)
{
    struct id_record rid;
    struct fold f;
    struct buf state;
    unsigned no = 0;
    json_t *v = NULL;
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_name(c, type) : NULL;
    if (t == NULL || hub_request_id(request, "id", &rid) != ERR_OK) return NULL;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = fold_init(&f);
    if (e == ERR_OK) e = hub_store_record(a->store, &rid, &state, &no, NULL, NULL);
    if (e == ERR_OK && no == t->no) e = fold_load(&f, buf_bytes(&state));
    if (e == ERR_OK && no == t->no && !fold_deleted(&f)) v = hub_show_values(&f, t);
    fold_free(&f);
    buf_free(&state);
    return v;
}

/* A request to erase is answered by an order that two officers signed, not by a word. */
static json_t *register_order_wanted(struct hub_app *a, const json_t *merged, bool order_new,
                                     const struct id_record *self)
{
    json_t *claims = json_object();
    struct register_walk w = {.claiming = true, .claims = claims};
    enum err e = register_walk(a, false, &w);
    const char *state = register_order_state(a, merged, claims, self);
    json_decref(claims);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return hub_command_fail(e);
    bool erasure = strcmp(register_text(merged, "kind"), "erasure") == 0;
    if (order_new && erasure && strcmp(state, "other_person") == 0)
        return hub_command_error(
            ERR_BAD_VALUE,
            "Lệnh này không xóa gì của người mà yêu cầu nói tới (ô “Hồ sơ của người được yêu "
            "cầu”); "
            "chưa ghi gì. Hãy xem lại mã lệnh.",
            "This order erases nothing of the person whom the request names (\"Record of the "
            "person concerned\"); nothing was saved. Look at the order's id again.");
    if (order_new && erasure && strcmp(state, "used") == 0)
        return hub_command_error(
            ERR_EXISTS,
            "Lệnh này đã trả lời một yêu cầu xóa khác; chưa ghi gì. Mỗi yêu cầu cần lệnh của mình.",
            "This order answers another request to erase already; nothing was saved. Each request "
            "needs an order of its own.");
    if (order_new && strcmp(state, "unknown") == 0)
        return hub_command_error(ERR_NOT_FOUND, "Không có lệnh xóa mang mã này (xem `order list`).",
                                 "There is no order to erase of that id (see `order list`).");
    if (register_text(merged, "outcome")[0] == '\0' || !register_order_lacks(merged, state))
        return NULL;
    return hub_command_error(
        ERR_NOT_READY,
        "Chưa ghi là xong: yêu cầu xóa chỉ xong khi lệnh xóa đã được hai cán bộ ký. Hãy nối lệnh "
        "với yêu cầu: `request set MÃ order_id=LỆNH`.",
        "Not noted as done: a request to erase is done when two officers have signed the order. "
        "Link it first: `request set ID order_id=ORDER`.");
}

json_t *hub_register_refuses(struct hub_app *a, const json_t *request)
{
    json_t *values = json_object_get(request, "values");
    const char *type = hub_request_str(request, "type");
    bool fresh = hub_request_str(request, "id") == NULL;
    if (fresh && (type == NULL || strcmp(type, REGISTER_REQUESTS) != 0)) return NULL;
    json_t *now = fresh ? json_object() : register_values(a, REGISTER_REQUESTS, request);
    if (now == NULL) return NULL;    /* no entry of this register */
    json_t *merged = json_copy(now); /* the entry as it would be, whatever is set first */
    json_object_update(merged, values);
    struct id_record rid;
    bool known = hub_request_id(request, "id", &rid) == ERR_OK;
    json_t *j = register_order_wanted(a, merged, json_object_get(values, "order_id") != NULL,
                                      known ? &rid : NULL);
    json_decref(merged);
    json_decref(now);
    return j;
}

static json_t *register_set(struct hub_app *a, const json_t *request, bool breaches, bool add)
{
    const char *type = breaches ? REGISTER_BREACHES : REGISTER_REQUESTS;
    json_t *values = json_object_get(request, "values");
    if (!json_is_object(values)) return hub_command_fail(ERR_BAD_INPUT);
    json_t *now = add ? json_object() : register_values(a, type, request);
    json_t *j = now != NULL ? register_put(a, request, type, values)
                            : hub_command_error(ERR_NOT_FOUND, "Sổ không có mục này.",
                                                "The register has no such entry.");
    json_decref(now);
    return j;
}

static json_t *register_command(struct hub_app *a, const json_t *request, bool breaches)
{
    const char *action = hub_request_str(request, "action");
    if (action == NULL || strcmp(action, "list") == 0) return register_list(a, request, breaches);
    if (strcmp(action, "add") == 0 && hub_request_str(request, "id") == NULL)
        return register_set(a, request, breaches, true);
    if (strcmp(action, "set") == 0) return register_set(a, request, breaches, false);
    return hub_command_fail(ERR_USAGE);
}

json_t *hub_command_request(struct hub_app *a, const json_t *request)
{
    return register_command(a, request, false);
}

json_t *hub_command_breach(struct hub_app *a, const json_t *request)
{
    return register_command(a, request, true);
}

/* ---- status ---- */

static void register_warn(json_t *status, const char *code, const char *vi, const char *en)
{
    json_t *w = json_object_get(status, "warnings");
    json_array_append_new(w, json_pack("{s:s, s:s, s:s}", "code", code, "vi", vi, "en", en));
}

void hub_command_status_registers(struct hub_app *a, json_t *status)
{
    struct register_walk requests = {.rows = NULL}, breaches = {.rows = NULL};
    if (status == NULL || register_walk(a, false, &requests) != ERR_OK ||
        register_walk(a, true, &breaches) != ERR_OK)
        return; /* a catalogue without registers, or trouble that other members tell */
    json_object_set_new(status, "requests_open", json_integer(requests.waiting));
    json_object_set_new(status, "requests_overdue", json_integer(requests.overdue));
    json_object_set_new(status, "breaches_open", json_integer(breaches.waiting));
    json_object_set_new(status, "breaches_overdue", json_integer(breaches.overdue));
    if (requests.overdue > 0)
        register_warn(status, "requests_overdue",
                      "Có yêu cầu của chủ thể dữ liệu đã quá hạn luật định: `request list --open`.",
                      "A data subject's request is over its legal time: `request list --open`.");
    if (breaches.overdue > 0)
        register_warn(
            status, "breaches_overdue",
            "Có vi phạm dữ liệu đã quá hạn báo cơ quan chuyên trách: hãy báo ngay, ghi lý "
            "do trễ: `breach list --open`.",
            "A breach was not notified in time: notify now and note why: `breach list "
            "--open`.");
    else if (breaches.near != INT64_MAX)
        register_warn(status, "breaches_running",
                      "Có vi phạm dữ liệu đang chờ báo cơ quan chuyên trách: `breach list --open`.",
                      "A breach waits to be notified to the authority: `breach list --open`.");
}
