/*
 * Logins and tokens that were closed, kept outside the database: a restored copy may be from before
 * that, and what was closed stays closed (architecture 8). One line per login or token,
 *
 *   DIR/closed      64 hex digits: BLAKE2b-256, keyed with the hub id, of kind, name and time of making
 *
 * so that the file names nobody. hub_app_open() applies it before anything is served.
 *
 * Ownership: nothing is kept.   Threads: loop thread.   Units: UTC ms.   Limits: HUB_CLOSED_MAX.
 */
#ifndef DONGBO_HUB_CLOSED_H
#define DONGBO_HUB_CLOSED_H

#include "hub/app.h"

enum { HUB_CLOSED_MAX = 4000 }; /* lines of the file */

enum hub_closed_kind { HUB_CLOSED_USER = 'u', HUB_CLOSED_TOKEN = 't' };

/*
 * Note that this one is closed, or open again. Durable when it returns. Before the change of the
 * database when it closes, after it when it opens. Without a data folder (tests) nothing happens.
 *   in   name   as it is looked up;   made_ms   when it was made: a later one of that name is another
 * ERR_TOO_LARGE, and those of the file.
 */
MUST_CHECK enum err hub_closed_set(const struct hub_app *a, enum hub_closed_kind kind,
                                   const char *name, int64_t made_ms, bool closed);

/* Close in the store what the file says is closed. Errors of file and store: do not serve. */
MUST_CHECK enum err hub_closed_apply(struct hub_app *a);

#endif
