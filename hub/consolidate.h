/*
 * One report out of the issues of several hubs, for a province: each folder is what a hub exported
 * (hub/export), verified before anything of it is believed. docs/province.md.
 *
 * Counts and sums are added up, hub by hub; rates are made of the added numerators and denominators.
 * A person whom two hubs know counts in each: lines over persons are marked "chưa loại trùng giữa
 * các đơn vị". A sum with a hidden part is hidden. Whom a source's issue names as missing, the result
 * names too. It is signed by this hub's issue key and names its sources; it is no issue of this hub's log.
 *
 * Ownership: the request is borrowed.   Threads: loop thread, outside a transaction.   Units: UTC ms.
 * Limits:    HUB_CONSOLIDATE_FOLDERS_MAX.
 */
#ifndef DONGBO_HUB_CONSOLIDATE_H
#define DONGBO_HUB_CONSOLIDATE_H

#include "hub/report.h"
#include "proto/key.h"

enum { HUB_CONSOLIDATE_FOLDERS_MAX = 500 }; /* folders of one consolidation */

struct hub_consolidate_request {
    const char *const *folders;
    size_t count;
    const char *keys;   /* a file with the public keys of the hubs, one line each */
    const char *report; /* NULL: the only one in each folder */
    const char *period; /* likewise */
    const char *out;    /* an existing folder */
    const char *scratch;
    const struct key_sign *issue_key;
    int64_t now_ms;
};

struct hub_consolidate_result {
    char report[CATALOGUE_NAME_BYTES_MAX + 1];
    char period[PERIOD_LABEL_ROOM];
    size_t units;
    size_t files;
    struct id_hash figures;
};

/*
 * ERR_BAD_SIGNATURE  a folder is not whole, or of a key that is not among the accepted ones
 * ERR_BAD_INPUT      folders of different reports, periods, days or catalogue editions, two of one
 *                    unit, none or several issues in one: `why` names the folder
 * ERR_EXISTS         the out folder has other files of these names
 * and those of reading, writing and the store. Nothing is written unless all folders are good.
 */
MUST_CHECK enum err hub_consolidate(struct hub_store *s,
                                    const struct hub_consolidate_request *request,
                                    struct hub_consolidate_result *out, struct hub_report_why *why);

#endif
