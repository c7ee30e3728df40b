/*
 * Disks of the simulated hosts: an SQLite VFS in memory ("simvfs") that can lose power.
 *
 * A file's name is HOST/NAME; every host has its own disk, with its own counter of I/O operations (a write of up to
 * one 512-byte sector, a truncate, a sync, a delete or a creation is one operation). Reads are counted by themselves.
 *
 * The system call "rename" that common/io/db_wal.c asks for counts as two: the rename, and the sync of the folder.
 *
 * What was written since a file's last sync is pending. When power is lost each pending sector is kept, dropped or
 * replaced by garbage, truncates are kept or dropped, and a creation or a deletion that was not made durable may be
 * undone; all by the seed given. A sync makes the file's own directory entry durable with it, as SQLite's unix VFS
 * does for journals; a delete is durable at once only when SQLite asks for that. This is stricter than most file
 * systems, and allowed by POSIX. A torn write changes no byte beside those written (SQLITE_IOCAP_POWERSAFE_OVERWRITE),
 * which is what SQLite assumes of Linux and Windows.
 *
 * Ownership: one set of disks per process; hosts live until memvfs_reset().   Threads: one.
 * Limits:    MEMVFS_HOSTS_MAX; file names up to MEMVFS_NAME_BYTES_MAX.
 */
#ifndef DONGBO_TESTS_SIM_MEMVFS_H
#define DONGBO_TESTS_SIM_MEMVFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMVFS_NAME "simvfs"

enum {
    MEMVFS_HOSTS_MAX = 96,
    MEMVFS_FILES_MAX = 16, /* of one host */
    MEMVFS_NAME_BYTES_MAX = 63,
    MEMVFS_SECTOR_BYTES = 512,
    MEMVFS_SEEK_BYTES_MAX = 64,
};

#define MEMVFS_NEVER UINT64_MAX

struct memvfs_host;

/* Make it SQLite's default VFS, so that SQLite's own randomness comes from here too. Call before sqlite is used. */
void memvfs_register(void);

/* Forget all disks but those of hosts named "base...", start all counters and SQLite's randomness
 * anew from `seed`. No file may be open. */
void memvfs_reset(uint64_t seed);

/* What SQLite is told of the time, UTC milliseconds. */
void memvfs_set_time(int64_t wall_ms);

/* The disk of that name, made when it is new. */
struct memvfs_host *memvfs_host(const char *name);

/* Operations since memvfs_reset(). */
uint64_t memvfs_ops(const struct memvfs_host *h);

/* The host dies in operation number `op` (counted as memvfs_ops does); MEMVFS_NEVER: it does not. */
void memvfs_crash_at(struct memvfs_host *h, uint64_t op);

/* Asked before every operation of a host that lives; true: it dies in it. NULL: nobody asks. */
typedef bool memvfs_watch_fn(void *ctx, const struct memvfs_host *h, uint64_t op);
void memvfs_watch(memvfs_watch_fn *fn, void *ctx);

/* Dead: every operation fails from now on until memvfs_boot(). */
void memvfs_kill(struct memvfs_host *h);
bool memvfs_dead(const struct memvfs_host *h);

/* After a death, when all its files are closed: the machine starts again. */
void memvfs_boot(struct memvfs_host *h);

/* The power failed as well: pending writes are lost or not, by `seed`. Only while all files are closed. */
void memvfs_power_loss(struct memvfs_host *h, uint64_t seed);

enum memvfs_fault { MEMVFS_IO, MEMVFS_IO_FORGET, MEMVFS_SYNC_FORGET, MEMVFS_FULL };

/*
 * Let `count` operations fail, beginning with number `from` (MEMVFS_NEVER for count: for ever). MEMVFS_FULL fails only
 * operations that need space. After MEMVFS_IO
 * nothing that was pending is forgotten; with MEMVFS_IO_FORGET a sync that fails may forget it, as Linux does:
 * it is seen until the power fails, and no later sync writes it. With MEMVFS_SYNC_FORGET only syncs fail, so.
 */
void memvfs_fail(struct memvfs_host *h, enum memvfs_fault kind, uint64_t from, uint64_t count);
void memvfs_heal(struct memvfs_host *h);
/* While it lies, syncs (of folders too) are said to be done and do nothing: all that is written stays pending. */
void memvfs_lie(struct memvfs_host *h, bool lies);
/* Has a fault begun that was not healed? */
bool memvfs_faulty(const struct memvfs_host *h);
/* Operations of the host that failed that way since the last memvfs_heal(); a full disk is none. */
uint64_t memvfs_io_failures(const struct memvfs_host *h);

/* Writes that put bytes on the disk. */
uint64_t memvfs_writes(const struct memvfs_host *h);

/* Reads since memvfs_reset(); let `count` of them fail, beginning with number `from` (MEMVFS_NEVER for count: for
 * ever), until memvfs_heal(). A read that fails counts among memvfs_io_failures(). */
uint64_t memvfs_reads(const struct memvfs_host *h);
void memvfs_fail_reads(struct memvfs_host *h, uint64_t from, uint64_t count);

/* Is an allocation under way that the disks need for themselves? A test that lets allocations fail spares it. */
bool memvfs_allocates(void);

/* Copy a whole disk as it is seen now, or (durable) as it would be if all pending writes were lost. No file of `to` may
 * be open. */
void memvfs_copy(struct memvfs_host *from, struct memvfs_host *to, bool durable);

/*
 * One number out of a database that is a copy of a disk, as any SQLite would read it after a crash, with no more work
 * than that; -1 when it cannot be read or there is none. For checks: a disk that nobody uses.
 */
int64_t memvfs_peek(const char *path, const char *sql);

/* Does one of these `count` texts of `len` bytes each stand in any file of the disk, as it is seen
 * now? *file: in which. */
bool memvfs_seek(const struct memvfs_host *h, const char *texts, size_t len, size_t count,
                 const char **file);

/* Bytes of a file from `at` on as they are seen now; how many there are, at most `len`. */
size_t memvfs_get(const struct memvfs_host *h, const char *file, size_t at, void *out, size_t len);

/* Flip one bit of a file (bytes are counted from its beginning); false when it is not that long. */
bool memvfs_flip(struct memvfs_host *h, const char *file, uint64_t byte, unsigned bit);

/* Sum over all bytes of all files as they are seen now, to compare two runs. */
uint64_t memvfs_sum(const struct memvfs_host *h);

#endif
