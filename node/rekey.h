/*
 * A change of the node's own keys, from the folder's side. SPEC 18.9 to 18.11, docs/keys.md.
 *
 * Ownership: the home.   Threads: loop thread only.
 */
#ifndef DONGBO_NODE_REKEY_H
#define DONGBO_NODE_REKEY_H

#include "node/home.h"

/*
 * At opening, with keys and store: which keys count, whatever was cut, and whatever copy of the database
 * this is; a change that was cut behind its keys is begun anew.
 * ERR_DAMAGED: keys of another node in this folder; and of files and store.
 */
MUST_CHECK enum err node_rekey_open(struct node_home *h);

/*
 * Begin a change: new keys, and the end of the log that says so. What waits stays as it is.
 * ERR_NOT_READY: not joined;  ERR_EXISTS: one is under way;  ERR_TOO_LARGE: SEALED_OLD_MAX old keys
 * still read what only others can seal again;  ERR_FULL ...: nothing changed, or it is
 * completed by the next opening.
 */
MUST_CHECK enum err node_rekey_begin(struct node_home *h);

/* After a session or a bundle: put keys that the hub certified into their places, and begin the change
 * that the hub asks for, or that was cut; then *begun, and there is something to send. */
MUST_CHECK enum err node_rekey_turn(struct node_home *h, bool *begun);

#endif
