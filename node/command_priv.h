/* What the files of the node's commands share. Included by node/command*.c only. */
#ifndef DONGBO_NODE_COMMAND_PRIV_H
#define DONGBO_NODE_COMMAND_PRIV_H

#include "node/command.h"
#include "node/store_readers.h"
#include "node/store_search.h"
#include "proto/entry_called.h"

typedef json_t *node_command_fn(struct node_command *c, const json_t *request);

/* command_record.c */
json_t *node_command_put(struct node_command *c, const json_t *request);
/* The same for the verb of a workflow, which saves what nobody else may (command_owned.c). */
json_t *node_workflow_put(struct node_command *c, const json_t *request);
json_t *node_command_get(struct node_command *c, const json_t *request);
json_t *node_command_list(struct node_command *c, const json_t *request);
json_t *node_command_held(struct node_command *c, const json_t *request);
json_t *node_command_history(struct node_command *c, const json_t *request);
/* After a verb that the tool asked (member `account`): what it showed of records of class 3 or 4 stands in the
 * access log, as what the page shows does. A disk that is full ends no reading; the program's log says so. Returns
 * the answer. */
json_t *node_command_read_noted(struct node_command *c, const json_t *request, json_t *answer);
json_t *node_json_record(struct node_command *c, const struct id_record *rid,
                         const struct node_store_record *r);
/* get and list with the keys of sealed files, which no answer of the program has: to open the files. */
json_t *node_record_get(struct node_command *c, const json_t *request);
json_t *node_record_list(struct node_command *c, const json_t *request);
/* Take the key of a file out of a record's "values", as it was put in. A conflict keeps its values in "marks", for
 * who settles it. */
void node_json_unkeyed(json_t *record);
/* command_search.c: member "lost" of a record's answer: which references lead nowhere here,
 * {"field": "deleted|unknown"}; none when all lead somewhere. */
void node_refs_lost(struct node_command *c, json_t *record);
json_t *node_no_catalogue(void); /* error responses */
json_t *node_no_type(const char *name);
json_t *node_bad_id(void);
/* The record that "id" of a request names, into c->entry.record. NULL: it is there; else what to say. */
json_t *node_request_record(struct node_command *c, const json_t *request, struct id_record *rid);
/* command_lock.c: "lock" and "unlock" of a request, arrays of fields' names. NULL: read; else what is wrong. */
json_t *node_locks_read(const json_t *request, const struct catalogue_type *t,
                        struct record_lock locks[CATALOGUE_FIELDS_MAX], size_t *count);
/* "locks" of a record: the names of its locked fields; no member where there are none. */
void node_locks_json(const struct fold *f, const struct catalogue_type *t, json_t *record);
/* "locked" of the answer to a save: locked fields that it wrote all the same. c->entry.record has the op. */
void node_locks_written(struct node_command *c, const struct entry_op *op, json_t *answer);
/* command_search.c, command_form.c: what the desk's lists and forms ask */
json_t *node_command_search(struct node_command *c, const json_t *request);
json_t *node_command_reveal(struct node_command *c, const json_t *request);
json_t *node_command_catalogue(struct node_command *c, const json_t *request);
json_t *node_command_used(struct node_command *c, const json_t *request);
json_t *node_command_check(struct node_command *c, const json_t *request);

#define NODE_SEARCH_COLUMNS_FEW 5u /* of a list, unless others are chosen */

struct node_columns {
    const struct catalogue_field *field[NODE_SEARCH_CELLS_MAX];
    size_t count;
};
/* What a list or an export asks for: type, q, where, sort, down, conflicts, pending. NULL: read, and
 * values live in `memory`; else the response that says what is wrong. */
json_t *node_search_read(struct node_command *c, const json_t *request, struct node_search *q,
                         struct buf *memory);
/* Its columns, as asked for or the usual ones. NULL: read. */
json_t *node_search_chosen(const json_t *request, const struct catalogue_type *t,
                           struct node_columns *out);
/* Whether its names are to be shown as initials. `columns` may be NULL. */
bool node_search_masked(const struct catalogue_type *t, const struct node_columns *columns,
                        const struct node_search *q);
void node_initials_add(const char *text, struct buf *out);
/* {id, type, title}; the title is "" when it is not here. */
json_t *node_search_about(struct node_command *c, const char *hex);
/* command_drill.c */
json_t *node_command_report_records(struct node_command *c, const json_t *request);
/* command_owned.c: may a person save this form by hand? The record is read anew into c->entry.record.
 * ERR_DENIED: a workflow owns the record; `why` names its page and verb. And the store's errors. */
MUST_CHECK enum err node_owned(struct node_command *c, const struct node_entry_form *form,
                               struct entry_why *why);
/* May the record in c->entry.record be offered to another unit? NULL: a workflow does not own it. */
json_t *node_owned_stays(struct node_command *c);
/* command_import.c */
json_t *node_command_import(struct node_command *c, const json_t *request);
/* Save what an import holds back; before any other save. */
MUST_CHECK enum err node_import_settle(struct node_command *c);
void node_import_free(struct node_command *c);
/* command_import_head.c: the type of the whole list, NULL: none, or the catalogue has none of that name. */
const struct catalogue_type *node_import_type(struct node_command *c, const json_t *request);
/* Refuse columns that the type does not have. NULL: they are in order. */
json_t *node_import_columns(struct node_command *c, const json_t *request);
/* The key is looked up for every row: make it quick. */
MUST_CHECK enum err node_import_index(struct node_command *c, const json_t *request);
/* "known": how many records of a type were ever made, `held` of them not saved yet. Who looked for doubles sends it
 * with the rows: STALE when others were made meanwhile, which nobody compared with the list. NULL: none were. */
void node_json_known(struct node_command *c, unsigned type, uint64_t held, json_t *answer);
json_t *node_import_stale(struct node_command *c, const json_t *request, unsigned type,
                          uint64_t held);
/* What is said of an import that could not go on. */
json_t *node_import_broken(enum err e);
/* What a unit is called today (catalogue_unit_name). */
const char *node_unit_name(struct node_command *c, const char *code);

/* command_status.c */
json_t *node_command_status(struct node_command *c, const json_t *request);
json_t *node_command_join(struct node_command *c, const json_t *request);

/* command_compare.c: the six words, and what a person says of them */
extern const char *const node_doubt_vi, *const node_doubt_en;
json_t *node_command_words(const struct node_identity *id); /* a string, or null: no hub yet */
const char *node_compared_word(enum node_compared c);
json_t *node_command_compare(struct node_command *c, const json_t *request);
/* The error of who would speak with the hub in spite of it; NULL: nobody doubts. */
json_t *node_command_doubt(struct node_command *c);

/* command_proof.c */
json_t *node_command_verify_proof(struct node_command *c, const json_t *request);
/* command_attach.c */
json_t *node_command_attach_add(struct node_command *c, const json_t *request);
json_t *node_command_attach_list(struct node_command *c, const json_t *request);
json_t *node_command_attach_get(struct node_command *c, const json_t *request);
json_t *node_command_attach_status(
    struct node_command *c); /* counts; null when they cannot be read */

/* command_subject.c: whoever hands it out notes it in the access log first */
json_t *node_command_subject(struct node_command *c, const json_t *request);
/* command_card.c */
json_t *node_command_card(struct node_command *c, const json_t *request);
json_t *node_command_keys(struct node_command *c, const json_t *request);
json_t *node_command_keys_status(struct node_command *c);
/* command_bundle.c */
#define NODE_COMMAND_FILE_MAX 5242880u /* bytes of a file inside a request or an answer */
/* A file of a request. ERR_BAD_FORMAT: missing, or no base64; ERR_TOO_LARGE. */
MUST_CHECK enum err node_request_base64(const json_t *request, const char *key, struct buf *out);
json_t *node_json_base64(struct bytes b);
json_t *node_command_bundle_out(struct node_command *c, const json_t *request);
json_t *node_command_bundle_in(struct node_command *c, const json_t *request);
json_t *node_command_bundle_inspect(struct node_command *c, const json_t *request);
/* Those of the tool, of which no page has a route: the file may be named by its path (common/io/carried.h). */
json_t *node_command_bundle_in_file(struct node_command *c, const json_t *request);
json_t *node_command_bundle_inspect_file(struct node_command *c, const json_t *request);

/* command_maintain.c */
json_t *node_command_backup(struct node_command *c, const json_t *request);
json_t *node_command_backup_said(enum err e, const char *path); /* how a copy ended */
json_t *node_command_verify(struct node_command *c, const json_t *request);
json_t *node_command_alarms(struct node_command *c, const json_t *request);
json_t *node_command_disk(struct node_command *c, json_t *warnings);        /* true, false, null */
void node_command_alarm_warnings(struct node_command *c, json_t *warnings); /* of a status */

/* command_due.c */
json_t *node_command_report_list(struct node_command *c, const json_t *request);
json_t *node_command_calendar(struct node_command *c, const json_t *request);
/* command_report.c */
json_t *node_report_usage(void); /* how report, period and days are written */
json_t *node_command_report_show(struct node_command *c, const json_t *request);
json_t *node_command_report_draft(struct node_command *c, const json_t *request);
json_t *node_command_report_submit(struct node_command *c, const json_t *request);
json_t *node_command_report_withdraw(struct node_command *c, const json_t *request);
json_t *node_command_report_note(struct node_command *c, const json_t *request);
/* command_confirm.c: may who asks hand in what others wrote, may they take it back? NULL: yes */
struct node_flow;
json_t *node_report_confirms(struct node_command *c, const json_t *request,
                             const struct node_flow *f, const struct id_person *person);
json_t *node_report_takes_back(struct node_command *c, const json_t *request);
/* Nothing that a person typed is dropped without a word. NULL: each value is a text and one of `names`. */
json_t *node_report_known(const json_t *values, const char *const *names, size_t count);
/* command_beside.c: `figures` of a report get their `target`; {count, rows} of whom the text names, null
 * when that could not be looked for */
MUST_CHECK enum err node_report_targets(struct node_command *c, const struct node_flow *f,
                                        struct bytes now, json_t *figures);
json_t *node_report_names(struct node_command *c, const json_t *narrative);
/* command_correction.c */
json_t *node_command_corrections(struct node_command *c, const json_t *request);
json_t *node_command_correction_answer(struct node_command *c, const json_t *request);

/* command_cases.c */
json_t *node_command_cases(struct node_command *c, const json_t *request);
/* How many records name this one: asked before it is deleted. */
json_t *node_command_referring(struct node_command *c, const json_t *request);
/* Member "referring" of the answer to a deletion: how many records still name what was deleted. */
/* command_alike.c: into the answer of `put`, about the record that c->entry.record holds: "alike", ids of up to five
 * others with the same number, or the same name, birth and sex. Nothing when there are none. */
void node_alike_said(struct node_command *c, const struct entry_op *op, json_t *j);
void node_referring_said(struct node_command *c, const struct entry_op *op, json_t *j);
json_t *node_command_budget(struct node_command *c, const json_t *request);
json_t *node_command_budget_step(struct node_command *c, const json_t *request);
/* Member "cases" of a status, and a warning when something is overdue. */
void node_command_cases_status(struct node_command *c, json_t *status, json_t *warnings);
/* Events of clocks due between two days. */
MUST_CHECK enum err node_command_cases_ics(struct node_command *c, struct date on, struct date from,
                                           struct date to, int64_t now_ms, struct buf *ics,
                                           json_t *failed, json_int_t *events);
/* "year" of a request, a number or its text, or this year. False: it is none. */
bool node_command_year(struct node_command *c, const json_t *request, int *year);
/* command_score.c */
json_t *node_command_score(struct node_command *c, const json_t *request);
json_t *node_command_score_start(struct node_command *c, const json_t *request);
json_t *node_command_score_line(struct node_command *c, const json_t *request);
json_t *node_command_score_step(struct node_command *c, const json_t *request);

/* command.c */
const char *node_request_str(const json_t *request, const char *key); /* NULL: none */
/* 32 hex digits. ERR_BAD_INPUT. */
MUST_CHECK enum err node_request_id(const char *hex, struct id_record *out);
/* The person of a request; ERR_BAD_INPUT: no or an unusable name. */
MUST_CHECK enum err node_request_person(struct node_command *c, const json_t *request,
                                        struct id_person *out);
json_t *node_command_why(enum err e, const struct entry_why *why);
/* command_called.c: entry_called_values() of a row, among the records here and those of rows above. */
MUST_CHECK enum err node_called_values(struct node_command *c, struct entry_value *values,
                                       size_t count, char ids[][ENTRY_CALLED_ID_ROOM],
                                       struct entry_why *why);

/* command_doubt.c: does the op write a day that cannot be, or that is probably mistyped? `tip`: of the own log.
 * `confirmed`: questions are answered. ERR_BAD_VALUE: with words, why->confirm for a question; and the store's
 * errors. */
MUST_CHECK enum err node_doubt(struct node_command *c, const struct catalogue_type *t,
                               const struct entry_op *op, const struct node_store_tip *tip,
                               bool confirmed, struct entry_why *why);
/* Is a day after today, as far as this PC's clock is to be believed? The store's errors. */
MUST_CHECK enum err node_doubt_ahead(struct node_command *c, struct date day, bool *ahead);
/* node_doubt() of what is being typed into one field, for what cannot be alone. */
MUST_CHECK enum err node_doubt_text(struct node_command *c, const struct catalogue_type *t,
                                    const struct catalogue_field *f, struct bytes text,
                                    struct entry_why *why);
/* Typed texts of a JSON object into `values`; the texts live in `memory`. An unknown field or a
 * value of no usable kind: ERR_BAD_VALUE with words, and the name in `field` (64 bytes). */
MUST_CHECK enum err node_values_read(const struct catalogue_type *type, const json_t *object,
                                     struct entry_value *values, size_t *count, struct buf *memory,
                                     struct entry_why *why, char field[static 64]);
/* command_transfer.c */
json_t *node_command_transfer_offer(struct node_command *c, const json_t *request);
json_t *node_command_transfer_answer(struct node_command *c, const json_t *request);
json_t *node_command_transfers(struct node_command *c, const json_t *request);
json_t *node_command_crossed(struct node_command *c, const json_t *request);
json_t *node_command_settle(struct node_command *c, const json_t *request);
json_t *node_command_share(struct node_command *c, const json_t *request);
json_t *node_command_shares(struct node_command *c, const json_t *request);
/* command_readers.c */
json_t *node_command_readers(struct node_command *c, const json_t *request);
json_t *node_command_reader_accept(struct node_command *c, const json_t *request);
json_t *node_command_reseal(struct node_command *c, const json_t *request);
/* Who gets the record is to read it: it is sealed for the unit's PCs first, as far as a person here
 * accepted them; for an offer also all that goes along with it. *told: nobody there reads what is
 * sealed in it. NULL, or what went wrong. */
json_t *node_seal_for_unit(struct node_command *c, const struct id_record *rid,
                           const struct id_person *person, const char *unit, bool offer,
                           bool *told);
json_t *node_json_value(struct bytes value); /* command_record.c: one msgpack value */
json_t *node_json_hex(struct bytes b);
json_t *node_json_time(int64_t ms); /* null for 0 */
json_t *node_json_text(struct bytes b);

#endif
