/* The schema of the node's database, as the steps that led to it. */
#include "node/store_priv.h"

/* One statement text per step: what is released is never changed, only followed by another step. */
const struct db_migration node_store_steps[] = {
    {"CREATE TABLE sys_identity(one INTEGER PRIMARY KEY CHECK(one = 1), joined INTEGER NOT NULL,"
     "  hub BLOB NOT NULL, node BLOB NOT NULL, sign_pk BLOB NOT NULL, transport_pk BLOB NOT NULL,"
     "  hub_transport_pk BLOB NOT NULL, hub_log_pk BLOB NOT NULL, unit TEXT NOT NULL,"
     "  unit_name TEXT NOT NULL, address TEXT NOT NULL, token BLOB NOT NULL, name TEXT NOT NULL,"
     "  cert BLOB NOT NULL, card BLOB NOT NULL, card_serial INTEGER NOT NULL);"
     "CREATE TABLE sys_state(one INTEGER PRIMARY KEY CHECK(one = 1),"
     "  sessions INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0,"
     "  position INTEGER NOT NULL DEFAULT 0, hash BLOB NOT NULL DEFAULT x'0000000000000000',"
     "  scope BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',"
     "  staged_epoch INTEGER NOT NULL DEFAULT 0, staged INTEGER NOT NULL DEFAULT 0,"
     "  contact_ms INTEGER NOT NULL DEFAULT 0, session_ms INTEGER NOT NULL DEFAULT 0,"
     "  session_how INTEGER NOT NULL DEFAULT 0, complete_ms INTEGER NOT NULL DEFAULT 0,"
     "  hub_ahead_ms INTEGER NOT NULL DEFAULT 0);"
     "INSERT INTO sys_state(one) VALUES (1);"
     /* the own log */
     "CREATE TABLE sys_inc(no INTEGER PRIMARY KEY, inc BLOB NOT NULL UNIQUE,"
     "  next_seq INTEGER NOT NULL, head BLOB NOT NULL, hlc INTEGER NOT NULL,"
     "  receipted INTEGER NOT NULL DEFAULT 0, applied INTEGER NOT NULL DEFAULT 0);"
     "CREATE TABLE sys_log(log INTEGER NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL,"
     "  body BLOB NOT NULL, signature BLOB NOT NULL, saved_ms INTEGER NOT NULL,"
     "  PRIMARY KEY(log, seq));"
     "CREATE TABLE sys_root(log INTEGER NOT NULL, block INTEGER NOT NULL, root BLOB NOT NULL,"
     "  PRIMARY KEY(log, block)) WITHOUT ROWID;"
     "CREATE TABLE sys_op(log INTEGER NOT NULL, seq INTEGER NOT NULL, op INTEGER NOT NULL,"
     "  rid BLOB, type INTEGER, kind INTEGER NOT NULL, verdict INTEGER,"
     "  pending INTEGER NOT NULL, PRIMARY KEY(log, seq, op)) WITHOUT ROWID;"
     "CREATE INDEX sys_op_rid ON sys_op(rid) WHERE rid IS NOT NULL;"
     "CREATE TABLE sys_receipt(log INTEGER NOT NULL, next_seq INTEGER NOT NULL,"
     "  epoch INTEGER NOT NULL, chain BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
     "  hash BLOB NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL,"
     "  PRIMARY KEY(log, next_seq)) WITHOUT ROWID;"
     /* the hub's state */
     "CREATE TABLE sys_record(rid BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
     "  epoch INTEGER NOT NULL, position INTEGER NOT NULL, term BLOB NOT NULL, state BLOB NOT "
     "NULL);"
     "CREATE TABLE sys_hub_set(position INTEGER PRIMARY KEY, head BLOB NOT NULL, body BLOB NOT "
     "NULL,"
     "  signature BLOB NOT NULL);"
     "CREATE TABLE sys_catalogue_part(archive BLOB NOT NULL, part INTEGER NOT NULL,"
     "  parts INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(archive, part));"
     "CREATE TABLE sys_edition(edition INTEGER PRIMARY KEY, archive BLOB NOT NULL,"
     "  bytes INTEGER NOT NULL, parts INTEGER NOT NULL);"
     "CREATE TABLE sys_catalogue(edition INTEGER PRIMARY KEY, archive BLOB NOT NULL);"
     "CREATE TABLE sys_staged_set(position INTEGER PRIMARY KEY, head BLOB NOT NULL,"
     "  body BLOB NOT NULL, signature BLOB NOT NULL);"
     "CREATE TABLE sys_staged_record(rid BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
     "  position INTEGER NOT NULL, folded INTEGER NOT NULL DEFAULT 0, state BLOB NOT NULL);"
     "CREATE TABLE sys_staged_verdict(no INTEGER PRIMARY KEY, inc BLOB NOT NULL,"
     "  first_seq INTEGER NOT NULL, position INTEGER NOT NULL, verdicts BLOB NOT NULL);"
     /* what is shown */
     "CREATE TABLE sys_shown(rid BLOB PRIMARY KEY NOT NULL, type INTEGER NOT NULL,"
     "  unit TEXT NOT NULL, pending INTEGER NOT NULL, held INTEGER NOT NULL,"
     "  conflicts INTEGER NOT NULL, deleted INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX sys_shown_type ON sys_shown(type, rid);"
     "CREATE TABLE sys_marked(rid BLOB PRIMARY KEY NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE sys_person(id BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE)"
     "  WITHOUT ROWID;"
     "CREATE TABLE sys_import(id INTEGER PRIMARY KEY, source TEXT NOT NULL,"
     "  begun_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0,"
     "  ops INTEGER NOT NULL DEFAULT 0, sets INTEGER NOT NULL DEFAULT 0);"},
    /* bundles: keys, and what was written and read */
    {"ALTER TABLE sys_identity ADD COLUMN sealing_pk BLOB NOT NULL"
     "  DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';"
     "ALTER TABLE sys_identity ADD COLUMN hub_sealing_pk BLOB NOT NULL"
     "  DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';"
     "CREATE TABLE sys_bundle(hash BLOB PRIMARY KEY NOT NULL, outward INTEGER NOT NULL,"
     "  at_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sets INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE sys_bundled(inc BLOB PRIMARY KEY NOT NULL, next_seq INTEGER NOT NULL)"
     "  WITHOUT ROWID;"},
    /* the desk: what is searched, who may log in, what is half written, who looked at what */
    {"CREATE TABLE sys_search(rid BLOB PRIMARY KEY NOT NULL, type INTEGER NOT NULL,"
     "  title TEXT NOT NULL, fold TEXT NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX sys_search_type ON sys_search(type, fold, rid);"
     "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_shown;"
     "CREATE TABLE desk_user(name TEXT PRIMARY KEY NOT NULL, fold TEXT NOT NULL UNIQUE,"
     "  hash TEXT NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE desk_tries(key TEXT PRIMARY KEY NOT NULL, fails INTEGER NOT NULL,"
     "  at_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE desk_draft(user TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,"
     "  saved_ms INTEGER NOT NULL, PRIMARY KEY(user, key)) WITHOUT ROWID;"
     "CREATE TABLE desk_access(no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, user TEXT NOT NULL,"
     "  what TEXT NOT NULL, type TEXT NOT NULL, rid BLOB);"},
    /* when things went back in time: rows of a branch have minus its number as their log */
    {"CREATE TABLE sys_branch(no INTEGER PRIMARY KEY, inc BLOB NOT NULL, first INTEGER NOT NULL,"
     "  last INTEGER NOT NULL, hash BLOB NOT NULL, at_ms INTEGER NOT NULL);"
     "CREATE TABLE sys_reauthored(old BLOB PRIMARY KEY NOT NULL, new BLOB NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX sys_reauthored_new ON sys_reauthored(new);"
     "CREATE TABLE sys_staged_own(inc BLOB NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,"
     "  head BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(inc, seq));"
     "CREATE TABLE sys_kept_set(no INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
     "  position INTEGER NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL,"
     "  ready INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0);"
     "ALTER TABLE sys_state ADD COLUMN renew INTEGER NOT NULL DEFAULT 0;"},
    /* the desk: what a login may do, and codes for a forgotten password. Who was there before keeps
     * what they could do. */
    {"ALTER TABLE desk_user ADD COLUMN role TEXT NOT NULL DEFAULT 'keeper';"
     "ALTER TABLE desk_user ADD COLUMN active INTEGER NOT NULL DEFAULT 1;"
     "CREATE TABLE desk_reset(fold TEXT PRIMARY KEY NOT NULL, challenge TEXT NOT NULL,"
     "  at_ms INTEGER NOT NULL) WITHOUT ROWID;"},
    /* what a person at this PC must know of */
    {"CREATE TABLE sys_alarm(no INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
     "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,"
     "  acked_ms INTEGER NOT NULL);"},
    /* Scope moves. Rows with position 0 are of own ops that wait; olog, oseq, oop: the own offer;
     * rlog, rseq, rop: the own answer or decision */
    {"CREATE TABLE sys_staged_move(no INTEGER PRIMARY KEY, position INTEGER NOT NULL,"
     "  kind INTEGER NOT NULL, rid BLOB NOT NULL, item BLOB NOT NULL);"
     "CREATE INDEX sys_staged_move_rid ON sys_staged_move(rid);"
     "CREATE TABLE sys_frozen(rid BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
     "  position INTEGER NOT NULL, state BLOB NOT NULL);"
     "CREATE TABLE sys_transfer(id BLOB PRIMARY KEY NOT NULL, rid BLOB NOT NULL,"
     "  type INTEGER NOT NULL, from_unit TEXT NOT NULL, to_unit TEXT NOT NULL,"
     "  state INTEGER NOT NULL, offered_ms INTEGER NOT NULL, days INTEGER NOT NULL,"
     "  note TEXT NOT NULL, answer TEXT NOT NULL, position INTEGER NOT NULL,"
     "  olog INTEGER, oseq INTEGER, oop INTEGER, reply INTEGER, rlog INTEGER, rseq INTEGER,"
     "  rop INTEGER) WITHOUT ROWID;"
     "CREATE INDEX sys_transfer_rid ON sys_transfer(rid);"
     "CREATE TABLE sys_share(rid BLOB NOT NULL, unit TEXT NOT NULL, access INTEGER NOT NULL,"
     "  position INTEGER NOT NULL, PRIMARY KEY(rid, unit)) WITHOUT ROWID;"
     "CREATE TABLE sys_crossed(version BLOB NOT NULL, op INTEGER NOT NULL, rid BLOB NOT NULL,"
     "  unit TEXT NOT NULL, state INTEGER NOT NULL, position INTEGER NOT NULL,"
     "  payload BLOB NOT NULL, reply INTEGER, rlog INTEGER, rseq INTEGER, rop INTEGER,"
     "  PRIMARY KEY(version, op)) WITHOUT ROWID;"
     "ALTER TABLE sys_shown ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;"},
    /* lists: what a record refers to, for finding it by the name of that; filled anew */
    {"CREATE TABLE sys_ref(type INTEGER NOT NULL, rid BLOB NOT NULL, target BLOB NOT NULL,"
     "  PRIMARY KEY(type, rid, target)) WITHOUT ROWID;"
     "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_shown;"},
    /* what the district said of reports: op 21 and 42 to 45 of its log */
    {"CREATE TABLE sys_flow(position INTEGER NOT NULL, op INTEGER NOT NULL, kind INTEGER NOT NULL,"
     "  report TEXT NOT NULL, period TEXT NOT NULL, at_ms INTEGER NOT NULL, person BLOB NOT NULL,"
     "  payload BLOB NOT NULL, PRIMARY KEY(position, op)) WITHOUT ROWID;"
     "CREATE INDEX sys_flow_report ON sys_flow(kind, report, period);"},
    /* erasure: the list, who may order, what is dead; what an erased record still adds to the scope's
     * sum, and the digest of a staged state that is not as it was sent any more */
    {"CREATE TABLE sys_erasure(no INTEGER PRIMARY KEY, position INTEGER NOT NULL,"
     "  hash BLOB NOT NULL UNIQUE, sum BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL,"
     "  signature BLOB NOT NULL, seen INTEGER NOT NULL);"
     "CREATE TABLE sys_officer(no INTEGER PRIMARY KEY, pk BLOB NOT NULL UNIQUE,"
     "  name TEXT NOT NULL, roles INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0);"
     "CREATE TABLE sys_dead(rid BLOB PRIMARY KEY NOT NULL, list INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE sys_gone(inc BLOB NOT NULL, seq INTEGER NOT NULL, op INTEGER NOT NULL,"
     "  rid BLOB NOT NULL, fields BLOB NOT NULL, PRIMARY KEY(inc, seq, op)) WITHOUT ROWID;"
     "CREATE TABLE sys_tomb(rid BLOB PRIMARY KEY NOT NULL, term BLOB NOT NULL) WITHOUT ROWID;"
     "ALTER TABLE sys_staged_record ADD COLUMN digest BLOB;"
     "ALTER TABLE sys_state ADD COLUMN wipe INTEGER NOT NULL DEFAULT 0;"},
    /* attachments: bytes of files that records name; `sent`: the epoch in which the hub said that it
     * has the whole */
    {"CREATE TABLE sys_attach(no INTEGER PRIMARY KEY, rid BLOB NOT NULL, hash BLOB NOT NULL,"
     "  size INTEGER NOT NULL, have INTEGER NOT NULL, sent INTEGER, code INTEGER NOT NULL DEFAULT "
     "0,"
     "  at_ms INTEGER NOT NULL, bundled INTEGER NOT NULL DEFAULT 0, UNIQUE(rid, hash));"
     "CREATE TABLE sys_attach_block(file INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL,"
     "  PRIMARY KEY(file, at));"},
    /* who looked: the reason that was given, where one is asked for */
    {"ALTER TABLE desk_access ADD COLUMN why TEXT NOT NULL DEFAULT '';"},
    /* sealed fields: whose PCs a person here lets read what is sealed */
    {"CREATE TABLE sys_reader(pk BLOB PRIMARY KEY NOT NULL, at_ms INTEGER NOT NULL,"
     "  person TEXT NOT NULL) WITHOUT ROWID;"},
    /* and as which PC of which unit he knew it: the same key under another name is not accepted */
    {"ALTER TABLE sys_reader ADD COLUMN node BLOB;"
     "ALTER TABLE sys_reader ADD COLUMN unit TEXT NOT NULL DEFAULT '';"},
    /* a change of this node's own keys that is under way, and the one that the hub asked for; pulled own
     * sets keep the signature that came with them */
    {"CREATE TABLE sys_rekey(one INTEGER PRIMARY KEY, inc BLOB NOT NULL, seq INTEGER NOT NULL,"
     "  sign_pk BLOB NOT NULL, transport_pk BLOB NOT NULL, sealing_pk BLOB NOT NULL,"
     "  old_sign_pk BLOB NOT NULL, turn INTEGER NOT NULL, at_ms INTEGER NOT NULL);"
     "CREATE TABLE sys_rekey_ask(one INTEGER PRIMARY KEY, sign_pk BLOB NOT NULL,"
     "  position INTEGER NOT NULL, why TEXT NOT NULL);"
     "ALTER TABLE sys_staged_own ADD COLUMN signature BLOB;"},
    /* verdicts of own sets that the feed brought before this log had them, or a receipt for them */
    {"CREATE TABLE sys_early_verdict(no INTEGER PRIMARY KEY, inc BLOB NOT NULL,"
     "  first_seq INTEGER NOT NULL, verdicts BLOB NOT NULL);"},
    /* damage that was found and heals with the hub's help: enum node_heal_kind, and the attempts so far */
    {"CREATE TABLE sys_heal(kind INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, tries INTEGER NOT "
     "NULL);"},
    /* what a person said of the six words of this joining: enum node_compared */
    {"ALTER TABLE sys_state ADD COLUMN compared INTEGER NOT NULL DEFAULT 0;"},
    /* imports: the day that the list is of, "" where nobody said */
    {"ALTER TABLE sys_import ADD COLUMN as_of TEXT NOT NULL DEFAULT '';"},
    /* sets that are given back: how often since the last END; `tries` counts the ENDs behind which one is still here */
    {"ALTER TABLE sys_kept_set ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;"},
    /* delivered own sets that rotted, with what the hub sent in their place until it can be told that it is it;
     * `looked`: the logs were read through since the damage was found */
    {"CREATE TABLE sys_staged_rot(no INTEGER PRIMARY KEY, log INTEGER NOT NULL,"
     "  seq INTEGER NOT NULL, head BLOB, body BLOB, signature BLOB, UNIQUE(log, seq));"
     "ALTER TABLE sys_heal ADD COLUMN looked INTEGER NOT NULL DEFAULT 0;"},
    /* the hub said, by either road, that this PC is revoked; until a session is complete again */
    {"ALTER TABLE sys_state ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0;"},
    /* files that the hub did not take: not offered again before then; 0: with the next session */
    {"ALTER TABLE sys_attach ADD COLUMN again_ms INTEGER NOT NULL DEFAULT 0;"},
    /* of which record the transfers are that were answered here: an answer has the transfer's name alone, and what the
     * feed told of transfers goes when it begins anew */
    {"CREATE TABLE sys_answered(id BLOB PRIMARY KEY NOT NULL, rid BLOB NOT NULL) WITHOUT ROWID;"
     "INSERT INTO sys_answered(id, rid) SELECT id, rid FROM sys_transfer WHERE reply IS NOT NULL;"},
    /* bundles that were made since this log and the hub's were last one: their names, and the logs that each tells of,
     * for the hub's heads in the answer have their order */
    {"CREATE TABLE sys_asked(no INTEGER PRIMARY KEY, nonce BLOB NOT NULL UNIQUE, logs BLOB NOT "
     "NULL);"},
    /* a new step goes here, at the end; no step that is above is ever changed */
};

const size_t node_store_step_count = sizeof node_store_steps / sizeof *node_store_steps;
