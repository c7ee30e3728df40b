#include "common/ics.h"

#include <stdio.h>
#include <string.h>

/* True for a byte that goes on with a character (UTF-8). */
static bool ics_tail(uint8_t b)
{
    return (b & 0xC0u) == 0x80u;
}

/* One content line: folded, CRLF. A continuation line begins with a blank, which counts. */
static void ics_line(struct bytes s, struct buf *out)
{
    size_t room = ICS_LINE_BYTES_MAX;
    while (s.len > room) {
        size_t n = room;
        while (n > 1 && ics_tail(s.p[n]))
            n--;
        buf_add(out, s.p, n);
        buf_add_str(out, "\r\n ");
        s.p += n;
        s.len -= n;
        room = ICS_LINE_BYTES_MAX - 1;
    }
    buf_add_bytes(out, s);
    buf_add_str(out, "\r\n");
}

/* "NAME:value" with the value as TEXT (3.3.11): \ ; , and line ends escaped. */
static void ics_text(const char *name, const char *value, struct buf *out)
{
    struct buf line;
    buf_init(&line, 4 * strlen(value) + strlen(name) + 8);
    buf_add_str(&line, name);
    buf_add_str(&line, ":");
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\r') continue;
        if (*p == '\n') {
            buf_add_str(&line, "\\n");
        } else if (*p == '\\' || *p == ';' || *p == ',') {
            buf_add_str(&line, "\\");
            buf_add(&line, p, 1);
        } else if ((unsigned char)*p >= 0x20 && *p != 0x7f) {
            buf_add(&line, p, 1);
        }
    }
    if (line.e == ERR_OK)
        ics_line(buf_bytes(&line), out);
    else if (out->e == ERR_OK)
        out->e = line.e;
    buf_free(&line);
}

void ics_begin(const char *name, struct buf *out)
{
    ics_text("BEGIN", "VCALENDAR", out);
    ics_text("VERSION", "2.0", out);
    ics_text("PRODID", "-//Dong Bo//dongbo//VI", out);
    ics_text("CALSCALE", "GREGORIAN", out);
    ics_text("METHOD", "PUBLISH", out);
    ics_text("X-WR-CALNAME", name, out);
    ics_text("X-WR-TIMEZONE", "Asia/Ho_Chi_Minh", out);
}

void ics_end(struct buf *out)
{
    ics_text("END", "VCALENDAR", out);
}

static enum err ics_days(struct date first, struct buf *out)
{
    struct date next;
    char line[48];
    enum err e = date_add_days(first, 1, &next);
    if (e != ERR_OK) return e;
    snprintf(line, sizeof line, "DTSTART;VALUE=DATE:%04d%02d%02d", first.year, first.month,
             first.day);
    ics_line(bytes_str(line), out);
    snprintf(line, sizeof line, "DTEND;VALUE=DATE:%04d%02d%02d", next.year, next.month, next.day);
    ics_line(bytes_str(line), out);
    return ERR_OK;
}

/* UTC, as the form with a Z needs. */
static enum err ics_stamp(int64_t utc_ms, struct buf *out)
{
    struct date day;
    char line[40];
    enum err e = date_of_ms(utc_ms - DATE_OFFSET_MS, &day); /* date_of_ms() adds it */
    if (e != ERR_OK) return e;
    int64_t s = (utc_ms % DATE_DAY_MS + DATE_DAY_MS) % DATE_DAY_MS / 1000;
    snprintf(line, sizeof line, "DTSTAMP:%04d%02d%02dT%02d%02d%02dZ", day.year, day.month, day.day,
             (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    ics_line(bytes_str(line), out);
    return ERR_OK;
}

enum err ics_event(const struct ics_event *v, struct buf *out)
{
    char line[40];
    if (!date_valid(v->day)) return ERR_BAD_INPUT;
    ics_text("BEGIN", "VEVENT", out);
    ics_text("UID", v->uid, out);
    enum err e = ics_stamp(v->stamp_ms, out);
    if (e == ERR_OK) e = ics_days(v->day, out);
    if (e != ERR_OK) return e;
    ics_text("SUMMARY", v->summary, out);
    if (v->description[0] != '\0') ics_text("DESCRIPTION", v->description, out);
    ics_text("TRANSP", "TRANSPARENT", out);
    if (v->alarm_days > 0) {
        snprintf(line, sizeof line, "TRIGGER:-P%dD", v->alarm_days);
        ics_text("BEGIN", "VALARM", out);
        ics_text("ACTION", "DISPLAY", out);
        ics_line(bytes_str(line), out);
        ics_text("DESCRIPTION", v->summary, out);
        ics_text("END", "VALARM", out);
    }
    ics_text("END", "VEVENT", out);
    return out->e;
}
