/*
 * Promise 6: periods are closed, and what was issued stays as it is. The model keeps a hash of every file of every
 * issue and counts the figures once more, by hand, over the naive fold at the moment of the cut. Which issue is the
 * newest of a period, and whether two officers opened that again, it reads in the log.
 */
#include "hub/close.h"
#include "hub/store_flow.h"
#include "node/store_flow.h"
#include "proto/workflow.h"
#include "tests/sim/base.h"
#include "tests/sim/check_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT "RS1"

const char *const world_months[WORLD_MONTHS] = {"2023-01", "2023-02", "2023-03"};
static const struct date month_ends[WORLD_MONTHS] = {{2023, 1, 31}, {2023, 2, 28}, {2023, 3, 31}};

enum { LINES = 2 };
static const unsigned line_types[LINES] = {
    34, 1}; /* activities, persons: tests/sim/catalogue/report_lines.csv */

static const struct key_sign *issue_key(void)
{
    static struct key_sign key;
    static bool made;
    const uint8_t seed[KEY_SEED_BYTES] = {0x15};
    enum err e = made ? ERR_OK : key_sign_from_seed(&key, KEY_ISSUE, seed);
    assert(e == ERR_OK);
    (void)e;
    made = true;
    return &key;
}

enum { SCRATCH_BYTES_MAX = 512 };

/* XLSX and DOCX are made of temporary files, whose names are random: in two simulators of one seed the same. So each
 * closing has a folder of its own, of which nothing stays. */
static void scratch_begin(char path[static SCRATCH_BYTES_MAX])
{
    const char *dir = getenv("TMPDIR");
    int n = snprintf(path, SCRATCH_BYTES_MAX, "%s/dongbo-sim-XXXXXX",
                     dir != NULL && dir[0] != '\0' ? dir : "/tmp");
    bool made = n > 0 && n < SCRATCH_BYTES_MAX && mkdtemp(path) != NULL;
    assert(made);
    (void)made;
}

/* ---- what was issued ---- */

static enum err file_add(void *ctx, const struct hub_issue_file *f)
{
    crypto_generichash_state *h = ctx;
    uint8_t hash[64];
    crypto_generichash(hash, sizeof hash, f->data.p, f->data.len, NULL, 0);
    if (memcmp(hash, f->hash, sizeof hash) != 0) return ERR_BAD_HASH;
    crypto_generichash_update(h, (const uint8_t *)f->name, strlen(f->name) + 1);
    crypto_generichash_update(h, hash, sizeof hash);
    crypto_generichash_update(h, f->minisig.p, f->minisig.len);
    return ERR_OK;
}

/* Names, bytes and signatures of all files of an issue. */
static enum err issue_sum(struct world *w, const struct hub_issue *issue, struct id_hash *out)
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, sizeof out->b);
    crypto_generichash_update(&h, issue->figures.b, sizeof issue->figures.b);
    enum err e = hub_issues_files(w->hub.store, issue->id, file_add, &h);
    crypto_generichash_final(&h, out->b, sizeof out->b);
    return e;
}

void check_issues(struct world *w)
{
    const struct check *c = w->check;
    for (size_t i = 0; i < c->issue_count && !w->failed; i++) {
        const struct naive_issue *x = &c->issues[i];
        struct hub_issue issue;
        struct id_hash sum;
        enum err e = hub_issues_find(w->hub.store, REPORT, "735", x->period, x->number, &issue);
        if (e == ERR_OK) e = issue_sum(w, &issue, &sum);
        if (e != ERR_OK)
            world_fail(w, "issue %u of %s: %s", x->number, x->period, err_name(e));
        else if (!ID_EQUAL(&sum, &x->sum))
            world_fail(w, "issue %u of %s is not what was issued", x->number, x->period);
    }
}

/* ---- figures ---- */

struct recount {
    struct world *w;
    const struct date *end; /* of the window */
    unsigned cells;
};

/* For whom it counts on that day: a move makes days of the giver the receiver's, and no others. */
static const char *owner_on(const struct check *c, const struct naive_record *r,
                            const struct date *day)
{
    const char *unit = NULL;
    for (size_t i = 0; i < c->stay_count; i++) {
        const struct naive_stay *y = &c->stays[i];
        if (!ID_EQUAL(&y->rid, &r->rid)) continue;
        if (unit == NULL) unit = y->from;
        if (date_compare(y->day, *day) <= 0 && strcmp(y->from, unit) == 0) unit = y->to;
    }
    return unit != NULL ? unit : r->unit;
}

static int64_t counted(const struct check *c, unsigned type, const char *unit,
                       const struct date *day, bool *any)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    int64_t n = 0;
    for (size_t i = 0; i < c->record_count; i++) {
        const struct naive_record *r = &c->records[i];
        if (r->own) continue;
        *any = *any || strcmp(r->unit, unit) == 0;
        if (strcmp(owner_on(c, r, day), unit) != 0) continue;
        if (r->type != type) continue;
        size_t k = naive_heads(c, &r->rid, heads, NAIVE_HEADS_MAX);
        n += !naive_deleted(heads, k);
    }
    return n;
}

static enum err cell_compare(void *ctx, const struct hub_issue_cell *cell)
{
    struct recount *x = ctx;
    bool any = false;
    if (cell->line < 1 || cell->line > LINES || !cell->total || strcmp(cell->unit, "735") == 0)
        return ERR_OK;
    int64_t n = counted(x->w->check, line_types[cell->line - 1], cell->unit, x->end, &any);
    x->cells++;
    if (!cell->absent && cell->num != n)
        world_fail(x->w, "line %u of %s says %d, a recount %d", cell->line, cell->unit,
                   (int)cell->num, (int)n);
    if (cell->absent && any) world_fail(x->w, "the report says that %s sent nothing", cell->unit);
    return ERR_OK;
}

static void issued(struct world *w, const struct hub_issue *issue, const char *period)
{
    struct check *c = w->check;
    struct recount x = {.w = w, .end = month_ends};
    for (unsigned i = 0; i < WORLD_MONTHS; i++)
        if (strcmp(world_months[i], period) == 0) x.end = &month_ends[i];
    c->issues = realloc(c->issues, (c->issue_count + 1) * sizeof *c->issues);
    assert(c->issues != NULL);
    struct naive_issue *n = &c->issues[c->issue_count++];
    *n = (struct naive_issue){.number = issue->number, .position = issue->position};
    snprintf(n->period, sizeof n->period, "%s", period);
    enum err e = issue_sum(w, issue, &n->sum);
    if (e == ERR_OK) e = hub_issues_cells(w->hub.store, issue->id, NULL, cell_compare, &x);
    if (e != ERR_OK || x.cells < 2 * LINES)
        world_fail(w, "issue %u has %u figures: %s", issue->number, x.cells, err_name(e));
    if (issue->cut.position + 1 != issue->position)
        world_fail(w, "issue %u is not cut where it was closed", issue->number);
    world_trace(w, "hub", "issues %s, number %u", period, issue->number);
}

/* ---- which issue is the newest ---- */

struct closing {
    uint32_t number; /* 0: never closed */
    bool reopened;
};

/* What the hub took of a set that was given back is the hub's to say: it may have been done anew. */
static bool applies(struct world *w, size_t row, unsigned op)
{
    if (!w->check->rows[row].given) return true;
    struct db_stmt *q =
        db_stmt(hub_store_db(w->hub.store), "SELECT verdicts FROM sys_log WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)row + 1);
    struct bytes v = db_get(q) == ERR_OK ? db_column_bytes(q, 0) : (struct bytes){NULL, 0};
    bool is = op < v.len && (v.p[op] & FOLD_VERDICT_MASK) == FOLD_APPLIED;
    db_done(q);
    return is;
}

static void closing_op(struct bytes payload, const char *period, struct closing *out)
{
    struct admin_close c;
    struct workflow_reopen v;
    struct bytes wanted = bytes_str(period);
    if (change_payload_kind(payload) == CHANGE_CLOSE && admin_close_decode(payload, &c) == ERR_OK &&
        bytes_equal(c.period, wanted) && c.issue > out->number)
        *out = (struct closing){.number = c.issue};
    if (change_payload_kind(payload) == CHANGE_REOPEN &&
        workflow_reopen_decode(payload, &v) == ERR_OK && bytes_equal(v.key.period, wanted) &&
        v.issue == out->number)
        out->reopened = true;
}

/* By the model's log. `all`: also what the hub did not take, as a node does, which is not told. */
static struct closing closing_read(struct world *w, const char *period, bool all)
{
    struct check *c = w->check;
    struct closing out = {0, false};
    for (int pass = 0; pass < 2; pass++) { /* closings first: what is given back has no order */
        for (size_t i = 0; i < c->row_count; i++) {
            const struct naive_row *r = &c->rows[i];
            if (!r->own || r->ops != 1 ||
                change_open(buf_bytes(&r->head), buf_bytes(&r->body), c->view) != ERR_OK ||
                c->view->payload[0].p == NULL)
                continue;
            int kind = change_payload_kind(c->view->payload[0]);
            bool wanted = kind == (pass == 0 ? CHANGE_CLOSE : CHANGE_REOPEN);
            if (wanted && (all || applies(w, i, 0))) closing_op(c->view->payload[0], period, &out);
        }
    }
    return out;
}

struct told { /* to a node */
    const char *period;
    struct closing closing;
};

static enum err told_op(void *ctx, const struct node_flow_op *op)
{
    struct told *t = ctx;
    closing_op(op->payload, t->period, &t->closing);
    return ERR_OK;
}

static bool closing_same(const struct closing *a, const struct closing *b)
{
    return a->number == b->number && a->reopened == b->reopened;
}

static void closing_compare(struct world *w, const char *period)
{
    struct closing want = closing_read(w, period, false), all = closing_read(w, period, true);
    struct hub_closing h = {.number = 0};
    enum err e = hub_flow_closing(w->hub.store, "735", REPORT, period, &h);
    struct closing has = {h.number, h.reopened};
    if ((e != ERR_OK && e != ERR_NOT_FOUND) || !closing_same(&has, &want))
        world_fail(w, "the hub says issue %u of %s is the newest, reopened %d; its log %u, %d",
                   has.number, period, has.reopened, want.number, want.reopened);
    for (unsigned i = 0; i < w->node_count && !w->failed; i++) {
        struct told t = {.period = period};
        if (check_outside(w, i)) continue;
        e = node_flow_ops(w->nodes[i].store, CHANGE_CLOSE, REPORT, period, told_op, &t);
        if (e == ERR_OK)
            e = node_flow_ops(w->nodes[i].store, CHANGE_REOPEN, REPORT, period, told_op, &t);
        if (e != ERR_OK || !closing_same(&t.closing, &all))
            world_fail(w, "node %u: issue %u of %s is the newest, reopened %d; the hub %u, %d", i,
                       t.closing.number, period, t.closing.reopened, all.number, all.reopened);
    }
}

void check_closings(struct world *w)
{
    for (unsigned i = 0; i < WORLD_MONTHS && w->stats.closings > 0 && !w->failed; i++)
        closing_compare(w, world_months[i]);
}

/* The hub died in it, perhaps behind the commit: then the issue is there, and was never told. */
static bool found_after(struct world *w, const char *period, uint32_t number)
{
    struct hub_issue issue;
    const struct check *c = w->check;
    if (hub_issues_find(w->hub.store, REPORT, "735", period, number, &issue) != ERR_OK)
        return false;
    for (size_t i = 0; i < c->issue_count; i++)
        if (c->issues[i].number == issue.number && strcmp(c->issues[i].period, period) == 0)
            return true;
    if (issue.position == c->row_count) issued(w, &issue, period);
    return true;
}

/* What may be closed is closed under the next number, and nothing else is. */
static void number_check(struct world *w, const struct closing *before, bool supplement, enum err e,
                         const struct hub_close_result *r)
{
    bool closed = before->number > 0 && !before->reopened;
    if (e == ERR_EXISTS && (!closed || supplement))
        world_fail(w, "a period that is open cannot be closed");
    if (e != ERR_OK) return;
    enum admin_close_mode mode = supplement           ? ADMIN_CLOSE_SUPPLEMENT
                                 : before->number > 0 ? ADMIN_CLOSE_AGAIN
                                                      : ADMIN_CLOSE_FIRST;
    if (closed != supplement)
        world_fail(w, "issue %u was closed as if the period were %s", r->issue.number,
                   closed ? "open" : "closed");
    else if (r->issue.number != before->number + 1 || r->mode != mode)
        world_fail(w, "issue %u of mode %u comes behind number %u", r->issue.number, r->mode,
                   before->number);
}

static bool close_once(struct world *w, const char *period, const json_t *difference)
{
    struct hub_close_result r = {.issue = {.number = 0}};
    struct hub_report_why why;
    struct period p;
    char scratch[SCRATCH_BYTES_MAX];
    struct closing before = closing_read(w, period, false);
    enum err e = period_parse(bytes_str(period), &p);
    assert(e == ERR_OK);
    struct hub_close_request q = {.report = REPORT,
                                  .period = p,
                                  .difference = difference,
                                  .now_ms = world_wall(w, &w->hub.host),
                                  .keys = &w->hub.keys,
                                  .issue_key = issue_key(),
                                  .scratch = scratch};
    memset(&why, 0, sizeof why);
    memcpy(q.person.b, "district", sizeof q.person.b);
    memvfs_set_time(q.now_ms);
    scratch_begin(scratch);
    e = hub_close(w->hub.store, &q, &r, &why);
    (void)rmdir(scratch);
    bool alive = !memvfs_dead(w->hub.host.disk);
    if (alive) world_trace(w, "hub", "closes %s: %s", period, err_name(e));
    if (alive) number_check(w, &before, difference != NULL, e, &r);
    /* The model counts by the log before the close set, which adds nothing to count. */
    if (alive && e == ERR_OK) check_hub(w, false);
    if (alive && e == ERR_OK && !w->failed) issued(w, &r.issue, period);
    world_look(w, WORLD_HUB);
    return alive && e == ERR_OK;
}

/* Is the hub there, and has nothing else under way? */
static bool idle(const struct world *w)
{
    const struct world_host *h = &w->hub.host;
    return !w->failed && h->up && !w->hub.turn && !memvfs_dead(h->disk);
}

void world_try_close(struct world *w, const char *period)
{
    if (idle(w) && !found_after(w, period, 1)) w->stats.closings += close_once(w, period, NULL);
}

bool world_try_further(struct world *w, const char *period, bool reopen, unsigned order)
{
    struct hub_closing c;
    uint64_t before = w->stats.further;
    if (!idle(w) || hub_flow_closing(w->hub.store, "735", REPORT, period, &c) != ERR_OK)
        return false;
    (void)found_after(w, period, 0);
    if (!c.reopened && reopen) {
        world_try_reopen(w, REPORT, period, c.number, order);
        w->stats.reopened++;
        return false;
    }
    json_t *difference = c.reopened ? NULL : json_pack("{s:[]}", "cells");
    assert(c.reopened || difference != NULL);
    w->stats.further += close_once(w, period, difference);
    json_decref(difference);
    return w->stats.further > before;
}

void world_close_period(struct world *w, const char *period)
{
    for (unsigned i = 0; i < 60 && !w->failed; i++) {
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
        if (w->failed || found_after(w, period, 1) || close_once(w, period, NULL)) return;
        world_run(w, 1000);
    }
    world_fail(w, "%s cannot be closed", period);
}
