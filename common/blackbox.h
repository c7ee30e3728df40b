/*
 * What the program was at when it died: so that one peer whose bytes make it fail at every start is left waiting
 * after some starts, and all others go on. reliability P5, SPEC 15.8.
 *
 * The struct lies in memory that outlives the process (a mapped file, common/io/mapped.h). Before something of a
 * peer is worked on its name is put there, and taken away behind it. blackbox_boot() finds a name that nobody took
 * away, and counts. A peer that was named BLACKBOX_STOP_AT times is *stopped*, until a person or another version of the
 * program lets it try again, or a whole session with it has ended well.
 *
 * Only a program that died counts, not a machine that lost its power in the middle: each start names the start of the
 * system, and who was being worked on before another one is no reason.
 *
 * Ownership: the caller's memory; its bytes are read as hostile.   Threads: one.   Limits: BLACKBOX_*.
 */
#ifndef DONGBO_COMMON_BLACKBOX_H
#define DONGBO_COMMON_BLACKBOX_H

#include <stdbool.h>
#include <stdint.h>

enum {
    BLACKBOX_STOP_AT = 3,  /* deaths at one peer */
    BLACKBOX_PEERS = 64,   /* remembered at once; the one with the fewest deaths gives way */
    BLACKBOX_NAME = 32,    /* bytes of a peer's id, never all zero */
    BLACKBOX_VERSION = 32, /* bytes of the program's version, terminator included */
    BLACKBOX_SYSTEM = 40,  /* bytes of the name of a start of the system, terminator included */
};

struct blackbox_peer {
    uint8_t name[BLACKBOX_NAME];
    uint32_t deaths; /* 0: a free place */
};

struct blackbox {
    char magic[8];
    char version[BLACKBOX_VERSION];
    char system[BLACKBOX_SYSTEM];
    uint8_t busy[BLACKBOX_NAME]; /* all zero: with nobody */
    struct blackbox_peer peers[BLACKBOX_PEERS];
};

/* A start of the program `version` in a system whose start has the name `system`: counts what the last one died at.
 * What is no black box, or of another version, begins empty. Longer names are cut. */
void blackbox_boot(struct blackbox *b, const char *version, const char *system);

/* Around all work on what a peer sent or asks for. `b` NULL: nothing is noted, nobody is ever stopped. */
void blackbox_begin(struct blackbox *b, const uint8_t name[static BLACKBOX_NAME]);
void blackbox_end(struct blackbox *b);

bool blackbox_stopped(const struct blackbox *b, const uint8_t name[static BLACKBOX_NAME]);
/* It may try again: all of a session went well, or a person says so. */
void blackbox_forgive(struct blackbox *b, const uint8_t name[static BLACKBOX_NAME]);

#endif
