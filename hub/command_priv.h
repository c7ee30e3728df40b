/* What the files of the hub's commands share. Included by hub/command*.c only. */
#ifndef DONGBO_HUB_COMMAND_PRIV_H
#define DONGBO_HUB_COMMAND_PRIV_H

#include "common/doubt.h"
#include "hub/command.h"
#include "hub/own.h"
#include "hub/store_records.h"
#include "proto/entry.h"

typedef json_t *hub_command_fn(struct hub_app *a, const json_t *request);

/* command_catalogue.c */
json_t *hub_command_check(struct hub_app *a, const json_t *request);
json_t *hub_command_publish(struct hub_app *a, const json_t *request);
json_t *hub_command_catalogue(struct hub_app *a, const json_t *request);
json_t *hub_command_forms(struct hub_app *a, const json_t *request);
/* command_admin.c */
json_t *hub_command_status(struct hub_app *a, const json_t *request);
/* command_node.c */
json_t *hub_command_invite(struct hub_app *a, const json_t *request);
json_t *hub_command_invites(struct hub_app *a, const json_t *request);
json_t *hub_command_nodes(struct hub_app *a, const json_t *request);
json_t *hub_command_token(struct hub_app *a, const json_t *request);
struct hub_node_row;
/* The node that the first digits of its id under "node" name. NULL: found; else the answer. */
json_t *hub_command_node(struct hub_app *a, const json_t *request, struct hub_node_row *out);
/* command_keys.c */
json_t *hub_command_keys(struct hub_app *a, const json_t *request);
/* The key by which the province checks files, as `minisign -P` takes it: the second line of dongbo.pub. */
json_t *hub_keys_issue(const struct hub_app *a);
/* command_quarantine.c */
json_t *hub_command_revoke(struct hub_app *a, const json_t *request);
json_t *hub_command_quarantine(struct hub_app *a, const json_t *request);
json_t *hub_command_quarantine_show(struct hub_app *a, const json_t *request);
void hub_command_status_apart(struct hub_app *a, json_t *status, json_t *warnings);
/* command_reset.c */
json_t *hub_command_reset_code(struct hub_app *a, const json_t *request);
/* command_order.c */
json_t *hub_command_officer(struct hub_app *a, const json_t *request);
json_t *hub_command_order(struct hub_app *a, const json_t *request);
json_t *hub_command_erase(struct hub_app *a, const json_t *request);
/* command_bundle.c */
json_t *hub_command_bundle_in(struct hub_app *a, const json_t *request);
json_t *hub_command_bundle_out(struct hub_app *a, const json_t *request);
json_t *hub_command_bundle_inspect(struct hub_app *a, const json_t *request);
/* Those of the tool, of which no page has a route: files may be named by their path (common/io/carried.h). */
json_t *hub_command_bundle_in_file(struct hub_app *a, const json_t *request);
json_t *hub_command_bundle_out_file(struct hub_app *a, const json_t *request);
json_t *hub_command_bundle_inspect_file(struct hub_app *a, const json_t *request);
/* command_record.c */
json_t *hub_command_put(struct hub_app *a, const json_t *request);
json_t *hub_command_import(struct hub_app *a, const json_t *request);
/* command_show.c */
json_t *hub_command_get(struct hub_app *a, const json_t *request);
json_t *hub_command_list(struct hub_app *a, const json_t *request);
/* The record under "id" with its values and version. */
json_t *hub_record_json(struct hub_app *a, const json_t *request);
/* command_history.c */
json_t *hub_command_history(struct hub_app *a, const json_t *request);
/* command_form.c */
json_t *hub_command_form_check(struct hub_app *a, const json_t *request);
json_t *hub_command_search(struct hub_app *a, const json_t *request);
enum { HUB_CLASS_MASKED = 3 }; /* from this class on a list shows initials */
/* "title" of a record's answer, and "refs": the titles of what it refers to, by field. */
void hub_titles_add(struct hub_app *a, json_t *record, bool masked);
/* What a record shows, by name: texts, and arrays of them for choices. */
json_t *hub_show_values(const struct fold *f, const struct catalogue_type *t);
/* "reason" of a record that is deleted, where somebody said why. */
void hub_show_reason(const struct fold *f, json_t *j);
/* command_read.c: who read what of class 3 and 4. Collect, then note once; noting frees it. */
struct hub_reads {
    unsigned highest;
    struct buf rids;
};
void hub_reads_init(struct hub_reads *r);
/* Only from HUB_READ_CLASS on. */
void hub_reads_add(struct hub_reads *r, const struct catalogue_type *t,
                   const struct id_record *rid);
void hub_reads_note(struct hub_reads *r, struct hub_app *a, const json_t *request,
                    const char *what);
/* The same for the records behind a report's figures that are too small to leave the hub (hub/small). */
struct hub_report;
void hub_reads_note_small(struct hub_app *a, const json_t *request, const char *what,
                          const struct hub_report *r);
/* The same for rows of an answer: members "id" and "type" (its name; without it the record is looked
 * up). */
void hub_reads_note_rows(struct hub_app *a, const json_t *request, const char *what,
                         const json_t *rows);
json_t *hub_command_reads(struct hub_app *a, const json_t *request);
/* command_subject.c */
json_t *hub_command_subject(struct hub_app *a, const json_t *request);
/* command_register.c */
json_t *hub_command_request(struct hub_app *a, const json_t *request);
json_t *hub_command_breach(struct hub_app *a, const json_t *request);
/* Why this put may not be: a request to erase is done by an order of two people, whatever form it is
 * typed into. NULL: it may. */
json_t *hub_register_refuses(struct hub_app *a, const json_t *request);
/* Members "requests_open", "requests_overdue", "breaches_open", "breaches_overdue" of a status answer,
 * and their warnings. */
void hub_command_status_registers(struct hub_app *a, json_t *status);
/* command_attach.c */
json_t *hub_command_attach(struct hub_app *a, const json_t *request);
/* command_conflict.c */
json_t *hub_command_conflicts(struct hub_app *a, const json_t *request);
/* command_resolve.c */
json_t *hub_command_resolve(struct hub_app *a, const json_t *request);
/* command_scope.c */
json_t *hub_command_transfers(struct hub_app *a, const json_t *request);
json_t *hub_command_transfer_offer(struct hub_app *a, const json_t *request);
json_t *hub_command_transfer_answer(struct hub_app *a, const json_t *request);
json_t *hub_command_share(struct hub_app *a, const json_t *request);
json_t *hub_command_scope(struct hub_app *a, const json_t *request);
json_t *hub_command_crossed(struct hub_app *a, const json_t *request);
json_t *hub_command_settle(struct hub_app *a, const json_t *request);
json_t *hub_scope_may(struct hub_app *a); /* NULL: records may move now */
/* command_units.c */
json_t *hub_command_units(struct hub_app *a, const json_t *request);
json_t *hub_command_units_apply(struct hub_app *a, const json_t *request);
json_t *hub_command_units_assign(struct hub_app *a, const json_t *request);
json_t *hub_command_units_node(struct hub_app *a, const json_t *request);
/* command_report.c */
json_t *hub_command_report(struct hub_app *a, const json_t *request);
json_t *hub_command_close(struct hub_app *a, const json_t *request);
json_t *hub_command_issues(struct hub_app *a, const json_t *request);
json_t *hub_command_export(struct hub_app *a, const json_t *request);
json_t *hub_command_consolidate(struct hub_app *a, const json_t *request);
json_t *hub_command_verify(struct hub_app *a, const json_t *request);
/* What commands about reports share. */
struct hub_report_why;
struct hub_issue;
json_t *hub_report_said(enum err e, const struct hub_report_why *why);
json_t *hub_period_wrong(void);
bool hub_request_period(const json_t *request, struct period *out);
json_t *hub_issue_json(const struct hub_issue *i);
/* The issue whose id stands under `key`. NULL: found; else the answer. */
json_t *hub_issue_of(struct hub_app *a, const json_t *request, const char *key,
                     struct hub_issue *out);
/* command_explain.c, command_diff.c */
struct hub_side;
struct hub_side_cell;
struct hub_input_set;
json_t *hub_side_json(const struct hub_side *side);
json_t *hub_side_cell_json(const struct hub_side *side, const struct hub_side_cell *c);
/* The canonical figures of a side. NULL: they cannot be read. */
json_t *hub_side_figures(struct hub_app *a, const struct hub_side *side);
/* Of these figures the corrections that count in a cell: all communes' in the sum. An array. */
json_t *hub_side_corrections(const json_t *figures, const struct hub_side *side,
                             const struct hub_side_cell *cell);
json_t *hub_input_set_json(struct hub_app *a, const struct hub_input_set *set);
/* The issue under `key`, or, without it, the report of the request as it would be now. NULL: `out`
 * is the caller's; else the answer. */
json_t *hub_side_request(struct hub_app *a, const json_t *request, const char *key,
                         struct hub_side *out);
json_t *hub_command_explain(struct hub_app *a, const json_t *request);
json_t *hub_command_diff(struct hub_app *a, const json_t *request);
json_t *hub_command_proof(struct hub_app *a, const json_t *request);
/* The same in the answer, for who may not name a file of this machine. */
json_t *hub_command_proof_data(struct hub_app *a, const json_t *request);

/* command_held.c */
json_t *hub_command_held(struct hub_app *a, const json_t *request);
/* command_taken.c */
json_t *hub_command_taken(struct hub_app *a, const json_t *request);
/* command_user.c */
json_t *hub_command_user(struct hub_app *a, const json_t *request);
/* command_flow.c */
json_t *hub_command_reports(struct hub_app *a, const json_t *request);
json_t *hub_command_report_show(struct hub_app *a, const json_t *request);
json_t *hub_command_report_accept(struct hub_app *a, const json_t *request);
json_t *hub_command_report_return(struct hub_app *a, const json_t *request);
/* command_owe.c */
json_t *hub_command_owes(struct hub_app *a, const json_t *request);
/* command_doubts.c: records with doubtful days, of a report's period or all, and whose references lead nowhere. */
json_t *hub_command_doubts(struct hub_app *a, const json_t *request);
/* "doubts" of a closing's answer: how many of its period, by unit. Nothing where the request is wrong: the closing
 * says it. */
void hub_doubts_count(struct hub_app *a, const json_t *request, json_t *answer);
json_t *hub_command_calendar(struct hub_app *a, const json_t *request);
json_t *hub_command_ask(struct hub_app *a, const json_t *request);
json_t *hub_command_correct(struct hub_app *a, const json_t *request);
json_t *hub_command_corrections(struct hub_app *a, const json_t *request);
/* command_trigger.c */
json_t *hub_command_triggers(struct hub_app *a, const json_t *request);
/* command_cases.c */
json_t *hub_command_cases(struct hub_app *a, const json_t *request);
/* How many records name this one: asked before it is deleted. */
json_t *hub_command_referring(struct hub_app *a, const json_t *request);
/* Member "referring" of the answer to a deletion: how many records still name what was deleted. */
void hub_referring_said(struct hub_app *a, const struct entry_op *op, json_t *j);
json_t *hub_command_budget(struct hub_app *a, const json_t *request);
json_t *hub_command_budget_step(struct hub_app *a, const json_t *request);
/* Member "cases" of a status. */
void hub_command_cases_status(struct hub_app *a, json_t *status);
/* command_score.c */
json_t *hub_command_score(struct hub_app *a, const json_t *request);
json_t *hub_command_score_appraise(struct hub_app *a, const json_t *request);
json_t *hub_command_score_step(struct hub_app *a, const json_t *request);
/* command_close.c */
json_t *hub_command_supplement(struct hub_app *a, const json_t *request);
json_t *hub_command_reopen(struct hub_app *a, const json_t *request);

/* command_maintain.c */
json_t *hub_command_backup(struct hub_app *a, const json_t *request);
json_t *hub_command_alarms(struct hub_app *a, const json_t *request);
json_t *hub_command_confirm(struct hub_app *a, const json_t *request);
json_t *hub_command_backup_said(enum err e, const char *path); /* how a copy ended */
/* Members "alarms", "confirm_wanted" and "warnings" of a status answer. */
void hub_command_status_warnings(struct hub_app *a, json_t *status);

/* command.c: answers */
json_t *hub_command_error(enum err e, const char *vi, const char *en);
json_t *hub_command_fail(enum err e); /* the words of an error that has none of its own */
json_t *hub_command_why(enum err e, const struct entry_why *why);

/* command.c: requests */
const char *hub_request_str(const json_t *request, const char *key); /* NULL: none */
/* May the answer have what people wrote about corrections, and figures of few persons (hub/small)? They may name
 * somebody; see hub/desk. */
bool hub_request_words(const json_t *request);
MUST_CHECK enum err hub_request_id(const json_t *request, const char *key, struct id_record *out);
/* Bytes of a base64 member appended. ERR_BAD_INPUT. */
MUST_CHECK enum err hub_request_bytes(const json_t *request, const char *key, struct buf *out);
/* The person of the request's "person", or of nobody. */
void hub_request_person(const struct hub_app *a, const json_t *request, struct id_person *out);
/* One op of the hub's own log by the request's person, inside the open transaction. `taken` may be NULL. Errors of the
 * payload and of hub_own_append(): the caller aborts. */
MUST_CHECK enum err hub_request_append(struct hub_app *a, const json_t *request,
                                       const struct buf *payload, struct hub_taken *taken);
/* The same in a transaction of its own, durable or not done at all. */
MUST_CHECK enum err hub_request_save(struct hub_app *a, const json_t *request,
                                     const struct buf *payload, struct hub_taken *taken);

/* command.c: values */
json_t *hub_json_hex(struct bytes b);
json_t *hub_json_text(struct bytes b);
json_t *hub_json_base64(struct bytes b);
json_t *hub_json_time(int64_t ms); /* null for 0 */
/* One msgpack value as its canonical text; null for nil. */
json_t *hub_json_value(struct bytes value);
/* What a unit is called today, in whatever is about the present; "" when unknown. A report names units as they were
 * called on the last day of its window. */
const char *hub_unit_name(struct hub_app *a, const char *code);

/* command_sealed.c */
json_t *hub_command_readers(struct hub_app *a, const json_t *request);
json_t *hub_command_readers_sealed(struct hub_app *a, const json_t *request);
json_t *hub_command_sealed(struct hub_app *a, const json_t *request);
json_t *hub_command_reseal(struct hub_app *a, const json_t *request);

/* command_record.c: an op of the hub's own log on one record, from reading it to its append. */
enum { HUB_VALUES_BYTES_MAX = 1024 * 1024 }; /* typed texts of one request's row */

/* command_record.c: who puts or imports is asked about days that look mistyped, until he says that they are right. */
bool hub_request_asks(const json_t *request);

struct hub_edit {
    struct hub_app *app;
    struct entry entry;
    struct fold fold;
    struct buf state;
    char unit[ADMIN_UNIT_BYTES_MAX +
              1]; /* owner of the record that is loaded; "" when there is none */
    bool asks;    /* of days that look mistyped a person is asked: who asks has a way to answer */
    struct doubt_days days; /* of days_unit */
    char days_unit[ADMIN_UNIT_BYTES_MAX + 1];
};
MUST_CHECK enum err hub_edit_init(struct hub_edit *h, struct hub_app *a);
void hub_edit_free(struct hub_edit *h);
/* Load the record into h->fold; type 0 when there is none. */
MUST_CHECK enum err hub_edit_load(struct hub_edit *h, const struct id_record *rid);
/* Load, make the op and, if it changes something, append it. Inside a transaction. `like` NULL: only look. */
MUST_CHECK enum err hub_edit_append(struct hub_edit *h, const struct entry_form *form,
                                    const struct hub_own_set *like, struct entry_op *op,
                                    struct entry_why *why);
/* Load and make the op that a list's whole row would be, whatever of it may be written: days are not asked about, and
 * sealed fields stand in it open. To be shown to entry_keep() only. */
MUST_CHECK enum err hub_edit_draft(struct hub_edit *h, const struct entry_form *form,
                                   struct entry_op *op, struct entry_why *why);
/* Typed texts of a JSON object; they live in `memory`. ERR_BAD_VALUE with words. */
MUST_CHECK enum err hub_values_read(const struct catalogue_type *type, const json_t *object,
                                    struct entry_value *values, size_t *count, struct buf *memory,
                                    struct entry_why *why);
/* Type, id and values of a request or of a row of an import. The id of a new record is random.
 * ERR_BAD_VALUE with words, ERR_NOT_READY, ERR_TOO_LARGE. */
MUST_CHECK enum err hub_form_read(struct hub_app *a, const json_t *row, struct entry_form *form,
                                  struct entry_value *values, struct buf *memory,
                                  struct entry_why *why);
/* The type of a record that is there; NULL otherwise. */
const struct catalogue_type *hub_record_type(struct hub_app *a, const struct id_record *rid);
/* command_doubt.c: does the op write a day that cannot be, or, if h->asks, one that is asked about? What a record
 * says already is nobody's new word. ERR_BAD_VALUE with field and words; why->confirm when it is a question. */
MUST_CHECK enum err hub_doubt(struct hub_edit *h, const struct catalogue_type *t,
                              const struct entry_op *op, struct entry_why *why);
/* Days that cannot be, in one field's canonical text. */
MUST_CHECK enum err hub_doubt_text(struct hub_app *a, const struct catalogue_type *t,
                                   const struct catalogue_field *f, struct bytes text,
                                   struct entry_why *why);
/* command_target.c: does a target name an indicator of the catalogue and a period of its year? Every other
 * type is fine. ERR_BAD_VALUE with field and words; ERR_NOMEM. */
MUST_CHECK enum err hub_target_check(const struct catalogue *c, const struct catalogue_type *type,
                                     const struct fold *f, const struct catalogue_field **bad,
                                     struct catalogue_why *why);
/* command_lock.c: "lock" and "unlock" of a request, arrays of fields' names. ERR_BAD_INPUT with words. */
MUST_CHECK enum err hub_locks_read(const json_t *request, const struct catalogue_type *t,
                                   struct record_lock locks[CATALOGUE_FIELDS_MAX], size_t *count,
                                   struct entry_why *why);
/* "locks" of a record: the names of its locked fields; no member where there are none. */
void hub_locks_json(const struct fold *f, const struct catalogue_type *t, json_t *record);
/* "locked" of the answer to a save: locked fields that it wrote all the same. h->fold has the op. */
void hub_locks_written(struct hub_edit *h, const struct entry_op *op, json_t *answer);
/* What an import's row (`form`, `values`) may not write leaves it, named in `kept`. Errors: as
 * hub_edit_append(). */
MUST_CHECK enum err hub_locks_keep(struct hub_edit *h, const json_t *row, struct entry_form *form,
                                   struct entry_value *values, json_t *kept, struct entry_why *why);
/* A whole single edit: transaction, op, commit. With "base", the version of the record that was
 * shown: ERR_STALE when it is another one now. The answer. */
json_t *hub_edit_one(struct hub_app *a, const json_t *request, const struct entry_form *form);

#endif
