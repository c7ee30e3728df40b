/*
 * A node is revoked while it sends, and the hub is put back to before that. SPEC 4.13, 7.5; what stands outside the database.
 *
 * Two nodes send in sessions of several frames; an admin revokes the first at some moment: the revocation is a set of the
 * hub's own log and takes a position. The admin may put a copy of the hub's database back, once. The list of revocations
 * stands outside the database and is applied before the hub serves.
 *
 *   nothing after   no set of the revoked node has a position behind its revocation  (promise 7)
 *   for ever        after the admin revoked it, no new set of it enters, restored or not
 *   others go on    the second node's sets all arrive
 *
 * Broken on purpose: CHECKED_AT_HELLO (frames of a session that began before are taken), ONLY_IN_DATABASE (a copy put back
 * forgets the revocation).
 */
#define FRAMES 3
#define ROOM 16
#define REVOCATION 9

byte order[ROOM], top;     /* 1, 2: a set of that node; REVOCATION */
bool revoked;              /* in the database */
bool listed;               /* outside it, written before the revocation commits */
bool decided;              /* the admin was told that it is done */
byte copy_top; bool copied, copy_revoked, restored;
byte life;
byte sent[2];
byte after;                /* sets of node 1 that entered since it was decided */

proctype node(byte me)
{
    byte mine; bool go;
    do
    :: atomic { sent[me] < FRAMES -> mine = life; go = (me == 1 || !revoked) }
       if
       :: go ->
          do
          :: atomic { mine == life && sent[me] < FRAMES ->
#ifndef CHECKED_AT_HELLO
                 if
                 :: me == 0 && revoked -> break
                 :: else
                 fi;
#endif
                 order[top] = me + 1; top++; sent[me]++;
                 if
                 :: me == 0 && decided -> after++
                 :: else
                 fi }
          :: sent[me] == FRAMES -> break
          :: mine != life -> break
          od
       :: else -> if :: revoked && me == 0 -> goto stranger :: else fi
       fi
    :: sent[me] == FRAMES -> break
    od;
stranger:
    skip
}

active proctype admin()
{
    byte i, n;
    do
    :: atomic { !copied -> copied = true; copy_top = top; copy_revoked = revoked }
    :: !listed -> listed = true;
       atomic { order[top] = REVOCATION; top++; revoked = true }
       decided = true
    :: atomic { copied && !restored ->
           restored = true; life++;
           /* what was lost comes again from the nodes' logs */
           n = 0;
           for (i : 0 .. ROOM - 1) {
               if
               :: i >= copy_top && i < top && order[i] == 2 -> n++
               :: else
               fi
           }
           sent[1] = sent[1] - n;
           n = 0;
           for (i : 0 .. ROOM - 1) {
               if
               :: i >= copy_top && i < top && order[i] == 1 -> n++
               :: else
               fi
           }
           sent[0] = sent[0] - n;
           for (i : 0 .. ROOM - 1) { order[i] = (i < copy_top -> order[i] : 0) }
           top = copy_top; revoked = copy_revoked;
#ifndef ONLY_IN_DATABASE
           if
           :: listed && !revoked -> order[top] = REVOCATION; top++; revoked = true
           :: else
           fi;
#endif
           i = 0; n = 0 }
    :: copied && decided -> break
    od
}

active proctype monitor()
{
    byte i; bool seen;
end:
    do
    :: atomic { after > 0 -> assert(false) }
    :: atomic { top > 1 ->
           seen = false;
           for (i : 0 .. top - 1) {
               assert(!(seen && order[i] == 1));
               seen = seen || order[i] == REVOCATION
           }
           i = 0; seen = false }
    od
}

init { atomic { run node(0); run node(1) } }

ltl others { (<> [] decided) -> <> (sent[1] == FRAMES) }
