/*
 * A commune's PC is copied, and both copies go on writing under one key. SPEC 7.13.
 *
 * Both hold the same log of one incarnation and each adds sets of its own. A session compares the hub's head (count and
 * hash, that is: what stands there) with the copy's log; where they differ the copy takes the hub's sets for its log, and
 * makes its own again in a new incarnation.
 *
 *   once    no value stands twice in the hub's logs
 *   kept    a value that was saved is at the hub, or in the log of the copy that saved it
 *   done    in the end all values are at the hub
 *
 * Broken on purpose: HEADS_BY_COUNT (the hash is not compared), BRANCH_DROPPED (the hub's sets replace the
 * copy's, which are not made again).
 */
#define SAVES 2            /* of each copy */
#define COPIES 2
#define INCS 6
#define ROOM 5             /* sets of an incarnation at most */
#define FULL 15            /* a bit for each value 1..4 */
#define AT(inc, seq) ((inc) * ROOM + (seq))

byte hub[30], count[INCS];     /* per incarnation: its values, how many; INCS * ROOM = 30 */
bool closed[INCS];
byte own[10], have[COPIES];    /* the newest incarnation of each copy; COPIES * ROOM = 10 */
byte inc[COPIES];
byte fresh = 1;                /* incarnations that were drawn: random numbers do not meet */
byte saved[COPIES];
byte at_hub, at_home[COPIES];  /* bits */

inline tell(v, bits) { bits = bits | (1 << (v - 1)) }

proctype pc(byte me)
{
    byte i, n, same, old;
    do
    :: atomic { saved[me] < SAVES && have[me] < ROOM ->
            own[AT(me, have[me])] = me * SAVES + saved[me] + 1;
            tell(own[AT(me, have[me])], at_home[me]);
            have[me]++; saved[me]++ }
    :: atomic { at_hub != FULL ->
            /* the hellos: is the hub's log a beginning of mine? */
            n = count[inc[me]];
#ifdef HEADS_BY_COUNT
            same = (n <= have[me] -> n : have[me]);
            old = 0;
#else
            same = 0;
            do
            :: same < n && same < have[me] && hub[AT(inc[me], same)] == own[AT(me, same)] -> same++
            :: else -> break
            od;
            old = (same < n || (closed[inc[me]] && have[me] > n));
#endif
            if
            :: !old ->
                /* send what is missing; each frame commits whole */
                i = n;
                do
                :: i < have[me] -> hub[AT(inc[me], i)] = own[AT(me, i)]; tell(own[AT(me, i)], at_hub); i++
                :: i > n -> break /* a cut */
                :: i >= have[me] -> break
                od;
                count[inc[me]] = (i > n -> i : n);
                if
                :: closed[inc[me]] && have[me] == n ->
                    closed[inc[me]] = true; inc[me] = fresh; fresh++; have[me] = 0;
                    for (i : 0 .. ROOM - 1) { own[AT(me, i)] = 0 }
                :: else
                fi
            :: else ->
                /* the repair: my branch is made again */
                closed[inc[me]] = true;
                inc[me] = fresh; fresh++;
                n = 0;
#ifndef BRANCH_DROPPED
                for (i : same .. ROOM - 1) {
                    if
                    :: i < have[me] && (at_hub & (1 << (own[AT(me, i)] - 1))) == 0 ->
                        own[AT(me, n)] = own[AT(me, i)]; n++
                    :: else
                    fi
                }
#endif
                have[me] = n;
                for (i : n .. ROOM - 1) { own[AT(me, i)] = 0 }
#ifdef BRANCH_DROPPED
                at_home[me] = at_home[me] & at_hub
#endif
            fi;
            i = 0; n = 0; same = 0; old = 0 }
    :: atomic { at_hub == FULL -> break }
    od
}

active proctype monitor()
{
    byte i, k, bits;
end:
    do
    :: atomic { true ->
            bits = 0;
            for (i : 0 .. INCS - 1) {
                for (k : 0 .. ROOM - 1) {
                    if
                    :: k < count[i] && hub[AT(i, k)] != 0 ->
                        assert((bits & (1 << (hub[AT(i, k)] - 1))) == 0);
                        tell(hub[AT(i, k)], bits)
                    :: else
                    fi
                }
            }
            assert(bits == at_hub);
            for (i : 0 .. COPIES - 1) {
                for (k : 0 .. SAVES - 1) {
                    if
                    :: k < saved[i] -> assert(((at_hub | at_home[i]) & (1 << (i * SAVES + k))) != 0)
                    :: else
                    fi
                }
            }
            i = 0; k = 0; bits = 0 }
    od
}

init { atomic { run pc(0); run pc(1) } }

ltl done { (<> [] (saved[0] == SAVES && saved[1] == SAVES)) -> <> (at_hub == FULL) }
