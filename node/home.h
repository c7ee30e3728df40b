/*
 * The data folder of a node: lock, keys, store, config. Whoever holds a struct node_home is the one
 * process that owns the folder.
 *
 *   <data>/lock, node.db, dongbo.sock, dongbo.conf, keys/sign.key, keys/transport.key,
 *   keys/sealing.key; while they change, and behind it, see node/keyring.h; unjoin: see node_home_unjoin()
 *
 * Ownership: node_home_close() releases everything, in any state; a zeroed struct is closed.
 * Threads:   loop thread only.   Limits: NODE_HOME_PATH_MAX.
 */
#ifndef DONGBO_NODE_HOME_H
#define DONGBO_NODE_HOME_H

#include "common/io/conf.h"
#include "common/io/file.h"
#include "common/io/mapped.h"
#include "node/command.h"
#include "node/keyring.h"

#define NODE_HOME_PATH_MAX 512u /* bytes of a path in the data folder, terminator included */

struct node_home_desk { /* where the desk is served; on only in `run` */
    bool on;
    uint16_t port; /* 0: any free one */
    char address[64];
    char dir[NODE_HOME_PATH_MAX];
};

struct node_home {
    struct node_home_desk desk;
    bool locked;
    struct file_lock lock;
    struct node_store *store;
    char dir[NODE_HOME_PATH_MAX];
    struct node_keyring ring;
    struct node_keyring next; /* those that the keys are being changed to */
    struct node_keyring gone,
        gone_next;              /* before the last change: a link that ends may still borrow them */
    int64_t old_looked_ms;      /* when old sealing keys were last looked after; 0: never */
    struct node_sync_keys keys; /* of ring; .next points to next_keys, or NULL */
    struct node_sync_keys next_keys; /* of next */
    struct node_command command;
    bool has_command;
    struct mapped stops; /* of the daemon (node/stops.h) */
    /* Of node_daemon_run(): "" or the copy that the desk's keeper wants restored; the caller closes the
     * home, restores, and runs it again. */
    char restore[FILE_PATH_BYTES_MAX];
    bool unjoin; /* likewise: the joining shall be undone */
};

/* Path of a file in the folder. ERR_TOO_LARGE. */
MUST_CHECK enum err node_home_path(const char *dir, const char *name,
                                   char out[static NODE_HOME_PATH_MAX]);

/* The public half of the signing key in the folder, without opening anything else. Errors of the key
 * file. */
MUST_CHECK enum err node_home_sign_pk(const char *dir, uint8_t out[static KEY_PUBLIC_BYTES]);

/*
 * Make the folder (0700), keys (0600) and database. What an interrupted init left is completed.
 * ERR_EXISTS  it is a node already: nothing was changed
 * ERR_LOCKED, ERR_DENIED, ERR_FULL, ERR_IO, ...
 */
MUST_CHECK enum err node_home_init(const char *dir, const char *name, struct node_home *out);

/*
 * Take the lock and open everything.
 * ERR_NOT_READY  not initialised;  ERR_LOCKED another process has it;  ERR_DAMAGED the database or
 * a key file;  ERR_CONFIG a key file others may read;  ERR_NEWER
 */
MUST_CHECK enum err node_home_open(const char *dir, struct node_home *out);
void node_home_close(struct node_home *h);

/*
 * Undo the joining of a folder whose words differ from the hub's: it becomes a PC that never joined, with
 * new keys, the same name and the same logins. Database and keys of before stay beside it
 * (node.db.old-TIME, keys.old-TIME). The file `unjoin` (three lines: TIME, the folder of the old keys, the PC's name)
 * stands from the decision to the end: a cut leaves the old state, or one that the next start completes; never the
 * old keys with the new database.
 * The folder must be closed.
 * ERR_DENIED  nobody said that the words differ, or something was written here: nothing is changed
 * ERR_LOCKED, ERR_FULL, ERR_IO, ...
 */
MUST_CHECK enum err node_home_unjoin(const char *dir, int64_t now_ms);
/* Whether it may be undone: the words differ, and nothing was written here. Errors of the store. */
MUST_CHECK enum err node_home_may_unjoin(struct node_store *s, bool *out);

/* The config of the folder; defaults when there is no file. ERR_CONFIG: conf_errors() of *out, which
 * is given in that case too. */
MUST_CHECK enum err node_home_conf(const char *path, struct conf **out);
/* Serve the desk as the config says. ERR_CONFIG: not an address of a loopback. */
MUST_CHECK enum err node_home_desk(struct node_home *h, const char *dir, const struct conf *conf);
/* Put the config's hub address in place of the invitation's, if it has one. */
MUST_CHECK enum err node_home_address(struct node_home *h, const struct conf *conf);

#endif
