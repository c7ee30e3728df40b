/*
 * The hub's data folder, opened: lock, config, keys, store. Both the daemon and a tool that runs
 * without it work on one; whatever they do goes through hub_command() (hub/command.h).
 *
 *   DIR/dongbo.conf       config, made by init, edited by people
 *   DIR/hub.db            the store
 *   DIR/keys/             log.key, transport.key, sealing.key, issue.key; after a change of keys also
 *                         card and old-transport.key (hub/rotate.h). The root key is kept elsewhere
 *   DIR/tls/ca.pem, ca.key  of its own; the key belongs offline, like the root key
 *   DIR/tls/cert.pem, key.pem   what the door shows, signed by it
 *   DIR/closed            logins and tokens that stay closed after a restore (hub/closed.h)
 *   DIR/run/lock, control.sock, ports.json
 *   DIR/run/stops           at whose data the daemon died (common/blackbox.h)
 *
 * Ownership: hub_app_close() releases everything.   Threads: loop thread only.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_APP_H
#define DONGBO_HUB_APP_H

#include "common/io/conf.h"
#include "common/io/file.h"
#include "common/io/mapped.h"
#include "common/io/tls.h"
#include "hub/copier.h"
#include "hub/drive.h"
#include "hub/store.h"
#include "proto/key.h"

#define HUB_PORT_DEFAULT     "7350" /* nodes */
#define HUB_WEB_PORT_DEFAULT "7443" /* the province's door */
#define HUB_CONTROL_SOCKET   "run/control.sock"
#define HUB_AUTHORITY_FILE   "tls/ca.pem" /* to be installed on PCs that open the page */
#define HUB_PORTS_FILE       "run/ports.json"
#define HUB_STOPS_FILE       "run/stops"

struct hub_beside;

struct hub_app {
    char data[FILE_PATH_BYTES_MAX];
    struct conf *conf;
    struct hub_store *store;
    struct hub_drive *drive;  /* the daemon's; NULL in a tool */
    struct hub_copier copier; /* the daemon's backups */
    struct mapped stops;      /* the daemon's black box, a struct blackbox; closed in a tool */
    struct key_sign log;
    struct key_sign issue;
    struct key_box transport;
    struct key_box sealing;       /* bundles */
    struct key_box old_transport; /* of before the last card; empty: none */
    struct hub_sync_keys keys;
    struct hub_identity identity;
    struct file_lock lock;
    bool locked;
    uint16_t sync_port; /* really listened at, 0: no daemon */
    uint16_t web_port;
    char certificate[TLS_FINGERPRINT_CHARS + 1]; /* SHA-256 of the one that is served, "": none */
    int64_t certificate_until_ms;
    uint64_t web_requests; /* answered by the province's door since the start */
    int64_t cases_ms;      /* when these were counted for a status, 0: not yet */
    int64_t cases_overdue;
    int64_t cases_soon;
    int64_t cases_wrong;
    int64_t
        cases_failed; /* rules of the catalogue that do not work: what they say is in none of these */
    struct hub_beside
        *beside; /* the copy that another thread asks (hub/aside.h); NULL: the loop's */
};

/* The schema of dongbo.conf. */
const struct conf_key *hub_app_keys(size_t *count);

/* Read DIR/dongbo.conf over the defaults; ERR_CONFIG: conf_errors(*out) says what, and *out is
 * still the caller's. A missing file is fine. */
MUST_CHECK enum err hub_app_conf(const char *data, struct conf **out);

/* "DIR/name". ERR_TOO_LARGE. */
MUST_CHECK enum err hub_app_path(const char *data, const char *name,
                                 char out[static FILE_PATH_BYTES_MAX]);

/* Cut "a,b, c" into C strings inside `text`; at most `max` of them. */
size_t hub_app_split(char *text, const char **names, size_t max);

struct hub_app_init {
    const char *unit;
    const char *unit_name;
    const char *address; /* public "host:port" for invitations, may be "" */
    const char *listen;  /* "host:port" for nodes, NULL: the default */
    const char *web;     /* of the province's door, NULL: the default */
    const char *names;   /* names of the certificate, ',' between them */
    const char *root;    /* file to make for the root key; NULL: keys/root.key in the folder */
};
/*
 * Make a new data folder (mode 0700): keys, card, certificate, config, store, identity.
 * ERR_EXISTS: there is one; nothing is overwritten;   ERR_BAD_INPUT: unit, a name or an address; then
 * nothing was made
 */
MUST_CHECK enum err hub_app_init(const char *data, const struct hub_app_init *init, int64_t now_ms);

/*
 * A new certificate and key of the web door, signed by the hub's own authority; the running daemon shows
 * them after its next start. Cut between the two files the door does not open: do it again.
 *   in   names        as in hub_app_init;   ca_key_path   the authority's key, usually kept elsewhere
 * ERR_BAD_INPUT   a name, or the key is not that of tls/ca.pem; ERR_NOT_FOUND, ERR_IO: the files
 */
MUST_CHECK enum err hub_app_certificate(const char *data, const char *names,
                                        const char *ca_key_path, int64_t now_ms);

/* The public half of the log key in DIR/keys, without opening anything else. Errors of the key file. */
MUST_CHECK enum err hub_app_log_pk(const char *data, uint8_t out[static KEY_PUBLIC_BYTES]);
/* A database, and of the keys beside it one is not there: hub_app_open() answers ERR_NOT_READY. */
bool hub_app_keys_gone(const char *data);

/*
 * Take the lock and open everything.
 * ERR_NOT_READY: no hub here, run init;   ERR_LOCKED;   ERR_CONFIG;   and of keys and store
 */
MUST_CHECK enum err hub_app_open(const char *data, struct hub_app **out);

/* The same for a hub of whose key files one is not there, for hub_rotate(HUB_ROTATE_LOST) alone: no key is loaded.
 * ERR_EXISTS: all of them are there. */
MUST_CHECK enum err hub_app_open_keyless(const char *data, struct hub_app **out);
void hub_app_close(struct hub_app *a); /* NULL is fine */

/*
 * Writing: begin, append any number of sets, commit or abort. In the daemon it is the transaction
 * of the sessions; commit makes all of it durable.
 */
MUST_CHECK enum err hub_app_begin(struct hub_app *a);
MUST_CHECK enum err hub_app_commit(struct hub_app *a);
void hub_app_abort(struct hub_app *a);
/* For reading outside a transaction: what sessions brought is committed first. */
MUST_CHECK enum err hub_app_settle(struct hub_app *a);

/* The person id of a login's name at this hub: the same name, the same id. */
void hub_app_person(const struct hub_app *a, const char *name, struct id_person *out);

/* The daemon: sync port, province's door and control socket until SIGINT or SIGTERM. The address
 * of everything it listens at is in DIR/run/ports.json while it runs. */
MUST_CHECK enum err hub_app_run(struct hub_app *a);

#endif
