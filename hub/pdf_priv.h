/* What the files of hub/pdf share. Lengths are points unless they say otherwise. */
#ifndef DONGBO_HUB_PDF_PRIV_H
#define DONGBO_HUB_PDF_PRIV_H

#include "hub/pdf.h"

#include <pango/pangocairo.h>

struct pdf {
    const struct hub_nd30 *d;
    cairo_t *c;
    PangoLayout *layout; /* one, set again for each text */
    double y;            /* where the next thing goes */
    unsigned page;       /* from 1 */
    struct buf cell;
};

/* Tenths of a millimetre to points. */
double pdf_points(unsigned tenths);

/* Lower edge of what may be written on. */
double pdf_bottom(void);

void pdf_page(struct pdf *p);

/* Set the layout to a text; its height. width 0: as wide as it needs. */
double pdf_set(struct pdf *p, enum hub_nd30_role role, const char *text, double width);

/* Draw what the layout holds at a place. */
void pdf_show(struct pdf *p, double x, double y);

void pdf_table(struct pdf *p, const struct hub_nd30_table *t);

#endif
