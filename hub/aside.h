/*
 * What takes long, beside the loop: reports, their explanations and comparisons, closings, checks, the
 * history of a record, corrections beside what the figures are now, and lists of what runs out, which ask
 * every record. Each is the same command (hub/command.h), carried out on a thread of common/io/work over a
 * reader of the store (hub_store_reader()), so that sessions and pages are answered meanwhile. One runs at a time,
 * the others wait in order; only checks of the whole log, which take minutes, have a line of their own beside it.
 *
 *   request -> typed tables brought up to date, some positions a turn -> reader -> thread: command
 *           -> loop: what it wants written -> answer
 *
 * Written on the loop, behind the command: readings for the access log, and the transaction of a closing.
 * A closing is of the moment of its reader: when the log has grown meanwhile it is made anew, after
 * HUB_ASIDE_TRIES on the loop itself. When something was erased meanwhile the answer is made anew too.
 * A check that makes the log again (verify) is never on the loop: after as many tries its answer is ERR_AGAIN.
 *
 * Ownership: requests are copied; answers are the receiver's.   Threads: loop thread only, but for what
 *            the commands themselves do.   Limits: HUB_ASIDE_*.
 */
#ifndef DONGBO_HUB_ASIDE_H
#define DONGBO_HUB_ASIDE_H

#include "hub/app.h"

#include <jansson.h>

enum {
    HUB_ASIDE_JOBS_MAX = 32,   /* that run or wait */
    HUB_ASIDE_POSITIONS = 500, /* of the log, that one turn of the loop brings into the tables */
    HUB_ASIDE_TRIES = 3,       /* before the loop does it itself, or a check is given up */
};

struct uv_loop_s;
struct hub_aside;

/* ERR_NOMEM. The app is borrowed. */
MUST_CHECK enum err hub_aside_new(struct hub_app *a, struct uv_loop_s *loop,
                                  struct hub_aside **out);
/* No more is begun, what waits is answered, what runs ends soon. Before the loop ends. NULL is fine. */
void hub_aside_stop(struct hub_aside *x);
/* After the loop has ended. NULL is fine. */
void hub_aside_free(struct hub_aside *x);

/* Is this request one of those? A search is while there is much to bring into the tables first: behind a
 * new program, a new catalogue, a long sync. */
bool hub_aside_wants(const struct hub_app *a, const json_t *request);

/*
 * Begin; `done` is called once, on the loop, never from within this call: `answer` as of hub_command(),
 * its own reference.
 * ERR_AGAIN: too many wait: answer hub_aside_full(), or they would all pass those that wait.
 * ERR_NOMEM, ERR_LINK_LOST (it was stopped): `done` is not called.
 */
typedef void hub_aside_done_fn(void *ctx, json_t *answer);
MUST_CHECK enum err hub_aside_start(struct hub_aside *x, const json_t *request,
                                    hub_aside_done_fn *done, void *ctx);

/* How many rows of the log the check of all of it that runs has gone through; 0: none runs. */
uint64_t hub_aside_check_rows(const struct hub_aside *x);

/* What is said to who asks while HUB_ASIDE_JOBS_MAX wait: the page asks again by itself. */
json_t *hub_aside_full(void);

/* ---- for the commands ---- */

struct hub_reads;
/* Keep a note of the access log for the loop; takes what `reads` holds. */
void hub_beside_read(struct hub_beside *b, struct hub_reads *reads, const json_t *request,
                     const char *what);
/* Keep a prepared closing: `commit` carries it out on the loop, ERR_STALE: make it anew; an error's
 * answer through *failed. `drop` is called in any case. */
typedef enum err hub_beside_commit_fn(void *ctx, struct hub_app *a, json_t **failed);
void hub_beside_later(struct hub_beside *b, hub_beside_commit_fn *commit, void (*drop)(void *ctx),
                      void *ctx);

#endif
