/*
 * For tests: a hub with twelve communes and the app that its commands see, as one officer's desk.
 *
 * Ownership: office_close() releases everything and removes the folder.   Threads: one.
 */
#ifndef DONGBO_TESTS_OFFICE_H
#define DONGBO_TESTS_OFFICE_H

#include "hub/command.h"
#include "proto/erase.h"
#include "proto/order.h"
#include "tests/lib/report_fixture.h"

struct office {
    struct report_hub hub;
    struct hub_app app;
    struct key_sign an, binh; /* of two officers; zeros unless the test makes them */
};

/* The office of this seed; never NULL. */
struct office *office_open(uint64_t seed);
void office_close(struct office *o);

/* The answer to a request written as JSON with ' for "; the caller's. */
json_t *office_ask(struct hub_app *a, const char *text);

/* The same, of a request as JSON, which is taken; the answer must say `want`. */
json_t *office_send(struct hub_app *a, json_t *request, enum err want);

/* A set of the hub's own log of this op. */
void office_own(struct office *o, struct bytes payload);

/* Make `k` the key of this seed, and enter its officer into the log, without a vouch of the root key. */
void office_officer(struct office *o, struct key_sign *k, uint8_t seed, const char *name,
                    unsigned roles);
struct order_signature office_signed(const struct key_sign *k, struct bytes order);

/* An order to erase this that both officers signed, carried out; its id in hex, unless NULL. */
void office_erase(struct office *o, const struct erase_list *l, char *hex);

#endif
