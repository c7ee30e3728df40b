/*
 * The files of the hub's and the province's page, inside the program: made at build time by
 * web/embed.py out of web/.
 *
 * Ownership: constants.   Threads: any.
 */
#ifndef DONGBO_HUB_DESK_ASSETS_H
#define DONGBO_HUB_DESK_ASSETS_H

#include "common/io/web_json.h"

extern const struct web_asset hub_desk_assets[];
extern const size_t hub_desk_asset_count;

#endif
