/* The USB sticks that are in this PC, and the copies of this program on them: so that nobody has to type a path. */
#include "node/desk_priv.h"
#include "common/io/device.h"

#include <string.h>

#define NODE_DESK_STICKS_MAX 16u /* told of */
#define NODE_DESK_COPIES_MAX 20u /* of one stick, the newest */

static bool node_desk_is_copy(const char *name)
{
    static const char begin[] = "dongbo-node-", end[] = ".db";
    size_t n = strlen(name);
    return n > sizeof begin + sizeof end && strncmp(name, begin, sizeof begin - 1) == 0 &&
           strcmp(name + n - (sizeof end - 1), end) == 0;
}

/* The copies in a folder, newest first: their names end with the time. */
static json_t *node_desk_copies(const char *path)
{
    struct file_list names = {0};
    json_t *rows = json_array();
    if (file_list(path, &names) != ERR_OK) return rows;
    for (size_t i = names.n; i > 0 && json_array_size(rows) < NODE_DESK_COPIES_MAX; i--) {
        char whole[FILE_PATH_BYTES_MAX];
        const char *name = names.names[i - 1];
        if (node_desk_is_copy(name) && file_join(path, name, whole, sizeof whole) == ERR_OK)
            json_array_append_new(rows, json_pack("{s:s, s:s}", "name", name, "path", whole));
    }
    file_list_free(&names);
    return rows;
}

/* A name that is no text is passed over. */
static void node_desk_stick(void *ctx, const char *path)
{
    uint64_t room = 0;
    if (json_array_size(ctx) == NODE_DESK_STICKS_MAX || file_free_bytes(path, &room) != ERR_OK)
        return;
    json_array_append_new(ctx, json_pack("{s:s, s:I, s:o}", "path", path, "free_bytes",
                                         (json_int_t)room, "copies", node_desk_copies(path)));
}

json_t *node_desk_sticks(struct node_desk_call *c)
{
    json_t *rows = json_array();
    (void)c;
    device_sticks(NULL, node_desk_stick, rows);
    return json_pack("{s:o}", "sticks", rows);
}
