/*
 * Promise 6: periods are closed, and what was issued stays as it is. The model keeps a hash of every file of every
 * issue and counts the figures once more, by hand, over the naive fold at the moment of the cut.
 */
#include "hub/close.h"
#include "tests/sim/base.h"
#include "tests/sim/check_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT "RS1"

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

/* XLSX and DOCX are made of temporary files; nothing of them stays. */
static const char *scratch(void)
{
    const char *dir = getenv("TMPDIR");
    return dir != NULL && dir[0] != '\0' ? dir : "/tmp";
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
    unsigned cells;
};

static int64_t counted(const struct check *c, unsigned type, const char *unit, bool *any)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    int64_t n = 0;
    for (size_t i = 0; i < c->record_count; i++) {
        const struct naive_record *r = &c->records[i];
        if (r->own || strcmp(r->unit, unit) != 0) continue;
        *any = true;
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
    int64_t n = counted(x->w->check, line_types[cell->line - 1], cell->unit, &any);
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
    struct recount x = {.w = w};
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

/* The hub died in it, perhaps behind the commit: then the issue is there, and was never told. */
static bool found_after(struct world *w, const char *period)
{
    struct hub_issue issue;
    const struct check *c = w->check;
    if (hub_issues_find(w->hub.store, REPORT, "735", period, 1, &issue) != ERR_OK) return false;
    for (size_t i = 0; i < c->issue_count; i++)
        if (c->issues[i].number == 1 && strcmp(c->issues[i].period, period) == 0) return true;
    if (issue.position == c->row_count) issued(w, &issue, period);
    return true;
}

static bool close_once(struct world *w, const char *period)
{
    struct hub_close_result r;
    struct hub_report_why why;
    struct period p;
    enum err e = period_parse(bytes_str(period), &p);
    assert(e == ERR_OK);
    struct hub_close_request q = {.report = REPORT,
                                  .period = p,
                                  .now_ms = world_wall(w, &w->hub.host),
                                  .keys = &w->hub.keys,
                                  .issue_key = issue_key(),
                                  .scratch = scratch()};
    memset(&why, 0, sizeof why);
    memcpy(q.person.b, "district", sizeof q.person.b);
    memvfs_set_time(q.now_ms);
    e = hub_close(w->hub.store, &q, &r, &why);
    bool alive = !memvfs_dead(w->hub.host.disk);
    if (alive) world_trace(w, "hub", "closes %s: %s", period, err_name(e));
    /* The model counts by the log before the close set, which adds nothing to count. */
    if (alive && e == ERR_OK) check_hub(w, false);
    if (alive && e == ERR_OK && !w->failed) issued(w, &r.issue, period);
    world_look(w, WORLD_HUB);
    return alive && e == ERR_OK;
}

void world_try_close(struct world *w, const char *period)
{
    const struct world_host *h = &w->hub.host;
    if (w->failed || !h->up || w->hub.turn || memvfs_dead(h->disk)) return;
    if (!found_after(w, period)) w->stats.closings += close_once(w, period);
}

void world_close_period(struct world *w, const char *period)
{
    for (unsigned i = 0; i < 60 && !w->failed; i++) {
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
        if (w->failed || found_after(w, period) || close_once(w, period)) return;
        world_run(w, 1000);
    }
    world_fail(w, "%s cannot be closed", period);
}
