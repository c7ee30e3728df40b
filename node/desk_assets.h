/*
 * The files of the commune's page, inside the program: made at build time by web/embed.py out of web/.
 *
 * Ownership: constants.   Threads: any.
 */
#ifndef DONGBO_NODE_DESK_ASSETS_H
#define DONGBO_NODE_DESK_ASSETS_H

#include "common/io/web_json.h"

extern const struct web_asset node_desk_assets[];
extern const size_t node_desk_asset_count;

#endif
