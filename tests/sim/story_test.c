/*
 * Every story against its trace in tests/sim/stories/NAME.txt.
 *
 *   story_test              all of them
 *   story_test --write      write the traces anew; read what changed before you commit it
 *   story_test --show NAME  print the trace with times
 */
#include "tests/sim/base.h"
#include "tests/sim/stories.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { TRACE_BYTES_MAX = 1024 * 1024, STORY_SEED = 2023 };

static void path_of(const struct story *s, char *out, size_t room)
{
    snprintf(out, room, "%s/tests/sim/stories/%s.txt", DONGBO_SOURCE_DIR, s->name);
}

static bool story_told(const struct story *s, struct buf *trace, bool show)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    story_open(s, w, STORY_SEED);
    w->story = trace;
    if (show) w->echo = stdout;
    story_run(s, w);
    buf_printf(trace, "\n");
    world_picture(w, trace);
    bool good = !w->failed;
    if (!good) printf("%s: %s\n", s->name, w->failure);
    world_close(w);
    free(w);
    return good;
}

static bool story_write(const struct story *s, const struct buf *trace)
{
    char path[4096];
    path_of(s, path, sizeof path);
    FILE *f = fopen(path, "wb");
    if (f == NULL) return false;
    bool good = fwrite(trace->p, 1, trace->len, f) == trace->len;
    return fclose(f) == 0 && good;
}

static void first_difference(const char *name, const uint8_t *old, size_t old_len,
                             const struct buf *now)
{
    unsigned line = 1;
    size_t i = 0, at = 0;
    for (; i < old_len && i < now->len && old[i] == now->p[i]; i++) {
        if (old[i] != '\n') continue;
        line++;
        at = i + 1;
    }
    size_t old_end = at, now_end = at;
    while (old_end < old_len && old[old_end] != '\n')
        old_end++;
    while (now_end < now->len && now->p[now_end] != '\n')
        now_end++;
    printf("%s: line %u was \"%.*s\" and is \"%.*s\"\n", name, line, (int)(old_end - at),
           (const char *)old + at, (int)(now_end - at), (const char *)now->p + at);
}

static bool story_compare(const struct story *s, const struct buf *trace)
{
    char path[4096];
    static uint8_t old[TRACE_BYTES_MAX];
    path_of(s, path, sizeof path);
    FILE *f = fopen(path, "rb");
    size_t len = f != NULL ? fread(old, 1, sizeof old, f) : 0;
    if (f != NULL) fclose(f);
    if (len == trace->len && memcmp(old, trace->p, len) == 0) return true;
    first_difference(s->name, old, len, trace);
    return false;
}

int main(int argc, char **argv)
{
    const char *show = argc > 2 && strcmp(argv[1], "--show") == 0 ? argv[2] : NULL;
    bool write = argc > 1 && strcmp(argv[1], "--write") == 0;
    unsigned bad = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    base_random_install();
    memvfs_register();
    for (size_t i = 0; i < story_count; i++) {
        struct buf trace;
        if (show != NULL && strcmp(show, stories[i].name) != 0) continue;
        buf_init(&trace, TRACE_BYTES_MAX);
        bool good = story_told(&stories[i], &trace, show != NULL);
        if (good && write) good = story_write(&stories[i], &trace);
        if (good && !write && show == NULL) good = story_compare(&stories[i], &trace);
        bad += !good;
        buf_free(&trace);
    }
    printf("%zu stories, %u differ or fail\n", story_count, bad);
    return bad > 0 ? 1 : 0;
}
