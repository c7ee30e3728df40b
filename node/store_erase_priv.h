/* What the files of erasure at the node share. Included by node/store*.c only. */
#ifndef DONGBO_NODE_STORE_ERASE_PRIV_H
#define DONGBO_NODE_STORE_ERASE_PRIV_H

#include "node/store_erase.h"
#include "node/store_priv.h"

struct node_erasing { /* memory for rewriting one set */
    struct change_view view;
    struct buf stubs;
    struct bytes stub[CHANGE_OPS_MAX];
    struct buf body;
};
MUST_CHECK enum err node_erasing_new(struct node_erasing **out);
void node_erasing_free(struct node_erasing *w);

/* store_erase.c: the set without what the list names; w->body is it when *changed. */
MUST_CHECK enum err node_erase_body(struct node_store *s, const struct erase_list *l,
                                    struct bytes head, struct bytes body, struct node_erasing *w,
                                    bool *changed);
/* The state without what the list names, appended to `out`; empty: the record is erased. Uses the
 * store's work fold. */
MUST_CHECK enum err node_erase_state(struct node_store *s, const struct erase_list *l,
                                     const struct id_record *rid, struct bytes state,
                                     struct buf *out, bool *changed);
/* Of an item of MOVES, the largest being a leave with its copy. */
#define NODE_ITEM_BYTES_MAX (FOLD_STATE_BYTES_MAX + 64u)

/* store_erase_move.c: what the list leaves of an event of MOVES (kind: enum move_item) of the record. The name of a
 * transfer that goes is kept, for answers to it; *unheard is set when it was not known: then node_erase_answers() is
 * called once behind all events. Inside a transaction. */
enum node_erased_item {
    NODE_ITEM_SAME,
    NODE_ITEM_LESS, /* `out` is it now */
    NODE_ITEM_GONE, /* nothing */
};
MUST_CHECK enum err node_erase_item(struct node_store *s, const struct erase_list *l, unsigned kind,
                                    struct bytes item, const struct id_record *rid, struct buf *out,
                                    enum node_erased_item *left, bool *unheard);
/* Answers that are here lose their notes, of which nobody knew what they answer. Inside a transaction. */
MUST_CHECK enum err node_erase_answers(struct node_store *s, const struct erase_list *l);
/* store_erase.c, inside a transaction: all sets but those of the own log. */
MUST_CHECK enum err node_erase_sets(struct node_store *s, const struct erase_list *l,
                                    struct node_erasing *w);
/* Inside a transaction: of all events, those that wait too. */
MUST_CHECK enum err node_erase_moves(struct node_store *s, const struct erase_list *l);
/* Inside a transaction: everywhere in the database. */
MUST_CHECK enum err node_erase_apply(struct node_store *s, const struct erase_list *l);

#endif
