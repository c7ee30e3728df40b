#include "hub/nd30.h"
#include "common/text.h"
#include "hub/nd30_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#define DOTS       "…………………………"
#define DOTS_SHORT "………"

/* ---- measures of annex I ---- */

const struct hub_nd30_style *hub_nd30_style(enum hub_nd30_role role)
{
    static const struct hub_nd30_style styles[HUB_ND30_ROLES] = {
        [HUB_ND30_PARENT] = {24, false, false, HUB_ND30_CENTER},
        [HUB_ND30_ORGAN] = {24, true, false, HUB_ND30_CENTER},
        [HUB_ND30_NUMBER] = {26, false, false, HUB_ND30_CENTER},
        [HUB_ND30_COUNTRY] = {24, true, false, HUB_ND30_CENTER}, /* stays on one line */
        [HUB_ND30_MOTTO] = {26, true, false, HUB_ND30_CENTER},
        [HUB_ND30_PLACE] = {26, false, true, HUB_ND30_CENTER},
        [HUB_ND30_KIND] = {28, true, false, HUB_ND30_CENTER},
        [HUB_ND30_SUBJECT] = {28, true, false, HUB_ND30_CENTER},
        [HUB_ND30_TO] = {28, false, false, HUB_ND30_CENTER},
        [HUB_ND30_OFFICE] = {28, true, false, HUB_ND30_CENTER},
        [HUB_ND30_RECIPIENTS] = {24, true, true, HUB_ND30_START},
        [HUB_ND30_FOOT] = {15, false, false, HUB_ND30_CENTER},
        [HUB_ND30_SCAN] = {16, false, false, HUB_ND30_START},
        [HUB_ND30_BODY_TEXT] = {28, false, false, HUB_ND30_JUSTIFY},
        [HUB_ND30_HEADING] = {26, true, false, HUB_ND30_START},
        [HUB_ND30_BLANK] = {28, false, true, HUB_ND30_JUSTIFY},
        [HUB_ND30_NOTE] = {24, false, false, HUB_ND30_JUSTIFY},
        [HUB_ND30_RECIPIENT] = {22, false, false, HUB_ND30_START},
        [HUB_ND30_CELL_HEAD] = {22, true, false, HUB_ND30_CENTER},
        [HUB_ND30_CELL] = {23, false, false, HUB_ND30_START},
        [HUB_ND30_CELL_BOLD] = {23, true, false, HUB_ND30_START},
        [HUB_ND30_CELL_SMALL] = {20, false, false, HUB_ND30_START},
        [HUB_ND30_CELL_SMALL_BOLD] = {20, true, false, HUB_ND30_START},
        [HUB_ND30_PAGE] = {26, false, false, HUB_ND30_CENTER},
    };
    return &styles[role];
}

/* ---- texts ---- */

size_t nd30_begin(struct hub_nd30 *d)
{
    return d->text.len;
}

void nd30_para(struct hub_nd30 *d, enum hub_nd30_where where, enum hub_nd30_role role, size_t at)
{
    buf_add_u8(&d->text, '\0');
    if (d->para_count == HUB_ND30_PARAS_MAX) return; /* more recipients than a sheet has room for */
    d->paras[d->para_count++] = (struct hub_nd30_para){where, role, at};
}

static void nd30_once(struct hub_nd30 *d, enum hub_nd30_role role, const char *text)
{
    d->once[role] = d->text.len;
    buf_add_str(&d->text, text);
    buf_add_u8(&d->text, '\0');
}

const char *hub_nd30_once(const struct hub_nd30 *d, enum hub_nd30_role role)
{
    return (const char *)d->text.p + d->once[role];
}

const char *hub_nd30_para(const struct hub_nd30 *d, size_t i)
{
    return (const char *)d->text.p + d->paras[i].at;
}

/* The value of a parameter for this paper; NULL: not known. */
static const char *nd30_param(const struct hub_nd30 *d, const char *name)
{
    const struct hub_report *r = d->r;
    const char *unit = catalogue_param(r->catalogue, "paper_unit", r->window.last);
    if (unit == NULL || strcmp(unit, r->unit) != 0) return NULL;
    return catalogue_param(r->catalogue, name, r->window.last);
}

static const char *nd30_or(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

/* Capitals, as organs are written. */
static void nd30_upper(const char *text, struct buf *out)
{
    struct bytes s = bytes_str(text);
    while (s.len > 0) {
        utf8proc_int32_t point = 0;
        uint8_t room[4];
        utf8proc_ssize_t n = utf8proc_iterate(s.p, (utf8proc_ssize_t)s.len, &point);
        if (n <= 0) return;
        buf_add(out, room, (size_t)utf8proc_encode_char(utf8proc_toupper(point), room));
        s.p += n;
        s.len -= (size_t)n;
    }
}

static void nd30_lines(const char *text, char separator, struct buf *out)
{
    for (; *text != '\0'; text++)
        buf_add_u8(out, *text == separator ? '\n' : (uint8_t)*text);
}

/* ---- head and feet ---- */

static enum err nd30_head(struct hub_nd30 *d)
{
    char text[200];
    struct buf caps;
    buf_init(&caps, HUB_ND30_TEXT_BYTES_MAX);
    nd30_once(d, HUB_ND30_PARENT, nd30_or(nd30_param(d, "paper_parent"), DOTS));
    nd30_upper(d->r->unit_name, &caps);
    nd30_once(d, HUB_ND30_ORGAN, nd30_or(nd30_param(d, "paper_organ"), buf_cstr(&caps)));
    enum err e = caps.e;
    buf_free(&caps);
    snprintf(text, sizeof text, "Số: " DOTS_SHORT "/%.100s",
             nd30_or(nd30_param(d, "paper_notation"), "BC-" DOTS_SHORT));
    nd30_once(d, HUB_ND30_NUMBER, text);
    nd30_once(d, HUB_ND30_COUNTRY, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    nd30_once(d, HUB_ND30_MOTTO, "Độc lập - Tự do - Hạnh phúc");
    snprintf(text, sizeof text, "%.100s, ngày ..... tháng ..... năm 20.....",
             nd30_or(nd30_param(d, "paper_place"), DOTS_SHORT));
    nd30_once(d, HUB_ND30_PLACE, text);
    nd30_once(d, HUB_ND30_KIND, "BÁO CÁO");
    return e;
}

/* The name of the report below the word BÁO CÁO does not say it again. */
static void nd30_name(const char *label, struct buf *out)
{
    static const char again[] = "Báo cáo ";
    if (strncmp(label, again, sizeof again - 1) != 0 || label[sizeof again - 1] == '\0') {
        buf_add_str(out, label);
        return;
    }
    label += sizeof again - 1;
    size_t first = text_truncate(bytes_str(label), 4).len, n = 1;
    while (n < first && ((uint8_t)label[n] & 0xc0) == 0x80)
        n++;
    char letter[5] = "";
    memcpy(letter, label, n);
    nd30_upper(letter, out);
    buf_add_str(out, label + n);
}

static void nd30_subject(struct hub_nd30 *d)
{
    char title[PERIOD_TITLE_ROOM];
    period_title_vi(d->r->period, title);
    d->once[HUB_ND30_SUBJECT] = nd30_begin(d);
    nd30_name(d->r->form->label_vi, &d->text);
    buf_printf(&d->text, "\n%s", title);
    if (d->about->supplement != NULL)
        buf_printf(&d->text, "\n(BỔ SUNG BẢN SỐ %u)", (unsigned)d->about->supplement->of);
    if (d->about->issue == 0) buf_add_str(&d->text, "\n(SỐ LIỆU CHƯA CHỐT)");
    buf_add_u8(&d->text, '\0');
    d->once[HUB_ND30_TO] = nd30_begin(d);
    buf_printf(&d->text, "Kính gửi: %s", nd30_or(nd30_param(d, "paper_to"), DOTS DOTS));
    buf_add_u8(&d->text, '\0');
}

static void nd30_feet(struct hub_nd30 *d)
{
    char hex[2 * ID_HASH_BYTES + 1], text[300];
    const char *names = nd30_param(d, "paper_recipients");
    d->once[HUB_ND30_OFFICE] = nd30_begin(d);
    nd30_lines(nd30_or(nd30_param(d, "paper_office"), DOTS), '|', &d->text);
    buf_add_u8(&d->text, '\0');
    nd30_once(d, HUB_ND30_RECIPIENTS, "Nơi nhận:");
    for (const char *p = nd30_or(names, DOTS "; Lưu: VT."); *p != '\0';) {
        size_t n = strcspn(p, ";"), at = nd30_begin(d);
        bool last = p[n] == '\0';
        buf_add_str(&d->text, "- ");
        buf_add(&d->text, p, n);
        if (!last) buf_add_u8(&d->text, ';');
        nd30_para(d, HUB_ND30_TO_WHOM, HUB_ND30_RECIPIENT, at);
        p += last ? n : n + 1;
        while (*p == ' ')
            p++;
    }
    id_hex(BYTES_OF(d->about->digest.b), hex);
    snprintf(text, sizeof text, "%s%sMã số liệu (BLAKE2b-256): %s",
             d->about->issue != 0 ? d->about->name : "Số liệu chưa chốt", " · ", hex);
    nd30_once(d, HUB_ND30_FOOT, text);
    nd30_once(d, HUB_ND30_SCAN,
              "Quét mã để kiểm tra số liệu và chữ ký:\ndongbo-hub verify --paper");
}

/* ---- all of it ---- */

enum err hub_nd30_make(const struct hub_report *r, const struct hub_nd30_about *about,
                       struct hub_nd30 *out)
{
    struct hub_nd30 d = {.r = r, .about = about};
    buf_init(&d.text, HUB_ND30_TEXT_BYTES_MAX);
    enum err e = nd30_head(&d);
    nd30_subject(&d);
    if (e == ERR_OK) e = nd30_body(&d);
    nd30_feet(&d);
    if (e == ERR_OK) e = d.text.e;
    if (e == ERR_OK) e = nd30_tables(&d);
    if (e != ERR_OK) {
        hub_nd30_free(&d);
        return e;
    }
    *out = d;
    return ERR_OK;
}

void hub_nd30_free(struct hub_nd30 *d)
{
    buf_free(&d->text);
    free(d->rows);
    free(d->tables);
    *d = (struct hub_nd30){.r = NULL};
}
