/* Who took which issued file. */
#include "hub/store_taken.h"

#include "hub/store_issues.h"
#include "hub/store_priv.h"

#include <stdio.h>

enum { HUB_TAKEN_NAME_ROOM = HUB_ISSUE_NAME_ROOM + 16 }; /* with ".minisig" */

enum err hub_taken_note(struct hub_store *s, int64_t issue, const char *name, const char *who,
                        bool token, int64_t now_ms)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_taken(issue, name, who, token, first_ms, last_ms, times) VALUES "
               "(?1, ?2, ?3, ?4, ?5, ?5, 1) ON CONFLICT(issue, name, who, token) DO UPDATE SET "
               "last_ms = ?5, times = times + 1");
    db_bind_int(q, 1, issue);
    db_bind_str(q, 2, name);
    db_bind_str(q, 3, who);
    db_bind_int(q, 4, token);
    db_bind_int(q, 5, now_ms);
    return db_run(q);
}

enum err hub_taken_each(struct hub_store *s, int64_t issue,
                        enum err (*each)(void *ctx, const struct hub_taken_file *f), void *ctx)
{
    bool row = false;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT issue, name, who, token, first_ms, last_ms, times FROM sys_taken WHERE "
               "?1 = 0 OR issue = ?1 ORDER BY last_ms DESC, issue DESC, name, who");
    db_bind_int(q, 1, issue);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        char name[HUB_TAKEN_NAME_ROOM], who[MESSAGE_TEXT_MAX + 1];
        struct bytes n = db_column_bytes(q, 1), w = db_column_bytes(q, 2);
        snprintf(name, sizeof name, "%.*s", (int)n.len, (const char *)n.p);
        snprintf(who, sizeof who, "%.*s", (int)w.len, (const char *)w.p);
        struct hub_taken_file f = {db_column_int(q, 0),
                                   name,
                                   who,
                                   db_column_int(q, 3) != 0,
                                   db_column_int(q, 4),
                                   db_column_int(q, 5),
                                   db_column_int(q, 6)};
        e = each(ctx, &f);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}
