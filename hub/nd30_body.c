/* The sentences of the document. */
#include "hub/nd30_priv.h"

static void body_line(struct hub_nd30 *d, enum hub_nd30_where where, enum hub_nd30_role role,
                      const char *text)
{
    size_t at = nd30_begin(d);
    buf_add_str(&d->text, text);
    nd30_para(d, where, role, at);
}

/* "21:40 ngày 10/07/2023". */
static enum err body_time(int64_t ms, struct buf *out)
{
    char stamp[DATE_STAMP_ROOM], day[DATE_TEXT_ROOM];
    struct date on;
    enum err e = date_stamp(ms, stamp);
    if (e == ERR_OK) e = date_of_ms(ms, &on);
    if (e != ERR_OK) return e;
    date_print_vi(on, day);
    buf_printf(out, "%.5s ngày %s", stamp + 11, day);
    return out->e;
}

/* Units whose records are in it: a unit that sent nothing is named below, and no part of what was added up. */
static size_t body_senders(const struct hub_report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->unit_count; i++)
        n += r->units[i].sent != HUB_SENT_NOTHING;
    return n;
}

static enum err body_source(struct hub_nd30 *d)
{
    const struct hub_report *r = d->r;
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    enum err e = ERR_OK;
    size_t at = nd30_begin(d);
    date_print_vi(r->window.first, first);
    date_print_vi(r->window.last, last);
    buf_printf(&d->text, "%s báo cáo kết quả như sau. Số liệu tính từ ngày %s đến hết ngày %s",
               r->unit_name, first, last);
    size_t senders = body_senders(r);
    if (r->has_total && senders == r->unit_count) {
        buf_printf(&d->text, ", tổng hợp từ hồ sơ của %zu đơn vị", senders);
    } else if (r->has_total) {
        buf_printf(&d->text, ", tổng hợp từ hồ sơ của %zu trong %zu đơn vị", senders,
                   r->unit_count);
    }
    if (d->about->issue != 0) {
        buf_add_str(&d->text, ", chốt lúc ");
        e = body_time(d->about->closed_ms, &d->text);
        buf_printf(&d->text, " (bản số %u)", (unsigned)d->about->issue);
    } else {
        buf_add_str(&d->text, ", chưa chốt");
    }
    buf_add_str(&d->text, ".");
    nd30_para(d, HUB_ND30_BEFORE, HUB_ND30_BODY_TEXT, at);
    return e;
}

/* Units in that state by name, as one sentence; nothing when there is none. */
static void body_sent(struct hub_nd30 *d, enum hub_sent sent, const char *words)
{
    size_t at = nd30_begin(d), n = 0;
    for (size_t i = 0; i < d->r->unit_count; i++) {
        if (d->r->units[i].sent != sent) continue;
        buf_printf(&d->text, "%s%s", n++ ? ", " : words, d->r->units[i].name);
    }
    if (n == 0) return;
    buf_add_str(&d->text, ".");
    nd30_para(d, HUB_ND30_AFTER, HUB_ND30_NOTE, at);
}

static void body_missing(struct hub_nd30 *d)
{
    size_t at = nd30_begin(d);
    if (d->r->missing_count == 0) return;
    buf_add_str(&d->text, "Chưa nộp báo cáo: ");
    hub_report_missing_names(d->r, &d->text);
    buf_add_str(&d->text, ".");
    nd30_para(d, HUB_ND30_AFTER, HUB_ND30_NOTE, at);
}

static void body_merged(struct hub_nd30 *d)
{
    size_t at = nd30_begin(d), was = d->text.len;
    hub_report_merged_words(d->r, &d->text);
    if (d->text.len == was) return;
    buf_add_str(&d->text, ".");
    nd30_para(d, HUB_ND30_AFTER, HUB_ND30_NOTE, at);
}

static void body_left_out(struct hub_nd30 *d)
{
    size_t at = nd30_begin(d), n = 0;
    for (size_t i = 0; i < d->r->line_count; i++) {
        const struct hub_report_line *line = &d->r->lines[i];
        if (line->left_out == 0) continue;
        buf_printf(&d->text, "%s%llu bản ghi ở chỉ tiêu %u",
                   n++ ? ", " : "Không tính vì số liệu không đọc được: ",
                   (unsigned long long)line->left_out, line->no);
    }
    if (n == 0) return;
    buf_add_str(&d->text, ".");
    nd30_para(d, HUB_ND30_AFTER, HUB_ND30_NOTE, at);
}

static void body_outside(struct hub_nd30 *d)
{
    size_t at = nd30_begin(d);
    if (d->r->outside_count == 0) return;
    for (size_t i = 0; i < d->r->outside_count; i++)
        buf_printf(&d->text, "%s%s",
                   i ? ", " : "Có hồ sơ nhưng ngoài báo cáo này (mã đơn vị): ", d->r->outside[i]);
    buf_add_str(&d->text, ".");
    nd30_para(d, HUB_ND30_AFTER, HUB_ND30_NOTE, at);
}

/* Both figures of each correction that counts, so that nobody takes one for the other. */
static void body_corrections(struct hub_nd30 *d)
{
    size_t at = nd30_begin(d), n = 0;
    for (size_t i = 0; i < d->r->correction_count; i++) {
        const struct hub_report_correction *c = &d->r->corrections[i];
        if (c->state != HUB_CORRECTION_APPLIED) continue;
        buf_printf(&d->text, "%schỉ tiêu %u", n++ ? "; " : "Đính chính mà xã đã đồng ý: ", c->no);
        const char *value = hub_correction_value(d->r, c);
        if (c->row > 0 && value != NULL)
            buf_printf(&d->text, " (%s)", d->r->lines[c->line].rows[c->row].label_vi);
        buf_printf(&d->text, ", %s", d->r->units[c->column].name);
        if (!c->quiet) buf_printf(&d->text, ": %s, theo hồ sơ %s", c->after, c->before);
    }
    if (n == 0) return;
    buf_add_str(&d->text, ". Số tổng đã tính theo đính chính.");
    nd30_para(d, HUB_ND30_AFTER, HUB_ND30_NOTE, at);
}

static bool body_hides(const struct hub_report *r)
{
    for (size_t i = 0; i < r->line_count; i++) {
        for (size_t k = 0; k < r->lines[i].row_count; k++) {
            for (size_t c = 0; c < hub_report_columns(r); c++)
                if (r->lines[i].rows[k].cells[c].hide != HUB_HIDE_NO) return true;
        }
    }
    return false;
}

static void body_supplement(struct hub_nd30 *d)
{
    const struct hub_supplement *s = d->about->supplement;
    if (s == NULL) return;
    size_t at = nd30_begin(d);
    buf_printf(
        &d->text,
        "Báo cáo này bổ sung bản số %u do có số liệu đến sau khi chốt; bản số %u vẫn giữ nguyên. "
        "Có %zu số liệu khác bản đó, nêu ở bảng cuối cùng với nguyên nhân.",
        (unsigned)s->of, (unsigned)s->of, s->count + s->more);
    if (s->more > 0)
        buf_printf(&d->text,
                   " Bảng ghi %zu số liệu đầu; %zu số liệu còn lại xem ở so sánh hai bản.",
                   s->count, s->more);
    nd30_para(d, HUB_ND30_BEFORE, HUB_ND30_BODY_TEXT, at);
}

enum err nd30_body(struct hub_nd30 *d)
{
    enum err e = body_source(d);
    body_supplement(d);
    body_line(d, HUB_ND30_BEFORE, HUB_ND30_BLANK,
              "[Nhận xét, đánh giá: đơn vị nhập nội dung tại đây rồi xóa dòng này]");
    body_sent(d, HUB_SENT_NOTHING, "Đơn vị chưa gửi hồ sơ: ");
    body_sent(d, HUB_SENT_EARLIER, "Đơn vị không gửi gì mới trong kỳ: ");
    body_missing(d);
    body_merged(d);
    body_left_out(d);
    body_outside(d);
    body_corrections(d);
    if (body_hides(d->r))
        body_line(d, HUB_ND30_AFTER, HUB_ND30_NOTE,
                  "Dấu “<5”, “*” và “–*”: số nhỏ được che để không nhận ra người cụ thể.");
    body_line(d, HUB_ND30_AFTER, HUB_ND30_NOTE,
              "Dấu “–”: không có đối tượng để tính tỷ lệ; “chưa gửi”: đơn vị chưa gửi hồ sơ, không "
              "phải là số không./.");
    return e;
}
