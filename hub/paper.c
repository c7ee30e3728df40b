#include "hub/paper.h"
#include "common/text.h"

#include <sodium.h>
#include <stdio.h>

enum { PAPER_WORDS = 8, PAPER_FIELDS = 6 };

static void paper_hash(struct bytes fields, uint8_t hash[MINISIGN_HASH_BYTES])
{
    crypto_generichash(hash, MINISIGN_HASH_BYTES, fields.p, fields.len, NULL, 0);
}

/* The line of that number, from 0, without its newline. */
static struct bytes paper_line(struct bytes text, size_t number)
{
    for (;; number--) {
        const uint8_t *lf = memchr(text.p, '\n', text.len);
        size_t n = lf != NULL ? (size_t)(lf - text.p) : text.len;
        if (number == 0 || lf == NULL) return bytes_make(text.p, n);
        text = bytes_make(text.p + n + 1, text.len - n - 1);
    }
}

enum err hub_paper_sign(const struct hub_issue *issue, const struct key_sign *k, struct buf *out)
{
    char hex[2 * ID_HASH_BYTES + 1], fields[HUB_PAPER_TEXT_MAX];
    uint8_t hash[MINISIGN_HASH_BYTES];
    struct buf sig;
    id_hex(BYTES_OF(issue->figures.b), hex);
    int n = snprintf(fields, sizeof fields, HUB_PAPER_MARK " %s %s %s %u %s", issue->report,
                     issue->unit, issue->period, (unsigned)issue->number, hex);
    if (n <= 0 || (size_t)n >= sizeof fields) return ERR_TOO_LARGE;
    buf_init(&sig, MINISIGN_FILE_BYTES_MAX);
    paper_hash(bytes_str(fields), hash);
    enum err e = minisign_sign(k, hash, bytes_str(fields), &sig);
    if (e == ERR_OK) {
        buf_add_str(out, fields);
        buf_add_u8(out, ' ');
        buf_add_bytes(out, paper_line(buf_bytes(&sig), 1));
        buf_add_u8(out, ' ');
        buf_add_bytes(out, paper_line(buf_bytes(&sig), 3));
        e = out->e;
    }
    buf_free(&sig);
    return e;
}

/* ---- checking ---- */

/* Split at single blanks into exactly PAPER_WORDS words of printable ASCII. */
static bool paper_split(struct bytes text, struct bytes words[PAPER_WORDS])
{
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.p[i] > ' ' && text.p[i] < 0x7f) continue;
        if (i < text.len && text.p[i] != ' ') return false;
        if (i == from || n == PAPER_WORDS) return false;
        words[n++] = bytes_make(text.p + from, i - from);
        from = i + 1;
    }
    return n == PAPER_WORDS;
}

static bool paper_copy(struct bytes word, char *out, size_t room)
{
    if (word.len >= room) return false;
    memcpy(out, word.p, word.len);
    out[word.len] = '\0';
    return true;
}

static bool paper_number(struct bytes word, uint32_t *out)
{
    uint32_t v = 0;
    if (word.len == 0 || word.len > 9 || word.p[0] == '0') return false;
    for (size_t i = 0; i < word.len; i++) {
        if (word.p[i] < '0' || word.p[i] > '9') return false;
        v = 10 * v + (uint32_t)(word.p[i] - '0');
    }
    *out = v;
    return true;
}

static bool paper_read(const struct bytes words[PAPER_WORDS], struct hub_paper *out)
{
    char hex[2 * ID_HASH_BYTES + 1];
    return bytes_equal(words[0], bytes_str(HUB_PAPER_MARK)) &&
           paper_copy(words[1], out->report, sizeof out->report) &&
           paper_copy(words[2], out->unit, sizeof out->unit) &&
           paper_copy(words[3], out->period, sizeof out->period) &&
           paper_number(words[4], &out->number) && words[5].len == 2 * ID_HASH_BYTES &&
           paper_copy(words[5], hex, sizeof hex) &&
           id_unhex(hex, out->figures.b, sizeof out->figures.b) == ERR_OK;
}

static enum err paper_signed(struct bytes fields, const struct bytes words[PAPER_WORDS],
                             struct bytes public_key)
{
    uint8_t hash[MINISIGN_HASH_BYTES];
    struct bytes trusted;
    struct buf sig;
    buf_init(&sig, MINISIGN_FILE_BYTES_MAX);
    buf_add_str(&sig, "untrusted comment: paper\n");
    buf_add_bytes(&sig, words[PAPER_FIELDS]);
    buf_add_str(&sig, "\ntrusted comment: ");
    buf_add_bytes(&sig, fields);
    buf_add_u8(&sig, '\n');
    buf_add_bytes(&sig, words[PAPER_FIELDS + 1]);
    buf_add_u8(&sig, '\n');
    paper_hash(fields, hash);
    enum err e = sig.e;
    if (e == ERR_OK) e = minisign_verify(public_key, buf_bytes(&sig), hash, &trusted);
    buf_free(&sig);
    return e;
}

enum err hub_verify_paper(struct bytes text, struct bytes public_key, struct hub_paper *out)
{
    struct bytes words[PAPER_WORDS];
    struct hub_paper paper = {.number = 0};
    if (text.len > 2 * HUB_PAPER_TEXT_MAX) return ERR_TOO_LARGE;
    text = text_trim(text);
    if (text.len > HUB_PAPER_TEXT_MAX) return ERR_TOO_LARGE;
    if (!paper_split(text, words) || !paper_read(words, &paper)) return ERR_BAD_FORMAT;
    const struct bytes *last = &words[PAPER_FIELDS - 1];
    struct bytes fields = bytes_make(text.p, (size_t)(last->p + last->len - text.p));
    enum err e = paper_signed(fields, words, public_key);
    if (e == ERR_OK) *out = paper;
    return e;
}
