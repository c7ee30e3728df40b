/* What the tool shows of sensitive records is noted, as the page's reading is. docs/access-log.md. */
#include "common/log.h"
#include "node/command_priv.h"
#include "node/store_users.h"

#include <string.h>

/* What it is called in the access log; NULL: no reading of records. */
static const char *read_word(const char *verb)
{
    static const char *const words[][2] = {
        {"get", "open"}, {"history", "open"}, {"list", "export"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], verb) == 0) return words[i][1];
    return NULL;
}

/* The type of the record or list that was shown; NULL: all types, or one that the catalogue lacks. */
static const struct catalogue_type *read_type(struct node_command *c, const json_t *request,
                                              const struct id_record *rid)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(request, "type");
    if (cat == NULL) return NULL;
    if (rid == NULL) return type != NULL ? catalogue_type_by_name(cat, type) : NULL;
    struct node_store_record *r = &c->entry.record;
    return node_store_record_read(c->store, rid, r) == ERR_OK
               ? catalogue_type_by_no(cat, r->fold.type)
               : NULL;
}

json_t *node_command_read_noted(struct node_command *c, const json_t *request, json_t *answer)
{
    struct id_record id;
    const char *account = node_request_str(request, "account");
    const char *person = node_request_str(request, "person");
    const char *word = read_word(node_request_str(request, "verb"));
    const char *rid = node_request_str(request, "id");
    if (account == NULL || word == NULL || node_command_error_of(answer) != ERR_OK) return answer;
    bool one = rid != NULL && node_request_id(rid, &id) == ERR_OK;
    const struct catalogue_type *t = read_type(c, request, one ? &id : NULL);
    if (t != NULL && t->sensitivity < NODE_COMMAND_CLASS_MASKED) return answer;
    struct node_access a = {.at_ms = c->wall_ms(),
                            .user = person != NULL && person[0] != '\0' ? person : account,
                            .what = word,
                            .type = t != NULL ? t->name : "",
                            .rid = one ? &id : NULL};
    enum err e = node_access_add(c->store, &a);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_ERROR, log_evt("read.not_noted"), log_err(e));
    return answer;
}
