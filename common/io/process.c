#include "common/io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { PROCESS_SIGNALLED = 128 };

struct process {
    uv_loop_t loop;
    uv_process_t handle;
    bool ended;
    int code;
};

enum err process_self(char out[static FILE_PATH_BYTES_MAX])
{
    size_t len = FILE_PATH_BYTES_MAX; /* it writes a terminator within them */
    int code = uv_exepath(out, &len);
    if (code != 0) return ERR_IO;
    return len < FILE_PATH_BYTES_MAX - 1 ? ERR_OK : ERR_TOO_LARGE;
}

static enum err process_err(int code) /* libuv's codes are negative errnos */
{
    switch (-code) {
    case 0: return ERR_OK;
    case ENOENT: return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case ELOOP: return ERR_DENIED;
    case ENOMEM:
    case EAGAIN: return ERR_NOMEM;
    case ENOSPC:
    case EDQUOT: return ERR_FULL;
    default: return ERR_IO;
    }
}

static void process_on_exit(uv_process_t *handle, int64_t status, int signal)
{
    struct process *p = handle->data;
    p->ended = true;
    p->code = signal != 0 ? PROCESS_SIGNALLED + signal : (int)status;
}

static int process_spawn(struct process *p, const char *const *argv, int said)
{
    uv_stdio_container_t files[] = {{.flags = UV_IGNORE},
                                    {.flags = said >= 0 ? UV_INHERIT_FD : UV_IGNORE},
                                    {.flags = said >= 0 ? UV_INHERIT_FD : UV_IGNORE}};
    if (said >= 0) files[1].data.fd = files[2].data.fd = said;
    char **args; /* libuv's type promises less than uv_spawn() keeps: it changes nothing there */
    memcpy(&args, &argv, sizeof args);
    uv_process_options_t o = {.exit_cb = process_on_exit,
                              .file = argv[0],
                              .args = args,
                              .flags = UV_PROCESS_DETACHED,
                              .stdio_count = 3,
                              .stdio = files};
    p->handle.data = p;
    return uv_spawn(&p->loop, &p->handle, &o);
}

enum err process_start(const char *const *argv, const char *said, struct process **out)
{
    int file = -1;
    struct process *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    int code = uv_loop_init(&p->loop);
    if (code != 0) {
        free(p);
        return process_err(code);
    }
    if (said != NULL) {
        file = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file < 0) code = -errno;
    }
    if (code == 0) {
        code = process_spawn(p, argv, file);
        if (code != 0) uv_close((uv_handle_t *)&p->handle, NULL);
    }
    if (file >= 0) close(file);
    if (code == 0) {
        *out = p;
        return ERR_OK;
    }
    (void)uv_run(&p->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&p->loop);
    free(p);
    return process_err(code);
}

bool process_ended(struct process *p, int *code)
{
    if (!p->ended) (void)uv_run(&p->loop, UV_RUN_NOWAIT);
    if (p->ended) *code = p->code;
    return p->ended;
}

void process_free(struct process *p)
{
    if (p == NULL) return;
    uv_close((uv_handle_t *)&p->handle, NULL);
    (void)uv_run(&p->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&p->loop);
    free(p);
}
