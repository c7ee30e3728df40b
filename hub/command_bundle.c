/* bundle in, out, inspect. Files are base64 inside; those of the tool may be larger and are then at a path. */
#include "hub/bundle.h"
#include "hub/command_priv.h"
#include "hub/store_nodes.h"

#include "common/io/carried.h"
#include "common/io/clock.h"

static json_t *hub_bundle_said(enum err e)
{
    static const struct {
        enum err e;
        const char *vi;
        const char *en;
    } said[] = {
        {ERR_BAD_FORMAT, "Tệp này không phải gói .dongbo nguyên vẹn; chưa nhận gì.",
         "This is no intact .dongbo file; nothing was taken."},
        {ERR_AGAIN, "Gói bị cụt (chép thiếu); chưa nhận gì. Hãy chép lại tệp.",
         "The file is cut short; nothing was taken. Copy it again."},
        {ERR_HANDSHAKE, "Gói đã bị sửa đổi hoặc của trung tâm khác; chưa nhận gì.",
         "The file was changed or is of another hub; nothing was taken."},
        {ERR_DENIED,
         "Gói này niêm phong cho máy khác, hoặc bằng khóa mà trung tâm này dùng trước khi đổi "
         "khóa: "
         "không mở được, chưa nhận gì. Nếu gói do một xã của trung tâm này gửi: đưa xã một tệp mới "
         "(bundle out), xã nhận tệp đó rồi làm lại gói; số liệu vẫn còn nguyên ở máy xã.",
         "This file is sealed for another machine, or with a key that this hub had before its keys "
         "were changed: it cannot be opened, nothing was taken. If a commune of this hub sent it, "
         "give it a new file (bundle out); it takes that and writes its own again. Nothing is "
         "lost: "
         "its data are at its PC."},
        {ERR_NOT_FOUND, "Trung tâm không có máy xã này: hãy làm giấy mời mới cho xã.",
         "This hub does not know the node: make a new invitation for the commune."},
        {ERR_BAD_SIGNATURE, "Gói không do máy xã ghi trong gói niêm phong; chưa nhận gì.",
         "The file was not sealed by the node it names; nothing was taken."},
        {ERR_CONFIG, "Gói do phiên bản mới hơn làm: hãy cập nhật trung tâm.",
         "The file is of a newer version: update the hub."},
        {ERR_TOO_LARGE, "Gói quá lớn (tối đa 64 MiB; ở trang này 5 MiB).",
         "The file is too large (at most 64 MiB; of the page 5 MiB)."},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].e == e) return hub_command_error(e, said[i].vi, said[i].en);
    }
    return hub_command_fail(e);
}

/* ---- files that have no room in a request or an answer ---- */

static json_t *hub_bundle_unread(enum err e)
{
    if (e == ERR_TOO_LARGE || e == ERR_NOMEM) return hub_bundle_said(e);
    return hub_command_error(e,
                             "Tệp lớn hơn 5 MiB nên tiến trình trung tâm tự đọc, và không đọc được "
                             "ở đó: hãy để tệp trên USB (/media, /mnt) hoặc nơi nó được đọc.",
                             "Over 5 MiB the hub's daemon reads the file itself, and it cannot "
                             "there: put it on a stick (/media, /mnt) or where it may be read.");
}

static json_t *hub_bundle_unwritten(enum err e)
{
    if (e == ERR_EXISTS)
        return hub_command_error(e,
                                 "Tên này là của một tệp khác, không phải gói .dongbo: không ghi "
                                 "đè. Hãy làm lại lệnh này với tên khác.",
                                 "That is the name of another file, which is no .dongbo file: it "
                                 "was not replaced. Repeat this command with another name.");
    if (e == ERR_NOMEM) return hub_command_fail(e);
    return hub_command_error(
        e,
        "Tệp cho xã lớn hơn 5 MiB nên tiến trình trung tâm tự ghi, và không ghi được vào đó: hãy "
        "làm lại lệnh này với một nơi trên USB (/media, /mnt) còn chỗ.",
        "Over 5 MiB the hub's daemon writes the file for the commune itself, and it cannot there: "
        "repeat this command with a place on a stick (/media, /mnt) that has room.");
}

/* The file of a request; NULL: it was read. `tool`: it may name one by its path. */
static json_t *hub_bundle_file(const json_t *request, bool tool, struct buf *file)
{
    buf_init(file, BUNDLE_BYTES_MAX);
    enum err e;
    if (tool && carried_named(request)) {
        e = carried_read(request, BUNDLE_BYTES_MAX, file);
        return e == ERR_OK ? NULL : hub_bundle_unread(e);
    }
    file->max = HUB_COMMAND_FILE_MAX + 3;
    e = hub_request_bytes(request, "file", file);
    return e == ERR_OK ? NULL : hub_bundle_said(e == ERR_BAD_INPUT ? ERR_BAD_FORMAT : e);
}

/* The largest file for a commune that this request has a place for. */
static size_t hub_bundle_room(const json_t *request, bool tool)
{
    return tool && hub_request_str(request, "out") != NULL ? BUNDLE_BYTES_MAX
                                                           : HUB_COMMAND_FILE_MAX;
}

/* ---- the daemon's transaction ---- */

static enum err hub_bundle_app_begin(void *ctx)
{
    return hub_app_begin(ctx);
}

static enum err hub_bundle_app_commit(void *ctx)
{
    return hub_app_commit(ctx);
}

static void hub_bundle_app_abort(void *ctx)
{
    hub_app_abort(ctx);
}

static struct hub_bundle hub_bundle_of(struct hub_app *a)
{
    return (struct hub_bundle){.store = a->store,
                               .keys = &a->keys,
                               .sealing = {a->sealing.secret, a->sealing.public},
                               .now_ms = clock_wall_ms(),
                               .begin = hub_bundle_app_begin,
                               .commit = hub_bundle_app_commit,
                               .abort = hub_bundle_app_abort,
                               .ctx = a};
}

/* The answer. A file that has no room in it goes to the place that the request names. */
static json_t *hub_bundle_json(struct hub_app *a, const json_t *request,
                               const struct hub_bundle_result *r, const struct buf *file)
{
    bool inside = file->len <= HUB_COMMAND_FILE_MAX;
    if (!inside) {
        enum err e = carried_write(request, buf_bytes(file), bundle_mark());
        if (e != ERR_OK) return hub_bundle_unwritten(e);
    }
    return json_pack(
        "{s:o, s:s, s:s, s:b, s:b, s:i, s:i, s:I, s:I, s:b, s:b, s:I, s:I, s:b, s:I, s:o, s:b, "
        "s:I, s:I, s:o, s:I, s:I}",
        "node", hub_json_hex(BYTES_OF(r->node.b)), "unit", r->unit, "name",
        hub_unit_name(a, r->unit), "again", (int)r->again, "joined", (int)r->joined, "refused",
        (int)r->refusal, "verdict", (int)r->verdict, "sets_new", (json_int_t)r->sets_new,
        "sets_known", (json_int_t)r->sets_known, "waits", (int)r->waits, "unkept", (int)r->unkept,
        "gap_from", (json_int_t)r->gap_from, "gap_to", (json_int_t)r->gap_to, "forked",
        (int)r->forked, "tried", (json_int_t)r->tried, "made", hub_json_time(r->made_ms),
        "page_cut", (int)r->page_cut, "records", (json_int_t)r->records, "bytes",
        (json_int_t)file->len, "file", inside ? hub_json_base64(buf_bytes(file)) : json_null(),
        "apart", (json_int_t)r->apart, "apart_unkept", (json_int_t)r->apart_unkept);
}

static json_t *hub_bundle_take(struct hub_app *a, const json_t *request, bool tool)
{
    struct hub_bundle b = hub_bundle_of(a);
    struct hub_bundle_result r;
    struct buf file, answer;
    bool answered = !tool || hub_request_str(request, "out") != NULL;
    size_t room = hub_bundle_room(request, tool);
    buf_init(&answer, room);
    json_t *j = hub_bundle_file(request, tool, &file);
    enum err e = ERR_OK;
    if (j == NULL) e = hub_bundle_in(&b, buf_bytes(&file), room, answered ? &answer : NULL, &r);
    buf_free(&file);
    if (j == NULL) j = e == ERR_OK ? hub_bundle_json(a, request, &r, &answer) : hub_bundle_said(e);
    buf_free(&answer);
    return j;
}

json_t *hub_command_bundle_in(struct hub_app *a, const json_t *request)
{
    if (json_is_true(json_object_get(request, "look")))
        return hub_command_bundle_inspect(a, request);
    return hub_bundle_take(a, request, false);
}

json_t *hub_command_bundle_in_file(struct hub_app *a, const json_t *request)
{
    return hub_bundle_take(a, request, true);
}

struct hub_bundle_find { /* a node by the first digits of its id */
    const char *digits;
    struct id_hash node;
    unsigned found;
};

static enum err hub_bundle_match(void *ctx, const struct hub_node_row *n)
{
    struct hub_bundle_find *f = ctx;
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(n->node.node.b), hex);
    if (strncmp(hex, f->digits, strlen(f->digits)) != 0) return ERR_OK;
    f->node = n->node.node;
    f->found++;
    return ERR_OK;
}

static json_t *hub_bundle_make(struct hub_app *a, const json_t *request, bool tool)
{
    struct hub_bundle b = hub_bundle_of(a);
    struct hub_bundle_result r;
    struct hub_bundle_find find = {.digits = hub_request_str(request, "node")};
    struct buf file;
    if (find.digits == NULL)
        return hub_command_error(ERR_USAGE, "Cần --node MÃ (xem `nodes`).",
                                 "--node ID is needed (see `nodes`).");
    enum err e = hub_store_nodes(a->store, hub_bundle_match, &find);
    if (e == ERR_OK && find.found != 1)
        return hub_command_error(ERR_NOT_FOUND, "Không có đúng một máy xã mang mã này.",
                                 "Not exactly one node has this id.");
    size_t room = hub_bundle_room(request, tool);
    buf_init(&file, room);
    if (e == ERR_OK)
        e = hub_bundle_out(&b, &find.node, json_is_true(json_object_get(request, "whole")), room,
                           &file, &r);
    json_t *j = e == ERR_OK ? hub_bundle_json(a, request, &r, &file) : hub_bundle_said(e);
    buf_free(&file);
    return j;
}

json_t *hub_command_bundle_out(struct hub_app *a, const json_t *request)
{
    return hub_bundle_make(a, request, false);
}

json_t *hub_command_bundle_out_file(struct hub_app *a, const json_t *request)
{
    return hub_bundle_make(a, request, true);
}

/* The PC that a file names, and its unit when it is one of ours. */
static void hub_bundle_sender(struct hub_app *a, const struct id_hash *node, json_t *out)
{
    struct hub_node n;
    json_object_set_new(out, "node", hub_json_hex(BYTES_OF(node->b)));
    if (hub_store_node(a->store, node, &n) != ERR_OK) return;
    json_object_set_new(out, "unit", json_string(n.unit));
    json_object_set_new(out, "name", json_string(hub_unit_name(a, n.unit)));
}

static json_t *hub_bundle_inspect(struct hub_app *a, const json_t *request, bool tool)
{
    struct hub_bundle b = hub_bundle_of(a);
    struct message_hello_node h;
    struct bundle_look look;
    struct bundle_reader *r = NULL;
    struct buf file;
    json_t *j = hub_bundle_file(request, tool, &file);
    if (j != NULL) {
        buf_free(&file);
        return j;
    }
    enum err e = bundle_look(buf_bytes(&file), &look);
    j = e != ERR_OK ? hub_bundle_said(e)
                    : json_pack("{s:o, s:I, s:I}", "key", hub_json_hex(BYTES_OF(look.key_id)),
                                "bytes", (json_int_t)look.bytes, "frames", (json_int_t)look.frames);
    if (e == ERR_OK) {
        e = bundle_open(&r, buf_bytes(&file), &a->keys.hub, &b.sealing);
        if (e == ERR_OK) e = message_hello_node_decode(bundle_hello(r), &h);
        json_object_set_new(j, "ours", json_boolean(e == ERR_OK));
    }
    if (e == ERR_OK) {
        e = bundle_check(buf_bytes(&file), &a->keys.hub, &b.sealing);
        json_object_set_new(j, "whole", json_boolean(e == ERR_OK));
        json_object_set_new(j, "joining", json_boolean(h.joining));
        if (!h.joining) hub_bundle_sender(a, &h.node, j);
        json_object_set_new(j, "waiting", json_integer((json_int_t)h.waiting_sets));
        json_object_set_new(j, "made", hub_json_time((int64_t)(h.clock_ms & INT64_MAX)));
    }
    bundle_reader_free(r);
    buf_free(&file);
    return j;
}

json_t *hub_command_bundle_inspect(struct hub_app *a, const json_t *request)
{
    return hub_bundle_inspect(a, request, false);
}

json_t *hub_command_bundle_inspect_file(struct hub_app *a, const json_t *request)
{
    return hub_bundle_inspect(a, request, true);
}
