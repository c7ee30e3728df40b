#include "common/err.h"

#include <assert.h>
#include <stddef.h>

struct err_entry {
    const char *name;
    const char *en;
    const char *vi;
    enum err_scope scope;
};

static const struct err_entry err_table[ERR_COUNT] = {
#define ERR_X(code, scope_word, en_text, vi_text)                                                  \
    [ERR_##code] = {.name = #code, .en = en_text, .vi = vi_text, .scope = ERR_SCOPE_##scope_word},
    ERR_LIST(ERR_X)
#undef ERR_X
};

static const struct err_entry *err_find(enum err e)
{
    assert(e >= 0 && e < ERR_COUNT);
    return &err_table[e];
}

const char *err_name(enum err e)
{
    return err_find(e)->name;
}

const char *err_text_en(enum err e)
{
    return err_find(e)->en;
}

const char *err_text_vi(enum err e)
{
    return err_find(e)->vi;
}

enum err_scope err_scope(enum err e)
{
    return err_find(e)->scope;
}

int err_exit_code(enum err e)
{
    static const struct {
        enum err e;
        int code;
    } map[] = {
        {ERR_OK, 0},
        {ERR_USAGE, 2},
        {ERR_CONFIG, 2},
        {ERR_NEWER, 2},
        {ERR_OTHER_PROGRAM, 12},
        {ERR_NOT_READY, 10},
        {ERR_LOCKED, 11},
        {ERR_WRONG_HUB, 12},
        {ERR_REFUSED, 12},
        {ERR_BAD_SIGNATURE, 13},
        {ERR_BAD_HASH, 13},
        {ERR_CHAIN_BROKEN, 13},
        {ERR_FORKED, 13},
        {ERR_DAMAGED, 13},
        {ERR_UNREACHABLE, 15},
        {ERR_TIMEOUT, 15},
        {ERR_LINK_LOST, 15},
        {ERR_HANDSHAKE, 15},
        {ERR_NO_HUB, 15},
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (map[i].e == e) return map[i].code;
    }
    return 1;
}
