/*
 * Files and folders. The only file that opens, renames or locks anything by path (SQLite and the
 * local socket aside); the Windows port replaces it.
 *
 * Paths are UTF-8. Symbolic links are refused as the last part of a path. Everything is closed on
 * exec.
 *
 * Ownership: callers own their buffers; file_lock and file_list are released by their own
 * functions. Threads:   any; a struct is used by one thread at a time. Limits: FILE_PATH_BYTES_MAX,
 * FILE_LIST_MAX; reads take their cap from the caller.
 */
#ifndef DONGBO_COMMON_IO_FILE_H
#define DONGBO_COMMON_IO_FILE_H

#include "common/buf.h"

enum {
    FILE_PATH_BYTES_MAX = 4096, /* bytes of a path, terminator included */
    FILE_LIST_MAX = 100000,     /* names in one folder */
};

/* Errors of all functions unless said otherwise:
 * ERR_NOT_FOUND  no such file or folder
 * ERR_DENIED     the operating system forbids it: tell the person which path
 * ERR_FULL       disk or quota full; nothing was replaced
 * ERR_IO         anything else, links and folders in place of a file included; logged with its code
 * ERR_NOMEM      out of memory
 * ERR_TOO_LARGE  over the given cap or FILE_PATH_BYTES_MAX */

/* Append the whole file to `out`. ERR_TOO_LARGE when it has more than `max_bytes` or `out` has no
 * room; `out` is unchanged on error. */
MUST_CHECK enum err file_read(const char *path, size_t max_bytes, struct buf *out);

/* As file_read, for key files: ERR_CONFIG when group or others have any right to it, or it is not
 * ours. */
MUST_CHECK enum err file_read_private(const char *path, size_t max_bytes, struct buf *out);

/* Replace `path` by `content`: a new file in the same folder, fsync, rename, fsync of the folder.
 * After a power cut either the old or the new content is there, whole. `mode` are permission bits
 * such as 0600. */
MUST_CHECK enum err file_write_atomic(const char *path, struct bytes content, unsigned mode);

/* The same with mode 0600, read back afterwards: a stick may lose what it took. What has that
 * name is replaced only when it is empty or begins with `mark`. ERR_EXISTS: it does not, nothing
 * was written. ERR_IO: something else was read back. */
MUST_CHECK enum err file_write_marked(const char *path, struct bytes content, struct bytes mark);

/* Rename `from`, whose content is durable, to `to` of the same folder, durable on return; what was
 * there before is gone. After a power cut one of the two is there, whole. */
MUST_CHECK enum err file_replace(const char *from, const char *to);

/* Create `path` with mode 0600 and `content`, durable on return. ERR_EXISTS when anything has that
 * name. A failed call leaves no file behind. For keys: never overwrites. */
MUST_CHECK enum err file_create_private(const char *path, struct bytes content);

/* Create an empty file of mode 0600. ERR_EXISTS as above. Not durable until file_sync_parent(). */
MUST_CHECK enum err file_create_empty(const char *path);

/* Make the folder and its missing parents, each with `mode`. Success when it is there already. */
MUST_CHECK enum err file_mkdirs(const char *path, unsigned mode);

/* Make creations, renames and removals of the folder that holds `path` durable. */
MUST_CHECK enum err file_sync_parent(const char *path);

/* Names (no "." or ".."; not the full paths) in a folder, in byte order. */
struct file_list {
    char **names;
    size_t n;
};
MUST_CHECK enum err file_list(const char *dir, struct file_list *out);
void file_list_free(struct file_list *list);

/* Remove the files beside `path` whose names begin with its name and `suffix`; what cannot be removed stays, and the
 * log says so. */
void file_sweep(const char *path, const char *suffix);

/* True when something has that name (a dangling link counts). */
bool file_exists(const char *path);

/* True for a folder, and for a link to one. */
bool file_is_folder(const char *path);

/* Give a file another name in the same folder, durable on return. ERR_EXISTS: never overwrites. */
MUST_CHECK enum err file_rename(const char *from, const char *to);

/* Put `fresh` in the place of `path`, and keep what was there under the new name `keep`; all in one
 * folder, durable on return. A power cut leaves `path` naming the old or the new file; only where the
 * file system has no hard links there is a moment without it. ERR_EXISTS: `keep` is taken. */
MUST_CHECK enum err file_swap(const char *fresh, const char *path, const char *keep);

/* Remove a file and make that durable. ERR_NOT_FOUND when there was none. */
MUST_CHECK enum err file_remove(const char *path);

/* Bytes an unprivileged process may still write on the file system that holds `path`. */
MUST_CHECK enum err file_free_bytes(const char *path, uint64_t *out);

/* "dir/name" into `out` (cap bytes). ERR_TOO_LARGE when it does not fit. */
MUST_CHECK enum err file_join(const char *dir, const char *name, char *out, size_t cap);

/* The path of `name` in the folder of the file `path`. ERR_TOO_LARGE. */
MUST_CHECK enum err file_beside(const char *path, const char *name,
                                char out[static FILE_PATH_BYTES_MAX]);

/* The absolute path of a file or folder that is there, links resolved. */
MUST_CHECK enum err file_absolute(const char *path, char *out, size_t cap);

/* The absolute path of a file that need not be there yet: for another process, whose working folder
 * is not ours. ERR_TOO_LARGE, or what file_absolute() says of the working folder. */
MUST_CHECK enum err file_full(const char *path, char out[static FILE_PATH_BYTES_MAX]);

/* The lock that makes one process the owner of a data folder. Held until file_unlock() or the
 * process's end, in whatever way it ends; the lock file itself stays. */
struct file_lock {
    int fd;
};

/* Take it without waiting; creates the file. ERR_LOCKED when anybody holds it, this process
 * included. */
MUST_CHECK enum err file_lock(const char *path, struct file_lock *out);
void file_unlock(struct file_lock *lock);

#endif
