#include "hub/aside.h"

#include "common/io/work.h"
#include "common/log.h"
#include "hub/command_priv.h"

#include <stdlib.h>

enum { HUB_BESIDE_READS_MAX = 8 }; /* notes of one command */

enum hub_lane { HUB_LANE_ASKED, HUB_LANE_CHECK, HUB_LANES };

struct hub_beside { /* what a command on the thread leaves for the loop */
    struct {
        struct hub_reads reads;
        json_t *request;
        const char *what;
    } notes[HUB_BESIDE_READS_MAX];
    size_t note_count;
    hub_beside_commit_fn *commit;
    void (*drop)(void *ctx);
    void *ctx;
};

struct hub_aside_job {
    struct hub_aside *x;
    struct hub_aside_job *next;
    enum hub_lane lane;
    json_t *request;
    hub_aside_done_fn *done;
    void *ctx;
    struct hub_store *reader;
    struct hub_app app; /* as the thread sees it */
    struct hub_beside beside;
    json_t *answer;
    unsigned tries;
};

struct hub_aside {
    struct hub_app *app;
    struct uv_loop_s *loop;
    struct hub_aside_job *first[HUB_LANES]; /* being worked on */
    size_t count;
    bool stopping;
};

bool hub_aside_wants(const struct hub_app *a, const json_t *request)
{
    static const char *const verbs[] = {
        "report",   "explain",     "diff",           "supplement", "close",      "verify",
        "proof",    "consolidate", "export",         "cases",      "triggers",   "owes",
        "calendar", "budget",      "readers_sealed", "history",    "proof_data", "list",
        "doubts",   "referring",   "corrections"};
    const char *verb = hub_request_str(request, "verb");
    for (size_t i = 0; verb != NULL && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verb, verbs[i]) == 0) return true;
    }
    return verb != NULL && strcmp(verb, "search") == 0 &&
           hub_store_project_far(a->store, HUB_ASIDE_POSITIONS);
}

/* ---- what a command leaves ---- */

void hub_beside_read(struct hub_beside *b, struct hub_reads *reads, const json_t *request,
                     const char *what)
{
    if (b->note_count == HUB_BESIDE_READS_MAX) {
        buf_free(&reads->rids);
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("read.not_noted"), log_str("verb", what));
        return;
    }
    b->notes[b->note_count].reads = *reads;
    b->notes[b->note_count].request = json_deep_copy(request);
    b->notes[b->note_count++].what = what;
}

void hub_beside_later(struct hub_beside *b, hub_beside_commit_fn *commit, void (*drop)(void *ctx),
                      void *ctx)
{
    if (b->drop != NULL) b->drop(b->ctx);
    b->commit = commit;
    b->drop = drop;
    b->ctx = ctx;
}

static void hub_beside_free(struct hub_beside *b)
{
    for (size_t i = 0; i < b->note_count; i++) {
        buf_free(&b->notes[i].reads.rids);
        json_decref(b->notes[i].request);
    }
    if (b->drop != NULL) b->drop(b->ctx);
    *b = (struct hub_beside){.note_count = 0};
}

/* ---- one job ---- */

static void hub_aside_begin(struct hub_aside_job *j);

static void hub_aside_end(struct hub_aside_job *j, json_t *answer)
{
    struct hub_aside *x = j->x;
    struct hub_aside_job **first = &x->first[j->lane];
    *first = j->next;
    x->count--;
    j->done(j->ctx, answer);
    hub_beside_free(&j->beside);
    json_decref(j->request);
    free(j);
    work_tidy();
    if (*first != NULL) hub_aside_begin(*first);
}

static json_t *hub_aside_stopped(void)
{
    return hub_command_error(ERR_LINK_LOST,
                             "Trung tâm đang dừng: việc này chưa làm xong, chưa có gì thay đổi.",
                             "The hub is stopping: this was not finished, nothing was changed.");
}

static void hub_aside_on_loop(struct hub_aside_job *j)
{
    json_t *answer = hub_command(j->x->app, j->request);
    hub_aside_end(j, answer != NULL ? answer : hub_command_fail(ERR_NOMEM));
}

static bool hub_aside_verifies(const json_t *request)
{
    const char *verb = hub_request_str(request, "verb");
    return verb != NULL && strcmp(verb, "verify") == 0;
}

/* All of the log made again takes minutes: nobody is to stand still for that. */
static bool hub_aside_never_on_loop(const struct hub_aside_job *j)
{
    return hub_aside_verifies(j->request);
}

static json_t *hub_aside_erased(void)
{
    return hub_command_error(
        ERR_AGAIN,
        "Dữ liệu vừa bị xóa trong lúc kiểm tra nên lần này chưa kiểm tra xong: chưa biết dữ liệu "
        "đúng hay sai, không có gì thay đổi. Hãy thử lại.",
        "Something was erased meanwhile, so this check was not finished: whether the data are good "
        "is not known yet, nothing was changed. Try again.");
}

static void hub_aside_work(void *ctx)
{
    struct hub_aside_job *j = ctx;
    j->answer = hub_command(&j->app, j->request);
}

/* What the command wants written. ERR_STALE: it must be made anew. */
static enum err hub_aside_settle(struct hub_aside_job *j)
{
    json_t *failed = NULL;
    struct hub_beside *b = &j->beside;
    enum err e = hub_app_settle(j->x->app);
    if (e == ERR_OK && b->commit != NULL) e = b->commit(b->ctx, j->x->app, &failed);
    if (e == ERR_STALE) {
        json_decref(failed);
        return e;
    }
    if (e != ERR_OK) {
        json_decref(j->answer);
        j->answer = failed != NULL ? failed : hub_command_fail(e);
        return ERR_OK;
    }
    for (size_t i = 0; i < b->note_count; i++)
        hub_reads_note(&b->notes[i].reads, j->x->app, b->notes[i].request, b->notes[i].what);
    return ERR_OK;
}

static void hub_aside_done(void *ctx)
{
    struct hub_aside_job *j = ctx;
    struct hub_aside *x = j->x;
    bool old = hub_store_reader_old(x->app->store, j->reader);
    bool stale = !x->stopping && (old || hub_aside_settle(j) == ERR_STALE);
    hub_beside_free(&j->beside); /* what was prepared borrows the reader */
    hub_store_reader_close(x->app->store, j->reader);
    j->reader = NULL;
    json_t *answer = j->answer;
    j->answer = NULL;
    if (x->stopping || stale) {
        json_decref(answer);
        answer = NULL;
    }
    if (x->stopping)
        hub_aside_end(j, hub_aside_stopped());
    else if (!stale)
        hub_aside_end(j, answer != NULL ? answer : hub_command_fail(ERR_NOMEM));
    else if (++j->tries < HUB_ASIDE_TRIES)
        hub_aside_begin(j);
    else if (hub_aside_never_on_loop(j))
        hub_aside_end(j, hub_aside_erased());
    else
        hub_aside_on_loop(j);
}

static void hub_aside_rest(void *ctx)
{
    (void)ctx;
}

static void hub_aside_again(void *ctx)
{
    struct hub_aside_job *j = ctx;
    if (j->x->stopping)
        hub_aside_end(j, hub_aside_stopped());
    else
        hub_aside_begin(j);
}

/* Bring some of the log into the tables; when they are up to date, hand over. */
static void hub_aside_begin(struct hub_aside_job *j)
{
    struct hub_aside *x = j->x;
    bool ready = false;
    enum err e = hub_app_settle(x->app);
    if (e == ERR_OK) e = hub_store_project_some(x->app->store, HUB_ASIDE_POSITIONS, &ready);
    if (e == ERR_OK && !ready) { /* the loop's other work first */
        e = work_start(x->loop, hub_aside_rest, hub_aside_again, j);
        if (e == ERR_OK) return;
    }
    if (e == ERR_OK) e = hub_store_reader(x->app->store, &j->reader);
    if (e == ERR_OK) {
        j->app = *x->app;
        j->app.store = j->reader;
        j->app.drive = NULL;
        j->app.beside = &j->beside;
        e = work_start(x->loop, hub_aside_work, hub_aside_done, j);
        if (e == ERR_OK) return;
        hub_store_reader_close(x->app->store, j->reader);
        j->reader = NULL;
    }
    if (e != ERR_NOT_READY && hub_aside_never_on_loop(j)) {
        hub_aside_end(j, hub_command_fail(e));
        return;
    }
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("aside.on_loop"), log_err(e));
    hub_aside_on_loop(j); /* slower for everybody else, and right */
}

/* ---- the queue ---- */

uint64_t hub_aside_check_rows(const struct hub_aside *x)
{
    const struct hub_aside_job *j = x->first[HUB_LANE_CHECK];
    return j != NULL && j->reader != NULL ? hub_store_reader_rows(j->reader) : 0;
}

static enum hub_lane hub_aside_lane(const json_t *request)
{
    bool whole = hub_aside_verifies(request) && json_object_get(request, "issue") == NULL;
    return whole ? HUB_LANE_CHECK : HUB_LANE_ASKED;
}

json_t *hub_aside_full(void)
{
    json_t *j = hub_command_error(
        ERR_AGAIN, "Đang có quá nhiều báo cáo chờ tính: chưa làm gì. Hãy đợi một lát rồi thử lại.",
        "Too many reports are waiting to be computed: nothing was done. Try again in a moment.");
    if (j != NULL) json_object_set_new(j, "busy", json_true());
    return j;
}

enum err hub_aside_start(struct hub_aside *x, const json_t *request, hub_aside_done_fn *done,
                         void *ctx)
{
    if (x->stopping) return ERR_LINK_LOST;
    if (x->count >= HUB_ASIDE_JOBS_MAX) return ERR_AGAIN;
    struct hub_aside_job *j = calloc(1, sizeof *j);
    if (j == NULL) return ERR_NOMEM;
    enum hub_lane lane = hub_aside_lane(request);
    *j = (struct hub_aside_job){.x = x, .lane = lane, .done = done, .ctx = ctx};
    j->request = json_deep_copy(request);
    struct hub_aside_job **at = &x->first[lane];
    while (*at != NULL)
        at = &(*at)->next;
    /* Its first turn is the loop's next one: never within this call. */
    enum err e = j->request == NULL       ? ERR_NOMEM
                 : x->first[lane] == NULL ? work_start(x->loop, hub_aside_rest, hub_aside_again, j)
                                          : ERR_OK;
    if (e != ERR_OK) {
        json_decref(j->request);
        free(j);
        return e;
    }
    *at = j;
    x->count++;
    return ERR_OK;
}

enum err hub_aside_new(struct hub_app *a, struct uv_loop_s *loop, struct hub_aside **out)
{
    struct hub_aside *x = calloc(1, sizeof *x);
    if (x == NULL) return ERR_NOMEM;
    *x = (struct hub_aside){.app = a, .loop = loop};
    *out = x;
    return ERR_OK;
}

static void hub_aside_lane_stop(struct hub_aside *x, enum hub_lane lane)
{
    struct hub_aside_job *first = x->first[lane], *rest = first != NULL ? first->next : NULL;
    if (first != NULL) first->next = NULL;
    if (first != NULL && first->reader != NULL) hub_store_reader_stop(first->reader);
    while (rest != NULL) {
        struct hub_aside_job *j = rest;
        rest = j->next;
        x->count--;
        j->done(j->ctx, hub_aside_stopped());
        json_decref(j->request);
        free(j);
    }
}

void hub_aside_stop(struct hub_aside *x)
{
    if (x == NULL || x->stopping) return;
    x->stopping = true;
    for (enum hub_lane lane = 0; lane < HUB_LANES; lane++)
        hub_aside_lane_stop(x, lane);
}

void hub_aside_free(struct hub_aside *x)
{
    free(x);
}
