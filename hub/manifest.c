#include "hub/manifest.h"
#include "hub/canonical.h"
#include "hub/small.h"

#include <sodium.h>

#define MANIFEST_FILE "\n{\"file\":" /* begins each entry; no text in the list can hold a newline */

/* Words of the kinds: "json", "dhis2", "registrations", ... */
static const char *hub_manifest_kind(enum hub_issue_kind kind)
{
    static const char *const words[HUB_ISSUE_KINDS] = {
        [HUB_ISSUE_JSON] = "json",         [HUB_ISSUE_CSV] = "csv",
        [HUB_ISSUE_XLSX] = "xlsx",         [HUB_ISSUE_ADX] = "adx",
        [HUB_ISSUE_DHIS2] = "dhis2",       [HUB_ISSUE_REGISTRATIONS] = "registrations",
        [HUB_ISSUE_PDF] = "pdf",           [HUB_ISSUE_DOCX] = "docx",
        [HUB_ISSUE_MANIFEST] = "manifest",
    };
    return words[kind];
}

static void manifest_pair(struct buf *out, const char *key, const char *text)
{
    buf_add_str(out, key);
    hub_canonical_text(out, text);
}

static void manifest_file(const struct hub_manifest_file *f, struct buf *out)
{
    char hex[2 * ID_HASH_BYTES + 1];
    struct id_hash hash;
    hub_canonical_digest(f->data, &hash);
    id_hex(BYTES_OF(hash.b), hex);
    manifest_pair(out, MANIFEST_FILE, f->name);
    manifest_pair(out, ",\"kind\":", hub_manifest_kind(f->kind));
    buf_printf(out, ",\"size\":%zu", f->data.len);
    manifest_pair(out, ",\"blake2b_256\":", hex);
    buf_add_str(out, "}");
}

/* line/indicator, breakdown value, unit. */
static void manifest_hidden(const struct hub_report *r, struct buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        for (size_t k = 0; k < line->row_count; k++) {
            for (size_t c = 0; c < hub_report_columns(r); c++) {
                if (line->rows[k].cells[c].hide == HUB_HIDE_NO) continue;
                manifest_pair(
                    out, n++ ? ",\n{\"indicator\":" : "\n{\"indicator\":", line->indicator->id);
                buf_printf(out, ",\"line\":%u", line->no);
                manifest_pair(out, ",\"value\":", line->rows[k].value);
                buf_printf(out, ",\"total\":%s", k == 0 ? "true" : "false");
                manifest_pair(out, ",\"unit\":", hub_canonical_unit(r, c));
                manifest_pair(out, ",\"printed\":", hub_small_text(&line->rows[k].cells[c]));
                buf_add_str(out, "}");
            }
        }
    }
}

static void manifest_head(const struct hub_issue *issue, const char *stamp, struct buf *out)
{
    char hex[2 * ID_HASH_BYTES + 1];
    manifest_pair(out, "{\"format\":", "dongbo-issue/1");
    manifest_pair(out, ",\"report\":", issue->report);
    manifest_pair(out, ",\"unit\":", issue->unit);
    manifest_pair(out, ",\"period\":", issue->period);
    buf_printf(out, ",\"issue\":%u", (unsigned)issue->number);
    manifest_pair(out, ",\"closed\":", stamp);
    id_hex(BYTES_OF(issue->figures.b), hex);
    manifest_pair(out, ",\"figures\":", hex);
}

enum err hub_manifest(const struct hub_report *r, const struct hub_issue *issue,
                      const struct hub_manifest_file *files, size_t count,
                      const struct hub_manifest_gap *gaps, size_t gap_count, struct buf *out)
{
    char stamp[DATE_STAMP_ROOM];
    enum err e = date_stamp(issue->closed_ms, stamp);
    if (e != ERR_OK) return e;
    manifest_head(issue, stamp, out);
    buf_add_str(out, ",\"files\":[");
    for (size_t i = 0; i < count; i++) {
        buf_add_str(out, i ? "," : "");
        manifest_file(&files[i], out);
    }
    buf_add_str(out, "],\"left_out\":[");
    for (size_t i = 0; i < gap_count; i++) {
        manifest_pair(out, i ? ",\n{\"kind\":" : "\n{\"kind\":", hub_manifest_kind(gaps[i].kind));
        manifest_pair(out, ",\"why_vi\":", gaps[i].why->vi);
        manifest_pair(out, ",\"why_en\":", gaps[i].why->en);
        buf_add_str(out, "}");
    }
    buf_add_str(out, "],\"hidden\":[");
    manifest_hidden(r, out);
    buf_add_str(out, "]");
    hub_canonical_missing(r, ",\"missing\":", out);
    buf_add_str(out, "}\n");
    return out->e;
}

/* ---- reading ---- */

static size_t manifest_times(struct bytes text, struct bytes word)
{
    size_t n = 0;
    for (size_t i = 0; i + word.len <= text.len; i++)
        n += memcmp(text.p + i, word.p, word.len) == 0;
    return n;
}

bool hub_manifest_lists(struct bytes manifest, const struct hub_manifest_file *file)
{
    struct buf entry;
    buf_init(&entry, 2 * HUB_ISSUE_NAME_ROOM + 512);
    manifest_file(file, &entry);
    bool found = entry.e == ERR_OK && manifest_times(manifest, buf_bytes(&entry)) == 1;
    buf_free(&entry);
    return found;
}

size_t hub_manifest_count(struct bytes manifest)
{
    return manifest_times(manifest, bytes_str(MANIFEST_FILE));
}
