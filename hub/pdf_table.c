/* Tables over pages. */
#include "hub/pdf_priv.h"

static const double pdf_pad_x = 3.5, pdf_pad_y = 2.0;

static PangoAlignment table_alignment(enum hub_nd30_align align)
{
    return align == HUB_ND30_CENTER ? PANGO_ALIGN_CENTER
           : align == HUB_ND30_END  ? PANGO_ALIGN_RIGHT
                                    : PANGO_ALIGN_LEFT;
}

/* Left edge: tables narrower than the page stand in its middle. */
static double table_left(const struct hub_nd30_table *t)
{
    unsigned width = 0;
    for (size_t i = 0; i < t->column_count; i++)
        width += t->columns[i].width;
    unsigned spare = width < HUB_ND30_BODY ? HUB_ND30_BODY - width : 0;
    return pdf_points(HUB_ND30_LEFT) + pdf_points(spare) / 2;
}

/* The layout set to a cell; its height with padding. row: SIZE_MAX for the heading. */
static double table_cell(struct pdf *p, const struct hub_nd30_table *t, size_t row, size_t column)
{
    const struct hub_nd30_column *c = &t->columns[column];
    enum hub_nd30_role role = HUB_ND30_CELL_HEAD;
    const char *text = c->head;
    if (row != SIZE_MAX && hub_nd30_cell(p->d, t, row, column, &p->cell, &role) == ERR_OK)
        text = buf_cstr(&p->cell);
    double height = pdf_set(p, role, text, pdf_points(c->width) - 2 * pdf_pad_x);
    pango_layout_set_alignment(p->layout,
                               row == SIZE_MAX ? PANGO_ALIGN_CENTER : table_alignment(c->align));
    return height + 2 * pdf_pad_y;
}

static double table_height(struct pdf *p, const struct hub_nd30_table *t, size_t row)
{
    double height = 0;
    for (size_t i = 0; i < t->column_count; i++) {
        double h = table_cell(p, t, row, i);
        if (h > height) height = h;
    }
    return height;
}

static void table_draw(struct pdf *p, const struct hub_nd30_table *t, size_t row, double height)
{
    double x = table_left(t);
    for (size_t i = 0; i < t->column_count; i++) {
        double width = pdf_points(t->columns[i].width);
        double own = table_cell(p, t, row, i);
        double down = row == SIZE_MAX ? (height - own) / 2 : 0;
        pdf_show(p, x + pdf_pad_x, p->y + pdf_pad_y + down);
        cairo_rectangle(p->c, x, p->y, width, height);
        cairo_stroke(p->c);
        x += width;
    }
    p->y += height;
}

void pdf_table(struct pdf *p, const struct hub_nd30_table *t)
{
    double body = pdf_points(HUB_ND30_BODY);
    double title = pdf_set(p, HUB_ND30_HEADING, t->title, body);
    double head = table_height(p, t, SIZE_MAX);
    double first = t->row_count > 0 ? table_height(p, t, 0) : 0;
    p->y += 2 * HUB_ND30_GAP_POINTS;
    if (p->y + title + head + first + HUB_ND30_GAP_POINTS > pdf_bottom()) pdf_page(p);
    pdf_set(p, HUB_ND30_HEADING, t->title, body);
    pdf_show(p, pdf_points(HUB_ND30_LEFT), p->y);
    p->y += title + HUB_ND30_GAP_POINTS;
    cairo_set_line_width(p->c, 0.5);
    table_draw(p, t, SIZE_MAX, head);
    for (size_t i = 0; i < t->row_count; i++) {
        double height = table_height(p, t, i);
        if (p->y + height > pdf_bottom()) {
            pdf_page(p);
            table_draw(p, t, SIZE_MAX, head);
        }
        table_draw(p, t, i, height);
    }
}
