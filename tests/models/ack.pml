/*
 * When may a node call a change set delivered, and when may it drop its own copy from what it shows? SPEC 7.8, 7.9.
 *
 * One node, one hub. The node's saves are durable at once; the hub's writes stand in its cache until an fsync, and a power
 * cut keeps any part of the cache. The road delivers in order and may be cut at any moment, with all that is under way.
 *
 *   delivered   a receipt says no more than what is behind the hub's last fsync        (promises 1 and 9)
 *   no gap      every set of the node is in its pending tail or in the state it shows  (nothing vanishes and comes back)
 *   done        when cuts end, all sets are receipted and shown from the hub's state   (promise 8)
 *
 * Broken on purpose: RECEIPT_BEFORE_COMMIT, RECEIPT_BEFORE_SYNC, PRUNE_AT_RECEIPT, NODE_TRUSTS_ITSELF.
 */
#define SETS 3
#define CUTS 2

mtype = { UP, UPEND, HEAD, RECEIPT, END };

byte saved;     /* node: sets in its log */
byte receipted; /* node: below it, all have a receipt */
byte shown;     /* node: below it, the hub's state is what is shown */
byte pruned;    /* node: below it, no set is in the pending tail */
byte written;   /* hub: sets in its cache or on its disk */
byte durable;   /* hub: sets on its disk for certain */
bool owed;      /* hub: a receipt is to be sent */
bool last;      /* hub: the node has nothing more to send, an END is to be sent */
byte cuts;
bool linked;    /* both sides know the link */
byte next;      /* node: next set to send */
bool knows;     /* node: has the hub's head */
bool ended;     /* node: has said UPEND */

chan up = [2] of { mtype, byte };
chan down = [3] of { mtype, byte };

inline drop_link()
{
    do
    :: up?_, _
    :: down?_, _
    :: empty(up) && empty(down) -> break
    od;
    linked = false; knows = false; ended = false; owed = false; last = false
}

active proctype node()
{
    byte n;
    do
    :: saved < SETS -> saved++
    :: atomic { !linked -> linked = true; down!HEAD, durable; down!RECEIPT, durable }
    :: atomic { linked && knows && !ended && next < saved && nfull(up) -> up!UP, next; next++ }
    :: atomic { linked && knows && !ended && next == saved && nfull(up) -> up!UPEND, 0; ended = true }
    :: atomic { down?HEAD, n ->
#ifdef NODE_TRUSTS_ITSELF
            next = (next > n -> next : n);
#else
            next = n;
#endif
            knows = true }
    :: atomic { down?RECEIPT, n ->
            receipted = (n > receipted -> n : receipted);
#ifdef PRUNE_AT_RECEIPT
            pruned = receipted
#endif
       }
    :: atomic { down?END, n -> shown = n; pruned = n; linked = false; knows = false; ended = false }
    :: saved == SETS && receipted == SETS && shown == SETS -> break
    od
}

active proctype hub()
{
    byte n;
end:
    do
    :: atomic { up?UP, n ->
            if
            :: n == written ->
#ifdef RECEIPT_BEFORE_COMMIT
                down!RECEIPT, n + 1;
#endif
                written++; owed = true
            :: n < written -> owed = true /* sent again: nothing changes */
            :: else -> drop_link()        /* a gap */
            fi }
    :: atomic { up?UPEND, n -> last = true }
#ifdef RECEIPT_BEFORE_SYNC
    :: atomic { owed && nfull(down) -> down!RECEIPT, written; owed = false }
    :: durable < written -> durable = written
#else
    :: atomic { owed && durable < written -> durable = written }
    :: atomic { owed && durable == written && nfull(down) -> down!RECEIPT, durable; owed = false }
#endif
    :: atomic { last && !owed && empty(up) && durable == written && nfull(down) ->
            down!END, written; last = false }
    od
}

/* The road is cut, or the hub loses its power and an unknown part of its cache. */
active proctype fault()
{
    byte kept;
end:
    do
    :: atomic { cuts < CUTS && linked -> cuts++; drop_link() }
    :: atomic { cuts < CUTS -> cuts++;
            kept = durable;
            do
            :: kept < written -> kept++
            :: break
            od;
            written = kept; durable = kept; /* on opening, what is read back is made durable before it is used */
            kept = 0;
            drop_link() }
    od
}

active proctype monitor()
{
end:
    do
    :: atomic { receipted > durable -> assert(false) }
    :: atomic { pruned > shown -> assert(false) }
    od
}

ltl done { (<> (saved == SETS)) -> <> (receipted == SETS && shown == SETS) }
