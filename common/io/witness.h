/*
 * A small file beside a database that says how far the database had come: an older copy of the
 * database is recognised at its start, without any peer. Architecture 8.
 *
 * It is written after commits, at most every WITNESS_MS, and when it is closed: it may be behind the
 * database, never ahead of it, so it never raises a false alarm.
 *
 * Ownership: the caller's struct.   Threads: one at a time.   Units: monotonic milliseconds.
 */
#ifndef DONGBO_COMMON_IO_WITNESS_H
#define DONGBO_COMMON_IO_WITNESS_H

#include "common/id.h"
#include "common/io/file.h"

enum { WITNESS_MS = 5000 }; /* between two writings */

struct witness_mark { /* the end of a log at one moment */
    uint8_t name[8];  /* incarnation or epoch */
    uint64_t number;  /* next seq or position */
    struct id_hash hash;
};

struct witness {
    char path[FILE_PATH_BYTES_MAX]; /* "": none is kept */
    bool due;                       /* `mark` is not in the file yet */
    bool written;
    uint64_t written_ms;
    struct witness_mark mark;
};

/* "<database>.witness". ERR_TOO_LARGE. */
MUST_CHECK enum err witness_open(struct witness *w, const char *database);
/* ERR_NOT_FOUND: there is none; ERR_BAD_FORMAT: it is none of ours, or damaged. */
MUST_CHECK enum err witness_read(const struct witness *w, struct witness_mark *out);
/* The database has come so far, durably. A failure to write is logged and tried again later: the
 * witness only helps. */
void witness_note(struct witness *w, const struct witness_mark *mark, uint64_t now_ms);
/* Write what is due. */
void witness_close(struct witness *w);

#endif
