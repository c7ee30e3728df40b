#include "hub/pdf.h"
#include "hub/pdf_priv.h"
#include "hub/qr.h"

#include <cairo-pdf.h>
#include <stdio.h>

/* ---- places and texts ---- */

double pdf_points(unsigned tenths)
{
    return tenths * 72.0 / 254.0;
}

double pdf_bottom(void)
{
    return pdf_points(HUB_ND30_HEIGHT - HUB_ND30_BOTTOM);
}

double pdf_set(struct pdf *p, enum hub_nd30_role role, const char *text, double width)
{
    const struct hub_nd30_style *s = hub_nd30_style(role);
    PangoFontDescription *f = pango_font_description_new();
    PangoRectangle box;
    pango_font_description_set_family_static(f, "Tinos, Times New Roman, Liberation Serif 2");
    pango_font_description_set_size(f, s->half_points * PANGO_SCALE / 2);
    pango_font_description_set_weight(f, s->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_font_description_set_style(f, s->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
    pango_layout_set_font_description(p->layout, f);
    pango_font_description_free(f);
    pango_layout_set_width(p->layout, width > 0 ? (int)(width * PANGO_SCALE) : -1);
    pango_layout_set_wrap(p->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_indent(p->layout, 0);
    pango_layout_set_justify(p->layout, s->align == HUB_ND30_JUSTIFY);
    pango_layout_set_alignment(p->layout, s->align == HUB_ND30_CENTER ? PANGO_ALIGN_CENTER
                                          : s->align == HUB_ND30_END  ? PANGO_ALIGN_RIGHT
                                                                      : PANGO_ALIGN_LEFT);
    pango_layout_set_text(p->layout, text, -1);
    pango_layout_get_extents(p->layout, NULL, &box);
    return (double)box.height / PANGO_SCALE;
}

void pdf_show(struct pdf *p, double x, double y)
{
    cairo_move_to(p->c, x, y);
    pango_cairo_show_layout(p->c, p->layout);
}

static double pdf_text_width(struct pdf *p)
{
    PangoRectangle box;
    pango_layout_get_extents(p->layout, NULL, &box);
    return (double)box.width / PANGO_SCALE;
}

/* A line of that width in the middle between x and x + width. */
static void pdf_rule(struct pdf *p, double x, double width, double rule, double y)
{
    cairo_set_line_width(p->c, 0.6);
    cairo_move_to(p->c, x + (width - rule) / 2, y);
    cairo_rel_line_to(p->c, rule, 0);
    cairo_stroke(p->c);
}

/* A text in a column at y; its lower edge. */
static double pdf_at(struct pdf *p, enum hub_nd30_role role, double x, double width, double y)
{
    double height = pdf_set(p, role, hub_nd30_once(p->d, role), width);
    pdf_show(p, x, y);
    return y + height;
}

/* ---- pages ---- */

static void pdf_feet(struct pdf *p)
{
    double left = pdf_points(HUB_ND30_LEFT), body = pdf_points(HUB_ND30_BODY);
    char number[16];
    (void)pdf_at(p, HUB_ND30_FOOT, left, body, pdf_points(HUB_ND30_HEIGHT - HUB_ND30_FOOTER));
    if (p->page == 1) return; /* the first page has no number */
    snprintf(number, sizeof number, "%u", p->page);
    pdf_set(p, HUB_ND30_PAGE, number, body);
    pdf_show(p, left, pdf_points(HUB_ND30_PAGE_NUMBER));
}

void pdf_page(struct pdf *p)
{
    if (p->page > 0) cairo_show_page(p->c);
    p->page++;
    pdf_feet(p);
    p->y = pdf_points(HUB_ND30_TOP);
}

/* A paragraph, over pages where it must. */
static void pdf_para(struct pdf *p, enum hub_nd30_role role, const char *text)
{
    pdf_set(p, role, text, pdf_points(HUB_ND30_BODY));
    if (hub_nd30_style(role)->align == HUB_ND30_JUSTIFY)
        pango_layout_set_indent(p->layout, (int)(pdf_points(HUB_ND30_INDENT) * PANGO_SCALE));
    PangoLayout *own = pango_layout_copy(p->layout); /* a new page sets the shared one */
    PangoLayoutIter *i = pango_layout_get_iter(own);
    p->y += HUB_ND30_GAP_POINTS;
    do {
        PangoRectangle box;
        pango_layout_iter_get_line_extents(i, NULL, &box);
        double height = (double)box.height / PANGO_SCALE;
        double base = (double)(pango_layout_iter_get_baseline(i) - box.y) / PANGO_SCALE;
        if (p->y + height > pdf_bottom()) pdf_page(p);
        cairo_move_to(p->c, pdf_points(HUB_ND30_LEFT) + (double)box.x / PANGO_SCALE, p->y + base);
        pango_cairo_show_layout_line(p->c, pango_layout_iter_get_line_readonly(i));
        p->y += height;
    } while (pango_layout_iter_next_line(i));
    pango_layout_iter_free(i);
    g_object_unref(own);
}

static void pdf_paras(struct pdf *p, enum hub_nd30_where where)
{
    for (size_t i = 0; i < p->d->para_count; i++) {
        const struct hub_nd30_para *v = &p->d->paras[i];
        if (v->where == where && v->role != HUB_ND30_BLANK)
            pdf_para(p, v->role, hub_nd30_para(p->d, i));
    }
}

/* ---- head ---- */

static double pdf_lower(double a, double b)
{
    return a > b ? a : b;
}

static void pdf_head(struct pdf *p)
{
    double left = pdf_points(HUB_ND30_LEFT), first = pdf_points(HUB_ND30_HEAD_LEFT);
    double right = left + first, second = pdf_points(HUB_ND30_BODY) - first, a, b, rule;
    a = pdf_at(p, HUB_ND30_PARENT, left, first, p->y);
    b = pdf_at(p, HUB_ND30_COUNTRY, right, second, p->y);
    p->y = pdf_lower(a, b);
    a = pdf_at(p, HUB_ND30_ORGAN, left, first, p->y);
    rule = pdf_text_width(p) * 2 / 5; /* a third to a half of the text */
    pdf_rule(p, left, first, rule, a + 2);
    b = pdf_at(p, HUB_ND30_MOTTO, right, second, p->y);
    pdf_rule(p, right, second, pdf_text_width(p), b + 2); /* as long as the text */
    p->y = pdf_lower(a, b) + 10;
    a = pdf_at(p, HUB_ND30_NUMBER, left, first, p->y);
    b = pdf_at(p, HUB_ND30_PLACE, right, second, p->y);
    p->y = pdf_lower(a, b) + 20;
}

static void pdf_title(struct pdf *p)
{
    double left = pdf_points(HUB_ND30_LEFT), body = pdf_points(HUB_ND30_BODY);
    p->y = pdf_at(p, HUB_ND30_KIND, left, body, p->y);
    p->y = pdf_at(p, HUB_ND30_SUBJECT, left, body, p->y);
    pdf_rule(p, left, body, body / 6, p->y + 3);
    p->y = pdf_at(p, HUB_ND30_TO, left, body, p->y + 16) + HUB_ND30_GAP_POINTS;
}

/* ---- end ---- */

static void pdf_qr(struct pdf *p, const struct hub_qr *q, double x, double y)
{
    double module = pdf_points(HUB_ND30_QR) / (double)q->width;
    for (size_t row = 0; row < q->width; row++) {
        for (size_t i = 0; i < q->width; i++) {
            if (hub_qr_dark(q, i, row))
                cairo_rectangle(p->c, x + (double)i * module, y + (double)row * module, module,
                                module);
        }
    }
    cairo_fill(p->c);
}

static double pdf_recipients_height(struct pdf *p, double width)
{
    double height = pdf_set(p, HUB_ND30_RECIPIENTS, "N", width);
    for (size_t i = 0; i < p->d->para_count; i++) {
        if (p->d->paras[i].where == HUB_ND30_TO_WHOM)
            height += pdf_set(p, HUB_ND30_RECIPIENT, hub_nd30_para(p->d, i), width);
    }
    return height;
}

/* The recipients to the left, the signature to the right, on one page. */
static void pdf_sign(struct pdf *p)
{
    double left = pdf_points(HUB_ND30_LEFT), first = pdf_points(HUB_ND30_SIGN_LEFT);
    double right = left + first, second = pdf_points(HUB_ND30_BODY) - first;
    double office = pdf_set(p, HUB_ND30_OFFICE, hub_nd30_once(p->d, HUB_ND30_OFFICE), second);
    double need =
        pdf_lower(pdf_recipients_height(p, first), office + pdf_points(HUB_ND30_SIGN_ROOM));
    p->y += 3 * HUB_ND30_GAP_POINTS;
    if (p->y + need > pdf_bottom()) pdf_page(p);
    double top = p->y, y = pdf_at(p, HUB_ND30_RECIPIENTS, left, first, top);
    for (size_t i = 0; i < p->d->para_count; i++) {
        if (p->d->paras[i].where != HUB_ND30_TO_WHOM) continue;
        double height = pdf_set(p, HUB_ND30_RECIPIENT, hub_nd30_para(p->d, i), first);
        pdf_show(p, left, y);
        y += height;
    }
    (void)pdf_at(p, HUB_ND30_OFFICE, right, second, top);
    p->y = pdf_lower(y, top + need);
}

static enum err pdf_proof(struct pdf *p)
{
    struct hub_qr q;
    double left = pdf_points(HUB_ND30_LEFT), side = pdf_points(HUB_ND30_QR);
    if (p->d->about->proof[0] == '\0') return ERR_OK;
    enum err e = hub_qr_make(p->d->about->proof, &q);
    if (e != ERR_OK) return e;
    p->y += 3 * HUB_ND30_GAP_POINTS;
    if (p->y + side > pdf_bottom()) pdf_page(p);
    pdf_qr(p, &q, left, p->y);
    (void)pdf_at(p, HUB_ND30_SCAN, left + side + 12, pdf_points(HUB_ND30_BODY) - side - 12, p->y);
    p->y += side;
    hub_qr_free(&q);
    return ERR_OK;
}

/* ---- the file ---- */

static enum err pdf_write(struct pdf *p)
{
    p->y = 0;
    pdf_page(p);
    pdf_head(p);
    pdf_title(p);
    pdf_paras(p, HUB_ND30_BEFORE);
    for (size_t i = 0; i < p->d->table_count; i++)
        pdf_table(p, &p->d->tables[i]);
    p->y += HUB_ND30_GAP_POINTS;
    pdf_paras(p, HUB_ND30_AFTER);
    pdf_sign(p);
    return pdf_proof(p);
}

static cairo_status_t pdf_out(void *ctx, const unsigned char *data, unsigned len)
{
    struct buf *out = ctx;
    buf_add(out, data, len);
    return out->e == ERR_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static enum err pdf_facts(cairo_surface_t *s, const struct hub_nd30 *d)
{
    char stamp[DATE_STAMP_ROOM], made[DATE_STAMP_ROOM];
    enum err e = date_stamp(d->about->closed_ms, stamp);
    if (e != ERR_OK) return e;
    snprintf(made, sizeof made, "%.19s+07:00", stamp); /* without the milliseconds */
    cairo_pdf_surface_restrict_to_version(s, CAIRO_PDF_VERSION_1_5);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, d->r->form->label_vi);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_AUTHOR, d->r->unit_name);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_SUBJECT, d->about->name);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "dongbo-hub " DONGBO_VERSION);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, made);
    return ERR_OK;
}

/* Measures that no screen or setting of the machine touches. */
static PangoLayout *pdf_layout(cairo_t *c, PangoFontMap *map)
{
    cairo_font_options_t *plain = cairo_font_options_create();
    cairo_font_options_set_hint_style(plain, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(plain, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(plain, CAIRO_ANTIALIAS_GRAY);
    pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map), 72);
    PangoContext *context = pango_font_map_create_context(map);
    pango_cairo_update_context(c, context);
    pango_cairo_context_set_font_options(context, plain);
    pango_context_set_language(context, pango_language_from_string("vi"));
    pango_context_set_base_dir(context, PANGO_DIRECTION_LTR);
    PangoLayout *layout = pango_layout_new(context);
    pango_layout_set_auto_dir(layout, FALSE);
    g_object_unref(context);
    cairo_font_options_destroy(plain);
    return layout;
}

enum err hub_pdf(const struct hub_report *r, const struct hub_nd30_about *about, struct buf *out)
{
    struct hub_nd30 d;
    enum err e = hub_nd30_make(r, about, &d);
    if (e != ERR_OK) return e;
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(
        pdf_out, out, pdf_points(HUB_ND30_WIDTH), pdf_points(HUB_ND30_HEIGHT));
    PangoFontMap *map = pango_cairo_font_map_new();
    struct pdf p = {.d = &d, .c = cairo_create(s)};
    buf_init(&p.cell, 2 * HUB_ND30_CELL_BYTES_MAX);
    p.layout = pdf_layout(p.c, map);
    e = pdf_facts(s, &d);
    if (e == ERR_OK) e = pdf_write(&p);
    g_object_unref(p.layout);
    bool drawn = cairo_status(p.c) == CAIRO_STATUS_SUCCESS;
    cairo_destroy(p.c);
    cairo_surface_finish(s);
    drawn = drawn && cairo_surface_status(s) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(s);
    g_object_unref(map);
    buf_free(&p.cell);
    hub_nd30_free(&d);
    if (e == ERR_OK) e = out->e;
    return e != ERR_OK || drawn ? e : ERR_NOMEM;
}

/* Fontconfig keeps one pattern of its own for ever, which the leak checker cannot see is reachable. */
#if defined(__SANITIZE_ADDRESS__)
#define PDF_LEAKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PDF_LEAKS 1
#endif
#endif
#ifdef PDF_LEAKS
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}
#endif
