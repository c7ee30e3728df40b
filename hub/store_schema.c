/* The schema of the hub's database, as the steps that led to it. */
#include "hub/store_priv.h"

const struct db_migration hub_schema[] = {
    {
        "CREATE TABLE sys_meta(key TEXT PRIMARY KEY NOT NULL, value) WITHOUT ROWID;"
        "CREATE TABLE sys_identity(one INTEGER PRIMARY KEY CHECK(one = 1), hub BLOB NOT NULL,"
        "  unit TEXT NOT NULL, unit_name TEXT NOT NULL, card BLOB NOT NULL, root_pk BLOB NOT NULL,"
        "  log_pk BLOB NOT NULL, transport_pk BLOB NOT NULL, sealing_pk BLOB NOT NULL,"
        "  serial INTEGER NOT NULL);"
        "CREATE TABLE sys_epoch(start INTEGER NOT NULL, epoch BLOB NOT NULL UNIQUE,"
        "  inc BLOB NOT NULL);"
        /* numbers of units; 0 = nowhere, 1 = every node */
        "CREATE TABLE sys_unit(no INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, sum BLOB NOT "
        "NULL,"
        "  records INTEGER NOT NULL);"
        "INSERT INTO sys_unit VALUES (0, '', zeroblob(16), 0), (1, '*', zeroblob(16), 0);"
        "CREATE TABLE sys_inc(no INTEGER PRIMARY KEY, inc BLOB NOT NULL UNIQUE, node BLOB NOT NULL,"
        "  sign_pk BLOB NOT NULL, parent_inc BLOB, parent_seq INTEGER, parent_hash BLOB);"
        "CREATE INDEX sys_inc_node ON sys_inc(node);"
        "CREATE TABLE sys_log(pos INTEGER PRIMARY KEY, inc INTEGER NOT NULL, seq INTEGER NOT NULL,"
        "  received_ms INTEGER NOT NULL, verdicts BLOB NOT NULL, hash BLOB NOT NULL, p BLOB NOT "
        "NULL,"
        "  signature BLOB, head BLOB NOT NULL, body BLOB NOT NULL);"
        "CREATE UNIQUE INDEX sys_log_set ON sys_log(inc, seq);"
        "CREATE TABLE sys_record(no INTEGER PRIMARY KEY, rid BLOB NOT NULL UNIQUE,"
        "  type INTEGER NOT NULL, unit INTEGER NOT NULL, scope INTEGER NOT NULL, pos INTEGER NOT "
        "NULL,"
        /* log whose plain changes are the last ones, 0 = none; position of the last change before them */
        "  conflicts INTEGER NOT NULL, author INTEGER NOT NULL, others INTEGER NOT NULL,"
        "  state BLOB NOT NULL);"
        "CREATE INDEX sys_record_scope ON sys_record(scope, pos);"
        "CREATE INDEX sys_record_conflicts ON sys_record(conflicts) WHERE conflicts > 0;"
        /* ops that wait; verdicts that changed after their set was taken */
        "CREATE TABLE sys_held(pos INTEGER NOT NULL, op INTEGER NOT NULL, rid BLOB NOT NULL,"
        "  reason INTEGER NOT NULL, unit INTEGER NOT NULL, own INTEGER NOT NULL,"
        "  PRIMARY KEY(pos, op)) WITHOUT ROWID;"
        "CREATE INDEX sys_held_rid ON sys_held(rid);"
        "CREATE TABLE sys_reverdict(inc INTEGER NOT NULL, pos INTEGER NOT NULL,"
        "  set_pos INTEGER NOT NULL, PRIMARY KEY(inc, pos, set_pos)) WITHOUT ROWID;"
        /* who gets a set of the hub's own log: scope 1 = everybody */
        "CREATE TABLE sys_own(scope INTEGER NOT NULL, pos INTEGER NOT NULL,"
        "  PRIMARY KEY(scope, pos)) WITHOUT ROWID;"
        "CREATE TABLE sys_seed(inc BLOB NOT NULL, block INTEGER NOT NULL, root BLOB NOT NULL,"
        "  PRIMARY KEY(inc, block)) WITHOUT ROWID;"
        /* one person in two communes */
        "CREATE TABLE sys_match(hash BLOB NOT NULL, record INTEGER NOT NULL,"
        "  PRIMARY KEY(hash, record)) WITHOUT ROWID;"
        "CREATE TABLE sys_pair(a INTEGER NOT NULL, b INTEGER NOT NULL, kind INTEGER NOT NULL,"
        "  pos INTEGER NOT NULL, PRIMARY KEY(a, b, kind)) WITHOUT ROWID;"
        "CREATE INDEX sys_pair_b ON sys_pair(b);"
        "CREATE TABLE sys_link(record INTEGER PRIMARY KEY, a BLOB NOT NULL, b BLOB NOT NULL);"
        "CREATE INDEX sys_link_pair ON sys_link(a, b);"
        "CREATE TABLE sys_node(node BLOB PRIMARY KEY NOT NULL, unit INTEGER NOT NULL, cert BLOB,"
        "  sign_pk BLOB NOT NULL, transport_pk BLOB NOT NULL, name TEXT, enrolled_pos INTEGER,"
        "  revoked_pos INTEGER, revoked_why TEXT, contact_ms INTEGER, clock_ms INTEGER,"
        "  waiting_sets INTEGER, waiting_bytes INTEGER, cursor INTEGER, edition INTEGER,"
        "  sessions BLOB) WITHOUT ROWID;"
        "CREATE TABLE sys_invite(token BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
        "  unit_name TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
        "  node BLOB, name TEXT, used_ms INTEGER) WITHOUT ROWID;"
        "CREATE TABLE sys_token(hash BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE,"
        "  created_ms INTEGER NOT NULL, revoked_ms INTEGER) WITHOUT ROWID;"
        "CREATE TABLE sys_part(archive BLOB NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT "
        "NULL,"
        "  data BLOB NOT NULL, PRIMARY KEY(archive, part)) WITHOUT ROWID;"
        "CREATE TABLE sys_catalogue(edition INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
        "  pos INTEGER NOT NULL, archive BLOB NOT NULL);"
        "CREATE TABLE sys_close(pos INTEGER PRIMARY KEY, report TEXT NOT NULL, unit TEXT NOT NULL,"
        "  period TEXT NOT NULL, issue INTEGER NOT NULL, cut_position INTEGER NOT NULL,"
        "  edition INTEGER NOT NULL, figures BLOB NOT NULL);"
        "CREATE UNIQUE INDEX sys_close_issue ON sys_close(report, unit, period, issue);",
    },
    {
        /* bundles: read, and waiting for what is before them */
        "CREATE TABLE sys_bundle(hash BLOB PRIMARY KEY NOT NULL, node BLOB NOT NULL,"
        "  at_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sets INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE sys_waiting(hash BLOB PRIMARY KEY NOT NULL, node BLOB NOT NULL,"
        "  at_ms INTEGER NOT NULL, file BLOB NOT NULL);"
        "CREATE INDEX sys_waiting_node ON sys_waiting(node);",
    },
    {
        /* when things went back in time */
        "ALTER TABLE sys_inc ADD COLUMN closed INTEGER;"
        "ALTER TABLE sys_inc ADD COLUMN given BLOB;"
        "ALTER TABLE sys_node ADD COLUMN clone_log INTEGER;"
        "CREATE TABLE sys_lost(epoch BLOB PRIMARY KEY NOT NULL, at_ms INTEGER NOT NULL) WITHOUT "
        "ROWID;"
        "CREATE TABLE sys_alarm(no INTEGER PRIMARY KEY, kind INTEGER NOT NULL, node BLOB NOT NULL,"
        "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,"
        "  acked_ms INTEGER NOT NULL);",
    },
    {
        /* officers, and orders that two of them sign; pos NULL: it waits for the second */
        "CREATE TABLE sys_officer(no INTEGER PRIMARY KEY, pk BLOB NOT NULL UNIQUE,"
        "  name TEXT NOT NULL, roles INTEGER NOT NULL, pos INTEGER NOT NULL, revoked_pos INTEGER,"
        "  revoked_why TEXT);"
        "CREATE TABLE sys_order(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        "  kind TEXT NOT NULL, bytes BLOB NOT NULL, pk_a BLOB NOT NULL, sig_a BLOB NOT NULL,"
        "  pk_b BLOB, sig_b BLOB, proposed_ms INTEGER, approved_ms INTEGER, pos INTEGER);",
    },
    {
        /* what a closing says of the records behind its figures (SPEC 16) */
        "ALTER TABLE sys_close ADD COLUMN inputs BLOB;",
    },
    /* persons that look alike: keys of kind 2 stand in sys_match too */
    {
        "ALTER TABLE sys_pair ADD COLUMN score INTEGER NOT NULL DEFAULT 1000;",
    },
    {
        /* the desk: logins, failed tries, who did what */
        "CREATE TABLE sys_user(name TEXT PRIMARY KEY NOT NULL, fold TEXT NOT NULL UNIQUE,"
        "  hash TEXT NOT NULL, role TEXT NOT NULL, once INTEGER NOT NULL, secret BLOB,"
        "  code_step INTEGER NOT NULL, created_ms INTEGER NOT NULL, disabled_ms INTEGER NOT NULL)"
        "  WITHOUT ROWID;"
        "CREATE TABLE sys_tries(key TEXT PRIMARY KEY NOT NULL, fails INTEGER NOT NULL,"
        "  at_ms INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE sys_audit(no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, user TEXT NOT "
        "NULL,"
        "  what TEXT NOT NULL, detail TEXT NOT NULL, result TEXT NOT NULL);",
    },
    {
        /* Scope moves (SPEC 13). sys_scope: rows of units that had or have a record otherwise than
         * since its creation: access 0 = as its owner, 1 = to read, 2 = to write. `state`, `heir`:
         * what the leaving unit keeps. The view is the whole table, with the owners who never
         * changed. */
        "ALTER TABLE sys_record ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE sys_node ADD COLUMN unit_pos INTEGER NOT NULL DEFAULT 0;"
        "CREATE TABLE sys_scope(scope INTEGER NOT NULL, record INTEGER NOT NULL,"
        "  entered INTEGER NOT NULL, left INTEGER, access INTEGER NOT NULL, changed INTEGER NOT "
        "NULL,"
        "  since TEXT NOT NULL, heir INTEGER, state BLOB,"
        "  PRIMARY KEY(scope, record, entered, access)) WITHOUT ROWID;"
        "CREATE INDEX sys_scope_record ON sys_scope(record);"
        "CREATE INDEX sys_scope_left ON sys_scope(scope, left);"
        "CREATE INDEX sys_scope_shared ON sys_scope(changed) WHERE access > 0;"
        "CREATE VIEW sys_scope_all AS SELECT scope, record, entered, left, access FROM sys_scope "
        "  UNION ALL SELECT unit, no, 0, NULL, 0 FROM sys_record r WHERE NOT EXISTS "
        "  (SELECT 1 FROM sys_scope c WHERE c.record = r.no AND c.access = 0);"
        "CREATE TABLE sys_transfer(id BLOB PRIMARY KEY NOT NULL, record INTEGER NOT NULL,"
        "  from_unit INTEGER NOT NULL, to_unit INTEGER NOT NULL, state INTEGER NOT NULL,"
        "  offered INTEGER NOT NULL, offered_ms INTEGER NOT NULL, days INTEGER NOT NULL,"
        "  answered_ms INTEGER, changed INTEGER NOT NULL, hidden INTEGER NOT NULL,"
        "  note TEXT NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX sys_transfer_record ON sys_transfer(record);"
        "CREATE INDEX sys_transfer_from ON sys_transfer(from_unit, changed);"
        "CREATE INDEX sys_transfer_to ON sys_transfer(to_unit, changed);"
        "CREATE TABLE sys_crossed(pos INTEGER NOT NULL, op INTEGER NOT NULL,"
        "  record INTEGER NOT NULL, unit INTEGER NOT NULL, state INTEGER NOT NULL,"
        "  changed INTEGER NOT NULL, PRIMARY KEY(pos, op)) WITHOUT ROWID;"
        "CREATE INDEX sys_crossed_record ON sys_crossed(record);",
    },
    {
        /* the report workflow: what the district said of reports, and which periods are open again */
        "CREATE TABLE sys_flow(pos INTEGER PRIMARY KEY, kind INTEGER NOT NULL, unit TEXT NOT NULL,"
        "  report TEXT NOT NULL, period TEXT NOT NULL, at_ms INTEGER NOT NULL,"
        "  payload BLOB NOT NULL);"
        "CREATE INDEX sys_flow_report ON sys_flow(kind, report, period, unit);"
        "CREATE TABLE sys_reopened(report TEXT NOT NULL, unit TEXT NOT NULL, period TEXT NOT NULL,"
        "  issue INTEGER NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY(report, unit, period, issue))"
        "  WITHOUT ROWID;"
        "ALTER TABLE sys_close ADD COLUMN mode INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE sys_close ADD COLUMN missing TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE sys_close ADD COLUMN first TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE sys_close ADD COLUMN last TEXT NOT NULL DEFAULT '';",
    },
    {
        /* of which unit a node was when: from behind position `pos` to `until` */
        "CREATE TABLE sys_node_unit(node BLOB NOT NULL, pos INTEGER NOT NULL, until INTEGER,"
        "  unit INTEGER NOT NULL, PRIMARY KEY(node, pos)) WITHOUT ROWID;"
        "CREATE INDEX sys_node_unit_unit ON sys_node_unit(unit);"
        "INSERT INTO sys_node_unit(node, pos, unit) SELECT node, 0, unit FROM sys_node;",
    },
    {
        /* erasure: records and ops that are dead for ever; what was taken out of the log, by the
         * order at which position; the list that nodes keep as well */
        "CREATE TABLE sys_dead(rid BLOB PRIMARY KEY NOT NULL, pos INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE sys_gone(inc BLOB NOT NULL, seq INTEGER NOT NULL, op INTEGER NOT NULL,"
        "  rid BLOB NOT NULL, fields BLOB NOT NULL, pos INTEGER NOT NULL,"
        "  PRIMARY KEY(inc, seq, op)) WITHOUT ROWID;"
        "CREATE TABLE sys_erased_op(pos INTEGER NOT NULL, op INTEGER NOT NULL,"
        "  by INTEGER NOT NULL, PRIMARY KEY(pos, op)) WITHOUT ROWID;"
        "CREATE TABLE sys_erasure(no INTEGER PRIMARY KEY, pos INTEGER NOT NULL,"
        "  hash BLOB NOT NULL UNIQUE, sum BLOB NOT NULL);",
    },
    {
        /* transfers of erased records, for answers that come late; what an erased accept had moved
         * along, for replays of the log */
        "CREATE TABLE sys_dead_transfer(id BLOB PRIMARY KEY NOT NULL, rid BLOB NOT NULL) WITHOUT "
        "ROWID;"
        "CREATE TABLE sys_moved_along(pos INTEGER NOT NULL, rid BLOB NOT NULL, unit INTEGER NOT "
        "NULL, PRIMARY KEY(pos, rid)) WITHOUT ROWID;",
    },
    {
        /* what somebody typed at the desk and has not saved */
        "CREATE TABLE sys_draft(user TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,"
        "  saved_ms INTEGER NOT NULL, PRIMARY KEY(user, key)) WITHOUT ROWID;",
    },
    {
        /* the registers of the law (SPEC 20): few rows, looked at by each status */
        "CREATE INDEX sys_record_register ON sys_record(type) WHERE type >= 90 AND type <= 99;",
    },
    {
        /* the access log (store_read.c) */
        "CREATE TABLE sys_read(no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, user TEXT NOT NULL,"
        "  what TEXT NOT NULL, why TEXT NOT NULL, highest INTEGER NOT NULL, rids BLOB NOT NULL,"
        "  hash BLOB NOT NULL);",
    },
    {
        /* revocations by themselves: of nodes that this copy does not know too. What revoked nodes
         * sent is kept apart, in parcels of one signature; what people decided about them */
        "CREATE TABLE sys_revoked(node BLOB PRIMARY KEY NOT NULL, pos INTEGER NOT NULL,"
        "  why TEXT NOT NULL, hash BLOB) WITHOUT ROWID;"
        "INSERT INTO sys_revoked(node, pos, why, hash) SELECT node, revoked_pos,"
        "  ifnull(revoked_why, ''), (SELECT hash FROM sys_log WHERE pos = revoked_pos)"
        "  FROM sys_node WHERE revoked_pos IS NOT NULL;"
        "CREATE TABLE sys_quarantine(no INTEGER PRIMARY KEY, node BLOB NOT NULL, inc BLOB NOT NULL,"
        "  first INTEGER NOT NULL, next INTEGER NOT NULL, hash BLOB NOT NULL, signature BLOB NOT "
        "NULL,"
        "  at_ms INTEGER NOT NULL, road INTEGER NOT NULL, bytes INTEGER NOT NULL);"
        "CREATE UNIQUE INDEX sys_quarantine_inc ON sys_quarantine(inc, first);"
        "CREATE INDEX sys_quarantine_node ON sys_quarantine(node);"
        "CREATE TABLE sys_quarantine_set(no INTEGER NOT NULL, seq INTEGER NOT NULL,"
        "  hash BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(no, seq))"
        "  WITHOUT ROWID;"
        "CREATE TABLE sys_decided(pos INTEGER PRIMARY KEY, node BLOB NOT NULL, inc BLOB NOT NULL,"
        "  first INTEGER NOT NULL, next INTEGER NOT NULL, hash BLOB NOT NULL,"
        "  release INTEGER NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL,"
        "  at_ms INTEGER NOT NULL);"
        "CREATE INDEX sys_decided_inc ON sys_decided(inc, first);",
    },
    {
        /* attachments: bytes of files that records name */
        "CREATE TABLE sys_attach(no INTEGER PRIMARY KEY, rid BLOB NOT NULL, hash BLOB NOT NULL,"
        "  size INTEGER NOT NULL, have INTEGER NOT NULL, unit INTEGER NOT NULL,"
        "  at_ms INTEGER NOT NULL, UNIQUE(rid, hash));"
        "CREATE INDEX sys_attach_unit ON sys_attach(unit);"
        "CREATE TABLE sys_attach_block(file INTEGER NOT NULL, at INTEGER NOT NULL,"
        "  data BLOB NOT NULL, PRIMARY KEY(file, at));",
    },
    {
        /* what the scrub found damaged */
        "ALTER TABLE sys_alarm ADD COLUMN what TEXT NOT NULL DEFAULT '';",
    },
    {
        /* who took which issued file (store_taken.c) */
        "CREATE TABLE sys_taken(issue INTEGER NOT NULL, name TEXT NOT NULL, who TEXT NOT NULL,"
        "  token INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
        "  times INTEGER NOT NULL, PRIMARY KEY(issue, name, who, token)) WITHOUT ROWID;",
    },
    {
        /* damaged sets that are asked for again where they came from (store_mend.c) */
        "CREATE TABLE sys_mend(pos INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL);",
    },
    {
        /* changes of nodes' own keys (the old transport and sealing keys are not known when the hub
         * went back and heard of the change by a certificate), and those that the hub asked for */
        "CREATE TABLE sys_rekey(pos INTEGER PRIMARY KEY, node BLOB NOT NULL, old_sign BLOB NOT "
        "NULL,"
        "  old_transport BLOB, old_sealing BLOB, sign BLOB NOT NULL, transport BLOB NOT NULL,"
        "  sealing BLOB NOT NULL, at_ms INTEGER NOT NULL);"
        "CREATE INDEX sys_rekey_node ON sys_rekey(node);"
        "CREATE TABLE sys_rekey_ask(node BLOB NOT NULL, sign_pk BLOB NOT NULL, pos INTEGER NOT "
        "NULL,"
        "  why TEXT NOT NULL, PRIMARY KEY(node, sign_pk)) WITHOUT ROWID;"
        "CREATE TABLE sys_rekey_cert(node BLOB PRIMARY KEY NOT NULL, pos INTEGER NOT NULL,"
        "  hash BLOB NOT NULL) WITHOUT ROWID;"
        /* and where each revocation was said last: once more under the key after a stolen one */
        "CREATE TABLE sys_revoked_said(node BLOB PRIMARY KEY NOT NULL, pos INTEGER NOT NULL,"
        "  hash BLOB NOT NULL) WITHOUT ROWID;"
        "INSERT INTO sys_revoked_said(node, pos, hash) SELECT node, pos, hash FROM sys_revoked"
        "  WHERE hash IS NOT NULL;",
    },
    {
        /* lists: what a record is found by, in the order of lists; filled with the typed tables, anew
         * when the number of their form is not the program's (store_project.c) */
        "CREATE TABLE sys_search(record INTEGER PRIMARY KEY, type INTEGER NOT NULL,"
        "  unit INTEGER NOT NULL, fold TEXT NOT NULL);"
        "CREATE INDEX sys_search_type ON sys_search(type, fold, record, unit);",
    },
    {
        /* the log by record (store_history.c); filled behind everything else */
        "CREATE TABLE sys_history(record INTEGER NOT NULL, pos INTEGER NOT NULL,"
        "  PRIMARY KEY(record, pos)) WITHOUT ROWID;",
    },
    {
        /* above which serial a certificate with other keys proves a later change of them (SPEC 18.11) */
        "ALTER TABLE sys_node ADD COLUMN key_serial INTEGER NOT NULL DEFAULT 1;",
    },
    {
        /* from which day on a record that moved counts for whom (store_owner.c) */
        "CREATE TABLE sys_owner(record INTEGER NOT NULL, since TEXT NOT NULL,"
        "  unit INTEGER NOT NULL, PRIMARY KEY(record, since)) WITHOUT ROWID;",
    },
    {
        /* under which serials, at least and at most, the hub's log has certificates of a node's keys
         * (store_key.c); key_serial of sys_node is not used any more */
        "CREATE TABLE sys_key(node BLOB NOT NULL, sign_pk BLOB NOT NULL, first INTEGER NOT NULL,"
        "  last INTEGER NOT NULL, PRIMARY KEY(node, sign_pk)) WITHOUT ROWID;",
    },
    {
        /* of which epoch a session of this node came to its end that could give back what that epoch's
         * beginning had lost (store_repair.c) */
        "ALTER TABLE sys_node ADD COLUMN gave_back BLOB;",
    },
    {
        /* assignments that waited for a record and applied later than at their own position, for
         * replays of the log: the record may have been erased since (store_move.c) */
        "CREATE TABLE sys_assigned_late(pos INTEGER NOT NULL, op INTEGER NOT NULL, at INTEGER NOT "
        "NULL, PRIMARY KEY(pos, op)) WITHOUT ROWID;"
        "CREATE INDEX sys_assigned_late_at ON sys_assigned_late(at);",
    },
    {
        /* ops that were held as steps that their authors may not take, for replays of the log: a value
         * that said so may have been erased since (store_op.c). What crossed and was erased alone is
         * set aside (store_erase.c). */
        "CREATE TABLE sys_step(pos INTEGER NOT NULL, op INTEGER NOT NULL, PRIMARY KEY(pos, op)) "
        "WITHOUT ROWID;"
        "INSERT INTO sys_step(pos, op) SELECT pos, op FROM sys_held WHERE reason = 10;"
        "UPDATE sys_crossed SET state = 2 WHERE state = 0 AND (pos, op) IN (SELECT pos, op FROM "
        "sys_erased_op);",
    },
    /* a new step goes here, at the end; no step that is above is ever changed */
};

const size_t hub_schema_count = sizeof hub_schema / sizeof hub_schema[0];
