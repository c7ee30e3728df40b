/* What the hub's pages ask its store, for calls_test. */
#include "tests/sim/calls.h"

#include "hub/store_flow.h"
#include "hub/store_named.h"
#include "hub/store_records.h"
#include "hub/store_watch.h"

#include <stdlib.h>

enum { BIRTHPLACE = 10 };

static const struct date today = {2023, 6, 10};

/* ---- reports and answers ---- */

static enum err flow_report(struct calls *c)
{
    struct hub_sent_report r;
    enum err e =
        hub_flow_report(c->hub, CALLS_PAGE_UNIT, CALLS_PAGE_FORM, CALLS_PAGE_PERIOD, today, &r);
    if (e == ERR_OK) calls_tell(c, r.rid.b, sizeof r.rid.b);
    return e;
}

static enum err flow_begun(struct calls *c)
{
    int64_t ms = 0;
    enum err e = hub_flow_begun(c->hub, &ms);
    if (e == ERR_OK) calls_tell(c, &ms, sizeof ms);
    return e;
}

static enum err flow_field(struct calls *c)
{
    struct id_record id = calls_page_id(PAGE_REPORT);
    struct buf b;
    buf_init(&b, CATALOGUE_TEXT_BYTES_MAX);
    enum err e = hub_flow_field(c->hub, &id, "narrative", &b);
    if (e == ERR_OK) e = b.e;
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&b));
    buf_free(&b);
    return e;
}

static enum err flow_agreed(struct calls *c)
{
    struct id_record id = calls_page_id(PAGE_CORRECTION);
    bool agreed = false;
    enum err e = hub_flow_agreed(c->hub, &id, bytes_str(CALLS_PAGE_UNIT), &agreed);
    if (e == ERR_OK) calls_tell_int(c, agreed);
    return e;
}

static enum err flow_answered(struct calls *c)
{
    struct id_record id = calls_page_id(PAGE_CORRECTION);
    struct hub_flow_answer a;
    enum err e = hub_flow_answered(c->hub, &id, &a);
    if (e == ERR_OK) calls_tell_str(c, a.answered_on);
    return e;
}

/* ---- a conflict, names in texts ---- */

static enum err base_of_conflict(struct calls *c)
{
    struct fold f;
    struct buf state, value;
    struct id_version version;
    const struct fold_register *r = NULL;
    unsigned type = 0;
    enum err e = fold_init(&f);
    if (e != ERR_OK) return e;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    buf_init(&value, CHANGE_BYTES_MAX);
    e = hub_store_record(c->hub, &c->shared, &state, &type, NULL, NULL);
    if (e == ERR_OK) e = fold_load(&f, buf_bytes(&state));
    if (e == ERR_OK) r = fold_find(&f, BIRTHPLACE, (struct bytes){NULL, 0});
    if (e == ERR_OK && r == NULL) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = hub_store_base(c->hub, &c->shared, &f, r, &value, &version);
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&value));
    fold_free(&f);
    buf_free(&state);
    buf_free(&value);
    return e;
}

static enum err named(struct calls *c)
{
    struct named_text texts[] = {{.text = bytes_str("Ông Nguyễn Văn Long, 075 210 123 456")},
                                 {.text = bytes_str("Không có ai")}};
    struct named all = {.count = 0};
    enum err e = hub_store_named(c->hub, NAMED_CLASS_PERSON, texts, 2, &all);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(all.count * 10 + texts[0].highest));
    return e;
}

/* ---- clocks, checks, money, scores ---- */

static enum err watch_clocks_run(struct calls *c)
{
    return hub_watch_run(c->hub, today, false, calls_page_watch, c);
}

static enum err watch_checks_run(struct calls *c)
{
    return hub_watch_run(c->hub, today, true, calls_page_watch, c);
}

static enum err watch_one(struct calls *c)
{
    char why[WATCH_WHY_ROOM];
    size_t n = 0;
    const struct catalogue *k = hub_store_catalogue(c->hub);
    const struct catalogue_check *v = k != NULL ? catalogue_checks(k, &n) : NULL;
    if (n == 0) return ERR_NOT_READY;
    return hub_watch_one(c->hub, &v[0], (struct date){2023, 1, 1}, today, calls_page_watch, c, why);
}

static enum err watch_late(struct calls *c)
{
    return hub_watch_late(c->hub, 0, 0, calls_page_watch, c);
}

static enum err watch_refs(struct calls *c)
{
    return hub_watch_refs(c->hub, today, calls_page_watch, c);
}

static enum err watch_referring(struct calls *c)
{
    struct id_record id = calls_page_id(PAGE_PERSON);
    uint64_t records = 0;
    enum err e = hub_watch_referring(c->hub, &id, &records);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)records);
    return e;
}

static enum err budgets(struct calls *c)
{
    json_t *j = NULL;
    enum err e = hub_watch_budgets(c->hub, CALLS_PAGE_YEAR, CALLS_PAGE_UNIT, &j);
    return calls_page_json(c, e, j);
}

static enum err sheets(struct calls *c)
{
    json_t *j = NULL;
    enum err e = hub_watch_sheets(c->hub, CALLS_PAGE_YEAR, CALLS_PAGE_UNIT, &j);
    return calls_page_json(c, e, j);
}

static enum err sheet(struct calls *c)
{
    struct id_record id = calls_page_id(PAGE_SHEET);
    json_t *j = NULL;
    enum err e = hub_watch_sheet(c->hub, &id, &j);
    return calls_page_json(c, e, j);
}

const struct call calls_hub_pages[] = {
    {"hub_flow_report", flow_report, CALL_PAGE},
    {"hub_flow_begun", flow_begun, CALL_PAGE},
    {"hub_flow_field", flow_field, CALL_PAGE},
    {"hub_flow_agreed", flow_agreed, CALL_PAGE},
    {"hub_flow_answered", flow_answered, CALL_PAGE},
    {"hub_store_base", base_of_conflict, CALL_PAGE},
    {"hub_store_named", named, CALL_PAGE},
    {"hub_watch_run", watch_clocks_run, CALL_PAGE},
    {"hub_watch_run (checks)", watch_checks_run, CALL_PAGE},
    {"hub_watch_one", watch_one, CALL_PAGE},
    {"hub_watch_late", watch_late, CALL_PAGE},
    {"hub_watch_refs", watch_refs, CALL_PAGE},
    {"hub_watch_referring", watch_referring, CALL_PAGE},
    {"hub_watch_budgets", budgets, CALL_PAGE},
    {"hub_watch_sheets", sheets, CALL_PAGE},
    {"hub_watch_sheet", sheet, CALL_PAGE},
};
const size_t calls_hub_pages_count = sizeof calls_hub_pages / sizeof calls_hub_pages[0];
