/*
 * Sealed fields of one record (SPEC 22): which keys of it we have, its texts opened in a fold, the
 * writes of a save sealed, and the same record sealed again for other readers. Both sides and the
 * officers' verbs use it.
 *
 * A key is *good* for writing when we, or a PC that our people accepted, wrapped it, and nobody who is
 * not a named reader now was ever given it: a hub that slips in a key of its own, or a reader that was
 * struck off, never learns what is written after that. Without a good key a save makes a new one.
 *
 * Ownership: a ring holds secret keys: sealed_ring_wipe() after use. Opened values live in `memory`.
 * Threads:   any, pure but for random keys.   Limits: SEALED_*.
 */
#ifndef DONGBO_PROTO_SEALED_RECORD_H
#define DONGBO_PROTO_SEALED_RECORD_H

#include "proto/record.h"
#include "proto/sealed.h"

enum {
    SEALED_KEYS_MAX = 16,    /* keys of one record that are looked at */
    SEALED_READERS_MAX = 64, /* named readers of one record */
    SEALED_OLD_MAX = 4,      /* own keys of before a change that still read */
};

struct sealed_reader { /* one who is named now */
    uint8_t pk[32];
    bool wanted; /* gets the keys of this record */
    bool
        writes; /* what it wrapped may be written under: we ourselves, and PCs our people accepted */
};

/* An own key of before a change (SPEC 22.10): it reads; nothing is wrapped by it or for it. */
struct sealed_old {
    const uint8_t *secret; /* 32 bytes */
    uint8_t pk[32];
};

struct sealed_self {
    const uint8_t *secret; /* 32 bytes */
    const uint8_t *pk;
    const struct sealed_reader *readers; /* all who are named now, we among them */
    size_t count;
    const struct sealed_old *old; /* at most SEALED_OLD_MAX */
    size_t old_count;
};

struct sealed_key {
    uint8_t key[SEALED_KEY_BYTES];
    uint8_t kid[SEALED_KID_BYTES];
    uint8_t from[32];
};
struct sealed_ring { /* the keys of a record that we can open */
    struct sealed_key v[SEALED_KEYS_MAX];
    size_t count;
};

/* Every key of the record that is wrapped for us; what is damaged is left out. */
void sealed_ring_read(struct sealed_ring *ring, const struct fold *f, const struct id_record *rid,
                      const uint8_t *secret, const uint8_t *pk);
/* And what only a key of before opens. */
void sealed_ring_read_old(struct sealed_ring *ring, const struct fold *f,
                          const struct id_record *rid, const struct sealed_old *old, size_t count);
void sealed_ring_wipe(struct sealed_ring *ring);

/*
 * One value (msgpack) of a sealed field, appended as msgpack: the text, the value as it is when it is
 * not sealed, or the mark of sealed_mark() when it cannot be opened (*read false).
 */
MUST_CHECK enum err sealed_value(const struct sealed_ring *ring, const struct sealed_place *at,
                                 struct bytes value, struct buf *out, bool *read);

/*
 * Put the texts into the fold in place of the sealed values; `memory` is cleared and lives as long as
 * the fold is used. Bit (no - 1) of *unread: a head of that field cannot be opened. The fold is for
 * showing from then on: never save it.
 */
MUST_CHECK enum err sealed_fold_open(const struct sealed_ring *ring, struct fold *f,
                                     const struct catalogue_type *t, const struct id_record *rid,
                                     struct buf *memory, uint64_t *unread);

/* Has the type a sealed field at all? Is one of these writes on one? */
bool sealed_type(const struct catalogue_type *t);
/* Was one ever written in this record? An attachment of a record that is not sealed has none. */
bool sealed_used(const struct catalogue_type *t, const struct fold *f);
bool sealed_touched(const struct catalogue_type *t, const struct record_writes *w);

/*
 * Seal the texts among the writes of an op, and add the writes that give its key to all who want it.
 *   in    f        the record, for its wrapped keys;  unread: of sealed_fold_open()
 *   inout w        writes of record_writes_make(); then sorted again
 *   out   memory   cleared; holds what the writes point to
 *         bad      the field that could not be
 * ERR_OK         also when there was nothing to seal
 * ERR_DENIED     a field whose text we cannot read would be overwritten
 * ERR_TOO_LARGE  a text over SEALED_PLAIN_BYTES_MAX (`bad` is set), or too many writes (NULL)
 * ERR_NOMEM
 */
MUST_CHECK enum err sealed_writes(const struct sealed_self *self, const struct fold *f,
                                  const struct catalogue_type *t, const struct id_record *rid,
                                  uint64_t unread, struct record_writes *w, struct buf *memory,
                                  const struct catalogue_field **bad);

/*
 * The writes that let every wanted reader read all that we can read: keys wrapped, and texts that
 * stand open or under a key that is not good written again under one that is. Heads that
 * all say one text become one; fields in conflict stay as they are. Every key that only a key of before
 * opens is wrapped for ourselves, so texts in conflict and of before are read without it.
 *   in   f   the record as it is stored (not opened)
 *   out  w   record_writes_init()ed; w->count 0: nothing to do;  *unread: fields that stay closed to us
 */
MUST_CHECK enum err sealed_again(const struct sealed_self *self, const struct fold *f,
                                 const struct catalogue_type *t, const struct id_record *rid,
                                 struct record_writes *w, struct buf *memory, unsigned *unread);

/* Does some key of the record open with a key of before alone? `standing`: of those that texts which
 * stand now are under; it is what matters of a record that only others can seal again. */
bool sealed_needs_old(const struct sealed_self *self, const struct fold *f,
                      const struct id_record *rid, bool standing);

/* Is some key of the record wrapped for this reader? */
bool sealed_given(const struct fold *f, const uint8_t pk[static 32]);

#endif
