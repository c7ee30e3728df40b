#include "proto/submission.h"

#include "proto/record.h"

#include <string.h>

enum { SUBMISSION_STATE_BYTES_MAX = 2 * CATALOGUE_TEXT_BYTES_MAX };

const char *const submission_texts[SUBMISSION_TEXTS] = {"narrative", "difficulties", "proposals",
                                                        "next_plan"};

/* What the leader signs by handing in, and what else the report is about. */
static const char *const submission_signed[] = {"state",     "submitted_on", "signed_by",
                                                "digest",    "figures",      "figures_2",
                                                "figures_3", "figures_4"};
static const char *const submission_keys[] = {"definition", "period", "data_from", "data_to",
                                              "due_on"};
#define SUBMISSION_COUNT(a) (sizeof(a) / sizeof(a)[0])

static bool submission_newer(const struct fold_set *a, const struct fold_set *b)
{
    if (b == NULL || a->position != b->position) return b == NULL || a->position > b->position;
    return a->clock > b->clock; /* both wait at this node */
}

/* The newest set that wrote a head of these fields, newer than `best`. */
static const struct fold_set *submission_newest(const struct fold *f,
                                                const struct catalogue_type *type,
                                                const char *const *names, size_t count,
                                                submission_district_fn *district, void *ctx,
                                                const struct fold_set *best)
{
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_field *field = catalogue_field_by_name(type, names[i]);
        const struct fold_register *r =
            field != NULL ? fold_find(f, field->no, (struct bytes){NULL, 0}) : NULL;
        for (size_t j = 0; r != NULL && j < r->count; j++) {
            const struct fold_set *set = &f->sets[r->heads[j].set];
            if (!submission_newer(set, best)) continue;
            if (district == NULL || !district(ctx, &set->version)) best = set;
        }
    }
    return best;
}

static enum submission_rank submission_said(const struct fold *f, const struct catalogue_type *type)
{
    struct buf text;
    const struct catalogue_field *field = catalogue_field_by_name(type, "state");
    const struct fold_register *r =
        field != NULL ? fold_find(f, field->no, (struct bytes){NULL, 0}) : NULL;
    const struct fold_head *head = r != NULL ? fold_shown(f, r, FOLD_ASK) : NULL;
    enum submission_rank rank = SUBMISSION_DRAFT;
    if (head == NULL) return rank;
    buf_init(&text, SUBMISSION_STATE_BYTES_MAX);
    bool known = record_value_to_text(field, head->value, &text) == ERR_OK && text.len > 0;
    const char *word = known ? buf_cstr(&text) : "draft";
    if (strcmp(word, "withdrawn") == 0)
        rank = SUBMISSION_WITHDRAWN;
    else if (strcmp(word, "draft") != 0 && strcmp(word, "not_started") != 0)
        rank = SUBMISSION_SENT;
    buf_free(&text);
    return rank;
}

enum err submission_of(const struct fold *f, const struct catalogue_type *type,
                       submission_district_fn *district, void *ctx, struct submission *out)
{
    const struct fold_set *text =
        submission_newest(f, type, submission_texts, SUBMISSION_TEXTS, NULL, NULL, NULL);
    const struct fold_set *sent = submission_newest(
        f, type, submission_signed, SUBMISSION_COUNT(submission_signed), district, ctx, NULL);
    const struct fold_set *version = submission_newest(
        f, type, submission_signed, SUBMISSION_COUNT(submission_signed), NULL, NULL, text);
    version = submission_newest(f, type, submission_keys, SUBMISSION_COUNT(submission_keys), NULL,
                                NULL, version);
    if (version == NULL) return ERR_NOT_FOUND;
    if (sent == NULL) sent = version;
    out->rank = submission_said(f, type);
    out->version = *version;
    out->sent = *sent;
    bool confirmed =
        text == NULL || (submission_newer(sent, text) && !ID_EQUAL(&text->person, &sent->person));
    if (out->rank == SUBMISSION_SENT && !confirmed) out->rank = SUBMISSION_UNCONFIRMED;
    return ERR_OK;
}

bool submission_before(const struct submission *a, const struct submission *b)
{
    if (a->rank != b->rank) return a->rank < b->rank;
    if (a->rank == SUBMISSION_DRAFT) return submission_newer(&a->version, &b->version);
    return submission_newer(&b->sent, &a->sent);
}

struct id_person submission_person(const struct submission *s)
{
    return s->rank == SUBMISSION_DRAFT ? s->version.person : s->sent.person;
}

bool submission_wrote(const struct fold *f, const struct catalogue_type *type,
                      const struct id_person *person)
{
    for (size_t i = 0; i < SUBMISSION_TEXTS; i++) {
        const struct catalogue_field *field = catalogue_field_by_name(type, submission_texts[i]);
        const struct fold_register *r =
            field != NULL ? fold_find(f, field->no, (struct bytes){NULL, 0}) : NULL;
        for (size_t j = 0; r != NULL && j < r->count; j++)
            if (ID_EQUAL(&f->sets[r->heads[j].set].person, person)) return true;
    }
    return false;
}
