/*
 * A period is closed while change sets arrive, by a hub that may lose its power in between. SPEC 4.13 (close).
 *
 * The closing reads the log's end (the cut), computes its figures row by row, and commits a set of its own that states the
 * cut. What arrives in the meantime stands behind the cut and before the closing's own position.
 *
 * Broader than the program: hub/close.c commits only when nothing arrived since the cut (ERR_STALE, and the closing begins
 * anew with a new one), so nothing stands between the two. What is shown here of any such log holds for its logs as well.
 *
 *   once    each change set counts in exactly one of: the issue, its supplement     (promise 6)
 *   same    the figures issued are those of the stated cut, also after a restart
 *
 * Broken on purpose: READS_WITHOUT_CUT (rows are read as they stand), LATE_BEHIND_CLOSING (only what stands behind the
 * closing's own position is called late), FIGURES_OUTLIVE_CUT (a restarted closing takes a new cut and the old figures).
 */
#define SETS 4
#define CRASHES 1

byte arrived;             /* sets of the period in the log: their order is their position */
byte closing_at = 255;    /* how many had arrived when the closing was committed */
byte cut; bool has_cut;
byte read;                /* rows read so far; figures is their count */
byte figures; bool computed;
byte issued, issued_cut; bool closed;
byte crashes;

active proctype communes()
{
    do
    :: arrived < SETS -> arrived++
    :: arrived == SETS -> break
    od
}

active proctype hub()
{
    do
    :: atomic { !closed && !has_cut -> cut = arrived; has_cut = true }
    :: atomic { has_cut && !computed && !closed ->
            if
#ifdef READS_WITHOUT_CUT
            :: read < arrived -> read++
            :: read >= arrived -> figures = read; computed = true
#else
            :: read < cut -> read++
            :: read >= cut -> figures = read; computed = true
#endif
            fi }
    :: atomic { computed && !closed -> issued = figures; issued_cut = cut; closed = true; closing_at = arrived }
    :: atomic { crashes < CRASHES && !closed ->
            crashes++;
            has_cut = false; cut = 0;
#ifndef FIGURES_OUTLIVE_CUT
            read = 0; figures = 0; computed = false
#endif
       }
    :: closed -> break
    od
}

/* Once all is quiet: issue and supplement together count each set once. */
active proctype supplement()
{
    byte late;
    closed && arrived == SETS;
#ifdef LATE_BEHIND_CLOSING
    late = arrived - closing_at;
#else
    late = arrived - issued_cut;
#endif
    assert(issued == issued_cut);
    assert(issued + late == SETS)
}
