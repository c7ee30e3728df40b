/*
 * A file that the tool gives to a request or gets from an answer. A small one travels inside, as base64: then the
 * daemon needs no right to where it lies. A larger one has no room there, so the daemon gets its whole path.
 *
 * Such paths are taken from the control socket alone, which answers nobody but the user of the data folder (mode 0600):
 * who names one could open it without us. No page can name one.
 *
 * Ownership: requests and answers are borrowed.   Threads: any.   Limits: CARRIED_INSIDE_MAX.
 */
#ifndef DONGBO_COMMON_IO_CARRIED_H
#define DONGBO_COMMON_IO_CARRIED_H

#include "common/io/file.h"

#include <jansson.h>

#define CARRIED_INSIDE_MAX (5u * 1024u * 1024u) /* bytes of a file within RPC_MESSAGE_BYTES_MAX */

/* Tool: the file at `path` into a request, as "file" (base64) or "path". ERR_NOMEM, and what file_read() says. */
MUST_CHECK enum err carried_ask(json_t *request, const char *path);
/* Tool: where the answer's file goes, as "out". ERR_NOMEM, and what file_full() says. */
MUST_CHECK enum err carried_out(json_t *request, const char *path);
/* Tool: write the "file" of an answer, if the daemon has not done so, by file_write_marked(); the answer loses it.
 * ERR_BAD_FORMAT; ERR_NOMEM */
MUST_CHECK enum err carried_keep(json_t *answer, const char *path, struct bytes mark);

/* Daemon: has a request named a file by its path? */
bool carried_named(const json_t *request);
/* Daemon: append the file that it names. ERR_BAD_INPUT: the path is not whole. */
MUST_CHECK enum err carried_read(const json_t *request, size_t max, struct buf *out);
/* Daemon: write what has no room in an answer to the "out" of a request. ERR_TOO_LARGE: it names none. */
MUST_CHECK enum err carried_write(const json_t *request, struct bytes content, struct bytes mark);

#endif
