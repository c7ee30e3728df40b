/* How a pair of records is named: first bytes of H(kind ‖ smaller id ‖ greater id). Included by
 * hub/command*.c only. */
#ifndef DONGBO_HUB_COMMAND_PAIR_H
#define DONGBO_HUB_COMMAND_PAIR_H

#include "hub/store_records.h"

#define HUB_PAIR_ID_BYTES 8u /* 16 hex digits: told from a record's id by their number */

void hub_pair_id(const struct hub_pair *p, char out[static 2 * HUB_PAIR_ID_BYTES + 1]);

#endif
