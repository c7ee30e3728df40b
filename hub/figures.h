/* The hub's names for proto/figures, which both sides share. */
#ifndef DONGBO_HUB_FIGURES_H
#define DONGBO_HUB_FIGURES_H

#include "proto/figures.h"

#define hub_fact               fact
#define hub_figure             figures_one
#define hub_figures            figures
#define hub_figures_table      figures_table
#define hub_figures_new        figures_new
#define hub_figures_free       figures_free
#define hub_figures_add        figures_add
#define hub_figures_finish     figures_finish
#define hub_figures_tabulate   figures_tabulate
#define hub_figures_table_free figures_table_free
#define hub_figures_find       figures_find
#define hub_figures_is_ratio   figures_is_ratio
#define hub_figures_text       figures_text
#define hub_figures_number     figures_number
#define hub_figures_part       figures_part

enum {
    HUB_FIGURES_ROWS_MAX = FIGURES_ROWS_MAX,
    HUB_FIGURES_TEXT_BYTES_MAX = FIGURES_TEXT_BYTES_MAX,
    HUB_FIGURES_BY_MAX = FIGURES_BY_MAX,
    HUB_FIGURES_POOL_BYTES_MAX = FIGURES_POOL_BYTES_MAX,
};

#define HUB_FIGURES_ALL FIGURES_ALL

#endif
