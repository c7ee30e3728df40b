/*
 * The daemon's black box: a commune's PC at whose data this program died several times is left waiting with an alarm,
 * and all others go on. SPEC 15.8, common/blackbox.h.
 *
 * Ownership: the memory is the app's.   Threads: loop thread only.
 */
#ifndef DONGBO_HUB_STOPS_H
#define DONGBO_HUB_STOPS_H

#include "hub/app.h"

/* At the daemon's start: look at what the last one died at, and raise the alarms. Without room for the file or an alarm
 * the daemon goes on (logged): it is there so that all others are served. */
void hub_stops_open(struct hub_app *a, int64_t now_ms);
void hub_stops_close(struct hub_app *a);

/* NULL in a tool, or without the file. */
struct blackbox *hub_stops(struct hub_app *a);

/* A person settled alarms: who has none any more may try again. */
MUST_CHECK enum err hub_stops_settled(struct hub_app *a);

#endif
