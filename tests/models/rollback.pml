/*
 * A hub that goes back to an older copy of itself, and goes on. SPEC 7.4, 7.5, 7.14.
 *
 * Two nodes write; the hub puts their sets into one order; nodes follow that order by a cursor. An admin copies the hub's
 * database at some moment and puts the copy back at another, also in the middle of a session, also twice. Afterwards
 * the positions that were lost are given to other sets.
 *
 *   once     no set stands twice in the hub's order
 *   healed   in the end the hub has all sets again, and both nodes show all of them (promises 1, 3 and 8)
 *
 * Broken on purpose: CURSOR_BY_POSITION (the hash of the history is not compared), RECEIPTS_ARE_FOR_EVER
 * (a node sends from its receipts, not from the hub's heads).
 */
#define SETS 2               /* of each node */
#define ALL 4                /* 2 * SETS */
#define RESTORES 2
#define FULL 15              /* a bit for each set */

byte log[ALL], top;          /* the hub's order: set ids from 1 */
byte copy[ALL], copy_top;
bool has_copy;
byte restores;
byte life;                   /* grows when the hub starts anew: older sessions are dead */
byte saved[2], receipted[2];
byte cursor[2], shown[2];    /* position, and the bits of what the node shows */
int seen[2];                 /* hash of the history up to the cursor */

/* The hash of the first n of the order: a number that no other order of so few sets has. */
inline history(n, out)
{
    out = 0;
    for (i : 0 .. n - 1) { out = out * (ALL + 1) + log[i] }
}

/* How many sets of the node the hub has. */
inline head(n, out)
{
    out = 0;
    for (i : 0 .. top - 1) {
        if
        :: log[i] > n * SETS && log[i] <= n * SETS + SETS -> out++
        :: else
        fi
    }
}

proctype node(byte me)
{
    byte mine, has, i;
    int hash;
    do
    :: atomic { saved[me] < SETS -> saved[me]++ }
    :: atomic { saved[me] > receipted[me] || shown[me] != FULL || true ->
            /* the hellos */
            mine = life;
            i = 0; head(me, has); i = 0;
            if
            :: cursor[me] > top -> cursor[me] = 0; seen[me] = 0; shown[me] = 0
            :: else ->
#ifndef CURSOR_BY_POSITION
                history(cursor[me], hash); i = 0;
                if
                :: hash != seen[me] -> cursor[me] = 0; seen[me] = 0; shown[me] = 0
                :: else
                fi;
                hash = 0
#endif
            fi;
#ifdef RECEIPTS_ARE_FOR_EVER
            has = (receipted[me] > has -> receipted[me] : has)
#else
            receipted[me] = (has < receipted[me] -> has : receipted[me]) /* waiting again */
#endif
       }
       do
       :: atomic { mine == life && has < saved[me] ->
               log[top] = me * SETS + has + 1; top++; has++; receipted[me] = has }
       :: atomic { mine == life && has >= saved[me] ->
               /* one page, applied whole */
               for (i : cursor[me] .. top - 1) { shown[me] = shown[me] | (1 << (log[i] - 1)) }
               i = 0;
               cursor[me] = top;
               history(top, hash); seen[me] = hash; i = 0; hash = 0; has = 0; mine = 0;
               break }
       :: atomic { mine != life -> has = 0; mine = 0; break }
       od
    :: atomic { shown[0] == FULL && shown[1] == FULL && restores == RESTORES && top == ALL -> break }
    od
}

active proctype admin()
{
    byte i;
end:
    do
    :: atomic { !has_copy || copy_top < top ->
            for (i : 0 .. ALL - 1) { copy[i] = log[i] }
            i = 0; copy_top = top; has_copy = true }
    :: atomic { has_copy && restores < RESTORES ->
            for (i : 0 .. ALL - 1) { log[i] = (i < copy_top -> copy[i] : 0) }
            i = 0; top = copy_top; restores++; life++ }
    od
}

active proctype monitor()
{
    byte i, k;
end:
    do
    :: atomic { top > 1 ->
            for (i : 0 .. top - 2) {
                for (k : i + 1 .. top - 1) { assert(log[i] != log[k]) }
            }
            i = 0; k = 0 }
    od
}

init { atomic { run node(0); run node(1) } }

ltl healed { (<> [] (saved[0] == SETS && saved[1] == SETS)) -> <> (top == ALL && shown[0] == FULL && shown[1] == FULL) }
