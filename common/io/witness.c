#include "common/io/witness.h"
#include "common/log.h"

#include <sodium.h>
#include <stdio.h>

enum {
    WITNESS_TAG = 16,
    WITNESS_BODY = WITNESS_TAG + 8 + 8 + 32,
    WITNESS_BYTES = WITNESS_BODY + 32
};

static const uint8_t witness_tag[WITNESS_TAG] = "dongbo/witness1";

enum err witness_open(struct witness *w, const char *database)
{
    memset(w, 0, sizeof *w);
    int n = snprintf(w->path, sizeof w->path, "%s.witness", database);
    if (n > 0 && (size_t)n < sizeof w->path) return ERR_OK;
    w->path[0] = '\0';
    return ERR_TOO_LARGE;
}

enum err witness_read(const struct witness *w, struct witness_mark *out)
{
    struct buf b;
    uint8_t hash[32];
    buf_init(&b, WITNESS_BYTES);
    enum err e = file_read(w->path, WITNESS_BYTES, &b);
    if (e == ERR_TOO_LARGE || (e == ERR_OK && b.len != WITNESS_BYTES)) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) {
        crypto_generichash(hash, sizeof hash, b.p, WITNESS_BODY, NULL, 0);
        if (memcmp(b.p, witness_tag, WITNESS_TAG) != 0 ||
            memcmp(hash, b.p + WITNESS_BODY, sizeof hash) != 0)
            e = ERR_BAD_FORMAT;
    }
    if (e == ERR_OK) {
        memcpy(out->name, b.p + WITNESS_TAG, sizeof out->name);
        out->number = le64_load(b.p + WITNESS_TAG + 8);
        memcpy(out->hash.b, b.p + WITNESS_TAG + 16, sizeof out->hash.b);
    }
    buf_free(&b);
    return e;
}

static void witness_write(struct witness *w)
{
    uint8_t m[WITNESS_BYTES];
    memcpy(m, witness_tag, WITNESS_TAG);
    memcpy(m + WITNESS_TAG, w->mark.name, 8);
    le64_store(m + WITNESS_TAG + 8, w->mark.number);
    memcpy(m + WITNESS_TAG + 16, w->mark.hash.b, 32);
    crypto_generichash(m + WITNESS_BODY, 32, m, WITNESS_BODY, NULL, 0);
    enum err e = file_write_atomic(w->path, BYTES_OF(m), 0600);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("witness"), log_err(e));
    w->due = e != ERR_OK;
}

void witness_note(struct witness *w, const struct witness_mark *mark, uint64_t now_ms)
{
    if (w->path[0] == '\0') return;
    w->mark = *mark;
    w->due = true;
    if (w->written && now_ms - w->written_ms < WITNESS_MS) return;
    witness_write(w);
    w->written = true;
    w->written_ms = now_ms;
}

void witness_close(struct witness *w)
{
    if (w->path[0] != '\0' && w->due) witness_write(w);
    w->path[0] = '\0';
}
