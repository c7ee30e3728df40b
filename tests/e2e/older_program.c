/*
 * A PC with a program that asks nobody: saves rows of any type into its own signed log.
 *
 *   older_program DATA_DIR FILE.ndjson PERSON
 *
 * What a workflow owns has no other way into invented data of past years: `put` and `import` refuse it, and the
 * verbs of reports know today only. Each row has type, id and texts of fields. The folder's daemon must not run.
 * Threads: one.   Any failure ends it with 1 and a line on standard error.
 */
#include "common/io/clock.h"
#include "node/home.h"
#include "node/own.h"
#include "node/store_records.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { OLDER_LINE_MAX = 65536 }; /* bytes of a row */

static enum err older_form(struct node_home *h, const json_t *row, struct node_entry_form *form,
                           struct entry_value *values)
{
    const char *key = NULL;
    json_t *v = NULL;
    const struct catalogue *c = node_store_catalogue(h->store, NULL);
    const char *type = json_string_value(json_object_get(row, "type"));
    const char *id = json_string_value(json_object_get(row, "id"));
    if (c == NULL) return ERR_NOT_READY;
    if (type == NULL || id == NULL) return ERR_BAD_INPUT;
    *form = (struct node_entry_form){
        .action = ENTRY_SAVE, .type = catalogue_type_by_name(c, type), .values = values};
    if (form->type == NULL) return ERR_BAD_INPUT;
    json_object_foreach((json_t *)(uintptr_t)row, key, v)
    {
        const struct catalogue_field *f = catalogue_field_by_name(form->type, key);
        if (strcmp(key, "type") == 0 || strcmp(key, "id") == 0) continue;
        if (f == NULL || !json_is_string(v)) return ERR_BAD_INPUT;
        values[form->count++] = (struct entry_value){f, bytes_str(json_string_value(v)), false};
    }
    return id_unhex(id, form->rid.b, sizeof form->rid.b);
}

static enum err older_row(struct node_home *h, const char *line, const struct id_person *person)
{
    struct entry_value values[ENTRY_FIELDS_MAX];
    struct node_entry_form form;
    struct entry_op op;
    struct entry_why why;
    json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    enum err e = older_form(h, row, &form, values);
    if (e == ERR_OK) e = node_entry_make(&h->command.entry, &form, &op, &why);
    if (e == ERR_OK && op.changed) {
        struct node_own_set set = {.person = *person, .payloads = &op.payload, .count = 1};
        e = node_own_append(h->store, &h->keys, &set, clock_wall_ms(), NULL);
    }
    json_decref(row);
    return e;
}

int main(int argc, char **argv)
{
    static struct node_home home;
    static char line[OLDER_LINE_MAX];
    struct id_person fresh, person;
    if (argc != 4 || sodium_init() < 0) return 2;
    FILE *f = fopen(argv[2], "rb");
    enum err e = f != NULL ? node_home_open(argv[1], &home) : ERR_NOT_FOUND;
    randombytes_buf(fresh.b, sizeof fresh.b);
    if (e == ERR_OK) e = node_store_person(home.store, bytes_str(argv[3]), &fresh, &person);
    while (e == ERR_OK && fgets(line, sizeof line, f) != NULL)
        e = older_row(&home, line, &person);
    if (e != ERR_OK) fprintf(stderr, "%s: %s: %s", argv[2], err_name(e), line);
    node_home_close(&home);
    if (f != NULL) fclose(f);
    return e == ERR_OK ? 0 : 1;
}
